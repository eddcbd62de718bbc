/* SPDX-License-Identifier: MIT
 * Which calls become a block next. What lies in no block stays a little more than a block: calls
 * that were up for long come in after others that started later. */
#include "store/sqlite/blocks/blocks.h"
#include "store/sqlite/blocks/note.h"

/* So many calls, as a share of a block, stay in no block. */
#define REST_SHARE 8

/* clang-format off */
/* The tallies tell how many calls an account has, cheaply. */
#define DAYS_32 "2764800"
static const struct sqlite_statement
	call_newest = {"select max(id) from call"},
	/* Accounts that may have as many calls in no block. */
	accounts = {
		"select account_id, coalesce((select up_to from sealed s "
		"where s.account_id = t.account_id), -1) from tally t "
		"where is_all = 1 and seconds = " DAYS_32 " group by account_id "
		"having sum(calls) - coalesce((select sum(b.calls) from block b "
		"where b.account_id = t.account_id and b.calls > 0), 0) >= :calls"},
	place_of = {
		"select start from call where account_id = :account_id and start > :up_to "
		"order by start limit 1 offset :at"},
	/* The last second before the one in which the block would be full. */
	start_before = {
		"select coalesce(max(start), -1) from call where account_id = :account_id "
		"and start > :up_to and start < :start"},
	up_to_put = {
		"insert or replace into sealed (account_id, up_to) values (:account_id, :high)"},
	block_add = {
		"insert into block (account_id, low, high, calls, detail, first_start, last_start, "
		"dropped_to) values (:account_id, :low, :high, 0, 0, 0, 0, -1)"},
	late_live = {
		"insert into late select c.account_id, c.start, c.id from live l "
		"join call c on c.id = l.call_id where l.account_id = :account_id "
		"and c.start >= :low and c.start <= :high"};
enum { ACCOUNT_ID, ACCOUNT_UP_TO };
/* clang-format on */

struct claim {
	int64_t account_id;
	int64_t up_to; /* of the blocks that are there; -1: none is */
	int64_t high;
};

static int read_claim(
	struct sqlite_cursor *row, struct arena *arena, void *ret_claim, struct error *err)
{
	(void)arena;
	(void)err;
	*(struct claim *)ret_claim =
		(struct claim){.account_id = sqlite_column_int64(row, ACCOUNT_ID),
			.up_to = sqlite_column_int64(row, ACCOUNT_UP_TO)};
	return 0;
}

/* Finds where the claim ends; 0: the account has too few calls. */
static int find_end(struct sqlite_connection *connection, int64_t block_calls, struct claim *claim,
	struct error *err)
{
	int64_t account_id = claim->account_id, up_to = claim->up_to, start, full;
	int found = sqlite_read_int64(connection, &place_of,
		BIND(INT64(account_id, account_id), INT64(up_to, up_to),
			INT64(at, block_calls + block_calls / REST_SHARE)),
		&start, err);

	if (found <= 0) {
		return found;
	}
	found = sqlite_read_int64(connection, &place_of,
		BIND(INT64(account_id, account_id), INT64(up_to, up_to), INT64(at, block_calls)),
		&full, err);
	if (found <= 0) {
		return found;
	}
	found = sqlite_read_int64(connection, &start_before,
		BIND(INT64(account_id, account_id), INT64(up_to, up_to), INT64(start, full)),
		&claim->high, err);
	if (found > 0 && claim->high <= up_to) {
		claim->high = full; /* a second has more calls than a block */
	}
	return found;
}

static int run_range(struct sqlite_connection *connection, const struct sqlite_statement *statement,
	int64_t account_id, int64_t low, int64_t high, struct error *err)
{
	return sqlite_run(connection, statement,
		BIND(INT64(account_id, account_id), INT64(low, low), INT64(high, high)), err);
}

int sqlite_block_add(struct sqlite_connection *connection, int64_t account_id, int64_t low,
	int64_t high, struct error *err)
{
	return run_range(connection, &block_add, account_id, low, high, err);
}

int sqlite_block_late_live(struct sqlite_connection *connection, int64_t account_id, int64_t low,
	int64_t high, struct error *err)
{
	return run_range(connection, &late_live, account_id, low, high, err);
}

/* Returns 1 when it is done; 0: another program was faster. */
static int write_claim(struct sqlite_store *store, const struct claim *claim, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int64_t account_id = claim->account_id, low = claim->up_to + 1, up_to = -1;

	if (sqlite_writer_begin(&writer, &store->base, err) < 0 ||
		sqlite_sealed_to(writer.connection, account_id, &up_to, err) < 0) {
		return -1;
	}
	if (up_to != claim->up_to) {
		return 0;
	}
	if (sqlite_block_add(writer.connection, account_id, low, claim->high, err) < 0 ||
		sqlite_block_late_live(writer.connection, account_id, low, claim->high, err) < 0 ||
		sqlite_run(writer.connection, &up_to_put,
			BIND(INT64(account_id, account_id), INT64(high, claim->high)), err) < 0 ||
		sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	return 1;
}

/* 1 when *ret_claim is one. */
static int find_claim(
	struct sqlite_store *store, struct claim *ret_claim, int64_t *ret_newest, struct error *err)
{
	AUTO(sqlite_reader_close)
	struct sqlite_reader reader = sqlite_reader_open_snapshot(&store->base, err);
	AUTO(arena_deinit) struct arena arena;
	struct sqlite_list list = {
		.arena = &arena, .size = sizeof(struct claim), .read = read_claim};
	struct claim *claims;

	arena_init(&arena, SIZE_MAX);
	if (!reader.connection || sqlite_read_int64(reader.connection, &call_newest, BIND_NOTHING,
					  ret_newest, err) < 0) {
		return -1;
	}
	if (*ret_newest - store->claimed_to < store->block_calls / REST_SHARE &&
		*ret_newest >= store->claimed_to) {
		return 0;
	}
	if (sqlite_list(&list, reader.connection, &accounts, BIND(INT64(calls, store->block_calls)),
		    err) < 0) {
		return -1;
	}
	claims = list.items;
	for (size_t i = 0; i < list.count; i++) {
		int found = find_end(reader.connection, store->block_calls, &claims[i], err);

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
	struct claim claim;
	int64_t newest;
	int found = find_claim(store, &claim, &newest, err);

	if (found <= 0) {
		return found;
	}
	return write_claim(store, &claim, err) < 0 ? -1 : 1;
}
