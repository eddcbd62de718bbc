/* SPDX-License-Identifier: MIT
 * Storing calls: one transaction for calls, packed calls and tallies. */
#include "store/store_sqlite.h"
#include "store/tally.h"

/* One store_put_calls(). */
struct put_run {
	struct sqlite_store *store;
	struct sqlite_connection *connection;
	struct arena arena;
	struct tally_change *changes; /* a call makes at most two */
	size_t changes_count;
	struct sqlite_changes log;
};

static void run_end(struct put_run *run)
{
	arena_deinit(&run->arena);
}

/* A call that is there before it is replaced. */
struct held {
	int64_t id;
	int64_t start;
	int64_t steps; /* -1: no detail */
	struct text dest_key;
};

static int note_change(struct put_run *run, int64_t account_id, struct text dest_key, int64_t start,
	int64_t calls, struct error *err)
{
	struct text copy = arena_copy(&run->arena, dest_key);

	if (!copy.data) {
		return error_no_memory(err);
	}
	run->changes[run->changes_count++] = (struct tally_change){
		.account_id = account_id,
		.dest_key = copy,
		.start = start,
		.calls = calls,
	};
	return 0;
}

/* Binds what insert and update have in common, in the order that their texts have. */
static void bind_header(struct sqlite_query *query, const struct call *call, struct text dest_key)
{
	sqlite_query_int64(query, call->start);
	sqlite_query_int64(query, call->end);
	sqlite_query_text(query, call->dest);
	sqlite_query_text(query, dest_key);
	sqlite_query_text(query, call->src);
	sqlite_query_int64(query, call->type);
	sqlite_query_int64(query, call->has_detail ? (int64_t)call->steps : -1);
}

/* Returns 1 when the call was new and is stored, 0 when its session is there. */
static int insert_call(struct put_run *run, const struct store_put *put, struct text dest_key,
	int64_t *ret_id, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, run->connection, SQL_CALL_INSERT, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, put->account_id);
	sqlite_query_text(&query, put->call.session_id);
	bind_header(&query, &put->call, dest_key);
	if (sqlite_query_run(&query, err) < 0) {
		if (sqlite3_extended_errcode(run->connection->db) == SQLITE_CONSTRAINT_FOREIGNKEY) {
			error_set(err, ERROR_NOT_FOUND, "there is no account with the id %lld",
				(long long)put->account_id);
		}
		return -1;
	}
	*ret_id = sqlite3_last_insert_rowid(run->connection->db);
	return sqlite3_changes(run->connection->db);
}

static int read_held(
	struct put_run *run, const struct store_put *put, struct held *ret_held, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	struct text dest_key;
	int row;

	if (sqlite_query_start(&query, run->connection, SQL_CALL_HELD, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, put->account_id);
	sqlite_query_text(&query, put->call.session_id);
	row = sqlite_query_step(&query, err);
	if (row <= 0) {
		return row < 0 ? -1
			       : error_set(err, ERROR_CORRUPT,
					 "the store '%s' contradicts itself on the call '%.*s'",
					 run->store->folder, TEXT_ARG(put->call.session_id));
	}
	dest_key = arena_copy(&run->arena, sqlite_column_text(&query, 2));
	if (!dest_key.data) {
		return error_no_memory(err);
	}
	*ret_held = (struct held){
		.id = sqlite_column_int64(&query, 0),
		.start = sqlite_column_int64(&query, 1),
		.steps = sqlite_column_int64(&query, 3),
		.dest_key = dest_key,
	};
	return 0;
}

static int update_call(struct put_run *run, int64_t id, const struct call *call,
	struct text dest_key, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, run->connection, SQL_CALL_UPDATE, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, id);
	bind_header(&query, call, dest_key);
	return sqlite_query_run(&query, err);
}

/* @sql: SQL_PACKED_ADD for a call that has none, SQL_PACKED_PUT for one that may. */
static int put_packed(struct put_run *run, enum sqlite_sql sql, int64_t id,
	const struct packed *packed, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, run->connection, sql, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, id);
	sqlite_query_int64(&query, packed->size);
	sqlite_query_int64(&query, packed->crc32);
	sqlite_query_int64(&query, packed->crc32_op);
	sqlite_query_blob(&query, packed->deflate);
	return sqlite_query_run(&query, err);
}

