/* SPDX-License-Identifier: MIT
 * The store: accounts, keys and calls, behind one interface that each backend fills in
 * (store/backend.h). All functions may be called from any thread. Failures of the disk or the
 * database set ERROR_SYSTEM, ERROR_NO_SPACE, ERROR_BUSY or ERROR_CORRUPT with what failed and
 * where. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "call/call.h"
#include "call/filter.h"
#include "call/pack.h"
#include "column/best.h"

struct store;

/* Opens the store that @location names, and makes it where it is missing, unless @options say no.
 * A location that begins as libpq's connection URI (`postgresql://…`; PostgreSQL 15, chapter
 * 34.1.1.2) is a PostgreSQL database, which any number of servers share. Its tables are made in the
 * first schema of its search path. Any other location is the folder of an embedded store: the
 * database is callstep.db in it, files are made 0600, the folder 0700.
 *
 * Fails with ERROR_DENIED (not writable), ERROR_UNSUPPORTED (the store is newer than this program,
 * or the scheme:// is not known), ERROR_CORRUPT (it is not a callstep store), ERROR_NOT_FOUND. */
struct store_options {
	bool must_exist; /* do not make a new one */
	/* Keeps other servers off an embedded store until it is closed: ERROR_BUSY when one has it,
	 * before anything in it is changed. */
	bool for_server;
	/* Changes nothing: where the schema is older than this program's, it is ERROR_OLD. */
	bool as_it_is;
	int connections; /* to a database, at most; 0: 32 */
	/* that a block of columns has at the most, up to COLUMN_CALLS_MAX; 0: as many. Small ones
	 * are for tests */
	int64_t block_calls;
};
int store_open(struct store **ret_store, const char *location, const struct store_options *options,
	struct error *err) CHECK_RESULT;
void store_close(struct store *store);
AUTO_POINTER(struct store *, store_close);

/* Whether asking it means to wait for a network, and for another machine. */
bool store_is_remote(const struct store *store);

/* Whether the store answers: reads one row. */
int store_ping(struct store *store, struct error *err) CHECK_RESULT;

/* One state of the store for several questions in a row, which costs less than one for each. Used
 * by one thread; open no longer than it takes to ask: meanwhile the database cannot reuse what it
 * has written since. */
struct store_view {
	struct store *store; /* NULL: not open */
	void *state;	     /* the backend's */
};

int store_view_open(struct store_view *view, struct store *store, struct error *err) CHECK_RESULT;
void store_view_close(struct store_view *view);

/* ---- accounts and keys ---- */

#define STORE_EMAIL_MAX	    254 /* bytes; RFC 5321 §4.5.3.1.3 less the angle brackets */
#define STORE_LABEL_MAX	    128
#define STORE_KEY_HASH_SIZE 32

enum store_scope {
	STORE_SCOPE_READ = 1,
	STORE_SCOPE_WRITE = 2,
	STORE_SCOPE_ADMIN = 4,
	STORE_SCOPE_METRICS = 8, /* what the whole server does: never of an account's own giving */
};

/* How long calls are kept. */
#define STORE_DAYS_DEFAULT (-1) /* of an account: as long as the store keeps them */
struct store_days {
	int64_t detail; /* after a call's start; 0: for ever */
	int64_t header;
};

/* How long a new store keeps what it has. A store with accounts that is older than this rule keeps
 * it for ever. */
#define STORE_DETAIL_DAYS 31
#define STORE_HEADER_DAYS 365
#define STORE_AUDIT_DAYS  365
#define STORE_DAYS_MAX	  36500
struct store_keeping {
	struct store_days days; /* of accounts without own days */
	int64_t audit_days;	/* of the audit trail; 0: for ever */
};

int store_keeping(
	struct store *store, struct store_keeping *ret_keeping, struct error *err) CHECK_RESULT;
int store_set_keeping(
	struct store *store, const struct store_keeping *keeping, struct error *err) CHECK_RESULT;

/* The days in force for an account with the days @own in a store with the days @store: its own
 * where it has some. Calls are kept at least as long as their detail. Days that no program sets
 * count as for ever. */
struct store_days store_days_in_force(const struct store_days *store, const struct store_days *own);

