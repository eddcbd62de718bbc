/* SPDX-License-Identifier: MIT
 * Detail that goes with its day. The partition is dropped in one short transaction, whatever it
 * holds. The headers of its calls, which the days hide already, are tidied afterwards:
 * detail_gone says what is still to be tidied. */
#include "store/postgres/postgres.h"

#define SECONDS_A_DAY INT64_C(86400)

#define UNDEFINED_TABLE "42P01"

/* clang-format off */

/* While this program waits for the locks, questions for detail wait behind it: so it does not
 * wait long. */
static const struct postgres_statement lock_patience = {
	"set local lock_timeout = '100ms'", .once = true};

/* The accounts that have calls in a partition: along its primary key, from one account to the
 * next. */
#define ACCOUNTS \
	"with recursive a (account_id) as (" \
	"(select account_id from detail_%1$lld order by account_id limit 1)" \
	" union all select (select d.account_id from detail_%1$lld d" \
	" where d.account_id > a.account_id order by d.account_id limit 1)" \
	" from a where a.account_id is not null)"
#define IN_ACCOUNTS " from a where account_id is not null"
#define ACCOUNTS_OF ACCOUNTS " select account_id" IN_ACCOUNTS
#define NOTE_GONE \
	ACCOUNTS " insert into detail_gone (account_id, part, start)" \
	" select account_id, %1$lld, %1$lld * 86400::bigint" IN_ACCOUNTS \
	" on conflict (account_id, part) do update set start = excluded.start"

#define COUNTS_OF \
	"select account_id, count(*) as calls from detail_%lld group by account_id"

static const struct postgres_statement first_gone = {
	"select account_id, part from detail_gone order by account_id, part limit 1", .once = true};

/* The row that stands for the work goes on behind what was done, or goes. */
static const struct postgres_statement tidy_headers = {
	"with place as materialized (select start from detail_gone"
	" where account_id = $account_id::bigint and part = $part::bigint),"
	" old as materialized (select c.account_id, c.start, c.session_id from call c"
	" where c.account_id = $account_id and c.start >= (select start from place)"
	" and c.start < ($part + 1) * 86400 and c.part = $part and not exists (select from detail d"
	" where d.account_id = c.account_id and d.start = c.start and d.session_id = c.session_id"
	" and d.part = $part) order by c.start, c.session_id limit $limit::bigint),"
	" tidied as (update call c set steps = -1, part = null, last_kind = null, path = null"
	" from old o where c.account_id = o.account_id and c.session_id = o.session_id),"
	" further as (update detail_gone set start = (select max(start) from old)"
	" where account_id = $account_id and part = $part and (select count(*) from old) = $limit),"
	" done as (delete from detail_gone where account_id = $account_id and part = $part"
	" and (select count(*) from old) < $limit)"
	" select count(*) from old", .once = true};

/* clang-format on */

/* ---- which day ---- */

static const struct store_expiry *expiry_of(
	const struct store_expiry *expiries, size_t count, int64_t account_id)
{
	for (size_t i = 0; i < count; i++) {
		if (expiries[i].account_id == account_id) {
			return &expiries[i];
		}
	}
	return NULL;
}

/* Whether the day @part is over for the accounts of @rows. An account without an expiry keeps
 * what it has. */
static bool is_over(
	struct postgres_rows *rows, int64_t part, const struct store_expiry *expiries, size_t count)
{
	for (int i = 0; i < rows->count; i++) {
		const struct store_expiry *expiry =
			expiry_of(expiries, count, postgres_int64(rows, i, "account_id"));

		if (!expiry || expiry->up_to < (part + 1) * SECONDS_A_DAY - 1) {
			return false;
		}
	}
	return true;
}

/* The end of what is over for any account. */
static int64_t latest_of(const struct store_expiry *expiries, size_t count)
{
	int64_t latest = INT64_MIN;

	for (size_t i = 0; i < count; i++) {
		latest = expiries[i].up_to > latest ? expiries[i].up_to : latest;
	}
	return latest;
}

/* 1 over, 0 not, or gone. */
static int look_at(struct postgres_connection *connection, int64_t part,
	const struct store_expiry *expiries, size_t count, struct error *err)
{
	size_t index = postgres_add_printf(connection, ACCOUNTS_OF, (long long)part);
	struct postgres_rows rows;

	if (postgres_run(connection, err) < 0) {
		return postgres_failed_with(connection, UNDEFINED_TABLE) ? 0 : -1;
	}
	rows = postgres_rows(connection, index);
	return is_over(&rows, part, expiries, count);
}

