/* SPDX-License-Identifier: MIT
 * A world of made-up calls: sealed, gone, replaced and expired in any mixture. */
#ifndef TESTS_COLUMN_WORLD_H
#define TESTS_COLUMN_WORLD_H

#include "column/search.h"
#include "fixture.h"

#define WORLD_SPAN   900 /* seconds in which calls start: many start in one */
#define WORLD_BLOCKS 8

/* A call that is there, as the plain way sees it. */
struct held {
	struct column_row row;
	struct text detail; /* {NULL, 0}: none */
	int block;	    /* where it lies; -1: it is fresh */
};

struct world {
	struct arena arena;
	struct dice dice;
	uint64_t seed;
	uint32_t sessions;
	struct held *held; /* in the order of blocks */
	size_t count;
	struct column_blobs blobs[WORLD_BLOCKS];
	struct column_range ranges[WORLD_BLOCKS];
	size_t blocks_count;
	struct fixture_blocks blocks;
	struct column_row *fresh; /* newest first */
	size_t fresh_count;
};

/* Some of @calls calls, the same for the same seed; what contradicts itself ends the test. */
void world_begin(struct world *world, uint64_t seed, uint32_t calls);
void world_end(struct world *world);

#endif
