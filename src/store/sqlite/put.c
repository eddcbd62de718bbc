/* SPDX-License-Identifier: MIT
 * Storing calls: one transaction for calls, packed calls and tallies. A put goes statement by
 * statement into the tables; what amendments make of a call is worked out first (store/amend.h). */
#include "store/amend.h"
#include "store/sqlite/blocks/note.h"

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
		"insert into call (id, account_id, session_id, start, dest_key, steps, path, stays"
		STORE_COLUMNS(STORE_COLUMN_NAME, "")
		") values (:id, :account_id, :session_id, :start, :dest_key, :steps, :path, :stays"
		STORE_COLUMNS(VALUE, ) ") on conflict do nothing"},
	call_held = {
		"select id, start, dest_key, steps, exists (select 1 from live where call_id = id) "
		"from call where account_id = :account_id and session_id = :session_id"},
	call_whole = {
		"select " HEADER_COLUMNS("c.") ", " PACKED_COLUMNS("p.") ", c.id, c.dest_key, "
		"l.call_id is not null, l.heard, l.hidden from call c "
		"left join packed p on p.call_id = c.id left join live l on l.call_id = c.id "
		"where c.account_id = :account_id and c.session_id = :session_id"},
	live_put = {
		"insert into live (call_id, account_id, heard, hidden) "
		"values (:id, :account_id, :heard, :hidden) on conflict do update "
		"set heard = excluded.heard, hidden = excluded.hidden"},
	live_end = {"delete from live where call_id = :id"},
	call_update = {
		"update call set start = :start, dest_key = :dest_key, steps = :steps, "
		"path = coalesce(:path, path), "
		"stays = iif(:path is null, stays, :stays)"
		STORE_COLUMNS(ASSIGNMENT, ) " where id = :id"},
	packed_add = {"insert " INTO_PACKED},
	packed_put = {"insert or replace " INTO_PACKED},
	detail_from_lower = {
		"update account set detail_from = :start where id = :id and detail_from > :start"};
enum { HELD_ID, HELD_START, HELD_DEST_KEY, HELD_STEPS, HELD_LIVE };
enum {
	WHOLE_PACKED = HEADER_COLUMNS_END,
	WHOLE_ID = WHOLE_PACKED + PACKED_COLUMNS_END,
	WHOLE_DEST_KEY, WHOLE_LIVE, WHOLE_HEARD, WHOLE_HIDDEN
};
/* clang-format on */

/* One store_put_calls(). */
struct put_run {
	struct sqlite_store *store;
	struct sqlite_connection *connection;
	struct sqlite_tallies tallies;
	struct sqlite_changes log;
	struct sqlite_block_notes blocks;
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
	bool live;
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

/* Runs a statement that takes the header @call, and what the steps that came in @put are found by.
 * @path is {NULL, 0} where it has none. */
static int run_header(struct put_run *run, const struct sqlite_statement *statement, int64_t id,
	const struct store_put *put, const struct call *call, struct text dest_key,
	struct text path, struct error *err)
{
	return sqlite_run(run->connection, statement,
		BIND(STORE_COLUMNS(BIND_MEMBER, call) INT64(id, id),
			INT64(account_id, put->account_id), STRING(session_id, call->session_id),
			INT64(start, call->start), STRING(dest_key, dest_key),
			INT64(steps, call->has_detail ? (int64_t)call->steps : -1),
			BLOB(path, path), BLOB(stays, put->index.stays)),
		err);
}

/* Returns 1 when the call was new and is stored, 0 when its session is there. */
static int insert_call(struct put_run *run, const struct store_put *put, struct text dest_key,
	struct text path, int64_t *ret_id, struct error *err)
{
	if (run_header(run, &call_insert, run->newest + 1, put, &put->call, dest_key, path, err) <
		0) {
		return sqlite_failed_with(run->connection, SQLITE_CONSTRAINT_FOREIGNKEY)
			       ? store_no_account(put->account_id, err)
			       : -1;
	}
	if (sqlite3_changes(run->connection->db) == 0) {
		return 0;
	}
	*ret_id = ++run->newest;
	return sqlite_blocks_added(&run->blocks, put->account_id, *ret_id, put->call.start, err) < 0
		       ? -1
		       : 1;
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
		.live = sqlite_column_int64(&row, HELD_LIVE) != 0,
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
	struct put_run *run, struct call *call, const struct held *held, struct error *err)
{
	struct packed packed;

	call->has_detail = true;
	call->steps = (uint32_t)held->steps;
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

