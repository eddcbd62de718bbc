/* SPDX-License-Identifier: MIT
 * Made-up calls, and blocks of them in memory. */
#ifndef TESTS_COLUMN_FIXTURE_H
#define TESTS_COLUMN_FIXTURE_H

#include "base/arena.h"
#include "column/block.h"

#define FIXTURE_START INT64_C(1770000000)

struct dice {
	uint64_t state;
};

uint32_t dice_throw(struct dice *dice, uint32_t sides);

/* The kinds that made-up calls have. */
extern const struct column_kinds fixture_kinds;

/* A call with the session `s@number` that starts within @span seconds, all in @arena. */
struct column_row fixture_row(
	struct dice *dice, uint32_t number, uint32_t span, struct arena *arena);

/* @count of them, in the order of blocks. */
struct column_row *fixture_rows(
	struct dice *dice, uint32_t count, uint32_t span, struct arena *arena);

/* The number of the place of a kind: that of the first kind which is there. */
#define FIXTURE_NO_PLACE UINT32_MAX
uint32_t fixture_place(uint32_t kind);

/* Makes up how long the call of @row stayed where. */
void fixture_stays(struct dice *dice, struct column_row *row, struct arena *arena);

void fixture_sort(struct column_row *rows, size_t count);

/* Blocks in memory, for a struct column_loader. */
struct fixture_blocks {
	struct column_blobs *blobs;
	size_t count;
};
int fixture_load(void *blocks, size_t block, enum column_id column, struct text *ret_segment,
	struct error *err);

/* Asks all that can be asked of a block, whose bytes may be anything. Returns 0, or the code of an
 * error, which is that of a damaged block or of a version that is not known. */
enum error_code fixture_ask_all(struct fixture_blocks *blocks);

#endif
