/* SPDX-License-Identifier: MIT
 * From days to moments. */
#include "upkeep/retention.h"

#define SECONDS_A_DAY 86400

static int64_t after(int64_t days, int64_t now)
{
	return days == 0 ? INT64_MIN : now - days * SECONDS_A_DAY;
}

struct retention retention_at(const struct store_days *days, int64_t now)
{
	return (struct retention){
		.detail_after = after(days->detail, now),
		.header_after = after(days->header, now),
	};
}

struct retention retention_served(const struct retention *kept, int64_t detail_days, int64_t now)
{
	int64_t detail_after = after(detail_days, now);

	return (struct retention){
		.detail_after =
			detail_after > kept->detail_after ? detail_after : kept->detail_after,
		.header_after = kept->header_after,
	};
}

int64_t retention_start(const struct retention *retention, int64_t start)
{
	return start > retention->header_after ? start : retention->header_after + 1;
}

bool retention_show(const struct retention *retention, struct store_call *call)
{
	if (call->call.start <= retention->detail_after) {
		call->call.has_detail = false;
		call->call.steps = 0;
		call->packed = (struct packed){0};
	}
	return call->call.start > retention->header_after;
}