	if (keep && keep_detail(run, &call, held, err) < 0) {
		return -1;
	}
	if (run_header(run, &call_update, held->id, put, &call, dest_key, path, err) < 0 ||
		sqlite_blocks_changed(&run->blocks, put->account_id, held->id, held->start,
			call.start, err) < 0 ||
		(call.has_detail && note_detail(run, put->account_id, call.start, err) < 0)) {
		return -1;
	}
	return call.has_detail && !keep ? replace_detail(run, put, held, err) : 0;
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

static int put_over_live(struct put_run *run, struct store_put *put, struct error *err);

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
	if (read_held(run, put, &held, err) < 0) {
		return -1;
	}
	if (held.live) {
		return put_over_live(run, put, err);
	}
	if ((held.steps >= 0 &&
		    sqlite_packed_by_id(run->connection, held.id, &arena, &held.packed, err) < 0)) {
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

/* ---- amendments ---- */

/* A call before its entries. */
struct whole {
	struct store_held held;
	int64_t id;
	struct text dest_key;
};

static int copy_blob(struct arena *arena, struct text *blob, struct error *err)
{
	if (!blob->data) {
		return 0;
	}
	*blob = arena_copy(arena, *blob);
	return blob->data ? 0 : error_no_memory(err);
}

/* Returns 1 when the call is there. */
static int read_whole(struct put_run *run, const struct store_session *session, struct arena *arena,
	struct whole *ret_whole, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(run->connection, &call_whole,
		BIND(INT64(account_id, session->account_id),
			STRING(session_id, session->session_id)),
		err);
	int found = sqlite_step(&row, err);
	struct whole whole = {0};

	if (found <= 0) {
		return found;
	}
	whole.id = sqlite_column_int64(&row, WHOLE_ID);
	whole.dest_key = sqlite_column_text(&row, WHOLE_DEST_KEY);
	whole.held = (struct store_held){
		.exists = true,
		.call = sqlite_header_at(&row, 0),
		.packed = sqlite_packed_at(&row, WHOLE_PACKED),
		.heard = sqlite_column_int64(&row, WHOLE_HEARD),
		.hidden = sqlite_column_blob(&row, WHOLE_HIDDEN),
	};
	whole.held.call.state = sqlite_column_int64(&row, WHOLE_LIVE) != 0 ? CALL_LIVE : CALL_ENDED;
	if (copy_blob(arena, &whole.dest_key, err) < 0 ||
		copy_blob(arena, &whole.held.call.dest, err) < 0 ||
		copy_blob(arena, &whole.held.call.src, err) < 0 ||
		copy_blob(arena, &whole.held.call.session_id, err) < 0 ||
		copy_blob(arena, &whole.held.packed.deflate, err) < 0 ||
		copy_blob(arena, &whole.held.hidden, err) < 0) {
		return -1;
	}
	*ret_whole = whole;
	return 1;
}

/* Changes the row of a call that is there. */
static int amend_row(struct put_run *run, const struct store_amended *amended,
	const struct whole *whole, struct text dest_key, struct text path, struct error *err)
{
	const struct call *call = &amended->put.call;
	const struct call *held = &whole->held.call;
	int64_t account_id = amended->put.account_id;

	if (run_header(run, &call_update, whole->id, &amended->put, call, dest_key, path, err) <
			0 ||
		sqlite_blocks_changed(
			&run->blocks, account_id, whole->id, held->start, call->start, err) < 0) {
		return -1;
	}
	if (held->start == call->start && text_equal(whole->dest_key, dest_key)) {
		return 0;
	}
	if (sqlite_tallies_note(&run->tallies, account_id, whole->dest_key, held->start, -1, err) <
		0) {
		return -1;
	}
	return sqlite_tallies_note(&run->tallies, account_id, dest_key, call->start, 1, err);
}

static int add_row(struct put_run *run, const struct store_amended *amended, struct text dest_key,
	struct text path, int64_t *ret_id, struct error *err)
{
	const struct store_put *put = &amended->put;

	if (insert_call(run, put, dest_key, path, ret_id, err) < 0) {
		return -1;
	}
	return sqlite_tallies_note(
		&run->tallies, put->account_id, dest_key, put->call.start, 1, err);
}

/* The index has the words of ended calls only. */
static int amend_words(struct put_run *run, const struct store_amended *amended,
	const struct whole *whole, int64_t id, struct error *err)
{
	const struct call *call = &amended->put.call;
	const struct call *held = &whole->held.call;
	bool had = whole->held.exists && held->has_detail && held->state == CALL_ENDED;

	if (had && call->state == CALL_ENDED && amended->first_step < 0) {
		return 0;
	}
	if (had && sqlite_words_drop_packed(run->store, id, amended->put.account_id, held->steps,
			   &whole->held.packed, err) < 0) {
		return -1;
	}
	return call->state == CALL_ENDED
		       ? sqlite_words_add(run->connection, id, amended->put.index.words, err)
		       : 0;
}

static int amend_detail(struct put_run *run, const struct store_amended *amended,
	const struct whole *whole, int64_t id, struct error *err)
{
	const struct store_put *put = &amended->put;

	if (!put->call.has_detail) {
		return 0;
	}
	if (put_packed(run, &packed_put, id, &put->packed, err) < 0 ||
		note_detail(run, put->account_id, put->call.start, err) < 0) {
		return -1;
	}
	return amend_words(run, amended, whole, id, err);
}

/* Writes whether the call goes on, and when it was heard. */
static int amend_live(struct put_run *run, const struct store_amended *amended,
	const struct whole *whole, int64_t id, struct error *err)
{
	const struct store_held *held = &whole->held;
	bool was = held->exists && held->call.state == CALL_LIVE;

	if (amended->put.call.state != CALL_LIVE) {
		return was ? sqlite_run(run->connection, &live_end, BIND(INT64(id, id)), err) : 0;
	}
	if (was && held->heard == amended->heard && text_equal(held->hidden, amended->hidden)) {
		return 0;
	}
	if (!was && held->exists &&
		sqlite_blocks_changed(&run->blocks, amended->put.account_id, id,
			amended->put.call.start, amended->put.call.start, err) < 0) {
		return -1;
	}
	return sqlite_run(run->connection, &live_put,
		BIND(INT64(id, id), INT64(account_id, amended->put.account_id),
			INT64(heard, amended->heard), BLOB(hidden, amended->hidden)),
		err);
}

static int write_amended(struct put_run *run, const struct store_amended *amended,
	const struct whole *whole, struct error *err)
{
	char buffer[CALL_NUMBER_MAX];
	struct text dest_key = call_number_key(amended->put.call.dest, buffer);
	int64_t id = whole->id;
	struct text path;

	if (amended->changed) {
		if (find_path(run, &amended->put, &path, err) < 0 ||
			(whole->held.exists
					? amend_row(run, amended, whole, dest_key, path, err)
					: add_row(run, amended, dest_key, path, &id, err)) < 0 ||
			amend_detail(run, amended, whole, id, err) < 0 ||
			sqlite_changes_note_steps(&run->log, amended->put.account_id, id,
				amended->first_step, amended->header, err) < 0) {
			return -1;
		}
	}
	return amend_live(run, amended, whole, id, err);
}

/* Applies all entries of a call. */
static int amend_session(
	struct put_run *run, const struct store_session *session, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_amended amended;
	struct whole whole = {0};

	arena_init(&arena, SIZE_MAX);
	if (read_whole(run, session, &arena, &whole, err) < 0 ||
		store_amend_session(
			&run->store->repacker, session, &whole.held, &arena, &amended, err) < 0) {
		return -1;
	}
	return amended.exists ? write_amended(run, &amended, &whole, err) : 0;
}

static int put_over_live(struct put_run *run, struct store_put *put, struct error *err)
{
	const struct store_entry entry = {.put = put};
	const struct store_entry *entries[] = {&entry};
	const struct store_session session = {
		.account_id = put->account_id,
		.session_id = put->call.session_id,
		.entries = entries,
		.count = 1,
	};

	return amend_session(run, &session, err);
}

static int put_session(struct put_run *run, const struct store_session *session, struct error *err)
{
	if (session->amended) {
		return amend_session(run, session, err);
	}
	for (size_t i = 0; i < session->count; i++) {
		if (put_call(run, session->entries[i]->put, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- the whole ---- */

static int run_begin(struct put_run *run, const struct sqlite_writer *writer, struct error *err)
{
	run->connection = writer->connection;
	run->blocks.connection = writer->connection;
	if (sqlite_kinds_refresh(&run->store->kinds, run->connection, err) < 0 ||
		sqlite_changes_begin(&run->log, run->connection, err) < 0) {
		return -1;
	}
	return sqlite_read_int64(run->connection, &call_newest, BIND_NOTHING, &run->newest, err) < 0
		       ? -1
		       : 0;
}

static int run_commit(struct put_run *run, struct sqlite_writer *writer, struct error *err)
{
	if (sqlite_tallies_write(&run->tallies, run->connection, err) < 0 ||
		sqlite_changes_trim(&run->log, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(writer, err);
}

int sqlite_amend_calls(
	struct store *base, const struct store_entry *entries, size_t count, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(arena_deinit) struct arena arena;
	struct put_run run = {.store = (struct sqlite_store *)base, .tallies.arena = &arena};
	struct store_session *sessions;
	size_t sessions_count;

	arena_init(&arena, SIZE_MAX);
	if (store_sessions_sort(entries, count, &arena, &sessions, &sessions_count, err) < 0 ||
		sqlite_writer_begin(&writer, base, err) < 0 || run_begin(&run, &writer, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < sessions_count; i++) {
		if (put_session(&run, &sessions[i], err) < 0) {
			return -1;
		}
	}
	return run_commit(&run, &writer, err);
}

int sqlite_put_calls(struct store *base, struct store_put *puts, size_t count, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(arena_deinit) struct arena arena;
	struct put_run run = {.store = (struct sqlite_store *)base, .tallies.arena = &arena};

	arena_init(&arena, SIZE_MAX);
	if (sqlite_writer_begin(&writer, base, err) < 0 || run_begin(&run, &writer, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (put_call(&run, &puts[i], err) < 0) {
			return -1;
		}
	}
	return run_commit(&run, &writer, err);
}
