/* SPDX-License-Identifier: MIT
 * One sweep. */
#include "upkeep/sweep.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

#define ACCOUNTS_MAX  ((size_t)256 << 20)
#define SECONDS_A_DAY 86400

/* What one transaction does at most: some milliseconds of work. */
#define DETAIL_AT_ONCE	100
#define CALLS_AT_ONCE	500
#define RECORDS_AT_ONCE 2000
#define BYTES_AT_ONCE	(INT64_C(2) << 20)
#define TIDY_AT_ONCE	1000
#define SILENT_AT_ONCE	1000

/* How often a day that others keep at work is tried to be dropped, before its calls are taken one
 * by one. */
#define DAY_ATTEMPTS 5

/* Below the cap by a part of it, so that not every call that comes in drops one. */
#define CAP_TARGET_PERCENT 95

/* Free space is left for the calls to come: a part of what is used, since giving it back and taking
 * it again costs more. */
#define SPARE_PERCENT	5
#define SPARE_MIN_BYTES (INT64_C(16) << 20)

struct sweep {
	const struct sweep_options *options;
	struct sweep_counts *counts;
	struct arena arena;
	struct store_account *accounts;
	size_t accounts_count;
	struct store_expiry *expiries; /* of each account */
	struct store_keeping keeping;
	struct store_turn turn;
	int64_t now;
	bool ended;
};

static void sweep_end(struct sweep *sweep)
{
	store_turn_end(&sweep->turn);
	arena_deinit(&sweep->arena);
}

static int begin(struct sweep *sweep, const struct sweep_options *options,
	struct sweep_counts *counts, struct error *err)
{
	char holder[STORE_HOLDER_SIZE];
	int taken;

	*sweep = (struct sweep){.options = options, .counts = counts, .now = options->now()};
	arena_init(&sweep->arena, ACCOUNTS_MAX);
	taken = store_turn_take(&sweep->turn, options->store, STORE_DUTY_SWEEP, holder, err);
	if (taken <= 0) {
		if (taken == 0) {
			error_set(err, ERROR_BUSY,
				"the store is being swept by %s: try again later", holder);
		}
		return taken < 0 ? -1 : 1;
	}
	if (store_keeping(options->store, &sweep->keeping, err) < 0) {
		return -1;
	}
	return store_account_list(
		options->store, &sweep->arena, &sweep->accounts, &sweep->accounts_count, err);
}

static void pause_for(struct sweep *sweep, int64_t began_us)
{
	const struct sweep_options *options = sweep->options;

	if (options->pause && !options->pause(options->context, clock_monotonic_us() - began_us)) {
		sweep->ended = true;
	}
}

/* A step between two of dropping: what was dropped does not gather until the end. 1: there may be
 * more to do. */
static int tidy(struct sweep *sweep, struct error *err)
{
	int64_t began_us = clock_monotonic_us();
	int more = store_tidy(sweep->options->store, err);

	if (more > 0) {
		pause_for(sweep, began_us);
	}
	return more;
}

/* @buffer keeps the subject. */
static struct store_audit record_of(const struct sweep *sweep, int64_t account_id,
	const char *action, int64_t up_to, const char *reason, char buffer[STORE_SUBJECT_MAX])
{
	int size =
		snprintf(buffer, STORE_SUBJECT_MAX, "started up to %" PRId64 ": %s", up_to, reason);

	return (struct store_audit){
		.time = sweep->options->now(),
		.account_id = account_id,
		.address = TEXT(""),
		.user = sweep->options->user,
		.action = text_of(action),
		.subject = {buffer, (size_t)size},
		.times = 1,
	};
}

#define REASON_SIZE 64

static void write_reason(char reason[REASON_SIZE], int64_t days)
{
	snprintf(reason, REASON_SIZE, "older than %" PRId64 " days", days);
}

/* What is to be dropped of an account, and why. */
struct task {
	int64_t account_id;
	int64_t up_to;
	int64_t limit;
	bool whole;
	const char *action;
	const char *reason;
	int64_t *count;
};

/* One transaction. Returns how many were dropped. */
static int64_t drop_some(struct sweep *sweep, const struct task *task, struct error *err)
{
	int64_t began_us = clock_monotonic_us();
	char subject[STORE_SUBJECT_MAX];
	const struct store_audit record = record_of(
		sweep, task->account_id, task->action, task->up_to, task->reason, subject);
	const struct store_drop drop = {
		.account_id = task->account_id,
		.up_to = task->up_to,
		.limit = task->limit,
		.whole = task->whole,
		.record = &record,
	};
	int64_t dropped;

	if (store_turn_check(&sweep->turn, err) < 0 ||
		store_drop(sweep->options->store, &drop, &dropped, err) < 0) {
		return -1;
	}
	*task->count += dropped;
	pause_for(sweep, began_us);
	return tidy(sweep, err) < 0 ? -1 : dropped;
}

