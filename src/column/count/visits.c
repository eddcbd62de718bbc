/* SPDX-License-Identifier: MIT
 * Counting places: each different sequence of visits of a block is walked once, with the number of
 * calls that took it. */
#include "column/count/visits.h"

#include "base/hash.h"
#include "base/hash_table.h"
#include "column/sequence.h"

#define NO_PLACE UINT32_MAX

struct counting {
	const struct column_calls *calls;
	struct arena *arena;
	struct column_dropoff result;
	int64_t *place_last; /* by place: the sequence that reached it last */
	int64_t *way_last;   /* by way */
	struct hash_key key;
	struct hash_table place_table, way_table;
	uint32_t *place_of; /* by kind's id; NO_PLACE: it is not one */
	size_t place_of_size;
	int64_t sequence; /* counts the sequences that were walked */
	int64_t *takers;  /* by sequence of visits of a block: calls */
};

/* ---- places ---- */

static uint64_t hash_place(const struct counting *counting, const struct column_kind *kind)
{
	return hash_text(&counting->key, kind->module) ^ hash_text(&counting->key, kind->variable)
								 << 1;
}

/* There is room in the table and in places. */
static uint32_t find_place(struct counting *counting, const struct column_kind *kind)
{
	struct column_dropoff *result = &counting->result;
	uint64_t hash = hash_place(counting, kind);

	HASH_TABLE_EACH(place, &counting->place_table, hash) {
		if (text_equal(result->places[place].module, kind->module) &&
			text_equal(result->places[place].variable, kind->variable)) {
			return place;
		}
	}
	hash_table_put(&counting->place_table, hash, (uint32_t)result->places_count);
	result->places[result->places_count] =
		(struct column_place){.module = kind->module, .variable = kind->variable};
	return (uint32_t)result->places_count++;
}

static int find_places(struct counting *counting, struct error *err)
{
	const struct column_kinds *kinds = counting->calls->kinds;
	struct column_dropoff *result = &counting->result;

	counting->place_of_size =
		kinds->count > 0 ? (size_t)kinds->items[kinds->count - 1].id + 1 : 0;
	counting->place_of =
		arena_calloc(counting->arena, counting->place_of_size, sizeof(*counting->place_of));
	result->places = arena_calloc(counting->arena, kinds->count, sizeof(*result->places));
	counting->place_last = arena_calloc(counting->arena, kinds->count, sizeof(int64_t));
	counting->takers = arena_calloc(counting->arena, COLUMN_CALLS_MAX, sizeof(int64_t));
	if (!counting->place_of || !result->places || !counting->place_last || !counting->takers ||
		hash_table_make_room(&counting->place_table, counting->arena, kinds->count) < 0) {
		return error_no_memory(err);
	}
	memset(counting->place_of, 0xff, counting->place_of_size * sizeof(uint32_t));
	for (size_t i = 0; i < kinds->count; i++) {
		const struct column_kind *kind = &kinds->items[i];

		if (filter_is_place(kind->module)) {
			counting->place_of[kind->id] = find_place(counting, kind);
		}
	}
	return 0;
}

static uint32_t place_of(const struct counting *counting, uint32_t id)
{
	return id < counting->place_of_size ? counting->place_of[id] : NO_PLACE;
}

/* ---- ways ---- */

static uint64_t hash_way(const struct counting *counting, uint32_t from, uint32_t to)
{
	return hash_pair(&counting->key, from, to);
}

static bool add_way(struct counting *counting, uint32_t from, uint32_t to, uint32_t *ret_way)
{
	struct column_dropoff *result = &counting->result;
	size_t count = result->ways_count;
	struct column_way *ways =
		arena_list_grow(counting->arena, result->ways, count, sizeof(*ways));
	int64_t *last = arena_list_grow(counting->arena, counting->way_last, count, sizeof(*last));
	int emptied = hash_table_make_room(&counting->way_table, counting->arena, count + 1);

	if (!ways || !last || emptied < 0) {
		return false;
	}
	result->ways = ways;
	counting->way_last = last;
	for (uint32_t i = 0; emptied > 0 && i < count; i++) {
		hash_table_put(
			&counting->way_table, hash_way(counting, ways[i].from, ways[i].to), i);
	}
	ways[count] = (struct column_way){.from = from, .to = to};
	last[count] = 0;
	hash_table_put(&counting->way_table, hash_way(counting, from, to), (uint32_t)count);
	*ret_way = (uint32_t)result->ways_count++;
	return true;
}

static bool find_way(struct counting *counting, uint32_t from, uint32_t to, uint32_t *ret_way)
{
	HASH_TABLE_EACH(way, &counting->way_table, hash_way(counting, from, to)) {
		const struct column_way *is = &counting->result.ways[way];

		if (is->from == from && is->to == to) {
			*ret_way = way;
			return true;
		}
	}
	return add_way(counting, from, to, ret_way);
}

/* ---- visits ---- */

/* @calls went from the place @from, or came from nowhere, to @to. */
static bool visit(struct counting *counting, uint32_t from, uint32_t to, int64_t calls)
{
	uint32_t way;

	if (counting->place_last[to] != counting->sequence) {
		counting->place_last[to] = counting->sequence;
		counting->result.places[to].reached += calls;
	}
	if (from == NO_PLACE) {
		return true;
	}
	if (!find_way(counting, from, to, &way)) {
		return false;
	}
	if (counting->way_last[way] != counting->sequence) {
		counting->way_last[way] = counting->sequence;
		counting->result.ways[way].calls += calls;
	}
	return true;
}

static void end(struct counting *counting, uint32_t at, int64_t calls)
{
	if (at != NO_PLACE) {
		counting->result.places[at].ended += calls;
	}
}

static int count_row(struct counting *counting, const struct column_row *row,
	const struct column_question *question, struct error *err)
{
	uint32_t at = NO_PLACE;

	counting->result.calls++;
	if (row->call.start <= question->detail_after || row->call.steps == 0) {
		counting->result.steps.over_days += row->call.start <= question->detail_after;
		counting->result.steps.without_steps += row->call.start > question->detail_after;
		return 0;
	}
	counting->result.steps.with_steps++;
	counting->sequence++;
	for (uint32_t i = 0; i < row->call.steps; i++) {
		uint32_t place = place_of(counting, row->kinds[i]);

		if (place == NO_PLACE || place == at) {
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
	uint32_t at = NO_PLACE;

	counting->sequence++;
	while (rest.size > 0) {
		uint32_t kind = column_sequence_next(&rest), place;

		if (kind >= block->kinds_count) {
			return column_sequence_bad(visits, err);
		}
		place = place_of(counting, column_block_kind(block, kind));
		if (place == NO_PLACE) {
			return column_damaged(
				&visits->reader, "a visit is of a kind that is not a place", err);
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
	struct text payload, sequence;

	if (column_block_column(block, COLUMN_VISITS, &payload, err) < 0 ||
		column_sequences_open(&visits, payload, COLUMN_VISITS, block->number,
			block->kinds_count, err) < 0) {
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

static int count_all(struct counting *counting, struct column_walk *walk, struct error *err)
{
	if (find_places(counting, err) < 0 || count_blocks(counting, walk, err) < 0) {
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
	struct counting counting = {.calls = calls, .arena = arena, .key = hash_key_random()};
	struct column_walk walk;
	int status = column_walk_init(&walk, calls, question, err);

	status = status < 0 ? status : count_all(&counting, &walk, err);
	column_walk_deinit(&walk);
	if (status == 0) {
		*ret_dropoff = counting.result;
	}
	return status;
}
