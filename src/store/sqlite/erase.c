/* SPDX-License-Identifier: MIT
 * Erasing calls with all that they are found by. What was erased also leaves the audit trail: the
 * record stays, a mark stands in its subject instead. */
#include "store/erase_marks.h"
#include "store/sqlite/blocks/blocks.h"
#include "store/sqlite/blocks/note.h"

/* clang-format off */
/* A call to be erased. */
#define ERASE_COLUMNS "select id, account_id, start, steps, dest_key, src, session_id from call "
enum {
	ERASE_ID, ERASE_ACCOUNT_ID, ERASE_START, ERASE_STEPS, ERASE_DEST_KEY, ERASE_SRC,
	ERASE_SESSION_ID
};

static const struct sqlite_statement
	erase_scan = {
		ERASE_COLUMNS "where account_id = :account_id and start >= :start "
		"order by start, session_id"},
	erase_session = {
		ERASE_COLUMNS "where account_id = :account_id and session_id = :session_id"},
	erase_one = {ERASE_COLUMNS "where id = :id"};
/* clang-format on */

/* A call as it is looked at; its texts last as long as the row. */
struct erase_row {
	int64_t id;
	int64_t account_id;
	int64_t start;
	int64_t steps; /* -1: no detail */
	struct text dest_key;
	struct text src;
	struct text session_id;
};

struct erase_run {
	struct sqlite_store *store;
	const struct store_erase *erase;
	char number_buffer[CALL_NUMBER_MAX];
	struct text number_key;
	int64_t *found; /* ids, the oldest call first */
	size_t found_count;
	int64_t found_last; /* when the last of them started */
	struct arena *sessions_arena;
	struct store_sessions sessions;
	struct sqlite_tallies tallies;
	struct sqlite_block_notes blocks;
};

static struct erase_row read_row(const struct sqlite_cursor *row)
{
	return (struct erase_row){
		.id = sqlite_column_int64(row, ERASE_ID),
		.account_id = sqlite_column_int64(row, ERASE_ACCOUNT_ID),
		.start = sqlite_column_int64(row, ERASE_START),
		.steps = sqlite_column_int64(row, ERASE_STEPS),
		.dest_key = sqlite_column_text(row, ERASE_DEST_KEY),
		.src = sqlite_column_text(row, ERASE_SRC),
		.session_id = sqlite_column_text(row, ERASE_SESSION_ID),
	};
}

static bool matches(const struct erase_run *run, const struct erase_row *row)
{
	char buffer[CALL_NUMBER_MAX];

	if (row->account_id != run->erase->account_id) {
		return false;
	}
	if (run->erase->session_id.data) {
		return text_equal(row->session_id, run->erase->session_id);
	}
	return text_equal(row->dest_key, run->number_key) ||
	       text_equal(call_number_key(row->src, buffer), run->number_key);
}

/* ---- finding ---- */

static int add(struct erase_run *run, const struct erase_row *row, struct error *err)
{
	run->found = arena_list_grow(
		run->tallies.arena, run->found, run->found_count, sizeof(*run->found));
	if (!run->found) {
		return error_no_memory(err);
	}
	run->found[run->found_count++] = row->id;
	run->found_last = row->start;
	return 0;
}

static bool is_full(const struct erase_run *run)
{
	return !run->erase->count_only && (int64_t)run->found_count == run->erase->limit;
}

/* Numbers that were called have an index, numbers that called have none: one pass over the
 * headers finds both. A reading connection makes it, so that other writers do not wait. */
static int find(struct erase_run *run, struct store *base, int64_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	const struct store_erase *erase = run->erase;
	AUTO(sqlite_end)
	struct sqlite_cursor cursor = sqlite_query(reader.connection,
		erase->session_id.data ? &erase_session : &erase_scan,
		BIND(INT64(account_id, erase->account_id), INT64(start, erase->from),
			STRING(session_id, erase->session_id)),
		err);
	int64_t count = 0;
	int more = 1;

	while (!is_full(run) && (more = sqlite_step(&cursor, err)) > 0) {
		struct erase_row row = read_row(&cursor);

		if (!matches(run, &row)) {
			continue;
		}
		count++;
		if (!erase->count_only && add(run, &row, err) < 0) {
			return -1;
		}
	}
	*ret_count = count;
	return more < 0 ? -1 : 0;
}

/* ---- erasing ---- */

/* Returns 1 when it was erased. 0: it changed since it was found, and is gone or no longer
 * meant. */
static int erase_call(struct erase_run *run, int64_t id, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor cursor =
		sqlite_query(run->store->writer, &erase_one, BIND(INT64(id, id)), err);
	struct erase_row row;
	int found = sqlite_step(&cursor, err);

	if (found <= 0) {
		return found;
	}
	row = read_row(&cursor);
	if (!matches(run, &row)) {
		return 0;
	}
	if (sqlite_tallies_note(&run->tallies, row.account_id, row.dest_key, row.start, -1, err) <
			0 ||
		store_sessions_add(&run->sessions, run->sessions_arena, row.session_id, err) < 0) {
		return -1;
	}
	sqlite_end(&cursor);
	return sqlite_call_drop(run->store, &run->blocks,
		       &(struct sqlite_old_call){id, row.account_id, row.start, row.steps}, err) < 0
		       ? -1
		       : 1;
}

