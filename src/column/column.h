/* SPDX-License-Identifier: MIT
 * Calls in columns: up to 65,536 calls of one account, in the order of (start, session), as a block
 * of columns, each a blob that a store keeps. The layout to the byte: docs/columns.md. */
#ifndef COLUMN_COLUMN_H
#define COLUMN_COLUMN_H

#include "base/arena.h"
#include "call/call.h"
#include "call/path/visits.h"
#include "column/layout.h"

/* A kind of step of the account; the columns hold its id alone. */
struct column_kind {
	uint32_t id; /* within the account; not 0 */
	struct text class_name;
	struct text module; /* empty where it has none, as is the variable */
	struct text variable;
};

/* All kinds of the account, by their id. */
struct column_kinds {
	const struct column_kind *items;
	size_t count;
};

/* The kind with @id; NULL: there is none. */
const struct column_kind *column_kind_find(const struct column_kinds *kinds, uint32_t id);

/* A visit of a call, as call/path/visits.h has it; its place is known by the kinds of steps. */
struct column_visit {
	int64_t seconds;
	uint32_t no_input; /* steps that say so */
	uint32_t wrong_input;
};

/* How long a call stayed where. */
struct column_stays {
	int64_t wait; /* seconds from its start to its first visit; never less than 0 */
	const struct column_visit *visits;
	uint32_t count;
};

struct column_row {
	struct call call;      /* its steps are 0 unless it has detail */
	int64_t id;	       /* the store's number of the call */
	const uint32_t *kinds; /* call.steps ids, in the steps' order; NULL: there are no steps */
	const struct column_stays *stays; /* NULL: there are no steps, or it is not known */
};

/* Writes the visits of a call as a store keeps them beside its row (docs/storage-format.md, table
 * `call`, column `stays`). They say nothing of the call's start and end, so they hold when these
 * change. It begins with an empty buffer. */
struct column_stays_writer {
	struct buffer bytes;
	int64_t from; /* of the visit before */
};
void column_stays_begin(struct column_stays_writer *writer);
/* Takes the next visit, for path_visits_begin(): @writer is a struct column_stays_writer. */
bool column_stays_write(void *writer, const struct path_visit *visit);

/* How long @call stayed where, of what was written of its visits, in @arena. 1; 0 when @written is
 * not of that form. */
int column_stays_read(const struct call *call, struct text written, struct arena *arena,
	const struct column_stays **ret_stays, struct error *err) CHECK_RESULT;

/* @row without steps, as a call whose detail is over its days looks. */
void column_row_strip(struct column_row *row);

/* The order of blocks: negative when @a comes before @b. Pages go the other way. */
int column_compare(const struct call *a, const struct call *b);

/* ---- making a block ---- */

/* The segments of a block; a column that it does not have is empty. */
struct column_blobs {
	struct buffer columns[COLUMN_COUNT];
};
void column_blobs_init(struct column_blobs *blobs);
void column_blobs_deinit(struct column_blobs *blobs);

/* Makes the block of @count calls, 1 to COLUMN_CALLS_MAX, all of which have ended, in the order of
 * column_compare(), each once. What was in @blobs is gone. ERROR_INVALID names the row that is not
 * as it should be. Takes some 100 bytes of memory a step while it works. */
int column_encode(const struct column_row *rows, uint32_t count, const struct column_kinds *kinds,
	struct column_blobs *blobs, struct error *err) CHECK_RESULT;

/* Makes COLUMN_GONE of the block with the stamp @stamp: a bit for each of its @calls calls, the
 * first in the lowest bit of the first byte. */
int column_gone_encode(const unsigned char *bits, uint32_t calls, uint32_t stamp,
	struct buffer *out, struct error *err) CHECK_RESULT;

#endif
