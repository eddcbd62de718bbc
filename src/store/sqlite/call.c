/* SPDX-License-Identifier: MIT
 * Reading single calls by their row. */
#include "store/sqlite/sqlite.h"

static int corrupt(struct sqlite_connection *connection, int64_t id, struct error *err)
{
	return error_set(err, ERROR_CORRUPT,
		"the store '%s' has lost the call of row %lld: verify it", connection->folder,
		(long long)id);
}

static int copy(struct arena *arena, struct text *text, struct error *err)
{
	*text = arena_copy(arena, *text);
	if (text->data) {
		return 0;
	}
	return arena->ceiling_bytes == SIZE_MAX
		       ? error_no_memory(err)
		       : error_set(err, ERROR_TOO_LARGE, "the page does not fit into memory");
}

static int read_header(struct sqlite_connection *connection, int64_t id, struct arena *arena,
	struct call *ret_call, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	int64_t steps;
	int row;

	if (sqlite_query_start(&query, connection, SQL_CALL_HEADER, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, id);
	row = sqlite_query_step(&query, err);
	if (row <= 0) {
		return row < 0 ? -1 : corrupt(connection, id, err);
	}
	steps = sqlite_column_int64(&query, 6);
	*ret_call = (struct call){
		.dest = sqlite_column_text(&query, 0),
		.src = sqlite_column_text(&query, 1),
		.session_id = sqlite_column_text(&query, 2),
		.start = sqlite_column_int64(&query, 3),
		.end = sqlite_column_int64(&query, 4),
		.type = sqlite_call_type(sqlite_column_int64(&query, 5)),
		.has_detail = steps >= 0,
		.steps = steps >= 0 ? (uint32_t)steps : 0,
	};
	if (copy(arena, &ret_call->dest, err) < 0 || copy(arena, &ret_call->src, err) < 0) {
		return -1;
	}
	return copy(arena, &ret_call->session_id, err);
}

int sqlite_packed_by_id(struct sqlite_connection *connection, int64_t id, struct arena *arena,
	struct packed *ret_packed, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};
	int row;

	if (sqlite_query_start(&query, connection, SQL_PACKED_GET, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&query, id);
	row = sqlite_query_step(&query, err);
	if (row <= 0) {
		return row < 0 ? -1 : corrupt(connection, id, err);
	}
	*ret_packed = (struct packed){
		.size = sqlite_column_uint32(&query, 0),
		.crc32 = sqlite_column_uint32(&query, 1),
		.crc32_op = sqlite_column_uint32(&query, 2),
		.deflate = sqlite_column_blob(&query, 3),
	};
	return copy(arena, &ret_packed->deflate, err);
}

enum call_type sqlite_call_type(int64_t value)
{
	return value == CALL_OUTBOUND || value == CALL_TRANSFER ? (enum call_type)value
								: CALL_INBOUND;
}

int sqlite_call_by_id(struct sqlite_connection *connection, int64_t id, int64_t detail_after,
	struct arena *arena, struct store_call *ret_call, struct error *err)
{
	struct store_call call = {0};

	if (read_header(connection, id, arena, &call.call, err) < 0 ||
		(call.call.has_detail && call.call.start > detail_after &&
			sqlite_packed_by_id(connection, id, arena, &call.packed, err) < 0)) {
		return -1;
	}
	*ret_call = call;
	return 0;
}
