/* SPDX-License-Identifier: MIT
 * From rows to a block. The rows are read and encoded beside the writer. Writers note what changes
 * meanwhile, as of any block (blocks/note.h). So what is written then is right, whatever came
 * between. */
#include "column/encode.h"
#include "store/sqlite/blocks/blocks.h"

/* clang-format off */
#define IN_RANGE "account_id = :account_id and start >= :low and start <= :high"
static const struct sqlite_statement
	block_find = {"select calls from block where id = :id"},
	gone_read = {"select start, call_id from gone where " IN_RANGE " order by start"},
	rows_read = {
		"select " ROW_COLUMNS " from call where " IN_RANGE " and not exists "
		"(select 1 from late l where l.account_id = call.account_id "
		"and l.start = call.start and l.call_id = call.id) "
		"order by start, session_id limit :limit"},
	gone_drop = {
		"delete from gone where account_id = :account_id and start = :start "
		"and call_id = :call_id"},
	segment_add = {"insert into segment (id, data) values (:id, :data)"},
	block_made = {
		"update block set high = :high, calls = :calls, detail = :detail, "
		"first_start = :first_start, last_start = :last_start, version = :version "
		"where id = :id"},
	block_hopeless = {"update block set calls = -1 where id = :id"},
	/* A block without calls goes, and its range with the next one's, or with no block's. */
	block_drop = {"delete from block where id = :id"},
	next_lower = {
		"update block set low = :low where account_id = :account_id and low = :high + 1"},
	sealed_lower = {
		"update sealed set up_to = :low - 1 "
		"where account_id = :account_id and up_to = :high"},
	late_unsealed = {
		"delete from late where account_id = :account_id and start > "
		"(select up_to from sealed where account_id = :account_id)"},
	gone_unsealed = {
		"delete from gone where account_id = :account_id and start > "
		"(select up_to from sealed where account_id = :account_id)"};
/* clang-format on */

/* One sqlite_block_make(). */
struct making {
	struct sqlite_store *store;
	const struct store_block *block;
	struct arena arena;
	struct column_kinds kinds;
	struct column_row *rows;
	size_t count;
	struct store_block_cut cut;
	/* Calls that were in the range when it was claimed, but went before the rows were read. */
	struct store_gone *gone;
	size_t gone_count;
	struct column_blobs blobs;
};

static int read_row(
	struct sqlite_cursor *row, struct arena *arena, void *ret_row, struct error *err)
{
	return sqlite_column_row(row, true, arena, ret_row, err) < 0
		       ? -1
		       : sqlite_stays_at(row, ret_row, arena, err);
}

/* Of rows that do not say it. */
static int read_stays(
	struct making *making, struct sqlite_connection *connection, struct error *err)
{
	AUTO(store_stays_deinit) struct store_stays stays = {0};

	for (size_t i = 0; i < making->count; i++) {
		if (sqlite_stays_add(&stays, connection, &making->rows[i], &making->arena, err) <
			0) {
			return -1;
		}
	}
	return 0;
}

/* 1 the rows are there; 0: the block is not to be made any more. */
static int read_rows(struct making *making, struct error *err)
{
	AUTO(sqlite_reader_close)
	struct sqlite_reader reader = sqlite_reader_open_snapshot(&making->store->base, err);
	const struct store_block *block = making->block;
	const struct sqlite_value values[] = {INT64(account_id, block->account_id),
		INT64(low, block->low), INT64(high, block->high),
		INT64(limit, making->store->block_calls + 1)};
	const struct sqlite_values range = {values, COUNT_OF(values)};
	struct sqlite_list gone = {
		.arena = &making->arena, .size = sizeof(*making->gone), .read = sqlite_gone_read};
	struct sqlite_list rows = {
		.arena = &making->arena, .size = sizeof(*making->rows), .read = read_row};
	int64_t calls;
	int found;

	if (!reader.connection) {
		return -1;
	}
	found = sqlite_read_int64(
		reader.connection, &block_find, BIND(INT64(id, block->id)), &calls, err);
	if (found <= 0 || calls != STORE_BLOCK_UNMADE) {
		return found < 0 ? -1 : 0;
	}
	if (sqlite_list(&gone, reader.connection, &gone_read, range, err) < 0 ||
		sqlite_list(&rows, reader.connection, &rows_read, range, err) < 0 ||
		sqlite_column_kinds(reader.connection, block->account_id, &making->arena,
			&making->kinds, err) < 0) {
		return -1;
	}
	making->gone = gone.items;
	making->gone_count = gone.count;
	making->rows = rows.items;
	making->count = rows.count;
	return read_stays(making, reader.connection, err) < 0 ? -1 : 1;
}

