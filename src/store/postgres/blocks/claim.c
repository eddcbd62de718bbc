/* SPDX-License-Identifier: MIT
 * Which calls become a block next: those that rested, as store/blocks/blocks.h has it. Under the
 * account's lock the range is closed. Each call of it that was stored before is seen by whichever
 * snapshot is taken later; each one that comes later finds the range closed, and is noted. */
#include "store/postgres/blocks/blocks.h"
#include "store/tally.h"

/* clang-format off */
static const struct postgres_statement change_newest = {.sql = "select newest from change_head"};
/* Accounts that have as many calls in no block, or in those that are not made yet. */
#define OF_ACCOUNT " where account_id = a.account_id"
static const struct postgres_statement accounts = {
	.sql = "select a.account_id, coalesce(s.up_to, -1) as up_to from account a"
	" left join sealed s on s.account_id = a.account_id"
	" where (select coalesce(sum(calls), 0) from tally" OF_ACCOUNT " and is_all"
	" and dest_key = '' and seconds = $seconds::integer)"
	" - (select coalesce(sum(calls), 0) from block" OF_ACCOUNT " and calls > 0)"
	" + (select count(*) from gone" OF_ACCOUNT ")"
	" - (select count(*) from late" OF_ACCOUNT ") >= $calls::bigint order by a.account_id"};
#define ROW_IS_LIVE \
	"exists (select from live v where v.account_id = $account_id::bigint" \
	" and v.session_id = c.session_id)"
static const struct postgres_statement live_count = {
	.sql = "select count(*) from live v join call c on c.account_id = v.account_id"
	" and c.session_id = v.session_id where v.account_id = $account_id::bigint"
	" and c.start > $up_to::bigint"};
static const struct postgres_statement newest_first = {
	.sql = "select " BLOCK_COLUMNS " from block b where b.account_id = $account_id::bigint"
	" order by b.high desc limit 64"};
static const struct postgres_statement place_of = {
	.sql = "select c.start from call c where c.account_id = $account_id::bigint"
	" and c.start > $up_to::bigint and not " ROW_IS_LIVE
	" order by c.start, c.session_id limit 1 offset $at::bigint"};
/* The last second before the one in which the block would be full. */
static const struct postgres_statement start_before = {
	.sql = "select coalesce(max(c.start), -1) from call c where c.account_id ="
	" $account_id::bigint and c.start > $up_to::bigint and c.start < $start::bigint"};

static const struct postgres_statement sealed_to = {
	.sql = "select up_to from sealed where account_id = $account_id::bigint"};
static const struct postgres_statement block_from = {
	.sql = "select 1 from block where account_id = $account_id::bigint and low = $low::bigint"};
static const struct postgres_statement up_to_put = {
	.sql = "insert into sealed (account_id, up_to) values ($account_id::bigint, $high::bigint)"
	" on conflict (account_id) do update set up_to = excluded.up_to"};
/* clang-format on */

static const struct postgres_column columns[] = {
	{"account_id", POSTGRES_BIGINT, POSTGRES_MEMBER(struct store_block_claim, account_id)},
	{"up_to", POSTGRES_BIGINT, POSTGRES_MEMBER(struct store_block_claim, up_to)},
};
static const struct postgres_layout layout = POSTGRES_LAYOUT(columns, struct store_block_claim);

/* How many calls of the account have ended and started after claim->up_to. */
static int count_fresh(struct postgres_connection *connection,
	const struct store_block_claim *claim, int64_t *ret_calls, struct error *err)
{
	const struct postgres_subject subject =
		postgres_subject_of(connection, claim->account_id, (struct call_keys){0});
	size_t first = 0, counts = 0;
	struct postgres_rows rows;

	BIND(connection, INT64(account_id, claim->account_id), INT64(up_to, claim->up_to));
	postgres_add(connection, &live_count);
	first = 1;
	counts = postgres_add_counts(&subject, claim->up_to + 1, INT64_MAX);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, 0);
	*ret_calls = postgres_sum(connection, first, counts) - postgres_only(&rows);
	return 0;
}

static int join_small(struct postgres_connection *connection, int64_t block_calls,
	struct store_block_claim *claim, struct error *err)
{
	struct postgres_rows rows;

