/* SPDX-License-Identifier: MIT
 * Checking an embedded store against itself. */
#include "store/check.h"
#include "store/schema.h"
#include "store/sqlite/blocks/blocks.h"
#include "store/sqlite/word_sums.h"
#include "store/tally.h"

#define PROGRESS_EVERY 1000 /* calls */

/* clang-format off */
/* What the tallies say and what the calls give, bucket by bucket, where they differ. %s are:
 * is_all, and what stands for a call's dest_key. Sorted, not joined: the cost grows with the calls,
 * not with their square. */
#define WRONG_TALLIES \
	"select account_id, dest_key, bucket, sum(said), sum(counted) from (" \
	"select account_id, dest_key, bucket, calls as said, 0 as counted from tally " \
	"where is_all = %s and seconds = :seconds union all " \
	"select account_id, %s, start - start %% :seconds, 0, 1 from call) " \
	"group by 1, 2, 3 having sum(said) <> sum(counted) or sum(counted) = 0"
enum { WRONG_ACCOUNT_ID, WRONG_DEST_KEY, WRONG_BUCKET, WRONG_SAID, WRONG_COUNTED };

/* Every call with its packed row. */
#define EVERY_CALL \
	"select " HEADER_COLUMNS("c.") ", " PACKED_COLUMNS("p.") ", c.dest_key, c.id, " \
	"c.account_id, c.path, c.stays, exists (select 1 from live where call_id = c.id) " \
	"from call c left join packed p on p.call_id = c.id order by c.id"
enum {
	EVERY_PACKED = HEADER_COLUMNS_END,
	EVERY_DEST_KEY = EVERY_PACKED + PACKED_COLUMNS_END,
	EVERY_ID, EVERY_ACCOUNT_ID, EVERY_PATH, EVERY_STAYS, EVERY_LIVE
};

/* What no row may be, a sentence for each that is. Calls with detail are also compared with it. Old
 * detail is looked for from a time on that is kept beside the account. */
#define WRONG_DETAIL \
	"select printf('the account %d has %d calls with detail where there should be none', " \
	"a.id, count(*)) from account a join call c on c.account_id = a.id " \
	"and c.start < a.detail_from where c.steps >= 0 group by a.id"
static const char *const rules[] = {
	"select printf('the call of row %d is not one that could be stored', id) from call "
	"where start < 0 or \"end\" < start or type not between 0 and 2 or steps < -1 "
	"or length(cast(session_id as blob)) not between 1 and 128 "
	"or length(cast(dest as blob)) > 128 or length(cast(src as blob)) > 128",
	"select printf('the key %d is not one that could be made', id) from key "
	"where length(hash) <> 32 or scope not between 1 and 15",
	"select printf('the session %d is of a key that is not there', s.id) from key s "
	"where s.of_key is not null and not exists (select 1 from key k where k.id = s.of_key "
	"and k.account_id = s.account_id and k.of_key is null)",
	"select printf('how long calls are kept is said %d times, and not once', count(*)) "
	"from keeping where detail_days between 0 and 36500 and header_days between 0 and 36500 "
	"and audit_days between 0 and 36500 having count(*) <> 1",
	"select printf('the account %d is not there, and has kinds of steps', account_id) "
	"from kind where account_id not in (select id from account) group by account_id",
	"select printf('the live call of row %d is kept under the account %d, and not its own', "
	"call_id, l.account_id) from live l join call c on c.id = l.call_id "
	"where c.account_id <> l.account_id",
};

static const struct schema_check {
	const char *every;
	const char *same;
	const char *problem;
} missing = {
	"select type, name, coalesce(sql, '') from sqlite_schema",
	"select 1 from sqlite_schema where type = :type and name = :name "
	"and coalesce(sql, '') = :sql",
	"is not as this schema has it",
}, strangers = {
	"select type, name, '' from sqlite_schema where type in ('trigger', 'view')",
	"select 1 from sqlite_schema where name = :name",
	"is not of this schema",
};
enum { SCHEMA_TYPE, SCHEMA_NAME, SCHEMA_SQL };

#define EVERY_WORD "select term, doc, offset from word"
enum { WORD_TERM, WORD_DOC, WORD_OFFSET };

/* Of pragma foreign_key_check. */
enum { REFERENCE_TABLE, REFERENCE_ROW, REFERENCE_PARENT };
/* clang-format on */

struct verify_run {
	struct sqlite_store *store;
	struct sqlite_connection *connection;
	struct store_check *check;
	struct arena arena; /* of the index of the call that is checked */
	struct sqlite_kinds kinds;
	struct sqlite_word_sums words;
};

static void run_end(struct verify_run *run)
{
	sqlite_connection_close(run->connection);
	arena_deinit(&run->arena);
	sqlite_kinds_deinit(&run->kinds);
	sqlite_word_sums_deinit(&run->words);
}

