/* SPDX-License-Identifier: MIT
 * Kinds of steps, and the paths of calls.
 *
 * Which calls have a step of some module, variable or class is asked often, and to inflate all
 * calls for it would take minutes. Few different combinations of the three occur: these are the
 * kinds, numbered from 1 within an account. A call keeps the numbers of its steps' kinds in their
 * order, its path: a LEB128 number each, mostly a byte, 27 bytes a call. Filters, statistics and
 * drop-off compare the texts once a kind, and then read paths alone
 * (docs/decisions/0018-paths-of-kinds.md). The writer remembers the numbers from put to put. A
 * number is never given again. A kind that no call has any more only loses its names, when what was
 * erased is cleared out of the files. */
#include "store/sqlite/sqlite.h"

#define KEY_SIZE_MAX ((size_t)16 << 20)

/* clang-format off */
static const struct sqlite_statement
	kind_find = {
		"select id from kind where account_id = :account_id and class = :class "
		"and module = :module and variable = :variable"},
	kind_newest = {"select max(id) from kind where account_id = :account_id"},
	kind_add = {
		"insert into kind (account_id, id, class, module, variable) "
		"values (:account_id, :id, :class, :module, :variable)"},
	kind_list = {
		"select id, class, module, variable from kind where account_id = :account_id "
		"order by id"},
	kinds_held = {
		"select account_id, id from kind where class <> '" KIND_BLANK "' "
		"order by account_id, id"},
	paths = {"select account_id, path from call where path is not null order by account_id"},
	kind_blank = {
		"update kind set class = '" KIND_BLANK "', module = '', "
		"variable = cast(:id as text) where account_id = :account_id and id = :id"},
	data_version = {"pragma data_version"};
enum { KIND_ID, KIND_CLASS, KIND_MODULE, KIND_VARIABLE };
enum { HELD_ACCOUNT_ID, HELD_ID };
enum { PATH_ACCOUNT_ID, PATH };
/* clang-format on */

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

/* 1 found, 0 absent. */
static int find_id(struct sqlite_connection *connection, int64_t account_id,
	const struct store_kind *kind, uint32_t *ret_id, struct error *err)
{
	int64_t id;
	int found = sqlite_read_int64(connection, &kind_find,
		BIND(INT64(account_id, account_id), STRING(class, kind->class_name),
			STRING(module, kind->module), STRING(variable, kind->variable)),
		&id, err);

	if (found > 0) {
		*ret_id = (uint32_t)id;
	}
	return found;
}

static int next_id(struct sqlite_connection *connection, int64_t account_id, uint32_t *ret_id,
	struct error *err)
{
	int64_t newest;

	if (sqlite_read_int64(connection, &kind_newest, BIND(INT64(account_id, account_id)),
		    &newest, err) < 0) {
		return -1;
	}
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
	uint32_t id = 0;

	if (next_id(connection, account_id, &id, err) < 0 ||
		sqlite_run(connection, &kind_add,
			BIND(INT64(account_id, account_id), INT64(id, id),
				STRING(class, kind->class_name), STRING(module, kind->module),
				STRING(variable, kind->variable)),
			err) < 0) {
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
		column_put_varint(&kinds->path, ids[index->path[i]]);
	}
	if (kinds->path.failed) {
		return error_no_memory(err);
	}
	*ret_path = kinds->path.size > 0 ? buffer_text(&kinds->path) : TEXT("");
	return 0;
}

/* ---- reading ---- */

static int read_kind(
	struct sqlite_cursor *row, struct arena *arena, void *ret_kind, struct error *err)
{
	struct store_kind kind = {
		.id = sqlite_column_uint32(row, KIND_ID),
		.class_name = arena_copy(arena, sqlite_column_text(row, KIND_CLASS)),
		.module = arena_copy(arena, sqlite_column_text(row, KIND_MODULE)),
		.variable = arena_copy(arena, sqlite_column_text(row, KIND_VARIABLE)),
	};

	if (!kind.class_name.data || !kind.module.data || !kind.variable.data) {
		return error_no_memory(err);
	}
	*(struct store_kind *)ret_kind = kind;
	return 0;
}

int sqlite_kinds_read(struct sqlite_connection *connection, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	struct sqlite_list list = {.arena = arena, .size = sizeof(**ret_kinds), .read = read_kind};

	if (sqlite_list(&list, connection, &kind_list, BIND(INT64(account_id, account_id)), err) <
		0) {
		return -1;
	}
	*ret_kinds = list.items;
	*ret_count = list.count;
	return 0;
}

int sqlite_kinds_list(struct store *base, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close)
	struct sqlite_reader reader = sqlite_reader_open_snapshot(base, err);

	return sqlite_kinds_read(reader.connection, account_id, arena, ret_kinds, ret_count, err);
}

/* ---- kinds that no call has ---- */

int sqlite_kinds_refresh(
	struct sqlite_kinds *kinds, struct sqlite_connection *connection, struct error *err)
{
	int64_t version;

	if (sqlite_read_int64(connection, &data_version, BIND_NOTHING, &version, err) < 0) {
		return -1;
	}
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

static int read_held(
	struct sqlite_cursor *row, struct arena *arena, void *ret_held, struct error *err)
{
	(void)arena;
	(void)err;
	*(struct held_kind *)ret_held = (struct held_kind){
		.account_id = sqlite_column_int64(row, HELD_ACCOUNT_ID),
		.id = sqlite_column_uint32(row, HELD_ID),
	};
	return 0;
}

/* As they are listed. */
static int by_account_and_id(const void *a, const void *b)
{
	const struct held_kind *left = a, *right = b;

	if (left->account_id != right->account_id) {
		return left->account_id < right->account_id ? -1 : 1;
	}
	return (left->id > right->id) - (left->id < right->id);
}

static int find_used(struct held_kind *kinds, size_t count, struct sqlite_connection *connection,
	struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, &paths, BIND_NOTHING, err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		struct held_kind wanted = {
			.account_id = sqlite_column_int64(&row, PATH_ACCOUNT_ID)};
		struct text path = sqlite_column_blob(&row, PATH);

		while (count > 0 && sqlite_path_next(&path, &wanted.id)) {
			struct held_kind *found =
				bsearch(&wanted, kinds, count, sizeof(wanted), by_account_and_id);

			if (found) {
				found->used = true;
			}
		}
	}
	return more;
}

static int blank_unused(const struct held_kind *kinds, size_t count,
	struct sqlite_connection *connection, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (!kinds[i].used && sqlite_run(connection, &kind_blank,
					      BIND(INT64(account_id, kinds[i].account_id),
						      INT64(id, kinds[i].id)),
					      err) < 0) {
			return -1;
		}
	}
	return 0;
}

int sqlite_kinds_blank(struct store *base, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(arena_deinit) struct arena arena;
	struct sqlite_list list = {
		.arena = &arena, .size = sizeof(struct held_kind), .read = read_held};

	arena_init(&arena, SIZE_MAX);
	if (sqlite_writer_begin(&writer, base, err) < 0) {
		return -1;
	}
	kind_ids_forget(&writer.store->kinds.ids);
	if (sqlite_list(&list, writer.connection, &kinds_held, BIND_NOTHING, err) < 0 ||
		find_used(list.items, list.count, writer.connection, err) < 0 ||
		blank_unused(list.items, list.count, writer.connection, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}