struct store_account {
	int64_t id;
	struct text email;	/* compared with ASCII letters of either case the same */
	int64_t created;	/* UNIX seconds */
	int64_t disabled;	/* UNIX seconds; 0: active */
	struct store_days days; /* its own */
	struct store_days kept; /* those in force */
};

struct store_key {
	int64_t id;
	int64_t account_id;
	unsigned char hash[STORE_KEY_HASH_SIZE]; /* of the key; the key itself is never stored */
	unsigned int scopes;			 /* enum store_scope, or-ed */
	struct text label;
	int64_t created;   /* UNIX seconds */
	int64_t last_used; /* UNIX seconds, to the minute; 0: never */
	/* UNIX seconds; 0: valid. Of a session that is found by its hash: when it or its key was,
	 * whichever was later */
	int64_t revoked;
	/* The key of which it is a session: by which someone stays signed in. 0: it
	 * is a key. */
	int64_t of_key;
	int64_t expires; /* UNIX seconds; 0: never */
};

/* Whether a key or session that was found lets in what belongs to @account. */
static inline bool store_key_is_good(
	const struct store_key *key, const struct store_account *account, int64_t now)
{
	return key->revoked == 0 && account->disabled == 0 &&
	       (key->expires == 0 || key->expires > now);
}

/* ERROR_EXISTS when the e-mail is taken. */
int store_account_add(struct store *store, struct text email, int64_t now, int64_t *ret_id,
	struct error *err) CHECK_RESULT;
/* 1 found, 0 absent. */
int store_account_find(struct store *store, struct text email, struct arena *arena,
	struct store_account *ret_account, struct error *err) CHECK_RESULT;
/* By e-mail. */
int store_account_list(struct store *store, struct arena *arena,
	struct store_account **ret_accounts, size_t *ret_count, struct error *err) CHECK_RESULT;
/* @disabled 0 enables. 1 done, 0 no such account. */
int store_account_set_disabled(
	struct store *store, int64_t account_id, int64_t disabled, struct error *err) CHECK_RESULT;
/* 1 done, 0 no such account. */
int store_account_set_days(struct store *store, int64_t account_id, const struct store_days *days,
	struct error *err) CHECK_RESULT;

#define STORE_SESSIONS_MAX 100 /* of a key */

/* Its id is not looked at. A session takes those of its account with it that were over when it was
 * made, and the oldest of its key that are beyond STORE_SESSIONS_MAX. ERROR_EXISTS when the hash is
 * there already, ERROR_NOT_FOUND when there is no such account. */
int store_key_add(struct store *store, const struct store_key *key, int64_t *ret_id,
	struct error *err) CHECK_RESULT;
/* The first @limit keys of an account behind @after_id (0: from the first on), by id. */
int store_key_page(struct store *store, int64_t account_id, int64_t after_id, int64_t limit,
	struct arena *arena, struct store_key **ret_keys, size_t *ret_count,
	struct error *err) CHECK_RESULT;
/* The same of its sessions, but for those that are over at @now; whether their key is revoked is
 * not looked at. */
int store_session_page(struct store *store, int64_t account_id, int64_t now, int64_t after_id,
	int64_t limit, struct arena *arena, struct store_key **ret_keys, size_t *ret_count,
	struct error *err) CHECK_RESULT;
/* All keys. */
int store_key_list(struct store *store, int64_t account_id, struct arena *arena,
	struct store_key **ret_keys, size_t *ret_count, struct error *err) CHECK_RESULT;
/* 1 done, 0 no such key or session of the account. One revoked before stays revoked as it was. */
int store_key_revoke(struct store *store, int64_t account_id, int64_t key_id, int64_t now,
	struct error *err) CHECK_RESULT;
/* Finds the key with @hash and its account, in whatever state they are. 1 found, 0 absent. Sees at
 * once what another process changed. */
int store_key_find(struct store *store, const unsigned char hash[STORE_KEY_HASH_SIZE],
	struct arena *arena, struct store_key *ret_key, struct store_account *ret_account,
	struct error *err) CHECK_RESULT;
int store_view_key_find(struct store_view *view, const unsigned char hash[STORE_KEY_HASH_SIZE],
	struct arena *arena, struct store_key *ret_key, struct store_account *ret_account,
	struct error *err) CHECK_RESULT;