/* Packs the held steps again under the header @call. */
static int rewrap_packed(struct put_run *run, int64_t id, const struct call *call,
	struct packed *ret_packed, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	struct packed held;
	int row;

	if (sqlite_query_start(&query, run->connection, SQL_PACKED_GET, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, id);
	row = sqlite_query_step(&query, err);
	if (row <= 0) {
		return row < 0 ? -1
			       : error_set(err, ERROR_CORRUPT,
					 "the store '%s' has lost the detail of the call '%.*s'",
					 run->store->folder, TEXT_ARG(call->session_id));
	}
	held = (struct packed){
		.size = sqlite_column_uint32(&query, 0),
		.crc32 = sqlite_column_uint32(&query, 1),
		.crc32_op = sqlite_column_uint32(&query, 2),
		.deflate = sqlite_column_blob(&query, 3),
	};
	return store_rewrap(&run->store->rewrap, call, &held, ret_packed, err);
}

static int replace_call(
	struct put_run *run, struct store_put *put, struct text dest_key, struct error *err)
{
	struct call call = put->call;
	struct packed packed = put->packed;
	struct held held = {0};

	if (read_held(run, put, &held, err) < 0) {
		return -1;
	}
	if (!call.has_detail && held.steps >= 0) {
		call.has_detail = true;
		call.steps = (uint32_t)held.steps;
		if (rewrap_packed(run, held.id, &call, &packed, err) < 0) {
			return -1;
		}
	}
	if (update_call(run, held.id, &call, dest_key, err) < 0 ||
		(call.has_detail && put_packed(run, SQL_PACKED_PUT, held.id, &packed, err) < 0)) {
		return -1;
	}
	put->replaced = true;
	if (sqlite_changes_note(&run->log, put->account_id, held.id, err) < 0) {
		return -1;
	}
	if (held.start == call.start && text_equal(held.dest_key, dest_key)) {
		return 0;
	}
	if (note_change(run, put->account_id, held.dest_key, held.start, -1, err) < 0) {
		return -1;
	}
	return note_change(run, put->account_id, dest_key, call.start, 1, err);
}

static int put_call(struct put_run *run, struct store_put *put, struct error *err)
{
	char buffer[CALL_NUMBER_MAX];
	struct text dest_key = call_number_key(put->call.dest, buffer);
	int64_t id;
	int inserted = insert_call(run, put, dest_key, &id, err);

	if (inserted < 0) {
		return -1;
	}
	if (inserted == 0) {
		return replace_call(run, put, dest_key, err);
	}
	if ((put->call.has_detail && put_packed(run, SQL_PACKED_ADD, id, &put->packed, err) < 0) ||
		sqlite_changes_note(&run->log, put->account_id, id, err) < 0) {
		return -1;
	}
	return note_change(run, put->account_id, dest_key, put->call.start, 1, err);
}

static int run_tally(struct put_run *run, enum sqlite_sql sql, const struct tally_delta *delta,
	struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, run->connection, sql, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, delta->account_id);
	sqlite_query_int64(&query, delta->is_all);
	sqlite_query_text(&query, delta->dest_key);
	sqlite_query_int64(&query, tally_unit_seconds(delta->unit));
	sqlite_query_int64(&query, delta->bucket);
	if (sql == SQL_TALLY_ADD) {
		sqlite_query_int64(&query, delta->calls);
	}
	return sqlite_query_run(&query, err);
}

static int change_tally(void *context, const struct tally_delta *delta, struct error *err)
{
	struct put_run *run = context;

	if (run_tally(run, SQL_TALLY_ADD, delta, err) < 0) {
		return -1;
	}
	return delta->calls < 0 ? run_tally(run, SQL_TALLY_DROP_EMPTY, delta, err) : 0;
}

int sqlite_put_calls(struct store *base, struct store_put *puts, size_t count, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(run_end) struct put_run run = {.store = (struct sqlite_store *)base};

	arena_init(&run.arena, SIZE_MAX);
	run.changes = arena_calloc(&run.arena, count, 2 * sizeof(*run.changes));
	if (!run.changes) {
		return error_no_memory(err);
	}
	if (sqlite_writer_begin(&writer, run.store, err) < 0) {
		return -1;
	}
	run.connection = writer.connection;
	if (sqlite_changes_begin(&run.log, run.connection, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (put_call(&run, &puts[i], err) < 0) {
			return -1;
		}
	}
	if (tally_add_up(run.changes, run.changes_count, change_tally, &run, err) < 0 ||
		sqlite_changes_trim(&run.log, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}
