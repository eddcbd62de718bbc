/* SPDX-License-Identifier: MIT
 * Pages of packed calls, each inflated when its turn comes. */
#include "find/reading.h"

#include "call/call_json.h"

#define PAGE_CALLS	250
#define PAGE_MEMORY_MAX ((size_t)64 << 20)
#define JSON_MAX	((size_t)1 << 30) /* above what a store takes */

struct reading {
	struct store *store;
	struct store_search search;
	struct store_page page;
	struct arena arena; /* of the page */
	struct unpacker *unpacker;
	struct buffer json;
	char session_id[CALL_SESSION_ID_MAX]; /* of search.after */
};

static void reading_deinit(struct reading *reading)
{
	arena_deinit(&reading->arena);
	unpacker_destroy(reading->unpacker);
	buffer_deinit(&reading->json);
}

/* A page that does not fit is asked for in smaller parts; a single call always fits. */
static int read_page(struct reading *reading, struct error *err)
{
	struct store_search *search = &reading->search;
	int done;

	search->limit = PAGE_CALLS;
	do {
		arena_deinit(&reading->arena);
		arena_init(&reading->arena, search->limit > 1 ? PAGE_MEMORY_MAX : SIZE_MAX);
		done = store_search(reading->store, search, &reading->arena, &reading->page, err);
	} while (done < 0 && err->code == ERROR_TOO_LARGE && (search->limit /= 2) > 0);
	return done;
}

/* The next page begins behind the last call of this one. */
static void move_on(struct reading *reading)
{
	const struct call *last = &reading->page.calls[reading->page.count - 1].call;

	memcpy(reading->session_id, last->session_id.data, last->session_id.size);
	reading->search.after = (struct store_place){
		.start = last->start, .session_id = {reading->session_id, last->session_id.size}};
}

static int read_detail(struct reading *reading, const struct store_call *call,
	struct text *ret_detail, struct error *err)
{
	*ret_detail = (struct text){0};
	if (!call->packed.deflate.data) {
		return 0;
	}
	buffer_clear(&reading->json);
	if (unpacker_append(reading->unpacker, &call->packed, &reading->json, err) < 0) {
		return error_prefix(err, "call '%.*s'", TEXT_ARG(call->call.session_id));
	}
	STORE_COST(reading->search.cost, packed, 1);
	if (reading->json.failed) {
		return error_no_memory(err);
	}
	*ret_detail = call_json_detail(buffer_text(&reading->json));
	return 0;
}

static int give_page(struct reading *reading, reading_each_fn *each, void *context,
	struct scan_steps *steps, struct error *err)
{
	for (size_t i = 0; i < reading->page.count; i++) {
		const struct store_call *call = &reading->page.calls[i];
		struct text detail;

		scan_steps_note(steps, &call->call, reading->search.detail_after);
		if (read_detail(reading, call, &detail, err) < 0 ||
			each(context, &call->call, detail, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int reading_walk(struct store *store, const struct store_search *search, reading_each_fn *each,
	void *context, struct scan_steps *ret_steps, struct error *err)
{
	AUTO(reading_deinit)
	struct reading reading = {.store = store, .unpacker = unpacker_create()};
	struct filter filter = *search->filter;
	struct scan_steps steps = {0};

	arena_init(&reading.arena, PAGE_MEMORY_MAX);
	buffer_init(&reading.json, JSON_MAX);
	scan_leave_out_live(&filter);
	reading.search = *search;
	reading.search.filter = &filter;
	reading.search.after = (struct store_place){0};
	reading.search.offset = 0;
	reading.search.with_packed = true;
	reading.search.with_total = false;
	if (!reading.unpacker) {
		return error_no_memory(err);
	}
	do {
		if (read_page(&reading, err) < 0 ||
			give_page(&reading, each, context, &steps, err) < 0) {
			return -1;
		}
		if (reading.page.count > 0) {
			move_on(&reading);
		}
	} while (reading.page.count == (size_t)reading.search.limit);
	*ret_steps = steps;
	return 0;
}
