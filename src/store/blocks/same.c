/* SPDX-License-Identifier: MIT
 * Comparing calls of blocks with rows of the table of calls. */
#include "store/blocks/blocks.h"

bool store_block_is_opened(const struct store_block *block, const struct column_block *opened)
{
	return opened->count == block->calls && opened->detail == block->detail &&
	       opened->first_start == block->first_start &&
	       opened->last_start == block->last_start && opened->version == block->version;
}

static int step_is_same(const struct column_row *has, const struct column_row *row)
{
	return has->call.steps == 0 ||
	       memcmp(has->kinds, row->kinds, has->call.steps * sizeof(*has->kinds)) == 0;
}

static bool went_the_same(
	const struct store_block *block, const struct column_row *has, const struct column_row *row)
{
	const struct call *a = &has->call, *b = &row->call;

	return block->version < COLUMN_VERSION_COURSE ||
	       (a->outcome == b->outcome && a->ended_by == b->ended_by &&
		       a->answered == b->answered && a->talk == b->talk && a->told == b->told);
}

/* Of a packed call that is damaged nothing is known here; that is told elsewhere. */
static bool stayed_the_same(const struct column_row *has, const struct column_row *row)
{
	const struct column_stays *a = has->stays, *b = row->stays;

	if (!a || !b) {
		return !b;
	}
	if (a->count != b->count || a->wait != b->wait) {
		return false;
	}
	for (uint32_t i = 0; i < a->count; i++) {
		if (a->visits[i].seconds != b->visits[i].seconds ||
			a->visits[i].no_input != b->visits[i].no_input ||
			a->visits[i].wrong_input != b->visits[i].wrong_input) {
			return false;
		}
	}
	return true;
}

/* Detail that was dropped since still stands in the block. */
bool store_block_call_is_same(
	const struct store_block *block, const struct column_row *has, const struct column_row *row)
{
	bool dropped = !row->call.has_detail && has->call.start <= block->dropped_to;

	return has->id == row->id && has->call.start == row->call.start &&
	       has->call.end == row->call.end && has->call.type == row->call.type &&
	       text_equal(has->call.session_id, row->call.session_id) &&
	       text_equal(has->call.dest, row->call.dest) &&
	       text_equal(has->call.src, row->call.src) && went_the_same(block, has, row) &&
	       (dropped || (has->call.has_detail == row->call.has_detail &&
				   has->call.steps == row->call.steps && step_is_same(has, row) &&
				   stayed_the_same(has, row)));
}
