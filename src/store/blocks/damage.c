/* SPDX-License-Identifier: MIT
 * What is damaged of blocks is passed over, and mended by the thread that seals. */
#include "store/blocks/blocks.h"

#include "base/thread.h"

void store_blocks_note(struct store_blocks_damage *damage, pthread_mutex_t *mutex,
	const struct store_blocks_damaged *damaged, const struct error *problem)
{
	LOCKED(mutex);

	for (size_t i = 0; i < damage->count; i++) {
		const struct store_blocks_damaged *item = &damage->items[i];

		if (item->account_id == damaged->account_id &&
			item->block_id == damaged->block_id && item->call_id == damaged->call_id) {
			return;
		}
	}
	if (damage->count == STORE_DAMAGED_MAX) {
		return;
	}
	if (damage->count == 0) {
		damage->problem = *problem;
	}
	damage->items[damage->count++] = *damaged;
}

void store_blocks_note_read(struct store_blocks_damage *damage, pthread_mutex_t *mutex,
	const struct store_blocks_reader *reader, const struct error *problem)
{
	bool is_block = reader->place < reader->ranges_count;
	const struct store_blocks_damaged damaged = {.account_id = reader->account_id,
		.block_id = is_block ? reader->ranges[reader->place].number : 0};

	if (is_block || reader->torn) {
		store_blocks_note(damage, mutex, &damaged, problem);
	}
}

struct store_blocks_damage store_blocks_take_damage(
	struct store_blocks_damage *damage, pthread_mutex_t *mutex)
{
	LOCKED(mutex);
	struct store_blocks_damage taken = *damage;

	damage->count = 0;
	return taken;
}
