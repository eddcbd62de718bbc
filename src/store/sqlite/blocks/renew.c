/* SPDX-License-Identifier: MIT
 * Blocks that are to be made anew: many of their calls changed, or something was erased. A block
 * that was renewed has another id. So what was read of it before is never written under it. */
#include "store/sqlite/blocks/blocks.h"

/* clang-format off */
#define IN_RANGE "account_id = :account_id and start >= :low and start <= :high"
#define IN_BLOCK "account_id = b.account_id and start >= b.low and start <= b.high"
/* For each call that is not as its block has it, the block. */
#define BLOCK_OF(calls) \
	"(select id from block b where b.account_id = " calls ".account_id " \
	"and b.high >= " calls ".start order by b.high limit 1)"
#define LOOSE \
	"with loose as materialized (select id as block_id, count(*) as times from (" \
	"select " BLOCK_OF("gone") " as id from gone union all " \
	"select " BLOCK_OF("late") " from late where not exists " \
	"(select 1 from live where live.call_id = late.call_id)) group by id) "
#define HAS_GONE \
	"from block b where account_id = :account_id " \
	"and exists (select 1 from gone where " IN_BLOCK ")"

static const struct sqlite_statement
	blocks_within = {
		"select " BLOCK_COLUMNS " from block where account_id = :account_id "
		"and high >= :low and high <= :high"},
	segments_drop = {
		"delete from segment where id >= :id * 32 and id < :id * 32 + 32"},
	gone_drop = {"delete from gone where " IN_RANGE},
	late_drop = {"delete from late where " IN_RANGE},
	block_drop = {"delete from block where id = :id"},
	block_add = {
		"insert into block (account_id, low, high, calls, detail, first_start, last_start, "
		"dropped_to) values (:account_id, :low, :high, 0, 0, 0, 0, -1)"},
	/* No block has calls that go on. */
	late_live = {
		"insert into late select c.account_id, c.start, c.id from live l "
		"join call c on c.id = l.call_id where l.account_id = :account_id "
		"and c.start >= :low and c.start <= :high"},
	blocks_changed = {"select " BLOCK_COLUMNS " " HAS_GONE},
	any_changed = {"select 1 " HAS_GONE " limit 1"},
	block_worst = {
		LOOSE "select " BLOCK_COLUMNS " from loose cross join block on id = block_id "
		"where calls <> 0 and (times * :share > max(calls, :few) "
		"or (select sum(times) from loose) > :most) order by times desc limit 1"},
	/* Detail that was dropped leaves the block when all of it was. */
	block_old = {
		"select " BLOCK_COLUMNS " from block where (calls > 0 and version < :version) "
		"or (detail > 0 and dropped_to >= last_start) order by id desc limit 1"};
/* Columns without a block go with it: they are those of any account. */
static const struct sqlite_statement forget[] = {
	{"delete from block where account_id = :account_id"},
	{"delete from sealed where account_id = :account_id"},
	{"delete from gone where account_id = :account_id"},
	{"delete from late where account_id = :account_id"},
	{"delete from segment where id / 32 not in (select id from block)"},
};
/* clang-format on */

int sqlite_block_add(struct sqlite_connection *connection, int64_t account_id, int64_t low,
	int64_t high, struct error *err)
{
	return sqlite_run(connection, &block_add,
		BIND(INT64(account_id, account_id), INT64(low, low), INT64(high, high)), err);
}

static int drop_within(
	struct sqlite_connection *connection, struct sqlite_values range, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct sqlite_list list = {
		.arena = &arena, .size = sizeof(struct store_block), .read = sqlite_block_read};
	const struct store_block *blocks;

	arena_init(&arena, SIZE_MAX);
	if (sqlite_list(&list, connection, &blocks_within, range, err) < 0) {
		return -1;
	}
	blocks = list.items;
	for (size_t i = 0; i < list.count; i++) {
		if (sqlite_run(connection, &segments_drop, BIND(INT64(id, blocks[i].id)), err) <
				0 ||
			sqlite_run(connection, &block_drop, BIND(INT64(id, blocks[i].id)), err) <
				0) {
			return -1;
		}
	}
	return 0;
}

int sqlite_blocks_replace(struct sqlite_connection *connection, int64_t account_id, int64_t low,
	int64_t high, struct error *err)
{
	const struct sqlite_value values[] = {
		INT64(account_id, account_id), INT64(low, low), INT64(high, high)};
	const struct sqlite_values range = {values, COUNT_OF(values)};

	if (drop_within(connection, range, err) < 0 ||
		sqlite_run(connection, &gone_drop, range, err) < 0 ||
		sqlite_run(connection, &late_drop, range, err) < 0 ||
		sqlite_run(connection, &late_live, range, err) < 0) {
		return -1;
	}
	return sqlite_block_add(connection, account_id, low, high, err);
}

int sqlite_blocks_forget(
	struct sqlite_connection *connection, int64_t account_id, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(forget); i++) {
		if (sqlite_run(connection, &forget[i], BIND(INT64(account_id, account_id)), err) <
			0) {
			return -1;
		}
	}
	return 0;
}

int sqlite_blocks_renew_changed(
	struct sqlite_connection *connection, int64_t account_id, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct sqlite_list list = {
		.arena = &arena, .size = sizeof(struct store_block), .read = sqlite_block_read};
	const struct store_block *blocks;

	arena_init(&arena, SIZE_MAX);
	if (sqlite_list(&list, connection, &blocks_changed, BIND(INT64(account_id, account_id)),
		    err) < 0) {
		return -1;
	}
	blocks = list.items;
	for (size_t i = 0; i < list.count; i++) {
		const struct store_block *block = &blocks[i];

		if (sqlite_blocks_replace(connection, account_id, block->low, block->high, err) <
			0) {
			return -1;
		}
	}
	return 0;
}

int sqlite_blocks_are_changed(
	struct sqlite_connection *connection, int64_t account_id, struct error *err)
{
	int64_t one;

	return sqlite_read_int64(
		connection, &any_changed, BIND(INT64(account_id, account_id)), &one, err);
}

static int read_one(struct sqlite_connection *connection, const struct sqlite_statement *statement,
	struct sqlite_values values, struct store_block *ret_block, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, statement, values, err);
	int found = sqlite_step(&row, err);

	if (found > 0) {
		*ret_block = sqlite_block_at(&row);
	}
	return found;
}

int sqlite_block_to_renew(struct sqlite_connection *connection, int64_t block_calls,
	struct store_block *ret_block, struct error *err)
{
	int found = read_one(connection, &block_worst,
		BIND(INT64(share, STORE_BLOCK_RENEW_SHARE), INT64(few, block_calls / 2),
			INT64(most, STORE_BLOCK_LOOSE_MAX)),
		ret_block, err);

	return found != 0 ? found
			  : read_one(connection, &block_old, BIND(INT64(version, COLUMN_VERSION)),
				    ret_block, err);
}
