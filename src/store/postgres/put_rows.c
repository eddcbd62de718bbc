/* SPDX-License-Identifier: MIT
 * What is put as rows: each column an array, each statement once for all rows that it is for. */
#include "store/postgres/put.h"
#include "store/tally.h"

/* clang-format off */
static const struct postgres_statement find_held = {
	.sql = "select u.place, c.start, c.dest_key, case when " POSTGRES_GONE
	" then -1 else c.steps end as steps, c.part, d.size, " POSTGRES_LIVE
	" from unnest($account_id::bigint[], $session_id::text[])"
	" with ordinality as u (account_id, session_id, place)"
	" join call c on c.account_id = u.account_id and c.session_id = u.session_id"
	" left join detail " POSTGRES_DETAIL_OF_CALL};

/* All that is held of a call. */
static const struct postgres_statement read_whole = {
	.sql = "select u.place, " POSTGRES_HEADER ", w.session_id is not null as live, w.heard,"
	" w.hidden, " POSTGRES_PACKED " from unnest($account_id::bigint[], $session_id::text[])"
	" with ordinality as u (account_id, session_id, place)"
	" join call c on c.account_id = u.account_id and c.session_id = u.session_id"
	" left join detail " POSTGRES_DETAIL_OF_CALL
	" left join live w on w.account_id = c.account_id and w.session_id = c.session_id"};
static const struct postgres_statement live_put = {
	.sql = "insert into live (account_id, session_id, heard, hidden)"
	" select u.* from unnest($account_id::bigint[], $session_id::text[], $heard::bigint[],"
	" $hidden::bytea[]) as u on conflict (account_id, session_id)"
	" do update set heard = excluded.heard, hidden = excluded.hidden"};
static const struct postgres_statement live_end = {
	.sql = "delete from live l using unnest($account_id::bigint[], $session_id::text[])"
	" as u (account_id, session_id) where l.account_id = u.account_id"
	" and l.session_id = u.session_id"};

/* Rows of arrays side by side, each row a call's detail: where it lies. */
#define HELD_PLACE \
	"$account_id::bigint[], $held_start::bigint[], $session_id::text[], $held_part::bigint[]"
static const struct postgres_statement read_held = {
	.sql = "select u.place, " POSTGRES_PACKED " from unnest(" HELD_PLACE ")"
	" with ordinality as u (account_id, start, session_id, part, place)"
	" join detail d on " POSTGRES_AT_PLACE};
static const struct postgres_statement detail_drop = {
	.sql = "delete from detail d using unnest(" HELD_PLACE ")"
	" as u (account_id, start, session_id, part) where " POSTGRES_AT_PLACE};
static const struct postgres_statement detail_move = {
	.sql = "update detail d set start = u.new_start, part = u.new_part, size = u.size,"
	" crc32 = u.crc32, crc32_op = u.crc32_op, deflate = u.deflate from unnest(" HELD_PLACE ","
	" $start::bigint[], $part::bigint[], $size::bigint[], $crc32::bigint[],"
	" $crc32_op::bigint[], $deflate::bytea[]) as u (account_id, start, session_id, part,"
	" new_start, new_part, size, crc32, crc32_op, deflate) where " POSTGRES_AT_PLACE};

#define SQL_text   "text"
#define SQL_int64  "bigint"
#define SQL_choice "smallint"
#define AS_ARRAY(member, sql, kind, with) ", $" #member "::" SQL_##kind "[]"
#define EXCLUDED(member, sql, kind, with) ", " sql " = excluded." sql
#define CALL_COLUMNS \
	" (account_id, session_id, start, dest_key, src_key, steps, part, last_kind, path" \
	STORE_COLUMNS(STORE_COLUMN_NAME, "") ") "
static const struct postgres_statement call_put = {
	.sql = "insert into call" CALL_COLUMNS
	"select u.account_id, u.session_id, u.start, u.dest_key, u.src_key, u.steps, u.part,"
	" u.last_kind, u.path::integer[]" STORE_COLUMNS(STORE_COLUMN_NAME, "u.") " from unnest("
	"$account_id::bigint[], $session_id::text[], $start::bigint[], $dest_key::text[],"
	" $src_key::text[], $steps::integer[], $part::bigint[], $last_kind::integer[],"
	" $path::text[]" STORE_COLUMNS(AS_ARRAY, ) ") as u" CALL_COLUMNS
	"on conflict (account_id, session_id) do update set start = excluded.start,"
	" dest_key = excluded.dest_key, src_key = excluded.src_key,"
	" steps = excluded.steps, part = excluded.part" STORE_COLUMNS(EXCLUDED, ) ","
	" last_kind = case when excluded.steps >= 0"
	" then coalesce(excluded.last_kind, call.last_kind) end,"
	" path = case when excluded.steps >= 0 then coalesce(excluded.path, call.path) end"};

