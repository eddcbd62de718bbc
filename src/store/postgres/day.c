/* SPDX-License-Identifier: MIT
 * Detail that goes with its day: the partition is dropped in one short transaction, whatever it
 * holds; the headers of its calls, which the days hide already, are tidied after it. What is still
 * to be tidied is in detail_gone. */
#include <stdio.h>

#include "store/postgres/postgres.h"

#define SECONDS_A_DAY INT64_C(86400)

/* Who asks for detail meanwhile waits behind whoever waits for these locks: not for long, then. */
#define LOCK_PATIENCE "set local lock_timeout = '100ms'"

#define UNDEFINED_TABLE "42P01"

/* The accounts that have calls in a partition: along its primary key, from one account to the next.
 */
#define ACCOUNTS_OF                                                                                \
	"with recursive a (id) as ((select account_id from detail_%lld order by account_id "       \
	"limit 1) union all select (select d.account_id from detail_%lld d where "                 \
	"d.account_id > a.id order by d.account_id limit 1) from a where a.id is not null) "       \
	"select id from a where id is not null"

#define COUNTS_OF "select account_id, count(*) from detail_%lld group by account_id"

/* $1 the accounts, $2 the partition. */
#define NOTE_GONE                                                                                  \
	"insert into detail_gone (account_id, part, start) select u, $2::bigint, "                 \
	"$2::bigint * 86400 from unnest($1::bigint[]) as u "                                       \
	"on conflict (account_id, part) do update set start = excluded.start"

/* $1 account, $2 partition, $3 how many at most. The row that stands for the work goes on behind
 * what was done, or goes. */
#define TIDY                                                                                       \
	"with place as materialized (select start from detail_gone where "                         \
	"account_id = $1::bigint and part = $2::bigint), "                                         \
	"old as materialized (select c.account_id, c.start, c.session_id from call c where "       \
	"c.account_id = $1 and c.start >= (select start from place) and "                          \
	"c.start < ($2 + 1) * 86400 and c.part = $2 and not exists (select from detail d where "   \
	"d.account_id = c.account_id and d.start = c.start and d.session_id = c.session_id and "   \
	"d.part = $2) order by c.start, c.session_id limit $3::bigint), "                          \
	"tidied as (update call c set steps = -1, part = null, last_kind = null, path = null "     \
	"from old o where c.account_id = o.account_id and c.session_id = o.session_id), "          \
	"further as (update detail_gone set start = (select max(start) from old) where "           \
	"account_id = $1 and part = $2 and (select count(*) from old) = $3), "                     \
	"done as (delete from detail_gone where account_id = $1 and part = $2 and "                \
	"(select count(*) from old) < $3) "                                                        \
	"select count(*) from old"

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

/* Whether the day @part is over for the accounts in the first column of @rows. An account that
 * nobody knew of keeps what it has. */
