/* SPDX-License-Identifier: MIT
 * When keys were used, gathered so that each is written at most once a minute. */
#ifndef UPKEEP_KEY_USE_H
#define UPKEEP_KEY_USE_H

#include <pthread.h>

#include "store/store.h"

struct key_use;

struct key_uses {
	struct store *store;
	pthread_mutex_t lock;
	struct key_use *uses; /* one a key, sorted by it */
	size_t count;
	size_t capacity;
};

void key_uses_init(struct key_uses *uses, struct store *store);
void key_uses_deinit(struct key_uses *uses);

/* Notes a use, at UNIX seconds. Returns whether it is the key's first of its minute, so that it is
 * to be written. A use that finds no memory is forgotten. */
bool key_uses_note(struct key_uses *uses, int64_t key_id, int64_t now);

/* Writes a few of the struct key_uses @context, each in a transaction. Returns whether more may be
 * left. When a key was last used is a courtesy: what cannot be written is left to its next minute.
 */
bool key_uses_write(void *context);

#endif
