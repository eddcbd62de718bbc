/* SPDX-License-Identifier: MIT
 * Counting durations. The sets' cells are emptied into the groups' when their memory is used up. */
#include "column/count/cells.h"

#define SETS_MEMORY ((size_t)24 << 20)

static uint32_t width_of(int64_t longest)
{
	uint32_t width = 1;

	while (width < CELLS_WIDTH_MAX && width <= longest) {
		width *= 2;
	}
	return width;
}

int cells_no_room(const struct cells *cells, struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE,
		"there are too many different groups to count in %zu MB: ask for a shorter window",
		cells->arena.ceiling_bytes >> 20);
}

int cells_init(
	struct cells *cells, size_t groups, int64_t longest, size_t memory_max, struct error *err)
{
	*cells = (struct cells){.groups = groups, .width = width_of(longest)};
	arena_init(&cells->arena, memory_max);
	arena_init(&cells->set_arena, memory_max);
	intern_init(&cells->sets, &cells->set_arena);
	cells->set_words = (uint32_t)((groups + 63) / 64);
	cells->counts =
		arena_calloc(&cells->arena, groups, (size_t)cells->width * sizeof(*cells->counts));
	return cells->counts ? 0 : cells_no_room(cells, err);
}

void cells_deinit(struct cells *cells)
{
	arena_deinit(&cells->arena);
	arena_deinit(&cells->set_arena);
	free(cells->set_counts);
}

static int add_long(struct cells *cells, uint32_t group, int64_t seconds, struct error *err)
{
	struct cells_long *longer =
		arena_list_grow(&cells->arena, cells->longer, cells->longer_count, sizeof(*longer));

	if (!longer) {
		return cells_no_room(cells, err);
	}
	cells->longer = longer;
	longer[cells->longer_count++] = (struct cells_long){.group = group, .seconds = seconds};
	return 0;
}

int cells_add(struct cells *cells, uint32_t group, int64_t seconds, struct error *err)
{
	if (seconds >= cells->width) {
		return add_long(cells, group, seconds, err);
	}
	cells->counts[(size_t)group * cells->width + (size_t)seconds]++;
	cells->top = cells->top > seconds ? cells->top : (uint32_t)seconds + 1;
	return 0;
}

void cells_clear(struct cells *cells)
{
	for (size_t group = 0; group < cells->groups; group++) {
		memset(cells->counts + group * cells->width, 0,
			cells->top * sizeof(*cells->counts));
	}
	cells->top = 0;
	cells->longer_count = 0;
}

/* ---- sets ---- */

void cells_sets_begin(struct cells *cells)
{
	size_t set_bytes = (size_t)cells->width * sizeof(*cells->set_counts);

	if (cells->sets.count * set_bytes > SETS_MEMORY) {
		cells_sets_flush(cells);
	}
}

int cells_sets_reserve(struct cells *cells, struct error *err)
{
	size_t set_bytes = (size_t)cells->width * sizeof(*cells->set_counts);
	size_t room = (size_t)cells->sets.count + cells->sets.count / 4;
	uint32_t *counts;

	if (cells->sets.count <= cells->set_room) {
		return 0;
	}
	counts = realloc(cells->set_counts, room * set_bytes);
	if (!counts) {
		return error_no_memory(err);
	}
	memset((char *)counts + cells->set_room * set_bytes, 0,
		(room - cells->set_room) * set_bytes);
	cells->set_counts = counts;
	cells->set_room = (uint32_t)room;
	return 0;
}

int cells_set(struct cells *cells, const uint64_t *words, uint32_t *ret_set, struct error *err)
{
	struct text text = {.data = (const char *)words, .size = cells->set_words * sizeof(*words)};

	return intern_number(&cells->sets, text, ret_set) ? 0 : error_no_memory(err);
}

static uint64_t word_of(const struct cells *cells, uint32_t set, uint32_t word)
{
	uint64_t bits;

	memcpy(&bits, cells->sets.texts[set].data + word * sizeof(bits), sizeof(bits));
	return bits;
}

int cells_set_long(struct cells *cells, uint32_t set, int64_t seconds, struct error *err)
{
	for (uint32_t word = 0; word < cells->set_words; word++) {
		for (uint64_t bits = word_of(cells, set, word); bits != 0; bits &= bits - 1) {
			uint32_t group = word * 64 + (uint32_t)__builtin_ctzll(bits);

			if (add_long(cells, group, seconds, err) < 0) {
				return -1;
			}
		}
	}
	return 0;
}

