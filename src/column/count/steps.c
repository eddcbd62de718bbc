/* SPDX-License-Identifier: MIT
 * Statistics by what steps are. Which groups a call is in follows from its shape, and few sets of
 * groups there are: a call is counted once, in its set. How many steps there are of each group is
 * counted once a path. */
#include "base/array.h"
#include "column/count/private.h"

#define NO_GROUP UINT32_MAX

struct stepping {
	struct stats *stats;
	struct cells cells;
	struct intern keys; /* of groups */
	uint32_t *groups;   /* by kind's id; NO_GROUP: it is in none */
	size_t groups_size;
	int64_t *step_sums; /* by group */
	struct column_path_counts counts;
	uint32_t *set_of_shape; /* COLUMN_CALLS_MAX, as the next */
	uint32_t *set_of_path;
	uint64_t *words;      /* of a set */
	uint64_t *kind_steps; /* by the block's kind: room for kinds_room of them */
	size_t kinds_room;
};

/* ---- groups ---- */

static struct text key_of(const struct stats *stats, const struct column_kind *kind)
{
	switch (stats->question->group) {
	case COLUMN_BY_CLASS:
		return kind->class_name;
	case COLUMN_BY_MODULE:
		return kind->module;
	default:
		return kind->variable;
	}
}

static int find_groups(struct stepping *stepping, struct error *err)
{
	const struct column_kinds *kinds = stepping->stats->calls->kinds;
	struct arena *arena = stepping->stats->arena;

	stepping->groups_size =
		kinds->count > 0 ? (size_t)kinds->items[kinds->count - 1].id + 1 : 0;
	stepping->groups = arena_calloc(arena, stepping->groups_size, sizeof(uint32_t));
	intern_init(&stepping->keys, arena);
	if (!stepping->groups) {
		return error_no_memory(err);
	}
	memset(stepping->groups, 0xff, stepping->groups_size * sizeof(uint32_t));
	for (size_t i = 0; i < kinds->count; i++) {
		struct text key = key_of(stepping->stats, &kinds->items[i]);

		if (key.size > 0 && !intern_number(&stepping->keys, key,
					    &stepping->groups[kinds->items[i].id])) {
			return error_no_memory(err);
		}
	}
	stepping->step_sums = arena_calloc(arena, stepping->keys.count, sizeof(int64_t));
	stepping->words = arena_calloc(arena, stepping->keys.count / 64 + 1, sizeof(uint64_t));
	stepping->set_of_shape = arena_calloc(arena, COLUMN_CALLS_MAX, sizeof(uint32_t));
	stepping->set_of_path = arena_calloc(arena, COLUMN_CALLS_MAX, sizeof(uint32_t));
	return stepping->step_sums && stepping->words && stepping->set_of_shape &&
			       stepping->set_of_path
		       ? 0
		       : error_no_memory(err);
}

static uint32_t group_of(const struct stepping *stepping, uint32_t id)
{
	return id < stepping->groups_size ? stepping->groups[id] : NO_GROUP;
}

static void add_to_set(struct stepping *stepping, uint32_t id)
{
	uint32_t group = group_of(stepping, id);

	if (group != NO_GROUP) {
		stepping->words[group / 64] |= UINT64_C(1) << group % 64;
	}
}

/* ---- a block ---- */

static int find_sets(struct stepping *stepping, struct column_sequences *shapes, struct error *err)
{
	const struct column_block *block = &stepping->stats->walk.block;

	for (uint32_t i = 0; i < shapes->count; i++) {
		struct text rest;

		if (column_sequences_next(shapes, &rest, err) < 0) {
			return -1;
		}
		memset(stepping->words, 0, (stepping->keys.count / 64 + 1) * sizeof(uint64_t));
		while (rest.size > 0) {
			uint32_t kind = column_sequence_next(&rest);

			if (kind >= block->kinds_count) {
				return column_sequence_bad(shapes, err);
			}
			add_to_set(stepping, column_block_kind(block, kind));
		}
		if (cells_set(&stepping->cells, stepping->words, &stepping->set_of_shape[i], err) <
			0) {
			return -1;
		}
	}
	return 0;
}

/* Each path gets the set of its shape; what is not a path gets that of the first. */
static int give_sets(
	struct stepping *stepping, const struct column_sequences *shapes, struct error *err)
{
	const struct column_paths *paths = &stepping->counts.paths;