#define DETAIL_COLUMNS \
	" (account_id, start, session_id, part, size, crc32, crc32_op, deflate, words) "
static const struct postgres_statement detail_add = {
	.sql = "insert into detail" DETAIL_COLUMNS
	"select u.account_id, u.start, u.session_id, u.part, u.size, u.crc32, u.crc32_op,"
	" u.deflate, u.words from unnest($account_id::bigint[], $start::bigint[],"
	" $session_id::text[], $part::bigint[], $size::bigint[], $crc32::bigint[],"
	" $crc32_op::bigint[], $deflate::bytea[], $words::tsvector[]) as u" DETAIL_COLUMNS};

#define TALLY_COLUMNS " (account_id, is_all, dest_key, seconds, bucket, calls) "
#define TALLY_ROWS \
	"unnest($account_id::bigint[], $is_all::boolean[], $dest_key::text[]," \
	" $seconds::integer[], $bucket::bigint[], $calls::bigint[])"
static const struct postgres_statement tally_add = {
	.sql = "insert into tally" TALLY_COLUMNS "select * from " TALLY_ROWS
	" on conflict (account_id, is_all, dest_key, seconds, bucket)"
	" do update set calls = tally.calls + excluded.calls"};
static const struct postgres_statement tally_drop_empty = {
	.sql = "delete from tally t using " TALLY_ROWS " as u" TALLY_COLUMNS
	"where t.account_id = u.account_id and t.is_all = u.is_all and t.dest_key = u.dest_key"
	" and t.seconds = u.seconds and t.bucket = u.bucket and t.calls = 0"};

/* Each put takes a number; a row tells of the last one of its call. */
static const struct postgres_statement changes_add = {
	.sql = "with head as (update change_head set newest = newest + $puts::bigint"
	" returning newest - $puts as before)"
	" insert into change (account_id, id, session_id, first_step)"
	" select u.account_id, head.before + 1 + u.last, u.session_id, u.first_step from head,"
	" unnest($account_id::bigint[], $last::bigint[], $session_id::text[],"
	" $first_step::bigint[]) as u (account_id, last, session_id, first_step)"};
/* Forgets the oldest in large steps: where the newest changes crossed a border of 25,000. */
static const struct postgres_statement changes_trim = {
	.sql = "with head as (update change_head set oldest = newest - 100000 + 1"
	" where newest > 100000 and newest / 25000 <> (newest - $puts::bigint) / 25000"
	" returning oldest) delete from change where id < (select oldest from head)"};
static const struct postgres_statement notify = {
	.sql = "select pg_notify('" POSTGRES_CHANNEL "', '')"};
/* clang-format on */

/* ---- columns ---- */

static bool write_path(struct buffer *out, const void *row)
{
	const struct put_entry *entry = row;

	if (!entry->detail) {
		return false;
	}
	buffer_append_byte(out, '{');
	for (uint32_t i = 0; i < entry->index.steps; i++) {
		if (i > 0) {
			buffer_append_byte(out, ',');
		}
		buffer_append_int64(
			out, postgres_kind_at(&entry->run->kinds, &entry->index, entry->kinds, i));
	}
	buffer_append_byte(out, '}');
	return true;
}

static bool write_words(struct buffer *out, const void *row)
{
	const struct put_entry *entry = row;
	AUTO(arena_deinit) struct arena scratch;

	arena_init(&scratch, SIZE_MAX);
	return entry->call.state == CALL_ENDED &&
	       postgres_write_vector(out, entry->index.words, &scratch);
}

#define MEMBER(member)			 POSTGRES_MEMBER(struct put_entry, member)
#define TYPE_text			 POSTGRES_TEXT
#define TYPE_int64			 POSTGRES_BIGINT
#define TYPE_choice			 POSTGRES_SMALLINT
#define OF_CALL(member, sql, kind, with) {#member, TYPE_##kind, MEMBER(call.member)},

