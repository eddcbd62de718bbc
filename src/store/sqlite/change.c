/* SPDX-License-Identifier: MIT
 * The change log: written with the calls, trimmed in large steps, read by those who follow. */
#include "store/sqlite/sqlite.h"

#define CHANGES_KEPT 100000
#define TRIM_EVERY   25000 /* changes */

/* ---- writing ---- */

int sqlite_changes_begin(
	struct sqlite_changes *changes, struct sqlite_connection *connection, struct error *err)
{
	int64_t newest;

	if (sqlite_read_int64(connection, SQL_CHANGE_NEWEST, &newest, err) < 0) {
		return -1;
	}
	*changes = (struct sqlite_changes){
		.connection = connection, .before = newest, .newest = newest};
	return 0;
}

int sqlite_changes_note(
	struct sqlite_changes *changes, int64_t account_id, int64_t call_id, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, changes->connection, SQL_CHANGE_ADD, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, changes->newest + 1);
	sqlite_query_int64(&query, account_id);
	sqlite_query_int64(&query, call_id);
	if (sqlite_query_run(&query, err) < 0) {
		return -1;
	}
	changes->newest++;
	return 0;
}

int sqlite_changes_trim(struct sqlite_changes *changes, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (changes->newest <= CHANGES_KEPT ||
		changes->newest / TRIM_EVERY == changes->before / TRIM_EVERY) {
		return 0;
	}
	if (sqlite_query_start(&query, changes->connection, SQL_CHANGE_TRIM, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, changes->newest - CHANGES_KEPT);
	return sqlite_query_run(&query, err);
}

/* ---- reading ---- */

int sqlite_change_newest(struct store *base, int64_t *ret_id, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};

	if (sqlite_reader_open(&reader, (struct sqlite_store *)base, err) < 0) {
		return -1;
	}
	return sqlite_read_int64(reader.connection, SQL_CHANGE_NEWEST, ret_id, err);
}

struct change {
	int64_t id;
	int64_t call_id;
};

struct change_list {
	struct change *items;
	size_t count;
	size_t room;
};

static void free_list(struct change_list *list)
{
	free(list->items);
}

static int add(struct change_list *list, struct change change, struct error *err)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct change *grown = reallocarray(list->items, room, sizeof(*grown));

		if (!grown) {
			return error_no_memory(err);
		}
		list->items = grown;
		list->room = room;
	}
	list->items[list->count++] = change;
	return 0;
}

static int read_list(struct sqlite_connection *connection, int64_t account_id, int64_t after,
	int64_t limit, struct change_list *list, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	int row;

	if (sqlite_query_start(&query, connection, SQL_CHANGES, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, account_id);
	sqlite_query_int64(&query, after);
	sqlite_query_int64(&query, limit);
	while ((row = sqlite_query_step(&query, err)) > 0) {
		struct change change = {
			sqlite_column_int64(&query, 0), sqlite_column_int64(&query, 1)};

		if (add(list, change, err) < 0) {
			return -1;
		}
	}
	return row;
}

static int by_call(const void *left, const void *right)
{
	const struct change *a = left, *b = right;

	if (a->call_id != b->call_id) {
		return a->call_id < b->call_id ? -1 : 1;
	}
	return (a->id > b->id) - (a->id < b->id);
}

static int by_id(const void *left, const void *right)
{
	const struct change *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

/* Leaves the last change of each call, in their order. */
static void keep_last(struct change_list *list)
{
	size_t kept = 0;

	if (list->count == 0) {
		return;
	}
	qsort(list->items, list->count, sizeof(*list->items), by_call);
	for (size_t i = 0; i < list->count; i++) {
		if (i + 1 == list->count || list->items[i + 1].call_id != list->items[i].call_id) {
			list->items[kept++] = list->items[i];
		}
	}
	list->count = kept;
	qsort(list->items, list->count, sizeof(*list->items), by_id);
}

static int read_calls(struct sqlite_connection *connection, const struct change_list *list,
	int64_t detail_after, struct arena *arena, struct store_changes *changes, struct error *err)
{
	changes->items = arena_calloc(arena, list->count, sizeof(*changes->items));
	if (!changes->items) {
		return error_set(err, ERROR_TOO_LARGE, "the changes do not fit into memory");
	}
	for (; changes->count < list->count; changes->count++) {
		const struct change *change = &list->items[changes->count];
		struct store_change *item = &changes->items[changes->count];

		item->id = change->id;
		if (sqlite_call_by_id(connection, change->call_id, detail_after, arena, &item->call,
			    err) < 0) {
			return -1;
		}
	}
	return 0;
}

int sqlite_changes_read(struct store *base, int64_t account_id, int64_t after, int64_t limit,
	int64_t detail_after, struct arena *arena, struct store_changes *ret_changes,
	struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(free_list) struct change_list list = {0};
	struct store_changes changes = {0};
	int64_t oldest, newest;

	if (sqlite_reader_open_snapshot(&reader, (struct sqlite_store *)base, err) < 0 ||
		sqlite_read_int64(reader.connection, SQL_CHANGE_OLDEST, &oldest, err) < 0 ||
		sqlite_read_int64(reader.connection, SQL_CHANGE_NEWEST, &newest, err) < 0 ||
		read_list(reader.connection, account_id, after, limit, &list, err) < 0) {
		return -1;
	}
	/* A number that was never given is of another store, or of this one before it was restored.
	 */
	changes.gap = after + 1 < oldest || after > newest;
	changes.last = newest;
	if ((int64_t)list.count == limit) {
		changes.last = list.count > 0 ? list.items[list.count - 1].id : after;
	}
	keep_last(&list);
	if (read_calls(reader.connection, &list, detail_after, arena, &changes, err) < 0) {
		return -1;
	}
	*ret_changes = changes;
	return 0;
}
