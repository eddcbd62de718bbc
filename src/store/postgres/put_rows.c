/* SPDX-License-Identifier: MIT
 * What is put as rows: each column an array, each statement once for all rows that it is for. */
#include "store/postgres/put.h"

enum column {
	ACCOUNT,
	SESSION_ID,
	START,
	END,
	TYPE,
	DEST,
	DEST_KEY,
	SRC,
	SRC_KEY,
	STEPS,
	HELD_START,
	HELD_PART,
	OF_HEADER = HELD_PART, /* those above and this are of the header */
	PART,
	LAST_KIND,
	PATH,
	SIZE,
	CRC32,
	CRC32_OP,
	DEFLATE,
	WORDS,
};

static const enum postgres_type types[] = {
	[ACCOUNT] = POSTGRES_BIGINT,
	[SESSION_ID] = POSTGRES_TEXT,
	[START] = POSTGRES_BIGINT,
	[END] = POSTGRES_BIGINT,
	[TYPE] = POSTGRES_SMALLINT,
	[DEST] = POSTGRES_TEXT,
	[DEST_KEY] = POSTGRES_TEXT,
	[SRC] = POSTGRES_TEXT,
	[SRC_KEY] = POSTGRES_TEXT,
	[STEPS] = POSTGRES_INTEGER,
	[HELD_START] = POSTGRES_BIGINT,
	[HELD_PART] = POSTGRES_BIGINT,
	[PART] = POSTGRES_BIGINT,
	[LAST_KIND] = POSTGRES_INTEGER,
	[PATH] = POSTGRES_TEXT,
	[SIZE] = POSTGRES_BIGINT,
	[CRC32] = POSTGRES_BIGINT,
	[CRC32_OP] = POSTGRES_BIGINT,
	[DEFLATE] = POSTGRES_BYTEA,
	[WORDS] = POSTGRES_TSVECTOR,
};

/* ---- values ---- */

static void append_text_or_null(struct postgres_params *params, struct text value, bool is_null)
{
	if (is_null) {
		postgres_array_null(params);
	} else {
		postgres_array_text(params, value);
	}
}

static void append_header_value(
	struct postgres_params *params, const struct put_entry *entry, enum column column)
{
	const struct call *call = &entry->call;
	int64_t steps = call->has_detail ? (int64_t)call->steps : -1;

	switch ((int)column) {
	case ACCOUNT:
		return postgres_array_int64(params, entry->account_id);
	case SESSION_ID:
		return postgres_array_text(params, entry->session_id);
	case START:
		return postgres_array_int64(params, call->start);
	case END:
		return postgres_array_int64(params, call->end);
	case TYPE:
		return postgres_array_int64(params, call->type);
	case DEST:
		return postgres_array_text(params, call->dest);
	case DEST_KEY:
		return postgres_array_text(params, entry->dest_key);
	case SRC:
		return postgres_array_text(params, call->src);
	case SRC_KEY:
		return append_text_or_null(
			params, entry->src_key, text_equal(entry->src_key, call->src));
	case STEPS:
		return postgres_array_int64(
			params, put_keeps_held(entry) ? entry->held_steps : steps);
	case HELD_START:
		return postgres_array_int64(params, entry->held_start);
	default:
		return postgres_array_int64(params, entry->held_part);
	}
}

static uint32_t id_at(const struct put_run *run, const struct put_entry *entry, uint32_t step)
{
	return run->kinds.uses[entry->kinds[entry->index.path[step]]].id;
}

/* The kind of the last step that is a place; 0: there is none. */
static uint32_t last_kind(const struct put_run *run, const struct put_entry *entry)
{
	for (uint32_t i = entry->index.steps; i > 0; i--) {
		if (filter_is_place(entry->index.kinds[entry->index.path[i - 1]].module)) {
			return id_at(run, entry, i - 1);
		}
	}
	return 0;
}

static void append_path(struct put_run *run, const struct put_entry *entry)
{
	buffer_clear(&run->json);
	buffer_append_byte(&run->json, '{');
	for (uint32_t i = 0; i < entry->index.steps; i++) {
		if (i > 0) {
			buffer_append_byte(&run->json, ',');
		}
		buffer_append_int64(&run->json, id_at(run, entry, i));
	}
	buffer_append_byte(&run->json, '}');
	postgres_array_text(&run->params, buffer_text(&run->json));
}

static void append_words(struct put_run *run, const struct put_entry *entry)
{
	AUTO(arena_deinit) struct arena scratch;
	bool whole;

	arena_init(&scratch, SIZE_MAX);
	buffer_clear(&run->json);
	whole = postgres_write_vector(&run->json, entry->index.words, &scratch);
	append_text_or_null(&run->params, buffer_text(&run->json), !whole);
}