/* ---- what is over its days ---- */

static int drop_all(struct sweep *sweep, const struct task *task, struct error *err)
{
	int64_t dropped = task->limit;
	int64_t oldest;
	int found =
		store_oldest(sweep->options->store, task->account_id, !task->whole, &oldest, err);

	if (found <= 0 || oldest > task->up_to) {
		return found < 0 ? -1 : 0;
	}
	while (dropped == task->limit && !sweep->ended) {
		dropped = drop_some(sweep, task, err);
	}
	return dropped < 0 ? -1 : 0;
}

/* ---- days that are over for all ---- */

/* What of each account's detail is over, and the record of a day of it that is dropped. */
static int note_expiries(struct sweep *sweep, struct error *err)
{
	sweep->expiries =
		arena_calloc(&sweep->arena, sweep->accounts_count, sizeof(*sweep->expiries));
	if (!sweep->expiries) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < sweep->accounts_count; i++) {
		const struct store_account *account = &sweep->accounts[i];

		sweep->expiries[i] = (struct store_expiry){
			.account_id = account->id,
			.up_to = retention_at(&account->kept, sweep->now).detail_after,
		};
	}
	return 0;
}

static int write_records(struct sweep *sweep, const struct store_day *day, struct error *err)
{
	for (size_t i = 0; i < sweep->accounts_count; i++) {
		char *subject = arena_alloc(&sweep->arena, STORE_SUBJECT_MAX);
		char reason[REASON_SIZE];

		if (!subject) {
			return error_no_memory(err);
		}
		write_reason(reason, sweep->accounts[i].kept.detail);
		sweep->expiries[i].record = record_of(sweep, sweep->accounts[i].id, "expire-detail",
			day->end - 1, reason, subject);
	}
	return 0;
}

/* A program that works on that day's detail does not wait for this: the day is tried again a few
 * times. 0: it is left to the next sweep, or to the calls one by one. */
static int drop_day(struct sweep *sweep, const struct store_day *day, struct error *err)
{
	for (int i = 0; i < DAY_ATTEMPTS && !sweep->ended; i++) {
		int64_t began_us = clock_monotonic_us();
		int64_t dropped = 0;
		int done;

		if (store_turn_check(&sweep->turn, err) < 0) {
			return -1;
		}
		done = store_day_drop(sweep->options->store, sweep->expiries, sweep->accounts_count,
			day, &dropped, err);
		sweep->counts->detail += dropped;
		pause_for(sweep, began_us);
		if (done == 0 || err->code != ERROR_BUSY) {
			return done;
		}
	}
	return 0;
}

static int tidy_days(struct sweep *sweep, struct error *err)
{
	int more = 1;

	while (more > 0 && !sweep->ended) {
		int64_t began_us = clock_monotonic_us();

		if (store_turn_check(&sweep->turn, err) < 0) {
			return -1;
		}
		more = store_day_tidy(sweep->options->store, TIDY_AT_ONCE, err);
		pause_for(sweep, began_us);
	}
	return more < 0 ? -1 : 0;
}

static int sweep_days(struct sweep *sweep, struct error *err)
{
	struct store_day day = {.start = -1};
	int found;

	if (!store_keeps_days(sweep->options->store)) {
		return 0;
	}
	do {
		found = store_day_find(sweep->options->store, sweep->expiries,
			sweep->accounts_count, day.start, &day, err);
		if (found > 0 &&
			(write_records(sweep, &day, err) < 0 || drop_day(sweep, &day, err) < 0)) {
			return -1;
		}
	} while (found > 0 && !sweep->ended);
	return found < 0 ? -1 : tidy_days(sweep, err);
}

/* Whether an account that keeps calls for longer than up to @up_to has detail from before @end. */
static int is_kept_by_others(struct sweep *sweep, int64_t up_to, int64_t end, struct error *err)
{
	for (size_t i = 0; i < sweep->accounts_count; i++) {
		int64_t oldest;
		int found;

		if (sweep->expiries[i].up_to >= up_to) {
			continue;
		}
		found = store_oldest(
			sweep->options->store, sweep->accounts[i].id, true, &oldest, err);
		if (found < 0 || (found > 0 && oldest < end)) {
			return found < 0 ? -1 : 1;
		}
	}
	return 0;
}

