/* SPDX-License-Identifier: MIT
 * Runs a source over some input and keeps what it hands over, for tests. */
#ifndef TESTS_UNIT_INTAKE_SOURCE_RUN_H
#define TESTS_UNIT_INTAKE_SOURCE_RUN_H

#include "base/arena.h"
#include "call/call_json.h"
#include "intake/sources/source.h"

struct run_call {
	struct text json;      /* as it was handed over */
	struct text canonical; /* as an intake would store it */
	struct call header;
	uint64_t line;
};

struct run_events {
	struct text text; /* an events line */
	uint64_t line;
};

struct run_reject {
	uint64_t line;
	struct text session_id;
	struct text error;
	uint64_t count;
};

#define RUN_MAX		 2000
#define RUN_WARNINGS_MAX 10

struct run {
	struct arena arena;
	struct run_call calls[RUN_MAX];
	size_t call_count;
	struct run_events events[RUN_MAX];
	size_t event_count;
	struct run_reject rejects[RUN_MAX];
	size_t reject_count;
	struct text warnings[RUN_WARNINGS_MAX];
	size_t warning_count;
	int result; /* of open, feed and end, whichever failed first */
	struct error err;
};

/* An input whose source is given one option. */
/* clang-format off */
#define WITH_OPTION(name, value) \
	(struct source_input) \
	{ \
		.options = (const struct source_option[]){{name, value}, {NULL, NULL}} \
	}
/* clang-format on */

/* Feeds @input to the source in pieces of @piece bytes (0: all at once). Every call handed over
 * must be one that the intake takes. Free with run_free(). */
struct run *run_source(
	const char *format, const struct source_input *options, struct text input, size_t piece);
void run_free(struct run *run);

/* The call of that session_id; fails the test when there is none. */
const struct run_call *run_find(const struct run *run, const char *session_id);

/* Fails the test unless the call has exactly one step, or @count steps, with this line. */
void assert_step(const struct run_call *call, const char *line);
size_t count_steps(const struct run_call *call, const char *line);

/* The step number @index from 0; negative counts from the end. False when there is none. */
bool step_at(struct run *run, const struct run_call *call, int index, struct call_step *ret_step);

/* Reads a file under tests/fixtures into the run's arena, or into @arena. */
struct text fixture(struct arena *arena, const char *name);
const char *fixture_path(const char *name);

#endif
