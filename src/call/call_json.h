/* SPDX-License-Identifier: MIT
 * A call's canonical JSON (API.md §2 "Taking calls in"). It has no white space. Its members stand
 * in the order of the vendor's example: dest src start end session_id detail type log; event class
 * timestamp; line data. Strings are minimally escaped, numbers stay as written, start and end are
 * strings of digits. A step and an event keep unknown members, behind the known ones; `data` stays
 * as it came. */
#ifndef CALL_CALL_JSON_H
#define CALL_CALL_JSON_H

#include "base/arena.h"
#include "base/buffer.h"
#include "call/call.h"
#include "json/json_reader.h"

/* Reads one call from @json, the whole text of a JSON object, and checks it against every rule of
 * API.md §2. @position is where its first byte stands in the document, for messages.
 *
 * @ret_call's texts point into @json or @arena. With detail, its canonical JSON is appended to
 * @canonical (which the caller has cleared); without, nothing is appended: the header says it all.
 * Returns 0; negative with ERROR_INVALID or ERROR_TOO_LARGE (nesting). @ret_call->session_id is
 * set all the same when a good one can be found, and empty otherwise, so that the reject can name
 * it. */
int call_json_read(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call *ret_call, struct error *err) CHECK_RESULT;

/* Writes the canonical JSON of @call with `"detail":false` and `"log":false`. */
void call_json_write_header(struct buffer *buffer, const struct call *call);

/* Writes a call of /api/calls: numbers for times, no detail:
 * {"dest":…,"src":…,"start":1,"end":2,"session_id":…,"type":…,"log":…}, @log telling whether its
 * detail is still served. */
void call_json_write_summary(struct buffer *buffer, const struct call *call, bool log);

/* The steps, `[…]`, of a whole call's @canonical JSON. {NULL, 0} when it has none (detail is
 * false). */
struct text call_json_detail(struct text canonical);

/* Writes @call's header round the steps @detail (`[…]`). The inverse of call_json_detail(). */
void call_json_write(struct buffer *buffer, const struct call *call, struct text detail);

/* The two parts of call_json_write(): what stands before the steps, and what behind them. */
void call_json_write_beginning(struct buffer *buffer, const struct call *call);
void call_json_write_end(struct buffer *buffer, const struct call *call);

/* One step of a call, as sources, show and generate need it. */
struct call_step {
	struct text line;
	struct text class_name; /* info, event, debug, prompt, error */
	int64_t timestamp;	/* UNIX seconds */
	struct text data;	/* canonical JSON object, or {NULL, 0} */
	/* of the data; empty where it has none, or no string; not for writing */
	struct text module;   /* module_type */
	struct text variable; /* result_variable */
	struct text json;     /* the step whole, as it was read; not for writing */
};

/* Writes one step's canonical JSON. */
void call_json_write_step(struct buffer *buffer, const struct call_step *step);

/* Walks the steps of canonical @detail. Start with @cursor = 0; returns 1 with a step, 0 at the
 * end, negative when @detail is not canonical (ERROR_CORRUPT). Texts point into @detail or @arena;
 * line is unescaped. */
int call_json_next_step(struct text detail, size_t *cursor, struct arena *arena,
	struct call_step *ret_step, struct error *err) CHECK_RESULT;

/* The string member @name of a step's canonical @data, unescaped; {NULL, 0} when absent or no
 * string. */
struct text call_json_data_member(struct text data, const char *name, struct arena *arena);

#endif
