/* SPDX-License-Identifier: MIT
 * What a writer notes of calls that belong to blocks. Triggers would do the same: with one, SQLite
 * keeps a journal of each statement, which doubles what storing a call takes. */
#include "store/sqlite/blocks/note.h"

/* clang-format off */
#define THE_CALL "account_id = :account_id and start = :start and call_id = :call_id"
static const struct sqlite_statement
	sealed_to = {"select up_to from sealed where account_id = :account_id"},
	late_add = {
		"insert into late (account_id, start, call_id) "
		"values (:account_id, :start, :call_id)"},
	late_drop = {"delete from late where " THE_CALL},
	gone_add = {
		"insert into gone (account_id, start, call_id) "
		"values (:account_id, :start, :call_id)"},
	detail_drop = {
		"update block set dropped_to = :start where dropped_to < :start and id = "
		"(select id from block where account_id = :account_id and high >= :start "
		"order by high limit 1)"};
/* clang-format on */

static int run(struct sqlite_block_notes *notes, const struct sqlite_statement *statement,
	int64_t account_id, int64_t start, int64_t id, struct error *err)
{
	return sqlite_run(notes->connection, statement,
		BIND(INT64(account_id, account_id), INT64(start, start), INT64(call_id, id)), err);
}

int sqlite_sealed_to(struct sqlite_connection *connection, int64_t account_id, int64_t *ret_up_to,
	struct error *err)
{
	return sqlite_read_int64(
		connection, &sealed_to, BIND(INT64(account_id, account_id)), ret_up_to, err);
}

/* 1 when calls that start at @start are in blocks, or late. */
static int is_sealed(
	struct sqlite_block_notes *notes, int64_t account_id, int64_t start, struct error *err)
{
	if (notes->account_id != account_id) {
		int64_t up_to = -1;

		if (sqlite_sealed_to(notes->connection, account_id, &up_to, err) < 0) {
			return -1;
		}
		notes->account_id = account_id;
		notes->up_to = up_to;
	}
	return start <= notes->up_to;
}

int sqlite_blocks_added(struct sqlite_block_notes *notes, int64_t account_id, int64_t id,
	int64_t start, struct error *err)
{
	int sealed = is_sealed(notes, account_id, start, err);

	return sealed > 0 ? run(notes, &late_add, account_id, start, id, err) : sealed;
}

int sqlite_blocks_dropped(struct sqlite_block_notes *notes, int64_t account_id, int64_t id,
	int64_t start, struct error *err)
{
	int sealed = is_sealed(notes, account_id, start, err);

	if (sealed <= 0) {
		return sealed;
	}
	if (run(notes, &late_drop, account_id, start, id, err) < 0) {
		return -1;
	}
	/* A call that was not late is in a block. */
	return sqlite3_changes(notes->connection->db) > 0
		       ? 0
		       : run(notes, &gone_add, account_id, start, id, err);
}

int sqlite_blocks_changed(struct sqlite_block_notes *notes, int64_t account_id, int64_t id,
	int64_t start, int64_t new_start, struct error *err)
{
	return sqlite_blocks_dropped(notes, account_id, id, start, err) < 0
		       ? -1
		       : sqlite_blocks_added(notes, account_id, id, new_start, err);
}

int sqlite_blocks_detail_dropped(
	struct sqlite_block_notes *notes, int64_t account_id, int64_t start, struct error *err)
{
	int sealed = is_sealed(notes, account_id, start, err);

	return sealed > 0 ? run(notes, &detail_drop, account_id, start, 0, err) : sealed;
}
