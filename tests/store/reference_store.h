/* SPDX-License-Identifier: MIT
 * The reference's own interface. Private to reference_*.c. */
#ifndef TESTS_STORE_REFERENCE_STORE_H
#define TESTS_STORE_REFERENCE_STORE_H

#include <pthread.h>

#include "reference.h"
#include "store/backend.h"
#include "store/repack.h"

/* A call, with its texts after it in one piece of memory. Replaced, never changed. */
struct reference_call {
	int64_t account_id;
	struct store_call held;
	struct text dest_key;
	bool gone;     /* replaced by the put that is under way */
	int64_t heard; /* of a live call */
	struct text hidden;
	char data[];
};

/* A call that was stored or changed. */
struct reference_change {
	int64_t id;
	int64_t account_id; /* 0: the call was erased */
	int64_t first_step;
	bool header;
	size_t session_size;
	char session[];
};

/* Its handful of rows is searched from end to end; only the calls are sorted, by account, start and
 * session_id. */
struct reference_store {
	struct store base;
	pthread_mutex_t mutex; /* over all below */
	struct arena names;    /* e-mails and labels */
	struct store_account *accounts;
	size_t accounts_count;
	struct store_key *keys;
	size_t keys_count;
	struct store_keeping keeping;
	struct reference_call **calls;
	size_t calls_count;
	struct store_repacker repacker;
	struct reference_change **changes; /* by id, without gaps */
	size_t changes_count;
	int64_t change_newest;

	/* their ids go on from records_dropped, without gaps; texts are in names */
	struct store_audit *records;
	size_t records_count;
	int64_t records_dropped;

	struct reference_kinds kinds; /* has its own lock */
};

struct reference_store *reference_lock(struct store *base);
void reference_unlock(struct reference_store **store);

/* The store of an open view, which is locked. */
static inline struct reference_store *reference_of(struct store_view *view)
{
	return (struct reference_store *)view->store;
}

bool reference_account_exists(const struct reference_store *store, int64_t account_id);

bool reference_has_call(
	const struct reference_store *store, int64_t account_id, struct text session_id);
/* Copies the call @session_id, which is there, with its packed form when it started after
 * @detail_after. The store is locked. */
int reference_copy_call(struct reference_store *store, int64_t account_id, struct text session_id,
	int64_t detail_after, struct arena *arena, struct store_call *ret_call, struct error *err);

/* What is noted of a call that was stored or changed. */
struct reference_noted {
	int64_t account_id;
	struct text session_id;
	int64_t first_step;
	bool header;
};

/* Notes them in their order; nothing when it fails. The store is locked. */
int reference_changes_note(struct reference_store *store, const struct reference_noted *noted,
	size_t count, struct error *err);

/* What an amendment makes of a call; texts are in the arena, or where they came from. */
struct reference_amended {
	bool stored; /* otherwise nothing changes but when it was heard */
	struct call call;
	struct packed packed;
	int64_t heard;
	struct text hidden;
	int64_t first_step;
	bool header;
};

/* Works out what @amend makes of @held (NULL: the session is unknown). */
int reference_amend(const struct reference_call *held, struct store_amend *amend,
	struct arena *arena, struct reference_amended *ret_amended, struct error *err);
/* The call is gone: its changes belong to no account. The store is locked. */
void reference_changes_forget(
	struct reference_store *store, int64_t account_id, struct text session_id);

store_put_calls_fn reference_put_calls;
store_amend_calls_fn reference_amend_calls;
store_live_list_fn reference_live_list;
store_live_hear_fn reference_live_hear;
store_page_fn reference_page;
store_find_fn reference_find;
store_walk_fn reference_walk;
store_change_newest_fn reference_change_newest;
store_changes_fn reference_changes;

store_drop_fn reference_drop;
store_oldest_fn reference_oldest;
store_space_fn reference_space;
store_shrink_fn reference_shrink;
store_erase_fn reference_erase;
store_verify_fn reference_verify;

store_audit_add_fn reference_audit_add;
store_audit_list_fn reference_audit_list;
store_audit_drop_fn reference_audit_drop;
store_audit_erase_fn reference_audit_erase;

#endif