static int erase_found(struct erase_run *run, int64_t *ret_count, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int64_t count = 0;

	if (sqlite_writer_begin(&writer, &run->store->base, err) < 0) {
		return -1;
	}
	run->blocks.connection = writer.connection;
	for (size_t i = 0; i < run->found_count; i++) {
		int erased = erase_call(run, run->found[i], err);

		if (erased < 0) {
			return -1;
		}
		count += erased;
	}
	if (sqlite_tallies_write(&run->tallies, writer.connection, err) < 0 ||
		sqlite_blocks_renew_changed(writer.connection, run->erase->account_id, err) < 0 ||
		sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	*ret_count = count;
	return 0;
}

/* Blocks may still have what a call said before it changed. */
static int erase_changed(struct erase_run *run, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int changed;

	{
		AUTO(sqlite_reader_close)
		struct sqlite_reader reader = sqlite_reader_open(&run->store->base, err);

		changed = sqlite_blocks_are_changed(reader.connection, run->erase->account_id, err);
	}
	if (changed <= 0) {
		return changed;
	}
	if (sqlite_writer_begin(&writer, &run->store->base, err) < 0 ||
		sqlite_blocks_renew_changed(writer.connection, run->erase->account_id, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}

int sqlite_erase(struct store *base, const struct store_erase *erase, struct arena *arena,
	struct store_sessions *ret_sessions, struct store_erased *ret_erased, struct error *err)
{
	AUTO(arena_deinit) struct arena own;
	struct erase_run run = {.store = (struct sqlite_store *)base,
		.erase = erase,
		.sessions_arena = arena,
		.tallies.arena = &own};
	struct store_erased erased = {.from = erase->from};

	arena_init(&own, SIZE_MAX);
	run.number_key = call_number_key(erase->number, run.number_buffer);
	if (find(&run, base, &erased.calls, err) < 0) {
		return -1;
	}
	if (run.found_count > 0) {
		erased.more = is_full(&run);
		erased.from = run.found_last;
		if (erase_found(&run, &erased.calls, err) < 0) {
			return -1;
		}
	} else if (!erase->count_only && erase_changed(&run, err) < 0) {
		return -1;
	}
	*ret_sessions = run.sessions;
	*ret_erased = erased;
	return 0;
}

/* ---- the audit trail ---- */

/* clang-format off */
static const struct sqlite_statement
	audit_subjects = {"select id, subject from audit where account_id = :account_id"},
	audit_trigger = {
		"select sql from sqlite_schema "
		"where type = 'trigger' and name = 'audit_is_not_changed'"},
	audit_mark = {"update audit set subject = :subject where id = :id"};
enum { SUBJECT_ID, SUBJECT };
/* clang-format on */

/* Finds the records on a reading connection, so that other writers do not wait. */
static int find_records(
	struct erase_marks *marks, struct store *base, int64_t account_id, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(
		reader.connection, &audit_subjects, BIND(INT64(account_id, account_id)), err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		if (erase_marks_look(marks, sqlite_column_int64(&row, SUBJECT_ID),
			    sqlite_column_text(&row, SUBJECT), err) < 0) {
			return -1;
		}
	}
	return more;
}

/* The trigger that keeps records as they are, as the schema has it. */
static int find_trigger(struct sqlite_connection *connection, struct arena *arena,
	const char **ret_sql, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, &audit_trigger, BIND_NOTHING, err);
	int found = sqlite_step(&row, err);

	if (found > 0) {
		*ret_sql = arena_copy(arena, sqlite_column_text(&row, ONLY_COLUMN)).data;
		return *ret_sql ? 1 : error_no_memory(err);
	}
	return found;
}

/* Only this transaction may change records. */
static int change_all(
	struct erase_marks *marks, struct sqlite_connection *connection, struct error *err)
{
	const char *trigger = NULL;
	int kept = find_trigger(connection, &marks->arena, &trigger, err);

	if (kept < 0 || (kept > 0 && sqlite_exec(connection, "drop trigger audit_is_not_changed",
					     err) < 0)) {
		return -1;
	}
	for (size_t i = 0; i < marks->count; i++) {
		const struct erase_mark *record = &marks->records[i];

		if (sqlite_run(connection, &audit_mark,
			    BIND(STRING(subject, record->subject), INT64(id, record->id)),
			    err) < 0) {
			return -1;
		}
	}
	return kept > 0 ? sqlite_exec(connection, trigger, err) : 0;
}

int sqlite_audit_erase(
	struct store *base, int64_t account_id, struct erase_marks *marks, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};

	if (find_records(marks, base, account_id, err) < 0) {
		return -1;
	}
	if (marks->count == 0) {
		return 0;
	}
	if (sqlite_writer_begin(&writer, base, err) < 0 ||
		change_all(marks, writer.connection, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}
