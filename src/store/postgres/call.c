/* SPDX-License-Identifier: MIT
 * Calls out of rows, and single calls. */
#include "store/postgres/postgres.h"

struct call postgres_read_header(const struct postgres_rows *rows, int row, int column)
{
	int64_t type = postgres_int64(rows, row, column + CALL_TYPE);
	int64_t steps = postgres_int64(rows, row, column + CALL_STEPS);

	return (struct call){
		.session_id = postgres_text(rows, row, column + CALL_SESSION_ID),
		.start = postgres_int64(rows, row, column + CALL_START),
		.end = postgres_int64(rows, row, column + CALL_END),
		.type = type == CALL_OUTBOUND || type == CALL_TRANSFER ? (enum call_type)type
								       : CALL_INBOUND,
		.has_detail = steps >= 0,
		.steps = steps >= 0 ? (uint32_t)steps : 0,
		.dest = postgres_text(rows, row, column + CALL_DEST),
		.src = postgres_text(rows, row, column + CALL_SRC),
	};
}

struct packed postgres_read_packed(const struct postgres_rows *rows, int row, int column)
{
	if (postgres_is_null(rows, row, column + CALL_DEFLATE)) {
		return (struct packed){0};
	}
	return (struct packed){
		.deflate = postgres_text(rows, row, column + CALL_DEFLATE),
		.size = (uint32_t)postgres_int64(rows, row, column + CALL_SIZE),
		.crc32 = (uint32_t)postgres_int64(rows, row, column + CALL_CRC32),
		.crc32_op = (uint32_t)postgres_int64(rows, row, column + CALL_CRC32_OP),
	};
}

static bool copy(struct arena *arena, struct text *text)
{
	*text = arena_copy(arena, *text);
	return text->data != NULL;
}

int postgres_copy_call(const struct postgres_rows *rows, int row, int column, struct arena *arena,
	struct store_call *ret_call, struct error *err)
{
	struct store_call call = {
		.call = postgres_read_header(rows, row, column),
		.packed = postgres_read_packed(rows, row, column),
	};

	if (!copy(arena, &call.call.dest) || !copy(arena, &call.call.src) ||
		!copy(arena, &call.call.session_id) ||
		(call.packed.deflate.data && !copy(arena, &call.packed.deflate))) {
		return error_set(err, ERROR_TOO_LARGE, "the page does not fit into memory");
	}
	*ret_call = call;
	return 0;
}

int postgres_find(struct store_view *view, int64_t account_id, struct text session_id,
	struct arena *arena, struct store_call *ret_call, struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct postgres_rows rows;

	postgres_params_init(&params);
	postgres_bind_int64(&params, account_id);
	postgres_bind_asked(&params, session_id);
	if (postgres_run_one(view->state, POSTGRES_CALL_FIND, &params, err) < 0) {
		return -1;
	}
	rows = postgres_rows(view->state, 0);
	if (rows.count == 0) {
		return 0;
	}
	return postgres_copy_call(&rows, 0, 0, arena, ret_call, err) < 0 ? -1 : 1;
}
