/* SPDX-License-Identifier: MIT
 * One step after the other of bringing calls into blocks. One program at a time does one: it has
 * the turn. Were there two, each would find under the account's lock what the other did. */
#include "store/postgres/blocks/blocks.h"

/* clang-format off */
static const struct postgres_statement is_noted = {
	"select exists (select from pg_trigger where tgrelid = 'call'::regclass"
	" and tgname = 'blocks_note_changed' and tgenabled <> 'D')", .once = true};
static const struct postgres_statement unmade = {
	.sql = "select " BLOCK_COLUMNS " from block b where b.calls = 0 order by b.id limit 1"};
/* clang-format on */

/* Where no trigger notes what changes, as with Citus, nothing may be in blocks. */
static int ask_whether_noted(struct postgres_store *store, struct error *err)
{
	POSTGRES_BORROW(connection, &store->base, err);
	int64_t noted = 0;

	return postgres_ask_int64(connection, &is_noted, &noted, err) < 0 ? -1 : noted != 0;
}

static int find_unmade(
	struct postgres_store *store, struct store_block *ret_block, struct error *err)
{
	POSTGRES_BORROW(connection, &store->base, err);
	struct postgres_rows rows;
	int found = postgres_ask(connection, &unmade, &rows, err);

	if (found > 0) {
		*ret_block = postgres_block_at(&rows, 0);
	}
	return found;
}

static int find_worst(
	struct postgres_store *store, struct store_block *ret_block, struct error *err)
{
	POSTGRES_BORROW(connection, &store->base, err);

	return postgres_block_to_renew(connection, store->block_calls, ret_block, err);
}

/* What a question or a check found to be damaged. */
static int renew_damaged(
	struct postgres_store *store, struct store_sealed *sealed, struct error *err)
{
	const struct store_blocks_damage damage =
		store_blocks_take_damage(&store->blocks_damage, &store->parts.mutex);

	for (size_t i = 0; i < damage.count; i++) {
		const struct store_blocks_damaged *item = &damage.items[i];

		if ((item->block_id > 0
				    ? postgres_block_renew(
					      store, item->account_id, item->block_id, err)
				    : postgres_blocks_forget(store, item->account_id, err)) < 0) {
			return -1;
		}
		store->claimed_to = 0;
	}
	sealed->damaged = damage.count > 0;
	sealed->damage = damage.problem;
	return sealed->damaged;
}

static int seal_step(struct postgres_store *store, struct store_sealed *sealed, struct error *err)
{
	struct store_block block;
	int done = renew_damaged(store, sealed, err);

	if (done == 0) {
		done = find_unmade(store, &block, err);
		if (done > 0) {
			done = postgres_block_make(store, &block, err) < 0 ? -1 : 1;
			sealed->blocks = done > 0;
		}
	}
	if (done == 0) {
		done = find_worst(store, &block, err);
		if (done > 0 && postgres_block_renew(store, block.account_id, block.id, err) < 0) {
			done = -1;
		}
	}
	return done != 0 ? done : postgres_block_claim(store, err);
}

int postgres_seal(struct store *base, struct store_sealed *ret_sealed, struct error *err)
{
	struct postgres_store *store = (struct postgres_store *)base;
	struct store_sealed sealed = {0};
	char holder[STORE_HOLDER_SIZE];
	struct store_turn turn = {.store = base, .duty = STORE_DUTY_SEAL};
	int done = ask_whether_noted(store, err);

	if (done > 0) {
		done = postgres_turn_take(&turn, base, STORE_DUTY_SEAL, holder, err);
	}
	if (done <= 0) {
		return done;
	}
	done = seal_step(store, &sealed, err);
	postgres_turn_end(&turn);
	*ret_sealed = sealed;
	return done;
}
