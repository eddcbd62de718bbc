/* SPDX-License-Identifier: MIT
 * Checking blocks: each against itself, and against the table of calls, call by call. */
#include <stdarg.h>

#include "column/rows.h"
#include "column/seal.h"
#include "store/sqlite/blocks/blocks.h"

/* clang-format off */
/* What the tables of blocks may not be: a sentence for each, and the account. */
static const char *const rules[] = {
	"select printf('block %d: it and another have calls of the same time', b.id), "
	"b.account_id from block b where exists (select 1 from block o where "
	"o.account_id = b.account_id and o.id <> b.id and o.low <= b.high and o.high >= b.low)",
	"select printf('block %d: it ends before it begins, or says what no block has', id), "
	"account_id from block where low > high or calls < -1 or calls > 65536 "
	"or detail not between 0 and max(calls, 0) or (calls > 0 and (first_start < low "
	"or last_start > high or first_start > last_start))",
	"select printf('the blocks of the account %d do not have all times up to where they "
	"should', account_id), account_id from sealed s where up_to < -1 "
	"or up_to <> coalesce((select max(high) from block b "
	"where b.account_id = s.account_id), -1) or up_to + 1 <> coalesce("
	"(select sum(high - low + 1) from block b where b.account_id = s.account_id), 0)",
	"select printf('block %d: its account is not said to have any', id), account_id "
	"from block where account_id not in (select account_id from sealed)",
	"select printf('there are columns of a block %d that has none', id / 32), 0 "
	"from segment where id / 32 not in (select id from block where calls > 0) "
	"group by id / 32",
	"select printf('the call of row %d is kept as a late one, and it is not', call_id), "
	"account_id from late l where not exists (select 1 from call c join sealed s on "
	"s.account_id = c.account_id where c.id = l.call_id and c.account_id = l.account_id "
	"and c.start = l.start and c.start <= s.up_to)",
	"select printf('the call of row %d went from a block that is not there', call_id), "
	"account_id from gone g where not exists (select 1 from block b "
	"where b.account_id = g.account_id and b.low <= g.start and b.high >= g.start)",
	"select printf('the live call of row %d is not kept as a late one', l.call_id), "
	"c.account_id from live l join call c on c.id = l.call_id "
	"join sealed s on s.account_id = c.account_id where c.start <= s.up_to and not exists "
	"(select 1 from late where account_id = c.account_id and start = c.start "
	"and call_id = c.id)",
};
enum { RULE_SENTENCE, RULE_ACCOUNT_ID };

#define EVERY_BLOCK "select " BLOCK_COLUMNS " from block where calls > 0 order by id"
#define ROWS_OF_BLOCK \
	"select " ROW_COLUMNS " from call where account_id = :account_id and start >= :low " \
	"and start <= :high and not exists (select 1 from late l where " \
	"l.account_id = call.account_id and l.start = call.start and l.call_id = call.id) " \
	"order by start, session_id"
#define GONE_OF_BLOCK \
	"select count(*) from gone where account_id = :account_id and start >= :low " \
	"and start <= :high"
#define IS_GONE \
	"select 1 from gone where account_id = :account_id and start = :start " \
	"and call_id = :call_id"
/* clang-format on */

/* One block that is compared with its rows. */
struct checking {
	struct sqlite_store *store;
	struct sqlite_connection *connection;
	struct store_check *check;
	struct store_block block;
	struct sqlite_columns columns;
	struct column_block opened;
	struct column_rows rows;
	struct sqlite_cursor held; /* rows of the table, in the order of the block */
	struct store_stays stays;
	uint32_t at;
	int64_t gone; /* calls that are no longer in it */
};

/* Tells a problem of the block. */
static void FORMAT_PRINTF(2, 3) tell(struct checking *checking, const char *format, ...)
{
	struct error problem = {0};
	va_list args;

	problem.code = ERROR_CORRUPT;
	va_start(args, format);
	vsnprintf(problem.message, sizeof(problem.message), format, args);
	va_end(args);
	store_check_tell(checking->check, "%s", problem.message);
	sqlite_blocks_note(
		checking->store, checking->block.account_id, checking->block.id, &problem);
}

/* Reads how long the call stayed where, where the block says it too. */
static int read_stays(
	struct checking *checking, struct column_row *row, struct arena *arena, struct error *err)
{
	struct error problem = {0};

	if (checking->block.version < COLUMN_VERSION_STAYS) {
		return 0;
	}
	if (sqlite_stays_at(&checking->held, row, arena, err) < 0) {
		return -1;
	}
	if (sqlite_stays_add(&checking->stays, checking->connection, row, arena, &problem) == 0 ||
		problem.code == ERROR_CORRUPT) {
		return 0;
	}
	return error_set(err, problem.code, "%s", problem.message);
}

static int is_gone(struct checking *checking, const struct column_row *has, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query_own(checking->connection, IS_GONE,
		BIND(INT64(account_id, checking->block.account_id), INT64(start, has->call.start),
			INT64(call_id, has->id)),
		"verify", err);

	return sqlite_step(&row, err);
}

