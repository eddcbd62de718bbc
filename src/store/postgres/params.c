/* SPDX-License-Identifier: MIT
 * Parameters in PostgreSQL's binary form: integers with the high byte first, texts as they are,
 * arrays as array_recv() takes them (PostgreSQL 15, src/backend/utils/adt/arrayfuncs.c). */
#include <assert.h>
#include <endian.h>

#include "store/postgres/postgres.h"

/* PostgreSQL takes no value of a gigabyte (MaxAllocSize). */
#define BYTES_MAX ((size_t)1000 << 20)

void postgres_params_init(struct postgres_params *params)
{
	*params = (struct postgres_params){0};
	buffer_init(&params->bytes, BYTES_MAX);
}

void postgres_params_deinit(struct postgres_params *params)
{
	params->count = 0;
	buffer_deinit(&params->bytes);
}

void postgres_params_clear(struct postgres_params *params)
{
	params->count = 0;
	params->stale = false;
	buffer_clear(&params->bytes);
}

/* ---- names ---- */

static size_t name_size(const char *name)
{
	size_t size = 0;

	while (size == 0 ? text_is_letter(*name)
			 : text_is_alphanumeric(name[size]) || name[size] == '_') {
		size++;
	}
	return size;
}

static int number_of(struct postgres_names *names, struct text name)
{
	int at = 0;

	while (at < names->count && !text_equal(names->items[at], name)) {
		at++;
	}
	assert(at < POSTGRES_PARAMS_MAX);
	if (at == names->count) {
		names->items[names->count++] = name;
	}
	return at + 1;
}

void postgres_names_read(struct postgres_names *ret_names, const char *sql, struct buffer *out)
{
	const char *mark;

	ret_names->count = 0;
	buffer_clear(out);
	while ((mark = strchr(sql, '$'))) {
		struct text name = {.data = mark + 1, .size = name_size(mark + 1)};

		mark++;
		buffer_append(out, (struct text){.data = sql, .size = (size_t)(mark - sql)});
		if (name.size > 0) {
			buffer_append_int64(out, number_of(ret_names, name));
		}
		sql = mark + name.size;
	}
	buffer_append(out, (struct text){.data = sql, .size = strlen(sql) + 1});
}

/* ---- values ---- */

/* The parameter @name, which ends where the bytes that are appended next do. */
static struct postgres_param *begin(struct postgres_params *params, const char *name)
{
	int at = 0;

	if (params->stale) {
		postgres_params_clear(params);
	}
	while (at < params->count && strcmp(params->items[at].name, name) != 0) {
		at++;
	}
	assert(at < POSTGRES_PARAMS_MAX);
	params->count += at == params->count;
	params->items[at] = (struct postgres_param){.name = name, .offset = params->bytes.size};
	return &params->items[at];
}

static void end(struct postgres_params *params, struct postgres_param *param)
{
	param->size = (int)(params->bytes.size - param->offset);
}

/* DEL, which no stored text has, for what cannot be one. */
static struct text asked(struct text value)
{
	bool can_be = text_utf8_valid(value, NULL) && !text_has_control(value);

	return can_be ? value : TEXT("\x7f");
}

/* ---- arrays ---- */

static bool is_text(enum postgres_type type)
{
	return type == POSTGRES_TEXT || type == POSTGRES_BYTEA || type == POSTGRES_TSVECTOR;
}

static size_t bytes_of(enum postgres_type type)
{
	switch (type) {
	case POSTGRES_BOOLEAN:
		return 1;
	case POSTGRES_SMALLINT:
		return sizeof(int16_t);
	case POSTGRES_INTEGER:
		return sizeof(int32_t);
	default:
		return sizeof(int64_t);
	}
}

static int64_t member_int64(const struct postgres_column *column, const char *member)
{
	uint32_t medium;
	int64_t large;

	switch (column->size) {
	case sizeof(bool):
		return *member;
	case sizeof(medium):
		memcpy(&medium, member, sizeof(medium));
		return medium;
	default:
		memcpy(&large, member, sizeof(large));
		return large;
	}
}

/* Appends the value of a column of @row; false: it is null. */
static bool append_value(struct buffer *out, const struct postgres_column *column, const char *row)
{
	struct text text;
	int64_t integer;

	if (column->write) {
		return column->write(out, row);
	}
	if (is_text(column->type)) {
		memcpy(&text, row + column->offset, sizeof(text));
		buffer_append(out, text);
		return text.data || !column->nullable;
	}
	integer = member_int64(column, row + column->offset);
	if (column->nullable && integer == POSTGRES_NULL) {
		return false;
	}
	postgres_append_integer(out, integer, bytes_of(column->type));
	return true;
}

