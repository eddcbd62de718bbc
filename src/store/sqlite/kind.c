/* SPDX-License-Identifier: MIT
 * Kinds of steps: their numbers, known to the writer from put to put, and calls' paths made of
 * them. */
#include "store/sqlite/sqlite.h"

#define KEY_SIZE_MAX ((size_t)16 << 20)

void sqlite_kinds_init(struct sqlite_kinds *kinds)
{
	*kinds = (struct sqlite_kinds){0};
	kind_ids_init(&kinds->ids);
	buffer_init(&kinds->key, KEY_SIZE_MAX);
	buffer_init(&kinds->path, SIZE_MAX);
}

void sqlite_kinds_deinit(struct sqlite_kinds *kinds)
{
	kind_ids_forget(&kinds->ids);
	buffer_deinit(&kinds->key);
	buffer_deinit(&kinds->path);
}

/* ---- numbers ---- */

static void bind_kind(struct sqlite_query *query, const struct store_kind *kind)
{
	sqlite_query_text(query, kind->class_name);
	sqlite_query_text(query, kind->module);
	sqlite_query_text(query, kind->variable);
}

/* 1 found, 0 absent. */
static int find_id(struct sqlite_connection *connection, int64_t account_id,
	const struct store_kind *kind, uint32_t *ret_id, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	int row;

	if (sqlite_query_start(&query, connection, SQL_KIND_FIND, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	bind_kind(&query, kind);
	row = sqlite_query_step(&query, err);
	if (row > 0) {
		*ret_id = sqlite_column_uint32(&query, 0);
	}
	return row;
}

static int next_id(struct sqlite_connection *connection, int64_t account_id, uint32_t *ret_id,
	struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	int64_t newest;

	if (sqlite_query_start(&query, connection, SQL_KIND_NEWEST, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	if (sqlite_query_step(&query, err) < 0) {
		return -1;
	}
	newest = sqlite_column_int64(&query, 0);
	if (newest >= UINT32_MAX) {
		return error_set(err, ERROR_TOO_LARGE,
			"account %lld has more kinds of steps than can be numbered",
			(long long)account_id);
	}
	*ret_id = (uint32_t)newest + 1;
	return 0;
}

static int add_id(struct sqlite_connection *connection, int64_t account_id,
	const struct store_kind *kind, uint32_t *ret_id, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	uint32_t id = 0;

	if (next_id(connection, account_id, &id, err) < 0 ||
		sqlite_query_start(&query, connection, SQL_KIND_ADD, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	sqlite_query_int64(&query, id);
	bind_kind(&query, kind);
	if (sqlite_query_run(&query, err) < 0) {
		return -1;
	}
	*ret_id = id;
	return 0;
}

/* ---- remembering ---- */

/* NULL: out of memory. */
static uint32_t *remembered(
	struct sqlite_kinds *kinds, int64_t account_id, const struct store_kind *kind)
{
	return kind_ids_name(&kinds->key, account_id, kind)
		       ? kind_ids_place(&kinds->ids, buffer_text(&kinds->key))
		       : NULL;
}

static int id_of(struct sqlite_kinds *kinds, struct sqlite_connection *connection,
	int64_t account_id, const struct store_kind *kind, uint32_t *ret_id, struct error *err)
{
	uint32_t *known = remembered(kinds, account_id, kind);
	int found;

	if (!known) {
		return error_no_memory(err);
	}
	if (*known == 0) {
		found = find_id(connection, account_id, kind, known, err);
		if (found == 0 && kinds->read_only) {
			return error_set(err, ERROR_CORRUPT,
				"the table of kinds lacks '%.*s' '%.*s' '%.*s' of account %lld",
				TEXT_ARG(kind->class_name), TEXT_ARG(kind->module),
				TEXT_ARG(kind->variable), (long long)account_id);
		}
		if (found < 0 ||
			(found == 0 && add_id(connection, account_id, kind, known, err) < 0)) {
			return -1;
		}
	}
	*ret_id = *known;
	return 0;
}

/* ---- paths ---- */

static void append_number(struct buffer *path, uint32_t number)
{
	while (number >= 0x80) {
		buffer_append_byte(path, (char)(number | 0x80));
		number >>= 7;
	}
	buffer_append_byte(path, (char)number);
}

bool sqlite_path_next(struct text *rest, uint32_t *ret_id)
{
	uint32_t id = 0;

	for (unsigned int shift = 0; shift < 35 && rest->size > 0; shift += 7) {
		unsigned char byte = (unsigned char)rest->data[0];

		*rest = text_tail(*rest, 1);
		id |= (uint32_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_id = id;
			return true;
		}
	}
	return false;
}

int sqlite_kinds_path(struct sqlite_kinds *kinds, struct sqlite_connection *connection,
	int64_t account_id, const struct store_index *index, struct text *ret_path,
	struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	uint32_t *ids;

	arena_init(&arena, SIZE_MAX);
	ids = arena_calloc(&arena, index->kinds_count, sizeof(*ids));
	if (!ids) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < index->kinds_count; i++) {
		if (id_of(kinds, connection, account_id, &index->kinds[i], &ids[i], err) < 0) {
			return -1;
		}
	}
	buffer_clear(&kinds->path);
	for (uint32_t i = 0; i < index->steps; i++) {
		append_number(&kinds->path, ids[index->path[i]]);
	}
	if (kinds->path.failed) {
		return error_no_memory(err);
	}
	*ret_path = kinds->path.size > 0 ? buffer_text(&kinds->path) : TEXT("");
	return 0;
}

/* ---- reading ---- */

static bool copy(struct arena *arena, struct text *text)
{
	*text = arena_copy(arena, *text);
	return text->data != NULL;
}

static int count_kinds(struct sqlite_connection *connection, int64_t account_id, size_t *ret_count,
	struct error *err)
{
	uint32_t next = 1;

	if (next_id(connection, account_id, &next, err) < 0) {
		return -1;
	}
	*ret_count = next - 1;
	return 0;
}

int sqlite_kinds_read(struct sqlite_connection *connection, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	struct store_kind *kinds;
	size_t room = 0, count = 0;
	int row = 0;

	if (count_kinds(connection, account_id, &room, err) < 0 ||
		sqlite_query_start(&query, connection, SQL_KINDS, err) < 0) {
		return -1;
	}
	kinds = arena_calloc(arena, room, sizeof(*kinds));
	if (!kinds) {
		return error_no_memory(err);
	}
	sqlite_query_int64(&query, account_id);
	while (count < room && (row = sqlite_query_step(&query, err)) > 0) {
		struct store_kind *kind = &kinds[count++];

		*kind = (struct store_kind){
			.id = sqlite_column_uint32(&query, 0),
			.class_name = sqlite_column_text(&query, 1),
			.module = sqlite_column_text(&query, 2),
			.variable = sqlite_column_text(&query, 3),
		};
		if (!copy(arena, &kind->class_name) || !copy(arena, &kind->module) ||
			!copy(arena, &kind->variable)) {
			return error_no_memory(err);
		}
	}
	if (row < 0) {
		return -1;
	}
	*ret_kinds = kinds;
	*ret_count = count;
	return 0;
}

int sqlite_kinds_list(struct store *base, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};

	if (sqlite_reader_open_snapshot(&reader, (struct sqlite_store *)base, err) < 0) {
		return -1;
	}
	return sqlite_kinds_read(reader.connection, account_id, arena, ret_kinds, ret_count, err);
}

/* ---- kinds that no call has ---- */

int sqlite_kinds_refresh(
	struct sqlite_kinds *kinds, struct sqlite_connection *connection, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	int64_t version;

	if (sqlite_query_start(&query, connection, SQL_DATA_VERSION, err) < 0 ||
		sqlite_query_step(&query, err) < 0) {
		return -1;
	}
	version = sqlite_column_int64(&query, 0);
	if (version != kinds->version) {
		kind_ids_forget(&kinds->ids);
		kinds->version = version;
	}
	return 0;
}

struct held_kind {
	int64_t account_id;
	uint32_t id;
	bool used;
};

struct held_kinds {
	struct arena arena;
	struct held_kind *items; /* by account and id */
	size_t count;
	size_t first, end; /* of the account at hand */
};

static void held_kinds_deinit(struct held_kinds *kinds)
{
	arena_deinit(&kinds->arena);
}

static int list_held(
	struct held_kinds *kinds, struct sqlite_connection *connection, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	int row;

	if (sqlite_query_start(&query, connection, SQL_KINDS_ALL, err) < 0) {
		return -1;
	}
	while ((row = sqlite_query_step(&query, err)) > 0) {
		kinds->items = arena_list_grow(
			&kinds->arena, kinds->items, kinds->count, sizeof(*kinds->items));
		if (!kinds->items) {
			return error_no_memory(err);
		}
		kinds->items[kinds->count++] =
			(struct held_kind){.account_id = sqlite_column_int64(&query, 0),
				.id = sqlite_column_uint32(&query, 1)};
	}
	return row;
}

/* Accounts come in their order. */
static void go_to(struct held_kinds *kinds, int64_t account_id)
{
	while (kinds->first < kinds->count && kinds->items[kinds->first].account_id < account_id) {
		kinds->first++;
	}
	kinds->end = kinds->end > kinds->first ? kinds->end : kinds->first;
	while (kinds->end < kinds->count && kinds->items[kinds->end].account_id == account_id) {
		kinds->end++;
	}
}

static int compare_ids(const void *a, const void *b)
{
	const struct held_kind *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

static void note_used(struct held_kinds *kinds, struct text path)
{
	struct held_kind wanted = {0}, *found;

	while (kinds->end > kinds->first && sqlite_path_next(&path, &wanted.id)) {
		found = bsearch(&wanted, &kinds->items[kinds->first], kinds->end - kinds->first,
			sizeof(wanted), compare_ids);
		if (found) {
			found->used = true;
		}
	}
}

static int find_used(
	struct held_kinds *kinds, struct sqlite_connection *connection, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	int row;

	if (sqlite_query_start(&query, connection, SQL_KINDS_USED, err) < 0) {
		return -1;
	}
	while ((row = sqlite_query_step(&query, err)) > 0) {
		go_to(kinds, sqlite_column_int64(&query, 0));
		note_used(kinds, sqlite_column_blob(&query, 1));
	}
	return row;
}

static int blank_unused(
	const struct held_kinds *kinds, struct sqlite_connection *connection, struct error *err)
{
	for (size_t i = 0; i < kinds->count; i++) {
		AUTO(sqlite_query_end) struct sqlite_query query = {0};

		if (kinds->items[i].used) {
			continue;
		}
		if (sqlite_query_start(&query, connection, SQL_KIND_BLANK, err) < 0) {
			return -1;
		}
		sqlite_query_int64(&query, kinds->items[i].account_id);
		sqlite_query_int64(&query, kinds->items[i].id);
		if (sqlite_query_run(&query, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int sqlite_kinds_blank(struct sqlite_store *store, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(held_kinds_deinit) struct held_kinds kinds = {0};

	arena_init(&kinds.arena, SIZE_MAX);
	if (sqlite_writer_begin(&writer, store, err) < 0) {
		return -1;
	}
	kind_ids_forget(&store->kinds.ids);
	if (list_held(&kinds, writer.connection, err) < 0 ||
		find_used(&kinds, writer.connection, err) < 0 ||
		blank_unused(&kinds, writer.connection, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}
