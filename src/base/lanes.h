/* SPDX-License-Identifier: MIT
 * Accounts take turns: a lane for each, in the order of coming, so that no account waits behind all
 * that another one has sent. No lock: the owner has one. */
#ifndef BASE_LANES_H
#define BASE_LANES_H

#include "base/list.h"

/* Accounts whose numbers differ by a multiple of this share a lane, and so each other's turns.
 * What belongs to no account has negative numbers and other lanes. */
#define LANES_ACCOUNTS	1024
#define LANES_STRANGERS 64
#define LANES		(LANES_ACCOUNTS + LANES_STRANGERS)

struct lane {
	/* what waits, in the order of coming */
	struct list items;
	size_t waiting;
	/* the owner's: what the lane's accounts hold, or how much of theirs runs */
	size_t used;
	struct list_link link;
};

/* All zero: nothing waits. */
struct lanes {
	/* lanes in which something waits; what was served last stands last */
	struct list turns;
	size_t waiting;
	struct lane lanes[LANES];
};

static inline size_t lanes_number(int64_t account_id)
{
	return account_id >= 0 ? (size_t)account_id % LANES_ACCOUNTS
			       : LANES_ACCOUNTS + (size_t)(-1 - account_id) % LANES_STRANGERS;
}

static inline struct lane *lanes_of(struct lanes *lanes, int64_t account_id)
{
	return &lanes->lanes[lanes_number(account_id)];
}

/* The first of those in which something waits; NULL: nothing does. */
static inline struct lane *lanes_first(const struct lanes *lanes)
{
	return CONTAINER_OF(lanes->turns.first, struct lane, link);
}

static inline void lanes_push(struct lanes *lanes, struct lane *lane, struct list_link *item)
{
	if (lane->waiting++ == 0) {
		list_append(&lanes->turns, &lane->link);
	}
	list_append(&lane->items, item);
	lanes->waiting++;
}

/* Takes @item, which waits in @lane, out of it; the lane keeps its turn. */
static inline void lanes_remove(struct lanes *lanes, struct lane *lane, struct list_link *item)
{
	list_remove(&lane->items, item);
	if (--lane->waiting == 0) {
		list_remove(&lanes->turns, &lane->link);
	}
	lanes->waiting--;
}

/* @lane had its turn: the others come before it. */
static inline void lanes_served(struct lanes *lanes, struct lane *lane)
{
	if (lane->waiting > 0) {
		list_remove(&lanes->turns, &lane->link);
		list_append(&lanes->turns, &lane->link);
	}
}

/* Takes the first of @lane, in which something waits, and has served it. */
static inline struct list_link *lanes_take(struct lanes *lanes, struct lane *lane)
{
	struct list_link *item = lane->items.first;

	lanes_remove(lanes, lane, item);
	lanes_served(lanes, lane);
	return item;
}

#endif