static void append_detail_value(
	struct put_run *run, const struct put_entry *entry, enum column column)
{
	struct postgres_params *params = &run->params;

	switch ((int)column) {
	case SIZE:
		return postgres_array_int64(params, entry->packed.size);
	case CRC32:
		return postgres_array_int64(params, entry->packed.crc32);
	case CRC32_OP:
		return postgres_array_int64(params, entry->packed.crc32_op);
	case DEFLATE:
		return postgres_array_text(params, entry->packed.deflate);
	case WORDS:
		return append_words(run, entry);
	case PART:
		if (entry->detail || put_keeps_held(entry)) {
			return postgres_array_int64(params, entry->part);
		}
		break;
	case LAST_KIND:
		if (entry->detail) {
			return postgres_array_int64(params, last_kind(run, entry));
		}
		break;
	default:
		if (entry->detail) {
			return append_path(run, entry);
		}
		break;
	}
	postgres_array_null(params);
}

/* ---- statements ---- */

/* Binds the columns, ended by -1, of the entries that @takes (all when NULL); returns how many
 * these are. */
static size_t bind(struct put_run *run, const int *columns, bool (*takes)(const struct put_entry *))
{
	size_t rows = 0;

	postgres_params_clear(&run->params);
	for (; *columns >= 0; columns++) {
		enum column column = (enum column) * columns;

		rows = 0;
		postgres_array_begin(&run->params, types[column]);
		for (size_t i = 0; i < run->entries_count; i++) {
			const struct put_entry *entry = &run->entries[i];

			if (takes && !takes(entry)) {
				continue;
			}
			rows++;
			if (column <= OF_HEADER) {
				append_header_value(&run->params, entry, column);
			} else {
				append_detail_value(run, entry, column);
			}
		}
		postgres_array_end(&run->params);
	}
	return rows;
}

static void add(struct put_run *run, enum postgres_sql sql, const int *columns,
	bool (*takes)(const struct put_entry *))
{
	if (bind(run, columns, takes) > 0) {
		postgres_add(run->connection, sql, &run->params);
	}
}

static const int held_place[] = {ACCOUNT, HELD_START, SESSION_ID, HELD_PART, -1};

void put_ask_held(struct put_run *run)
{
	static const int columns[] = {ACCOUNT, SESSION_ID, -1};

	add(run, POSTGRES_HELD, columns, NULL);
}

int put_read_held(struct put_run *run, const struct postgres_rows *rows, struct error *err)
{
	for (int i = 0; i < rows->count; i++) {
		struct put_entry *entry = &run->entries[postgres_int64(rows, i, 0) - 1];

		entry->held = true;
		entry->held_start = postgres_int64(rows, i, 1);
		entry->held_steps = postgres_int64(rows, i, 3);
		entry->held_part = postgres_int64(rows, i, 4);
		entry->held_dest_key = arena_copy(&run->arena, postgres_text(rows, i, 2));
		if (!entry->held_dest_key.data) {
			return error_no_memory(err);
		}
	}
	return 0;
}

static bool reads_held(const struct put_entry *entry)
{
	return put_keeps_held(entry) || put_joins_held(entry);
}

/* The rows come in any order, each with its place among those that were asked for. */
static int copy_kept(struct put_run *run, const struct postgres_rows *rows, struct error *err)
{
	struct put_entry **kept = arena_calloc(&run->arena, run->entries_count, sizeof(void *));
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
		struct packed *packed = &kept[postgres_int64(rows, i, 0) - 1]->held_packed;

		*packed = postgres_read_packed(rows, i, 1 - CALL_SIZE);
		packed->deflate = arena_copy(&run->arena, packed->deflate);
		if (!packed->deflate.data) {
			return error_no_memory(err);
		}
	}
	return 0;
}

