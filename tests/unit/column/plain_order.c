/* SPDX-License-Identifier: MIT
 * The order by qsort_r(). */
#include "plain_order.h"

#include <stdlib.h>

struct ordered {
	const struct column_order *order;
	int64_t detail_after;
};

static int compare(const void *left, const void *right, void *context)
{
	const struct ordered *ordered = context;
	struct call a = (*(const struct held *const *)left)->row.call;
	struct call b = (*(const struct held *const *)right)->row.call;

	a.steps = a.start > ordered->detail_after ? a.steps : 0;
	b.steps = b.start > ordered->detail_after ? b.steps : 0;
	return column_order_compare(ordered->order, &a, &b);
}

void plain_order(const struct held **calls, size_t count, int64_t detail_after,
	const struct column_order *order)
{
	struct ordered ordered = {order, detail_after};

	if (count > 0) {
		qsort_r(calls, count, sizeof(*calls), compare, &ordered);
	}
}
