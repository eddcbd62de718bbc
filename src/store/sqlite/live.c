/* SPDX-License-Identifier: MIT
 * Live calls: which they are, and what is asked of them because no index has it. */
#include "base/array.h"
#include "call/call_json.h"
#include "store/sqlite/sqlite.h"

/* clang-format off */
static const struct sqlite_statement
	live_of = {"select call_id from live where account_id = :account_id order by call_id"},
	live_is = {"select 1 from live where call_id = :id"},
	live_packed = {"select " PACKED_COLUMNS("") " from packed where call_id = :id"},
	live_silent = {
		"select l.account_id, c.session_id, l.heard from live l "
		"join call c on c.id = l.call_id where l.heard < :before "
		"and (:account_id = 0 or l.account_id = :account_id) "
		"order by l.heard, l.call_id limit :limit"},
	live_hear = {"update live set heard = :now where heard < :now"};
enum { SILENT_ACCOUNT_ID, SILENT_SESSION_ID, SILENT_HEARD };
/* clang-format on */

int sqlite_live_read(struct sqlite_connection *connection, int64_t account_id,
	struct sqlite_live_set *set, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row =
		sqlite_query(connection, &live_of, BIND(INT64(account_id, account_id)), err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		if (!ARRAY_RESERVE(set->ids, set->room, set->count + 1)) {
			return error_no_memory(err);
		}
		set->ids[set->count++] = sqlite_column_int64(&row, ONLY_COLUMN);
	}
	return more;
}

void sqlite_live_set_deinit(struct sqlite_live_set *set)
{
	free(set->ids);
	*set = (struct sqlite_live_set){0};
}

static int compare_ids(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

enum call_state sqlite_live_state(const struct sqlite_live_set *set, int64_t id)
{
	return set->count > 0 && bsearch(&id, set->ids, set->count, sizeof(id), compare_ids)
		       ? CALL_LIVE
		       : CALL_ENDED;
}

int sqlite_is_live(struct sqlite_connection *connection, int64_t id, struct error *err)
{
	int64_t ignored;

	return sqlite_read_int64(connection, &live_is, BIND(INT64(id, id)), &ignored, err);
}

/* ---- text ---- */

struct looking {
	struct sqlite_connection *connection;
	struct filter filter; /* the words alone */
	struct unpacker *unpacker;
	struct buffer json;
	struct arena scratch;
};

static void looking_end(struct looking *looking)
{
	unpacker_destroyp(&looking->unpacker);
	buffer_deinit(&looking->json);
	arena_deinit(&looking->scratch);
}

/* 1 when the call has the text, 0 when not. */
static int look_at(struct looking *looking, int64_t id, struct error *err)
{
	const struct call nothing = {0};
	AUTO(sqlite_end)
	struct sqlite_cursor row =
		sqlite_query(looking->connection, &live_packed, BIND(INT64(id, id)), err);
	int found = sqlite_step(&row, err);
	struct packed packed;

	if (found <= 0) {
		return found;
	}
	packed = sqlite_packed_at(&row, 0);
	buffer_clear(&looking->json);
	arena_deinit(&looking->scratch);
	if (unpacker_append(looking->unpacker, &packed, &looking->json, err) < 0) {
		return -1;
	}
	return filter_matches(&looking->filter, &nothing,
		call_json_detail(buffer_text(&looking->json)), &looking->scratch, err);
}

int sqlite_live_find(struct sqlite_connection *connection, const struct sqlite_live_set *live,
	const struct words_query *text, struct sqlite_id_set *ids, struct error *err)
{
	AUTO(looking_end) struct looking looking = {.connection = connection};

	buffer_init(&looking.json, UINT32_MAX);
	arena_init(&looking.scratch, SIZE_MAX);
	filter_init(&looking.filter);
	looking.filter.text = *text;
	looking.unpacker = live->count > 0 ? unpacker_create() : NULL;
	if (live->count > 0 && !looking.unpacker) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < live->count; i++) {
		int found = look_at(&looking, live->ids[i], err);

		if (found < 0) {
			return -1;
		}
		if (found > 0 && !sqlite_id_set_add(ids, live->ids[i])) {
			return error_no_memory(err);
		}
	}
	return 0;
}

/* ---- the operations ---- */

static int read_silent(
	struct sqlite_cursor *row, struct arena *arena, void *ret_call, struct error *err)
{
	struct store_live call = {
		.account_id = sqlite_column_int64(row, SILENT_ACCOUNT_ID),
		.session_id = arena_copy(arena, sqlite_column_text(row, SILENT_SESSION_ID)),
		.heard = sqlite_column_int64(row, SILENT_HEARD),
	};

	*(struct store_live *)ret_call = call;
	return call.session_id.data ? 0 : error_no_memory(err);
}

int sqlite_live_list(struct store *base, int64_t account_id, int64_t before, int64_t limit,
	struct arena *arena, struct store_live **ret_calls, size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	struct sqlite_list list = {
		.arena = arena, .size = sizeof(struct store_live), .read = read_silent};

	if (sqlite_list(&list, reader.connection, &live_silent,
		    BIND(INT64(account_id, account_id), INT64(before, before), INT64(limit, limit)),
		    err) < 0) {
		return -1;
	}
	*ret_calls = list.items;
	*ret_count = list.count;
	return 0;
}

int sqlite_live_hear(struct store *base, int64_t now, struct error *err)
{
	return sqlite_change(base, &live_hear, BIND(INT64(now, now)), err) < 0 ? -1 : 0;
}