/* Compares one call of the block. 1 it is well or is gone, 0 it was told to be wrong. */
static int compare_call(struct checking *checking, struct arena *arena, struct error *err)
{
	struct column_row has, row;
	int status;

	if (column_rows_at(&checking->rows, checking->at, arena, &has, err) < 0) {
		return -1;
	}
	status = is_gone(checking, &has, err);
	if (status != 0) {
		checking->gone += status > 0;
		return status;
	}
	status = sqlite_step(&checking->held, err);
	if (status > 0 && (sqlite_column_row(&checking->held, true, arena, &row, err) < 0 ||
				  read_stays(checking, &row, arena, err) < 0)) {
		return -1;
	}
	if (status > 0 && store_block_call_is_same(&checking->block, &has, &row)) {
		return 1;
	}
	if (status >= 0) {
		tell(checking, "block %lld: its call '%.*s' is not as the table of calls has it",
			(long long)checking->block.id, TEXT_ARG(has.call.session_id));
	}
	return status < 0 ? -1 : 0;
}

static int compare_gone(struct checking *checking, struct error *err)
{
	const struct store_block *block = &checking->block;
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query_own(checking->connection, GONE_OF_BLOCK,
		BIND(INT64(account_id, block->account_id), INT64(low, block->low),
			INT64(high, block->high)),
		"verify", err);
	int found = sqlite_step(&row, err);

	if (found > 0 && sqlite_column_int64(&row, ONLY_COLUMN) != checking->gone) {
		tell(checking, "block %lld: calls went from it that it never had",
			(long long)block->id);
	}
	return found < 0 ? -1 : 0;
}

static int compare_calls(struct checking *checking, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	int status = 1;

	arena_init(&arena, STORE_BLOCK_BYTES_MAX);
	for (checking->at = 0; status > 0 && checking->at < checking->opened.count;
		checking->at++) {
		status = compare_call(checking, &arena, err);
		arena_deinit(&arena);
	}
	if (status <= 0) {
		return status;
	}
	status = sqlite_step(&checking->held, err);
	if (status > 0) {
		tell(checking, "block %lld: it lacks the call '%.*s'",
			(long long)checking->block.id,
			TEXT_ARG(sqlite_column_text(&checking->held, HEADER_session_id)));
	}
	return status < 0 ? -1 : compare_gone(checking, err);
}

static int compare_head(struct checking *checking)
{
	const struct store_block *block = &checking->block;

	if (store_block_is_opened(block, &checking->opened)) {
		return 1;
	}
	tell(checking, "block %lld: its columns are those of other calls", (long long)block->id);
	return 0;
}

static int check_opened(struct checking *checking, struct error *err)
{
	const struct store_block *block = &checking->block;

	if (sqlite_columns_open_block(&checking->columns, checking->connection, block, err) < 0 ||
		column_block_open(&checking->opened, &checking->columns.reader.calls.loader, 0,
			block->id, err) < 0 ||
		column_block_check(&checking->opened, &checking->columns.reader.kinds, err) < 0) {
		return -1;
	}
	if (!compare_head(checking)) {
		return 0;
	}
	if (column_rows_open(&checking->rows, &checking->opened, true, err) < 0) {
		return -1;
	}
	checking->held = sqlite_query_own(checking->connection, ROWS_OF_BLOCK,
		BIND(INT64(account_id, block->account_id), INT64(low, block->low),
			INT64(high, block->high)),
		"verify", err);
	return compare_calls(checking, err);
}

static int check_block(struct sqlite_store *store, struct sqlite_connection *connection,
	const struct store_block *block, struct store_check *check, struct error *err)
{
	struct checking checking = {
		.store = store, .connection = connection, .check = check, .block = *block};
	struct error problem = {0};
	int status = check_opened(&checking, &problem);

	sqlite_end(&checking.held);
	store_stays_deinit(&checking.stays);
	column_rows_deinit(&checking.rows);
	sqlite_columns_close(&checking.columns);
	if (status < 0 && !store_blocks_are_damaged(&problem)) {
		return error_set(err, problem.code, "%s", problem.message);
	}
	if (status < 0) {
		tell(&checking, "%s", problem.message);
	}
	return 0;
}

static int tell_each(struct sqlite_store *store, struct sqlite_connection *connection,
	const char *sql, struct store_check *check, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query_own(connection, sql, BIND_NOTHING, "verify", err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		struct error problem = {.code = ERROR_CORRUPT};

		snprintf(problem.message, sizeof(problem.message), "%.*s",
			TEXT_ARG(sqlite_column_text(&row, RULE_SENTENCE)));
		store_check_tell(check, "%s", problem.message);
		sqlite_blocks_note(store, sqlite_column_int64(&row, RULE_ACCOUNT_ID), 0, &problem);
	}
	return more;
}

int sqlite_blocks_verify(struct sqlite_store *store, struct sqlite_connection *connection,
	struct store_check *check, struct error *err)
{
	AUTO(sqlite_end) struct sqlite_cursor row = {0};
	int more;

	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		if (tell_each(store, connection, rules[i], check, err) < 0) {
			return -1;
		}
	}
	row = sqlite_query_own(connection, EVERY_BLOCK, BIND_NOTHING, "verify", err);
	while ((more = sqlite_step(&row, err)) > 0) {
		const struct store_block block = sqlite_block_at(&row);

		if (check_block(store, connection, &block, check, err) < 0) {
			return -1;
		}
	}
	return more;
}