/* Notes when the key was used. */
int store_key_touch(
	struct store *store, int64_t key_id, int64_t now, struct error *err) CHECK_RESULT;

/* ---- calls ---- */

/* What a step is, apart from its words. An account has few of them and many steps of each. */
struct store_kind {
	uint32_t id; /* within the account; not 0 */
	struct text class_name;
	struct text module;   /* event.data.module_type; empty where it has none */
	struct text variable; /* event.data.result_variable */
};

/* What a call's steps are found by. The thread that packs a call makes it by store_index_make()
 * (store/index.h); where it is all zero, the store does. */
struct store_index {
	bool made;
	struct store_kind *kinds; /* of its steps, mostly each once; their ids are 0 */
	uint32_t kinds_count;
	uint32_t *path; /* by step: the place of its kind in kinds */
	uint32_t steps;
	struct text words; /* of its steps' lines, as the store's text index takes them */
	struct text stays; /* what column_stays_write() writes of its visits; data NULL: not made */
};

/* A call to be stored. */
struct store_put {
	int64_t account_id;
	/* It has ended, whatever its state says. How it went is stored as it stands here; where its
	 * steps are joined to others, or are those that are held, call_outcome_find() says it. */
	struct call call;
	struct packed packed; /* deflate is NULL when call.has_detail is false */
	struct store_index index;
	/* from an exchange's recording: it may be a part of a call, and is joined to the part that
	 * is held */
	bool recorded;
	/* set by store_put_calls(): */
	bool replaced; /* the session was there before */
	/* recorded, and what was there before seems to be another call: numbers and channel differ
	 */
	bool others;
};

/* Stores @puts in their order in one durable transaction: all or none. A session that is there is
 * replaced; where the new copy has no detail and the old one has, the steps are kept under the new
 * header (API.md §2 "Identity"); where one that was recorded is a part of a call, it is joined to
 * the part that is held (call_join.h). ERROR_NOT_FOUND when there is no such account. */
int store_put_calls(
	struct store *store, struct store_put *puts, size_t count, struct error *err) CHECK_RESULT;

/* ---- live calls ---- */

/* Which members of a call's header an amendment gives. */
enum store_amend_member {
	STORE_AMEND_DEST = 1,
	STORE_AMEND_SRC = 2,
	STORE_AMEND_START = 4,
	STORE_AMEND_END = 8,
	STORE_AMEND_TYPE = 16,
	STORE_AMEND_STATE = 32,
	/* what a sender tells of how the call went; what call.told does not name is told no more */
	STORE_AMEND_OUTCOME = 64,
	STORE_AMEND_ANSWERED = 128,
	STORE_AMEND_TALK = 256,
	STORE_AMEND_ENDED_BY = 512,
};

/* What became of an amendment. But for the first one nothing of it is stored, and the others of its
 * transaction are. */
enum store_amend_result {
	STORE_AMENDED,
	STORE_AMEND_NO_START,  /* of an unknown session: neither a start nor a step is given */
	STORE_AMEND_GAP,       /* `from` is behind all steps that are held */
	STORE_AMEND_TOO_LARGE, /* the call would have more than size_max bytes */
	STORE_AMEND_END_BEFORE_START, /* the call would end before it starts */
};

/* Looks at the steps of a call as they come out of its amendments, before they are stored, on the
 * thread that stores. @detail is all of them, `[…]`; @hidden is what the function kept for the call
 * the last time, empty at first. It may append other canonical steps, as many, to @ret_detail, and
 * what it keeps now to @ret_hidden. Returns 1 when the steps are to be those of @ret_detail, 0 when
 * they stay. */
typedef int store_review_fn(void *context, struct text detail, struct text hidden,
	struct buffer *ret_detail, struct buffer *ret_hidden, struct error *err);

/* What is said of a call that goes on: a part of its header, some of its steps, or only that it is
 * still up. An unknown session becomes a call. */
