/* SPDX-License-Identifier: MIT
 * Parameters and columns by name. Private to this folder.
 *
 * A statement names its parameters, `$account_id::bigint`, and each connection keeps the parameters
 * of its batch under these names: a statement takes those that it names. What a statement gives is
 * read by the names of its columns. Both travel in PostgreSQL's binary form. */
#ifndef STORE_POSTGRES_ROWS_H
#define STORE_POSTGRES_ROWS_H

#include <endian.h>
#include <libpq-fe.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "call/filter.h"

struct postgres_connection;
struct postgres_rows;

/* ---- params.c: what statements are given ---- */

#define POSTGRES_PARAMS_MAX 48

struct postgres_param {
	const char *name;
	size_t offset;
	/* -1: null */
	int size;
};

/* The parameters of one batch. A failure is kept and told when the batch is run. */
struct postgres_params {
	int count;
	struct postgres_param items[POSTGRES_PARAMS_MAX];
	struct buffer bytes;
	/* The batch was run: the next parameter begins the next one. */
	bool stale;
};

void postgres_params_init(struct postgres_params *params);
void postgres_params_deinit(struct postgres_params *params);
/* Forgets all parameters. */
void postgres_params_clear(struct postgres_params *params);

/* The names of a statement's parameters, each once, in the order of their numbers. */
struct postgres_names {
	int count;
	struct text items[POSTGRES_PARAMS_MAX];
};

/* Writes the statement @sql into @out with numbers in the place of names, ended by a NUL. The names
 * point into @sql. */
void postgres_names_read(struct postgres_names *ret_names, const char *sql, struct buffer *out);

/* ---- values ---- */

/* The lowest @bytes bytes of @value, the highest of them first. */
static inline void postgres_append_integer(struct buffer *out, int64_t value, size_t bytes)
{
	uint64_t wire = htobe64((uint64_t)value << (64 - 8 * bytes));

	buffer_append(out, (struct text){.data = (const char *)&wire, .size = bytes});
}

/* Types (PostgreSQL 15, pg_type.dat). */
enum postgres_type {
	POSTGRES_BOOLEAN = 16,
	POSTGRES_BYTEA = 17,
	POSTGRES_BIGINT = 20,
	POSTGRES_SMALLINT = 21,
	POSTGRES_INTEGER = 23,
	POSTGRES_TEXT = 25,
	POSTGRES_TSVECTOR = 3614,
};

struct postgres_value {
	const char *name;
	/* Of the value, or of the elements of an array. */
	enum postgres_type type;
	bool is_array;
	/* No element is null, and one is a value. */
	bool by_count;
	/* A text that is searched for. Where no column can hold it, because it is not UTF-8 or has
	 * control characters, nothing equals it. */
	bool asked;
	int64_t integer;
	struct text text;
	/* Of the array: structs text, 32-bit numbers without sign or int64_t. */
	const void *items;
	size_t count;
	size_t item_size;
};

