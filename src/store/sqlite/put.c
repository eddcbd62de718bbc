/* SPDX-License-Identifier: MIT
 * Storing calls: one transaction for calls, packed calls and tallies. */
#include "store/sqlite/sqlite.h"

/* clang-format off */
/* `:start`, and `start = :start`. */
#define VALUE(member, sql, kind, with) ", :" #member
#define ASSIGNMENT(member, sql, kind, with) ", " sql " = :" #member

#define INTO_PACKED \
	"into packed (call_id, " PACKED_COLUMNS("") ") " \
	"values (:call_id, :size, :crc32, :crc32_op, :deflate)"

static const struct sqlite_statement
	call_newest = {"select max(id) from call"},
	call_insert = {
		"insert into call (id, account_id, session_id, start, dest_key, steps, path"
		STORE_COLUMNS(STORE_COLUMN_NAME, "")
		") values (:id, :account_id, :session_id, :start, :dest_key, :steps, :path"
		STORE_COLUMNS(VALUE, ) ") on conflict do nothing"},
	call_held = {
		"select id, start, dest_key, steps from call "
		"where account_id = :account_id and session_id = :session_id"},
	call_update = {
		"update call set start = :start, dest_key = :dest_key, steps = :steps, "
		"path = coalesce(:path, path)" STORE_COLUMNS(ASSIGNMENT, ) " where id = :id"},
	packed_add = {"insert " INTO_PACKED},
	packed_put = {"insert or replace " INTO_PACKED},
	detail_from_lower = {
		"update account set detail_from = :start where id = :id and detail_from > :start"};
enum { HELD_ID, HELD_START, HELD_DEST_KEY, HELD_STEPS };
/* clang-format on */

/* One store_put_calls(). */
struct put_run {
	struct sqlite_store *store;
	struct sqlite_connection *connection;
	struct sqlite_tallies tallies;
	struct sqlite_changes log;
	/* Id of a call. */
	int64_t newest;
	/* The account whose detail_from is known; 0: none. */
	int64_t account_id;
	int64_t detail_from;
};

/* A call that is there before it is replaced. */
struct held {
	int64_t id;
	int64_t start;
	int64_t steps; /* -1: no detail */
	struct text dest_key;
	/* Its detail, when it has one. */
	struct packed packed;
};

/* A call that started then has detail: the search for old detail must not begin behind it. */
static int note_detail(struct put_run *run, int64_t account_id, int64_t start, struct error *err)
{
	if (run->account_id != account_id) {
		if (sqlite_detail_from(run->connection, account_id, &run->detail_from, err) < 0) {
			return -1;
		}
		run->account_id = account_id;
	}
	if (start >= run->detail_from) {
		return 0;
	}
	run->detail_from = start;
	return sqlite_run(run->connection, &detail_from_lower,
		BIND(INT64(id, account_id), INT64(start, start)), err);
}

#define BIND_text(member, call)		     STRING(member, (call)->member)
#define BIND_int64(member, call)	     INT64(member, (call)->member)
#define BIND_choice(member, call)	     INT64(member, (call)->member)
#define BIND_MEMBER(member, sql, kind, call) BIND_##kind(member, call),

/* Runs a statement that takes a call's header. @path is {NULL, 0} where the call comes without
 * detail. */
static int run_header(struct put_run *run, const struct sqlite_statement *statement, int64_t id,
	int64_t account_id, const struct call *call, struct text dest_key, struct text path,
	struct error *err)
{
	return sqlite_run(run->connection, statement,
		BIND(STORE_COLUMNS(BIND_MEMBER, call) INT64(id, id), INT64(account_id, account_id),
			STRING(session_id, call->session_id), INT64(start, call->start),
			STRING(dest_key, dest_key),
			INT64(steps, call->has_detail ? (int64_t)call->steps : -1),
			BLOB(path, path)),
		err);
}

/* Returns 1 when the call was new and is stored, 0 when its session is there. */
static int insert_call(struct put_run *run, const struct store_put *put, struct text dest_key,
	struct text path, int64_t *ret_id, struct error *err)
{
	if (run_header(run, &call_insert, run->newest + 1, put->account_id, &put->call, dest_key,
		    path, err) < 0) {
		return sqlite_failed_with(run->connection, SQLITE_CONSTRAINT_FOREIGNKEY)
			       ? store_no_account(put->account_id, err)
			       : -1;
	}
	if (sqlite3_changes(run->connection->db) == 0) {
		return 0;
	}
	*ret_id = ++run->newest;
	return 1;
}

