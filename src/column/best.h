/* SPDX-License-Identifier: MIT
 * Calls in another order than that of time, the longest first or the shortest: the first of them,
 * of however many, in memory for these alone. */
#ifndef COLUMN_BEST_H
#define COLUMN_BEST_H

#include "column/search.h"

/* ---- the order ---- */

enum column_order_by {
	COLUMN_ORDER_TIME, /* newest first, which is how calls come where no order is asked for */
	COLUMN_ORDER_DURATION,
	COLUMN_ORDER_TALK, /* 0 where nobody talked, or it is not known */
	COLUMN_ORDER_STEPS,
};

struct column_order {
	enum column_order_by by;
	bool ascending;
};

#define COLUMN_ORDER_NAMES "-duration, duration, -talk, talk, -steps or steps"

/* Reads "duration", or "-duration" for the longest first. ERROR_INVALID says what is expected. */
int column_order_parse(
	struct text name, struct column_order *ret_order, struct error *err) CHECK_RESULT;

/* What calls are ordered by; 0 for COLUMN_ORDER_TIME. */
int64_t column_order_value(const struct column_order *order, const struct call *call);

/* Negative where @a comes first. Of calls that are alike the newest does, then the one whose
 * session comes last, byte by byte. */
int column_order_compare(
	const struct column_order *order, const struct call *a, const struct call *b);

/* ---- the first of it ---- */

struct column_best_item {
	struct call call; /* its texts lie in what comes next */
	char *texts;
	size_t texts_size;
};

struct column_best {
	const struct column_order *order;
	size_t limit; /* of items */
	struct column_best_item *items;
	size_t count;
	size_t room;
	int64_t total; /* calls that were offered, or counted */
};

/* At most @limit calls of @order, which lasts as long as @best. Call column_best_deinit(). */
void column_best_init(struct column_best *best, const struct column_order *order, size_t limit);
void column_best_deinit(struct column_best *best);

/* Takes @call if it is one of the first so far. It is counted in any case. */
int column_best_offer(
	struct column_best *best, const struct call *call, struct error *err) CHECK_RESULT;

/* Offers all calls that match: those of blocks, and fresh ones. ERROR_CORRUPT as column_search().
 */
int column_best_find(struct column_best *best, const struct column_calls *calls,
	const struct column_question *question, struct error *err) CHECK_RESULT;

/* Brings the items into their order. */
void column_best_finish(struct column_best *best);

#endif
