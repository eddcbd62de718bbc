/* SPDX-License-Identifier: MIT
 * Writing tallies. */
#include "store/sqlite/sqlite.h"

static int run_tally(struct sqlite_connection *connection, enum sqlite_sql sql,
	const struct tally_delta *delta, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, sql, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, delta->account_id);
	sqlite_query_int64(&query, delta->is_all);
	sqlite_query_text(&query, delta->dest_key);
	sqlite_query_int64(&query, tally_unit_seconds(delta->unit));
	sqlite_query_int64(&query, delta->bucket);
	if (sql == SQL_TALLY_ADD) {
		sqlite_query_int64(&query, delta->calls);
	}
	return sqlite_query_run(&query, err);
}

int sqlite_tally_change(void *context, const struct tally_delta *delta, struct error *err)
{
	struct sqlite_connection *connection = context;

	if (run_tally(connection, SQL_TALLY_ADD, delta, err) < 0) {
		return -1;
	}
	return delta->calls < 0 ? run_tally(connection, SQL_TALLY_DROP_EMPTY, delta, err) : 0;
}
