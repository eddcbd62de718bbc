/* SPDX-License-Identifier: MIT
 * Private to the open calls: what their files share. */
#ifndef COLLECT_LIVE_PRIVATE_H
#define COLLECT_LIVE_PRIVATE_H

#include "base/list.h"
#include "call/call.h"
#include "collect/asterisk/live_calls.h"
#include "intake/sources/asterisk/cel_call.h"

#define LIVE_BUCKETS	  ((size_t)1 << 14)
#define LIVE_CLOSED	  ((size_t)1 << 16)
#define LIVE_LINE_MAX	  ((size_t)4 << 20)
#define LIVE_SECOND_US	  INT64_C(1000000)
#define LIVE_LINGER_US	  (2 * LIVE_SECOND_US) /* rows may follow the end of a call */
#define LIVE_HEARTBEAT_US (60 * LIVE_SECOND_US)

struct live_call {
	struct list_link by_id, by_use;
	char linked_id[CALL_SESSION_ID_MAX + 1];
	struct cel_call *rows; /* NULL: there was no memory for more of them */
	int64_t place;	       /* of its first row */
	int64_t last_us;       /* when its last row was, by the source's clock */

	/* what the spool was told */
	int64_t base;	  /* steps that stand before ours */
	uint64_t *hashes; /* of our steps */
	size_t told, room;
	uint64_t header_hash;
	bool opened;	      /* the call was told of at all */
	int64_t told_us;      /* when the last line went, monotonic */
	int64_t final_at;     /* spool bytes behind the line that ends it; 0: it is not told yet */
	int64_t corrected_at; /* the same, behind the last correction */

	bool dirty;
	bool asking; /* for the steps that are held */
	bool correcting;
	bool broken;
	bool seen;	   /* since live_calls_begin_status() */
	bool met;	   /* before that */
	int64_t next_us;   /* no walk before, monotonic */
	int64_t end_us;	   /* end it then, monotonic; 0: it is up */
	int64_t gone_s;	   /* it ended while it was not watched: UNIX seconds; 0: no */
	uint64_t left_out; /* rows */
};

/* A call that the collector before this one had open. */
struct live_before {
	struct list_link link;
	int64_t last_s; /* when it was heard of last */
	char linked_id[CALL_SESSION_ID_MAX + 1];
};

struct live_calls {
	struct live_calls_options options;
	struct live_calls_counts counts;
	struct list *by_id; /* buckets */
	struct list by_use; /* the one that had a row last is at its end */
	uint64_t *closed;   /* hashes of linkedids that are over */
	struct list before; /* struct live_before */
	struct buffer line, detail, scratch;
	bool unwatched;
	int64_t ahead_us;   /* of the source's clock */
	uint64_t rows_made; /* what tells rows apart that are equal otherwise */
};

struct live_call *live_find(const struct live_calls *live, struct text linked_id);

/* What time it is by the source's clock, UNIX microseconds. */
int64_t live_now_us(const struct live_calls *live);

/* Never 0. */
uint64_t live_hash(struct text text);

/* Notes how much memory the rows of a call took more, or less. */
void live_note_bytes(struct live_calls *live, size_t before, size_t now);

/* Adds a step `@line`, module @module, to the call's rows, at @time_us, also where they were left
 * because memory was short. @data: further members as JSON, an object. */
void live_add_step(struct live_calls *live, struct live_call *call, int64_t time_us,
	const char *line, const char *module, const char *data);

/* A call that was open before, and was not met. */
int live_end_before(
	struct live_calls *live, const struct live_before *before, struct error *err) CHECK_RESULT;

/* live_send.c: walks the call and tells the spool what changed. @final: it is over. */
int live_send(struct live_calls *live, struct live_call *call, bool final,
	struct error *err) CHECK_RESULT;

/* Only says that the call is still up. */
int live_heartbeat(struct live_calls *live, struct live_call *call, struct error *err) CHECK_RESULT;

/* `prefix` and the linkedid, in live->scratch. */
struct text live_session_id(struct live_calls *live, const char *linked_id);

#endif
