/* SPDX-License-Identifier: MIT
 * What a backend fills in. A new one adds its folder and its row in store.c's table, and passes
 * tests/store/conformance.c.
 *
 * An operation has the type of the function in store.h that it answers for, and promises what that
 * one promises. Said here is only what store.c has seen to before it calls, so that no backend
 * repeats it. A backend declares its functions by these types, and each signature stands once. All
 * are called from any thread. */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/buckets.h"
#include "store/check.h"
#include "store/erase_marks.h"
#include "store/hooks.h"
#include "store/store.h"

struct store_sessions {
	struct text *items;
	size_t count;
};

/* The type of an operation that answers for @function. */
#define STORE_OPERATION(type, function) typedef typeof(function) type

/* @options is not NULL. */
typedef int store_open_fn(struct store **ret_store, const char *location,
	const struct store_options *options, struct error *err);
/* Frees the store and what it holds. */
STORE_OPERATION(store_close_fn, store_close);
STORE_OPERATION(store_ping_fn, store_ping);
/* store and state are zero; only state is the backend's to set. */
STORE_OPERATION(store_view_open_fn, store_view_open);
/* The view was opened. */
STORE_OPERATION(store_view_close_fn, store_view_close);

/* ---- calls ---- */

/* @count is at least 1; no `replaced` is set. */
STORE_OPERATION(store_put_calls_fn, store_put_calls);
/* @count is at least 1; what is set of the puts and amendments is zero. */
STORE_OPERATION(store_amend_calls_fn, store_amend_calls);
/* limit is not negative. */
STORE_OPERATION(store_live_list_fn, store_live_list);
STORE_OPERATION(store_live_hear_fn, store_live_hear);
/* start, offset and limit are not negative; the number is among the keys. */
STORE_OPERATION(store_page_fn, store_view_page);
STORE_OPERATION(store_find_fn, store_view_find);
/* start is not negative; the number is among the keys. */
STORE_OPERATION(store_walk_fn, store_walk);
STORE_OPERATION(store_change_newest_fn, store_change_newest);
/* The account's changes behind after, of which the first limit are looked at; neither is negative.
 */
struct store_change_list {
	/* The last one of each call. */
	struct store_change *items;
	size_t count;
	int64_t oldest; /* that is remembered, of any account */
	int64_t newest; /* of any account */
	int64_t looked_at;
	int64_t last; /* that was looked at */
};
typedef int store_changes_fn(struct store *store, int64_t account_id, int64_t after, int64_t limit,
	int64_t detail_after, struct arena *arena, struct store_change_list *list,
	struct error *err);
STORE_OPERATION(store_listen_fn, store_listen);
STORE_OPERATION(store_listen_end_fn, store_listen_end);

/* ---- finding ---- */

/* start, offset and limit are not negative; the filter is more than a window, or the page is behind
 * a call. */
STORE_OPERATION(store_search_fn, store_search);
STORE_OPERATION(store_scan_fn, store_scan);
STORE_OPERATION(store_columns_fn, store_columns);
STORE_OPERATION(store_kinds_fn, store_kinds);
/* Adds the calls with one of @keys (none: all) of the window of @buckets to them, newest first. */
typedef int store_count_buckets_fn(struct store *store, int64_t account_id, struct call_keys keys,
	struct store_buckets *buckets, struct error *err);

/* ---- accounts and keys ---- */

/* The e-mail is 1 to STORE_EMAIL_MAX bytes without control characters. */
STORE_OPERATION(store_account_add_fn, store_account_add);
STORE_OPERATION(store_account_find_fn, store_account_find);
STORE_OPERATION(store_account_list_fn, store_account_list);
STORE_OPERATION(store_account_set_disabled_fn, store_account_set_disabled);
/* Neither is below STORE_DAYS_DEFAULT. */
STORE_OPERATION(store_account_set_days_fn, store_account_set_days);
STORE_OPERATION(store_keeping_fn, store_keeping);
/* No days are negative. */
STORE_OPERATION(store_set_keeping_fn, store_set_keeping);
/* The label is at most STORE_LABEL_MAX bytes without control characters. */
STORE_OPERATION(store_key_add_fn, store_key_add);
STORE_OPERATION(store_key_page_fn, store_key_page);
STORE_OPERATION(store_session_page_fn, store_session_page);
STORE_OPERATION(store_key_revoke_fn, store_key_revoke);
STORE_OPERATION(store_key_find_fn, store_view_key_find);
/* The time is whole minutes; an earlier one than what is held changes nothing. */
STORE_OPERATION(store_key_touch_fn, store_key_touch);

/* ---- upkeep ---- */

/* The limit is not negative. */
STORE_OPERATION(store_drop_fn, store_drop);
/* duty is set, store and state are zero; only state is the backend's to set. */
STORE_OPERATION(store_turn_take_fn, store_turn_take);
STORE_OPERATION(store_turn_check_fn, store_turn_check);
STORE_OPERATION(store_turn_end_fn, store_turn_end);
STORE_OPERATION(store_day_find_fn, store_day_find);
STORE_OPERATION(store_day_drop_fn, store_day_drop);
STORE_OPERATION(store_day_tidy_fn, store_day_tidy);
STORE_OPERATION(store_oldest_fn, store_oldest);
STORE_OPERATION(store_space_fn, store_space);
typedef void store_connections_fn(struct store *store, int *ret_busy, int *ret_idle);
STORE_OPERATION(store_tidy_fn, store_tidy);
/* *ret_sealed is zero. */
STORE_OPERATION(store_seal_fn, store_seal);
/* Neither number of bytes is negative. */
STORE_OPERATION(store_shrink_fn, store_shrink);
/* One of number and session_id is given; from is not negative, limit at least 1. *ret_sessions:
 * those of the calls that were erased, in @arena. */