/* clang-format off */
#define POSTGRES_VALUE_OF(its_name, its_type, ...) \
	{.name = #its_name, .type = (its_type), __VA_ARGS__}
#define INT64(name, value)   POSTGRES_VALUE_OF(name, POSTGRES_BIGINT, .integer = (value))
#define INT32(name, value)   POSTGRES_VALUE_OF(name, POSTGRES_INTEGER, .integer = (value))
#define BOOLEAN(name, value) POSTGRES_VALUE_OF(name, POSTGRES_BOOLEAN, .integer = (value))
/* Text or bytea; data NULL is empty. */
#define STRING(name, value)  POSTGRES_VALUE_OF(name, POSTGRES_TEXT, .text = (value))
/* Data NULL is null. */
#define ASKED(name, value) \
	POSTGRES_VALUE_OF(name, POSTGRES_TEXT, .text = (value), .asked = true)
/* Items NULL are null. */
#define ARRAY(name, type, its_items, its_count, ...) \
	POSTGRES_VALUE_OF(name, type, .is_array = true, .items = (its_items), \
		.count = (its_count), .item_size = sizeof(*(its_items)), __VA_ARGS__)
#define KEYS(name, keys) \
	ARRAY(name, POSTGRES_TEXT, (keys)->items, (keys)->count, .asked = true)
#define ONE_OR_MORE(name, keys) \
	ARRAY(name, POSTGRES_TEXT, (keys)->items, (keys)->count, .asked = true, \
		.by_count = true)
/* clang-format on */

/* Sets parameters for all statements that are added from now on until the batch is run; each
 * replaces one of the same name.
 *
 *	BIND(connection, INT64(account_id, account->id), STRING(label, label)); */
#define BIND(connection, ...)                                                                      \
	postgres_bind((connection), (const struct postgres_value[]){__VA_ARGS__},                  \
		sizeof((const struct postgres_value[]){__VA_ARGS__}) /                             \
			sizeof(struct postgres_value))
void postgres_bind(
	struct postgres_connection *connection, const struct postgres_value *values, size_t count);

/* ---- arrays of structs, a column each ---- */

/* How a member of a struct and a column @name go together. Structs are sent as arrays, one for each
 * column, and a row is read into a struct. */
struct postgres_column {
	const char *name;
	enum postgres_type type;
	/* Of the member: a struct text, a bool, a 32-bit number without sign or an int64_t. */
	size_t offset;
	size_t size;
	/* When it is sent, a text without data and POSTGRES_NULL are null. */
	bool nullable;
	/* Where there is no such member: writes the value that @row has; false: null. It is not
	 * read. */
	bool (*write)(struct buffer *out, const void *row);
};

#define POSTGRES_NULL INT64_MIN

#define POSTGRES_MEMBER(owner, member)                                                             \
	.offset = offsetof(owner, member), .size = sizeof(((owner *)0)->member)

struct postgres_layout {
	const struct postgres_column *columns;
	size_t columns_count;
	/* Of the struct. */
	size_t size;
	/* Reads what is not a member as it stands; NULL: nothing. */
	int (*finish)(struct postgres_rows *rows, int row, struct arena *arena, void *item,
		struct error *err);
	/* What @err says where the arena is full; NULL: that memory is short. */
	const char *too_large;
};

#define POSTGRES_LAYOUT(its_columns, type, ...)                                                    \
	{                                                                                          \
		.columns = (its_columns), .columns_count = COUNT_OF(its_columns),                  \
		.size = sizeof(type), __VA_ARGS__                                                  \
	}

/* ---- rows.c: what statements gave ---- */

#define POSTGRES_COLUMNS_MAX 40

struct postgres_rows {
	PGresult *result;
	int count;
	/* The names by which columns were asked for, so that a name is looked up once a result. */
	int columns;
	int last;
	const char *names[POSTGRES_COLUMNS_MAX];
};

struct postgres_rows postgres_rows_of(PGresult *result);

/* The column @name, a literal, of a row: any integer or boolean; text or bytea, valid until the
 * next batch. Null is 0, or {NULL, 0}. */
int64_t postgres_int64(struct postgres_rows *rows, int row, const char *name);
struct text postgres_text(struct postgres_rows *rows, int row, const char *name);
bool postgres_is_null(struct postgres_rows *rows, int row, const char *name);
/* What stands alone in a row, or first: of the first row; 0 where there is no row. */
int64_t postgres_only(const struct postgres_rows *rows);

/* Reads the elements of an array of integer, which has no nulls: the first @max go into @ret_ids.
 * Returns how many it has. */
size_t postgres_ids(struct text array, uint32_t *ret_ids, size_t max);

/* Reads the row @row into *@ret_item as @layout has it, with its texts copied into @arena. */
int postgres_read(struct postgres_rows *rows, int row, const struct postgres_layout *layout,
	struct arena *arena, void *ret_item, struct error *err) CHECK_RESULT;
/* Reads all rows into an array in @arena. @ret_items is the address of a pointer to its items. */
int postgres_read_all(struct postgres_rows *rows, const struct postgres_layout *layout,
	struct arena *arena, void *ret_items, size_t *ret_count, struct error *err) CHECK_RESULT;

#endif
