/* SPDX-License-Identifier: MIT
 * Reading blocks out of the database, and the rows that lie in none: PostgreSQL finds those of them
 * that the filter means. All is read in one snapshot. */
#include "store/postgres/blocks/blocks.h"

#include "store/find.h"

/* clang-format off */
static const struct postgres_statement sealed_to = {
	.sql = "select up_to from sealed where account_id = $account_id::bigint"};
static const struct postgres_statement blocks_of = {
	.sql = "select " BLOCK_COLUMNS " from block b where b.account_id = $account_id::bigint"
	" and b.high >= $start::bigint and b.low < $end::bigint order by b.high"};
static const struct postgres_statement gone_of = {
	.sql = "select g.start, g.session_id from gone g where g.account_id = $account_id::bigint"
	" and g.start >= $start::bigint and g.start < $end::bigint order by g.start, g.session_id"};
static const struct postgres_statement late_count = {
	.sql = "select count(*) from late l where l.account_id = $account_id::bigint"
	" and l.start >= $start::bigint and l.start < $end::bigint"};
static const struct postgres_statement segments_of = {
	.sql = "select s.id % 32 as column, s.data from segment s where"
	" s.account_id = $account_id::bigint and s.id = any($ids::bigint[])"};

/* %s is what finds the calls. Only where it is asked how long they stayed where, their detail is
 * read. */
#define FRESH \
	"declare fresh no scroll cursor for select " POSTGRES_HEADER ", c.path," \
	" null::bigint as size, null::bigint as crc32, null::bigint as crc32_op," \
	" null::bytea as deflate, " POSTGRES_LIVE \
	" %s"
#define FRESH_PACKED \
	"declare fresh no scroll cursor for select " BLOCK_ROW_COLUMNS ", " POSTGRES_LIVE \
	" from (select c.account_id, c.part, " POSTGRES_HEADER ", c.path %s) c" \
	" left join detail " POSTGRES_DETAIL_OF_CALL
static const struct postgres_statement fetch = {"fetch forward 1000 from fresh", .once = true};
static const struct postgres_statement close_fresh = {"close fresh", .once = true};
/* clang-format on */

#define MEMBER(member) POSTGRES_MEMBER(struct store_block, member)

static const struct postgres_column block_columns[] = {
	{"id", POSTGRES_BIGINT, MEMBER(id)},
	{"account_id", POSTGRES_BIGINT, MEMBER(account_id)},
	{"low", POSTGRES_BIGINT, MEMBER(low)},
	{"high", POSTGRES_BIGINT, MEMBER(high)},
	{"calls", POSTGRES_BIGINT, MEMBER(calls)},
	{"detail", POSTGRES_BIGINT, MEMBER(detail)},
	{"first_start", POSTGRES_BIGINT, MEMBER(first_start)},
	{"last_start", POSTGRES_BIGINT, MEMBER(last_start)},
	{"dropped_to", POSTGRES_BIGINT, MEMBER(dropped_to)},
	{"version", POSTGRES_BIGINT, MEMBER(version)},
};
const struct postgres_layout postgres_block_layout =
	POSTGRES_LAYOUT(block_columns, struct store_block);

struct store_block postgres_block_at(struct postgres_rows *rows, int row)
{
	return (struct store_block){
		.id = postgres_int64(rows, row, "id"),
		.account_id = postgres_int64(rows, row, "account_id"),
		.low = postgres_int64(rows, row, "low"),
		.high = postgres_int64(rows, row, "high"),
		.calls = postgres_int64(rows, row, "calls"),
		.detail = postgres_int64(rows, row, "detail"),
		.first_start = postgres_int64(rows, row, "first_start"),
		.last_start = postgres_int64(rows, row, "last_start"),
		.dropped_to = postgres_int64(rows, row, "dropped_to"),
		.version = postgres_int64(rows, row, "version"),
	};
}

void postgres_block_bind(struct postgres_connection *connection, const struct store_block *block)
{
	BIND(connection, INT64(account_id, block->account_id), INT64(id, block->id),
		INT64(low, block->low), INT64(high, block->high));
}

/* ---- segments ---- */

static int read_segments(void *context, int64_t block_id, uint32_t wanted, struct buffer *segments,
	struct error *err)
{
	struct postgres_columns *columns = context;
	int64_t ids[COLUMN_COUNT];
	struct postgres_rows rows;
	size_t count = 0;

