/* SPDX-License-Identifier: MIT
 * What a backend fills in. A new one adds its file, its open function here and its row in
 * store_open(), and passes tests/store/conformance.c.
 *
 * Each callback promises what the function of the same name in store.h promises; said here is only
 * what store.c has seen to before it calls, so that no backend repeats it. All are called from any
 * thread. */
#ifndef STORE_STORE_BACKEND_H
#define STORE_STORE_BACKEND_H

#include "store/erase_marks.h"
#include "store/store.h"

/* Where the key of a query's only number lies. */
struct store_one_key {
	struct text key;
	char buffer[CALL_NUMBER_MAX];
};

/* The keys that a query is about; none: any number's. They last as long as @one and the query. */
struct call_keys store_query_keys(const struct store_query *query, struct store_one_key *one);

struct store_sessions {
	struct text *items;
	size_t count;
};

struct store_backend {
	bool remote; /* asking it means to wait for a network */
	/* Frees @store and what it holds. */
	void (*close)(struct store *store);
	int (*ping)(struct store *store, struct error *err);
	int (*lock_for_server)(struct store *store, struct error *err);

	/* store and state are zero; only state is the backend's to set. */
	int (*view_open)(struct store_view *view, struct store *store, struct error *err);
	/* The view was opened. */
	void (*view_close)(struct store_view *view);

	/* @email is 1 to STORE_EMAIL_MAX bytes without control characters. */
	int (*account_add)(struct store *store, struct text email, int64_t now, int64_t *ret_id,
		struct error *err);
	int (*account_find)(struct store *store, struct text email, struct arena *arena,
		struct store_account *ret_account, struct error *err);
	int (*account_list)(struct store *store, struct arena *arena,
		struct store_account **ret_accounts, size_t *ret_count, struct error *err);
	int (*account_set_disabled)(
		struct store *store, int64_t account_id, int64_t disabled, struct error *err);
	int (*keeping)(struct store *store, struct store_keeping *ret_keeping, struct error *err);
	/* No days are negative. */
	int (*set_keeping)(
		struct store *store, const struct store_keeping *keeping, struct error *err);
	/* Neither is below STORE_DAYS_DEFAULT. */
	int (*account_set_days)(struct store *store, int64_t account_id,
		const struct store_days *days, struct error *err);

	/* The label is at most STORE_LABEL_MAX bytes without control characters. */
	int (*key_add)(struct store *store, const struct store_key *key, int64_t *ret_id,
		struct error *err);
	int (*key_page)(struct store *store, int64_t account_id, int64_t after_id, int64_t limit,
		struct arena *arena, struct store_key **ret_keys, size_t *ret_count,
		struct error *err);
	int (*key_revoke)(struct store *store, int64_t account_id, int64_t key_id, int64_t now,
		struct error *err);
	int (*key_find)(struct store_view *view, const unsigned char hash[STORE_KEY_HASH_SIZE],
		struct arena *arena, struct store_key *ret_key, struct store_account *ret_account,
		struct error *err);
	/* @minute is whole minutes; an earlier one than what is held changes nothing. */
	int (*key_touch)(struct store *store, int64_t key_id, int64_t minute, struct error *err);

	/* @count is at least 1; no `replaced` is set. */
	int (*put_calls)(
		struct store *store, struct store_put *puts, size_t count, struct error *err);
	/* start, offset and limit are not negative. */
	int (*page)(struct store_view *view, const struct store_query *query, struct arena *arena,
		struct store_page *ret_page, struct error *err);
	int (*find)(struct store_view *view, int64_t account_id, struct text session_id,
		struct arena *arena, struct store_call *ret_call, struct error *err);
	/* start is not negative. */
	int (*walk)(struct store *store, const struct store_query *query,
		int (*each)(void *context, const struct store_call *call, struct error *err),
		void *context, struct error *err);

	/* start, offset and limit are not negative. */
	int (*search)(struct store *store, const struct store_search *search, struct arena *arena,
		struct store_page *ret_page, struct error *err);
	int (*scan)(struct store *store, const struct store_search *search,
		int (*each)(void *context, const struct store_row *row, struct error *err),
		void *context, struct error *err);
	int (*kinds)(struct store *store, int64_t account_id, struct arena *arena,
		struct store_kind **ret_kinds, size_t *ret_count, struct error *err);
	/* @filter is a window, @bucket_seconds one of the three. */
	int (*count_buckets)(struct store *store, int64_t account_id, const struct filter *filter,
		int64_t bucket_seconds, struct arena *arena, struct store_bucket **ret_buckets,
		size_t *ret_count, struct error *err);

