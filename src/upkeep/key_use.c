/* SPDX-License-Identifier: MIT
 * Uses of keys, and writing them. */
#include "upkeep/key_use.h"

#include "base/array.h"
#include "base/thread.h"

#define SECONDS_A_MINUTE 60
#define KEYS_A_ROUND	 8

struct key_use {
	int64_t key_id;
	int64_t at; /* UNIX seconds */
	bool fresh; /* not taken yet */
};

void key_uses_init(struct key_uses *uses, struct store *store)
{
	*uses = (struct key_uses){.store = store, .lock = PTHREAD_MUTEX_INITIALIZER};
}

void key_uses_deinit(struct key_uses *uses)
{
	free(uses->uses);
	pthread_mutex_destroy(&uses->lock);
}

/* The first entry whose key is not below @key_id. */
static size_t find(const struct key_uses *uses, int64_t key_id)
{
	size_t low = 0, high = uses->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (uses->uses[middle].key_id < key_id) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

bool key_uses_note(struct key_uses *uses, int64_t key_id, int64_t now)
{
	LOCKED(&uses->lock);
	size_t at = find(uses, key_id);

	if (at == uses->count || uses->uses[at].key_id != key_id) {
		if (!ARRAY_RESERVE(uses->uses, uses->capacity, uses->count + 1)) {
			return false;
		}
		memmove(&uses->uses[at + 1], &uses->uses[at],
			(uses->count - at) * sizeof(*uses->uses));
		uses->count++;
	} else if (uses->uses[at].at / SECONDS_A_MINUTE >= now / SECONDS_A_MINUTE) {
		return false;
	}
	uses->uses[at] = (struct key_use){.key_id = key_id, .at = now, .fresh = true};
	return true;
}

/* Takes the next that is to be written, from *@cursor on; false when there is none. One that is
 * noted meanwhile may be missed until the next walk. */
static bool take(struct key_uses *uses, size_t *cursor, struct key_use *ret_use)
{
	LOCKED(&uses->lock);

	while (*cursor < uses->count && !uses->uses[*cursor].fresh) {
		(*cursor)++;
	}
	if (*cursor == uses->count) {
		return false;
	}
	uses->uses[*cursor].fresh = false;
	*ret_use = uses->uses[*cursor];
	return true;
}

bool key_uses_write(void *context)
{
	struct key_uses *uses = context;
	struct error ignored;
	struct key_use use;
	size_t cursor = 0;

	for (int i = 0; i < KEYS_A_ROUND; i++) {
		if (!take(uses, &cursor, &use) ||
			store_key_touch(uses->store, use.key_id, use.at, &ignored) < 0) {
			return false;
		}
	}
	return true;
}