/* A statement for this once. */
static struct sqlite_cursor query_once(
	struct verify_run *run, const char *sql, struct sqlite_values values, struct error *err)
{
	return sqlite_query_own(run->connection, sql, values, "verify", err);
}

static int check_database(struct verify_run *run, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = query_once(run, "pragma integrity_check", BIND_NOTHING, err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		struct text finding = sqlite_column_text(&row, ONLY_COLUMN);

		if (!text_equal_string(finding, "ok")) {
			store_check_tell(
				run->check, "the database is damaged: %.*s", TEXT_ARG(finding));
		}
	}
	return more;
}

/* Makes an empty store of this schema in memory. */
static int make_model(struct sqlite_connection **ret_model, const char *folder, struct error *err)
{
	AUTO(sqlite_connection_closep) struct sqlite_connection *model = NULL;

	if (sqlite_connection_open(&model, ":memory:", folder, SQLITE_TO_WRITE, err) < 0 ||
		sqlite_exec(model, "pragma foreign_keys = 0", err) < 0) {
		return -1;
	}
	if (sqlite_schema_functions(model->db) != SQLITE_OK) {
		return error_no_memory(err);
	}
	for (int i = 0; i < schema_version; i++) {
		if (sqlite3_exec(model->db, schema_steps[i].sql, NULL, NULL, NULL) != SQLITE_OK) {
			return error_set(err, ERROR_SYSTEM, "cannot make an empty store: %s",
				sqlite3_errmsg(model->db));
		}
	}
	*ret_model = model;
	model = NULL;
	return 0;
}

/* Whether @connection has what @wanted, a row of sqlite_schema of another, says. */
static int has_schema_row(struct sqlite_connection *connection, const char *sql,
	const struct sqlite_cursor *wanted, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query_own(connection, sql,
		BIND(STRING(type, sqlite_column_text(wanted, SCHEMA_TYPE)),
			STRING(name, sqlite_column_text(wanted, SCHEMA_NAME)),
			STRING(sql, sqlite_column_text(wanted, SCHEMA_SQL))),
		"verify", err);

	return sqlite_step(&row, err);
}

/* Tells of what one connection has in its schema, and the other has not. */
static int compare_schemas(struct verify_run *run, struct sqlite_connection *one,
	struct sqlite_connection *other, const struct schema_check *check, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query_own(one, check->every, BIND_NOTHING, "verify", err);
	int more, found;

	while ((more = sqlite_step(&row, err)) > 0) {
		found = has_schema_row(other, check->same, &row, err);
		if (found < 0) {
			return -1;
		}
		if (found == 0) {
			store_check_tell(run->check, "the database is damaged: its %.*s '%.*s' %s",
				TEXT_ARG(sqlite_column_text(&row, SCHEMA_TYPE)),
				TEXT_ARG(sqlite_column_text(&row, SCHEMA_NAME)), check->problem);
		}
	}
	return more;
}

/* Compares with an empty store of this schema: SQLite's own check may overlook that an index is
 * gone. A trigger or a view that is not of this schema could change or hide what is stored. */
static int check_schema(struct verify_run *run, struct error *err)
{
	AUTO(sqlite_connection_closep) struct sqlite_connection *model = NULL;

	if (make_model(&model, run->connection->folder, err) < 0 ||
		compare_schemas(run, model, run->connection, &missing, err) < 0) {
		return -1;
	}
	return compare_schemas(run, run->connection, model, &strangers, err);
}

/* Tells each sentence that a statement gives. */
static int tell_each(struct verify_run *run, const char *sql, struct error *err)
{
	AUTO(sqlite_end) struct sqlite_cursor row = query_once(run, sql, BIND_NOTHING, err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		store_check_tell(
			run->check, "%.*s", TEXT_ARG(sqlite_column_text(&row, ONLY_COLUMN)));
	}
	return more;
}

