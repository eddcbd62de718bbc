/* SPDX-License-Identifier: MIT
 * Uses of keys: a sorted array, one entry a key. */
#include "intake/key_use.h"

#include "base/array.h"

#define SECONDS_A_MINUTE 60

void key_uses_init(struct key_uses *uses)
{
	*uses = (struct key_uses){.lock = PTHREAD_MUTEX_INITIALIZER};
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

static bool note(struct key_uses *uses, int64_t key_id, int64_t now)
{
	size_t at = find(uses, key_id);
	struct key_use *use;

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
	use = &uses->uses[at];
	*use = (struct key_use){.key_id = key_id, .at = now, .fresh = true};
	return true;
}

bool key_uses_note(struct key_uses *uses, int64_t key_id, int64_t now)
{
	bool fresh;

	pthread_mutex_lock(&uses->lock);
	fresh = note(uses, key_id, now);
	pthread_mutex_unlock(&uses->lock);
	return fresh;
}

bool key_uses_take(struct key_uses *uses, size_t *cursor, struct key_use *ret_use)
{
	bool found;

	pthread_mutex_lock(&uses->lock);
	while (*cursor < uses->count && !uses->uses[*cursor].fresh) {
		(*cursor)++;
	}
	found = *cursor < uses->count;
	if (found) {
		uses->uses[*cursor].fresh = false;
		*ret_use = uses->uses[*cursor];
	}
	pthread_mutex_unlock(&uses->lock);
	return found;
}
