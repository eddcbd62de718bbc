/* SPDX-License-Identifier: MIT
 * Two hash tables: of places by their names, of ways by their ends. */
#include "column/count/ways.h"

#include "call/filter.h"

/* ---- places ---- */

static uint64_t hash_place(const struct ways *ways, const struct column_kind *kind)
{
	return hash_text(&ways->key, kind->module) ^ hash_text(&ways->key, kind->variable) << 1;
}

/* There is room in the table and in places. */
static uint32_t find_place(struct ways *ways, const struct column_kind *kind)
{
	uint64_t hash = hash_place(ways, kind);

	HASH_TABLE_EACH(place, &ways->place_table, hash) {
		if (text_equal(ways->places[place].module, kind->module) &&
			text_equal(ways->places[place].variable, kind->variable)) {
			return place;
		}
	}
	hash_table_put(&ways->place_table, hash, (uint32_t)ways->places_count);
	ways->places[ways->places_count] =
		(struct column_place){.module = kind->module, .variable = kind->variable};
	return (uint32_t)ways->places_count++;
}

int ways_init(
	struct ways *ways, const struct column_kinds *kinds, struct arena *arena, struct error *err)
{
	*ways = (struct ways){.arena = arena, .key = hash_key_random()};
	ways->place_of_size = kinds->count > 0 ? (size_t)kinds->items[kinds->count - 1].id + 1 : 0;
	ways->place_of = arena_calloc(arena, ways->place_of_size, sizeof(*ways->place_of));
	ways->places = arena_calloc(arena, kinds->count, sizeof(*ways->places));
	if (!ways->place_of || !ways->places ||
		hash_table_make_room(&ways->place_table, arena, kinds->count) < 0) {
		return error_no_memory(err);
	}
	memset(ways->place_of, 0xff, ways->place_of_size * sizeof(*ways->place_of));
	for (size_t i = 0; i < kinds->count; i++) {
		const struct column_kind *kind = &kinds->items[i];

		if (filter_is_place(kind->module)) {
			ways->place_of[kind->id] = find_place(ways, kind);
		}
	}
	return 0;
}

int ways_next_place(const struct ways *ways, const struct column_block *block,
	const struct column_sequences *visits, struct text *rest, uint32_t *ret_place,
	struct error *err)
{
	uint32_t kind = column_sequence_next(rest);

	if (kind >= block->kinds_count) {
		return column_sequence_bad(visits, err);
	}
	*ret_place = ways_place_of(ways, column_block_kind(block, kind));
	if (*ret_place == WAYS_NO_PLACE) {
		return column_damaged(
			&visits->reader, "a visit is of a kind that is not a place", err);
	}
	return 0;
}

/* ---- ways ---- */

static struct column_way *add_way(struct ways *ways, uint32_t from, uint32_t to)
{
	struct column_way *items =
		arena_list_grow(ways->arena, ways->items, ways->count, sizeof(*items));
	int emptied = hash_table_make_room(&ways->way_table, ways->arena, ways->count + 1);

	if (!items || emptied < 0) {
		return NULL;
	}
	ways->items = items;
	for (uint32_t i = 0; emptied > 0 && i < ways->count; i++) {
		hash_table_put(
			&ways->way_table, hash_pair(&ways->key, items[i].from, items[i].to), i);
	}
	items[ways->count] = (struct column_way){.from = from, .to = to};
	hash_table_put(&ways->way_table, hash_pair(&ways->key, from, to), (uint32_t)ways->count);
	return &items[ways->count++];
}

static struct column_way *find_way(struct ways *ways, uint32_t from, uint32_t to)
{
	HASH_TABLE_EACH(way, &ways->way_table, hash_pair(&ways->key, from, to)) {
		if (ways->items[way].from == from && ways->items[way].to == to) {
			return &ways->items[way];
		}
	}
	return add_way(ways, from, to);
}

struct column_way *ways_go(struct ways *ways, uint32_t from, uint32_t to, int64_t calls)
{
	struct column_way *way = find_way(ways, from, to);

	if (way && way->last != ways->sequence) {
		way->last = ways->sequence;
		way->calls += calls;
	}
	return way;
}