struct store_amend {
	int64_t account_id;
	struct text session_id;
	unsigned int given; /* enum store_amend_member, or-ed */
	struct call call;   /* the members that are given */
	/* Where the steps stand: what stood there and behind is replaced. -1: they are added in the
	 * order of time, behind those of the same second; one whose event.data.event_id a step of
	 * the call has is left out. Without steps it is not looked at. */
	int64_t from;
	struct text steps; /* canonical, `[…]`; data NULL: none are given */
	int64_t heard;	   /* UNIX seconds: now */
	/* steps of a call that started then or before are not kept: they are left out */
	int64_t detail_after;
	size_t size_max;	 /* bytes of the call's JSON */
	store_review_fn *review; /* NULL: none */
	void *review_context;
	/* of store_live_expire() alone, otherwise 0: a live call that was not heard since `heard`
	 * less this ends; nothing else is looked at */
	int64_t timeout_s;

	/* set by store_amend_calls(): */
	enum store_amend_result result;
	bool created;	     /* the session was unknown */
	bool ended;	     /* the call was live, or unknown, and has ended by it */
	uint32_t added;	     /* of its steps; those that changed nothing do not count */
	uint32_t duplicates; /* that changed nothing, as they are held */
	/* the call behind this amendment, as far as these members go; of an unknown session that
	 * stays unknown all are 0 */
	int64_t start;
	int64_t end;
	uint32_t steps_held;
	enum call_state state;
};

/* One of both. */
struct store_entry {
	struct store_put *put;
	struct store_amend *amend;
};

/* Stores puts and amendments in their order in one durable transaction, puts as store_put_calls()
 * does. A put ends a live call: with steps it replaces it. ERROR_NOT_FOUND when there is no such
 * account. */
int store_amend_calls(struct store *store, const struct store_entry *entries, size_t count,
	struct error *err) CHECK_RESULT;

/* A call that goes on. */
struct store_live {
	int64_t account_id;
	struct text session_id;
	int64_t heard; /* when something was heard of it last */
};

/* The live calls that were heard before @before, the longest silent first, at most @limit of them;
 * @account_id 0: of all accounts. */
int store_live_list(struct store *store, int64_t account_id, int64_t before, int64_t limit,
	struct arena *arena, struct store_live **ret_calls, size_t *ret_count,
	struct error *err) CHECK_RESULT;

/* Takes it that all live calls were heard at @now or later: at the start of a server, as nobody
 * could be heard before. */
int store_live_hear(struct store *store, int64_t now, struct error *err) CHECK_RESULT;

/* Ends live calls of which nothing was heard since @now - @timeout_s, at most @limit, in one
 * durable transaction, each with a last step that says so. A call that ended so becomes live again
 * by an amendment, and has that step no more. *@ret_ended less than the limit: none is left. */
int store_live_expire(struct store *store, int64_t now, int64_t timeout_s, int64_t limit,
	int64_t *ret_ended, struct error *err) CHECK_RESULT;

/* A call as it is held. */
struct store_call {
	/* has_detail and steps tell what is held, whether or not packed was asked for */
	struct call call;
	struct packed packed; /* deflate is NULL when there is none, or it was not asked for */
};

struct store_query {
	int64_t account_id;
	int64_t start; /* start <= call.start < end */
	int64_t end;
	/* raw; compared by call_number_key(); data NULL: any, or those of the next line */
	struct text number;
	struct call_keys keys; /* of the numbers that were called; none: any */
	int64_t offset;
	int64_t limit;
	/* read the packed call only where call.start > detail_after; INT64_MAX: never */
	int64_t detail_after;
	/* no more is needed than the contract's answers have (API.md §1): neither state nor
	 * outcome. A call whose packed call is read need not have more than start and session_id:
	 * its JSON has all. */
	bool contract_only;
};

struct store_page {
	struct store_call *calls; /* newest first, ties by session_id (bytewise) descending */
	size_t count;
	int64_t total_calls; /* of window and number, whatever offset and limit say */
};

/* Copies a page into @arena, of one consistent state. ERROR_TOO_LARGE when the arena's ceiling is
 * reached. */
int store_page(struct store *store, const struct store_query *query, struct arena *arena,
	struct store_page *ret_page, struct error *err) CHECK_RESULT;
int store_view_page(struct store_view *view, const struct store_query *query, struct arena *arena,
	struct store_page *ret_page, struct error *err) CHECK_RESULT;

/* 1 found, 0 absent. */
int store_find(struct store *store, int64_t account_id, struct text session_id, struct arena *arena,
	struct store_call *ret_call, struct error *err) CHECK_RESULT;
