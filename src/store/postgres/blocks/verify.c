/* SPDX-License-Identifier: MIT
 * Checking blocks: each against itself, and against the table of calls, call by call. */
#include <stdarg.h>

#include "column/rows.h"
#include "column/seal.h"
#include "store/postgres/blocks/blocks.h"

/* clang-format off */
/* What the tables of blocks may not be: a sentence for each, and the account. */
static const struct postgres_statement rules[] = {
	{"select format('block %s: it and another have calls of the same time', b.id) as sentence,"
	" b.account_id from block b where exists (select from block o where"
	" o.account_id = b.account_id and o.id <> b.id and o.low <= b.high and o.high >= b.low)",
	.once = true},
	{"select format('block %s: it ends before it begins, or says what no block has', id)"
	" as sentence, account_id from block where low > high or calls < -1 or calls > 65536"
	" or detail not between 0 and greatest(calls, 0) or (calls > 0 and (first_start < low"
	" or last_start > high or first_start > last_start))", .once = true},
	{"select format('the blocks of the account %s do not have all times up to where they"
	" should', account_id) as sentence, account_id from sealed s where up_to < -1"
	" or up_to <> coalesce((select max(high) from block b"
	" where b.account_id = s.account_id), -1) or up_to + 1 <> coalesce("
	"(select sum(high - low + 1) from block b where b.account_id = s.account_id), 0)",
	.once = true},
	{"select format('block %s: its account is not said to have any', b.id) as sentence,"
	" b.account_id from block b where not exists (select from sealed s"
	" where s.account_id = b.account_id)", .once = true},
	{"select format('there are columns of a block %s that has none', s.id / 32) as sentence,"
	" s.account_id from segment s where not exists (select from block b"
	" where b.account_id = s.account_id and b.id = s.id / 32 and b.calls > 0)"
	" group by s.account_id, s.id / 32", .once = true},
	{"select format('the call ''%s'' is kept as a late one, and it is not', l.session_id)"
	" as sentence, l.account_id from late l where not exists (select from call c join sealed s"
	" on s.account_id = c.account_id where c.account_id = l.account_id"
	" and c.session_id = l.session_id and c.start = l.start and c.start <= s.up_to)",
	.once = true},
	{"select format('the call ''%s'' went from a block that is not there', g.session_id)"
	" as sentence, g.account_id from gone g where not exists (select from block b"
	" where b.account_id = g.account_id and b.low <= g.start and b.high >= g.start)",
	.once = true},
	{"select format('the live call ''%s'' is not kept as a late one', v.session_id)"
	" as sentence, v.account_id from live v join call c on c.account_id = v.account_id"
	" and c.session_id = v.session_id join sealed s on s.account_id = c.account_id"
	" where c.start <= s.up_to and not exists (select from late l where"
	" l.account_id = c.account_id and l.start = c.start and l.session_id = c.session_id)",
	.once = true},
};

static const struct postgres_statement every_block = {
	"select " BLOCK_COLUMNS " from block b where b.calls > 0 order by b.account_id, b.id",
	.once = true};
static const struct postgres_statement rows_of_block = {
	"declare held no scroll cursor for select " BLOCK_ROW_COLUMNS ", false as live"
	" from (select * from call c where " BLOCK_RANGE("c") " and not exists (select from late l"
	" where l.account_id = $account_id::bigint and l.start = c.start"
	" and l.session_id = c.session_id)) c left join detail " POSTGRES_DETAIL_OF_CALL
	" order by c.start, c.session_id", .once = true};
static const struct postgres_statement fetch = {"fetch forward 500 from held", .once = true};
static const struct postgres_statement close_held = {"close held", .once = true};
static const struct postgres_statement gone_of_block = {
	"select g.start, g.session_id from gone g where " BLOCK_RANGE("g")
	" order by g.start, g.session_id", .once = true};
/* clang-format on */

/* One block that is compared with its rows. */
struct checking {
	struct postgres_store *store;
	struct postgres_connection *connection;
	struct store_check *check;
	struct store_block block;
	struct postgres_columns columns;
	struct column_block opened;
	struct column_rows rows;
	struct store_stays stays;
	/* Rows of the table, in the order of the block, some at a time. */
	struct arena arena;
	struct column_row *held;
	bool *held_is_there;
	size_t held_count;
	size_t held_at;
	/* Calls that are no longer in it, in its order. */
	struct arena gone_arena;
	struct store_gone *gone;
	size_t gone_count;
	size_t gone_at;
};

