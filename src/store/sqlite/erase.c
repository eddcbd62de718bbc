/* SPDX-License-Identifier: MIT
 * Erasing calls with all that they are found by. */
#include "store/sqlite/sqlite.h"

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
	size_t found_room;
	int64_t found_last; /* when the last of them started */
	struct arena arena; /* of the tallies' changes */
	struct arena *sessions_arena;
	struct store_sessions sessions;
	struct tally_change *changes;
	size_t changes_count;
};

static void run_end(struct erase_run *run)
{
	free(run->found);
	arena_deinit(&run->arena);
}

static struct erase_row read_row(struct sqlite_query *query)
{
	return (struct erase_row){
		.id = sqlite_column_int64(query, 0),
		.account_id = sqlite_column_int64(query, 1),
		.start = sqlite_column_int64(query, 2),
		.steps = sqlite_column_int64(query, 3),
		.dest_key = sqlite_column_text(query, 4),
		.src = sqlite_column_text(query, 5),
		.session_id = sqlite_column_text(query, 6),
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
	if (run->found_count == run->found_room) {
		size_t room = run->found_room ? 2 * run->found_room : 64;
		int64_t *grown = reallocarray(run->found, room, sizeof(*grown));

		if (!grown) {
			return error_no_memory(err);
		}
		run->found = grown;
		run->found_room = room;
	}
	run->found[run->found_count++] = row->id;
	run->found_last = row->start;
	return 0;
}

static bool is_full(const struct erase_run *run)
{
	return !run->erase->count_only && (int64_t)run->found_count == run->erase->limit;
}

/* Numbers that were called have an index, those that called have none: one pass over the headers
 * finds both. Nobody waits for the writer meanwhile. */
static int find(struct erase_run *run, int64_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	const struct store_erase *erase = run->erase;
	bool one = erase->session_id.data != NULL;
	int64_t count = 0;
	int more = 1;

	if (sqlite_reader_open(&reader, run->store, err) < 0 ||
		sqlite_query_start(&query, reader.connection,
			one ? SQL_ERASE_SESSION : SQL_ERASE_SCAN, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, erase->account_id);
	if (one) {
		sqlite_query_text(&query, erase->session_id);
	} else {
		sqlite_query_int64(&query, erase->from);
	}
	while (!is_full(run) && (more = sqlite_query_step(&query, err)) > 0) {
		struct erase_row row = read_row(&query);

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

static int note_change(struct erase_run *run, const struct erase_row *row, struct error *err)
{
	struct text dest_key = arena_copy(&run->arena, row->dest_key);

	if (!dest_key.data) {
		return error_no_memory(err);
	}
	run->changes[run->changes_count++] = (struct tally_change){
		.account_id = row->account_id,
		.dest_key = dest_key,
		.start = row->start,
		.calls = -1,
	};
	return 0;
}

/* Returns 1 when it was erased, 0 when it is gone, or no longer one of those that are meant: it may
 * have changed since it was found. */
static int erase_call(struct erase_run *run, int64_t id, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	struct erase_row row;
	int found;

	if (sqlite_query_start(&query, run->store->writer, SQL_ERASE_ONE, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, id);
	found = sqlite_query_step(&query, err);
	if (found <= 0) {
		return found;
	}
	row = read_row(&query);
	if (!matches(run, &row)) {
		return 0;
	}
	if (note_change(run, &row, err) < 0 ||
		store_sessions_add(&run->sessions, run->sessions_arena, row.session_id, err) < 0) {
		return -1;
	}
	sqlite_query_end(&query);
	return sqlite_call_drop(run->store, id, row.account_id, row.steps, err) < 0 ? -1 : 1;
}

static int erase_found(struct erase_run *run, int64_t *ret_count, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int64_t count = 0;

	run->changes = arena_calloc(&run->arena, run->found_count, sizeof(*run->changes));
	if (!run->changes) {
		return error_no_memory(err);
	}
	if (sqlite_writer_begin(&writer, run->store, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < run->found_count; i++) {
		int erased = erase_call(run, run->found[i], err);

		if (erased < 0) {
			return -1;
		}
		count += erased;
	}
	if (tally_add_up(run->changes, run->changes_count, sqlite_tally_change, writer.connection,
		    err) < 0 ||
		sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	*ret_count = count;
	return 0;
}

int sqlite_erase(struct store *base, const struct store_erase *erase, struct arena *arena,
	struct store_sessions *ret_sessions, struct store_erased *ret_erased, struct error *err)
{
	AUTO(run_end)
	struct erase_run run = {
		.store = (struct sqlite_store *)base, .erase = erase, .sessions_arena = arena};
	struct store_erased erased = {.from = erase->from};

	arena_init(&run.arena, SIZE_MAX);
	run.number_key = call_number_key(erase->number, run.number_buffer);
	if (find(&run, &erased.calls, err) < 0) {
		return -1;
	}
	if (run.found_count > 0) {
		erased.more = is_full(&run);
		erased.from = run.found_last;
		if (erase_found(&run, &erased.calls, err) < 0) {
			return -1;
		}
	}
	*ret_sessions = run.sessions;
	*ret_erased = erased;
	return 0;
}