/* clang-format off */
static const struct postgres_column columns[] = {
	{"account_id", POSTGRES_BIGINT, MEMBER(account_id)},
	{"session_id", POSTGRES_TEXT, MEMBER(session_id)},
	{"start", POSTGRES_BIGINT, MEMBER(call.start)},
	{"dest_key", POSTGRES_TEXT, MEMBER(dest_key)},
	{"src_key", POSTGRES_TEXT, MEMBER(row_src_key), .nullable = true},
	{"steps", POSTGRES_INTEGER, MEMBER(row_steps)},
	{"part", POSTGRES_BIGINT, MEMBER(row_part), .nullable = true},
	{"last_kind", POSTGRES_INTEGER, MEMBER(row_last_kind), .nullable = true},
	{"path", POSTGRES_TEXT, .write = write_path},
	{"held_start", POSTGRES_BIGINT, MEMBER(held_start)},
	{"held_part", POSTGRES_BIGINT, MEMBER(held_part)},
	{"size", POSTGRES_BIGINT, MEMBER(packed.size)},
	{"crc32", POSTGRES_BIGINT, MEMBER(packed.crc32)},
	{"crc32_op", POSTGRES_BIGINT, MEMBER(packed.crc32_op)},
	{"deflate", POSTGRES_BYTEA, MEMBER(packed.deflate)},
	{"words", POSTGRES_TSVECTOR, .write = write_words},
	{"last", POSTGRES_BIGINT, MEMBER(last)},
	{"first_step", POSTGRES_BIGINT, MEMBER(first_step), .nullable = true},
	{"heard", POSTGRES_BIGINT, MEMBER(outcome.heard)},
	{"hidden", POSTGRES_BYTEA, MEMBER(outcome.hidden), .nullable = true},
	STORE_COLUMNS(OF_CALL, )
};
/* clang-format on */
static const struct postgres_layout layout = POSTGRES_LAYOUT(columns, struct put_entry);

/* The kind of the last step that is a place; 0: there is none. */
static uint32_t last_kind(const struct put_run *run, const struct put_entry *entry)
{
	const struct store_index *index = &entry->index;

	for (uint32_t i = index->steps; i > 0; i--) {
		if (filter_is_place(index->kinds[index->path[i - 1]].module)) {
			return postgres_kind_at(&run->kinds, index, entry->kinds, i - 1);
		}
	}
	return 0;
}

static void finish_row(const struct put_run *run, struct put_entry *entry)
{
	bool keeps = put_keeps_held(entry);
	int64_t steps = entry->call.has_detail ? (int64_t)entry->call.steps : -1;

	entry->row_steps = keeps ? entry->held_steps : steps;
	entry->row_part = entry->detail || keeps ? entry->part : POSTGRES_NULL;
	entry->row_last_kind = entry->detail ? last_kind(run, entry) : POSTGRES_NULL;
	entry->row_src_key =
		text_equal(entry->src_key, entry->call.src) ? (struct text){0} : entry->src_key;
}

static size_t add(struct put_run *run, const struct postgres_statement *statement,
	bool (*takes)(const void *row))
{
	return postgres_add_rows(
		run->connection, statement, &layout, run->entries, run->entries_count, takes);
}

/* ---- what is held ---- */

size_t put_ask_held(struct put_run *run)
{
	return add(run, &find_held, NULL);
}

int put_read_held(struct put_run *run, struct postgres_rows *rows, struct error *err)
{
	for (int i = 0; i < rows->count; i++) {
		struct put_entry *entry = &run->entries[postgres_int64(rows, i, "place") - 1];

		entry->held = true;
		entry->held_start = postgres_int64(rows, i, "start");
		entry->held_steps = postgres_int64(rows, i, "steps");
		entry->held_size = postgres_int64(rows, i, "size");
		entry->held_part = postgres_int64(rows, i, "part");
		entry->held_live = postgres_int64(rows, i, "live") != 0;
		entry->amended |= entry->held_live;
		entry->held_dest_key = arena_copy(run->memory, postgres_text(rows, i, "dest_key"));
		if (!entry->held_dest_key.data) {
			return error_no_memory(err);
		}
	}
	return 0;
}

static bool wants_whole(const void *row)
{
	const struct put_entry *entry = row;

	return entry->amended && !entry->whole_read;
}

