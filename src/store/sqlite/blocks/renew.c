/* SPDX-License-Identifier: MIT
 * Blocks that are to be made anew: many of their calls changed, or something was erased. A block
 * that was renewed has another id. So what was read of it before is never written under it. */
#include "store/sqlite/blocks/blocks.h"

/* A block is made anew when one of so many of its calls is gone or came late. */
#define RENEW_SHARE 16

/* And when so many calls are in all, as a question looks at each: the worst block first. */
#define LOOSE_MAX 65536

/* clang-format off */
#define IN_RANGE "account_id = :account_id and start >= :low and start <= :high"
#define IN_BLOCK "account_id = b.account_id and start >= b.low and start <= b.high"
#define NOT_LIVE "and not exists (select 1 from live l where l.call_id = late.call_id)"
#define LOOSE \
	"((select count(*) from gone where " IN_BLOCK ") + " \
	"(select count(*) from late where " IN_BLOCK " " NOT_LIVE "))"
#define HAS_GONE \
	"from block b where account_id = :account_id " \
	"and exists (select 1 from gone where " IN_BLOCK ")"

static const struct sqlite_statement
	segments_drop = {
		"delete from segment where id >= :id * 32 and id < :id * 32 + 32"},
	gone_drop = {"delete from gone where " IN_RANGE},
	late_drop = {"delete from late where " IN_RANGE},
	block_drop = {"delete from block where id = :id"},
	blocks_changed = {"select " BLOCK_COLUMNS " " HAS_GONE},
	any_changed = {"select 1 " HAS_GONE " limit 1"},
	/* Detail that was dropped leaves the block when all of it was. */
	block_worst = {
		"select " BLOCK_COLUMNS " from (select b.*, " LOOSE " as loose from block b "
		"where calls <> 0) where loose * :share > max(calls, :few) "
		"or (loose > 0 and (select count(*) from gone) + (select count(*) from late "
		"where true " NOT_LIVE ") > :most) "
		"or (detail > 0 and dropped_to >= last_start) order by loose desc limit 1"};
/* Columns without a block go with it: they are those of any account. */
static const struct sqlite_statement forget[] = {
	{"delete from block where account_id = :account_id"},
	{"delete from sealed where account_id = :account_id"},
	{"delete from gone where account_id = :account_id"},
	{"delete from late where account_id = :account_id"},
	{"delete from segment where id / 32 not in (select id from block)"},
};
/* clang-format on */

int sqlite_block_renew(
	struct sqlite_connection *connection, const struct sqlite_block *block, struct error *err)
{
	const struct sqlite_value values[] = {INT64(account_id, block->account_id),
		INT64(low, block->low), INT64(high, block->high)};
	const struct sqlite_values range = {values, COUNT_OF(values)};

	if (sqlite_run(connection, &segments_drop, BIND(INT64(id, block->id)), err) < 0 ||
		sqlite_run(connection, &block_drop, BIND(INT64(id, block->id)), err) < 0 ||
		sqlite_run(connection, &gone_drop, range, err) < 0 ||
		sqlite_run(connection, &late_drop, range, err) < 0 ||
		sqlite_block_late_live(
			connection, block->account_id, block->low, block->high, err) < 0) {
		return -1;
	}
	return sqlite_block_add(connection, block->account_id, block->low, block->high, err);
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
		.arena = &arena, .size = sizeof(struct sqlite_block), .read = sqlite_block_read};
	const struct sqlite_block *blocks;

	arena_init(&arena, SIZE_MAX);
	if (sqlite_list(&list, connection, &blocks_changed, BIND(INT64(account_id, account_id)),
		    err) < 0) {
		return -1;
	}
	blocks = list.items;
	for (size_t i = 0; i < list.count; i++) {
		if (sqlite_block_renew(connection, &blocks[i], err) < 0) {
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

int sqlite_block_to_renew(struct sqlite_connection *connection, int64_t block_calls,
	struct sqlite_block *ret_block, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, &block_worst,
		BIND(INT64(share, RENEW_SHARE), INT64(few, block_calls / 2),
			INT64(most, LOOSE_MAX)),
		err);
	int found = sqlite_step(&row, err);

	if (found > 0) {
		*ret_block = sqlite_block_at(&row);
	}
	return found;
}
