/* SPDX-License-Identifier: MIT
 * Counting what ended: a pass over the headers of the calls that may have. */
#include "hook/hook_threshold.h"

#include "base/clock.h"
#include "json/json_writer.h"

#define WEEK_S	INT64_C(604800)
#define SCAN_US INT64_C(10000000) /* a pass takes no longer */

struct count {
	int64_t from; /* from < call.end <= to */
	int64_t to;
	int64_t calls;
};

static int look_at(void *context, const struct store_row *row, struct error *err)
{
	struct count *count = context;

	(void)err;
	count->calls += row->call.end > count->from && row->call.end <= count->to;
	return 0;
}

/* The calls that ended within the hook's window before @to. */
static int count_to(const struct hook_look *look, int64_t to, int64_t *ret_calls, struct error *err)
{
	struct count count = {.from = to - look->hook->window_s, .to = to};
	struct filter filter = *look->filter;
	const struct store_search search = {
		.account_id = look->hook->account_id,
		.filter = &filter,
		.detail_after = look->retention.detail_after,
		.deadline_us = clock_monotonic_us() + SCAN_US,
	};

	filter.state = FILTER_ENDED;
	filter.start = count.from > HOOK_CALL_MAX_S ? count.from - HOOK_CALL_MAX_S : 0;
	filter.start = retention_start(&look->retention, filter.start);
	filter.end = to + 1;
	if (filter.start < filter.end &&
		store_scan(look->store, &search, look_at, &count, err) < 0) {
		return -1;
	}
	*ret_calls = count.calls;
	return 0;
}

int hook_threshold_look(
	const struct hook_look *look, struct hook_message *message, struct error *err)
{
	const struct store_hook *hook = look->hook;
	bool was_passed = hook->course.reached > 0, passed;
	int64_t calls, before = 0;

	if (count_to(look, look->now, &calls, err) < 0) {
		return -1;
	}
	passed = calls > hook->more_than;
	if (passed && hook->times > 0) {
		if (count_to(look, look->now - WEEK_S, &before, err) < 0) {
			return -1;
		}
		passed = calls > hook->times * before;
	}
	if (passed == was_passed) {
		return 0;
	}
	hook_message_begin(look, passed ? HOOK_REACHED : HOOK_OVER, look->now, message);
	json_add_number(&message->body, "calls", calls);
	json_add_number(&message->body, "window", hook->window_s);
	json_add_number(&message->body, "more_than", hook->more_than);
	json_add_number(&message->body, "times", hook->times);
	json_add_number_or_null(&message->body, "week_before", before, passed && hook->times > 0);
	return hook_message_end(message, err);
}
