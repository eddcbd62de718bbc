/* SPDX-License-Identifier: MIT
 * A table of fixed size: where two executions fall on one place, the later one is remembered. */
#include "intake/sources/twilio/twilio_private.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

struct place {
	int64_t account_id;
	char execution[TWILIO_SID_MAX]; /* empty: it is free */
	char call[TWILIO_SID_MAX];
};

struct twilio_executions {
	pthread_mutex_t lock;
	struct hash_key key;
	struct place places[TWILIO_EXECUTIONS_MAX];
};

struct twilio_executions *twilio_executions_create(void)
{
	struct twilio_executions *executions = calloc(1, sizeof(*executions));

	if (executions) {
		pthread_mutex_init(&executions->lock, NULL);
		executions->key = hash_key_random();
	}
	return executions;
}

void twilio_executions_destroy(struct twilio_executions *executions)
{
	if (executions) {
		pthread_mutex_destroy(&executions->lock);
		free(executions);
	}
}

static struct place *place_of(
	struct twilio_executions *executions, int64_t account_id, struct text execution)
{
	uint64_t hash = hash_pair(
		&executions->key, (uint64_t)account_id, hash_text(&executions->key, execution));

	return &executions->places[hash % TWILIO_EXECUTIONS_MAX];
}

static void keep(char kept[TWILIO_SID_MAX], struct text text)
{
	size_t size = text.size < TWILIO_SID_MAX ? text.size : 0;

	if (size > 0) {
		memcpy(kept, text.data, size);
	}
	kept[size] = '\0';
}

void twilio_executions_put(struct twilio_executions *executions, int64_t account_id,
	struct text execution, struct text call)
{
	struct place *place = place_of(executions, account_id, execution);

	pthread_mutex_lock(&executions->lock);
	place->account_id = account_id;
	keep(place->execution, execution);
	keep(place->call, call);
	pthread_mutex_unlock(&executions->lock);
}

bool twilio_executions_find(struct twilio_executions *executions, int64_t account_id,
	struct text execution, char ret_call[TWILIO_SID_MAX])
{
	struct place *place = place_of(executions, account_id, execution);
	bool found;

	pthread_mutex_lock(&executions->lock);
	found = place->account_id == account_id && execution.size > 0 &&
		text_equal_string(execution, place->execution);
	if (found) {
		memcpy(ret_call, place->call, TWILIO_SID_MAX);
	}
	pthread_mutex_unlock(&executions->lock);
	return found;
}