int put_read_kept(struct put_run *run, struct error *err)
{
	struct postgres_rows rows;

	if (bind(run, held_place, reads_held) == 0) {
		return 0;
	}
	if (postgres_run_one(run->connection, POSTGRES_HELD_PACKED, &run->params, err) < 0) {
		return -1;
	}
	rows = postgres_rows(run->connection, 0);
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

struct tally_rows {
	struct tally_delta *deltas;
	size_t count;
	size_t room;
	bool some_fall;
	struct arena *arena;
};

static int note_delta(void *context, const struct tally_delta *delta, struct error *err)
{
	struct tally_rows *rows = context;

	if (rows->count == rows->room) {
		size_t room = rows->room ? 2 * rows->room : 256;
		struct tally_delta *grown = arena_calloc(rows->arena, room, sizeof(*grown));

		if (!grown) {
			return error_no_memory(err);
		}
		if (rows->count > 0) {
			memcpy(grown, rows->deltas, rows->count * sizeof(*grown));
		}
		rows->deltas = grown;
		rows->room = room;
	}
	rows->deltas[rows->count++] = *delta;
	rows->some_fall = rows->some_fall || delta->calls < 0;
	return 0;
}

static void bind_tally_column(
	struct postgres_params *params, const struct tally_rows *rows, int column)
{
	static const enum postgres_type tally_types[] = {POSTGRES_BIGINT, POSTGRES_BOOLEAN,
		POSTGRES_TEXT, POSTGRES_INTEGER, POSTGRES_BIGINT, POSTGRES_BIGINT};

	postgres_array_begin(params, tally_types[column]);
	for (size_t i = 0; i < rows->count; i++) {
		const struct tally_delta *delta = &rows->deltas[i];
		const int64_t values[] = {delta->account_id, 0, 0, tally_unit_seconds(delta->unit),
			delta->bucket, delta->calls};

		if (tally_types[column] == POSTGRES_BOOLEAN) {
			postgres_array_bool(params, delta->is_all);
		} else if (tally_types[column] == POSTGRES_TEXT) {
			postgres_array_text(params, delta->dest_key);
		} else {
			postgres_array_int64(params, values[column]);
		}
	}
	postgres_array_end(params);
}

static int add_tallies(struct put_run *run, struct error *err)
{
	struct tally_rows rows = {.arena = &run->arena};
	struct tally_change *changes =
		arena_calloc(&run->arena, run->entries_count, 2 * sizeof(*changes));
	size_t count = 0;

	if (!changes) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < run->entries_count; i++) {
		const struct put_entry *entry = &run->entries[i];

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
	if (rows.count == 0) {
		return 0;
	}
	postgres_params_clear(&run->params);
	for (int column = 0; column < 6; column++) {
		bind_tally_column(&run->params, &rows, column);
	}
	postgres_add(run->connection, POSTGRES_TALLY_ADD, &run->params);
	if (rows.some_fall) {
		postgres_add(run->connection, POSTGRES_TALLY_DROP_EMPTY, &run->params);
	}
	return 0;
}

/* ---- all of it ---- */

/* Each put takes a number; a row tells of the last one of its call. */
static void add_changes(struct put_run *run)
{
	struct postgres_params *params = &run->params;

	postgres_params_clear(params);
	postgres_bind_int64(params, (int64_t)run->puts_count);
	postgres_array_begin(params, POSTGRES_BIGINT);
	for (size_t i = 0; i < run->entries_count; i++) {
		postgres_array_int64(params, run->entries[i].account_id);
	}
	postgres_array_end(params);
	postgres_array_begin(params, POSTGRES_BIGINT);
	for (size_t i = 0; i < run->entries_count; i++) {
		postgres_array_int64(params, (int64_t)run->entries[i].last + 1);
	}
	postgres_array_end(params);
	postgres_array_begin(params, POSTGRES_TEXT);
	for (size_t i = 0; i < run->entries_count; i++) {
		postgres_array_text(params, run->entries[i].session_id);
	}
	postgres_array_end(params);
	postgres_add(run->connection, POSTGRES_CHANGES_ADD, params);

	postgres_params_clear(params);
	postgres_bind_int64(params, (int64_t)run->puts_count);
	postgres_add(run->connection, POSTGRES_CHANGES_TRIM, params);
	postgres_add(run->connection, POSTGRES_NOTIFY, NULL);
}

static bool replaces_detail(const struct put_entry *entry)
{
	return entry->detail && entry->held && entry->held_steps >= 0;
}

static bool has_new_detail(const struct put_entry *entry)
{
	return entry->detail != NULL;
}

int put_add_rows(struct put_run *run, struct error *err)
{
	static const int moved[] = {ACCOUNT, HELD_START, SESSION_ID, HELD_PART, START, PART, SIZE,
		CRC32, CRC32_OP, DEFLATE, -1};
	static const int calls[] = {ACCOUNT, SESSION_ID, START, END, TYPE, DEST, DEST_KEY, SRC,
		SRC_KEY, STEPS, PART, LAST_KIND, PATH, -1};
	static const int detail[] = {
		ACCOUNT, START, SESSION_ID, PART, SIZE, CRC32, CRC32_OP, DEFLATE, WORDS, -1};

	add(run, POSTGRES_DETAIL_DROP, held_place, replaces_detail);
	add(run, POSTGRES_DETAIL_MOVE, moved, put_keeps_held);
	add(run, POSTGRES_CALL_PUT, calls, NULL);
	add(run, POSTGRES_DETAIL_ADD, detail, has_new_detail);
	if (add_tallies(run, err) < 0) {
		return -1;
	}
	add_changes(run);
	return 0;
}
