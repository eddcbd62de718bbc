/* SPDX-License-Identifier: MIT
 * The store in memory's own interface. Private to store_memory*.c. */
#ifndef STORE_STORE_MEMORY_H
#define STORE_STORE_MEMORY_H

#include <pthread.h>

#include "store/backend.h"
#include "store/kind_table.h"
#include "store/repack.h"

/* A call, with its texts after it in one piece of memory. Replaced, never changed. */
struct memory_call {
	int64_t account_id;
	struct store_call held;
	struct text dest_key;
	bool gone; /* replaced by the put that is under way */
	char data[];
};

/* A call that was stored or changed. */
struct memory_change {
	int64_t id;
	int64_t account_id; /* 0: the call was erased */
	size_t session_size;
	char session[];
};

/* Its handful of rows is searched from end to end; only the calls are sorted, by account, start and
 * session_id. */
struct memory_store {
	struct store base;
	pthread_mutex_t mutex; /* over all below */
	struct arena names;    /* e-mails and labels */
	struct store_account *accounts;
	size_t accounts_count;
	struct store_key *keys;
	size_t keys_count;
	struct store_keeping keeping;
	struct memory_call **calls;
	size_t calls_count;
	struct store_repacker repacker;
	struct memory_change **changes; /* by id, without gaps */
	size_t changes_count;
	int64_t change_newest;

	/* their ids go on from records_dropped, without gaps; texts are in names */
	struct store_audit *records;
	size_t records_count;
	int64_t records_dropped;

	struct kind_table kinds; /* has its own lock */
};

struct memory_store *memory_lock(struct store *base);
void memory_unlock(struct memory_store **store);

/* The store of an open view, which is locked. */
static inline struct memory_store *memory_of(struct store_view *view)
{
	return (struct memory_store *)view->store;
}

bool memory_account_exists(const struct memory_store *store, int64_t account_id);

int memory_put_calls(struct store *base, struct store_put *puts, size_t count, struct error *err);
int memory_page(struct store_view *view, const struct store_query *query, struct arena *arena,
	struct store_page *ret_page, struct error *err);
int memory_find(struct store_view *view, int64_t account_id, struct text session_id,
	struct arena *arena, struct store_call *ret_call, struct error *err);
int memory_walk(struct store *base, const struct store_query *query, store_each_call_fn *each,
	void *context, struct error *err);
bool memory_has_call(const struct memory_store *store, int64_t account_id, struct text session_id);
/* Copies the call @session_id, which is there, with its packed form when it started after
 * @detail_after. The store is locked. */
int memory_copy_call(struct memory_store *store, int64_t account_id, struct text session_id,
	int64_t detail_after, struct arena *arena, struct store_call *ret_call, struct error *err);

/* Notes that @puts were stored; nothing when it fails. The store is locked. */
int memory_changes_note(
	struct memory_store *store, const struct store_put *puts, size_t count, struct error *err);
/* The call is gone: its changes are nobody's. The store is locked. */
void memory_changes_forget(struct memory_store *store, int64_t account_id, struct text session_id);
int memory_change_newest(struct store *base, int64_t *ret_id, struct error *err);
int memory_changes(struct store *base, int64_t account_id, int64_t after, int64_t limit,
	int64_t detail_after, struct arena *arena, struct store_changes *ret_changes,
	struct error *err);
int memory_erase(struct store *base, const struct store_erase *erase, struct arena *arena,
	struct store_sessions *ret_sessions, struct store_erased *ret_erased, struct error *err);
int memory_audit_add(
	struct store *base, const struct store_audit *records, size_t count, struct error *err);
int memory_audit_list(struct store *base, const struct store_audit_query *query,
	struct arena *arena, struct store_audit **ret_records, size_t *ret_count,
	struct error *err);
store_audit_erase_fn memory_audit_erase;
int memory_audit_drop(
	struct store *base, int64_t before, int64_t limit, int64_t *ret_dropped, struct error *err);
int memory_drop(
	struct store *base, const struct store_drop *drop, int64_t *ret_dropped, struct error *err);
int memory_oldest(
	struct store *base, int64_t account_id, bool detail, int64_t *ret_start, struct error *err);
int memory_space(struct store *base, struct store_space *ret_space, struct error *err);
int memory_shrink(struct store *base, int64_t keep_bytes, int64_t limit_bytes, int64_t *ret_freed,
	struct error *err);
store_verify_fn memory_verify;

#endif
