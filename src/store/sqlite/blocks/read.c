/* SPDX-License-Identifier: MIT
 * Reading blocks out of the database. */
#include "store/sqlite/blocks/blocks.h"
#include "store/sqlite/blocks/note.h"

/* clang-format off */
#define FRESH_COLUMNS HEADER_COLUMNS("c.") ", c.id, c.path, c.stays"
#define OF_WINDOW "where account_id = :account_id and start >= :start and start < :end "

static const struct sqlite_statement
	blocks_of = {
		"select " BLOCK_COLUMNS " from block where account_id = :account_id "
		"and high >= :start and low < :end order by high"},
	gone_of = {"select start, call_id from gone " OF_WINDOW "order by start"},
	rows_of = {"select " ROW_COLUMNS " from call " OF_WINDOW},
	late_of = {
		"select " FRESH_COLUMNS " from (select call_id from late " OF_WINDOW ") l "
		"cross join call c on c.id = l.call_id"};
enum {
	BLOCK_ID, BLOCK_ACCOUNT_ID, BLOCK_LOW, BLOCK_HIGH, BLOCK_CALLS, BLOCK_DETAIL,
	BLOCK_FIRST_START, BLOCK_LAST_START, BLOCK_DROPPED_TO, BLOCK_VERSION
};
enum { GONE_START, GONE_CALL_ID };
/* clang-format on */

struct store_block sqlite_block_at(const struct sqlite_cursor *row)
{
	return (struct store_block){
		.id = sqlite_column_int64(row, BLOCK_ID),
		.account_id = sqlite_column_int64(row, BLOCK_ACCOUNT_ID),
		.low = sqlite_column_int64(row, BLOCK_LOW),
		.high = sqlite_column_int64(row, BLOCK_HIGH),
		.calls = sqlite_column_int64(row, BLOCK_CALLS),
		.detail = sqlite_column_int64(row, BLOCK_DETAIL),
		.first_start = sqlite_column_int64(row, BLOCK_FIRST_START),
		.last_start = sqlite_column_int64(row, BLOCK_LAST_START),
		.dropped_to = sqlite_column_int64(row, BLOCK_DROPPED_TO),
		.version = sqlite_column_int64(row, BLOCK_VERSION),
	};
}

int sqlite_block_read(
	struct sqlite_cursor *row, struct arena *arena, void *ret_block, struct error *err)
{
	(void)arena;
	(void)err;
	*(struct store_block *)ret_block = sqlite_block_at(row);
	return 0;
}

int sqlite_gone_read(
	struct sqlite_cursor *row, struct arena *arena, void *ret_gone, struct error *err)
{
	(void)arena;
	(void)err;
	*(struct store_gone *)ret_gone =
		(struct store_gone){.start = sqlite_column_int64(row, GONE_START),
			.call_id = sqlite_column_int64(row, GONE_CALL_ID)};
	return 0;
}

/* ---- segments ---- */

/* Points columns->blob at the segment; 0: there is none. */
static int open_segment(struct sqlite_columns *columns, int64_t id, struct error *err)
{
	sqlite3 *db = columns->connection->db;
	int status = columns->blob ? sqlite3_blob_reopen(columns->blob, id)
				   : sqlite3_blob_open(
					     db, "main", "segment", "data", id, 0, &columns->blob);

	if (status == SQLITE_OK) {
		return 1;
	}
	if (status != SQLITE_ERROR) {
		sqlite_fail(columns->connection, err, "read");
	}
	sqlite3_blob_close(columns->blob);
	columns->blob = NULL;
	return status == SQLITE_ERROR ? 0 : -1;
}

static int read_segment(
	struct sqlite_columns *columns, int64_t id, struct buffer *segment, struct error *err)
{
	int found = open_segment(columns, id, err);
	char *at;
	int size;

	buffer_clear(segment);
	if (found <= 0) {
		return found;
	}
	size = sqlite3_blob_bytes(columns->blob);
	at = size > 0 ? buffer_reserve(segment, (size_t)size) : NULL;
	if (!at) {
		return size > 0 ? error_no_memory(err) : 0;
	}
	if (sqlite3_blob_read(columns->blob, at, size, 0) != SQLITE_OK) {
		return sqlite_fail(columns->connection, err, "read");
	}
	buffer_advance(segment, (size_t)size);
	return 0;
}