	for (int i = 0; i < COLUMN_COUNT; i++) {
		if ((wanted >> i & 1) != 0) {
			ids[count++] = block_id * STORE_BLOCK_SEGMENTS + i;
		}
	}
	BIND(columns->connection, INT64(account_id, columns->reader.account_id),
		ARRAY(ids, POSTGRES_BIGINT, ids, count));
	if (postgres_ask(columns->connection, &segments_of, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		struct buffer *segment = &segments[postgres_int64(&rows, i, "column")];

		buffer_append(segment, postgres_text(&rows, i, "data"));
		if (segment->failed) {
			return error_no_memory(err);
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
	if (postgres_ids(path, kinds, call->steps) < call->steps) {
		return error_set(err, ERROR_CORRUPT,
			"the path of the call '%.*s' is shorter than its steps: verify the "
			"PostgreSQL store",
			TEXT_ARG(call->session_id));
	}
	*ret_kinds = kinds;
	return 0;
}

int postgres_block_row(struct postgres_rows *rows, int at, struct store_stays *stays,
	struct arena *arena, struct column_row *ret_row, struct error *err)
{
	struct column_row row = {.call = postgres_read_header(rows, at)};
	const struct packed packed = postgres_read_packed(rows, at);
	bool is_there = !stays || !row.call.has_detail || packed.deflate.data;
	struct call *call = &row.call;

	call->dest = arena_copy(arena, call->dest);
	call->src = arena_copy(arena, call->src);
	call->session_id = arena_copy(arena, call->session_id);
	if (!call->dest.data || !call->src.data || !call->session_id.data) {
		return error_no_memory(err);
	}
	if (!is_there) {
		column_row_strip(&row);
	}
	if (call->has_detail &&
		read_kinds(call, postgres_text(rows, at, "path"), arena, &row.kinds, err) < 0) {
		return -1;
	}
	if (stays && call->steps > 0 && store_stays_read(stays, &packed, &row, arena, err) < 0) {
		return -1;
	}
	*ret_row = row;
	return is_there;
}

int postgres_column_kinds(struct postgres_connection *connection, int64_t account_id,
	struct arena *arena, struct column_kinds *ret_kinds, struct error *err)
{
	struct store_kind *kinds;
	size_t count;

	return postgres_kinds_read(connection, account_id, arena, &kinds, &count, err) < 0
		       ? -1
		       : store_column_kinds(kinds, count, arena, ret_kinds, err);
}

/* ---- what is asked ---- */

/* One postgres_columns_open(). */
struct opening {
	struct postgres_columns *columns;
	struct postgres_match *match;
	struct store_blocks_asked asked;
	int64_t end; /* of the window */
};

/* Calls that started from @low to before @end: those of the table, or those that are late. */
struct run {
	bool late;
	int64_t low;
	int64_t end;
	int64_t rows;
	/* Those that count them. */
	size_t first;
	size_t statements;
};

static void add_to_runs(
	const struct opening *opening, struct run run, struct run *runs, size_t *count)
{
	run.low = run.low > opening->match->start ? run.low : opening->match->start;
	run.end = run.end < opening->end ? run.end : opening->end;
	if (run.low >= run.end) {
		return;
	}
	if (*count > 0 && runs[*count - 1].late == run.late) {
		runs[*count - 1].end = run.end;
	} else {
		runs[(*count)++] = run;
	}
}

/* The runs of the window, one after the other: a range that is read has its late calls alone.
 * There is room for one more than there are blocks. */
static size_t make_runs(const struct opening *opening, struct run *runs)
{
	const struct store_blocks_reader *reader = &opening->columns->reader;
	struct run newest = {.low = store_block_after(reader->up_to), .end = INT64_MAX};
	size_t count = 0;

	for (size_t i = 0; i < reader->blocks_count; i++) {
		const struct store_block *block = &reader->blocks[i];
		struct run run = {.late = store_block_is_read(block, &opening->asked),
			.low = block->low,
			.end = store_block_after(block->high)};

		add_to_runs(opening, run, runs, &count);
	}
	add_to_runs(opening, newest, runs, &count);
	return count;
}

static void bind_run(const struct opening *opening, const struct run *run)
{
	BIND(opening->columns->connection, INT64(account_id, opening->columns->reader.account_id),
		INT64(start, run->low), INT64(end, run->end));
}

/* Sets how many rows each run is to look at. */
static int count_fresh(
	const struct opening *opening, struct run *runs, size_t count, struct error *err)
{
	struct postgres_connection *connection = opening->columns->connection;
	const struct postgres_subject subject = postgres_subject_of(
		connection, opening->columns->reader.account_id, (struct call_keys){0});
	size_t statements = 0;

	for (size_t i = 0; i < count; i++) {
		runs[i].first = statements;
		if (runs[i].late) {
			bind_run(opening, &runs[i]);
			postgres_add(connection, &late_count);
			statements++;
		} else {
			statements += postgres_add_counts(&subject, runs[i].low, runs[i].end);
		}
		runs[i].statements = statements - runs[i].first;
	}
	if (count > 0 && postgres_run(connection, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		runs[i].rows = postgres_sum(connection, runs[i].first, runs[i].statements);
	}
	return 0;
}

static int take_rows(const struct opening *opening, struct postgres_rows *rows, struct error *err)
{
	struct postgres_columns *columns = opening->columns;

	for (int i = 0; i < rows->count; i++) {
		struct column_row *fresh = store_blocks_fresh(&columns->reader, err);
		bool over = postgres_int64(rows, i, "start") <= opening->asked.detail_after;

		if (!fresh || postgres_block_row(rows, i,
				      opening->asked.stays && !over ? &columns->stays : NULL,
				      &columns->reader.arena, fresh, err) < 0) {
			return -1;
		}
		columns->reader.fresh_count++;
	}
	return 0;
}

static int add_run(const struct opening *opening, const struct run *run, struct error *err)
{
	struct postgres_connection *connection = opening->columns->connection;
	const struct store_search *search = opening->match->search;
	const struct store_place top = store_place_before(search->filter->end);
	char from[POSTGRES_FROM_SIZE];
	struct postgres_rows rows;
	size_t fetched;

	if (postgres_match_from(opening->match, run->late, from, err) < 0) {
		return -1;
	}
	STORE_COST(search->cost, database, 1);
	postgres_match_bind(opening->match, connection, &top);
	bind_run(opening, run);
	postgres_add_printf(connection, opening->asked.stays ? FRESH_PACKED : FRESH, from);
	fetched = postgres_add(connection, &fetch);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, fetched);
	while (rows.count > 0) {
		STORE_COST(search->cost, rows, rows.count);
		if (take_rows(opening, &rows, err) < 0 ||
			store_find_check_deadline(search, err) < 0 ||
			postgres_ask(connection, &fetch, &rows, err) < 0) {
			return -1;
		}
	}
	postgres_add(connection, &close_fresh);
	return postgres_run(connection, err);
}

/* 1 all are there; 0: they are too many. */
static int add_all_fresh(const struct opening *opening, struct error *err)
{
	struct store_blocks_reader *reader = &opening->columns->reader;
	struct run *runs = arena_calloc(&reader->arena, reader->blocks_count + 1, sizeof(*runs));
	int64_t rows = 0;
	size_t count;

	if (!runs) {
		return error_no_memory(err);
	}
	count = make_runs(opening, runs);
	if (count_fresh(opening, runs, count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		rows += runs[i].rows;
	}
	for (size_t i = 0; rows <= STORE_FRESH_ROWS_MAX && i < count; i++) {
		if (runs[i].rows > 0 && add_run(opening, &runs[i], err) < 0) {
			return -1;
		}
	}
	return rows <= STORE_FRESH_ROWS_MAX;
}

/* ---- blocks ---- */

/* 1 there are some that take less than rows do. */
static int list_blocks(struct opening *opening, struct error *err)
{
	struct postgres_columns *columns = opening->columns;
	struct store_blocks_reader *reader = &columns->reader;
	struct postgres_connection *connection = columns->connection;
	const struct postgres_subject subject = postgres_subject_of(
		connection, reader->account_id, filter_dest_keys(opening->match->search->filter));
	const struct run window = {.low = opening->match->start, .end = opening->end};
	struct postgres_rows rows;
	size_t counts;

	bind_run(opening, &window);
	postgres_add(connection, &sealed_to);
	postgres_add(connection, &blocks_of);
	counts =
		window.low < window.end ? postgres_add_counts(&subject, window.low, window.end) : 0;
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, 0);
	if (rows.count == 0) {
		return 0;
	}
	reader->up_to = postgres_only(&rows);
	rows = postgres_rows(connection, 1);
	if (postgres_read_all(&rows, &postgres_block_layout, &reader->arena, &reader->blocks,
		    &reader->blocks_count, err) < 0 ||
		store_blocks_check_order(reader, window.low, window.end, err) < 0) {
		return -1;
	}
	return store_blocks_are_worth_it(
		reader, &opening->asked, postgres_sum(connection, 2, counts));
}

/* Those of ranges that are read, which come in the order of these. */
static int add_gone(struct store_blocks_reader *reader, const struct store_block *block,
	struct postgres_rows *rows, int *at, struct error *err)
{
	size_t before = reader->gone_count;

	while (*at < rows->count && postgres_int64(rows, *at, "start") < block->low) {
		(*at)++;
	}
	while (*at < rows->count && postgres_int64(rows, *at, "start") <= block->high) {
		struct store_gone gone = {.start = postgres_int64(rows, *at, "start"),
			.session_id =
				arena_copy(&reader->arena, postgres_text(rows, *at, "session_id"))};

		if (!gone.session_id.data) {
			return error_no_memory(err);
		}
		reader->gone[reader->gone_count++] = gone;
		(*at)++;
	}
	return store_blocks_add(reader, block, reader->gone_count - before, err);
}

static int add_blocks(const struct opening *opening, struct error *err)
{
	struct store_blocks_reader *reader = &opening->columns->reader;
	struct postgres_connection *connection = opening->columns->connection;
	const struct store_block *blocks = reader->blocks;
	struct run all = {0};
	struct postgres_rows rows;
	int at = 0;

	all.low = blocks[0].low;
	all.end = store_block_after(blocks[reader->blocks_count - 1].high);
	bind_run(opening, &all);
	if (postgres_ask(connection, &gone_of, &rows, err) < 0 ||
		store_blocks_reserve(reader, reader->blocks_count, err) < 0) {
		return -1;
	}
	reader->gone = arena_calloc(&reader->arena, (size_t)rows.count + 1, sizeof(*reader->gone));
	if (!reader->gone) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < reader->blocks_count; i++) {
		if (store_block_is_read(&blocks[i], &opening->asked) &&
			add_gone(reader, &blocks[i], &rows, &at, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static void init(struct postgres_columns *columns, struct postgres_connection *connection,
	int64_t account_id)
{
	*columns = (struct postgres_columns){.connection = connection};
	store_blocks_reader_init(&columns->reader, account_id);
	columns->reader.read = read_segments;
	columns->reader.context = columns;
	columns->reader.ahead = true;
}

static int open_all(struct opening *opening, struct error *err)
{
	struct postgres_columns *columns = opening->columns;
	int going = list_blocks(opening, err);

	going = going > 0 ? add_all_fresh(opening, err) : going;
	if (going <= 0) {
		return going;
	}
	if (add_blocks(opening, err) < 0 ||
		postgres_column_kinds(columns->connection, columns->reader.account_id,
			&columns->reader.arena, &columns->reader.kinds, err) < 0) {
		return -1;
	}
	store_blocks_finish(&columns->reader);
	return 1;
}

int postgres_columns_open(struct postgres_columns *columns, struct postgres_connection *connection,
	const struct postgres_columns_question *question, struct error *err)
{
	const struct store_search *search = question->match->search;
	struct opening opening = {
		.columns = columns,
		.match = question->match,
		.asked =
			{
				.detail_after = search->detail_after,
				.steps =
					question->with_steps || filter_reads_detail(search->filter),
				.course = question->with_course ||
					  column_asks_for_course(search->filter),
				.stays = question->with_stays,
			},
		.end = search->filter->end,
	};
	struct error problem = {0};
	int opened;

	init(columns, connection, search->account_id);
	columns->reader.cost = search->cost;
	opened = open_all(&opening, &problem);
	if (opened < 0 && problem.code == ERROR_NO_MEMORY) {
		return 0; /* too much is fresh; the rows take no memory */
	}
	return opened < 0 ? error_set(err, problem.code, "%s", problem.message) : opened;
}

int postgres_columns_open_block(struct postgres_columns *columns,
	struct postgres_connection *connection, const struct store_block *block, struct error *err)
{
	struct store_blocks_reader *reader = &columns->reader;

	init(columns, connection, block->account_id);
	if (store_blocks_reserve(reader, 1, err) < 0 ||
		store_blocks_add(reader, block, 0, err) < 0 ||
		postgres_column_kinds(
			connection, block->account_id, &reader->arena, &reader->kinds, err) < 0) {
		return -1;
	}
	store_blocks_finish(reader);
	return 0;
}

void postgres_columns_close(struct postgres_columns *columns)
{
	if (columns->connection) {
		store_stays_deinit(&columns->stays);
		store_blocks_reader_deinit(&columns->reader);
	}
}

void postgres_blocks_note_damage(struct postgres_store *store,
	const struct postgres_columns *columns, const struct error *err)
{
	store_blocks_note_read(&store->blocks_damage, &store->parts.mutex, &columns->reader, err);
}
