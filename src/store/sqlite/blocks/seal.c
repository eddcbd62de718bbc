/* SPDX-License-Identifier: MIT
 * One step after the other of bringing calls into blocks, each of some tenths of a second, nearly
 * all of it beside the writer. */
#include "store/sqlite/blocks/blocks.h"
#include "store/sqlite/blocks/note.h"

/* clang-format off */
static const struct sqlite_statement
	unmade = {"select " BLOCK_COLUMNS " from block where calls = 0 order by id limit 1"},
	block_get = {"select " BLOCK_COLUMNS " from block where id = :id"},
	call_place = {"select account_id, start from call where id = :id"},
	stays_drop = {"update call set stays = null where id = :id"};
enum { PLACE_ACCOUNT_ID, PLACE_START };
/* clang-format on */

static int find_unmade(struct store *base, struct store_block *ret_block, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(reader.connection, &unmade, BIND_NOTHING, err);
	int found = sqlite_step(&row, err);

	if (found > 0) {
		*ret_block = sqlite_block_at(&row);
	}
	return found;
}

static int find_worst(struct sqlite_store *store, struct store_block *ret_block, struct error *err)
{
	AUTO(sqlite_reader_close)
	struct sqlite_reader reader = sqlite_reader_open(&store->base, err);

	return sqlite_block_to_renew(reader.connection, store->block_calls, ret_block, err);
}

static int renew(struct sqlite_store *store, int64_t block_id, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	struct store_block block;
	int found;

	if (sqlite_writer_begin(&writer, &store->base, err) < 0) {
		return -1;
	}
	{
		AUTO(sqlite_end)
		struct sqlite_cursor row =
			sqlite_query(writer.connection, &block_get, BIND(INT64(id, block_id)), err);

		found = sqlite_step(&row, err);
		if (found > 0) {
			block = sqlite_block_at(&row);
		}
	}
	if (found <= 0) {
		return found;
	}
	return sqlite_blocks_replace(
		       writer.connection, block.account_id, block.low, block.high, err) < 0 ||
			       sqlite_writer_commit(&writer, err) < 0
		       ? -1
		       : 1;
}

static int forget(struct sqlite_store *store, int64_t account_id, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};

	if (sqlite_writer_begin(&writer, &store->base, err) < 0 ||
		sqlite_blocks_forget(writer.connection, account_id, err) < 0) {
		return -1;
	}
	store->claimed_to = 0;
	return sqlite_writer_commit(&writer, err);
}

/* A live call is late already, and stays so. */
static int call_changed(struct sqlite_connection *connection, int64_t id, struct error *err)
{
	struct sqlite_block_notes notes = {.connection = connection};
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, &call_place, BIND(INT64(id, id)), err);
	int found = sqlite_step(&row, err);

	return found <= 0
		       ? found
		       : sqlite_blocks_changed(&notes, sqlite_column_int64(&row, PLACE_ACCOUNT_ID),
				 id, sqlite_column_int64(&row, PLACE_START),
				 sqlite_column_int64(&row, PLACE_START), err);
}

/* From then on the packed call is read. */
static int drop_stays(struct sqlite_store *store, int64_t id, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};

	if (sqlite_writer_begin(&writer, &store->base, err) < 0 ||
		sqlite_run(writer.connection, &stays_drop, BIND(INT64(id, id)), err) < 0 ||
		call_changed(writer.connection, id, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}

static int mend(
	struct sqlite_store *store, const struct store_blocks_damaged *damaged, struct error *err)
{
	if (damaged->call_id > 0) {
		return drop_stays(store, damaged->call_id, err);
	}
	return damaged->block_id > 0 ? renew(store, damaged->block_id, err)
				     : forget(store, damaged->account_id, err);
}

/* What a question or a check found to be damaged. */
static int renew_damaged(struct sqlite_store *store, struct store_sealed *sealed, struct error *err)
{
	const struct store_blocks_damage damage =
		store_blocks_take_damage(&store->blocks_damage, &store->pool_mutex);

	for (size_t i = 0; i < damage.count; i++) {
		if (mend(store, &damage.items[i], err) < 0) {
			return -1;
		}
	}
	sealed->damaged = damage.count > 0;
	sealed->damage = damage.problem;
	return sealed->damaged;
}

int sqlite_seal(struct store *base, struct store_sealed *ret_sealed, struct error *err)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	struct store_sealed sealed = {0};
	struct store_block block;
	int done = renew_damaged(store, &sealed, err);

	if (done == 0) {
		done = find_unmade(base, &block, err);
		if (done > 0) {
			done = sqlite_block_make(store, &block, err) < 0 ? -1 : 1;
			sealed.blocks = done > 0;
		}
	}
	if (done == 0) {
		done = find_worst(store, &block, err);
		done = done > 0 && renew(store, block.id, err) < 0 ? -1 : done;
	}
	if (done == 0) {
		done = sqlite_block_claim(store, err);
	}
	*ret_sealed = sealed;
	return done;
}