static int check_rules(struct verify_run *run, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		if (tell_each(run, rules[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int count_accounts(struct verify_run *run, struct error *err)
{
	return sqlite_get_int64(run->connection, "select count(*) from account",
		&run->check->verdict.accounts, err);
}

/* Records are numbered without a gap, from where the oldest were dropped. */
static int check_audit(struct verify_run *run, struct error *err)
{
	int64_t dropped, newest;

	if (sqlite_get_int64(run->connection, "select count(*) from audit",
		    &run->check->verdict.records, err) < 0 ||
		sqlite_get_int64(
			run->connection, "select dropped from audit_floor", &dropped, err) < 0 ||
		sqlite_get_int64(run->connection,
			"select max(dropped, coalesce((select max(id) from audit), 0)) from "
			"audit_floor",
			&newest, err) < 0) {
		return -1;
	}
	store_check_records(run->check, newest - dropped);
	return 0;
}

static int check_detail_from(struct verify_run *run, struct error *err)
{
	return tell_each(run, WRONG_DETAIL, err);
}

static int check_references(struct verify_run *run, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = query_once(run, "pragma foreign_key_check", BIND_NOTHING, err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		store_check_tell(run->check,
			"the table '%.*s' has a row (%lld) that belongs to no row of '%.*s'",
			TEXT_ARG(sqlite_column_text(&row, REFERENCE_TABLE)),
			(long long)sqlite_column_int64(&row, REFERENCE_ROW),
			TEXT_ARG(sqlite_column_text(&row, REFERENCE_PARENT)));
	}
	return more;
}

static int check_tallies_of(
	struct verify_run *run, bool is_all, enum tally_unit unit, struct error *err)
{
	char sql[1024];
	int more;

	snprintf(sql, sizeof(sql), WRONG_TALLIES, is_all ? "1" : "0", is_all ? "''" : "dest_key");
	AUTO(sqlite_end)
	struct sqlite_cursor row =
		query_once(run, sql, BIND(INT64(seconds, tally_unit_seconds(unit))), err);
	while ((more = sqlite_step(&row, err)) > 0) {
		const struct tally_delta said = {
			.account_id = sqlite_column_int64(&row, WRONG_ACCOUNT_ID),
			.is_all = is_all,
			.dest_key = sqlite_column_text(&row, WRONG_DEST_KEY),
			.unit = unit,
			.bucket = sqlite_column_int64(&row, WRONG_BUCKET),
			.calls = sqlite_column_int64(&row, WRONG_SAID),
		};

		store_check_tell_tally(run->check, &said, sqlite_column_int64(&row, WRONG_COUNTED));
	}
	return more;
}

static int check_tallies(struct verify_run *run, struct error *err)
{
	for (int unit = TALLY_MINUTE; unit < TALLY_UNITS; unit++) {
		if (check_tallies_of(run, true, (enum tally_unit)unit, err) < 0 ||
			check_tallies_of(run, false, (enum tally_unit)unit, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* As it stands there: also a type that is not one. */
static struct store_call read_row(const struct sqlite_cursor *row)
{
	struct store_call call = {
		.call = sqlite_header_at(row, 0),
		.packed = sqlite_packed_at(row, EVERY_PACKED),
	};

	call.call.type = (enum call_type)sqlite_column_int64(row, HEADER_type);
	return call;
}

/* Rows that an earlier program wrote do not say how long their calls stayed where. */
static void check_stays(struct verify_run *run, const struct call *call, struct text wanted,
	const struct sqlite_cursor *row)
{
	struct error problem = {.code = ERROR_CORRUPT};

	if (sqlite_column_is_null(row, EVERY_STAYS) ||
		(wanted.data && text_equal(sqlite_column_blob(row, EVERY_STAYS), wanted))) {
		return;
	}
	snprintf(problem.message, sizeof(problem.message), "the call '%.*s' has %s",
		TEXT_ARG(call->session_id),
		wanted.data ? "visits that do not fit its steps" : "visits and no detail");
	store_check_tell(run->check, "%s", problem.message);
	sqlite_blocks_note_call(run->store, sqlite_column_int64(row, EVERY_ID), &problem);
}

/* The path, the visits and the words have to be what the steps give. */
static int check_index(struct verify_run *run, const struct store_call *call,
	const struct sqlite_cursor *row, struct error *err)
{
	int64_t id = sqlite_column_int64(row, EVERY_ID);
	int64_t account_id = sqlite_column_int64(row, EVERY_ACCOUNT_ID);
	struct text held = sqlite_column_blob(row, EVERY_PATH), wanted;
	struct store_index index;
	struct error problem = {0};

	arena_deinit(&run->arena);
	if (store_check_index(run->check, account_id, &call->call, &run->arena, &index, err) < 0) {
		return -1; /* memory is short: the steps were found to be good before */
	}
	if (run->words.sums) {
		/* No index has the words of a live call. */
		sqlite_word_sums_wanted(&run->words, id,
			sqlite_column_int64(row, EVERY_LIVE) != 0 ? TEXT("") : index.words);
	}
	check_stays(run, &call->call, index.stays, row);
	if (sqlite_kinds_path(&run->kinds, run->connection, account_id, &index, &wanted, &problem) <
		0) {
		if (problem.code != ERROR_CORRUPT) {
			return error_set(err, problem.code, "%s", problem.message);
		}
		store_check_tell(run->check, "the call '%.*s': %s", TEXT_ARG(call->call.session_id),
			problem.message);
		return 0;
	}
	if (sqlite_column_is_null(row, EVERY_PATH) || !text_equal(held, wanted)) {
		store_check_tell_path(run->check, call->call.session_id);
	}
	return 0;
}

static int check_call(struct verify_run *run, const struct sqlite_cursor *row, struct error *err)
{
	struct store_call call = read_row(row);
	int fine;

	store_check_keys(
		run->check, &call.call, sqlite_column_text(row, EVERY_DEST_KEY), (struct text){0});
	fine = store_check_call(run->check, &call, !sqlite_column_is_null(row, EVERY_PATH), err);
	if (fine == 0 && call.call.has_detail && call.packed.deflate.data && run->words.sums) {
		sqlite_word_sums_unknown(&run->words, sqlite_column_int64(row, EVERY_ID));
	}
	if (!call.call.has_detail) {
		check_stays(run, &call.call, (struct text){0}, row);
	}
	return fine <= 0 ? fine : check_index(run, &call, row, err);
}

/* What stands in the index is added up before what the calls want is taken off. */
static int read_words(struct verify_run *run, struct error *err)
{
	int64_t newest;
	int more;

	if (sqlite_get_int64(run->connection, "select max(id) from call", &newest, err) < 0 ||
		sqlite_word_sums_init(&run->words, newest > 0 ? newest : 0, err) < 0) {
		return -1;
	}
	AUTO(sqlite_end)
	struct sqlite_cursor row = query_once(run, EVERY_WORD, BIND_NOTHING, err);
	while ((more = sqlite_step(&row, err)) > 0) {
		sqlite_word_sums_held(&run->words, sqlite_column_int64(&row, WORD_DOC),
			sqlite_column_text(&row, WORD_TERM),
			sqlite_column_int64(&row, WORD_OFFSET));
	}
	return more;
}

static void tell_words(void *context, int64_t id_first, int64_t id_last)
{
	struct verify_run *run = context;

	if (id_last == INT64_MAX) {
		store_check_tell(
			run->check, "the text index has words of calls that are not there");
	} else if (id_first == id_last) {
		store_check_tell(run->check,
			"the text index does not fit the steps of the call of row %lld",
			(long long)id_first);
	} else {
		store_check_tell(run->check,
			"the text index does not fit the steps of the calls of rows %lld to %lld",
			(long long)id_first, (long long)id_last);
	}
}

static int compare_words(struct verify_run *run, struct error *err)
{
	(void)err;
	sqlite_word_sums_compare(&run->words, tell_words, run);
	return 0;
}

static int check_calls(struct verify_run *run, struct error *err)
{
	int64_t all;
	int more;

	if (sqlite_get_int64(run->connection, "select count(*) from call", &all, err) < 0) {
		return -1;
	}
	AUTO(sqlite_end)
	struct sqlite_cursor row = query_once(run, EVERY_CALL, BIND_NOTHING, err);
	while ((more = sqlite_step(&row, err)) > 0) {
		if (check_call(run, &row, err) < 0) {
			return -1;
		}
		if (++run->check->verdict.calls % PROGRESS_EVERY == 0) {
			store_check_show_progress(run->check, all);
		}
	}
	if (more == 0) {
		store_check_show_progress(run->check, all);
	}
	return more;
}

static int check_blocks(struct verify_run *run, struct error *err)
{
	return sqlite_blocks_verify(run->store, run->connection, run->check, err);
}

/* What is too damaged to be read on is a problem of the store, not a failure of the check. */
static int found_or_failed(
	struct verify_run *run, int status, struct error *problem, struct error *err)
{
	if (status == 0) {
		return 0;
	}
	if (problem->code != ERROR_CORRUPT) {
		return error_set(err, problem->code, "%s", problem->message);
	}
	store_check_tell(run->check, "%s", problem->message);
	return 0;
}

/* A connection that read before may hold the text index as it was: SQLite 3.46 then calls an index
 * malformed that lost its last word since. A new connection has read nothing. */
static int open_new(struct verify_run *run, struct error *err)
{
	return sqlite_connection_open(&run->connection, run->store->path, run->store->folder,
		       SQLITE_TO_READ, err) < 0
		       ? -1
		       : sqlite_exec(run->connection, "begin", err);
}

int sqlite_verify(struct store *base, struct store_check *check, struct error *err)
{
	static int (*const checks[])(struct verify_run * run, struct error * err) = {
		check_database,
		check_schema,
		count_accounts,
		check_audit,
		check_detail_from,
		check_references,
		check_rules,
		check_tallies,
		read_words,
		check_calls,
		compare_words,
		check_blocks,
	};
	AUTO(run_end)
	struct verify_run run = {.store = (struct sqlite_store *)base, .check = check};

	arena_init(&run.arena, SIZE_MAX);
	sqlite_kinds_init(&run.kinds);
	run.kinds.read_only = true;
	if (open_new(&run, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		struct error found = {0};

		if (found_or_failed(&run, checks[i](&run, &found), &found, err) < 0) {
			return -1;
		}
	}
	return 0;
}
