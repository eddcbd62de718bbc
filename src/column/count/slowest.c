/* SPDX-License-Identifier: MIT
 * A call is among the slowest once, with its longest visit. Its session is read when its block is
 * done: most calls that are noted give way to others before. */
#include "column/count/slowest.h"

static bool is_same(const struct ways_slow *a, const struct ways_slow *b)
{
	return a->block == b->block && a->at == b->at;
}

/* Whether @a started later. All calls of a block start after those of the block before. */
static bool is_newer(const struct ways_slow *a, const struct ways_slow *b)
{
	if (a->block >= 0 && b->block >= 0) {
		return a->block != b->block ? a->block > b->block : a->at > b->at;
	}
	return a->start != b->start ? a->start > b->start
				    : text_compare(a->session_id, b->session_id) > 0;
}

static bool comes_before(const struct ways_slow *a, const struct ways_slow *b)
{
	return a->seconds != b->seconds ? a->seconds > b->seconds : is_newer(a, b);
}

int64_t slowest_least(const struct column_place *place, int64_t block)
{
	const struct ways_slow *last = &place->slowest[WAYS_SLOWEST - 1];

	if (place->slowest_count < WAYS_SLOWEST) {
		return 0;
	}
	return last->seconds + (last->block != block);
}

static void take_out(struct column_place *place, uint32_t at)
{
	place->slowest_count--;
	memmove(&place->slowest[at], &place->slowest[at + 1],
		(place->slowest_count - at) * sizeof(place->slowest[0]));
}

void slowest_note(struct column_place *place, const struct ways_slow *slow)
{
	uint32_t at = 0, kept;

	for (uint32_t i = 0; i < place->slowest_count; i++) {
		if (is_same(&place->slowest[i], slow)) {
			if (place->slowest[i].seconds >= slow->seconds) {
				return;
			}
			take_out(place, i);
			break;
		}
	}
	while (at < place->slowest_count && comes_before(&place->slowest[at], slow)) {
		at++;
	}
	if (at == WAYS_SLOWEST) {
		return;
	}
	kept = place->slowest_count < WAYS_SLOWEST ? place->slowest_count : WAYS_SLOWEST - 1;
	memmove(&place->slowest[at + 1], &place->slowest[at],
		(kept - at) * sizeof(place->slowest[0]));
	place->slowest[at] = *slow;
	place->slowest_count = kept + 1;
}

/* ---- sessions ---- */

struct naming {
	struct column_block *block;
	struct arena *arena;
	struct column_spans starts;
	struct column_reader sessions;
	struct column_group_view group;
	bool open;
};

static int open_names(struct naming *naming, struct error *err)
{
	struct column_block *block = naming->block;

	if (naming->open) {
		return 0;
	}
	naming->open = true;
	naming->sessions = (struct column_reader){.column = COLUMN_SESSION, .block = block->number};
	return column_block_column(block, COLUMN_SESSION, &naming->sessions.data, err) < 0
		       ? -1
		       : column_block_spans(block, COLUMN_START, &naming->starts, err);
}

static int name(struct naming *naming, struct ways_slow *slow, struct error *err)
{
	struct text session;

	if (open_names(naming, err) < 0 ||
		column_groups_read(&naming->sessions, naming->block->count, slow->at,
			&naming->group, &session, err) < 0) {
		return -1;
	}
	slow->start = column_spans_at(&naming->starts, slow->at);
	slow->session_id = arena_copy(naming->arena, session);
	return slow->session_id.data ? 0 : error_no_memory(err);
}

int slowest_name(struct ways *ways, struct column_block *block, struct error *err)
{
	struct naming naming = {.block = block, .arena = ways->arena};
	int status = 0;

	column_group_view_init(&naming.group);
	for (size_t i = 0; status == 0 && i < ways->places_count; i++) {
		struct column_place *place = &ways->places[i];

		for (uint32_t j = 0; status == 0 && j < place->slowest_count; j++) {
			struct ways_slow *slow = &place->slowest[j];

			if (!slow->session_id.data && slow->block == (int64_t)block->place) {
				status = name(&naming, slow, err);
			}
		}
	}
	column_group_view_deinit(&naming.group);
	return status;
}
