/* SPDX-License-Identifier: MIT
 * Reading blocks. Segments are read into memory that is kept from block to block: a fresh piece of
 * memory for each costs more than all work on it. */
#include "store/sqlite/blocks/blocks.h"
#include "store/sqlite/blocks/note.h"

/* Rows that belong to no block, of which a question looks at so many. With more it reads the table
 * of calls alone. */
#define FRESH_ROWS_MAX	 150000
#define FRESH_BYTES_MAX	 ((size_t)48 << 20)
#define SEGMENT_SIZE_MAX ((size_t)64 << 20)

/* So many calls of blocks are looked through in the time that a row takes. */
#define CALLS_OF_ROW 64

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

struct sqlite_block sqlite_block_at(const struct sqlite_cursor *row)
{
	return (struct sqlite_block){
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
	*(struct sqlite_block *)ret_block = sqlite_block_at(row);
	return 0;
}

int sqlite_gone_read(
	struct sqlite_cursor *row, struct arena *arena, void *ret_gone, struct error *err)
{
	(void)arena;
	(void)err;
	*(struct sqlite_gone *)ret_gone =
		(struct sqlite_gone){.start = sqlite_column_int64(row, GONE_START),
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

/* What the table of blocks says of the block, its head has to say. */
static int check_head(const struct column_range *range, struct text head, struct error *err)
{
	struct column_header header;
	struct text payload;

	if (!head.data) {
		return 0; /* whatever opens the block says so */
	}
	if (column_header_read(head, COLUMN_HEAD, range->number, &header, &payload, err) < 0) {
		return -1;
	}
	if (header.calls != range->calls) {
		return error_set(err, ERROR_CORRUPT,
			"block %lld: it has %u calls, and should have %u", (long long)range->number,
			header.calls, range->calls);
	}
	return 0;
}

static int no_such_call(int64_t block, const struct sqlite_gone *gone, struct error *err)
{
	return error_set(err, ERROR_CORRUPT,
		"block %lld: the call of row %lld, which is no longer in it, never was",
		(long long)block, (long long)gone->call_id);
}

static int find_gone(const struct column_block *block, const struct column_spans *starts,
	const struct column_spans *ids, const struct sqlite_gone *gone, uint32_t *ret_at,
	struct error *err)
{
	uint32_t at = column_spans_below(starts, gone->start);

	while (at < block->count && column_spans_at(starts, at) == gone->start) {
		if (column_spans_at(ids, at) == gone->call_id) {
			*ret_at = at;
			return 0;
		}
		at++;
	}
	return no_such_call(block->number, gone, err);
}

/* Makes COLUMN_GONE of the rows that tell which calls went. */
static int make_gone(struct sqlite_columns *columns, struct buffer *segment, struct error *err)
{
	const struct column_range *range = &columns->ranges[columns->place];
	const struct sqlite_gone *gone = columns->gone;
	unsigned char bits[COLUMN_CALLS_MAX / 8] = {0};
	struct column_spans starts, ids;
	struct column_block block;
	uint32_t at = 0;

	for (size_t i = 0; i < columns->place; i++) {
		gone += columns->ranges[i].gone;
	}
	if (column_block_open(&block, &columns->calls.loader, columns->place, range->number, err) <
			0 ||
		column_block_spans(&block, COLUMN_START, &starts, err) < 0 ||
		column_block_spans(&block, COLUMN_CALL_ID, &ids, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < range->gone; i++) {
		if (find_gone(&block, &starts, &ids, &gone[i], &at, err) < 0) {
			return -1;
		}
		bits[at / 8] |= (unsigned char)(1U << at % 8);
	}
	buffer_clear(segment);
	return column_gone_encode(bits, block.count, block.stamp, segment, err);
}

static int load(void *context, size_t block, enum column_id column, struct text *ret_segment,
	struct error *err)
{
	struct sqlite_columns *columns = context;
	struct buffer *segment = &columns->segments[column];
	const struct column_range *range = &columns->ranges[block];

	if (columns->place != block) {
		columns->place = block;
		columns->loaded = 0;
	}
	*ret_segment = (struct text){0};
	if (column == COLUMN_GONE && range->gone == 0) {
		return 0;
	}
	if ((columns->loaded >> column & 1) == 0) {
		if ((column == COLUMN_GONE
				    ? make_gone(columns, segment, err)
				    : read_segment(columns,
					      range->number * BLOCK_SEGMENTS + (int64_t)column,
					      segment, err)) < 0) {
			return -1;
		}
		columns->loaded |= 1U << column;
		STORE_COST(columns->cost, blocks, column == COLUMN_HEAD);
		STORE_COST(columns->cost, column_bytes, (int64_t)segment->size);
	}
	if (segment->size > 0) {
		*ret_segment = buffer_text(segment);
	}
	return column == COLUMN_HEAD ? check_head(range, *ret_segment, err) : 0;
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
	struct column_kind *items;
	struct store_kind *kinds;
	size_t count;

	if (sqlite_kinds_read(connection, account_id, arena, &kinds, &count, err) < 0) {
		return -1;
	}
	items = arena_calloc(arena, count > 0 ? count : 1, sizeof(*items));
	if (!items) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		items[i] = (struct column_kind){.id = kinds[i].id,
			.class_name = kinds[i].class_name,
			.module = kinds[i].module,
			.variable = kinds[i].variable};
	}
	*ret_kinds = (struct column_kinds){.items = items, .count = count};
	return 0;
}

/* ---- what is asked ---- */

/* One sqlite_columns_open(). */
struct opening {
	struct sqlite_columns *columns;
	struct sqlite_match *match;
	bool with_kinds;
	bool with_course;
	bool with_stays;
	struct sqlite_stays stays;
	int64_t up_to;
	struct sqlite_block *blocks; /* of the window; those that are read come first */
	size_t blocks_count;
};

/* Whether the block tells all that is asked. Detail that was dropped since still stands in it. */
static bool is_read(const struct opening *opening, const struct sqlite_block *block)
{
	bool steps = opening->with_kinds && block->detail > 0 && block->dropped_to >= 0;

	return block->calls > 0 && (!steps || block->dropped_to <= opening->match->detail_after) &&
	       (!opening->with_course || block->version >= COLUMN_VERSION_COURSE) &&
	       (!opening->with_stays || block->version >= COLUMN_VERSION_STAYS);
}

/* Reads a row that matches. */
static int read_fresh(struct opening *opening, const struct sqlite_cursor *cursor,
	struct column_row *ret_row, struct error *err)
{
	struct sqlite_columns *columns = opening->columns;
	const struct sqlite_match *match = opening->match;

	if (sqlite_column_row(cursor, opening->with_kinds, &columns->arena, ret_row, err) < 0) {
		return -1;
	}
	ret_row->call.state = sqlite_live_state(&match->live, ret_row->id);
	if (!opening->with_stays || ret_row->call.start <= match->detail_after) {
		return 0;
	}
	if (sqlite_stays_at(cursor, ret_row, &columns->arena, err) < 0) {
		return -1;
	}
	return sqlite_stays_add(
		&opening->stays, columns->connection, ret_row, &columns->arena, err);
}

/* Adds the rows that @cursor gives and that match; 0: there are too many. */
static int add_fresh(struct opening *opening, struct sqlite_cursor *cursor, struct error *err)
{
	struct sqlite_columns *columns = opening->columns;
	struct sqlite_match *match = opening->match;
	int more;

	while ((more = sqlite_step(cursor, err)) > 0) {
		struct column_row *rows;
		int matches;

		if (++columns->looked_at > FRESH_ROWS_MAX) {
			return 0;
		}
		matches = sqlite_match_row(match, cursor, err);
		if (matches < 0) {
			return -1;
		}
		if (matches == 0) {
			continue;
		}
		rows = arena_list_grow(
			&columns->arena, columns->fresh, columns->fresh_count, sizeof(*rows));
		if (!rows) {
			return error_no_memory(err);
		}
		columns->fresh = rows;
		if (read_fresh(opening, cursor, &rows[columns->fresh_count], err) < 0) {
			return -1;
		}
		columns->fresh_count++;
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

static int64_t after(int64_t start)
{
	return start < INT64_MAX ? start + 1 : INT64_MAX;
}

/* A call's rows in a range that is read are those that are late; all others of the table. */
static int add_all_fresh(struct opening *opening, struct error *err)
{
	int added = add_range(opening, &rows_of, after(opening->up_to), INT64_MAX, err);

	for (size_t i = 0; added > 0 && i < opening->blocks_count; i++) {
		const struct sqlite_block *block = &opening->blocks[i];

		added = add_range(opening, is_read(opening, block) ? &late_of : &rows_of,
			block->low, after(block->high), err);
	}
	return added;
}

static int newest_first(const void *left, const void *right)
{
	const struct column_row *a = left, *b = right;

	return column_compare(&b->call, &a->call);
}

/* ---- blocks ---- */

static int list_blocks(struct opening *opening, struct error *err)
{
	struct sqlite_columns *columns = opening->columns;
	const struct sqlite_match *match = opening->match;
	struct sqlite_list list = {.arena = &columns->arena,
		.size = sizeof(*opening->blocks),
		.read = sqlite_block_read};
	int sealed = sqlite_sealed_to(columns->connection, match->account_id, &opening->up_to, err);

	if (sealed <= 0) {
		return sealed;
	}
	if (sqlite_list(&list, columns->connection, &blocks_of,
		    BIND(INT64(account_id, match->account_id), INT64(start, match->start),
			    INT64(end, match->end)),
		    err) < 0) {
		return -1;
	}
	opening->blocks = list.items;
	opening->blocks_count = list.count;
	columns->ranges = arena_calloc(&columns->arena, list.count + 1, sizeof(*columns->ranges));
	return columns->ranges ? 1 : error_no_memory(err);
}

static int add_gone(struct opening *opening, const struct sqlite_block *block,
	struct column_range *range, struct error *err)
{
	struct sqlite_columns *columns = opening->columns;
	struct sqlite_list list = {.arena = &columns->arena,
		.size = sizeof(*columns->gone),
		.read = sqlite_gone_read,
		.items = columns->gone,
		.count = columns->gone_count};

	if (sqlite_list(&list, columns->connection, &gone_of,
		    BIND(INT64(account_id, block->account_id), INT64(start, block->low),
			    INT64(end, after(block->high))),
		    err) < 0) {
		return -1;
	}
	if (list.count - columns->gone_count > range->calls) {
		return error_set(err, ERROR_CORRUPT,
			"block %lld: more calls are no longer in it than it has",
			(long long)block->id);
	}
	range->gone = (uint32_t)(list.count - columns->gone_count);
	columns->gone = list.items;
	columns->gone_count = list.count;
	return 0;
}

static struct column_range range_of(const struct sqlite_block *block)
{
	return (struct column_range){
		.number = block->id,
		.first_start = block->first_start,
		.last_start = block->last_start,
		.calls = (uint32_t)block->calls,
	};
}

static int add_blocks(struct opening *opening, struct error *err)
{
	struct sqlite_columns *columns = opening->columns;

	for (size_t i = 0; i < opening->blocks_count; i++) {
		const struct sqlite_block *block = &opening->blocks[i];
		struct column_range *range = &columns->ranges[columns->ranges_count];

		if (is_read(opening, block)) {
			*range = range_of(block);
			if (add_gone(opening, block, range, err) < 0) {
				return -1;
			}
			columns->ranges_count++;
		}
	}
	return 0;
}

static int torn(struct sqlite_columns *columns, struct error *err)
{
	columns->torn = true;
	return error_set(err, ERROR_CORRUPT,
		"the blocks of the account %lld do not have all times up to where they should",
		(long long)columns->account_id);
}

/* The blocks of the window have all of it, one after the other, up to where the account is sealed.
 */
static int check_order(const struct opening *opening, struct error *err)
{
	const struct sqlite_match *match = opening->match;
	int64_t next = match->start > 0 ? match->start : 0, last = match->end - 1;

	for (size_t i = 0; i < opening->blocks_count; i++) {
		const struct sqlite_block *block = &opening->blocks[i];

		if (i == 0 ? block->low > next : block->low != next) {
			return torn(opening->columns, err);
		}
		next = after(block->high);
	}
	last = last < opening->up_to ? last : opening->up_to;
	return next <= last || (opening->blocks_count > 0 && next > after(opening->up_to))
		       ? torn(opening->columns, err)
		       : 0;
}

/* Whether the blocks take less to look through than the rows of the window. */
static int are_worth_it(const struct opening *opening, struct error *err)
{
	int64_t rows, calls = 0;

	for (size_t i = 0; i < opening->blocks_count; i++) {
		calls += is_read(opening, &opening->blocks[i]) ? opening->blocks[i].calls : 0;
	}
	if (calls == 0) {
		return 0;
	}
	if (sqlite_match_window(opening->match, opening->columns->connection, &rows, err) < 0) {
		return -1;
	}
	return rows * CALLS_OF_ROW >= calls;
}

static void init(
	struct sqlite_columns *columns, struct sqlite_connection *connection, int64_t account_id)
{
	*columns = (struct sqlite_columns){
		.connection = connection, .account_id = account_id, .place = SIZE_MAX};
	arena_init(&columns->arena, FRESH_BYTES_MAX);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		buffer_init(&columns->segments[i], SEGMENT_SIZE_MAX);
	}
}

static void finish(struct sqlite_columns *columns)
{
	if (columns->fresh_count > 0) {
		qsort(columns->fresh, columns->fresh_count, sizeof(*columns->fresh), newest_first);
	}
	columns->calls = (struct column_calls){
		.kinds = &columns->kinds,
		.blocks = columns->ranges,
		.blocks_count = columns->ranges_count,
		.loader = {.load = load, .context = columns},
		.fresh = columns->fresh,
		.fresh_count = columns->fresh_count,
	};
}

static int open_all(struct opening *opening, struct error *err)
{
	struct sqlite_columns *columns = opening->columns;
	int going = list_blocks(opening, err);

	if (going > 0 && check_order(opening, err) < 0) {
		return -1;
	}
	going = going > 0 ? are_worth_it(opening, err) : going;
	going = going > 0 ? add_all_fresh(opening, err) : going;
	if (going <= 0) {
		return going;
	}
	if (add_blocks(opening, err) < 0 ||
		sqlite_column_kinds(columns->connection, opening->match->account_id,
			&columns->arena, &columns->kinds, err) < 0) {
		return -1;
	}
	finish(columns);
	return 1;
}

int sqlite_columns_open(struct sqlite_columns *columns, struct sqlite_connection *connection,
	const struct sqlite_columns_question *question, struct error *err)
{
	const struct filter *filter = question->match->filter;
	struct opening opening = {
		.columns = columns,
		.match = question->match,
		.with_kinds = question->with_steps || filter_reads_detail(filter),
		.with_course = question->with_course || column_asks_for_course(filter),
		.with_stays = question->with_stays,
	};
	struct error problem = {0};
	int opened;

	init(columns, connection, question->match->account_id);
	columns->cost = question->match->cost;
	opened = open_all(&opening, &problem);
	sqlite_stays_deinit(&opening.stays);
	if (opened < 0 && problem.code == ERROR_NO_MEMORY) {
		return 0; /* too much is fresh; the rows take no memory */
	}
	return opened < 0 ? error_set(err, problem.code, "%s", problem.message) : opened;
}

int sqlite_columns_open_block(struct sqlite_columns *columns, struct sqlite_connection *connection,
	const struct sqlite_block *block, struct error *err)
{
	init(columns, connection, block->account_id);
	columns->ranges = arena_calloc(&columns->arena, 1, sizeof(*columns->ranges));
	if (!columns->ranges) {
		return error_no_memory(err);
	}
	columns->ranges[columns->ranges_count++] = range_of(block);
	if (sqlite_column_kinds(
		    connection, block->account_id, &columns->arena, &columns->kinds, err) < 0) {
		return -1;
	}
	finish(columns);
	return 0;
}

void sqlite_columns_close(struct sqlite_columns *columns)
{
	if (!columns->connection) {
		return;
	}
	sqlite3_blob_close(columns->blob);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		buffer_deinit(&columns->segments[i]);
	}
	arena_deinit(&columns->arena);
}

static void note(struct sqlite_store *store, const struct sqlite_blocks_damaged *damaged,
	const struct error *problem)
{
	struct sqlite_blocks_damage *damage = &store->blocks_damage;
	LOCKED(&store->pool_mutex);

	for (size_t i = 0; i < damage->count; i++) {
		const struct sqlite_blocks_damaged *item = &damage->items[i];

		if (item->account_id == damaged->account_id &&
			item->block_id == damaged->block_id && item->call_id == damaged->call_id) {
			return;
		}
	}
	if (damage->count == SQLITE_DAMAGED_MAX) {
		return;
	}
	if (damage->count == 0) {
		damage->problem = *problem;
	}
	damage->items[damage->count++] = *damaged;
}

void sqlite_blocks_note(struct sqlite_store *store, int64_t account_id, int64_t block_id,
	const struct error *problem)
{
	note(store, &(struct sqlite_blocks_damaged){.account_id = account_id, .block_id = block_id},
		problem);
}

void sqlite_blocks_note_call(
	struct sqlite_store *store, int64_t call_id, const struct error *problem)
{
	note(store, &(struct sqlite_blocks_damaged){.call_id = call_id}, problem);
}

void sqlite_blocks_note_damage(
	struct sqlite_store *store, const struct sqlite_columns *columns, const struct error *err)
{
	bool is_block = columns->place < columns->ranges_count;

	if (is_block || columns->torn) {
		sqlite_blocks_note(store, columns->account_id,
			is_block ? columns->ranges[columns->place].number : 0, err);
	}
}
