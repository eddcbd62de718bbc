/* SPDX-License-Identifier: MIT
 * Dropping old calls, or their detail alone, with all that they are found by. Where the account's
 * detail begins is kept beside the account, so that the headers of a year are not read to find the
 * detail of a day. */
#include "store/sqlite/sqlite.h"

struct old_call {
	int64_t id;
	int64_t account_id;
	int64_t start;
	int64_t steps;
	struct text dest_key;
};

/* One sqlite_drop(). */
struct drop_run {
	struct sqlite_store *store;
	struct sqlite_connection *connection;
	const struct store_drop *drop;
	struct arena arena; /* of calls, their texts and changes */
	struct old_call *calls;
	size_t count;
	struct tally_change *changes;
};

static void run_end(struct drop_run *run)
{
	arena_deinit(&run->arena);
}

static int read_row(struct drop_run *run, struct sqlite_query *row, struct error *err)
{
	struct text dest_key = arena_copy(&run->arena, sqlite_column_text(row, 4));

	run->calls = arena_list_grow(&run->arena, run->calls, run->count, sizeof(*run->calls));
	if (!run->calls || !dest_key.data) {
		return error_no_memory(err);
	}
	run->calls[run->count++] = (struct old_call){
		.id = sqlite_column_int64(row, 0),
		.account_id = sqlite_column_int64(row, 1),
		.start = sqlite_column_int64(row, 2),
		.steps = sqlite_column_int64(row, 3),
		.dest_key = dest_key,
	};
	return 0;
}

static int find_old(struct drop_run *run, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	const struct store_drop *drop = run->drop;
	int more;

	if (sqlite_query_start(
		    &row, run->connection, drop->whole ? SQL_CALLS_OLD : SQL_DETAIL_OLD, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&row, drop->account_id);
	sqlite_query_int64(&row, drop->up_to);
	sqlite_query_int64(&row, drop->limit);
	while ((more = sqlite_query_step(&row, err)) > 0) {
		if (read_row(run, &row, err) < 0) {
			return -1;
		}
	}
	return more;
}

/* Which words the index has is known by the packed call; where that is damaged, by the index alone.
 */
static int drop_words(struct sqlite_store *store, int64_t id, int64_t account_id, uint32_t steps,
	struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_index index;
	struct packed packed;

	arena_init(&arena, SIZE_MAX);
	if (sqlite_packed_by_id(store->writer, id, &arena, &packed, err) == 0 &&
		store_index_packed(
			&store->repacker, account_id, steps, &packed, &arena, &index, err) == 0) {
		return sqlite_words_drop(store->writer, id, index.words, err);
	}
	return err->code == ERROR_CORRUPT ? sqlite_words_drop_unknown(store->writer, id, err) : -1;
}

/* @steps of a call without detail are negative. */
static int drop_detail(struct sqlite_store *store, int64_t id, int64_t account_id, int64_t steps,
	struct error *err)
{
	struct error found = {0};

	if (steps >= 0 &&
		drop_words(store, id, account_id, (uint32_t)steps, err ? err : &found) < 0) {
		return -1;
	}
	return sqlite_run_int64(store->writer, SQL_PACKED_DROP, id, err);
}

int sqlite_call_drop(struct sqlite_store *store, int64_t id, int64_t account_id, int64_t steps,
	struct error *err)
{
	if (drop_detail(store, id, account_id, steps, err) < 0) {
		return -1;
	}
	return sqlite_run_int64(store->writer, SQL_CALL_DROP, id, err);
}

static int drop_call(
	struct drop_run *run, const struct old_call *call, size_t at, struct error *err)
{
	if (!run->drop->whole) {
		if (drop_detail(run->store, call->id, call->account_id, call->steps, err) < 0) {
			return -1;
		}
		return sqlite_run_int64(run->connection, SQL_CALL_DROP_DETAIL, call->id, err);
	}
	run->changes[at] = (struct tally_change){
		.account_id = call->account_id,
		.dest_key = call->dest_key,
		.start = call->start,
		.calls = -1,
	};
	return sqlite_call_drop(run->store, call->id, call->account_id, call->steps, err);
}

/* No call before that has detail any more. */
static int raise_detail_from(struct drop_run *run, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	const struct store_drop *drop = run->drop;
	int64_t from = drop->up_to < INT64_MAX ? drop->up_to + 1 : INT64_MAX;

	if ((int64_t)run->count == drop->limit) {
		/* Others of the same second may be left. */
		from = run->count > 0 ? run->calls[run->count - 1].start : INT64_MIN;
	}
	if (sqlite_query_start(&query, run->connection, SQL_DETAIL_FROM_RAISE, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, drop->account_id);
	sqlite_query_int64(&query, from);
	return sqlite_query_run(&query, err);
}

static int write_record(struct drop_run *run, struct error *err)
{
	struct store_audit record;

	if (run->count == 0 || !run->drop->record) {
		return 0;
	}
	record = *run->drop->record;
	record.calls = (int64_t)run->count;
	return sqlite_audit_write(run->connection, &record, 1, err);
}

static int drop_all(struct drop_run *run, struct error *err)
{
	if (find_old(run, err) < 0) {
		return -1;
	}
	run->changes = arena_calloc(&run->arena, run->count, sizeof(*run->changes));
	if (!run->changes) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < run->count; i++) {
		if (drop_call(run, &run->calls[i], i, err) < 0) {
			return -1;
		}
	}
	if (run->drop->whole && tally_add_up(run->changes, run->count, sqlite_tally_change,
					run->connection, err) < 0) {
		return -1;
	}
	return raise_detail_from(run, err) < 0 ? -1 : write_record(run, err);
}

int sqlite_drop(
	struct store *base, const struct store_drop *drop, int64_t *ret_dropped, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(run_end)
	struct drop_run run = {.store = (struct sqlite_store *)base, .drop = drop};

	arena_init(&run.arena, SIZE_MAX);
	if (sqlite_writer_begin(&writer, run.store, err) < 0) {
		return -1;
	}
	run.connection = writer.connection;
	if (drop_all(&run, err) < 0 || sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	*ret_dropped = (int64_t)run.count;
	return 0;
}

int sqlite_oldest(
	struct store *base, int64_t account_id, bool detail, int64_t *ret_start, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	int found;

	if (sqlite_reader_open(&reader, (struct sqlite_store *)base, err) < 0 ||
		sqlite_query_start(&row, reader.connection,
			detail ? SQL_DETAIL_OLDEST : SQL_CALL_OLDEST, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&row, account_id);
	found = sqlite_query_step(&row, err);
	if (found > 0) {
		*ret_start = sqlite_column_int64(&row, 0);
	}
	return found;
}
