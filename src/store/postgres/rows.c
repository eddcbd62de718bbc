/* SPDX-License-Identifier: MIT
 * What statements gave, by the names of its columns. */
#include "store/postgres/rows.h"

#include <assert.h>
#include <endian.h>

struct postgres_rows postgres_rows_of(PGresult *result)
{
	struct postgres_rows rows = {
		.result = result, .count = PQntuples(result), .columns = PQnfields(result)};

	assert(rows.columns <= POSTGRES_COLUMNS_MAX);
	return rows;
}

static int search_column(struct postgres_rows *rows, const char *name)
{
	int at = 0;

	while (at < rows->columns && rows->names[at] != name) {
		at++;
	}
	if (at == rows->columns) {
		at = 0;
		while (at < rows->columns && strcmp(PQfname(rows->result, at), name) != 0) {
			at++;
		}
	}
	assert(at < rows->columns);
	rows->names[at] = name;
	return rows->last = at;
}

/* Columns are mostly read in their order, row after row, by the same literals: the one behind the
 * last is looked at first. */
static inline int column_of(struct postgres_rows *rows, const char *name)
{
	int at = rows->last + 1 < rows->columns ? rows->last + 1 : 0;

	return rows->names[at] == name ? rows->last = at : search_column(rows, name);
}

static int64_t int64_at(const PGresult *result, int row, int column)
{
	const char *value = PQgetvalue(result, row, column);
	uint16_t small;
	uint32_t medium;
	uint64_t large;

	switch (PQgetlength(result, row, column)) {
	case 1:
		return value[0];
	case sizeof(small):
		memcpy(&small, value, sizeof(small));
		return (int16_t)be16toh(small);
	case sizeof(medium):
		memcpy(&medium, value, sizeof(medium));
		return (int32_t)be32toh(medium);
	case sizeof(large):
		memcpy(&large, value, sizeof(large));
		return (int64_t)be64toh(large);
	default:
		return 0;
	}
}

int64_t postgres_int64(struct postgres_rows *rows, int row, const char *name)
{
	return int64_at(rows->result, row, column_of(rows, name));
}

int64_t postgres_only(const struct postgres_rows *rows)
{
	return rows->count > 0 ? int64_at(rows->result, 0, 0) : 0;
}

bool postgres_is_null(struct postgres_rows *rows, int row, const char *name)
{
	return PQgetisnull(rows->result, row, column_of(rows, name)) != 0;
}

struct text postgres_text(struct postgres_rows *rows, int row, const char *name)
{
	int column = column_of(rows, name);

	if (PQgetisnull(rows->result, row, column)) {
		return (struct text){0};
	}
	return (struct text){
		.data = PQgetvalue(rows->result, row, column),
		.size = (size_t)PQgetlength(rows->result, row, column),
	};
}

/* Before the elements stand 20 bytes, before each its size: array_send() in PostgreSQL 15,
 * src/backend/utils/adt/arrayfuncs.c. An empty array is shorter. */
#define ARRAY_HEAD    ((size_t)20)
#define ARRAY_ELEMENT (2 * sizeof(uint32_t))

size_t postgres_ids(struct text array, uint32_t *ret_ids, size_t max)
{
	size_t count = array.size < ARRAY_HEAD ? 0 : (array.size - ARRAY_HEAD) / ARRAY_ELEMENT;

	for (size_t i = 0; i < count && i < max; i++) {
		uint32_t id;

		memcpy(&id, array.data + ARRAY_HEAD + i * ARRAY_ELEMENT + sizeof(id), sizeof(id));
		ret_ids[i] = be32toh(id);
	}
	return count;
}

/* False: the arena is full. */
static bool read_member(struct postgres_rows *rows, int row, const struct postgres_column *column,
	struct arena *arena, char *item)
{
	char *member = item + column->offset;
	struct text text;
	int64_t integer;
	uint32_t medium;

	if (column->write) {
		return true;
	}
	if (column->size == sizeof(text)) {
		text = arena_copy(arena, postgres_text(rows, row, column->name));
		memcpy(member, &text, sizeof(text));
		return text.data != NULL;
	}
	integer = postgres_int64(rows, row, column->name);
	medium = (uint32_t)integer;
	memcpy(member, column->size == sizeof(medium) ? (void *)&medium : &integer, column->size);
	return true;
}

static int too_large(const struct postgres_layout *layout, struct error *err)
{
	return layout->too_large ? error_set(err, ERROR_TOO_LARGE, "%s", layout->too_large)
				 : error_no_memory(err);
}

int postgres_read(struct postgres_rows *rows, int row, const struct postgres_layout *layout,
	struct arena *arena, void *ret_item, struct error *err)
{
	for (size_t i = 0; i < layout->columns_count; i++) {
		if (!read_member(rows, row, &layout->columns[i], arena, ret_item)) {
			return too_large(layout, err);
		}
	}
	return layout->finish ? layout->finish(rows, row, arena, ret_item, err) : 0;
}

int postgres_read_all(struct postgres_rows *rows, const struct postgres_layout *layout,
	struct arena *arena, void *ret_items, size_t *ret_count, struct error *err)
{
	char *items = arena_calloc(arena, (size_t)rows->count, layout->size);

	if (!items) {
		return too_large(layout, err);
	}
	for (int i = 0; i < rows->count; i++) {
		if (postgres_read(rows, i, layout, arena, items + (size_t)i * layout->size, err) <
			0) {
			return -1;
		}
	}
	memcpy(ret_items, &items, sizeof(items));
	*ret_count = (size_t)rows->count;
	return 0;
}