static int read_columns(void *context, int64_t block_id, uint32_t columns, struct buffer *segments,
	struct error *err)
{
	for (int i = 0; i < COLUMN_COUNT; i++) {
		if ((columns >> i & 1) != 0 &&
			read_segment(context, block_id * STORE_BLOCK_SEGMENTS + i, &segments[i],
				err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- rows ---- */

static int read_kinds(const struct call *call, struct text path, struct arena *arena,
	const uint32_t **ret_kinds, struct error *err)
{
	uint32_t *kinds = arena_calloc(arena, call->steps > 0 ? call->steps : 1, sizeof(*kinds));

	if (!kinds) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < call->steps; i++) {
		if (!sqlite_path_next(&path, &kinds[i])) {
			return error_set(err, ERROR_CORRUPT,
				"the path of the call '%.*s' is shorter than its steps: verify the "
				"store",
				TEXT_ARG(call->session_id));
		}
	}
	*ret_kinds = kinds;
	return 0;
}

int sqlite_column_row(const struct sqlite_cursor *row, bool with_kinds, struct arena *arena,
	struct column_row *ret_row, struct error *err)
{
	struct column_row made = {
		.call = sqlite_header_at(row, 0), .id = sqlite_column_int64(row, SCAN_ID)};
	struct call *call = &made.call;

	call->dest = arena_copy(arena, call->dest);
	call->src = arena_copy(arena, call->src);
	call->session_id = arena_copy(arena, call->session_id);
	if (!call->dest.data || !call->src.data || !call->session_id.data) {
		return error_no_memory(err);
	}
	if (with_kinds && call->has_detail &&
		read_kinds(call, sqlite_column_blob(row, SCAN_PATH), arena, &made.kinds, err) < 0) {
		return -1;
	}
	*ret_row = made;
	return 0;
}

int sqlite_column_kinds(struct sqlite_connection *connection, int64_t account_id,
	struct arena *arena, struct column_kinds *ret_kinds, struct error *err)
{
	struct store_kind *kinds;
	size_t count;

	return sqlite_kinds_read(connection, account_id, arena, &kinds, &count, err) < 0
		       ? -1
		       : store_column_kinds(kinds, count, arena, ret_kinds, err);
}

/* ---- what is asked ---- */

/* One sqlite_columns_open(). */
struct opening {
	struct sqlite_columns *columns;
	struct sqlite_match *match;
	struct store_blocks_asked asked;
	struct store_stays stays;
};

/* Reads a row that matches. */
static int read_fresh(struct opening *opening, const struct sqlite_cursor *cursor,
	struct column_row *ret_row, struct error *err)
{
	struct sqlite_columns *columns = opening->columns;
	const struct sqlite_match *match = opening->match;

	if (sqlite_column_row(cursor, opening->asked.steps, &columns->reader.arena, ret_row, err) <
		0) {
		return -1;
	}
	ret_row->call.state = sqlite_live_state(&match->live, ret_row->id);
	if (!opening->asked.stays || ret_row->call.start <= match->detail_after) {
		return 0;
	}
	if (sqlite_stays_at(cursor, ret_row, &columns->reader.arena, err) < 0) {
		return -1;
	}
	return sqlite_stays_add(
		&opening->stays, columns->connection, ret_row, &columns->reader.arena, err);
}

/* Adds the rows that @cursor gives and that match; 0: there are too many. */
static int add_fresh(struct opening *opening, struct sqlite_cursor *cursor, struct error *err)
{
	struct sqlite_columns *columns = opening->columns;
	struct sqlite_match *match = opening->match;
	int more;

	while ((more = sqlite_step(cursor, err)) > 0) {
		struct column_row *fresh;
		int matches;

		if (++columns->looked_at > STORE_FRESH_ROWS_MAX) {
			return 0;
		}
		matches = sqlite_match_row(match, cursor, err);
		if (matches < 0) {
			return -1;
		}
		if (matches == 0) {
			continue;
		}
		fresh = store_blocks_fresh(&columns->reader, err);
		if (!fresh || read_fresh(opening, cursor, fresh, err) < 0) {
			return -1;
		}
		columns->reader.fresh_count++;
	}
	return more < 0 ? -1 : 1;
}

/* The rows that started from @start to before @end, as far as the window goes. */
static int add_range(struct opening *opening, const struct sqlite_statement *statement,
	int64_t start, int64_t end, struct error *err)
{
	const struct sqlite_match *match = opening->match;
	AUTO(sqlite_end) struct sqlite_cursor cursor = {0};

	start = start > match->start ? start : match->start;
	end = end < match->end ? end : match->end;
	if (start >= end) {
		return 1;
	}
	cursor = sqlite_query(opening->columns->connection, statement,
		BIND(INT64(account_id, match->account_id), INT64(start, start), INT64(end, end)),
		err);
	return add_fresh(opening, &cursor, err);
}

/* A call's rows in a range that is read are those that are late; all others of the table. */
static int add_all_fresh(struct opening *opening, struct error *err)
{
	const struct store_blocks_reader *reader = &opening->columns->reader;
	int added = add_range(opening, &rows_of, store_block_after(reader->up_to), INT64_MAX, err);

	for (size_t i = 0; added > 0 && i < reader->blocks_count; i++) {
		const struct store_block *block = &reader->blocks[i];

		added = add_range(opening,
			store_block_is_read(block, &opening->asked) ? &late_of : &rows_of,
			block->low, store_block_after(block->high), err);
	}
	return added;
}

/* ---- blocks ---- */

static int list_blocks(struct opening *opening, struct error *err)
{
	struct sqlite_columns *columns = opening->columns;
	struct store_blocks_reader *reader = &columns->reader;
	const struct sqlite_match *match = opening->match;
	struct sqlite_list list = {.arena = &reader->arena,
		.size = sizeof(*reader->blocks),
		.read = sqlite_block_read};
	int sealed = sqlite_sealed_to(columns->connection, match->account_id, &reader->up_to, err);

	if (sealed <= 0) {
		return sealed;
	}
	if (sqlite_list(&list, columns->connection, &blocks_of,
		    BIND(INT64(account_id, match->account_id), INT64(start, match->start),
			    INT64(end, match->end)),
		    err) < 0) {
		return -1;
	}
	reader->blocks = list.items;
	reader->blocks_count = list.count;
	return 1;
}

static int add_gone(struct opening *opening, const struct store_block *block, size_t *ret_gone,
	struct error *err)
{
	struct store_blocks_reader *reader = &opening->columns->reader;
	struct sqlite_list list = {.arena = &reader->arena,
		.size = sizeof(*reader->gone),
		.read = sqlite_gone_read,
		.items = reader->gone,
		.count = reader->gone_count};

	if (sqlite_list(&list, opening->columns->connection, &gone_of,
		    BIND(INT64(account_id, block->account_id), INT64(start, block->low),
			    INT64(end, store_block_after(block->high))),
		    err) < 0) {
		return -1;
	}
	*ret_gone = list.count - reader->gone_count;
	reader->gone = list.items;
	reader->gone_count = list.count;
	return 0;
}

static int add_blocks(struct opening *opening, struct error *err)
{
	struct store_blocks_reader *reader = &opening->columns->reader;
	size_t gone;

	if (store_blocks_reserve(reader, reader->blocks_count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < reader->blocks_count; i++) {
		const struct store_block *block = &reader->blocks[i];

		if (store_block_is_read(block, &opening->asked) &&
			(add_gone(opening, block, &gone, err) < 0 ||
				store_blocks_add(reader, block, gone, err) < 0)) {
			return -1;
		}
	}
	return 0;
}

/* Whether the blocks take less to look through than the rows of the window. */
static int are_worth_it(const struct opening *opening, struct error *err)
{
	const struct sqlite_columns *columns = opening->columns;
	int64_t rows;

	if (!store_blocks_are_worth_it(&columns->reader, &opening->asked, INT64_MAX / 64)) {
		return 0;
	}
	if (sqlite_match_window(opening->match, columns->connection, &rows, err) < 0) {
		return -1;
	}
	return store_blocks_are_worth_it(&columns->reader, &opening->asked, rows);
}

static void init(
	struct sqlite_columns *columns, struct sqlite_connection *connection, int64_t account_id)
{
	*columns = (struct sqlite_columns){.connection = connection};
	store_blocks_reader_init(&columns->reader, account_id);
	columns->reader.read = read_columns;
	columns->reader.context = columns;
}

static int open_all(struct opening *opening, struct error *err)
{
	struct sqlite_columns *columns = opening->columns;
	const struct sqlite_match *match = opening->match;
	int going = list_blocks(opening, err);

	if (going > 0 &&
		store_blocks_check_order(&columns->reader, match->start, match->end, err) < 0) {
		return -1;
	}
	going = going > 0 ? are_worth_it(opening, err) : going;
	going = going > 0 ? add_all_fresh(opening, err) : going;
	if (going <= 0) {
		return going;
	}
	if (add_blocks(opening, err) < 0 ||
		sqlite_column_kinds(columns->connection, match->account_id, &columns->reader.arena,
			&columns->reader.kinds, err) < 0) {
		return -1;
	}
	store_blocks_finish(&columns->reader);
	return 1;
}

int sqlite_columns_open(struct sqlite_columns *columns, struct sqlite_connection *connection,
	const struct sqlite_columns_question *question, struct error *err)
{
	const struct filter *filter = question->match->filter;
	struct opening opening = {
		.columns = columns,
		.match = question->match,
		.asked =
			{
				.detail_after = question->match->detail_after,
				.steps = question->with_steps || filter_reads_detail(filter),
				.course = question->with_course || column_asks_for_course(filter),
				.stays = question->with_stays,
			},
	};
	struct error problem = {0};
	int opened;

	init(columns, connection, question->match->account_id);
	columns->reader.cost = question->match->cost;
	opened = open_all(&opening, &problem);
	store_stays_deinit(&opening.stays);
	if (opened < 0 && problem.code == ERROR_NO_MEMORY) {
		return 0; /* too much is fresh; the rows take no memory */
	}
	return opened < 0 ? error_set(err, problem.code, "%s", problem.message) : opened;
}

int sqlite_columns_open_block(struct sqlite_columns *columns, struct sqlite_connection *connection,
	const struct store_block *block, struct error *err)
{
	struct store_blocks_reader *reader = &columns->reader;

	init(columns, connection, block->account_id);
	if (store_blocks_reserve(reader, 1, err) < 0 ||
		store_blocks_add(reader, block, 0, err) < 0 ||
		sqlite_column_kinds(
			connection, block->account_id, &reader->arena, &reader->kinds, err) < 0) {
		return -1;
	}
	store_blocks_finish(reader);
	return 0;
}

void sqlite_columns_close(struct sqlite_columns *columns)
{
	if (!columns->connection) {
		return;
	}
	sqlite3_blob_close(columns->blob);
	store_blocks_reader_deinit(&columns->reader);
}

void sqlite_blocks_note(struct sqlite_store *store, int64_t account_id, int64_t block_id,
	const struct error *problem)
{
	store_blocks_note(&store->blocks_damage, &store->pool_mutex,
		&(struct store_blocks_damaged){.account_id = account_id, .block_id = block_id},
		problem);
}

void sqlite_blocks_note_call(
	struct sqlite_store *store, int64_t call_id, const struct error *problem)
{
	store_blocks_note(&store->blocks_damage, &store->pool_mutex,
		&(struct store_blocks_damaged){.call_id = call_id}, problem);
}

void sqlite_blocks_note_damage(
	struct sqlite_store *store, const struct sqlite_columns *columns, const struct error *err)
{
	store_blocks_note_read(&store->blocks_damage, &store->pool_mutex, &columns->reader, err);
}