static void note(struct postgres_store *store, int64_t account_id, int64_t block_id,
	const struct error *problem)
{
	store_blocks_note(&store->blocks_damage, &store->parts.mutex,
		&(struct store_blocks_damaged){.account_id = account_id, .block_id = block_id},
		problem);
}

/* Tells a problem of the block. */
static void FORMAT_PRINTF(2, 3) tell(struct checking *checking, const char *format, ...)
{
	struct error problem = {.code = ERROR_CORRUPT};
	va_list args;

	va_start(args, format);
	vsnprintf(problem.message, sizeof(problem.message), format, args);
	va_end(args);
	store_check_tell(checking->check, "%s", problem.message);
	note(checking->store, checking->block.account_id, checking->block.id, &problem);
}

/* ---- rows of the table ---- */

/* Of a packed call that is damaged nothing is known here; that is told elsewhere. */
static int read_row(struct checking *checking, struct postgres_rows *rows, int at,
	struct column_row *ret_row, struct error *err)
{
	struct error problem = {0};
	int is_there =
		postgres_block_row(rows, at, &checking->stays, &checking->arena, ret_row, &problem);

	if (is_there < 0 && problem.code == ERROR_CORRUPT) {
		return postgres_block_row(rows, at, NULL, &checking->arena, ret_row, err);
	}
	return is_there < 0 ? error_set(err, problem.code, "%s", problem.message) : is_there;
}

static int fetch_held(struct checking *checking, struct error *err)
{
	struct postgres_rows rows;

	if (postgres_ask(checking->connection, &fetch, &rows, err) < 0) {
		return -1;
	}
	arena_deinit(&checking->arena);
	checking->held_at = 0;
	checking->held_count = (size_t)rows.count;
	checking->held =
		arena_calloc(&checking->arena, (size_t)rows.count + 1, sizeof(*checking->held));
	checking->held_is_there =
		arena_calloc(&checking->arena, (size_t)rows.count + 1, sizeof(bool));
	if (!checking->held || !checking->held_is_there) {
		return error_no_memory(err);
	}
	for (int i = 0; i < rows.count; i++) {
		int is_there = read_row(checking, &rows, i, &checking->held[i], err);

		if (is_there < 0) {
			return -1;
		}
		checking->held_is_there[i] = is_there;
	}
	return 0;
}

/* The next one; NULL: there is none. */
static int next_held(
	struct checking *checking, const struct column_row **ret_row, struct error *err)
{
	if (checking->held_at == checking->held_count && fetch_held(checking, err) < 0) {
		return -1;
	}
	*ret_row = checking->held_at < checking->held_count ? &checking->held[checking->held_at]
							    : NULL;
	checking->held_at += *ret_row != NULL;
	return 0;
}

/* ---- calls ---- */

static bool is_gone(struct checking *checking, const struct column_row *has)
{
	const struct store_gone *gone = &checking->gone[checking->gone_at];

	if (checking->gone_at == checking->gone_count || gone->start != has->call.start ||
		!text_equal(gone->session_id, has->call.session_id)) {
		return false;
	}
	checking->gone_at++;
	return true;
}

/* Detail that went with its day may still stand in the block. */
static bool is_same(
	const struct checking *checking, struct column_row *has, const struct column_row *row)
{
	if (!checking->held_is_there[checking->held_at - 1]) {
		column_row_strip(has);
	}
	return store_block_call_is_same(&checking->block, has, row);
}

/* Compares one call of the block. 1 it is well or is gone, 0 it was told to be wrong. */
static int compare_call(
	struct checking *checking, uint32_t at, struct arena *arena, struct error *err)
{
	const struct column_row *row;
	struct column_row has;

	if (column_rows_at(&checking->rows, at, arena, &has, err) < 0) {
		return -1;
	}
	if (is_gone(checking, &has)) {
		return 1;
	}
	if (next_held(checking, &row, err) < 0) {
		return -1;
	}
	if (row && is_same(checking, &has, row)) {
		return 1;
	}
	tell(checking, "block %lld: its call '%.*s' is not as the table of calls has it",
		(long long)checking->block.id, TEXT_ARG(has.call.session_id));
	return 0;
}

