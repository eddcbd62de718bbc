/* SPDX-License-Identifier: MIT
 * How long calls stayed where. Rows that an earlier program wrote do not say it: then it is told by
 * the times of steps, which the packed call alone has. */
#include "store/sqlite/blocks/blocks.h"

static const struct sqlite_statement packed_of = {
	"select " PACKED_COLUMNS("") " from packed where call_id = :id"};

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

int sqlite_stays_add(struct store_stays *stays, struct sqlite_connection *connection,
	struct column_row *row, struct arena *arena, struct error *err)
{
	AUTO(sqlite_end) struct sqlite_cursor held = {0};
	struct packed packed;
	int found;

	if (row->call.steps == 0 || row->stays) {
		return 0;
	}
	held = sqlite_query(connection, &packed_of, BIND(INT64(id, row->id)), err);
	found = sqlite_step(&held, err);
	if (found <= 0) {
		return found < 0 ? -1
				 : error_set(err, ERROR_CORRUPT,
					   "the call %lld has steps, but no packed call",
					   (long long)row->id);
	}
	packed = sqlite_packed_at(&held, 0);
	return store_stays_read(stays, &packed, row, arena, err);
}