static bool is_over(const struct postgres_rows *rows, int64_t part,
	const struct store_expiry *expiries, size_t count)
{
	for (int i = 0; i < rows->count; i++) {
		const struct store_expiry *expiry =
			expiry_of(expiries, count, postgres_int64(rows, i, 0));

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

static void add_accounts(struct postgres_connection *connection, int64_t part)
{
	char sql[512];

	snprintf(sql, sizeof(sql), ACCOUNTS_OF, (long long)part, (long long)part);
	postgres_add_text(connection, sql, NULL);
}

/* 1 over, 0 not, or gone. */
static int look_at(struct postgres_connection *connection, int64_t part,
	const struct store_expiry *expiries, size_t count, struct error *err)
{
	struct postgres_rows rows;

	add_accounts(connection, part);
	if (postgres_run(connection, err) < 0) {
		return postgres_failed_with(connection, UNDEFINED_TABLE) ? 0 : -1;
	}
	rows = postgres_rows(connection, 0);
	return is_over(&rows, part, expiries, count);
}

int postgres_day_find(struct store *base, const struct store_expiry *expiries, size_t count,
	int64_t after, struct store_day *ret_day, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	int64_t latest = latest_of(expiries, count), days[POSTGRES_PARTS_AT_ONCE];
	int64_t last = after < 0 ? -1 : after / SECONDS_A_DAY;
	int listed = POSTGRES_PARTS_AT_ONCE, over = 0;

	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	while (over == 0 && listed == POSTGRES_PARTS_AT_ONCE) {
		listed = postgres_parts_list(session.connection, last, days, err);
		for (int i = 0; i < listed && over == 0; i++) {
			last = days[i];
			if ((last + 1) * SECONDS_A_DAY - 1 > latest) {
				return 0;
			}
			over = look_at(session.connection, last, expiries, count, err);
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
	struct postgres_params params;
};

static void run_end(struct day_run *run)
{
	arena_deinit(&run->arena);
	postgres_params_deinit(&run->params);
}

/* Counted before anybody has to wait: a call of that day that comes in before it goes is not in the
 * number. */
static int count_calls(struct day_run *run, struct error *err)
{
	struct postgres_rows rows;
	char sql[128];

	snprintf(sql, sizeof(sql), COUNTS_OF, (long long)run->part);
	postgres_add_text(run->connection, sql, NULL);
	if (postgres_run(run->connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(run->connection, 0);
	run->records = arena_calloc(&run->arena, (size_t)rows.count, sizeof(*run->records));
	if (!run->records) {
		return error_no_memory(err);
	}
	for (int i = 0; i < rows.count; i++) {
		const struct store_expiry *expiry =
			expiry_of(run->expiries, run->count, postgres_int64(&rows, i, 0));
		int64_t calls = postgres_int64(&rows, i, 1);

		if (expiry) {
			run->records[run->records_count] = expiry->record;
			run->records[run->records_count++].calls = calls;
		}
		run->calls += calls;
	}
	return 0;
}

/* The table of all partitions first: whoever waits for it holds nothing yet. 1 when the day is over
 * for all that have calls in it now. */
static int lock(struct day_run *run, struct error *err)
{
	struct postgres_rows rows;
	char sql[128];

	postgres_add(run->connection, POSTGRES_BEGIN_WRITE, NULL);
	postgres_add_text(run->connection, LOCK_PATIENCE, NULL);
	snprintf(sql, sizeof(sql), "lock table only detail, detail_%lld in access exclusive mode",
		(long long)run->part);
	postgres_add_text(run->connection, sql, NULL);
	add_accounts(run->connection, run->part);
	if (postgres_run(run->connection, err) < 0) {
		return -1;
	}
	rows = postgres_last_rows(run->connection);
	postgres_params_clear(&run->params);
	postgres_array_begin(&run->params, POSTGRES_BIGINT);
	for (int i = 0; i < rows.count; i++) {
		postgres_array_int64(&run->params, postgres_int64(&rows, i, 0));
	}
	postgres_array_end(&run->params);
	postgres_bind_int64(&run->params, run->part);
	return is_over(&rows, run->part, run->expiries, run->count);
}

static int drop(struct day_run *run, struct error *err)
{
	char sql[64];

	postgres_add_text(run->connection, NOTE_GONE, &run->params);
	snprintf(sql, sizeof(sql), "drop table detail_%lld", (long long)run->part);
	postgres_add_text(run->connection, sql, NULL);
	if (run->records_count > 0) {
		postgres_audit_write(
			run->connection, run->records, run->records_count, &run->params);
	}
	postgres_add(run->connection, POSTGRES_COMMIT, NULL);
	return postgres_run(run->connection, err);
}

int postgres_day_drop(struct store *base, const struct store_expiry *expiries, size_t count,
	const struct store_day *day, int64_t *ret_dropped, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	AUTO(run_end)
	struct day_run run = {
		.expiries = expiries, .count = count, .part = day->start / SECONDS_A_DAY};
	int over;

	arena_init(&run.arena, SIZE_MAX);
	postgres_params_init(&run.params);
	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	run.connection = session.connection;
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

/* Under the account's lock: whoever stores calls of it sees their headers before or after, not
 * between. */
static int tidy(struct postgres_connection *connection, int64_t account_id, int64_t part,
	int64_t limit, struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params params;

	postgres_params_init(&params);
	postgres_array_begin(&params, POSTGRES_BIGINT);
	postgres_array_int64(&params, account_id);
	postgres_array_end(&params);
	postgres_add(connection, POSTGRES_BEGIN_WRITE, NULL);
	postgres_add(connection, POSTGRES_ACCOUNTS_LOCK, &params);
	postgres_add(connection, POSTGRES_PLAN_EACH, NULL);
	postgres_params_clear(&params);
	postgres_bind_int64(&params, account_id);
	postgres_bind_int64(&params, part);
	postgres_bind_int64(&params, limit);
	postgres_add_text(connection, TIDY, &params);
	postgres_add(connection, POSTGRES_COMMIT, NULL);
	return postgres_run(connection, err);
}

int postgres_day_tidy(struct store *base, int64_t limit, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	struct postgres_rows rows;

	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	postgres_add_text(session.connection,
		"select account_id, part from detail_gone order by account_id, part limit 1", NULL);
	if (postgres_run(session.connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(session.connection, 0);
	if (rows.count == 0) {
		return 0;
	}
	return tidy(session.connection, postgres_int64(&rows, 0, 0), postgres_int64(&rows, 0, 1),
		       limit, err) < 0
		       ? -1
		       : 1;
}
