/* SPDX-License-Identifier: MIT
 * From rows to a block. The rows are read in a snapshot and encoded while others write. What
 * changes meanwhile is noted, as of any block. So what is written then is right, whatever came
 * between. */
#include "column/encode.h"
#include "store/postgres/blocks/blocks.h"

/* clang-format off */
static const struct postgres_statement block_find = {
	.sql = "select calls from block where account_id = $account_id::bigint"
	" and id = $id::bigint"};
static const struct postgres_statement gone_read = {
	.sql = "select g.start, g.session_id from gone g where " BLOCK_RANGE("g")};
static const struct postgres_statement rows_read = {
	.sql = "declare making no scroll cursor for select " BLOCK_ROW_COLUMNS ", false as live"
	" from (select * from call c where " BLOCK_RANGE("c") " and not exists"
	" (select from late l where l.account_id = $account_id::bigint and l.start = c.start"
	" and l.session_id = c.session_id) order by c.start, c.session_id limit $limit::bigint) c"
	" left join detail " POSTGRES_DETAIL_OF_CALL " order by c.start, c.session_id",
	.once = true};
static const struct postgres_statement fetch = {"fetch forward 500 from making", .once = true};

static const struct postgres_statement gone_drop = {
	.sql = "delete from gone g using unnest($start::bigint[], $session_id::text[])"
	" as u (start, session_id) where g.account_id = $account_id::bigint"
	" and g.start = u.start and g.session_id = u.session_id"};
static const struct postgres_statement segment_add = {
	.sql = "insert into segment (account_id, id, data) values ($account_id::bigint,"
	" $segment::bigint, $data::bytea)"};
static const struct postgres_statement block_made = {
	.sql = "update block set high = $high::bigint, calls = $calls::bigint,"
	" detail = $detail::bigint, first_start = $first_start::bigint,"
	" last_start = $last_start::bigint, version = $version::bigint,"
	" dropped_to = greatest(dropped_to, $dropped_to::bigint)"
	" where account_id = $account_id::bigint and id = $id::bigint"};
static const struct postgres_statement block_add = {
	.sql = "insert into block (account_id, low, high, calls, detail, first_start, last_start,"
	" dropped_to, version) values ($account_id::bigint, $low::bigint, $high::bigint, 0, 0, 0,"
	" 0, -1, $version::bigint)"};
static const struct postgres_statement block_hopeless = {
	.sql = "update block set calls = -1 where account_id = $account_id::bigint"
	" and id = $id::bigint and calls = 0"};
/* A block without calls goes, and its range with the next one's, or with no block's. */
static const struct postgres_statement without_calls[] = {
	{.sql = "delete from block where account_id = $account_id::bigint and id = $id::bigint"},
	{.sql = "update block set low = $low::bigint where account_id = $account_id::bigint"
		" and low = $high::bigint + 1"},
	{.sql = "update sealed set up_to = $low::bigint - 1"
		" where account_id = $account_id::bigint and up_to = $high::bigint"},
	{.sql = "delete from late where account_id = $account_id::bigint and start >"
		" (select up_to from sealed where account_id = $account_id::bigint)"},
	{.sql = "delete from gone where account_id = $account_id::bigint and start >"
		" (select up_to from sealed where account_id = $account_id::bigint)"},
};
/* clang-format on */

/* One postgres_block_make(). */
struct making {
	struct postgres_store *store;
	const struct store_block *block;
	struct arena arena;
	struct column_kinds kinds;
	struct store_stays stays;
	struct column_row *rows;
	size_t count;
	int64_t dropped_to; /* the detail of some of them went with its day; -1: of none */
	struct store_block_cut cut;
	/* Calls that were in the range when it was claimed, but went before the rows were read. */
	struct store_gone *gone;
	size_t gone_count;
	struct column_blobs blobs;
};

static const struct postgres_column gone_columns[] = {
	{"start", POSTGRES_BIGINT, POSTGRES_MEMBER(struct store_gone, start)},
	{"session_id", POSTGRES_TEXT, POSTGRES_MEMBER(struct store_gone, session_id)},
};
static const struct postgres_layout gone_layout = POSTGRES_LAYOUT(gone_columns, struct store_gone);

/* ---- reading ---- */

static int take_rows(struct making *making, struct postgres_rows *rows, struct error *err)
{
	for (int i = 0; i < rows->count; i++) {
		struct column_row *made =
			arena_list_grow(&making->arena, making->rows, making->count, sizeof(*made));
		int is_there;

		if (!made) {
			return error_no_memory(err);
		}
		making->rows = made;
		made += making->count;
		is_there = postgres_block_row(rows, i, &making->stays, &making->arena, made, err);
		if (is_there < 0) {
			return -1;
		}
		making->count++;
		making->dropped_to = is_there ? making->dropped_to : made->call.start;
	}
	return 0;
}

