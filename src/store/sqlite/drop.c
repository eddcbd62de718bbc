/* SPDX-License-Identifier: MIT
 * Dropping old calls, or their detail alone, with all that they are found by. The account keeps the
 * time from which its calls have detail. So a sweep does not read the headers of a year to find the
 * detail of a day. */
#include "store/sqlite/blocks/note.h"

/* clang-format off */
/* The account's calls that may have detail. */
#define DETAIL_FROM \
	"from call where account_id = :account_id and steps >= 0 and start >= " \
	"(select detail_from from account where id = :account_id) "
#define OLD_COLUMNS "id, account_id, start, steps, dest_key "
enum { OLD_ID, OLD_ACCOUNT_ID, OLD_START, OLD_STEPS, OLD_DEST_KEY };

static const struct sqlite_statement
	detail_old = {
		"select " OLD_COLUMNS DETAIL_FROM "and start <= :up_to "
		"order by start, session_id limit :limit"},
	calls_old = {
		"select " OLD_COLUMNS "from call where account_id = :account_id "
		"and start <= :up_to order by start, session_id limit :limit"},
	detail_oldest = {"select start " DETAIL_FROM "order by start limit 1"},
	call_oldest = {
		"select start from call where account_id = :account_id order by start limit 1"},
	packed_drop = {"delete from packed where call_id = :id"},
	call_drop_detail = {"update call set steps = -1, path = null, stays = null where id = :id"},
	call_drop = {"delete from call where id = :id"},
	detail_from_raise = {
		"update account set detail_from = :start where id = :id and detail_from < :start"};
/* clang-format on */

struct old_call {
	int64_t id;
	int64_t account_id;
	int64_t start;
	int64_t steps;
	struct text dest_key;
};

/* One sqlite_drop(). */
struct drop_run {
	struct sqlite_store *store;
	struct sqlite_connection *connection;
	const struct store_drop *drop;
	struct old_call *calls;
	size_t count;
	struct sqlite_tallies tallies;
	struct sqlite_block_notes blocks;
};

static int read_old(
	struct sqlite_cursor *row, struct arena *arena, void *ret_call, struct error *err)
{
	struct old_call call = {
		.id = sqlite_column_int64(row, OLD_ID),
		.account_id = sqlite_column_int64(row, OLD_ACCOUNT_ID),
		.start = sqlite_column_int64(row, OLD_START),
		.steps = sqlite_column_int64(row, OLD_STEPS),
		.dest_key = arena_copy(arena, sqlite_column_text(row, OLD_DEST_KEY)),
	};

	*(struct old_call *)ret_call = call;
	return call.dest_key.data ? 0 : error_no_memory(err);
}

/* The packed call tells which words the index has. Where it is damaged, the index itself is
 * read. */
static int drop_words(struct sqlite_store *store, int64_t id, int64_t account_id, uint32_t steps,
	struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_index index;
	struct packed packed;

	arena_init(&arena, SIZE_MAX);
	if (sqlite_packed_by_id(store->writer, id, &arena, &packed, err) == 0 &&
		store_index_packed(
			&store->repacker, account_id, steps, &packed, &arena, &index, err) == 0) {
		return sqlite_words_drop(store->writer, id, index.words, err);
	}
	return err->code == ERROR_CORRUPT ? sqlite_words_drop_unknown(store->writer, id, err) : -1;
}

/* A live call has no words in the index. */
static int drop_ended_words(struct sqlite_store *store, int64_t id, int64_t account_id,
	uint32_t steps, struct error *err)
{
	int live = sqlite_is_live(store->writer, id, err);

	return live != 0 ? (live < 0 ? -1 : 0) : drop_words(store, id, account_id, steps, err);
}

/* @steps of a call without detail are negative. */
static int drop_detail(struct sqlite_store *store, int64_t id, int64_t account_id, int64_t steps,
	struct error *err)
{
	struct error found = {0};

	if (steps >= 0 &&
		drop_ended_words(store, id, account_id, (uint32_t)steps, err ? err : &found) < 0) {
		return -1;
	}
	return sqlite_run(store->writer, &packed_drop, BIND(INT64(id, id)), err);
}