static int write_segments(
	const struct making *making, struct sqlite_connection *connection, struct error *err)
{
	for (int column = 0; column < COLUMN_COUNT; column++) {
		struct text data = buffer_text(&making->blobs.columns[column]);

		if (data.size > 0 &&
			sqlite_run(connection, &segment_add,
				BIND(INT64(id, making->block->id * STORE_BLOCK_SEGMENTS + column),
					BLOB(data, data)),
				err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int write_rest(
	const struct making *making, struct sqlite_connection *connection, struct error *err)
{
	const struct store_block *block = making->block;

	if (making->cut.high == block->high) {
		return 0;
	}
	return sqlite_block_add(
		connection, block->account_id, making->cut.high + 1, block->high, err);
}

static int write_block(
	const struct making *making, struct sqlite_connection *connection, struct error *err)
{
	const struct column_row *rows = making->rows;
	int64_t detail = 0;

	for (size_t i = 0; i < making->cut.used; i++) {
		detail += rows[i].call.has_detail;
	}
	if (write_segments(making, connection, err) < 0 ||
		sqlite_run(connection, &block_made,
			BIND(INT64(id, making->block->id), INT64(high, making->cut.high),
				INT64(calls, (int64_t)making->cut.used), INT64(detail, detail),
				INT64(first_start, rows[0].call.start),
				INT64(last_start, rows[making->cut.used - 1].call.start),
				INT64(version, COLUMN_VERSION)),
			err) < 0) {
		return -1;
	}
	return write_rest(making, connection, err);
}

static int write_hopeless(
	const struct making *making, struct sqlite_connection *connection, struct error *err)
{
	if (sqlite_run(connection, &block_made,
		    BIND(INT64(id, making->block->id), INT64(high, making->cut.high),
			    INT64(calls, STORE_BLOCK_HOPELESS), INT64(detail, 0),
			    INT64(first_start, 0), INT64(last_start, 0),
			    INT64(version, COLUMN_VERSION)),
		    err) < 0) {
		return -1;
	}
	return write_rest(making, connection, err);
}

static int write_nothing(
	const struct making *making, struct sqlite_connection *connection, struct error *err)
{
	const struct store_block *block = making->block;
	const struct sqlite_value values[] = {INT64(account_id, block->account_id),
		INT64(low, block->low), INT64(high, block->high)};
	const struct sqlite_values range = {values, COUNT_OF(values)};

	if (sqlite_run(connection, &block_drop, BIND(INT64(id, block->id)), err) < 0 ||
		sqlite_run(connection, &next_lower, range, err) < 0 ||
		sqlite_run(connection, &sealed_lower, range, err) < 0 ||
		sqlite_run(connection, &late_unsealed, range, err) < 0) {
		return -1;
	}
	return sqlite_run(connection, &gone_unsealed, range, err);
}

static int drop_gone(
	const struct making *making, struct sqlite_connection *connection, struct error *err)
{
	for (size_t i = 0; i < making->gone_count; i++) {
		const struct store_gone *gone = &making->gone[i];

		if (sqlite_run(connection, &gone_drop,
			    BIND(INT64(account_id, making->block->account_id),
				    INT64(start, gone->start), INT64(call_id, gone->call_id)),
			    err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int write_all(const struct making *making, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int64_t calls;
	int found;

	if (sqlite_writer_begin(&writer, &making->store->base, err) < 0) {
		return -1;
	}
	found = sqlite_read_int64(
		writer.connection, &block_find, BIND(INT64(id, making->block->id)), &calls, err);
	if (found <= 0 || calls != STORE_BLOCK_UNMADE) {
		return found < 0 ? -1 : 0; /* something was erased, or another program made it */
	}
	if (drop_gone(making, writer.connection, err) < 0 ||
		(making->cut.hopeless ? write_hopeless(making, writer.connection, err)
			: making->cut.used > 0
				? write_block(making, writer.connection, err)
				: write_nothing(making, writer.connection, err)) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}

static int encode(struct making *making, struct error *err)
{
	if (making->cut.used == 0) {
		return 0;
	}
	return column_encode(
		making->rows, (uint32_t)making->cut.used, &making->kinds, &making->blobs, err);
}

static int run(struct making *making, struct error *err)
{
	int found = read_rows(making, err);

	if (found <= 0) {
		return found;
	}
	making->cut = store_block_cut(
		making->rows, making->count, making->block->high, making->store->block_calls);
	if (encode(making, err) < 0) {
		return -1;
	}
	return write_all(making, err);
}

int sqlite_block_make(
	struct sqlite_store *store, const struct store_block *block, struct error *err)
{
	struct making making = {.store = store, .block = block};
	struct error problem = {0};
	int status;

	arena_init(&making.arena, STORE_BLOCK_BYTES_MAX);
	column_blobs_init(&making.blobs);
	status = run(&making, &problem);
	column_blobs_deinit(&making.blobs);
	arena_deinit(&making.arena);
	if (status == 0) {
		return 0;
	}
	/* Rows that are damaged make no block; verifying the store tells of them. */
	if ((problem.code == ERROR_CORRUPT || problem.code == ERROR_INVALID) &&
		sqlite_change(&store->base, &block_hopeless, BIND(INT64(id, block->id)), NULL) >=
			0) {
		return error_set(err, problem.code,
			"the calls of a block cannot be brought into columns: %s", problem.message);
	}
	return error_set(err, problem.code, "%s", problem.message);
}
