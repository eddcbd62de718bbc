/* SPDX-License-Identifier: MIT
 * The gate: writes wait at it, reads go round it. */
#include "gate_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference.h"

static bool has_bad_account(const struct store_put *puts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (puts[i].account_id == GATE_BAD_ACCOUNT) {
			return true;
		}
	}
	return false;
}

/* Waits until the gate is open. */
static int pass(struct gate_store *gate, struct error *err)
{
	enum error_code fail_with;

	pthread_mutex_lock(&gate->lock);
	gate->entered++;
	pthread_cond_broadcast(&gate->changed);
	while (gate->closed) {
		pthread_cond_wait(&gate->changed, &gate->lock);
	}
	fail_with = gate->fail_with;
	pthread_mutex_unlock(&gate->lock);
	return fail_with == ERROR_NONE ? 0 : error_set(err, fail_with, "the gate says no");
}

static int put_calls(struct store *store, struct store_put *puts, size_t count, struct error *err)
{
	struct gate_store *gate = (struct gate_store *)store;

	if (pass(gate, err) < 0) {
		return -1;
	}
	if (has_bad_account(puts, count)) {
		return error_set(err, ERROR_INVALID, "no such account");
	}
	return store_put_calls(gate->inner, puts, count, err);
}

static int amend_calls(
	struct store *store, const struct store_entry *entries, size_t count, struct error *err)
{
	struct gate_store *gate = (struct gate_store *)store;

	return pass(gate, err) < 0 ? -1 : store_amend_calls(gate->inner, entries, count, err);
}

static int key_touch(struct store *store, int64_t key_id, int64_t minute, struct error *err)
{
	struct gate_store *gate = (struct gate_store *)store;

	(void)key_id;
	(void)minute;
	(void)err;
	pthread_mutex_lock(&gate->lock);
	gate->touches++;
	pthread_mutex_unlock(&gate->lock);
	return 0;
}

static const struct store_backend gate_backend = {
	.put_calls = put_calls, .amend_calls = amend_calls, .key_touch = key_touch};

void gate_store_init(struct gate_store *gate)
{
	*gate = (struct gate_store){.base.backend = &gate_backend};
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->changed, NULL);
	assert_int_equal(reference_open(&gate->inner, NULL), 0);
	assert_int_equal(
		store_account_add(gate->inner, TEXT("a@example.com"), 1, &gate->account, NULL), 0);
}

void gate_store_deinit(struct gate_store *gate)
{
	store_close(gate->inner);
	pthread_cond_destroy(&gate->changed);
	pthread_mutex_destroy(&gate->lock);
}

static void set_closed(struct gate_store *gate, bool closed)
{
	pthread_mutex_lock(&gate->lock);
	gate->closed = closed;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

void gate_close(struct gate_store *gate)
{
	set_closed(gate, true);
}

void gate_open(struct gate_store *gate)
{
	set_closed(gate, false);
}

void gate_wait_entered(struct gate_store *gate, unsigned int entered)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->entered < entered) {
		pthread_cond_wait(&gate->changed, &gate->lock);
	}
	pthread_mutex_unlock(&gate->lock);
}

unsigned int gate_entered(struct gate_store *gate)
{
	unsigned int entered;

	pthread_mutex_lock(&gate->lock);
	entered = gate->entered;
	pthread_mutex_unlock(&gate->lock);
	return entered;
}

void gate_fail_with(struct gate_store *gate, enum error_code code)
{
	pthread_mutex_lock(&gate->lock);
	gate->fail_with = code;
	pthread_mutex_unlock(&gate->lock);
}