/* Up to where detail that is over up to @up_to is taken call by call. The day that is running out
 * is left where it goes as a whole when it is over. */
static int single_up_to(struct sweep *sweep, int64_t up_to, int64_t *ret_up_to, struct error *err)
{
	int64_t day = up_to - up_to % SECONDS_A_DAY;
	int kept = 1;

	if (up_to >= 0 && store_keeps_days(sweep->options->store)) {
		kept = is_kept_by_others(sweep, up_to, day + SECONDS_A_DAY, err);
	}
	if (kept < 0) {
		return -1;
	}
	*ret_up_to = kept > 0 ? up_to : day - 1;
	return 0;
}

/* ---- the rest of an account ---- */

static int sweep_account(
	struct sweep *sweep, const struct store_account *account, struct error *err)
{
	const struct store_days days = account->kept;
	const struct retention retention = retention_at(&days, sweep->now);
	char detail_reason[REASON_SIZE], header_reason[REASON_SIZE];
	struct task detail = {account->id, retention.detail_after, DETAIL_AT_ONCE, false,
		"expire-detail", detail_reason, &sweep->counts->detail};
	const struct task calls = {account->id, retention.header_after, CALLS_AT_ONCE, true,
		"expire-calls", header_reason, &sweep->counts->calls};

	write_reason(detail_reason, days.detail);
	write_reason(header_reason, days.header);
	/* Detail first: it goes in smaller steps. */
	if (days.detail > 0 &&
		(single_up_to(sweep, retention.detail_after, &detail.up_to, err) < 0 ||
			drop_all(sweep, &detail, err) < 0)) {
		return -1;
	}
	return days.header > 0 ? drop_all(sweep, &calls, err) : 0;
}

static int sweep_records(struct sweep *sweep, struct error *err)
{
	const struct sweep_options *options = sweep->options;
	int64_t audit_days = sweep->keeping.audit_days;
	int64_t before = sweep->now - audit_days * SECONDS_A_DAY;
	int64_t dropped = RECORDS_AT_ONCE;

	while (audit_days > 0 && dropped == RECORDS_AT_ONCE && !sweep->ended) {
		int64_t began_us = clock_monotonic_us();

		if (store_turn_check(&sweep->turn, err) < 0 ||
			store_audit_drop(options->store, before, RECORDS_AT_ONCE, &dropped, err) <
				0) {
			return -1;
		}
		sweep->counts->records += dropped;
		pause_for(sweep, began_us);
	}
	return 0;
}

/* ---- the cap ---- */

enum sweep_disk sweep_disk(int64_t used_bytes, int64_t disk_max_bytes)
{
	if (disk_max_bytes == 0 || used_bytes < disk_max_bytes / 100 * SWEEP_NEAR_PERCENT) {
		return SWEEP_DISK_OK;
	}
	return used_bytes > disk_max_bytes ? SWEEP_DISK_FULL : SWEEP_DISK_NEAR;
}

static int64_t cap_target(const struct sweep *sweep)
{
	return sweep->options->disk_max_bytes / 100 * CAP_TARGET_PERCENT;
}

/* The account whose oldest call, or with @detail whose oldest detail, is the oldest of all. 1
 * found, 0 none has any. */
static int find_oldest(struct sweep *sweep, bool detail, int64_t *ret_account_id,
	int64_t *ret_start, struct error *err)
{
	bool any = false;

	for (size_t i = 0; i < sweep->accounts_count; i++) {
		int64_t start;
		int found = store_oldest(
			sweep->options->store, sweep->accounts[i].id, detail, &start, err);

		if (found < 0) {
			return -1;
		}
		if (found > 0 && (!any || start < *ret_start)) {
			*ret_account_id = sweep->accounts[i].id;
			*ret_start = start;
			any = true;
		}
	}
	return any;
}

/* Drops the oldest there is, an hour's at most, so that accounts come in the order of their calls.
 * 0: there is nothing left. */
static int64_t drop_oldest(struct sweep *sweep, bool detail, struct error *err)
{
	char reason[64];
	struct task task = {
		.limit = detail ? DETAIL_AT_ONCE : CALLS_AT_ONCE,
		.whole = !detail,
		.action = detail ? "cap-detail" : "cap-calls",
		.reason = reason,
		.count = detail ? &sweep->counts->cap_detail : &sweep->counts->cap_calls,
	};
	int64_t start = 0;
	int found = find_oldest(sweep, detail, &task.account_id, &start, err);

	if (found <= 0) {
		return found;
	}
	task.up_to = start + 3600;
	snprintf(reason, sizeof(reason), "the disk's cap of %" PRId64 " bytes",
		sweep->options->disk_max_bytes);
	return drop_some(sweep, &task, err);
}