typedef int store_erase_fn(struct store *store, const struct store_erase *erase,
	struct arena *arena, struct store_sessions *ret_sessions, struct store_erased *ret_erased,
	struct error *err);
STORE_OPERATION(store_scrub_fn, store_scrub);
STORE_OPERATION(store_backup_fn, store_backup);
/* What is found goes to @check. */
typedef int store_verify_fn(struct store *store, struct store_check *check, struct error *err);

/* ---- the audit trail ---- */

/* The subjects are at most STORE_SUBJECT_MAX bytes, @count is at least 1. */
STORE_OPERATION(store_audit_add_fn, store_audit_add);
/* limit is not negative. */
STORE_OPERATION(store_audit_list_fn, store_audit_list);
STORE_OPERATION(store_audit_drop_fn, store_audit_drop);
/* Shows @marks the subjects of the account's records, and gives those that it notes their new ones.
 */
typedef int store_audit_erase_fn(
	struct store *store, int64_t account_id, struct erase_marks *marks, struct error *err);

/* ---- hooks ---- */

/* Names, URLs and filters are no longer than what store/hooks.h says. */
STORE_OPERATION(store_hook_add_fn, store_hook_add);
STORE_OPERATION(store_hook_list_fn, store_hook_list);
STORE_OPERATION(store_hook_change_fn, store_hook_change);
STORE_OPERATION(store_hook_remove_fn, store_hook_remove);
STORE_OPERATION(store_hook_test_fn, store_hook_test);
/* Neither after nor limit is negative. */
STORE_OPERATION(store_hook_failures_fn, store_hook_failures);
STORE_OPERATION(store_hook_resend_fn, store_hook_resend);
STORE_OPERATION(store_hook_note_fn, store_hook_note);
STORE_OPERATION(store_hook_knows_fn, store_hook_knows);

struct store_hooks_backend {
	store_hook_add_fn *add;
	store_hook_list_fn *list;
	store_hook_change_fn *change;
	store_hook_remove_fn *remove;
	store_hook_test_fn *test;
	store_hook_failures_fn *failures;
	store_hook_resend_fn *resend;
	store_hook_note_fn *note;
	store_hook_knows_fn *knows;
};

struct store_backend {
	/* Asking it means to wait for a network. */
	bool remote;
	store_close_fn *close;
	store_ping_fn *ping;
	store_view_open_fn *view_open;
	store_view_close_fn *view_close;

	store_put_calls_fn *put_calls;
	/* All three NULL: it keeps no live calls. */
	store_amend_calls_fn *amend_calls;
	store_live_list_fn *live_list;
	store_live_hear_fn *live_hear;
	store_page_fn *page;
	store_find_fn *find;
	store_walk_fn *walk;
	store_change_newest_fn *change_newest;
	store_changes_fn *changes;
	/* Both NULL: it does not tell. */
	store_listen_fn *listen;
	store_listen_end_fn *listen_end;

	store_search_fn *search;
	store_scan_fn *scan;
	/* NULL: it keeps no columns. */
	store_columns_fn *columns;
	store_kinds_fn *kinds;
	store_count_buckets_fn *count_buckets;

	store_account_add_fn *account_add;
	store_account_find_fn *account_find;
	store_account_list_fn *account_list;
	store_account_set_disabled_fn *account_set_disabled;
	store_account_set_days_fn *account_set_days;
	store_keeping_fn *keeping;
	store_set_keeping_fn *set_keeping;
	store_key_add_fn *key_add;
	store_key_page_fn *key_page;
	store_session_page_fn *session_page;
	store_key_revoke_fn *key_revoke;
	store_key_find_fn *key_find;
	store_key_touch_fn *key_touch;

	store_drop_fn *drop;
	/* All three NULL: each program has the turn. */
	store_turn_take_fn *turn_take;
	store_turn_check_fn *turn_check;
	store_turn_end_fn *turn_end;
	/* All three NULL: detail is not kept by day. */
	store_day_find_fn *day_find;
	store_day_drop_fn *day_drop;
	store_day_tidy_fn *day_tidy;
	store_oldest_fn *oldest;
	store_space_fn *space;
	/* NULL: it has no connections. */
	store_connections_fn *connections;
	/* NULL: nothing is ever left behind. */
	store_tidy_fn *tidy;
	/* NULL: it keeps no columns. */
	store_seal_fn *seal;
	/* NULL: it gives free space back by itself. */
	store_shrink_fn *shrink;
	store_erase_fn *erase;
	store_scrub_fn *scrub;
	store_backup_fn *backup;
	store_verify_fn *verify;

	store_audit_add_fn *audit_add;
	store_audit_list_fn *audit_list;
	store_audit_drop_fn *audit_drop;
	store_audit_erase_fn *audit_erase;

	/* NULL: it keeps no hooks, and is not asked for any. */
	const struct store_hooks_backend *hooks;
};

/* The first member of a backend's own struct. */
struct store {
	const struct store_backend *backend;
};

/* What operations fail with: their account is not there, or what they add is. */
int store_no_account(int64_t account_id, struct error *err);
int store_account_exists(struct text email, struct error *err);
int store_key_exists(struct error *err);

/* Adds a copy. */
int store_sessions_add(struct store_sessions *sessions, struct arena *arena, struct text session_id,
	struct error *err) CHECK_RESULT;

#endif
