/* SPDX-License-Identifier: MIT
 * Where pulled calls go that are stored directly. */
#ifndef CMD_PULL_STORE_H
#define CMD_PULL_STORE_H

#include "cmd/cmd.h"
#include "collect/pull.h"

struct pull_store;

/* Calls go to the store and the owner of @run, which outlives it. @tell says what is worth
 * knowing, a sentence, on any thread, one at a time. */
int pull_store_create(struct pull_store **ret_store, struct cmd_run *run,
	void (*tell)(void *context, const char *sentence), void *context,
	struct error *err) CHECK_RESULT;
void pull_store_destroy(struct pull_store *store);
AUTO_POINTER(struct pull_store *, pull_store_destroy);

struct pull_sink pull_store_sink(struct pull_store *store);

#endif