	for (uint32_t i = 0; i < paths->count; i++) {
		uint64_t shape = column_array_at(&paths->shapes, i);

		if (shape >= shapes->count) {
			return column_damaged(
				&paths->reader, "a path has a shape that is not there", err);
		}
		stepping->set_of_path[i] = stepping->set_of_shape[shape];
	}
	for (uint32_t i = paths->count; i < COLUMN_CALLS_MAX; i++) {
		stepping->set_of_path[i] = stepping->set_of_path[0];
	}
	return 0;
}

static int open_sets(struct stepping *stepping, struct error *err)
{
	struct column_block *block = &stepping->stats->walk.block;
	struct column_sequences shapes;

	cells_sets_begin(&stepping->cells);
	if (column_block_sequences(block, COLUMN_SHAPES, &shapes, err) < 0 ||
		find_sets(stepping, &shapes, err) < 0 ||
		cells_sets_reserve(&stepping->cells, err) < 0) {
		return -1;
	}
	return give_sets(stepping, &shapes, err);
}

static int add_long(struct stepping *stepping, const struct stats_durations *durations, uint32_t at,
	uint32_t set, struct error *err)
{
	int64_t seconds;

	return column_durations_at(&durations->durations, at, &seconds, err) < 0
		       ? -1
		       : cells_set_long(&stepping->cells, set, seconds, err);
}

/* Counts each call with its duration in its set. */
static int add_durations(
	struct stepping *stepping, const struct stats_durations *durations, struct error *err)
{
	struct column_block *block = &stepping->stats->walk.block;
	const struct column_match *match = &stepping->stats->walk.match;
	uint32_t from = match->detail > match->low ? match->detail : match->low;
	uint32_t width = stepping->cells.width;
	struct column_array codes;

