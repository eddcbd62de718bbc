/* SPDX-License-Identifier: MIT
 * The calls that stayed longest at a place, while they are looked for. */
#ifndef COLUMN_COUNT_SLOWEST_H
#define COLUMN_COUNT_SLOWEST_H

#include "column/block.h"
#include "column/count/ways.h"

/* The fewest seconds of a visit in the block at the place @block that may matter: blocks come
 * newest first. */
int64_t slowest_least(const struct column_place *place, int64_t block);

/* @slow stayed at @place. Of calls that stayed as long, the newest come first. */
void slowest_note(struct column_place *place, const struct ways_slow *slow);

/* Learns the start and session of those that are of the block, once it is counted. */
int slowest_name(struct ways *ways, struct column_block *block, struct error *err) CHECK_RESULT;

#endif
