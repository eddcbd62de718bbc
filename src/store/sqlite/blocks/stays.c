/* SPDX-License-Identifier: MIT
 * How long calls stayed where. Rows that an earlier program wrote do not say it: then it is told by
 * the times of steps, which the packed call alone has. */
#include "call/call_json.h"
#include "store/sqlite/blocks/blocks.h"

static const struct sqlite_statement packed_of = {
	"select " PACKED_COLUMNS("") " from packed where call_id = :id"};

void sqlite_stays_deinit(struct sqlite_stays *stays)
{
	if (stays->unpacker) {
		unpacker_destroy(stays->unpacker);
		buffer_deinit(&stays->json);
		buffer_deinit(&stays->writer.bytes);
		arena_deinit(&stays->scratch);
	}
}

static int begin(struct sqlite_stays *stays, struct error *err)
{
	if (!stays->unpacker) {
		stays->unpacker = unpacker_create();
		buffer_init(&stays->json, SIZE_MAX);
		buffer_init(&stays->writer.bytes, SIZE_MAX);
		arena_init(&stays->scratch, SIZE_MAX);
	}
	buffer_clear(&stays->json);
	column_stays_begin(&stays->writer);
	arena_deinit(&stays->scratch);
	return stays->unpacker ? 0 : error_no_memory(err);
}

static int unpack(struct sqlite_stays *stays, struct sqlite_connection *connection, int64_t id,
	struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor held = sqlite_query(connection, &packed_of, BIND(INT64(id, id)), err);
	int found = sqlite_step(&held, err);
	struct packed packed;

	if (found <= 0) {
		return found < 0 ? -1
				 : error_set(err, ERROR_CORRUPT,
					   "the call %lld has steps, but no packed call",
					   (long long)id);
	}
	packed = sqlite_packed_at(&held, 0);
	return unpacker_append(stays->unpacker, &packed, &stays->json, err);
}

int sqlite_stays_at(const struct sqlite_cursor *cursor, struct column_row *row, struct arena *arena,
	struct error *err)
{
	if (row->call.steps == 0 || sqlite_column_is_null(cursor, ROW_STAYS)) {
		return 0;
	}
	return column_stays_read(&row->call, sqlite_column_blob(cursor, ROW_STAYS), arena,
		       &row->stays, err) < 0
		       ? -1
		       : 0;
}

int sqlite_stays_add(struct sqlite_stays *stays, struct sqlite_connection *connection,
	struct column_row *row, struct arena *arena, struct error *err)
{
	if (row->call.steps == 0 || row->stays) {
		return 0;
	}
	if (begin(stays, err) < 0 || unpack(stays, connection, row->id, err) < 0 ||
		path_visits_walk(call_json_detail(buffer_text(&stays->json)), row->call.end,
			&stays->scratch, column_stays_write, &stays->writer, err) < 0) {
		return -1;
	}
	return column_stays_read(
		       &row->call, buffer_text(&stays->writer.bytes), arena, &row->stays, err) < 0
		       ? -1
		       : 0;
}