/* What a set has, brought together: most of its cells are empty. */
static uint32_t gather(const struct cells *cells, const uint32_t *from, uint32_t *seconds)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < cells->width; i++) {
		seconds[count] = i;
		count += from[i] != 0;
	}
	return count;
}

static void flush_set(struct cells *cells, uint32_t set)
{
	const uint32_t *from = cells->set_counts + (size_t)set * cells->width;
	uint32_t seconds[CELLS_WIDTH_MAX];
	uint32_t count = gather(cells, from, seconds);

	for (uint32_t word = 0; word < cells->set_words; word++) {
		for (uint64_t bits = word_of(cells, set, word); bits != 0; bits &= bits - 1) {
			size_t group = word * 64 + (size_t)__builtin_ctzll(bits);
			uint64_t *to = cells->counts + group * cells->width;

			for (uint32_t i = 0; i < count; i++) {
				to[seconds[i]] += from[seconds[i]];
			}
		}
	}
}

void cells_sets_flush(struct cells *cells)
{
	for (uint32_t set = 0; set < cells->sets.count; set++) {
		flush_set(cells, set);
	}
	if (cells->set_counts) {
		memset(cells->set_counts, 0,
			(size_t)cells->sets.count * cells->width * sizeof(*cells->set_counts));
	}
	arena_deinit(&cells->set_arena);
	intern_init(&cells->sets, &cells->set_arena);
}

/* ---- the result ---- */

static int by_group(const void *left, const void *right)
{
	const struct cells_long *a = left, *b = right;

	if (a->group != b->group) {
		return a->group < b->group ? -1 : 1;
	}
	return a->seconds < b->seconds ? -1 : a->seconds > b->seconds;
}

void cells_finish(struct cells *cells)
{
	if (cells->longer_count > 0) {
		qsort(cells->longer, cells->longer_count, sizeof(*cells->longer), by_group);
	}
}

/* The long durations of a group: the first of them, and how many. */
static const struct cells_long *long_of(
	const struct cells *cells, uint32_t group, size_t *ret_count)
{
	size_t low = 0, high = cells->longer_count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cells->longer[middle].group < group) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	end = low;
	while (end < cells->longer_count && cells->longer[end].group == group) {
		end++;
	}
	*ret_count = end - low;
	return end > low ? cells->longer + low : NULL;
}

int64_t cells_calls(const struct cells *cells, uint32_t group)
{
	const uint64_t *counts = cells->counts + (size_t)group * cells->width;
	uint64_t calls = 0;
	size_t longer;

	for (uint32_t i = 0; i < cells->width; i++) {
		calls += counts[i];
	}
	long_of(cells, group, &longer);
	return (int64_t)(calls + longer);
}

/* The smallest duration that at least @percent of the calls do not exceed. */
static int64_t percentile(const struct cells *cells, uint32_t group, int64_t calls, int64_t percent)
{
	const uint64_t *counts = cells->counts + (size_t)group * cells->width;
	int64_t rank = calls / 100 * percent + (calls % 100 * percent + 99) / 100;
	size_t longer;

	for (uint32_t i = 0; i < cells->width; i++) {
		rank -= (int64_t)counts[i];
		if (rank <= 0) {
			return i;
		}
	}
	return long_of(cells, group, &longer)[rank - 1].seconds;
}

static int64_t add_up(int64_t sum, int64_t more)
{
	return __builtin_add_overflow(sum, more, &sum) ? INT64_MAX : sum;
}

void cells_fill(const struct cells *cells, uint32_t group, struct column_entry *entry)
{
	const uint64_t *counts = cells->counts + (size_t)group * cells->width;
	size_t count;
	const struct cells_long *longer = long_of(cells, group, &count);
	uint64_t left = (uint64_t)entry->calls - count;

	entry->duration_sum = 0;
	for (uint32_t i = 0; left > 0 && i < cells->width; i++) {
		left -= counts[i];
		entry->duration_sum += (int64_t)counts[i] * i;
	}
	for (size_t i = 0; i < count; i++) {
		entry->duration_sum = add_up(entry->duration_sum, longer[i].seconds);
	}
	entry->p50 = percentile(cells, group, entry->calls, 50);
	entry->p95 = percentile(cells, group, entry->calls, 95);
}
