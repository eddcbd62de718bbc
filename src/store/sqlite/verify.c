/* SPDX-License-Identifier: MIT
 * Checking an embedded store against itself. */
#include "store/check.h"
#include "store/schema.h"
#include "store/sqlite/sqlite.h"
#include "store/tally.h"
#include "store/word_sums.h"

#define PROGRESS_EVERY 1000 /* calls */

/* What the tallies say and what the calls give, bucket by bucket, where they differ; ?1 is the
 * unit's seconds. %s are: is_all, and what stands for a call's dest_key. Sorted, not joined: the
 * cost grows with the calls, not with their square. */
#define WRONG_TALLIES                                                                              \
	"select account_id, dest_key, bucket, sum(said), sum(counted) from ("                      \
	"select account_id, dest_key, bucket, calls as said, 0 as counted from tally "             \
	"where is_all = %s and seconds = ?1 union all "                                            \
	"select account_id, %s, start - start %% ?1, 0, 1 from call) "                             \
	"group by 1, 2, 3 having sum(said) <> sum(counted) or sum(counted) = 0"

/* Every call with its packed row and whether its account is there. */
#define EVERY_CALL                                                                                 \
	"select c.dest, c.src, c.session_id, c.start, c.\"end\", c.type, c.steps, c.dest_key, "    \
	"p.size, p.crc32, p.crc32_op, p.deflate, c.id, c.account_id, c.path from call c left "     \
	"join packed p on p.call_id = "                                                            \
	"c.id order by c.id"

struct verify_run {
	struct sqlite_connection *connection;
	struct store_check *check;
	struct arena arena; /* of the index of the call at hand */
	struct sqlite_kinds kinds;
	struct word_sums words;
};

static void run_end(struct verify_run *run)
{
	arena_deinit(&run->arena);
	sqlite_kinds_deinit(&run->kinds);
	word_sums_deinit(&run->words);
}

/* A statement for this once. */
static int start_once(
	struct sqlite_query *query, struct verify_run *run, const char *sql, struct error *err)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(run->connection->db, sql, -1, &statement, NULL) != SQLITE_OK) {
		return sqlite_fail(run->connection, err, "verify");
	}
	*query = (struct sqlite_query){.connection = run->connection, .statement = statement};
	return 0;
}

static void end_once(struct sqlite_query *query)
{
	sqlite3_finalize(query->statement);
}

