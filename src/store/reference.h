/* SPDX-License-Identifier: MIT
 * Finding calls the plain way: by walking them all and asking filter_matches() of each. A small
 * store can live on it, and every other way of finding is tested against it. */
#ifndef STORE_STORE_REFERENCE_H
#define STORE_STORE_REFERENCE_H

#include "store/kind_table.h"

/* These promise what the functions of store.h do, for any store that has store_walk(). */

int reference_search(struct store *store, const struct store_search *search, struct arena *arena,
	struct store_page *ret_page, struct error *err) CHECK_RESULT;

/* Kinds get their ids from @kinds. */
int reference_scan(struct store *store, const struct store_search *search, struct kind_table *kinds,
	store_each_row_fn *each, void *context, struct error *err) CHECK_RESULT;

int reference_count_buckets(struct store *store, int64_t account_id, const struct filter *filter,
	int64_t bucket_seconds, struct arena *arena, struct store_bucket **ret_buckets,
	size_t *ret_count, struct error *err) CHECK_RESULT;

#endif
