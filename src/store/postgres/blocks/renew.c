/* SPDX-License-Identifier: MIT
 * Blocks that are to be made anew: many of their calls changed, or something was erased. A block
 * that was renewed has another id. So what was read of it before is never written under it. */
#include "store/postgres/blocks/blocks.h"

/* clang-format off */
#define IS_LIVE \
	"exists (select from live v where v.account_id = $account_id::bigint" \
	" and v.session_id = l.session_id)"
/* What %s finds of the block b is no longer made. All parts see what was there before, and name the
 * account: Citus runs them in one task. A late call that goes on stays late. */
#define RENEW(which) \
	"with old as materialized (select b.id, b.low, b.high from block b" \
	" where b.account_id = $account_id::bigint and " which ")," \
	" columns as (delete from segment s using old o where " BLOCK_SEGMENTS("o") ")," \
	" went as (delete from gone g using old o where g.account_id = $account_id::bigint" \
	" and g.start between o.low and o.high)," \
	" came as (delete from late l using old o where l.account_id = $account_id::bigint" \
	" and l.start between o.low and o.high and not " IS_LIVE ")" \
	" update block b set id = default, calls = 0, detail = 0, first_start = 0," \
	" last_start = 0, dropped_to = -1 from old o where b.account_id = $account_id::bigint" \
	" and b.id = o.id"

static const struct postgres_statement renew_one = {.sql = RENEW("b.id = $id::bigint")};
static const struct postgres_statement renew_changed = {.sql = RENEW(
	"exists (select from gone g where g.account_id = $account_id::bigint"
	" and g.start between b.low and b.high)")};

#define WITHIN " and b.high >= $low::bigint and b.high <= $high::bigint"
static const struct postgres_statement replace[] = {
	{.sql = "delete from segment s using block b where b.account_id = $account_id::bigint"
		WITHIN " and " BLOCK_SEGMENTS("b")},
	{.sql = "delete from block b where b.account_id = $account_id::bigint" WITHIN},
	{.sql = "delete from gone g where " BLOCK_RANGE("g")},
	{.sql = "delete from late l where " BLOCK_RANGE("l") " and not " IS_LIVE},
	/* No block has calls that go on. */
	{.sql = "insert into late (account_id, start, session_id)"
		" select c.account_id, c.start, c.session_id from live v join call c"
		" on c.account_id = v.account_id and c.session_id = v.session_id"
		" where v.account_id = $account_id::bigint and " BLOCK_RANGE("c")
		" on conflict do nothing"},
	{.sql = "insert into block (account_id, low, high, calls, detail, first_start, last_start,"
		" dropped_to, version) values ($account_id::bigint, $low::bigint, $high::bigint,"
		" 0, 0, 0, 0, -1, $version::bigint)"},
};

static const struct postgres_statement forget[] = {
	{.sql = "delete from segment where account_id = $account_id::bigint"},
	{.sql = "delete from block where account_id = $account_id::bigint"},
	{.sql = "delete from sealed where account_id = $account_id::bigint"},
	{.sql = "delete from gone where account_id = $account_id::bigint"},
	{.sql = "delete from late where account_id = $account_id::bigint"},
};

/* For each call that is not as its block has it, the block. */
#define BLOCK_OF(calls) \
	" cross join lateral (select b.id from block b where b.account_id = " calls ".account_id" \
	" and b.high >= " calls ".start order by b.high limit 1) b"
static const struct postgres_statement block_worst = {
	.sql = "with loose as materialized (select account_id, id, count(*) as times from ("
	"select g.account_id, b.id from gone g" BLOCK_OF("g") " union all "
	"select l.account_id, b.id from late l" BLOCK_OF("l") " where not exists"
	" (select from live v where v.account_id = l.account_id and v.session_id = l.session_id)) c"
	" group by account_id, id)"
	" select " BLOCK_COLUMNS " from loose o join block b on b.account_id = o.account_id"
	" and b.id = o.id where b.calls <> 0 and (o.times * $share::bigint >"
	" greatest(b.calls, $few::bigint) or (select sum(times) from loose) > $most::bigint)"
	" order by o.times desc limit 1"};
/* Detail that was dropped leaves the block when all of it was. */
static const struct postgres_statement block_old = {
	.sql = "select " BLOCK_COLUMNS " from block b where (b.calls > 0 and b.version <"
	" $version::bigint) or (b.detail > 0 and b.dropped_to >= b.last_start)"
	" order by b.id desc limit 1"};
/* clang-format on */

void postgres_blocks_replace(
	struct postgres_connection *connection, int64_t account_id, int64_t low, int64_t high)
{
	BIND(connection, INT64(account_id, account_id), INT64(low, low), INT64(high, high),
		INT64(version, COLUMN_VERSION));
	for (size_t i = 0; i < COUNT_OF(replace); i++) {
		postgres_add(connection, &replace[i]);
	}
}

int postgres_block_renew(
	struct postgres_store *store, int64_t account_id, int64_t block_id, struct error *err)
{
	POSTGRES_BORROW(connection, &store->base, err);

	postgres_add_lock(connection, &account_id, 1);
	BIND(connection, INT64(account_id, account_id), INT64(id, block_id));
	postgres_add(connection, &renew_one);
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err);
}

void postgres_blocks_renew_changed(struct postgres_connection *connection, int64_t account_id)
{
	BIND(connection, INT64(account_id, account_id));
	postgres_add(connection, &renew_changed);
}

int postgres_blocks_forget(struct postgres_store *store, int64_t account_id, struct error *err)
{
	POSTGRES_BORROW(connection, &store->base, err);

	postgres_add_lock(connection, &account_id, 1);
	BIND(connection, INT64(account_id, account_id));
	for (size_t i = 0; i < COUNT_OF(forget); i++) {
		postgres_add(connection, &forget[i]);
	}
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err);
}

static int read_one(struct postgres_connection *connection,
	const struct postgres_statement *statement, struct store_block *ret_block,
	struct error *err)
{
	struct postgres_rows rows;
	int found = postgres_ask(connection, statement, &rows, err);

	if (found > 0) {
		*ret_block = postgres_block_at(&rows, 0);
	}
	return found;
}

int postgres_block_to_renew(struct postgres_connection *connection, int64_t block_calls,
	struct store_block *ret_block, struct error *err)
{
	int found;

	BIND(connection, INT64(share, STORE_BLOCK_RENEW_SHARE), INT64(few, block_calls / 2),
		INT64(most, STORE_BLOCK_LOOSE_MAX));
	found = read_one(connection, &block_worst, ret_block, err);
	if (found != 0) {
		return found;
	}
	BIND(connection, INT64(version, COLUMN_VERSION));
	return read_one(connection, &block_old, ret_block, err);
}