/* 1 the rows are there; 0: the block is not to be made any more. */
static int read_rows(struct making *making, struct error *err)
{
	POSTGRES_BORROW_SNAPSHOT(connection, &making->store->base, err);
	const struct store_block *block = making->block;
	struct postgres_rows rows;
	int64_t calls = STORE_BLOCK_HOPELESS;
	int found;

	postgres_block_bind(connection, block);
	found = postgres_ask_int64(connection, &block_find, &calls, err);
	if (found <= 0 || calls != STORE_BLOCK_UNMADE) {
		return found < 0 ? -1 : 0;
	}
	postgres_block_bind(connection, block);
	if (postgres_list(connection, &gone_read, &gone_layout, &making->arena, &making->gone,
		    &making->gone_count, err) < 0 ||
		postgres_column_kinds(
			connection, block->account_id, &making->arena, &making->kinds, err) < 0) {
		return -1;
	}
	postgres_block_bind(connection, block);
	BIND(connection, INT64(limit, making->store->block_calls + 1));
	postgres_add(connection, &rows_read);
	do {
		if (postgres_ask(connection, &fetch, &rows, err) < 0 ||
			take_rows(making, &rows, err) < 0) {
			return -1;
		}
	} while (rows.count > 0);
	return 1;
}

/* ---- writing ---- */

static void add_made(struct postgres_connection *connection, const struct making *making)
{
	const struct store_block *block = making->block;
	const struct column_row *rows = making->rows;
	size_t used = making->cut.used;
	int64_t detail = 0, calls = making->cut.hopeless ? STORE_BLOCK_HOPELESS : (int64_t)used;

	for (size_t i = 0; i < used; i++) {
		detail += rows[i].call.has_detail;
	}
	for (int column = 0; used > 0 && column < COLUMN_COUNT; column++) {
		struct text data = buffer_text(&making->blobs.columns[column]);

		if (data.size > 0) {
			BIND(connection, INT64(account_id, block->account_id),
				INT64(segment, block->id * STORE_BLOCK_SEGMENTS + column),
				STRING(data, data));
			postgres_add(connection, &segment_add);
		}
	}
	BIND(connection, INT64(account_id, block->account_id), INT64(id, block->id),
		INT64(high, making->cut.high), INT64(calls, calls), INT64(detail, detail),
		INT64(first_start, used > 0 ? rows[0].call.start : 0),
		INT64(last_start, used > 0 ? rows[used - 1].call.start : 0),
		INT64(version, COLUMN_VERSION), INT64(dropped_to, making->dropped_to));
	postgres_add(connection, &block_made);
	if (making->cut.high != block->high) {
		BIND(connection, INT64(low, making->cut.high + 1), INT64(high, block->high));
		postgres_add(connection, &block_add);
	}
}

static void add_nothing(struct postgres_connection *connection, const struct making *making)
{
	postgres_block_bind(connection, making->block);
	for (size_t i = 0; i < COUNT_OF(without_calls); i++) {
		postgres_add(connection, &without_calls[i]);
	}
}

/* In a transaction that has locked the account: the block is still the one that was read. */
static int write_all(const struct making *making, struct error *err)
{
	POSTGRES_BORROW(connection, &making->store->base, err);
	const struct store_block *block = making->block;
	struct postgres_rows rows;
	size_t found;

	postgres_add_lock(connection, &block->account_id, 1);
	postgres_block_bind(connection, block);
	found = postgres_add(connection, &block_find);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, found);
	if (rows.count == 0 || postgres_only(&rows) != STORE_BLOCK_UNMADE) {
		return 0; /* something was erased, or another program made it */
	}
	BIND(connection, INT64(account_id, block->account_id));
	postgres_add_rows(
		connection, &gone_drop, &gone_layout, making->gone, making->gone_count, NULL);
	if (making->count > 0) {
		add_made(connection, making);
	} else {
		add_nothing(connection, making);
	}
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err);
}

static int run(struct making *making, struct error *err)
{
	int found = read_rows(making, err);

	if (found <= 0) {
		return found;
	}
	making->cut = store_block_cut(
		making->rows, making->count, making->block->high, making->store->block_calls);
	if (making->cut.used > 0 && column_encode(making->rows, (uint32_t)making->cut.used,
					    &making->kinds, &making->blobs, err) < 0) {
		return -1;
	}
	return write_all(making, err);
}

/* Rows that are damaged make no block; verifying the store tells of them. */
static int give_up(struct postgres_store *store, const struct store_block *block, struct error *err)
{
	POSTGRES_BORROW(connection, &store->base, err);

	postgres_block_bind(connection, block);
	return postgres_change(connection, &block_hopeless, err);
}

int postgres_block_make(
	struct postgres_store *store, const struct store_block *block, struct error *err)
{
	struct making making = {.store = store, .block = block, .dropped_to = -1};
	struct error problem = {0};
	int status;

	arena_init(&making.arena, STORE_BLOCK_BYTES_MAX);
	column_blobs_init(&making.blobs);
	status = run(&making, &problem);
	column_blobs_deinit(&making.blobs);
	store_stays_deinit(&making.stays);
	arena_deinit(&making.arena);
	if (status == 0) {
		return 0;
	}
	if ((problem.code == ERROR_CORRUPT || problem.code == ERROR_INVALID) &&
		give_up(store, block, NULL) >= 0) {
		return error_set(err, problem.code,
			"the calls of a block cannot be brought into columns: %s", problem.message);
	}
	return error_set(err, problem.code, "%s", problem.message);
}
