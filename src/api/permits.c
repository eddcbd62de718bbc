/* SPDX-License-Identifier: MIT
 * A list of requests, and a thread that looks at the keys of those that take long. A key is asked
 * for once a look, however many requests have it, and without the lock. */
#include "api/permits.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

/* A request is looked at from its second look on: two of them and asking stay below a second. */
#define LOOK_EVERY_US INT64_C(200000)
#define LOOKUP_MAX    ((size_t)16384)

struct key_state {
	int64_t id;
	unsigned char hash[STORE_KEY_HASH_SIZE];
	bool known;	     /* the store told; otherwise it is left as it was */
	unsigned int scopes; /* that it has now; none where it is good for nothing */
};

struct permits {
	struct store *store;
	struct thread thread; /* its lock guards the list */
	struct list list;
	/* of the thread alone */
	struct key_state *keys; /* by id */
	size_t key_count;
	size_t key_capacity;
	bool failing; /* the store's failure was told */
};

/* ---- asking, without the lock ---- */

static void tell(struct permits *permits, const struct error *err)
{
	char cause[sizeof(err->message) + 32];

	if (!permits->failing) {
		log_event(LOG_ERROR, "permits-failed", "cause=%s",
			log_value(text_of(err->message), cause, sizeof(cause)));
	}
	permits->failing = true;
}

static int ask(struct store_view *view, struct key_state *state, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account account;
	struct store_key key;
	int found;

	arena_init(&arena, LOOKUP_MAX);
	found = store_view_key_find(view, state->hash, &arena, &key, &account, err);
	if (found < 0) {
		return -1;
	}
	state->known = true;
	state->scopes =
		found > 0 && store_key_is_good(&key, &account, clock_now_s()) ? key.scopes : 0;
	return 0;
}

static void ask_all(struct permits *permits)
{
	AUTO(store_view_close) struct store_view view = {0};
	struct error err;
	int done = store_view_open(&view, permits->store, &err);

	for (size_t i = 0; i < permits->key_count && done == 0; i++) {
		done = ask(&view, &permits->keys[i], &err);
	}
	if (done < 0) {
		tell(permits, &err);
	} else {
		permits->failing = false;
	}
}

/* ---- under the lock ---- */

static int by_id(const void *a, const void *b)
{
	const struct key_state *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

static void drop_repeated(struct permits *permits)
{
	size_t kept = 0;

	qsort(permits->keys, permits->key_count, sizeof(*permits->keys), by_id);
	for (size_t i = 0; i < permits->key_count; i++) {
		if (kept == 0 || permits->keys[kept - 1].id != permits->keys[i].id) {
			permits->keys[kept++] = permits->keys[i];
		}
	}
	permits->key_count = kept;
}

/* The keys of the requests that were there at the look before. What there is no memory for comes at
 * the next look. */
static void gather(struct permits *permits)
{
	permits->key_count = 0;
	LIST_EACH(struct permit, at, &permits->list, link) {
		if (at->old && !at->ended &&
			ARRAY_RESERVE(
				permits->keys, permits->key_capacity, permits->key_count + 1)) {
			struct key_state *state = &permits->keys[permits->key_count++];

			*state = (struct key_state){.id = at->key_id};
			memcpy(state->hash, at->key_hash, sizeof(state->hash));
		}
		at->old = true;
	}
	if (permits->key_count > 1) {
		drop_repeated(permits);
	}
}

static bool is_over(const struct permits *permits, const struct permit *permit)
{
	const struct key_state wanted = {.id = permit->key_id};
	const struct key_state *state =
		bsearch(&wanted, permits->keys, permits->key_count, sizeof(wanted), by_id);

	return state && state->known &&
	       (state->scopes == 0 || (permit->scopes & ~state->scopes) != 0);
}

static void end_those_over(struct permits *permits)
{
	LIST_EACH(struct permit, at, &permits->list, link) {
		if (!at->ended && is_over(permits, at)) {
			at->ended = true;
			http_request_end(at->request);
		}
	}
}

static void look(struct permits *permits)
{
	gather(permits);
	if (permits->key_count == 0) {
		return;
	}
	thread_unlock(&permits->thread);
	ask_all(permits);
	thread_lock(&permits->thread);
	end_those_over(permits);
}

static void *follow(void *context)
{
	struct permits *permits = context;

	thread_lock(&permits->thread);
	while (thread_rest(&permits->thread, LOOK_EVERY_US)) {
		look(permits);
	}
	thread_unlock(&permits->thread);
	return NULL;
}

/* ---- from other threads ---- */

int permits_create(struct permits **ret_permits, struct store *store, struct error *err)
{
	struct permits *permits = calloc(1, sizeof(*permits));

	if (!permits) {
		return error_no_memory(err);
	}
	permits->store = store;
	thread_init(&permits->thread);
	if (thread_start(&permits->thread, follow, permits, "a thread", err) < 0) {
		permits_destroy(permits);
		return -1;
	}
	*ret_permits = permits;
	return 0;
}

void permits_destroy(struct permits *permits)
{
	if (!permits) {
		return;
	}
	assert(!permits->list.first);
	thread_stop(&permits->thread);
	thread_deinit(&permits->thread);
	free(permits->keys);
	free(permits);
}

void permits_add(struct permits *permits, struct permit *permit)
{
	permit->old = false;
	permit->ended = false;
	thread_lock(&permits->thread);
	list_prepend(&permits->list, &permit->link);
	thread_unlock(&permits->thread);
}

void permits_remove(struct permits *permits, struct permit *permit)
{
	if (!permit->request) {
		return;
	}
	thread_lock(&permits->thread);
	list_remove(&permits->list, &permit->link);
	thread_unlock(&permits->thread);
	permit->request = NULL;
}
