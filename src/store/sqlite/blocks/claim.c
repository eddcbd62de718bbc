/* SPDX-License-Identifier: MIT
 * Which calls become a block next. The newest become small blocks. Those are joined with what comes
 * after them as soon as there is enough for a whole one, so a call is encoded twice at the most.
 * Some calls stay in no block: calls that were up for long come in after others that started later.
 * Calls that go on do not count. */
#include "store/sqlite/blocks/blocks.h"
#include "store/sqlite/blocks/note.h"

/* clang-format off */
/* The tallies tell how many calls an account has, cheaply. */
#define DAYS_32 "2764800"
#define OF_ACCOUNT "where account_id = t.account_id"
static const struct sqlite_statement
	call_newest = {"select max(id) from call"},
	/* Accounts that have as many calls in no block, or that are not made yet. */
	accounts = {
		"select account_id, coalesce((select up_to from sealed " OF_ACCOUNT "), -1) "
		"from tally t where is_all = 1 and seconds = " DAYS_32 " group by account_id "
		"having sum(calls) "
		"- coalesce((select sum(b.calls) from block b " OF_ACCOUNT " and b.calls > 0), 0) "
		"+ (select count(*) from gone " OF_ACCOUNT ") "
		"- (select count(*) from late " OF_ACCOUNT ") >= :calls"},
	live_count = {
		"select count(*) from live l join call c on c.id = l.call_id "
		"where l.account_id = :account_id and c.start > :up_to"},
	place_of = {
		"select start from call where account_id = :account_id and start > :up_to "
		"and not exists (select 1 from live where call_id = call.id) "
		"order by start limit 1 offset :at"},
	/* The last second before the one in which the block would be full. */
	start_before = {
		"select coalesce(max(start), -1) from call where account_id = :account_id "
		"and start > :up_to and start < :start"},
	newest_first = {
		"select " BLOCK_COLUMNS " from block where account_id = :account_id "
		"order by high desc"},
	block_from = {"select 1 from block where account_id = :account_id and low = :low"},
	up_to_put = {
		"insert or replace into sealed (account_id, up_to) values (:account_id, :high)"};
enum { ACCOUNT_ID, ACCOUNT_UP_TO };
/* clang-format on */

static int read_claim(
	struct sqlite_cursor *row, struct arena *arena, void *ret_claim, struct error *err)
{
	(void)arena;
	(void)err;
	*(struct store_block_claim *)ret_claim =
		(struct store_block_claim){.account_id = sqlite_column_int64(row, ACCOUNT_ID),
			.up_to = sqlite_column_int64(row, ACCOUNT_UP_TO)};
	return 0;
}

static int join_small(struct sqlite_connection *connection, int64_t block_calls,
	struct store_block_claim *claim, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(
		connection, &newest_first, BIND(INT64(account_id, claim->account_id)), err);
	int more;

	claim->low = claim->up_to + 1;
	while ((more = sqlite_step(&row, err)) > 0) {
		const struct store_block block = sqlite_block_at(&row);

		if (!store_block_join(claim, &block, block_calls)) {
			break;
		}
	}
	return more < 0 ? -1 : 0;
}

/* Finds where the next @calls calls end that are in no block. */
static int find_end(struct sqlite_connection *connection, int64_t calls,
	struct store_block_claim *claim, struct error *err)
{
	int64_t account_id = claim->account_id, up_to = claim->up_to, full;
	int found;

	claim->high = up_to;
	if (calls == 0) {
		return 1;
	}
	found = sqlite_read_int64(connection, &place_of,
		BIND(INT64(account_id, account_id), INT64(up_to, up_to), INT64(at, calls)), &full,
		err);
	if (found <= 0) {
		return found;
	}
	found = sqlite_read_int64(connection, &start_before,
		BIND(INT64(account_id, account_id), INT64(up_to, up_to), INT64(start, full)),
		&claim->high, err);
	if (found > 0 && claim->high <= up_to) {
		claim->high = full; /* a second has more calls than are to be claimed */
	}
	return found;
}

/* 1 when the account has a claim; 0: it has too few calls. */
static int find_of_account(struct sqlite_connection *connection, int64_t block_calls,
	struct store_block_claim *claim, struct error *err)
{
	const struct sqlite_subject subject = {
		.connection = connection, .account_id = claim->account_id};
	int64_t calls, live;

	if (sqlite_count_window(&subject, claim->up_to + 1, INT64_MAX, &calls, err) < 0 ||
		sqlite_read_int64(connection, &live_count,
			BIND(INT64(account_id, claim->account_id), INT64(up_to, claim->up_to)),
			&live, err) < 0 ||
		join_small(connection, block_calls, claim, err) < 0) {
		return -1;
	}
	calls = store_block_plan(claim, calls - live, block_calls);
	return calls < 0 ? 0 : find_end(connection, calls, claim, err);
}

/* Returns 1 when it is done; 0: another program was faster. */
static int write_claim(
	struct sqlite_store *store, const struct store_block_claim *claim, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int64_t account_id = claim->account_id, up_to = -1, one;
	int there = 1;

	if (sqlite_writer_begin(&writer, &store->base, err) < 0 ||
		sqlite_sealed_to(writer.connection, account_id, &up_to, err) < 0) {
		return -1;
	}
	if (claim->low <= up_to) {
		there = sqlite_read_int64(writer.connection, &block_from,
			BIND(INT64(account_id, account_id), INT64(low, claim->low)), &one, err);
	}
	if (there <= 0 || up_to != claim->up_to) {
		return there < 0 ? -1 : 0;
	}
	if (sqlite_blocks_replace(writer.connection, account_id, claim->low, claim->high, err) <
			0 ||
		sqlite_run(writer.connection, &up_to_put,
			BIND(INT64(account_id, account_id), INT64(high, claim->high)), err) < 0 ||
		sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	return 1;
}

/* 1 when *ret_claim is one. */
static int find_claim(struct sqlite_store *store, struct store_block_claim *ret_claim,
	int64_t *ret_newest, struct error *err)
{
	AUTO(sqlite_reader_close)
	struct sqlite_reader reader = sqlite_reader_open_snapshot(&store->base, err);
	AUTO(arena_deinit) struct arena arena;
	struct sqlite_list list = {
		.arena = &arena, .size = sizeof(struct store_block_claim), .read = read_claim};
	struct store_block_claim *claims;

	arena_init(&arena, SIZE_MAX);
	if (!reader.connection || sqlite_read_int64(reader.connection, &call_newest, BIND_NOTHING,
					  ret_newest, err) < 0) {
		return -1;
	}
	if (*ret_newest - store->claimed_to < store_block_rest(store->block_calls) &&
		*ret_newest >= store->claimed_to) {
		return 0;
	}
	if (sqlite_list(&list, reader.connection, &accounts,
		    BIND(INT64(calls, store_block_small(store->block_calls) +
					      store_block_rest(store->block_calls))),
		    err) < 0) {
		return -1;
	}
	claims = list.items;
	for (size_t i = 0; i < list.count; i++) {
		int found = find_of_account(reader.connection, store->block_calls, &claims[i], err);

		if (found != 0) {
			*ret_claim = claims[i];
			return found;
		}
	}
	store->claimed_to = *ret_newest;
	return 0;
}

int sqlite_block_claim(struct sqlite_store *store, struct error *err)
{
	struct store_block_claim claim;
	int64_t newest;
	int found = find_claim(store, &claim, &newest, err);

	if (found <= 0) {
		return found;
	}
	return write_claim(store, &claim, err) < 0 ? -1 : 1;
}
