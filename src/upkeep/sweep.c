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

/* Below the cap by a part of it, so that not every call that comes in drops one. */
#define CAP_TARGET_PERCENT 95

/* Free space is left for the calls to come: a part of what is used, since giving it back and taking it again costs more. */
#define SPARE_PERCENT	5
#define SPARE_MIN_BYTES (INT64_C(16) << 20)

struct sweep {
	const struct sweep_options *options;
	struct sweep_counts *counts;
	struct arena arena;
	struct store_account *accounts;
	size_t accounts_count;
	int64_t now;
	bool ended;
};

static void sweep_end(struct sweep *sweep)
{
	arena_deinit(&sweep->arena);
}

static int begin(struct sweep *sweep, const struct sweep_options *options,
	struct sweep_counts *counts, struct error *err)
{
	*sweep = (struct sweep){.options = options, .counts = counts, .now = options->now()};
	arena_init(&sweep->arena, ACCOUNTS_MAX);
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

/* A step between two of dropping: what was dropped does not gather until the end. 1: there may be more to do. */
static int tidy(struct sweep *sweep, struct error *err)
{
	int64_t began_us = clock_monotonic_us();
	int more = store_tidy(sweep->options->store, err);

	if (more > 0) {
		pause_for(sweep, began_us);
	}
	return more;
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
	int size = snprintf(subject, sizeof(subject), "started up to %" PRId64 ": %s", task->up_to,
		task->reason);
	const struct store_audit record = {
		.time = sweep->options->now(),
		.account_id = task->account_id,
		.address = TEXT(""),
		.user = sweep->options->user,
		.action = text_of(task->action),
		.subject = {subject, (size_t)size},
		.times = 1,
	};
	const struct store_drop drop = {
		.account_id = task->account_id,
		.up_to = task->up_to,
		.limit = task->limit,
		.whole = task->whole,
		.record = &record,
	};
	int64_t dropped;

	if (store_drop(sweep->options->store, &drop, &dropped, err) < 0) {
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

static int sweep_account(
	struct sweep *sweep, const struct store_account *account, struct error *err)
{
	const struct store_days days = retention_days(&sweep->options->days, &account->days);
	const struct retention retention = retention_at(&days, sweep->now);
	char detail_reason[64], header_reason[64];
	const struct task detail = {account->id, retention.detail_after, DETAIL_AT_ONCE, false,
		"expire-detail", detail_reason, &sweep->counts->detail};
	const struct task calls = {account->id, retention.header_after, CALLS_AT_ONCE, true,
		"expire-calls", header_reason, &sweep->counts->calls};

	snprintf(detail_reason, sizeof(detail_reason), "older than %" PRId64 " days", days.detail);
	snprintf(header_reason, sizeof(header_reason), "older than %" PRId64 " days", days.header);
	/* Detail first: it goes in smaller steps. */
	if (days.detail > 0 && drop_all(sweep, &detail, err) < 0) {
		return -1;
	}
	return days.header > 0 ? drop_all(sweep, &calls, err) : 0;
}

static int sweep_records(struct sweep *sweep, struct error *err)
{
	const struct sweep_options *options = sweep->options;
	int64_t before = sweep->now - options->audit_days * SECONDS_A_DAY;
	int64_t dropped = RECORDS_AT_ONCE;

	while (options->audit_days > 0 && dropped == RECORDS_AT_ONCE && !sweep->ended) {
		int64_t began_us = clock_monotonic_us();

		if (store_audit_drop(options->store, before, RECORDS_AT_ONCE, &dropped, err) < 0) {
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

/* The account whose oldest call, or with @detail whose oldest detail, is the oldest of all. 1 found, 0 none has any. */
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

/* Drops the oldest there is, an hour's at most, so that accounts come in the order of their calls. 0: there is nothing left. */
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

int sweep_run(const struct sweep_options *options, struct sweep_counts *counts, struct error *err)
{
	AUTO(sweep_end) struct sweep sweep;

	if (begin(&sweep, options, counts, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < sweep.accounts_count && !sweep.ended; i++) {
		if (sweep_account(&sweep, &sweep.accounts[i], err) < 0) {
			return -1;
		}
	}
	if (sweep_records(&sweep, err) < 0 || hold_cap(&sweep, err) < 0 ||
		tidy_all(&sweep, err) < 0) {
		return -1;
	}
	return give_back(&sweep, err);
}

int sweep_hold_cap(
	const struct sweep_options *options, struct sweep_counts *counts, struct error *err)
{
	AUTO(sweep_end) struct sweep sweep;

	if (begin(&sweep, options, counts, err) < 0) {
		return -1;
	}
	return hold_cap(&sweep, err);
}