int store_view_find(struct store_view *view, int64_t account_id, struct text session_id,
	struct arena *arena, struct store_call *ret_call, struct error *err) CHECK_RESULT;

typedef int store_each_call_fn(void *context, const struct store_call *call, struct error *err);

/* Walks all calls of the window, newest first, in one consistent state, with bounded memory. @each
 * is called for each call, whose texts are valid during this call of it only; a negative return
 * ends the walk and is returned. @each may use the store; what it puts is not walked. offset and
 * limit of
 * @query do not matter. */
int store_walk(struct store *store, const struct store_query *query, store_each_call_fn *each,
	void *context, struct error *err) CHECK_RESULT;

/* ---- finding calls ---- */

/* Where a page goes on: behind the call with this start and session, in the order of pages. */
struct store_place {
	int64_t start;
	struct text session_id; /* data NULL: from the newest on */
};

/* What a store looked at to answer; each part adds to it. */
struct store_cost {
	int64_t tallies;      /* totals, or buckets of time, that tallies told */
	int64_t blocks;	      /* of columns, each time that one was opened; */
	int64_t column_bytes; /* and what was read of them */
	int64_t words;	      /* calls that the index of words named */
	int64_t rows;	      /* of the table of calls that callstep looked at by itself */
	int64_t packed;	      /* calls that were inflated, since rows and columns do not tell */
	int64_t database;     /* conditions that PostgreSQL looked at, by itself */
};

/* Adds where a cost is asked for. */
#define STORE_COST(cost, member, more) ((cost) ? (void)((cost)->member += (more)) : (void)0)

struct store_search {
	int64_t account_id;
	const struct filter *filter;
	/* steps exist only where call.start > detail_after, for matching too */
	int64_t detail_after;
	struct store_place after;
	int64_t offset; /* calls to pass over, counted behind `after` */
	int64_t limit;
	bool with_packed;
	bool with_state; /* of a scan: its rows tell the state of their calls */
	bool with_total; /* otherwise total_calls is -1, and reading ends where the page is full */
	/* of clock_monotonic_us(): ERROR_TIMEOUT once it has passed; 0: none */
	int64_t deadline_us;
	/* Looked at as often as the clock, where there is a deadline: true ends the question with
	 * ERROR_TIMEOUT, too. NULL: never. */
	bool (*given_up)(void *context);
	void *given_up_context;
	struct store_cost *cost; /* NULL: not asked for */
};

/* Copies the calls that match into @arena, newest first, of one consistent state; total_calls
 * counts all that match the filter, whatever `after`, offset and limit say. Where detail is not
 * served, the calls look as if they had none. ERROR_TOO_LARGE as in store_page(). */
int store_search(struct store *store, const struct store_search *search, struct arena *arena,
	struct store_page *ret_page, struct error *err) CHECK_RESULT;

/* The calls that an ordered page may reach to. */
#define STORE_ORDERED_MAX 10000

/* The same in another order than that of time (column/best.h): all calls that match are looked at.
 * offset and limit are at most STORE_ORDERED_MAX and one together. `after` and with_packed do not
 * matter; there is always a total. */
int store_search_ordered(struct store *store, const struct store_search *search,
	const struct column_order *order, struct arena *arena, struct store_page *ret_page,
	struct error *err) CHECK_RESULT;

/* A call as statistics see it: its header and the kinds of its steps in their order. */
struct store_row {
	/* has_detail false and steps 0 where detail is not served; its state only where
	 * search->with_state */
	struct call call;
	const uint32_t *kinds; /* call.steps ids of kinds; NULL when there is no detail */
};

typedef int store_each_row_fn(void *context, const struct store_row *row, struct error *err);

/* Walks all calls that match, newest first, in one consistent state, without reading their packed
 * form. The row and its texts are valid during the call only; a negative return ends the walk and
 * is returned. @each may use the store. Of @search only account_id, filter, detail_after and
 * deadline_us matter. */
int store_scan(struct store *store, const struct store_search *search, store_each_row_fn *each,
	void *context, struct error *err) CHECK_RESULT;

struct store_columns_use {
	int (*answer)(void *context, const struct column_calls *calls, struct error *err);
	void *context;
	bool course; /* the answer says how calls went, which old blocks do not; */
	bool stays;  /* or how long they stayed where */
};

