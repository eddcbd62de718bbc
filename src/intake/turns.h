/* SPDX-License-Identifier: MIT
 * What waits for a thread of the pool: a line for each account, and the lines take turns, so that
 * nobody waits behind all that another has sent. */
#ifndef INTAKE_TURNS_H
#define INTAKE_TURNS_H

#include <stddef.h>
#include <stdint.h>

/* Accounts whose numbers leave the same rest share a line. */
#define TURNS_LINES 64

struct task {
	struct task *next;
	void (*run)(struct task *task); /* on a thread of the pool, without its lock */
};

struct turns {
	struct {
		struct task *first;
		struct task *last;
	} lines[TURNS_LINES];
	size_t served; /* the line that was served last */
};

static inline size_t turns_line(int64_t account_id)
{
	return (size_t)((uint64_t)account_id % TURNS_LINES);
}

void turns_push(struct turns *turns, int64_t account_id, struct task *task);

/* NULL: nothing waits. */
struct task *turns_pop(struct turns *turns);

#endif