static int drop_until_it_fits(struct sweep *sweep, struct error *err)
{
	struct store_space space;
	bool detail = true;

	while (!sweep->ended) {
		int64_t dropped;

		if (store_space(sweep->options->store, &space, err) < 0) {
			return -1;
		}
		if (space.used_bytes <= cap_target(sweep) || (!detail && space.headers_stay)) {
			return 0;
		}
		dropped = drop_oldest(sweep, detail, err);
		if (dropped < 0 || (dropped == 0 && !detail)) {
			return dropped < 0 ? -1 : 0;
		}
		detail = detail && dropped > 0;
	}
	return 0;
}

static int hold_cap(struct sweep *sweep, struct error *err)
{
	int64_t max_bytes = sweep->options->disk_max_bytes;
	struct store_space space;

	if (max_bytes == 0) {
		return 0;
	}
	if (store_space(sweep->options->store, &space, err) < 0) {
		return -1;
	}
	return sweep_disk(space.used_bytes, max_bytes) == SWEEP_DISK_FULL
		       ? drop_until_it_fits(sweep, err)
		       : 0;
}

/* ---- free space ---- */

static int give_back(struct sweep *sweep, struct error *err)
{
	struct store *store = sweep->options->store;
	struct store_space space;
	int64_t spare, freed = 1;

	if (store_space(store, &space, err) < 0) {
		return -1;
	}
	spare = space.used_bytes / 100 * SPARE_PERCENT;
	spare = spare > SPARE_MIN_BYTES ? spare : SPARE_MIN_BYTES;
	/* Not for little: what is used again soon is not worth the writing. */
	while (space.free_bytes > 2 * spare && freed > 0 && !sweep->ended) {
		int64_t began_us = clock_monotonic_us();

		if (store_shrink(store, spare, BYTES_AT_ONCE, &freed, err) < 0) {
			return -1;
		}
		sweep->counts->freed_bytes += freed;
		pause_for(sweep, began_us);
	}
	return 0;
}

/* Only behind what was dropped: an index that only grows looks after itself. */
static int tidy_all(struct sweep *sweep, struct error *err)
{
	const struct sweep_counts *counts = sweep->counts;
	int more = counts->detail + counts->calls + counts->cap_detail + counts->cap_calls > 0;

	while (more > 0 && !sweep->ended) {
		more = tidy(sweep, err);
	}
	return more < 0 ? -1 : 0;
}

static int sweep_all(struct sweep *sweep, struct error *err)
{
	if (note_expiries(sweep, err) < 0 || sweep_days(sweep, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < sweep->accounts_count && !sweep->ended; i++) {
		if (sweep_account(sweep, &sweep->accounts[i], err) < 0) {
			return -1;
		}
	}
	if (sweep_records(sweep, err) < 0 || hold_cap(sweep, err) < 0 || tidy_all(sweep, err) < 0) {
		return -1;
	}
	return give_back(sweep, err);
}

int sweep_run(const struct sweep_options *options, struct sweep_counts *counts, struct error *err)
{
	AUTO(sweep_end) struct sweep sweep;
	int begun = begin(&sweep, options, counts, err);

	return begun == 0 ? sweep_all(&sweep, err) : begun;
}

int sweep_hold_cap(
	const struct sweep_options *options, struct sweep_counts *counts, struct error *err)
{
	AUTO(sweep_end) struct sweep sweep;
	int begun = begin(&sweep, options, counts, err);

	return begun == 0 ? hold_cap(&sweep, err) : begun;
}

int sweep_end_silent(
	const struct sweep_options *options, struct sweep_counts *counts, struct error *err)
{
	AUTO(sweep_end) struct sweep sweep;
	int begun = begin(&sweep, options, counts, err);
	int64_t ended = SILENT_AT_ONCE;

	while (begun == 0 && ended == SILENT_AT_ONCE && !sweep.ended) {
		int64_t began_us = clock_monotonic_us();

		if (store_turn_check(&sweep.turn, err) < 0 ||
			store_live_expire(options->store, options->now(), options->live_timeout_s,
				SILENT_AT_ONCE, &ended, err) < 0) {
			return -1;
		}
		counts->ended += ended;
		pause_for(&sweep, began_us);
	}
	return begun;
}
