/* SPDX-License-Identifier: MIT
 * The steps of a call while amendments change them. A change is planned first, so that one that is
 * refused leaves all as it was. */
#ifndef STORE_LIVE_STEPS_H
#define STORE_LIVE_STEPS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/intern.h"

struct live_step {
	struct text json;
	struct text data; /* canonical JSON object, or {NULL, 0} */
	int64_t timestamp;
	size_t order; /* among those that are added together */
	/* event.data.event_time and event_id, once they were looked for; empty: there is none */
	bool looked_for;
	struct text time;
	struct text id;
};

/* All is in its arena, or stands in the texts that were read. */
struct live_steps {
	struct arena arena;
	struct live_step *items;
	size_t count;
	size_t capacity;
	size_t bytes; /* of the steps' JSON, each with a comma */
	/* The event ids of all of them; made when one is asked for. */
	struct intern ids;
	bool ids_known;
};

void live_steps_init(struct live_steps *steps);
void live_steps_deinit(struct live_steps *steps);

/* Forgets all steps. */
void live_steps_clear(struct live_steps *steps);

/* What a change comes to. */
struct live_plan {
	struct live_step *added;
	size_t added_count;
	size_t kept;  /* of the steps that are there; what is behind them goes */
	bool by_time; /* what is added goes between them */
	size_t duplicates;
	size_t bytes; /* afterwards */
};

/* Plans that the canonical steps @detail stand at @from, which is at most steps->count, and that
 * nothing stands behind them. Those that stand there already count as duplicates. @detail has to
 * last as long as @steps. ERROR_CORRUPT when it is not canonical. */
int live_steps_plan_from(struct live_steps *steps, struct text detail, size_t from,
	struct live_plan *ret_plan, struct error *err) CHECK_RESULT;

/* Plans that they are added in the order of time, behind those of the same second. But those that
 * have an event.data.event_time stand before others of their second, by its bytes, then by those of
 * their event_id: so they stand in one order, whichever comes first. One whose event.data.event_id
 * a step has that is there, or one before it in @detail, is a duplicate. */
int live_steps_plan_by_time(struct live_steps *steps, struct text detail,
	struct live_plan *ret_plan, struct error *err) CHECK_RESULT;

/* Plans that nothing changes. */
struct live_plan live_steps_plan_none(const struct live_steps *steps);

/* Does what was planned last. */
int live_steps_apply(
	struct live_steps *steps, const struct live_plan *plan, struct error *err) CHECK_RESULT;
/* Drops what was planned last. */
void live_steps_refuse(struct live_steps *steps);

/* Takes the last step away; brings it back, as long as nothing was applied since. */
void live_steps_drop_last(struct live_steps *steps);
void live_steps_undrop_last(struct live_steps *steps);

/* The greatest timestamp that there would be if @plan were applied; @otherwise where there is no
 * step, or a greater one. */
int64_t live_steps_latest(
	const struct live_steps *steps, const struct live_plan *plan, int64_t otherwise);

/* *@ret_first: the number of the first step that is not the same in the canonical steps @detail;
 * -1: all are. ERROR_CORRUPT when @detail is not canonical. */
int live_steps_compare(const struct live_steps *steps, struct text detail, int64_t *ret_first,
	struct error *err) CHECK_RESULT;

/* Appends them as canonical JSON, `[…]`. */
void live_steps_write(const struct live_steps *steps, struct buffer *buffer);

#endif