size_t put_ask_whole(struct put_run *run)
{
	return add(run, &read_whole, wants_whole);
}

static int keep_whole(struct put_run *run, struct put_entry *entry, struct postgres_rows *rows,
	int row, struct error *err)
{
	struct store_held *whole = &entry->whole;
	struct text *texts[] = {&whole->call.session_id, &whole->call.dest, &whole->call.src,
		&whole->packed.deflate, &whole->hidden};

	*whole = (struct store_held){
		.exists = true,
		.call = postgres_read_header(rows, row),
		.heard = postgres_int64(rows, row, "heard"),
		.hidden = postgres_text(rows, row, "hidden"),
		.packed = postgres_read_packed(rows, row),
	};
	/* Its detail went with its day. */
	whole->call.has_detail = whole->call.has_detail && entry->held_steps >= 0;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (!texts[i]->data) {
			continue;
		}
		*texts[i] = arena_copy(run->memory, *texts[i]);
		if (!texts[i]->data) {
			return error_no_memory(err);
		}
	}
	return 0;
}

/* The rows come in any order, each with its place among those that were asked for. */
int put_read_whole(struct put_run *run, size_t index, struct error *err)
{
	struct put_entry **asked = arena_calloc(run->memory, run->entries_count, sizeof(void *));
	struct postgres_rows rows;
	size_t count = 0;

	if (!asked) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < run->entries_count; i++) {
		struct put_entry *entry = &run->entries[i];

		/* One that a put ends was not asked for yet. */
		if (wants_whole(entry) && (entry->session->amended || run->late)) {
			asked[count++] = entry;
			entry->whole_read = true;
		}
	}
	if (count == 0) {
		return 0;
	}
	rows = postgres_rows(run->connection, index);
	for (int i = 0; i < rows.count; i++) {
		struct put_entry *entry = asked[postgres_int64(&rows, i, "place") - 1];

		if (keep_whole(run, entry, &rows, i, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Live calls that a put ends are read as well. */
static int read_ended(struct put_run *run, struct error *err)
{
	bool any = false;
	size_t index;

	for (size_t i = 0; i < run->entries_count && !any; i++) {
		any = wants_whole(&run->entries[i]);
	}
	if (!any) {
		return 0;
	}
	run->late = true;
	index = put_ask_whole(run);
	if (postgres_run(run->connection, err) < 0) {
		return -1;
	}
	return put_read_whole(run, index, err);
}

static bool keeps_held(const void *row)
{
	return put_keeps_held(row);
}

static bool reads_held(const void *row)
{
	return put_keeps_held(row) || put_joins_held(row);
}

/* The rows come in any order, each with its place among those that were asked for. */
static int copy_kept(struct put_run *run, struct postgres_rows *rows, struct error *err)
{
	struct put_entry **kept = arena_calloc(run->memory, run->entries_count, sizeof(void *));
	size_t count = 0;

	if (!kept) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < run->entries_count; i++) {
		if (reads_held(&run->entries[i])) {
			kept[count++] = &run->entries[i];
		}
	}
	if ((size_t)rows->count != count) {
		return error_set(err, ERROR_CORRUPT,
			"the PostgreSQL store has lost the detail of a call: verify it");
	}
	for (int i = 0; i < rows->count; i++) {
		struct packed *packed = &kept[postgres_int64(rows, i, "place") - 1]->held_packed;

		*packed = postgres_read_packed(rows, i);
		packed->deflate = arena_copy(run->memory, packed->deflate);
		if (!packed->deflate.data) {
			return error_no_memory(err);
		}
	}
	return 0;
}

int put_read_kept(struct put_run *run, struct error *err)
{
	struct postgres_rows rows;
	bool any = false;
	size_t index;

	if (read_ended(run, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < run->entries_count && !any; i++) {
		any = reads_held(&run->entries[i]);
	}
	if (!any) {
		return 0;
	}
	index = add(run, &read_held, reads_held);
	if (postgres_run(run->connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(run->connection, index);
	if (copy_kept(run, &rows, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < run->entries_count; i++) {
		struct put_entry *entry = &run->entries[i];

		if (put_keeps_held(entry) && put_rewrap(run, entry, &entry->held_packed,
						     (uint32_t)entry->held_steps, err) < 0) {
			return -1;
		}
		if (put_joins_held(entry) && put_join_held(run, entry, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- tallies ---- */

struct tally_row {
	struct tally_delta delta;
	int64_t seconds;
};

#define TALLY_MEMBER(member) POSTGRES_MEMBER(struct tally_row, member)

static const struct postgres_column tally_columns[] = {
	{"account_id", POSTGRES_BIGINT, TALLY_MEMBER(delta.account_id)},
	{"is_all", POSTGRES_BOOLEAN, TALLY_MEMBER(delta.is_all)},
	{"dest_key", POSTGRES_TEXT, TALLY_MEMBER(delta.dest_key)},
	{"seconds", POSTGRES_INTEGER, TALLY_MEMBER(seconds)},
	{"bucket", POSTGRES_BIGINT, TALLY_MEMBER(delta.bucket)},
	{"calls", POSTGRES_BIGINT, TALLY_MEMBER(delta.calls)},
};
static const struct postgres_layout tally_layout = POSTGRES_LAYOUT(tally_columns, struct tally_row);

struct tally_rows {
	struct tally_row *rows;
	size_t count;
	bool some_fall;
	struct arena *arena;
};

static int note_delta(void *context, const struct tally_delta *delta, struct error *err)
{
	struct tally_rows *rows = context;
	struct tally_row *grown =
		arena_list_grow(rows->arena, rows->rows, rows->count, sizeof(*grown));

	if (!grown) {
		return error_no_memory(err);
	}
	rows->rows = grown;
	grown[rows->count++] = (struct tally_row){*delta, tally_unit_seconds(delta->unit)};
	rows->some_fall = rows->some_fall || delta->calls < 0;
	return 0;
}

static int add_tallies(struct put_run *run, struct error *err)
{
	struct tally_rows rows = {.arena = run->memory};
	struct tally_change *changes =
		arena_calloc(run->memory, run->entries_count, 2 * sizeof(*changes));
	size_t count = 0;

	if (!changes) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < run->entries_count; i++) {
		const struct put_entry *entry = &run->entries[i];

		if (entry->unchanged) {
			continue;
		}
		if (entry->held) {
			changes[count++] = (struct tally_change){
				entry->account_id, entry->held_dest_key, entry->held_start, -1};
		}
		changes[count++] = (struct tally_change){
			entry->account_id, entry->dest_key, entry->call.start, 1};
	}
	if (tally_add_up(changes, count, note_delta, &rows, err) < 0) {
		return -1;
	}
	postgres_add_rows(run->connection, &tally_add, &tally_layout, rows.rows, rows.count, NULL);
	if (rows.some_fall) {
		postgres_add_rows(run->connection, &tally_drop_empty, &tally_layout, rows.rows,
			rows.count, NULL);
	}
	return 0;
}

/* ---- all of it ---- */

static bool replaces_detail(const void *row)
{
	const struct put_entry *entry = row;

	return entry->detail && put_holds_detail(entry);
}

static bool has_new_detail(const void *row)
{
	return ((const struct put_entry *)row)->detail != NULL;
}

static bool is_changed(const void *row)
{
	return !((const struct put_entry *)row)->unchanged;
}

static bool goes_on(const void *row)
{
	const struct put_entry *entry = row;
	const struct store_amended *outcome = &entry->outcome;

	return entry->amended && outcome->exists && outcome->put.call.state == CALL_LIVE &&
	       (!entry->held_live || outcome->heard != entry->whole.heard ||
		       !text_equal(outcome->hidden, entry->whole.hidden));
}

static bool ends(const void *row)
{
	const struct put_entry *entry = row;

	return entry->held_live && entry->outcome.put.call.state == CALL_ENDED;
}

int put_add_rows(struct put_run *run, struct error *err)
{
	for (size_t i = 0; i < run->entries_count; i++) {
		finish_row(run, &run->entries[i]);
	}
	add(run, &detail_drop, replaces_detail);
	add(run, &detail_move, keeps_held);
	add(run, &call_put, is_changed);
	add(run, &detail_add, has_new_detail);
	add(run, &live_put, goes_on);
	add(run, &live_end, ends);
	return add_tallies(run, err);
}

void put_add_changes(struct put_run *run)
{
	BIND(run->connection, INT64(puts, (int64_t)run->given_count));
	add(run, &changes_add, is_changed);
	postgres_add(run->connection, &changes_trim);
	postgres_add(run->connection, &notify);
}
