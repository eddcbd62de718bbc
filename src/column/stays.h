/* SPDX-License-Identifier: MIT
 * How long the calls of a block stayed where (docs/columns.md, column 'stays'). Calls that took the
 * same visits lie together, so that what is counted of a visit is a run of bytes. */
#ifndef COLUMN_STAYS_H
#define COLUMN_STAYS_H

#include "column/block.h"

#define STAYS_OUTCOMES (CALL_COMPLETED + 1)
#define STAYS_LONG     UINT8_MAX /* seconds that stand elsewhere */
#define STAYS_NIBBLE   15	 /* a number of inputs that stands behind */

/* The order of calls: by group, which is their visits * STAYS_OUTCOMES + their outcome, then as
 * they lie in the block. */
struct stays_order {
	uint32_t *groups; /* by call */
	uint32_t *calls;  /* by place in the order */
	uint32_t *starts; /* by group: the place of its first; one more than there are groups */
	size_t groups_room, calls_room, starts_room;
};
void stays_order_deinit(struct stays_order *order);
/* Room for all of it; groups is to be filled. */
int stays_order_reserve(
	struct stays_order *order, uint32_t calls, uint32_t groups, struct error *err) CHECK_RESULT;
/* Fills the rest. */
void stays_order_sort(struct stays_order *order, uint32_t calls, uint32_t groups);

/* Steps of a visit that say something of input. */
struct stays_input {
	uint32_t slot;
	uint32_t no_input;
	uint32_t wrong_input;
};

/* A block's. A slot is a number of seconds. Sequence after sequence, those of its calls' waits come
 * first, then those of their first visits, and so on; each time in the order of the calls. */
struct stays {
	struct column_block *block;
	struct stays_order order;
	uint32_t sequences;
	uint32_t *visits; /* by sequence: how many it has */
	uint32_t *slots;  /* by sequence: its first; one more than there are sequences */
	size_t visits_room, slots_room;
	struct column_reader reader;
	const unsigned char *bytes; /* by slot: seconds, or STAYS_LONG */
	const char *longer;	    /* u32 slot, u64 seconds; by slot */
	uint32_t longer_count;
	uint64_t inputs_count;
	struct stays_input *inputs; /* stays_read_inputs() has read them */
	size_t inputs_room;
};

/* Opens a block's. What @stays has of memory is used again: it begins as all zero. ERROR_CORRUPT
 * where the block does not say how long its calls stayed. */
int stays_open(struct stays *stays, struct column_block *block, struct error *err) CHECK_RESULT;
void stays_deinit(struct stays *stays);

int stays_read_inputs(struct stays *stays, struct error *err) CHECK_RESULT;

/* Calls of the sequence @sequence, as places in the order. */
static inline uint32_t stays_first(const struct stays *stays, uint32_t sequence)
{
	return stays->order.starts[sequence * STAYS_OUTCOMES];
}

static inline uint32_t stays_longer_slot(const struct stays *stays, uint32_t at)
{
	return column_get32(stays->longer + (size_t)at * 12);
}

static inline int64_t stays_longer_seconds(const struct stays *stays, uint32_t at)
{
	return (int64_t)column_get64(stays->longer + (size_t)at * 12 + 4);
}

/* What one call has, in @arena, after stays_read_inputs(). */
int stays_of_call(const struct stays *stays, uint32_t call, struct arena *arena,
	const struct column_stays **ret_stays, struct error *err) CHECK_RESULT;

#endif
