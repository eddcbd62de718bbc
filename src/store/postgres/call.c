/* SPDX-License-Identifier: MIT
 * Calls out of rows, and single calls. */
#include "store/find.h"
#include "store/postgres/postgres.h"

/* clang-format off */
static const struct postgres_statement call_find = {
	.sql = "select " POSTGRES_HEADER ", " POSTGRES_LIVE ", " POSTGRES_PACKED
	" from call c left join detail " POSTGRES_DETAIL_OF_CALL
	" where c.account_id = $account_id::bigint and c.session_id = $session_id::text"};
/* clang-format on */

#define READ_text(member)	      postgres_text(rows, row, #member)
#define READ_int64(member)	      postgres_int64(rows, row, #member)
#define READ_choice(member)	      STORE_CHOICE(member, postgres_int64(rows, row, #member))
#define READ(member, sql, kind, call) call.member = READ_##kind(member);

/* A member a line, in the order of the columns: in that order they are found at once. */
struct call postgres_read_header(struct postgres_rows *rows, int row)
{
	struct call call = {0};
	int64_t steps;

	call.session_id = postgres_text(rows, row, "session_id");
	call.start = postgres_int64(rows, row, "start");
	steps = postgres_int64(rows, row, "steps");
	call.has_detail = steps >= 0;
	call.steps = steps >= 0 ? (uint32_t)steps : 0;
	STORE_COLUMNS(READ, call)
	call.state = postgres_int64(rows, row, "live") != 0 ? CALL_LIVE : CALL_ENDED;
	return call;
}

struct packed postgres_read_packed(struct postgres_rows *rows, int row)
{
	struct packed packed = {0};

	packed.size = (uint32_t)postgres_int64(rows, row, "size");
	packed.crc32 = (uint32_t)postgres_int64(rows, row, "crc32");
	packed.crc32_op = (uint32_t)postgres_int64(rows, row, "crc32_op");
	packed.deflate = postgres_text(rows, row, "deflate");
	return packed.deflate.data ? packed : (struct packed){0};
}

static int read_call(
	struct postgres_rows *rows, int row, struct arena *arena, void *item, struct error *err)
{
	struct store_call *call = item;

	*call = (struct store_call){
		.call = postgres_read_header(rows, row),
		.packed = postgres_read_packed(rows, row),
	};
	return store_call_keep(call, arena, err);
}

const struct postgres_layout postgres_call_layout = {
	.size = sizeof(struct store_call),
	.finish = read_call,
	.too_large = "the page does not fit into memory",
};

int postgres_read_page(
	struct postgres_rows *rows, struct arena *arena, struct store_page *page, struct error *err)
{
	return postgres_read_all(
		rows, &postgres_call_layout, arena, &page->calls, &page->count, err);
}

int postgres_find(struct store_view *view, int64_t account_id, struct text session_id,
	struct arena *arena, struct store_call *ret_call, struct error *err)
{
	struct store_call call;
	struct postgres_rows rows;
	int found;

	BIND(view->state, INT64(account_id, account_id), ASKED(session_id, session_id));
	found = postgres_ask(view->state, &call_find, &rows, err);
	if (found <= 0) {
		return found;
	}
	if (read_call(&rows, 0, arena, &call, err) < 0) {
		return -1;
	}
	*ret_call = call;
	return 1;
}
