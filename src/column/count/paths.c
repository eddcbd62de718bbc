/* SPDX-License-Identifier: MIT
 * Calls by path. Of a block whose calls all match, the block itself knows them. */
#include "column/count/paths.h"

int column_path_counts_init(struct column_path_counts *counts, struct error *err)
{
	counts->calls = calloc(COLUMN_CALLS_MAX, sizeof(*counts->calls));
	return counts->calls ? 0 : error_no_memory(err);
}

void column_path_counts_deinit(struct column_path_counts *counts)
{
	free(counts->calls);
}

static int read_counts(
	struct column_path_counts *counts, struct column_block *block, struct error *err)
{
	struct column_reader reader = {.column = COLUMN_PATH_CALLS, .block = block->number};

	if (column_block_column(block, COLUMN_PATH_CALLS, &reader.data, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < counts->paths.count; i++) {
		uint64_t calls;

		if (column_read_varint(&reader, block->count, &calls, err) < 0) {
			return -1;
		}
		counts->calls[i] = (uint32_t)calls;
	}
	return column_read_end(&reader, err);
}

static int count_calls(struct column_path_counts *counts, struct column_block *block,
	const struct column_match *match, uint32_t from, struct error *err)
{
	struct column_array codes;

	if (column_block_array(block, COLUMN_PATH, 2, &codes, err) < 0) {
		return -1;
	}
	memset(counts->calls, 0, COLUMN_CALLS_MAX * sizeof(*counts->calls));
	if (codes.width == 1) {
		for (uint32_t i = from; i < match->high; i++) {
			counts->calls[(unsigned char)codes.at[i]] += match->set[i];
		}
		return 0;
	}
	for (uint32_t i = from; i < match->high; i++) {
		counts->calls[column_get16(codes.at + (size_t)i * 2)] += match->set[i];
	}
	return 0;
}

/* Takes those without steps out of the counts. */
static void sum_up(struct column_path_counts *counts, struct column_steps *steps)
{
	for (uint32_t i = 0; i < counts->paths.count; i++) {
		if (column_array_at(&counts->paths.steps, i) == 0) {
			steps->without_steps += counts->calls[i];
			counts->calls[i] = 0;
		} else {
			steps->with_steps += counts->calls[i];
		}
	}
}

int column_path_counts_of(struct column_path_counts *counts, struct column_block *block,
	const struct column_match *match, struct column_steps *steps, struct error *err)
{
	uint32_t from = match->detail > match->low ? match->detail : match->low;

	if (column_block_paths(block, &counts->paths, err) < 0) {
		return -1;
	}
	if (match->calls == block->count && from == 0) {
		if (read_counts(counts, block, err) < 0) {
			return -1;
		}
	} else if (count_calls(counts, block, match, from, err) < 0) {
		return -1;
	}
	for (uint32_t i = match->low; i < from && i < match->high; i++) {
		steps->over_days += match->set[i];
	}
	sum_up(counts, steps);
	return 0;
}
