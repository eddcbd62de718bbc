/* SPDX-License-Identifier: MIT
 * The walk over the steps of a call. Their JSON is known to be canonical. So it goes by their
 * shape, at memory speed, and checks nothing twice. The function call_json_next_step() goes the
 * same way and says what the strings spell. */
#ifndef CALL_CALL_STEPS_H
#define CALL_CALL_STEPS_H

#include "base/arena.h"
#include "base/error.h"
#include "json/json_block.h"

/* A string between its quotes, as written. */
struct call_string {
	struct text raw;
	bool escaped; /* raw holds a backslash */
};

/* A step as it is written. */
struct call_step_look {
	struct text json; /* all of it */
	struct call_string line;
	struct text class_name;
	/* module_type and result_variable of its data; empty where it has none, or no string */
	struct call_string module;
	struct call_string variable;
	struct text data; /* an object, or {NULL, 0} */
	int64_t timestamp;
};

struct call_steps {
	struct text detail;
	size_t at;
	struct json_stretch stretch;
};

/* Begins with the steps @detail, as call_json_detail() gives them. */
void call_steps_init(struct call_steps *steps, struct text detail);

/* Goes on at @at, where steps->at stood behind a step of @detail. */
void call_steps_resume(struct call_steps *steps, struct text detail, size_t at);

/* 1 a step, 0 the end; ERROR_CORRUPT when @detail has not the shape of canonical steps. Whatever it
 * is, nothing is read past it. */
int call_steps_next(
	struct call_steps *steps, struct call_step_look *ret_step, struct error *err) CHECK_RESULT;

/* What a step says of a caller's input. */
enum call_input {
	CALL_INPUT_UNTOLD, /* nothing, or what it was */
	CALL_INPUT_NONE,
	CALL_INPUT_WRONG,
};

/* By how its line begins, in letters of either case: `No input` and `Timeout`, as sources and the
 * vendor's flows say it, or `Invalid input` and `Wrong input`. Never of a prompt, which may say
 * anything. */
enum call_input call_step_input(const struct call_step_look *step);

/* What @string spells; points into it where nothing is escaped, into @arena otherwise; data is NULL
 * when the arena is full. */
struct text call_string_text(const struct call_string *string, struct arena *arena) CHECK_RESULT;

#endif
