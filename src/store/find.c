/* SPDX-License-Identifier: MIT
 * What all ways of finding calls share: places, pages that grow, kinds, the deadline. */
#include "store/find.h"

#include "base/clock.h"

void store_find_hide_detail(struct store_call *call, int64_t detail_after)
{
	if (call->call.start > detail_after) {
		return;
	}
	call->call.has_detail = false;
	call->call.steps = 0;
	call->packed = (struct packed){0};
}

bool store_find_is_behind(const struct store_place *place, const struct call *call)
{
	if (!place->session_id.data || call->start < place->start) {
		return true;
	}
	return call->start == place->start && text_compare(call->session_id, place->session_id) < 0;
}

int store_find_check_deadline(const struct store_search *search, struct error *err)
{
	if (search->deadline_us == 0) {
		return 0;
	}
	if (search->given_up && search->given_up(search->given_up_context)) {
		return error_set(err, ERROR_TIMEOUT, "the question was given up");
	}
	if (clock_monotonic_us() < search->deadline_us) {
		return 0;
	}
	return error_set(err, ERROR_TIMEOUT, "the question took longer than it may: narrow it");
}

int store_page_too_large(struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE, "the page does not fit into memory");
}

struct store_place store_place_before(int64_t end)
{
	return (struct store_place){.start = end, .session_id = TEXT("")};
}

int store_place_keep(struct store_place *place, int64_t start, struct text session_id,
	struct arena *arena, struct error *err)
{
	struct text copy = arena_copy(arena, session_id);

	if (!copy.data) {
		return store_page_too_large(err);
	}
	*place = (struct store_place){start, copy};
	return 0;
}

static bool keep(struct arena *arena, struct text *text)
{
	*text = arena_copy(arena, *text);
	return text->data != NULL;
}

int store_call_keep(struct store_call *call, struct arena *arena, struct error *err)
{
	struct text *deflate = &call->packed.deflate;

	if (!keep(arena, &call->call.dest) || !keep(arena, &call->call.src) ||
		!keep(arena, &call->call.session_id) || (deflate->data && !keep(arena, deflate))) {
		return store_page_too_large(err);
	}
	return 0;
}

static int check_deadline(void *context, struct error *err)
{
	return store_find_check_deadline(context, err);
}

struct column_question store_find_column_question(const struct store_search *search)
{
	return (struct column_question){
		.filter = search->filter,
		.detail_after = search->detail_after,
		.check = check_deadline,
		.check_context = (void *)(uintptr_t)search,
	};
}

int store_find_add(struct store_page *page, const struct store_call *call, struct arena *arena,
	struct error *err)
{
	struct store_call *calls =
		arena_list_grow(arena, page->calls, page->count, sizeof(*page->calls));

	if (!calls) {
		return store_page_too_large(err);
	}
	page->calls = calls;
	calls[page->count] = *call;
	if (store_call_keep(&calls[page->count], arena, err) < 0) {
		return -1;
	}
	page->count++;
	return 0;
}
