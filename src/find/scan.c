/* SPDX-License-Identifier: MIT
 * A scan that fetches kinds when one is missing: before the first row, and when new ones have come
 * since. */
#include "find/scan.h"

#define KINDS_MEMORY_MAX ((size_t)256 << 20)

struct scan {
	struct store *store;
	int64_t account_id;
	const struct scan_counter *functions;
	void *counter;
	int64_t detail_after;
	struct scan_steps *steps;
};

void scan_steps_note(struct scan_steps *steps, const struct call *call, int64_t detail_after)
{
	if (call->steps > 0) {
		steps->with_steps++;
	} else if (call->start <= detail_after) {
		steps->over_days++;
	} else {
		steps->without_steps++;
	}
}

static int load_kinds(const struct scan *scan, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_kind *kinds = NULL;
	size_t count = 0;

	arena_init(&arena, KINDS_MEMORY_MAX);
	if (store_kinds(scan->store, scan->account_id, &arena, &kinds, &count, err) < 0) {
		return -1;
	}
	return scan->functions->kinds(scan->counter, kinds, count, err);
}

static int take_row(void *context, const struct store_row *row, struct error *err)
{
	const struct scan *scan = context;
	int taken;

	scan_steps_note(scan->steps, &row->call, scan->detail_after);
	taken = scan->functions->row(scan->counter, row, err);
	if (taken != 0) {
		return taken < 0 ? -1 : 0;
	}
	if (load_kinds(scan, err) < 0) {
		return -1;
	}
	taken = scan->functions->row(scan->counter, row, err);
	if (taken == 0) {
		return error_set(err, ERROR_CORRUPT,
			"call '%.*s' has a kind of step that the store does not know",
			TEXT_ARG(row->call.session_id));
	}
	return taken < 0 ? -1 : 0;
}

int scan_count(struct store *store, const struct store_search *search,
	const struct scan_counter *functions, void *counter, struct scan_steps *steps,
	struct error *err)
{
	struct scan scan = {
		.store = store,
		.account_id = search->account_id,
		.functions = functions,
		.counter = counter,
		.detail_after = search->detail_after,
		.steps = steps,
	};

	*steps = (struct scan_steps){0};

	return store_scan(store, search, take_row, &scan, err);
}

void scan_steps_write(struct buffer *buffer, const struct scan_steps *steps)
{
	buffer_printf(buffer,
		",\"calls_with_steps\":%lld,\"calls_over_days\":%lld,\"calls_without_steps\":%lld",
		(long long)steps->with_steps, (long long)steps->over_days,
		(long long)steps->without_steps);
}
