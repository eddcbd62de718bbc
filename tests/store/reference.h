/* SPDX-License-Identifier: MIT
 * What a store means, said plainly: a store that keeps its calls in memory, and finding calls by
 * walking them all and asking filter_matches() of each. The other stores are compared with it. */
#ifndef TESTS_STORE_REFERENCE_H
#define TESTS_STORE_REFERENCE_H

#include <pthread.h>

#include "store/store.h"

/* A new, empty store, which goes with the process. */
int reference_open(struct store **ret_store, struct error *err) CHECK_RESULT;

/* ---- kinds of steps, numbered account by account in the order in which they were met ---- */

struct reference_kinds_entry {
	int64_t account_id;
	struct store_kind kind;
};

struct reference_kinds {
	pthread_mutex_t mutex; /* over all below */
	struct arena texts;
	struct reference_kinds_entry *entries;
	size_t count;
};

void reference_kinds_init(struct reference_kinds *table);
void reference_kinds_deinit(struct reference_kinds *table);

/* The id of @kind, whose own id is not looked at; a new one when it was never met. */
int reference_kinds_id(struct reference_kinds *table, int64_t account_id,
	const struct store_kind *kind, uint32_t *ret_id, struct error *err) CHECK_RESULT;

/* What store_kinds() promises. */
int reference_kinds_list(struct reference_kinds *table, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err) CHECK_RESULT;

/* ---- finding ---- */

/* These promise what the functions of store.h do, for any store that has store_walk(). */

int reference_search(struct store *store, const struct store_search *search, struct arena *arena,
	struct store_page *ret_page, struct error *err) CHECK_RESULT;

/* Kinds get their ids from @kinds. */
int reference_scan(struct store *store, const struct store_search *search,
	struct reference_kinds *kinds, store_each_row_fn *each, void *context,
	struct error *err) CHECK_RESULT;

int reference_count_buckets(struct store *store, int64_t account_id, const struct filter *filter,
	int64_t bucket_seconds, struct arena *arena, struct store_bucket **ret_buckets,
	size_t *ret_count, struct error *err) CHECK_RESULT;

#endif