static int read_held(
	struct put_run *run, const struct store_put *put, struct held *ret_held, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(run->connection, &call_held,
		BIND(INT64(account_id, put->account_id), STRING(session_id, put->call.session_id)),
		err);
	struct text dest_key;
	int found = sqlite_step(&row, err);

	if (found <= 0) {
		return found < 0 ? -1
				 : error_set(err, ERROR_CORRUPT,
					   "the store '%s' contradicts itself on the call '%.*s'",
					   run->store->folder, TEXT_ARG(put->call.session_id));
	}
	dest_key = arena_copy(run->tallies.arena, sqlite_column_text(&row, HELD_DEST_KEY));
	if (!dest_key.data) {
		return error_no_memory(err);
	}
	*ret_held = (struct held){
		.id = sqlite_column_int64(&row, HELD_ID),
		.start = sqlite_column_int64(&row, HELD_START),
		.steps = sqlite_column_int64(&row, HELD_STEPS),
		.dest_key = dest_key,
	};
	return 0;
}

/* @statement: packed_add for a call that has none, packed_put for one that may. */
static int put_packed(struct put_run *run, const struct sqlite_statement *statement, int64_t id,
	const struct packed *packed, struct error *err)
{
	return sqlite_run(run->connection, statement,
		BIND(INT64(call_id, id), INT64(size, packed->size), INT64(crc32, packed->crc32),
			INT64(crc32_op, packed->crc32_op), BLOB(deflate, packed->deflate)),
		err);
}

static bool same_packed(const struct packed *a, const struct packed *b)
{
	return a->size == b->size && a->crc32 == b->crc32 && text_equal(a->deflate, b->deflate);
}

/* The call comes with steps. */
static int replace_detail(struct put_run *run, const struct store_put *put, const struct held *held,
	struct error *err)
{
	if (held->steps >= 0) {
		if (same_packed(&held->packed, &put->packed)) {
			return 0;
		}
		if (sqlite_words_drop_packed(run->store, held->id, put->account_id,
			    (uint32_t)held->steps, &held->packed, err) < 0) {
			return -1;
		}
	}
	if (put_packed(run, &packed_put, held->id, &put->packed, err) < 0) {
		return -1;
	}
	return sqlite_words_add(run->connection, held->id, put->index.words, err);
}

/* Packs the held steps again under the header of a call that comes without any. */
static int keep_detail(
	struct put_run *run, const struct call *call, const struct held *held, struct error *err)
{
	struct packed packed;

	if (store_rewrap(&run->store->repacker, call, &held->packed, &packed, err) < 0) {
		return -1;
	}
	return put_packed(run, &packed_put, held->id, &packed, err);
}

static int change_call(struct put_run *run, const struct store_put *put, const struct held *held,
	struct text dest_key, struct text path, struct error *err)
{
	struct call call = put->call;
	bool keep = !call.has_detail && held->steps >= 0;

	if (keep) {
		call.has_detail = true;
		call.steps = (uint32_t)held->steps;
	}
	if (run_header(run, &call_update, held->id, put->account_id, &call, dest_key, path, err) <
			0 ||
		(call.has_detail && note_detail(run, put->account_id, call.start, err) < 0)) {
		return -1;
	}
	if (keep) {
		return keep_detail(run, &call, held, err);
	}
	return call.has_detail ? replace_detail(run, put, held, err) : 0;
}

static int find_path(
	struct put_run *run, const struct store_put *put, struct text *ret_path, struct error *err)
{
	*ret_path = (struct text){0};
	if (!put->call.has_detail) {
		return 0;
	}
	return sqlite_kinds_path(
		&run->store->kinds, run->connection, put->account_id, &put->index, ret_path, err);
}

/* Returns 1 when *@ret_joined and *@ret_path, in @arena, are to be stored instead of @put. */
static int join_held(struct put_run *run, struct store_put *put, const struct held *held,
	struct arena *arena, struct store_put *ret_joined, struct text *ret_path, struct error *err)
{
	int parts;