/* Lets use->answer() answer a question from columns (column/search.h), in one consistent state. Of
 * the calls that are in no block, it sees those that match @search. Of that only account_id,
 * filter, detail_after and the deadline matter. Returns 1 when it was answered, 0 when it is to be
 * asked of the calls themselves: the store has no columns, it takes less so, they are damaged, or
 * use->answer() failed with ERROR_NO_MEMORY or ERROR_TOO_LARGE. */
int store_columns(struct store *store, const struct store_search *search,
	const struct store_columns_use *use, struct error *err) CHECK_RESULT;

/* The kinds of an account by id, all that a scan before it can have shown. */
int store_kinds(struct store *store, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err) CHECK_RESULT;

/* How many calls of a window (and of one whole `dest`) started in each bucket, newest first, from
 * the tallies: for a filter that filter_is_window(). @bucket_seconds is 60, 3600 or 86400; buckets
 * without calls are left out. */
struct store_bucket {
	int64_t start;
	int64_t calls;
};
int store_count_buckets(struct store *store, int64_t account_id, const struct filter *filter,
	int64_t bucket_seconds, struct arena *arena, struct store_bucket **ret_buckets,
	size_t *ret_count, struct error *err) CHECK_RESULT;

/* ---- following calls ---- */

struct store_change {
	int64_t id; /* grows with each call that is stored or changed, by whichever process */
	struct store_call call; /* as it is now */
	/* the first step that amendments changed; -1: they changed none */
	int64_t first_step;
	bool header; /* it was stored, begun or ended, or another member than `end` changed */
};

struct store_changes {
	/* oldest first; a call that changed again stands at its last change only */
	struct store_change *items;
	size_t count;
	int64_t last; /* go on behind this one */
	bool gap; /* changes behind @after were forgotten before these: some calls may be missing */
};

/* The number of the newest change of all; 0: none yet. Cheap: one row. */
int store_change_newest(struct store *store, int64_t *ret_id, struct error *err) CHECK_RESULT;

/* The account's changes behind @after, at most @limit of them, each with its packed call where it
 * started after @detail_after. At least the newest 100,000 changes of the store are remembered. */
int store_changes(struct store *store, int64_t account_id, int64_t after, int64_t limit,
	int64_t detail_after, struct arena *arena, struct store_changes *ret_changes,
	struct error *err) CHECK_RESULT;

typedef void store_heard_fn(void *context);

/* Calls @heard, on a thread of the store, soon after any program may have stored calls; it
 * may come too often, and where the way to the database is lost too late, but not never. 1: it
 * will; 0: this store does not tell, look from time to time. Once at a time; @heard must not use
 * the store. */
int store_listen(
	struct store *store, store_heard_fn *heard, void *context, struct error *err) CHECK_RESULT;
/* After this @heard is not called any more. */
void store_listen_end(struct store *store);

/* ---- the audit trail ---- */

enum store_outcome {
	STORE_DONE,
	STORE_REFUSED,
	STORE_FAILED,
};

#define STORE_SUBJECT_MAX 512 /* bytes; a longer one is cut */

/* What was done, and by which key or user. A record never changes, except that store_erase() puts a
 * mark in the place of what it erases. Old records are dropped in the order in which they were
 * added. */
struct store_audit {
	int64_t id;	    /* from 1, without a gap */
	int64_t time;	    /* UNIX seconds */
	int64_t account_id; /* 0: of no account */
	int64_t key_id;	    /* 0: by no key */
	/* where the request came from; empty: the command line, or the server itself */
	struct text address;
	struct text user;   /* of the system, for whom the program ran; empty: a request */
	struct text action; /* "read-calls" */
	struct text subject;
	enum store_outcome outcome;
	int64_t calls; /* that it was about; -1: it is not about a number of calls */
	int64_t times; /* how often, in the second or so that the record stands for */
};

/* Adds records in their order, durably; their ids are not looked at. */
int store_audit_add(struct store *store, const struct store_audit *records, size_t count,
	struct error *err) CHECK_RESULT;

struct store_audit_query {
	int64_t account_id; /* negative: any */
	int64_t start;	    /* start <= time < end */
	int64_t end;
	struct text action; /* data NULL: any */
	int64_t after_time; /* go on behind the record with this time and id; */
	int64_t after_id;   /* 0: from the newest on */
	int64_t limit;
};

