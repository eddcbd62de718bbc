/* SPDX-License-Identifier: MIT
 * Reading single calls by their row. */
#include "store/find.h"
#include "store/sqlite/sqlite.h"

static const struct sqlite_statement header_get = {
	"select " HEADER_COLUMNS("") " from call where id = :id"};
static const struct sqlite_statement packed_get = {
	"select " PACKED_COLUMNS("") " from packed where call_id = :id"};

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
	return arena->ceiling_bytes == SIZE_MAX ? error_no_memory(err) : store_page_too_large(err);
}

#define READ_text(member, at)	       sqlite_column_text(row, (at))
#define READ_int64(member, at)	       sqlite_column_int64(row, (at))
#define READ_choice(member, at)	       STORE_CHOICE(member, sqlite_column_int64(row, (at)))
#define READ(member, sql, kind, first) call.member = READ_##kind(member, (first) + HEADER_##member);

struct call sqlite_contract_header_at(const struct sqlite_cursor *row, int first)
{
	int64_t steps = sqlite_column_int64(row, first + HEADER_steps);
	struct call call = {
		.session_id = sqlite_column_text(row, first + HEADER_session_id),
		.start = sqlite_column_int64(row, first + HEADER_start),
		.has_detail = steps >= 0,
		.steps = steps >= 0 ? (uint32_t)steps : 0,
	};

	STORE_CONTRACT_COLUMNS(READ, first)
	return call;
}

struct call sqlite_header_at(const struct sqlite_cursor *row, int first)
{
	struct call call = sqlite_contract_header_at(row, first);

	STORE_OUTCOME_COLUMNS(READ, first)
	return call;
}

struct packed sqlite_packed_at(const struct sqlite_cursor *row, int first)
{
	struct packed packed = {.deflate = sqlite_column_blob(row, first + PACKED_DEFLATE)};

	/* Most pages ask for headers alone, or hold calls without steps. */
	if (packed.deflate.data) {
		packed.size = sqlite_column_uint32(row, first + PACKED_SIZE);
		packed.crc32 = sqlite_column_uint32(row, first + PACKED_CRC32);
		packed.crc32_op = sqlite_column_uint32(row, first + PACKED_CRC32_OP);
	}
	return packed;
}

static int read_header(struct sqlite_connection *connection, int64_t id, struct arena *arena,
	struct call *ret_call, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, &header_get, BIND(INT64(id, id)), err);
	int found = sqlite_step(&row, err);

	if (found <= 0) {
		return found < 0 ? -1 : corrupt(connection, id, err);
	}
	*ret_call = sqlite_header_at(&row, 0);
	if (copy(arena, &ret_call->dest, err) < 0 || copy(arena, &ret_call->src, err) < 0) {
		return -1;
	}
	return copy(arena, &ret_call->session_id, err);
}

int sqlite_packed_by_id(struct sqlite_connection *connection, int64_t id, struct arena *arena,
	struct packed *ret_packed, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, &packed_get, BIND(INT64(id, id)), err);
	int found = sqlite_step(&row, err);

	if (found <= 0) {
		return found < 0 ? -1 : corrupt(connection, id, err);
	}
	*ret_packed = sqlite_packed_at(&row, 0);
	return copy(arena, &ret_packed->deflate, err);
}

int sqlite_call_by_id(struct sqlite_connection *connection, int64_t id, int64_t detail_after,
	struct arena *arena, struct store_call *ret_call, struct error *err)
{
	struct store_call call = {0};

	int live = sqlite_is_live(connection, id, err);

	if (live < 0 || read_header(connection, id, arena, &call.call, err) < 0 ||
		(call.call.has_detail && call.call.start > detail_after &&
			sqlite_packed_by_id(connection, id, arena, &call.packed, err) < 0)) {
		return -1;
	}
	call.call.state = live > 0 ? CALL_LIVE : CALL_ENDED;
	*ret_call = call;
	return 0;
}
