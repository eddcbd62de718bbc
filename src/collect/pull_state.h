/* SPDX-License-Identifier: MIT
 * What a pull remembers between its runs: how far it is. A small file of lines, replaced as a whole
 * and synced after what it says is durable. */
#ifndef COLLECT_PULL_STATE_H
#define COLLECT_PULL_STATE_H

#include "base/buffer.h"
#include "base/error.h"

#define PULL_NEVER (-1) /* a time or a number that is not there */

struct pull_state {
	/* The pass that was begun last: it asks for what started from `from` on and before `to`,
	 * the oldest first. All before `at` is done. */
	int64_t from;
	int64_t at;
	int64_t to;
	int64_t covered; /* all that started before was asked for once; PULL_NEVER: nothing was */
	int64_t whole;	 /* when a pass over all the days that detail is served was begun last */
	int64_t event;	 /* another callstep's: the last change that was taken */
};

/* Nothing is done. */
struct pull_state pull_state_new(void);

/* Reads what pull_state_write() wrote. @whose is what the state is for, a line. Negative:
 * it is not a state, or one for something else. */
int pull_state_parse(struct pull_state *ret_state, struct text content, struct text whose,
	struct error *err) CHECK_RESULT;
void pull_state_write(struct buffer *out, const struct pull_state *state, struct text whose);

/* The file's name for @whose below @folder, in @path. */
int pull_state_path(
	char *path, size_t size, const char *folder, struct text whose, struct error *err);

/* Reads the file at @path; a file that is not there is a new state. */
int pull_state_load(struct pull_state *ret_state, const char *path, struct text whose,
	struct error *err) CHECK_RESULT;

/* Durable when it returns 0. */
int pull_state_save(const struct pull_state *state, const char *path, struct text whose,
	struct error *err) CHECK_RESULT;

/* Locks the state at @path for this process: ERROR_BUSY when another one has it. The lock goes with
 * the descriptor. */
int pull_state_lock(int *ret_fd, const char *path, struct error *err) CHECK_RESULT;

#endif