/* Newest first; those of one second by their id. */
int store_audit_list(struct store *store, const struct store_audit_query *query,
	struct arena *arena, struct store_audit **ret_records, size_t *ret_count,
	struct error *err) CHECK_RESULT;

/* Drops the oldest records, at most @limit, up to the first that is not older than @before. Less
 * than @limit were dropped: none is left. */
int store_audit_drop(struct store *store, int64_t before, int64_t limit, int64_t *ret_dropped,
	struct error *err) CHECK_RESULT;

/* ---- upkeep ---- */

/* Of the account's calls that started at or before up_to, at most limit, the oldest first. */
struct store_drop {
	int64_t account_id;
	int64_t up_to;
	int64_t limit;
	bool whole; /* the calls with all that belongs to them; otherwise their steps, and what they
		       are found by: they then look as if they never had any */
	/* written when something was dropped, its calls being how many; NULL: none */
	const struct store_audit *record;
};

/* Drops them in one durable transaction. @ret_dropped less than the limit: none is left, unless
 * calls were stored meanwhile. */
int store_drop(struct store *store, const struct store_drop *drop, int64_t *ret_dropped,
	struct error *err) CHECK_RESULT;

/* What of all programs that work on a store one at a time does. */
enum store_duty {
	STORE_DUTY_SWEEP,
	STORE_DUTY_HOOKS, /* tells receivers of calls (hooks.h) */
	STORE_DUTY_SEAL,  /* brings calls into columns, a step at a time */
};

/* The right to do it. */
struct store_turn {
	struct store *store; /* NULL: it is not this program's turn */
	enum store_duty duty;
	void *state; /* the backend's */
};
#define STORE_HOLDER_SIZE 128

/* 1: it is this program's turn until store_turn_end(), or until the store loses sight of it; 0: it
 * is another's, which @holder names. A store that one server has to itself
 * gives it to each program. */
int store_turn_take(struct store_turn *turn, struct store *store, enum store_duty duty,
	char holder[STORE_HOLDER_SIZE], struct error *err) CHECK_RESULT;
/* Whether it still is. */
int store_turn_check(struct store_turn *turn, struct error *err) CHECK_RESULT;
void store_turn_end(struct store_turn *turn);

/* What of an account's detail is over. */
struct store_expiry {
	int64_t account_id;
	int64_t up_to; /* that of calls which started then or before; INT64_MIN: nothing */
	/* what is written when something was dropped; its calls are not looked at */
	struct store_audit record;
};

/* The detail of the calls of one day (UTC). */
struct store_day {
	int64_t start; /* of the day */
	int64_t end;
};

/* Whether the store keeps detail by day, and drops a day's at once: what of store_day_… below does
 * something. */
bool store_keeps_days(const struct store *store);

/* Finds the oldest day after @after (-1: any) whose detail is over for every account that has some
 * in it; @expiries has all accounts, by their id. 1 found, 0 there is none. */
int store_day_find(struct store *store, const struct store_expiry *expiries, size_t count,
	int64_t after, struct store_day *ret_day, struct error *err) CHECK_RESULT;

/* Drops it, in one durable transaction: *ret_dropped calls look, from then on, as if they never had
 * steps. 0 when it is no longer over for all. ERROR_BUSY when others would have had to wait too
 * long: try again. */
int store_day_drop(struct store *store, const struct store_expiry *expiries, size_t count,
	const struct store_day *day, int64_t *ret_dropped, struct error *err) CHECK_RESULT;

/* Tidies what is left of at most @limit calls of such days. 1 there may be more, 0 there is none.
 */
int store_day_tidy(struct store *store, int64_t limit, struct error *err) CHECK_RESULT;

/* When the oldest of the account's calls, or with @detail of those that have steps, started. 1
 * found, 0 there is none. */
int store_oldest(struct store *store, int64_t account_id, bool detail, int64_t *ret_start,
	struct error *err) CHECK_RESULT;