int postgres_day_find(struct store *base, const struct store_expiry *expiries, size_t count,
	int64_t after, struct store_day *ret_day, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	int64_t latest = latest_of(expiries, count), days[POSTGRES_PARTS_AT_ONCE];
	int64_t last = after < 0 ? -1 : after / SECONDS_A_DAY;
	int listed = POSTGRES_PARTS_AT_ONCE, over = 0;

	while (over == 0 && listed == POSTGRES_PARTS_AT_ONCE) {
		listed = postgres_parts_list(connection, last, days, err);
		for (int i = 0; i < listed && over == 0; i++) {
			last = days[i];
			if ((last + 1) * SECONDS_A_DAY - 1 > latest) {
				return 0;
			}
			over = look_at(connection, last, expiries, count, err);
		}
	}
	if (listed < 0 || over <= 0) {
		return listed < 0 ? -1 : over;
	}
	*ret_day = (struct store_day){last * SECONDS_A_DAY, (last + 1) * SECONDS_A_DAY};
	return 1;
}

/* ---- dropping it ---- */

struct day_run {
	struct postgres_connection *connection;
	const struct store_expiry *expiries;
	size_t count;
	int64_t part;
	struct store_audit *records; /* with how many calls each is about */
	size_t records_count;
	int64_t calls;
	struct arena arena;
};

static void run_end(struct day_run *run)
{
	arena_deinit(&run->arena);
}

/* Counted before anything has to wait: the number lacks a call of that day that comes in before
 * the day goes. */
static int count_calls(struct day_run *run, struct error *err)
{
	size_t index = postgres_add_printf(run->connection, COUNTS_OF, (long long)run->part);
	struct postgres_rows rows;

	if (postgres_run(run->connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(run->connection, index);
	run->records = arena_calloc(&run->arena, (size_t)rows.count, sizeof(*run->records));
	if (!run->records) {
		return error_no_memory(err);
	}
	for (int i = 0; i < rows.count; i++) {
		const struct store_expiry *expiry = expiry_of(
			run->expiries, run->count, postgres_int64(&rows, i, "account_id"));
		int64_t calls = postgres_int64(&rows, i, "calls");

		if (expiry) {
			run->records[run->records_count] = expiry->record;
			run->records[run->records_count++].calls = calls;
		}
		run->calls += calls;
	}
	return 0;
}

/* The table of all partitions comes first: a program that waits for it holds nothing yet. 1 when
 * the day is over for all that have calls in it now. */
static int lock(struct day_run *run, struct error *err)
{
	long long part = run->part;
	struct postgres_rows rows;
	size_t index;

	postgres_add(run->connection, &postgres_begin);
	postgres_add(run->connection, &lock_patience);
	postgres_add_printf(run->connection,
		"lock table only detail, detail_%lld in access exclusive mode", part);
	index = postgres_add_printf(run->connection, ACCOUNTS_OF, part);
	if (postgres_run(run->connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(run->connection, index);
	return is_over(&rows, run->part, run->expiries, run->count);
}

static int drop(struct day_run *run, struct error *err)
{
	long long part = run->part;

	postgres_add_printf(run->connection, NOTE_GONE, part);
	postgres_add_printf(run->connection, "drop table detail_%lld", part);
	postgres_audit_write(run->connection, run->records, run->records_count);
	postgres_add(run->connection, &postgres_commit);
	return postgres_run(run->connection, err);
}

int postgres_day_drop(struct store *base, const struct store_expiry *expiries, size_t count,
	const struct store_day *day, int64_t *ret_dropped, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	AUTO(run_end)
	struct day_run run = {
		.connection = connection,
		.expiries = expiries,
		.count = count,
		.part = day->start / SECONDS_A_DAY,
	};
	int over;

	arena_init(&run.arena, SIZE_MAX);
	if (count_calls(&run, err) < 0) {
		return -1;
	}
	over = lock(&run, err);
	if (over < 0 || (over > 0 && drop(&run, err) < 0)) {
		return -1;
	}
	if (over > 0) {
		postgres_parts_forget((struct postgres_store *)base);
	}
	*ret_dropped = over > 0 ? run.calls : 0;
	return 0;
}

/* ---- after it ---- */

/* Under the account's lock: a program that stores its calls sees their headers before or after,
 * not between. */
static int tidy(struct postgres_connection *connection, int64_t account_id, int64_t part,
	int64_t limit, struct error *err)
{
	postgres_add_lock(connection, &account_id, 1);
	postgres_add(connection, &postgres_plan_each);
	BIND(connection, INT64(account_id, account_id), INT64(part, part), INT64(limit, limit));
	postgres_add(connection, &tidy_headers);
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err) < 0 ? -1 : 1;
}

int postgres_day_tidy(struct store *base, int64_t limit, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	struct postgres_rows rows;
	int found = postgres_ask(connection, &first_gone, &rows, err);

	if (found <= 0) {
		return found;
	}
	return tidy(connection, postgres_int64(&rows, 0, "account_id"),
		postgres_int64(&rows, 0, "part"), limit, err);
}
