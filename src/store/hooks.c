/* SPDX-License-Identifier: MIT
 * From hooks' functions to those of the backend. */
#include "store/hooks.h"

#include <assert.h>

#include "store/backend.h"

int store_hook_add(
	struct store *store, const struct store_hook *hook, int64_t *ret_id, struct error *err)
{
	assert(hook->name.size <= STORE_HOOK_NAME_MAX && hook->url.size <= STORE_HOOK_URL_MAX);
	assert(hook->filter.size <= STORE_HOOK_FILTER_MAX);
	return store->backend->hooks->add(store, hook, ret_id, err);
}

int store_hook_list(struct store *store, int64_t account_id, int64_t hook_id, struct arena *arena,
	struct store_hook **ret_hooks, size_t *ret_count, struct error *err)
{
	return store->backend->hooks->list(
		store, account_id, hook_id, arena, ret_hooks, ret_count, err);
}

int store_hook_change(struct store *store, const struct store_hook *hook, struct error *err)
{
	assert(hook->name.size <= STORE_HOOK_NAME_MAX && hook->url.size <= STORE_HOOK_URL_MAX);
	assert(hook->filter.size <= STORE_HOOK_FILTER_MAX);
	return store->backend->hooks->change(store, hook, err);
}

int store_hook_remove(struct store *store, int64_t account_id, int64_t hook_id, struct error *err)
{
	return store->backend->hooks->remove(store, account_id, hook_id, err);
}

int store_hook_test(
	struct store *store, int64_t account_id, int64_t hook_id, int64_t now, struct error *err)
{
	return store->backend->hooks->test(store, account_id, hook_id, now, err);
}

int store_hook_failures(struct store *store, int64_t account_id, int64_t hook_id, int64_t after,
	int64_t limit, bool due_only, struct arena *arena, struct store_hook_failure **ret_failures,
	size_t *ret_count, struct error *err)
{
	assert(after >= 0 && limit >= 0);
	return store->backend->hooks->failures(store, account_id, hook_id, after, limit, due_only,
		arena, ret_failures, ret_count, err);
}

int store_hook_resend(struct store *store, int64_t account_id, int64_t hook_id, int64_t failure_id,
	int64_t now, struct error *err)
{
	return store->backend->hooks->resend(store, account_id, hook_id, failure_id, now, err);
}

int store_hook_note(struct store *store, const struct store_hook_note *note, struct error *err)
{
	assert(note->course->last_error.size <= STORE_HOOK_ERROR_MAX);
	return store->backend->hooks->note(store, note, err);
}

int store_hook_knows(struct store *store, int64_t account_id, int64_t hook_id,
	struct text session_id, int64_t *ret_steps, struct error *err)
{
	return store->backend->hooks->knows(store, account_id, hook_id, session_id, ret_steps, err);
}
