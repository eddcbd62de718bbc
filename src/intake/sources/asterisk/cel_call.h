/* SPDX-License-Identifier: MIT
 * The rows of one call (one linkedid) of a channel event log, in the order in which things
 * happened. */
#ifndef INTAKE_SOURCES_CEL_CALL_H
#define INTAKE_SOURCES_CEL_CALL_H

#include "base/arena.h"
#include "base/list.h"
#include "intake/sources/asterisk/cel_columns.h"

#define CEL_CALL_BYTES_MAX ((size_t)16 << 20) /* of the rows of one call */

struct cel_leg;

/* A channel of the call, with what any of its rows says about it. */
struct cel_channel {
	struct cel_channel *next;
	struct text unique_id;
	struct text name;
	struct text number;	 /* the first caller id that is one */
	struct text caller_name; /* the first one */
	struct text exten;	 /* the first one */
	struct text context;	 /* the first one */
	/* what it runs when it was called rather than calling: AppDial, AppQueue, … */
	struct text app;
	struct text first_app; /* what it ran first */
	bool started;	       /* its CHAN_START was recorded */
	bool connected;	       /* it answered, or was in a bridge, which only those are that did */
	bool is_known;	       /* a row told of it */
	bool is_up;	       /* neither HANGUP nor CHAN_END yet */
	struct cel_leg *leg;   /* where cel_walk.h has got to with it */
};

struct cel_row {
	struct cel_row *after;
	int64_t time_us;
	int64_t arrival; /* its number among the call's rows */
	uint64_t hash;	 /* of all that was recorded */
	struct cel_channel *channel;
	struct text field[CEL_FIELDS]; /* UTF-8; empty where not recorded, never NULL */
};

struct cel_call {
	struct list_link by_use, by_end, by_id; /* in the source's lists */
	struct arena arena;
	struct text linked_id;
	uint64_t line;		      /* of its first row */
	struct cel_row *first, *last; /* as they came, until cel_call_order() */
	int64_t row_count;
	uint64_t forward,
		/* how often a row's time was later, or earlier, than that of the one before */
		back;
	struct cel_channel *channels; /* in the order in which they came up */
	size_t channels_up;
	/* someone's channel is among its channels, not only the exchange's own: a conference's
	 * announcer */
	bool is_call;
	/* by LINKEDID_END, or all its channels ended, the one that gave the linkedid among them */
	bool has_ended;
	int64_t ended_us;
	bool is_ending; /* it stands in the source's list of those that have ended */
};

/* NULL when memory ran out. @linked_id is copied. */
struct cel_call *cel_call_create(struct text linked_id, uint64_t line);
void cel_call_destroy(struct cel_call *call);

/* Adds a row, @field being its bytes as recorded and @hash that of the whole row, columns without a
 * meaning included. Returns false when the call has reached its ceiling. */
bool cel_call_add(
	struct cel_call *call, const struct text field[CEL_FIELDS], uint64_t hash, int64_t time_us);

/* ---- cel_order.c ---- */

/* Sorts the rows by time. Rows of one time stay as they came or, when the call came newest first,
 * the other way round. @newest_first says so where the call's own rows do not tell. A row that is
 * equal to another one of the call in all that was recorded is dropped. Then the channels are
 * learnt anew, in that order. Needs no memory. */
void cel_call_order(struct cel_call *call, bool newest_first);

/* ---- its channels ---- */

/* Notes what @row says of its channel, which knows the first of most things; and takes all of that
 * back. */
void cel_channel_learn(struct cel_channel *channel, const struct cel_row *row);
void cel_channel_forget(struct cel_channel *channel);

/* Whether rows of the channel that gave the linkedid are among the call's; where they are not, they
 * were recorded before the first of these. Without unique ids none can be told, and true is
 * returned. */
bool cel_call_knows_giver(const struct cel_call *call);

/* The channel that the call is about: the one that gave it its id, otherwise the first. NULL
 * without rows. */
struct cel_channel *cel_call_main(const struct cel_call *call);

/* Whether the exchange called it, rather than the other way round. A channel that picked up
 * another's call runs what that one ran, but only later. */
bool cel_channel_was_called(const struct cel_channel *channel);

/* What the Local channel, Asterisk's pipe to another piece of dialplan, leads to: 201 for
 * `Local/201@internal-0;1`; empty for another channel. */
struct text cel_channel_local_exten(const struct cel_channel *channel);

struct cel_channel *cel_call_channel_by_name(const struct cel_call *call, struct text name);

/* Puts the rows back into the order in which they came, after cel_call_order(), so that more may be
 * added. Rows that were dropped stay dropped. */
void cel_call_reopen(struct cel_call *call);

bool cel_row_is(const struct cel_row *row, const char *event_type);

/* Whether @text is a number or a name and not Asterisk's `<unknown>`. */
bool cel_is_known(struct text text);

#endif