	claim->low = claim->up_to + 1;
	BIND(connection, INT64(account_id, claim->account_id));
	if (postgres_ask(connection, &newest_first, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		const struct store_block block = postgres_block_at(&rows, i);

		if (!store_block_join(claim, &block, block_calls)) {
			break;
		}
	}
	return 0;
}

/* Finds where the next @calls calls end that are in no block. */
static int find_end(struct postgres_connection *connection, int64_t calls,
	struct store_block_claim *claim, struct error *err)
{
	int64_t full = 0;
	int found;

	claim->high = claim->up_to;
	if (calls == 0) {
		return 1;
	}
	BIND(connection, INT64(account_id, claim->account_id), INT64(up_to, claim->up_to),
		INT64(at, calls));
	found = postgres_ask_int64(connection, &place_of, &full, err);
	if (found <= 0) {
		return found;
	}
	BIND(connection, INT64(account_id, claim->account_id), INT64(up_to, claim->up_to),
		INT64(start, full));
	found = postgres_ask_int64(connection, &start_before, &claim->high, err);
	if (found > 0 && claim->high <= claim->up_to) {
		claim->high = full; /* a second has more calls than are to be claimed */
	}
	return found;
}

/* 1 when the account has a claim; 0: it has too few calls. */
static int find_of_account(struct postgres_connection *connection, int64_t block_calls,
	struct store_block_claim *claim, struct error *err)
{
	int64_t calls;

	if (count_fresh(connection, claim, &calls, err) < 0 ||
		join_small(connection, block_calls, claim, err) < 0) {
		return -1;
	}
	calls = store_block_plan(claim, calls, block_calls);
	return calls < 0 ? 0 : find_end(connection, calls, claim, err);
}

/* 1 when *ret_claim is one. */
static int find_claim(
	struct postgres_store *store, struct store_block_claim *ret_claim, struct error *err)
{
	POSTGRES_BORROW_SNAPSHOT(connection, &store->base, err);
	AUTO(arena_deinit) struct arena arena;
	int64_t block_calls = store->block_calls, newest = 0;
	struct store_block_claim *claims;
	size_t count;

	arena_init(&arena, SIZE_MAX);
	if (postgres_ask_int64(connection, &change_newest, &newest, err) < 0) {
		return -1;
	}
	if (newest - store->claimed_to < store_block_rest(block_calls) &&
		newest >= store->claimed_to) {
		return 0;
	}
	BIND(connection, INT32(seconds, (int32_t)tally_unit_seconds(TALLY_UNITS - 1)),
		INT64(calls, store_block_small(block_calls) + store_block_rest(block_calls)));
	if (postgres_list(connection, &accounts, &layout, &arena, &claims, &count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		int found = find_of_account(connection, block_calls, &claims[i], err);

		if (found != 0) {
			*ret_claim = claims[i];
			return found;
		}
	}
	store->claimed_to = newest;
	return 0;
}

/* Nothing is done where another program was faster. */
static int write_claim(
	struct postgres_store *store, const struct store_block_claim *claim, struct error *err)
{
	POSTGRES_BORROW(connection, &store->base, err);
	struct postgres_rows rows;
	size_t sealed, from;
	int64_t up_to;

	postgres_add_lock(connection, &claim->account_id, 1);
	BIND(connection, INT64(account_id, claim->account_id), INT64(low, claim->low));
	sealed = postgres_add(connection, &sealed_to);
	from = postgres_add(connection, &block_from);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, sealed);
	up_to = rows.count > 0 ? postgres_only(&rows) : -1;
	rows = postgres_rows(connection, from);
	if (up_to != claim->up_to || (claim->low <= up_to && rows.count == 0)) {
		return 0;
	}
	postgres_blocks_replace(connection, claim->account_id, claim->low, claim->high);
	BIND(connection, INT64(account_id, claim->account_id), INT64(high, claim->high));
	postgres_add(connection, &up_to_put);
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err);
}

int postgres_block_claim(struct postgres_store *store, struct error *err)
{
	struct store_block_claim claim;
	int found = find_claim(store, &claim, err);

	if (found <= 0) {
		return found;
	}
	return write_claim(store, &claim, err) < 0 ? -1 : 1;
}