	if (column_block_array(block, COLUMN_PATH, 2, &codes, err) < 0) {
		return -1;
	}
	for (uint32_t i = from; i < match->high; i++) {
		uint32_t set = stepping->set_of_path[column_array_at(&codes, i)];
		uint32_t duration = column_durations_short(&durations->durations, i);

		if (!match->set[i]) {
			continue;
		}
		if (duration < width) {
			stepping->cells.set_counts[(size_t)set * width + duration]++;
		} else if (add_long(stepping, durations, i, set, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static void add_calls(struct stepping *stepping)
{
	for (uint32_t i = 0; i < stepping->counts.paths.count; i++) {
		stepping->cells.set_counts[stepping->set_of_path[i]] += stepping->counts.calls[i];
	}
}

/* ---- steps ---- */

static int walk_paths(struct stepping *stepping, struct column_sequences *paths, struct error *err)
{
	uint32_t kinds = stepping->stats->walk.block.kinds_count;

	for (uint32_t i = 0; i < paths->count; i++) {
		uint64_t calls = stepping->counts.calls[i];
		struct text rest;

		if (column_sequences_next(paths, &rest, err) < 0) {
			return -1;
		}
		while (calls > 0 && rest.size > 0) {
			uint32_t kind = column_sequence_next(&rest);

			if (kind >= kinds) {
				return column_sequence_bad(paths, err);
			}
			stepping->kind_steps[kind] += calls;
		}
	}
	return 0;
}

static int add_steps(struct stepping *stepping, struct error *err)
{
	struct column_block *block = &stepping->stats->walk.block;
	struct column_sequences paths;

	if (column_block_sequences(block, COLUMN_PATHS, &paths, err) < 0) {
		return -1;
	}
	if (paths.count != stepping->counts.paths.count) {
		return column_damaged(
			&paths.reader, "it has another number of paths than 'path info'", err);
	}
	if (!ARRAY_RESERVE(
		    stepping->kind_steps, stepping->kinds_room, (size_t)block->kinds_count + 1)) {
		return error_no_memory(err);
	}
	memset(stepping->kind_steps, 0, block->kinds_count * sizeof(*stepping->kind_steps));
	if (walk_paths(stepping, &paths, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < block->kinds_count; i++) {
		uint32_t group = group_of(stepping, column_block_kind(block, i));

		if (group != NO_GROUP) {
			stepping->step_sums[group] += (int64_t)stepping->kind_steps[i];
		}
	}
	return 0;
}

static int add_block(struct stepping *stepping, struct error *err)
{
	struct stats *stats = stepping->stats;
	struct stats_durations durations;

	stats->result.calls += stats->walk.match.calls;
	if (column_path_counts_of(&stepping->counts, &stats->walk.block, &stats->walk.match,
		    &stats->result.steps, err) < 0 ||
		open_sets(stepping, err) < 0 || stats_open_durations(stats, &durations, err) < 0) {
		return -1;
	}
	if (!durations.known) {
		add_calls(stepping);
		return 0;
	}
	return add_durations(stepping, &durations, err) < 0 ? -1 : add_steps(stepping, err);
}

/* ---- fresh rows ---- */

static int count_row(struct stepping *stepping, const struct column_row *row, struct error *err)
{
	struct stats *stats = stepping->stats;
	int64_t seconds = stats_seconds(stats, row);
	uint32_t steps = stats_steps(stats, row), set;

	if (!column_steps_note(
		    &stats->result.steps, &row->call, stats->question->base.detail_after)) {
		return 0;
	}
	memset(stepping->words, 0, (stepping->keys.count / 64 + 1) * sizeof(uint64_t));
	for (uint32_t i = 0; i < steps; i++) {
		uint32_t group = group_of(stepping, row->kinds[i]);

		add_to_set(stepping, row->kinds[i]);
		if (group != NO_GROUP) {
			stepping->step_sums[group]++;
		}
	}
	cells_sets_begin(&stepping->cells);
	if (cells_set(&stepping->cells, stepping->words, &set, err) < 0 ||
		cells_sets_reserve(&stepping->cells, err) < 0) {
		return -1;
	}
	if (seconds >= stepping->cells.width) {
		return cells_set_long(&stepping->cells, set, seconds, err);
	}
	stepping->cells.set_counts[(size_t)set * stepping->cells.width + (size_t)seconds]++;
	return 0;
}

static int add_fresh(struct stepping *stepping, struct error *err)
{
	struct stats *stats = stepping->stats;

	for (size_t i = 0; i < stats->calls->fresh_count; i++) {
		const struct column_row *row = &stats->calls->fresh[i];

		if (!column_match_row(&stats->walk.matcher, row)) {
			continue;
		}
		stats->result.calls++;
		if (count_row(stepping, row, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- the whole ---- */

static int fill(struct stepping *stepping, struct error *err)
{
	struct stats *stats = stepping->stats;
	struct stats_group *groups =
		arena_calloc(stats->arena, stepping->keys.count, sizeof(*groups));
	size_t count = 0;

	if (!groups) {
		return error_no_memory(err);
	}
	cells_sets_flush(&stepping->cells);
	cells_finish(&stepping->cells);
	for (uint32_t i = 0; i < stepping->keys.count; i++) {
		int64_t calls = cells_calls(&stepping->cells, i);

		if (calls > 0) {
			groups[count++] = (struct stats_group){.number = i,
				.entry = {.calls = calls, .key = stepping->keys.texts[i]}};
		}
	}
	return stats_fill(stats, groups, count, &stepping->cells, stepping->step_sums, err);
}

static int count_all(struct stepping *stepping, struct error *err)
{
	struct stats *stats = stepping->stats;
	int64_t longest;
	int more;

	if (find_groups(stepping, err) < 0 || column_path_counts_init(&stepping->counts, err) < 0 ||
		stats_longest(stats, &longest, err) < 0 ||
		cells_init(&stepping->cells, stepping->keys.count, longest, stats->memory_max,
			err) < 0) {
		return -1;
	}
	while ((more = column_walk_next(&stats->walk, err)) > 0) {
		if (add_block(stepping, err) < 0) {
			return -1;
		}
	}
	return more < 0 || add_fresh(stepping, err) < 0 ? -1 : fill(stepping, err);
}

static void stepping_deinit(struct stepping *stepping)
{
	cells_deinit(&stepping->cells);
	column_path_counts_deinit(&stepping->counts);
	free(stepping->kind_steps);
}

int stats_by_steps(struct stats *stats, struct error *err)
{
	AUTO(stepping_deinit) struct stepping stepping = {.stats = stats};

	return count_all(&stepping, err);
}
