/* SPDX-License-Identifier: MIT
 * The change log: written with the calls, trimmed in large steps, read by clients that follow. */
#include "store/sqlite/sqlite.h"

#define CHANGES_KEPT 100000
#define TRIM_EVERY   25000 /* changes */

/* clang-format off */
static const struct sqlite_statement
	change_add = {
		"insert into change (id, account_id, call_id) values (:id, :account_id, :call_id)"},
	change_add_steps = {
		"insert into change (id, account_id, call_id, first_step) "
		"values (:id, :account_id, :call_id, :first_step)"},
	change_trim = {"delete from change where id <= :last"},
	change_oldest = {"select min(id) from change"},
	change_newest = {"select max(id) from change"},
	/* A call that was dropped is passed over. Its row's number may be another account's by
	 * now. */
	change_list = {
		"select max(id), call_id, count(*), "
		"min(iif(first_step < 0, -1 - first_step, first_step)), "
		"max(first_step is null or first_step < 0) from ("
		"select h.id, h.call_id, h.first_step from change h "
		"cross join call c on c.id = h.call_id and c.account_id = h.account_id "
		"where h.account_id = :account_id and h.id > :after order by h.id limit :limit) "
		"group by call_id order by 1"};
enum { CHANGE_ID, CHANGE_CALL_ID, CHANGE_TIMES, CHANGE_FIRST_STEP, CHANGE_HEADER };
/* clang-format on */

/* ---- writing ---- */

int sqlite_changes_begin(
	struct sqlite_changes *changes, struct sqlite_connection *connection, struct error *err)
{
	int64_t newest;

	if (sqlite_read_int64(connection, &change_newest, BIND_NOTHING, &newest, err) < 0) {
		return -1;
	}
	*changes = (struct sqlite_changes){
		.connection = connection, .before = newest, .newest = newest};
	return 0;
}

int sqlite_changes_note(
	struct sqlite_changes *changes, int64_t account_id, int64_t call_id, struct error *err)
{
	if (sqlite_run(changes->connection, &change_add,
		    BIND(INT64(id, changes->newest + 1), INT64(account_id, account_id),
			    INT64(call_id, call_id)),
		    err) < 0) {
		return -1;
	}
	changes->newest++;
	return 0;
}

int sqlite_changes_note_steps(struct sqlite_changes *changes, int64_t account_id, int64_t call_id,
	int64_t first_step, bool header, struct error *err)
{
	if (first_step < 0) {
		return sqlite_changes_note(changes, account_id, call_id, err);
	}
	if (sqlite_run(changes->connection, &change_add_steps,
		    BIND(INT64(id, changes->newest + 1), INT64(account_id, account_id),
			    INT64(call_id, call_id),
			    INT64(first_step, header ? -1 - first_step : first_step)),
		    err) < 0) {
		return -1;
	}
	changes->newest++;
	return 0;
}

int sqlite_changes_trim(struct sqlite_changes *changes, struct error *err)
{
	if (changes->newest <= CHANGES_KEPT ||
		changes->newest / TRIM_EVERY == changes->before / TRIM_EVERY) {
		return 0;
	}
	return sqlite_run(changes->connection, &change_trim,
		BIND(INT64(last, changes->newest - CHANGES_KEPT)), err);
}

/* ---- reading ---- */

int sqlite_change_newest(struct store *base, int64_t *ret_id, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);

	return sqlite_read_int64(reader.connection, &change_newest, BIND_NOTHING, ret_id, err) < 0
		       ? -1
		       : 0;
}

/* The last change of a call among those that are read. */
struct change {
	int64_t id;
	int64_t call_id;
	/* How often it changed. */
	int64_t times;
	int64_t first_step;
	bool header;
};

static int read_change(
	struct sqlite_cursor *row, struct arena *arena, void *ret_change, struct error *err)
{
	(void)arena;
	(void)err;
	*(struct change *)ret_change = (struct change){
		.id = sqlite_column_int64(row, CHANGE_ID),
		.call_id = sqlite_column_int64(row, CHANGE_CALL_ID),
		.times = sqlite_column_int64(row, CHANGE_TIMES),
		.first_step = sqlite_column_is_null(row, CHANGE_FIRST_STEP)
				      ? -1
				      : sqlite_column_int64(row, CHANGE_FIRST_STEP),
		.header = sqlite_column_int64(row, CHANGE_HEADER) != 0,
	};
	return 0;
}

static int read_calls(struct sqlite_connection *connection, const struct sqlite_list *found,
	int64_t detail_after, struct arena *arena, struct store_change_list *list,
	struct error *err)
{
	list->items = arena_calloc(arena, found->count, sizeof(*list->items));
	if (!list->items) {
		return error_set(err, ERROR_TOO_LARGE, "the changes do not fit into memory");
	}
	for (; list->count < found->count; list->count++) {
		const struct change *change = (const struct change *)found->items + list->count;
		struct store_change *item = &list->items[list->count];

		item->id = change->id;
		item->first_step = change->first_step;
		item->header = change->header;
		list->last = change->id;
		list->looked_at += change->times;
		if (sqlite_call_by_id(connection, change->call_id, detail_after, arena, &item->call,
			    err) < 0) {
			return -1;
		}
	}
	return 0;
}

int sqlite_changes_read(struct store *base, int64_t account_id, int64_t after, int64_t limit,
	int64_t detail_after, struct arena *arena, struct store_change_list *list,
	struct error *err)
{
	AUTO(sqlite_reader_close)
	struct sqlite_reader reader = sqlite_reader_open_snapshot(base, err);
	AUTO(arena_deinit) struct arena scratch;
	struct sqlite_list found = {
		.arena = &scratch, .size = sizeof(struct change), .read = read_change};

	arena_init(&scratch, SIZE_MAX);
	if (sqlite_read_int64(reader.connection, &change_oldest, BIND_NOTHING, &list->oldest, err) <
			0 ||
		sqlite_read_int64(
			reader.connection, &change_newest, BIND_NOTHING, &list->newest, err) < 0 ||
		sqlite_list(&found, reader.connection, &change_list,
			BIND(INT64(account_id, account_id), INT64(after, after),
				INT64(limit, limit)),
			err) < 0) {
		return -1;
	}
	return read_calls(reader.connection, &found, detail_after, arena, list, err);
}