	int (*change_newest)(struct store *store, int64_t *ret_id, struct error *err);
	/* @after and @limit are not negative. */
	int (*changes)(struct store *store, int64_t account_id, int64_t after, int64_t limit,
		int64_t detail_after, struct arena *arena, struct store_changes *ret_changes,
		struct error *err);

	/* Both NULL: it does not tell. */
	int (*listen)(struct store *store, void (*heard)(void *context), void *context,
		struct error *err);
	void (*listen_end)(struct store *store);

	/* One of number and session_id is given; from is not negative, limit at least 1. */
	/* *ret_sessions: those of the calls that were erased, in @arena. */
	int (*erase)(struct store *store, const struct store_erase *erase, struct arena *arena,
		struct store_sessions *ret_sessions, struct store_erased *ret_erased,
		struct error *err);
	/* Puts a mark in the place of @names in the subjects of the account's records; tells how
	 * many those are. */
	int (*audit_erase)(struct store *store, int64_t account_id, const struct erase_names *names,
		int64_t *ret_records, struct error *err);
	int (*scrub)(struct store *store, struct error *err);
	/* The subjects are at most STORE_SUBJECT_MAX bytes, @count is at least 1. */
	int (*audit_add)(struct store *store, const struct store_audit *records, size_t count,
		struct error *err);
	/* limit is not negative. */
	int (*audit_list)(struct store *store, const struct store_audit_query *query,
		struct arena *arena, struct store_audit **ret_records, size_t *ret_count,
		struct error *err);
	int (*audit_drop)(struct store *store, int64_t before, int64_t limit, int64_t *ret_dropped,
		struct error *err);

	/* The limit is not negative. */
	int (*drop)(struct store *store, const struct store_drop *drop, int64_t *ret_dropped,
		struct error *err);
	/* All three NULL: everybody has the turn. store and state are zero; only state is the
	 * backend's to set. */
	int (*turn_take)(struct store_turn *turn, struct store *store,
		char holder[STORE_HOLDER_SIZE], struct error *err);
	int (*turn_check)(struct store_turn *turn, struct error *err);
	void (*turn_end)(struct store_turn *turn);
	/* All three NULL: detail is not kept by day. */
	int (*day_find)(struct store *store, const struct store_expiry *expiries, size_t count,
		int64_t after, struct store_day *ret_day, struct error *err);
	int (*day_drop)(struct store *store, const struct store_expiry *expiries, size_t count,
		const struct store_day *day, int64_t *ret_dropped, struct error *err);
	int (*day_tidy)(struct store *store, int64_t limit, struct error *err);
	int (*oldest)(struct store *store, int64_t account_id, bool detail, int64_t *ret_start,
		struct error *err);
	int (*space)(struct store *store, struct store_space *ret_space, struct error *err);
	/* NULL: nothing is ever left behind. */
	int (*tidy)(struct store *store, struct error *err);
	/* Neither is negative. */
	int (*shrink)(struct store *store, int64_t keep_bytes, int64_t limit_bytes,
		int64_t *ret_freed, struct error *err);
	int (*backup)(struct store *store, const char *destination, struct error *err);
	/* @verdict is all zero and @progress not NULL. */
	int (*verify)(struct store *store, void (*problem)(void *context, const char *sentence),
		void (*progress)(void *context, int64_t done, int64_t all), void *context,
		struct store_verdict *verdict, struct error *err);
};

/* The first member of a backend's own struct. */
struct store {
	const struct store_backend *backend;
};

/* Adds a copy. */
int store_sessions_add(struct store_sessions *sessions, struct arena *arena, struct text session_id,
	struct error *err) CHECK_RESULT;

int store_memory_open(struct store **ret_store, struct error *err) CHECK_RESULT;
int store_postgres_open(struct store **ret_store, const char *location,
	const struct store_options *options, struct error *err) CHECK_RESULT;
int store_sqlite_open(struct store **ret_store, const char *folder,
	const struct store_options *options, struct error *err) CHECK_RESULT;

#endif