static int compare_calls(struct checking *checking, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	const struct column_row *row;
	int status = 1;

	arena_init(&arena, STORE_BLOCK_BYTES_MAX);
	for (uint32_t at = 0; status > 0 && at < checking->opened.count; at++) {
		status = compare_call(checking, at, &arena, err);
		arena_deinit(&arena);
	}
	if (status <= 0) {
		return status;
	}
	if (next_held(checking, &row, err) < 0) {
		return -1;
	}
	if (row) {
		tell(checking, "block %lld: it lacks the call '%.*s'",
			(long long)checking->block.id, TEXT_ARG(row->call.session_id));
	}
	if (checking->gone_at < checking->gone_count) {
		tell(checking, "block %lld: calls went from it that it never had",
			(long long)checking->block.id);
	}
	return 0;
}

/* ---- blocks ---- */

static const struct postgres_column gone_columns[] = {
	{"start", POSTGRES_BIGINT, POSTGRES_MEMBER(struct store_gone, start)},
	{"session_id", POSTGRES_TEXT, POSTGRES_MEMBER(struct store_gone, session_id)},
};
static const struct postgres_layout gone_layout = POSTGRES_LAYOUT(gone_columns, struct store_gone);

static int check_opened(struct checking *checking, struct error *err)
{
	const struct store_block *block = &checking->block;
	struct postgres_columns *columns = &checking->columns;

	if (postgres_columns_open_block(columns, checking->connection, block, err) < 0 ||
		column_block_open(
			&checking->opened, &columns->reader.calls.loader, 0, block->id, err) < 0 ||
		column_block_check(&checking->opened, &columns->reader.kinds, err) < 0) {
		return -1;
	}
	if (!store_block_is_opened(block, &checking->opened)) {
		tell(checking, "block %lld: its columns are those of other calls",
			(long long)block->id);
		return 0;
	}
	if (column_rows_open(&checking->rows, &checking->opened, true, err) < 0) {
		return -1;
	}
	postgres_block_bind(checking->connection, block);
	if (postgres_list(checking->connection, &gone_of_block, &gone_layout, &checking->gone_arena,
		    &checking->gone, &checking->gone_count, err) < 0) {
		return -1;
	}
	postgres_block_bind(checking->connection, block);
	postgres_add(checking->connection, &rows_of_block);
	if (postgres_run(checking->connection, err) < 0 || compare_calls(checking, err) < 0) {
		return -1;
	}
	postgres_add(checking->connection, &close_held);
	return postgres_run(checking->connection, err);
}

static int check_block(struct postgres_store *store, struct postgres_connection *connection,
	const struct store_block *block, struct store_check *check, struct error *err)
{
	struct checking checking = {
		.store = store, .connection = connection, .check = check, .block = *block};
	struct error problem = {0};
	int status;

	arena_init(&checking.arena, STORE_BLOCK_BYTES_MAX);
	arena_init(&checking.gone_arena, STORE_BLOCK_BYTES_MAX);
	status = check_opened(&checking, &problem);
	column_rows_deinit(&checking.rows);
	store_stays_deinit(&checking.stays);
	postgres_columns_close(&checking.columns);
	arena_deinit(&checking.gone_arena);
	arena_deinit(&checking.arena);
	if (status < 0 && !store_blocks_are_damaged(&problem)) {
		return error_set(err, problem.code, "%s", problem.message);
	}
	if (status < 0) {
		tell(&checking, "%s", problem.message);
	}
	return 0;
}

static int tell_each(struct postgres_store *store, struct postgres_connection *connection,
	const struct postgres_statement *rule, struct store_check *check, struct error *err)
{
	struct postgres_rows rows;

	if (postgres_ask(connection, rule, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		struct error problem = {.code = ERROR_CORRUPT};

		snprintf(problem.message, sizeof(problem.message), "%.*s",
			TEXT_ARG(postgres_text(&rows, i, "sentence")));
		store_check_tell(check, "%s", problem.message);
		note(store, postgres_int64(&rows, i, "account_id"), 0, &problem);
	}
	return 0;
}

int postgres_blocks_verify(struct postgres_store *store, struct postgres_connection *connection,
	struct store_check *check, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_block *blocks;
	size_t count;

	arena_init(&arena, SIZE_MAX);
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		if (tell_each(store, connection, &rules[i], check, err) < 0) {
			return -1;
		}
	}
	if (postgres_list(connection, &every_block, &postgres_block_layout, &arena, &blocks, &count,
		    err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (check_block(store, connection, &blocks[i], check, err) < 0) {
			return -1;
		}
	}
	return 0;
}
