/* SPDX-License-Identifier: MIT
 * The kinds of steps that were met, numbered account by account, for stores that keep nothing but
 * calls. */
#ifndef STORE_KIND_TABLE_H
#define STORE_KIND_TABLE_H

#include <pthread.h>

#include "store/store.h"

struct kind_table_entry {
	int64_t account_id;
	struct store_kind kind;
};

struct kind_table {
	pthread_mutex_t mutex; /* over all below */
	struct arena texts;
	struct kind_table_entry *entries;
	size_t count;
};

void kind_table_init(struct kind_table *table);
void kind_table_deinit(struct kind_table *table);

/* The id of @kind, whose own id is not looked at; a new one when it was never met. */
int kind_table_id(struct kind_table *table, int64_t account_id, const struct store_kind *kind,
	uint32_t *ret_id, struct error *err) CHECK_RESULT;

/* What store_kinds() promises. */
int kind_table_list(struct kind_table *table, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err) CHECK_RESULT;

#endif