static void finalize(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

static int check_database(struct verify_run *run, struct error *err)
{
	AUTO(end_once) struct sqlite_query query = {0};
	int row;

	if (start_once(&query, run, "pragma integrity_check", err) < 0) {
		return -1;
	}
	while ((row = sqlite_query_step(&query, err)) > 0) {
		struct text finding = sqlite_column_text(&query, 0);

		if (!text_equal_string(finding, "ok")) {
			store_check_tell(
				run->check, "the database is damaged: %.*s", TEXT_ARG(finding));
		}
	}
	return row;
}

static void close_database(sqlite3 **db)
{
	sqlite3_close(*db);
}

/* Whether the store has what @wanted, a row of sqlite_schema, says. */
static int check_schema_row(struct verify_run *run, sqlite3_stmt *wanted, struct error *err)
{
	AUTO(end_once) struct sqlite_query query = {0};
	const char *type = (const char *)sqlite3_column_text(wanted, 0);
	const char *name = (const char *)sqlite3_column_text(wanted, 1);
	const char *sql = (const char *)sqlite3_column_text(wanted, 2);
	int found;

	if (!type || !name || !sql) {
		return error_no_memory(err);
	}
	if (start_once(&query, run,
		    "select 1 from sqlite_schema where type = ? and name = ? and "
		    "coalesce(sql, '') = ?",
		    err) < 0) {
		return -1;
	}
	sqlite_query_text(&query, text_of(type));
	sqlite_query_text(&query, text_of(name));
	sqlite_query_text(&query, text_of(sql));
	found = sqlite_query_step(&query, err);
	if (found == 0) {
		store_check_tell(run->check,
			"the database is damaged: its %s '%s' is not as this schema has it", type,
			name);
	}
	return found < 0 ? -1 : 0;
}

/* Makes an empty store of this schema in memory. */
static int make_model(sqlite3 **ret_model, struct error *err)
{
	AUTO(close_database) sqlite3 *model = NULL;

	if (sqlite3_open(":memory:", &model) != SQLITE_OK ||
		sqlite_schema_functions(model) != SQLITE_OK) {
		return error_no_memory(err);
	}
	for (int i = 0; i < schema_version; i++) {
		if (sqlite3_exec(model, schema_steps[i].sql, NULL, NULL, NULL) != SQLITE_OK) {
			return error_set(err, ERROR_SYSTEM, "cannot make an empty store: %s",
				sqlite3_errmsg(model));
		}
	}
	*ret_model = model;
	model = NULL;
	return 0;
}

/* A trigger or a view that is not of this schema could change or hide what is stored. */
static int check_strangers(struct verify_run *run, sqlite3 *model, struct error *err)
{
	AUTO(end_once) struct sqlite_query query = {0};
	AUTO(finalize) sqlite3_stmt *known = NULL;
	int row;

	if (sqlite3_prepare_v2(model, "select 1 from sqlite_schema where name = ?", -1, &known,
		    NULL) != SQLITE_OK) {
		return error_no_memory(err);
	}
	if (start_once(&query, run,
		    "select type, name from sqlite_schema where type in ('trigger', 'view')",
		    err) < 0) {
		return -1;
	}
	while ((row = sqlite_query_step(&query, err)) > 0) {
		struct text name = sqlite_column_text(&query, 1);

		sqlite3_bind_text64(known, 1, name.data, name.size, SQLITE_STATIC, SQLITE_UTF8);
		if (sqlite3_step(known) != SQLITE_ROW) {
			store_check_tell(run->check,
				"the database is damaged: its %.*s '%.*s' is not of this schema",
				TEXT_ARG(sqlite_column_text(&query, 0)), TEXT_ARG(name));
		}
		sqlite3_reset(known);
	}
	return row;
}

/* Compares with an empty store of this schema: where there are virtual tables, SQLite's own check
 * may not miss an index that is gone. */
static int check_schema(struct verify_run *run, struct error *err)
{
	AUTO(close_database) sqlite3 *model = NULL;
	AUTO(finalize) sqlite3_stmt *row = NULL;

	if (make_model(&model, err) < 0) {
		return -1;
	}
	if (sqlite3_prepare_v2(model, "select type, name, coalesce(sql, '') from sqlite_schema", -1,
		    &row, NULL) != SQLITE_OK) {
		return error_no_memory(err);
	}
	while (sqlite3_step(row) == SQLITE_ROW) {
		if (check_schema_row(run, row, err) < 0) {
			return -1;
		}
	}
	return check_strangers(run, model, err);
}

/* What no row may be, each with the number of one that is. Calls with detail are compared with it
 * besides. */
static const struct {
	const char *sql;
	const char *what;
	const char *problem;
} rules[] = {
	{"select id from call where start < 0 or \"end\" < start or type not between 0 and 2 or "
	 "steps < -1 or length(cast(session_id as blob)) not between 1 and 128 or "
	 "length(cast(dest as blob)) > 128 or length(cast(src as blob)) > 128",
		"the call of row", "is none that could be stored"},
	{"select id from key where length(hash) <> 32 or scope not between 1 and 7", "the key",
		"is none that could be made"},
	{"select count(*) from keeping where detail_days between 0 and 36500 and header_days "
	 "between 0 and 36500 and audit_days between 0 and 36500 having count(*) <> 1",
		"how long calls are kept is said", "times, and not once"},
	{"select account_id from kind where account_id not in (select id from account) group by 1",
		"the account", "is not there, and has kinds of steps"},
};

static int check_rule(struct verify_run *run, size_t rule, struct error *err)
{
	AUTO(end_once) struct sqlite_query query = {0};
	int row;

	if (start_once(&query, run, rules[rule].sql, err) < 0) {
		return -1;
	}
	while ((row = sqlite_query_step(&query, err)) > 0) {
		store_check_tell(run->check, "%s %lld %s", rules[rule].what,
			(long long)sqlite_column_int64(&query, 0), rules[rule].problem);
	}
	return row;
}

static int check_rules(struct verify_run *run, struct error *err)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (check_rule(run, i, err) < 0) {
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

/* Old detail is looked for from a time on that is kept beside the account. */
static int check_detail_from(struct verify_run *run, struct error *err)
{
	AUTO(end_once) struct sqlite_query query = {0};
	int row;

	if (start_once(&query, run,
		    "select a.id, count(*) from account a join call c on c.account_id = a.id and "
		    "c.start < a.detail_from where c.steps >= 0 group by a.id",
		    err) < 0) {
		return -1;
	}
	while ((row = sqlite_query_step(&query, err)) > 0) {
		store_check_tell(run->check,
			"the account %lld has %lld calls with detail where there should be none",
			(long long)sqlite_column_int64(&query, 0),
			(long long)sqlite_column_int64(&query, 1));
	}
	return row;
}

static int check_references(struct verify_run *run, struct error *err)
{
	AUTO(end_once) struct sqlite_query query = {0};
	int row;

	if (start_once(&query, run, "pragma foreign_key_check", err) < 0) {
		return -1;
	}
	while ((row = sqlite_query_step(&query, err)) > 0) {
		store_check_tell(run->check,
			"the table '%.*s' has a row (%lld) that belongs to no row of '%.*s'",
			TEXT_ARG(sqlite_column_text(&query, 0)),
			(long long)sqlite_column_int64(&query, 1),
			TEXT_ARG(sqlite_column_text(&query, 2)));
	}
	return row;
}

static int check_tallies_of(
	struct verify_run *run, bool is_all, enum tally_unit unit, struct error *err)
{
	AUTO(end_once) struct sqlite_query query = {0};
	char sql[1024];
	int row;

	snprintf(sql, sizeof(sql), WRONG_TALLIES, is_all ? "1" : "0", is_all ? "''" : "dest_key");
	if (start_once(&query, run, sql, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, tally_unit_seconds(unit));
	while ((row = sqlite_query_step(&query, err)) > 0) {
		const struct tally_delta said = {
			.account_id = sqlite_column_int64(&query, 0),
			.is_all = is_all,
			.dest_key = sqlite_column_text(&query, 1),
			.unit = unit,
			.bucket = sqlite_column_int64(&query, 2),
			.calls = sqlite_column_int64(&query, 3),
		};

		store_check_tell_tally(run->check, &said, sqlite_column_int64(&query, 4));
	}
	return row;
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

static struct store_call read_row(struct sqlite_query *row)
{
	int64_t steps = sqlite_column_int64(row, 6);

	return (struct store_call){
		.call =
			{
				.dest = sqlite_column_text(row, 0),
				.src = sqlite_column_text(row, 1),
				.session_id = sqlite_column_text(row, 2),
				.start = sqlite_column_int64(row, 3),
				.end = sqlite_column_int64(row, 4),
				.type = (enum call_type)sqlite_column_int64(row, 5),
				.has_detail = steps >= 0,
				.steps = (uint32_t)steps,
			},
		.packed =
			{
				.size = sqlite_column_uint32(row, 8),
				.crc32 = sqlite_column_uint32(row, 9),
				.crc32_op = sqlite_column_uint32(row, 10),
				.deflate = sqlite_column_blob(row, 11),
			},
	};
}

/* The path and the words have to be what the steps give. */
static int check_index(struct verify_run *run, const struct store_call *call,
	struct sqlite_query *row, struct error *err)
{
	int64_t id = sqlite_column_int64(row, 12), account_id = sqlite_column_int64(row, 13);
	struct text held = sqlite_column_blob(row, 14), wanted;
	struct store_index index;
	struct error problem = {0};

	arena_deinit(&run->arena);
	if (store_check_index(run->check, account_id, &call->call, &run->arena, &index, err) < 0) {
		return -1; /* for want of memory: the steps were found to be good before */
	}
	if (run->words.sums) {
		word_sums_wanted(&run->words, id, index.words);
	}
	if (sqlite_kinds_path(&run->kinds, run->connection, account_id, &index, &wanted, &problem) <
		0) {
		if (problem.code != ERROR_CORRUPT) {
			return error_set(err, problem.code, "%s", problem.message);
		}
		store_check_tell(run->check, "the call '%.*s': %s", TEXT_ARG(call->call.session_id),
			problem.message);
		return 0;
	}
	if (sqlite_column_is_null(row, 14) || !text_equal(held, wanted)) {
		store_check_tell_path(run->check, call->call.session_id);
	}
	return 0;
}

static int check_call(struct verify_run *run, struct sqlite_query *row, struct error *err)
{
	struct store_call call = read_row(row);
	int fine;

	store_check_keys(run->check, &call.call, sqlite_column_text(row, 7), (struct text){0});
	fine = store_check_call(run->check, &call, !sqlite_column_is_null(row, 14), err);
	if (fine == 0 && call.call.has_detail && call.packed.deflate.data && run->words.sums) {
		word_sums_unknown(&run->words, sqlite_column_int64(row, 12));
	}
	return fine <= 0 ? fine : check_index(run, &call, row, err);
}

static int prepare_words(struct verify_run *run, struct error *err)
{
	int64_t newest;

	if (sqlite_get_int64(run->connection, "select max(id) from call", &newest, err) < 0) {
		return -1;
	}
	return word_sums_init(&run->words, newest > 0 ? newest : 0, err);
}

/* What stands in the index is added up before what the calls want is taken off. */
static int read_words(struct verify_run *run, struct error *err)
{
	AUTO(end_once) struct sqlite_query query = {0};
	int row;

	if (prepare_words(run, err) < 0 ||
		start_once(&query, run, "select term, doc, offset from word", err) < 0) {
		return -1;
	}
	while ((row = sqlite_query_step(&query, err)) > 0) {
		word_sums_held(&run->words, sqlite_column_int64(&query, 1),
			sqlite_column_text(&query, 0), sqlite_column_int64(&query, 2));
	}
	return row;
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
	word_sums_compare(&run->words, tell_words, run);
	return 0;
}

static int check_calls(struct verify_run *run, struct error *err)
{
	AUTO(end_once) struct sqlite_query query = {0};
	int64_t all;
	int row;

	if (sqlite_get_int64(run->connection, "select count(*) from call", &all, err) < 0 ||
		start_once(&query, run, EVERY_CALL, err) < 0) {
		return -1;
	}
	while ((row = sqlite_query_step(&query, err)) > 0) {
		if (check_call(run, &query, err) < 0) {
			return -1;
		}
		if (++run->check->verdict.calls % PROGRESS_EVERY == 0) {
			store_check_show_progress(run->check, all);
		}
	}
	if (row == 0) {
		store_check_show_progress(run->check, all);
	}
	return row;
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
	};
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(run_end)
	struct verify_run run = {.check = check};

	arena_init(&run.arena, SIZE_MAX);
	sqlite_kinds_init(&run.kinds);
	run.kinds.read_only = true;
	if (sqlite_reader_open_snapshot(&reader, (struct sqlite_store *)base, err) < 0) {
		return -1;
	}
	run.connection = reader.connection;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct error found = {0};

		if (found_or_failed(&run, checks[i](&run, &found), &found, err) < 0) {
			return -1;
		}
	}
	return 0;
}
