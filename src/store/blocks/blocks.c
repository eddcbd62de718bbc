/* SPDX-License-Identifier: MIT
 * Which calls become a block. */
#include "store/blocks/blocks.h"

/* So many calls, as a share of a block, are a small block, and stay in no block. */
#define SMALL_SHARE 8
#define REST_SHARE  16

int64_t store_block_small(int64_t block_calls)
{
	return block_calls > SMALL_SHARE ? block_calls / SMALL_SHARE : 1;
}

int64_t store_block_rest(int64_t block_calls)
{
	return block_calls > REST_SHARE ? block_calls / REST_SHARE : 1;
}

bool store_block_join(
	struct store_block_claim *claim, const struct store_block *block, int64_t block_calls)
{
	if (block->calls <= 0 || block->calls > block_calls - store_block_small(block_calls) ||
		claim->joined + block->calls > block_calls) {
		return false;
	}
	claim->joined += block->calls;
	claim->low = block->low;
	return true;
}

int64_t store_block_plan(struct store_block_claim *claim, int64_t calls, int64_t block_calls)
{
	int64_t small = store_block_small(block_calls);

	calls -= store_block_rest(block_calls);
	if (claim->joined + calls >= block_calls) {
		return block_calls - claim->joined;
	}
	claim->low = claim->up_to + 1;
	claim->joined = 0;
	return calls < small ? -1 : calls - calls % small;
}

struct store_block_cut store_block_cut(
	const struct column_row *rows, size_t count, int64_t high, int64_t block_calls)
{
	struct store_block_cut cut = {.used = count, .high = high};

	if ((int64_t)count > block_calls) {
		int64_t start = rows[count - 1].call.start;

		while (cut.used > 0 && rows[cut.used - 1].call.start == start) {
			cut.used--;
		}
		cut.hopeless = cut.used == 0;
		/* A second that is too large has a block that cannot be made. */
		cut.high = cut.used > 0 ? start - 1 : start;
	}
	return cut;
}
