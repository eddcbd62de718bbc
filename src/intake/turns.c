/* SPDX-License-Identifier: MIT
 * Turns: lines, served one after the other. */
#include "intake/turns.h"

void turns_push(struct turns *turns, int64_t account_id, struct task *task)
{
	size_t line = turns_line(account_id);

	task->next = NULL;
	if (turns->lines[line].last) {
		turns->lines[line].last->next = task;
	} else {
		turns->lines[line].first = task;
	}
	turns->lines[line].last = task;
}

struct task *turns_pop(struct turns *turns)
{
	for (size_t i = 1; i <= TURNS_LINES; i++) {
		size_t line = (turns->served + i) % TURNS_LINES;
		struct task *task = turns->lines[line].first;

		if (task) {
			turns->lines[line].first = task->next;
			turns->lines[line].last = task->next ? turns->lines[line].last : NULL;
			turns->served = line;
			return task;
		}
	}
	return NULL;
}