int sqlite_call_drop(struct sqlite_store *store, struct sqlite_block_notes *blocks,
	const struct sqlite_old_call *call, struct error *err)
{
	if (drop_detail(store, call->id, call->account_id, call->steps, err) < 0 ||
		sqlite_run(store->writer, &call_drop, BIND(INT64(id, call->id)), err) < 0) {
		return -1;
	}
	return sqlite_blocks_dropped(blocks, call->account_id, call->id, call->start, err);
}

static int drop_old(struct drop_run *run, const struct old_call *call, struct error *err)
{
	if (!run->drop->whole) {
		if (drop_detail(run->store, call->id, call->account_id, call->steps, err) < 0) {
			return -1;
		}
		if (sqlite_run(run->connection, &call_drop_detail, BIND(INT64(id, call->id)), err) <
			0) {
			return -1;
		}
		return sqlite_blocks_detail_dropped(
			&run->blocks, call->account_id, call->start, err);
	}
	if (sqlite_tallies_note(
		    &run->tallies, call->account_id, call->dest_key, call->start, -1, err) < 0) {
		return -1;
	}
	return sqlite_call_drop(run->store, &run->blocks,
		&(struct sqlite_old_call){call->id, call->account_id, call->start, call->steps},
		err);
}

/* Notes that calls before have no detail any more. */
static int raise_detail_from(struct drop_run *run, struct error *err)
{
	const struct store_drop *drop = run->drop;
	int64_t from = drop->up_to < INT64_MAX ? drop->up_to + 1 : INT64_MAX;

	if ((int64_t)run->count == drop->limit) {
		/* Others of the same second may be left. */
		from = run->count > 0 ? run->calls[run->count - 1].start : INT64_MIN;
	}
	return sqlite_run(run->connection, &detail_from_raise,
		BIND(INT64(id, drop->account_id), INT64(start, from)), err);
}

static int write_record(struct drop_run *run, struct error *err)
{
	struct store_audit record;

	if (run->count == 0 || !run->drop->record) {
		return 0;
	}
	record = *run->drop->record;
	record.calls = (int64_t)run->count;
	return sqlite_audit_write(run->connection, &record, 1, err);
}

static int drop_all(struct drop_run *run, struct error *err)
{
	const struct store_drop *drop = run->drop;
	struct sqlite_list list = {
		.arena = run->tallies.arena, .size = sizeof(*run->calls), .read = read_old};

	if (sqlite_list(&list, run->connection, drop->whole ? &calls_old : &detail_old,
		    BIND(INT64(account_id, drop->account_id), INT64(up_to, drop->up_to),
			    INT64(limit, drop->limit)),
		    err) < 0) {
		return -1;
	}
	run->calls = list.items;
	run->count = list.count;
	for (size_t i = 0; i < run->count; i++) {
		if (drop_old(run, &run->calls[i], err) < 0) {
			return -1;
		}
	}
	if (sqlite_tallies_write(&run->tallies, run->connection, err) < 0) {
		return -1;
	}
	return raise_detail_from(run, err) < 0 ? -1 : write_record(run, err);
}

int sqlite_drop(
	struct store *base, const struct store_drop *drop, int64_t *ret_dropped, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(arena_deinit) struct arena arena;
	struct drop_run run = {
		.store = (struct sqlite_store *)base, .drop = drop, .tallies.arena = &arena};

	arena_init(&arena, SIZE_MAX);
	if (sqlite_writer_begin(&writer, base, err) < 0) {
		return -1;
	}
	run.connection = writer.connection;
	run.blocks.connection = writer.connection;
	if (drop_all(&run, err) < 0 || sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	*ret_dropped = (int64_t)run.count;
	return 0;
}

int sqlite_oldest(
	struct store *base, int64_t account_id, bool detail, int64_t *ret_start, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);

	return sqlite_read_int64(reader.connection, detail ? &detail_oldest : &call_oldest,
		BIND(INT64(account_id, account_id)), ret_start, err);
}
