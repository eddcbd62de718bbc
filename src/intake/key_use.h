/* SPDX-License-Identifier: MIT
 * When keys were used, gathered so that each is written at most once a minute. */
#ifndef INTAKE_KEY_USE_H
#define INTAKE_KEY_USE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_use {
	int64_t key_id;
	int64_t at; /* UNIX seconds */
	bool fresh; /* not taken yet */
};

struct key_uses {
	pthread_mutex_t lock;
	struct key_use *uses; /* by key_id */
	size_t count;
	size_t capacity;
};

void key_uses_init(struct key_uses *uses);
void key_uses_deinit(struct key_uses *uses);

/* Notes a use. Returns whether it is the key's first of its minute, so that it wants to be written.
 * A use that finds no memory is forgotten. */
bool key_uses_note(struct key_uses *uses, int64_t key_id, int64_t now);

/* Takes the next that wants to be written, from *@cursor on, which begins at 0; false when there is
 * none. One that is noted meanwhile may be missed until the next walk. */
bool key_uses_take(struct key_uses *uses, size_t *cursor, struct key_use *ret_use);

#endif
