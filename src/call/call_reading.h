/* SPDX-License-Identifier: MIT
 * What the readers of calls and of what is learnt of them share: a JSON reader with its place in
 * the document, the members of a call's header, and steps. Inside src/call only. */
#ifndef CALL_CALL_READING_H
#define CALL_CALL_READING_H

#include "base/arena.h"
#include "base/buffer.h"
#include "call/call.h"
#include "json/json_reader.h"

struct call_reading {
	struct json_reader reader;
	struct json_names names;
	struct arena *arena;
	struct buffer *canonical; /* where steps go */
	uint32_t steps;		  /* that went there */
	size_t times_at; /* of the later of the values of "start" and "end", for a message */
	struct error *err;
};

/* Begins with @json, whose first byte stands at @position; a name that is there twice is an error.
 * Where @reading, which is then in use, lies does not change. */
void call_reading_init(
	struct call_reading *reading, struct text json, struct json_position position);

static inline int CHECK_RESULT call_reading_next(
	struct call_reading *reading, struct json_token *ret_token)
{
	return json_reader_next(&reading->reader, ret_token, reading->err);
}

static inline int CHECK_RESULT call_reading_next_member(
	struct call_reading *reading, struct json_token *ret_name, struct json_token *ret_value)
{
	return json_reader_next_member(&reading->reader, ret_name, ret_value, reading->err);
}

/* Sets "line L, column C: "@name" must be @must"; returns -1. */
int call_reading_wrong(struct call_reading *reading, const char *name, const char *must);

/* Reads the value of the member @name that begins with @token into *@place: each of a type that the
 * table of members in call_json_read.c names. Texts point into the document or the arena. */
typedef int call_reading_member(struct call_reading *reading, const struct json_token *token,
	const char *name, void *place);
call_reading_member call_reading_number;     /* struct text: dest or src */
call_reading_member call_reading_session_id; /* struct text */
call_reading_member call_reading_time;	     /* int64_t */
call_reading_member call_reading_type;	     /* enum call_type */
/* null: it is not known */
call_reading_member call_reading_outcome;  /* enum call_outcome */
call_reading_member call_reading_ended_by; /* enum call_ended_by */
call_reading_member call_reading_answered; /* int64_t: a time */
call_reading_member call_reading_talk;	   /* int64_t: seconds */

/* Sets the error where @time_s, the value of the member @name, seems to be in milliseconds. */
int call_reading_check_time(struct call_reading *reading, const char *name, int64_t time_s);

/* What is wrong is named by the session_id of @json, also where that comes behind what is wrong: as
 * far as it can be read. *@session_id stays as it is where there is no good one. */
void call_reading_find_session_id(
	struct call_reading *reading, struct text json, struct text *session_id);

/* Reads the step that begins with @token and appends it to reading->canonical, behind a comma where
 * it is not the first one. */
int call_reading_step(struct call_reading *reading, const struct json_token *token) CHECK_RESULT;

/* Reads the steps of the array that was just opened, up to its end, and appends them as `[…]`. */
int call_reading_steps(struct call_reading *reading) CHECK_RESULT;

#endif
