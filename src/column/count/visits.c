/* SPDX-License-Identifier: MIT
 * Counting places: each different sequence of visits of a block is walked once, with the number of
 * calls that took it. */
#include "column/count/visits.h"

struct counting {
	const struct column_calls *calls;
	struct arena *arena;
	struct column_dropoff result;
	int64_t *takers; /* by sequence of visits of a block: calls */
};

/* ---- visits ---- */

/* @calls went from the place @from, or came from nowhere, to @to. */
static bool visit(struct counting *counting, uint32_t from, uint32_t to, int64_t calls)
{
	struct ways *ways = &counting->result.ways;

	ways_reach(ways, to, calls);
	return from == WAYS_NO_PLACE ||
	       ways_go(ways, WAYS_PLACES + from, WAYS_PLACES + to, calls) != NULL;
}

static void end(struct counting *counting, uint32_t at, int64_t calls)
{
	if (at != WAYS_NO_PLACE) {
		counting->result.ended[at] += calls;
	}
}

static int count_row(struct counting *counting, const struct column_row *row,
	const struct column_question *question, struct error *err)
{
	uint32_t at = WAYS_NO_PLACE;

	counting->result.calls++;
	if (!column_steps_note(&counting->result.steps, &row->call, question->detail_after)) {
		return 0;
	}
	counting->result.ways.sequence++;
	for (uint32_t i = 0; i < row->call.steps; i++) {
		uint32_t place = ways_place_of(&counting->result.ways, row->kinds[i]);

		if (place == WAYS_NO_PLACE || place == at) {
			continue;
		}
		if (!visit(counting, at, place, 1)) {
			return error_no_memory(err);
		}
		at = place;
	}
	end(counting, at, 1);
	return 0;
}

static int walk_sequence(struct counting *counting, const struct column_block *block,
	const struct column_sequences *visits, struct text rest, int64_t calls, struct error *err)
{
	uint32_t at = WAYS_NO_PLACE;

	counting->result.ways.sequence++;
	while (rest.size > 0) {
		uint32_t place;

		if (ways_next_place(&counting->result.ways, block, visits, &rest, &place, err) <
			0) {
			return -1;
		}
		if (!visit(counting, at, place, calls)) {
			return error_no_memory(err);
		}
		at = place;
	}
	end(counting, at, calls);
	return 0;
}

static int count_block(struct counting *counting, struct column_block *block,
	const struct column_path_counts *counts, struct error *err)
{
	struct column_sequences visits;
	struct text sequence;

	if (column_block_sequences(block, COLUMN_VISITS, &visits, err) < 0) {
		return -1;
	}
	memset(counting->takers, 0, COLUMN_CALLS_MAX * sizeof(*counting->takers));
	for (uint32_t i = 0; i < counts->paths.count; i++) {
		counting->takers[column_array_at(&counts->paths.visits, i)] += counts->calls[i];
	}
	for (uint32_t i = 0; i < visits.count; i++) {
		if (column_sequences_next(&visits, &sequence, err) < 0 ||
			(counting->takers[i] > 0 &&
				walk_sequence(counting, block, &visits, sequence,
					counting->takers[i], err) < 0)) {
			return -1;
		}
	}
	return 0;
}

static int count_blocks(struct counting *counting, struct column_walk *walk, struct error *err)
{
	AUTO(column_path_counts_deinit) struct column_path_counts counts;
	int more;

	if (column_path_counts_init(&counts, err) < 0) {
		return -1;
	}
	while ((more = column_walk_next(walk, err)) > 0) {
		counting->result.calls += walk->match.calls;
		if (column_path_counts_of(&counts, &walk->block, &walk->match,
			    &counting->result.steps, err) < 0 ||
			count_block(counting, &walk->block, &counts, err) < 0) {
			return -1;
		}
	}
	return more;
}

static int make_room(struct counting *counting, struct error *err)
{
	struct column_dropoff *result = &counting->result;

	if (ways_init(&result->ways, counting->calls->kinds, counting->arena, err) < 0) {
		return -1;
	}
	result->ended =
		arena_calloc(counting->arena, result->ways.places_count + 1, sizeof(int64_t));
	counting->takers = arena_calloc(counting->arena, COLUMN_CALLS_MAX, sizeof(int64_t));
	return result->ended && counting->takers ? 0 : error_no_memory(err);
}

static int count_all(struct counting *counting, struct column_walk *walk, struct error *err)
{
	if (make_room(counting, err) < 0 || count_blocks(counting, walk, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < counting->calls->fresh_count; i++) {
		const struct column_row *row = &counting->calls->fresh[i];

		if (column_match_row(&walk->matcher, row) &&
			count_row(counting, row, walk->question, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int column_dropoff(const struct column_calls *calls, const struct column_question *question,
	struct arena *arena, struct column_dropoff *ret_dropoff, struct error *err)
{
	struct counting counting = {.calls = calls, .arena = arena};
	struct column_walk walk;
	int status = column_walk_init(&walk, calls, question, err);

	status = status < 0 ? status : count_all(&counting, &walk, err);
	column_walk_deinit(&walk);
	if (status == 0) {
		*ret_dropoff = counting.result;
	}
	return status;
}