static void set_int32(struct buffer *out, size_t offset, int64_t value)
{
	uint32_t wire = htobe32((uint32_t)value);

	if (!out->failed) {
		memcpy(out->data + offset, &wire, sizeof(wire));
	}
}

/* An element is its size, -1 for null, and its bytes. */
static void append_element(
	struct buffer *out, const struct postgres_column *column, const char *row)
{
	size_t at = out->size;

	postgres_append_integer(out, -1, sizeof(int32_t));
	if (append_value(out, column, row)) {
		set_int32(out, at, (int64_t)(out->size - at - sizeof(int32_t)));
	}
}

/* At the head stand one dimension and whether nulls are in it (0: PostgreSQL looks itself). Then
 * come the type, how many elements there are, and the index of the first. Returns how many elements
 * there are. */
static size_t append_array(struct buffer *out, const struct postgres_column *column,
	const char *rows, size_t count, size_t row_size, bool (*takes)(const void *row))
{
	const int64_t head[] = {1, 0, (int64_t)column->type, 0, 1};
	size_t at = out->size, taken = 0;

	for (size_t i = 0; i < COUNT_OF(head); i++) {
		postgres_append_integer(out, head[i], sizeof(int32_t));
	}
	for (size_t i = 0; i < count; i++, rows += row_size) {
		if (!takes || takes(rows)) {
			append_element(out, column, rows);
			taken++;
		}
	}
	set_int32(out, at + 3 * sizeof(int32_t), (int64_t)taken);
	return taken;
}

static bool write_asked(struct buffer *out, const void *row)
{
	buffer_append(out, asked(*(const struct text *)row));
	return true;
}

/* False: it is null. */
static bool append(struct buffer *out, const struct postgres_value *value)
{
	const struct postgres_column column = {
		.type = value->type,
		.size = value->item_size,
		.write = value->asked ? write_asked : NULL,
	};

	if (value->by_count && value->count <= 1) {
		return value->count == 1 && write_asked(out, value->items);
	}
	if (value->is_array && value->items) {
		append_array(out, &column, value->items, value->count, value->item_size, NULL);
	}
	if (value->is_array) {
		return value->items != NULL;
	}
	if (!is_text(value->type)) {
		postgres_append_integer(out, value->integer, bytes_of(value->type));
		return true;
	}
	buffer_append(out, value->asked ? asked(value->text) : value->text);
	return value->text.data || !value->asked;
}

void postgres_bind(
	struct postgres_connection *connection, const struct postgres_value *values, size_t count)
{
	for (size_t i = 0; connection && i < count; i++) {
		struct postgres_params *params = &connection->params;
		struct postgres_param *param = begin(params, values[i].name);

		if (append(&params->bytes, &values[i])) {
			end(params, param);
		} else {
			param->size = -1;
		}
	}
}

/* The column that is called @name; NULL: it is a parameter that is bound already. */
static const struct postgres_column *column_of(
	const struct postgres_layout *layout, struct text name)
{
	for (size_t i = 0; i < layout->columns_count; i++) {
		if (text_equal_string(name, layout->columns[i].name)) {
			return &layout->columns[i];
		}
	}
	return NULL;
}

size_t postgres_add_rows(struct postgres_connection *connection,
	const struct postgres_statement *statement, const struct postgres_layout *layout,
	const void *rows, size_t count, bool (*takes)(const void *row))
{
	struct postgres_params *params, before;
	struct postgres_names names;
	size_t taken = 0, index = 0;

	if (!connection) {
		return 0;
	}
	params = &connection->params;
	if (params->stale) {
		postgres_params_clear(params);
	}
	before = *params;
	postgres_names_read(&names, statement->sql, &connection->sql);
	for (int i = 0; i < names.count; i++) {
		const struct postgres_column *column = column_of(layout, names.items[i]);

		if (column) {
			struct postgres_param *param = begin(params, column->name);

			taken = append_array(
				&params->bytes, column, rows, count, layout->size, takes);
			end(params, param);
		}
	}
	if (taken > 0) {
		index = postgres_add(connection, statement);
	}
	/* libpq has a copy: what may be large does not wait for the end of the batch. */
	memcpy(params->items, before.items, sizeof(params->items));
	params->count = before.count;
	params->bytes.size = before.bytes.size;
	return index;
}