/* What the store takes of the disk, but for what is on its way into it. */
struct store_space {
	int64_t used_bytes;
	int64_t free_bytes;	 /* taken, and used again before more is */
	int64_t log_bytes;	 /* of the log before the database */
	int64_t available_bytes; /* that the file system has left; -1: not known */
	/* to drop whole calls makes no less of what is used: only their detail does */
	bool headers_stay;
};
int store_space(struct store *store, struct store_space *ret_space, struct error *err) CHECK_RESULT;

/* Connections to a database: how many are in use, and how many are kept for the next ones. False
 * where the store is embedded. Never waits for the database. */
bool store_connections(struct store *store, int *ret_busy, int *ret_idle);

/* Does a step, of some milliseconds, of what keeps the store small when much was dropped: words
 * that were dropped leave the text index. Returns 1 when there may be more to do, 0 when there is
 * nothing that is worth it. */
int store_tidy(struct store *store, struct error *err) CHECK_RESULT;

/* Whether the store brings calls into columns: what of store_seal() below does something. */
bool store_keeps_columns(const struct store *store);

/* What a step of sealing did. */
struct store_sealed {
	int blocks;	     /* that were made */
	bool damaged;	     /* a question found a block to be damaged, and it is made anew; */
	struct error damage; /* what was wrong with it */
};

/* Does a step of bringing calls into columns (docs/columns.md), which questions are answered from:
 * some tenths of a second, in which others write all but some milliseconds. Kinds of damage that
 * questions met are told once. By one thread at a time of a program; several programs may. Returns
 * 1 when there may be more to do, 0 when there is nothing, or the store keeps no columns. */
int store_seal(
	struct store *store, struct store_sealed *ret_sealed, struct error *err) CHECK_RESULT;

/* Gives free space back to the disk, at most @limit_bytes at a time, so that no program waits long,
 * until @keep_bytes of it are left.
 * @ret_freed 0: there is nothing more that can be given back. */
int store_shrink(struct store *store, int64_t keep_bytes, int64_t limit_bytes, int64_t *ret_freed,
	struct error *err) CHECK_RESULT;

/* Which calls of an account go for ever: either those of a number or one session. */
struct store_erase {
	int64_t account_id;
	/* raw; dest or src is it, compared by call_number_key(); data NULL: a session is given */
	struct text number;
	struct text session_id; /* data NULL: a number is given */
	int64_t from;  /* only calls that started then or later: where the round before came to */
	int64_t limit; /* at most so many at a time, the oldest first */
	bool count_only;
};

struct store_erased {
	int64_t calls;
	int64_t from; /* of the next round */
	bool more;    /* the limit was reached: another round may find some */
	/* of the audit trail that named the number or session, or the session of a call erased in
	 * this round; they no longer do */
	int64_t records;
};

/* Erases the calls with all that they are found by, in one durable transaction. Their bytes may
 * still lie in the files, in places that are no longer used, until store_scrub(). */
int store_erase(struct store *store, const struct store_erase *erase,
	struct store_erased *ret_erased, struct error *err) CHECK_RESULT;

/* Leaves nothing in the store's files but what is held now: brings the text index together, writes
 * the database anew, and empties its log. Others read meanwhile; a writer waits, on the whole for
 * as long as a copy of the database takes. 1 done; 0 when readers were there all the time: what was
 * erased may still stand in the files, and this is to be done again. */
int store_scrub(struct store *store, struct error *err) CHECK_RESULT;

/* Writes a consistent copy of the store into the new folder @destination while others read and
 * write. */
int store_backup(struct store *store, const char *destination, struct error *err) CHECK_RESULT;

struct store_verdict {
	int64_t accounts;
	int64_t calls;
	int64_t packed;	  /* packed calls inflated and compared with their header, size and CRC */
	int64_t records;  /* of the audit trail */
	int64_t problems; /* each told to @problem */
};

typedef void store_problem_fn(void *context, const char *sentence);
typedef void store_progress_fn(void *context, int64_t done, int64_t all);

/* Reads everything and checks it against itself: the database's own integrity, each packed call,
 * each tally, keys without account, packed calls without call. @problem is called with one sentence
 * a problem; @progress (may be NULL) now and then with calls done and calls in all. Returns 0
 * whether or not problems were found. */
int store_verify(struct store *store, store_problem_fn *problem, store_progress_fn *progress,
	void *context, struct store_verdict *ret_verdict, struct error *err) CHECK_RESULT;

#endif