	if (!put->recorded || !put->call.has_detail || held->steps < 0) {
		return 0;
	}
	parts = store_join(
		&run->store->repacker, &held->packed, put, arena, ret_joined, &put->others, err);
	return parts > 0 && find_path(run, ret_joined, ret_path, err) < 0 ? -1 : parts;
}

static int replace_call(struct put_run *run, struct store_put *put, struct text dest_key,
	struct text path, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	char buffer[CALL_NUMBER_MAX];
	struct held held = {0};
	struct store_put joined;
	int parts;

	arena_init(&arena, SIZE_MAX);
	put->replaced = true;
	if (read_held(run, put, &held, err) < 0 ||
		(held.steps >= 0 && sqlite_packed_by_id(run->connection, held.id, &arena,
					    &held.packed, err) < 0)) {
		return -1;
	}
	parts = join_held(run, put, &held, &arena, &joined, &path, err);
	if (parts > 0) {
		put = &joined;
		dest_key = call_number_key(put->call.dest, buffer);
	}
	if (parts < 0 || change_call(run, put, &held, dest_key, path, err) < 0 ||
		sqlite_changes_note(&run->log, put->account_id, held.id, err) < 0) {
		return -1;
	}
	if (held.start == put->call.start && text_equal(held.dest_key, dest_key)) {
		return 0;
	}
	if (sqlite_tallies_note(
		    &run->tallies, put->account_id, held.dest_key, held.start, -1, err) < 0) {
		return -1;
	}
	return sqlite_tallies_note(
		&run->tallies, put->account_id, dest_key, put->call.start, 1, err);
}

static int add_detail(
	struct put_run *run, const struct store_put *put, int64_t id, struct error *err)
{
	if (!put->call.has_detail) {
		return 0;
	}
	if (put_packed(run, &packed_add, id, &put->packed, err) < 0 ||
		note_detail(run, put->account_id, put->call.start, err) < 0) {
		return -1;
	}
	return sqlite_words_add(run->connection, id, put->index.words, err);
}

static int put_indexed(struct put_run *run, struct store_put *put, struct error *err)
{
	char buffer[CALL_NUMBER_MAX];
	struct text dest_key = call_number_key(put->call.dest, buffer);
	struct text path;
	int64_t id = 0;
	int inserted;

	if (find_path(run, put, &path, err) < 0) {
		return -1;
	}
	inserted = insert_call(run, put, dest_key, path, &id, err);
	if (inserted < 0) {
		return -1;
	}
	if (inserted == 0) {
		return replace_call(run, put, dest_key, path, err);
	}
	if (add_detail(run, put, id, err) < 0 ||
		sqlite_changes_note(&run->log, put->account_id, id, err) < 0) {
		return -1;
	}
	return sqlite_tallies_note(
		&run->tallies, put->account_id, dest_key, put->call.start, 1, err);
}

/* Makes the index of a put that comes without it. */
static int put_call(struct put_run *run, struct store_put *put, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_put indexed = *put;

	arena_init(&arena, SIZE_MAX);
	if (!put->call.has_detail || put->index.made) {
		return put_indexed(run, put, err);
	}
	if (store_index_packed(&run->store->repacker, put->account_id, put->call.steps,
		    &put->packed, &arena, &indexed.index, err) < 0 ||
		put_indexed(run, &indexed, err) < 0) {
		return -1;
	}
	put->replaced = indexed.replaced;
	put->others = indexed.others;
	return 0;
}

int sqlite_put_calls(struct store *base, struct store_put *puts, size_t count, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(arena_deinit) struct arena arena;
	struct put_run run = {.store = (struct sqlite_store *)base, .tallies.arena = &arena};

	arena_init(&arena, SIZE_MAX);
	if (sqlite_writer_begin(&writer, base, err) < 0 ||
		sqlite_kinds_refresh(&run.store->kinds, writer.connection, err) < 0) {
		return -1;
	}
	run.connection = writer.connection;
	if (sqlite_changes_begin(&run.log, run.connection, err) < 0 ||
		sqlite_read_int64(run.connection, &call_newest, BIND_NOTHING, &run.newest, err) <
			0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (put_call(&run, &puts[i], err) < 0) {
			return -1;
		}
	}
	if (sqlite_tallies_write(&run.tallies, run.connection, err) < 0 ||
		sqlite_changes_trim(&run.log, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}
