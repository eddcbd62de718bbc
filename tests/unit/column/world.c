/* SPDX-License-Identifier: MIT
 * Making a world: calls, then blocks of them, then changes. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "column/seal.h"

/* ---- a world of calls ---- */

static void write_step(struct buffer *out, const struct column_kind *kind)
{
	buffer_printf(out,
		"{\"event\":{\"line\":\"x\",\"data\":{\"module_type\":\"%.*s\","
		"\"result_variable\":\"%.*s\"}},\"class\":\"%.*s\",\"timestamp\":1}",
		TEXT_ARG(kind->module), TEXT_ARG(kind->variable), TEXT_ARG(kind->class_name));
}

static struct text detail_of(struct world *world, const struct column_row *row)
{
	AUTO(buffer_deinit) struct buffer out;

	buffer_init(&out, SIZE_MAX);
	if (!row->call.has_detail) {
		return (struct text){0};
	}
	buffer_append_byte(&out, '[');
	for (uint32_t i = 0; i < row->call.steps; i++) {
		if (i > 0) {
			buffer_append_byte(&out, ',');
		}
		write_step(&out, column_kind_find(&fixture_kinds, row->kinds[i]));
	}
	buffer_append_byte(&out, ']');
	return arena_copy(&world->arena, buffer_text(&out));
}

static struct held make_held(struct world *world, uint32_t session)
{
	struct held held = {.block = -1};

	held.row = fixture_row(&world->dice, session, WORLD_SPAN, &world->arena);
	held.detail = detail_of(world, &held.row);
	return held;
}

static int held_in_order(const void *left, const void *right)
{
	const struct held *a = left, *b = right;

	return column_compare(&a->row.call, &b->row.call);
}

static void sort_held(struct world *world)
{
	qsort(world->held, world->count, sizeof(*world->held), held_in_order);
}

/* Encodes the calls from @from on, @count of them, as the next block; some more that are gone are
 * put between them. */
static void seal(struct world *world, size_t from, size_t count)
{
	size_t extra = dice_throw(&world->dice, 3) ? dice_throw(&world->dice, 20) : 0;
	struct column_row *rows = arena_calloc(&world->arena, count + extra, sizeof(*rows));
	unsigned char *gone = arena_calloc(&world->arena, (count + extra) / 8 + 1, 1);
	struct column_range *range = &world->ranges[world->blocks_count];
	struct column_blobs *blobs = &world->blobs[world->blocks_count];
	size_t taken = 0, all = count;
	struct column_block block;
	struct column_loader loader = {.load = fixture_load, .context = &world->blocks};
	int64_t first = world->held[from].row.call.start;
	int64_t last = world->held[from + count - 1].row.call.start;

	assert_true(rows && gone);
	for (size_t i = 0; i < count; i++) {
		rows[i] = world->held[from + i].row;
		world->held[from + i].block = (int)world->blocks_count;
	}
	for (size_t i = 0; i < extra && last - first > 2; i++, all++) {
		rows[all] = fixture_row(&world->dice, 900000 + world->sessions++, 1, &world->arena);
		rows[all].call.start =
			first + 1 + dice_throw(&world->dice, (uint32_t)(last - first - 1));
		rows[all].call.end = rows[all].call.start + 1;
	}
	fixture_sort(rows, all);
	for (size_t i = 0; i < all; i++) {
		int64_t number;

		assert_true(text_to_int64(text_tail(rows[i].call.session_id, 1), &number));
		if (number >= 900000) {
			gone[i / 8] |= (unsigned char)(1U << i % 8);
			taken++;
		}
	}
	assert_int_equal(column_encode(rows, (uint32_t)all, &fixture_kinds, blobs, NULL), 0);
	world->blocks.count = ++world->blocks_count;
	assert_int_equal(column_block_open(&block, &loader, world->blocks_count - 1, 1, NULL), 0);
	if (taken > 0 || dice_throw(&world->dice, 2)) {
		assert_int_equal(column_gone_encode(gone, (uint32_t)all, block.stamp,
					 &blobs->columns[COLUMN_GONE], NULL),
			0);
	}
	*range = (struct column_range){.number = (int64_t)world->blocks_count,
		.first_start = block.first_start,
		.last_start = block.last_start,
		.calls = (uint32_t)all,
		.gone = (uint32_t)taken};
}

static void seal_some(struct world *world)
{
	size_t from = dice_throw(&world->dice, 30);

	while (world->blocks_count < WORLD_BLOCKS && from < world->count) {
		size_t count =
			1 + dice_throw(&world->dice, 4000 / (1 + dice_throw(&world->dice, 60)));

		count = count < world->count - from ? count : world->count - from;
		if (dice_throw(&world->dice, 5) > 0) {
			seal(world, from, count);
		}
		from += count;
	}
}

/* Some calls of blocks go, some are replaced by one that is fresh, some come late. */
static void change_some(struct world *world)
{
	size_t before = world->count;

	for (size_t i = 0; i < before; i++) {
		struct held *held = &world->held[i];
		struct held anew;

		if (held->block < 0 || dice_throw(&world->dice, 12) > 0) {
			continue;
		}
		anew = make_held(world, 100000 + (uint32_t)i);
		anew.row.call.session_id = held->row.call.session_id;
		held->block = -2 - held->block;
		if (dice_throw(&world->dice, 2)) {
			world->held[world->count++] = anew;
		}
	}
	for (uint32_t i = dice_throw(&world->dice, 30); i > 0; i--) {
		world->held[world->count++] = make_held(world, 200000 + i);
	}
}

/* Sets the bit of the call in its block, whose place is found by its session. */
static void mark_gone(struct world *world, const struct held *held)
{
	size_t block_place = (size_t)(-2 - held->block);
	struct column_loader loader = {.load = fixture_load, .context = &world->blocks};
	const struct column_reseal all = {.detail_after = -1};
	struct buffer *column = &world->blobs[block_place].columns[COLUMN_GONE];
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer anew;
	unsigned char bits[COLUMN_CALLS_MAX / 8] = {0};
	const unsigned char *before;
	struct column_block block;
	struct column_row *rows;
	size_t count;

	arena_init(&arena, SIZE_MAX);
	buffer_init(&anew, SIZE_MAX);
	assert_int_equal(column_block_open(&block, &loader, block_place, 1, NULL), 0);
	assert_int_equal(column_block_gone(&block, &before, NULL), 0);
	if (before) {
		memcpy(bits, before, (block.count + 7) / 8);
		column->size = 0;
		block.payloads[COLUMN_GONE] = (struct text){0};
	}
	assert_int_equal(column_block_rows(&block, &all, &arena, &rows, &count, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		if (column_compare(&rows[i].call, &held->row.call) == 0) {
			bits[i / 8] |= (unsigned char)(1U << i % 8);
		}
	}
	assert_int_equal(column_gone_encode(bits, block.count, block.stamp, &anew, NULL), 0);
	buffer_clear(column);
	buffer_append(column, buffer_text(&anew));
	world->ranges[block_place].gone++;
}

static void drop_changed(struct world *world)
{
	size_t kept = 0;

	for (size_t i = 0; i < world->count; i++) {
		if (world->held[i].block <= -2) {
			mark_gone(world, &world->held[i]);
		} else {
			world->held[kept++] = world->held[i];
		}
	}
	world->count = kept;
	sort_held(world);
}

/* A block is made anew: without what is gone, without the steps of old calls. */
static void reseal_one(struct world *world)
{
	size_t which = dice_throw(&world->dice, (uint32_t)world->blocks_count);
	struct column_reseal reseal = {
		.detail_after = FIXTURE_START + dice_throw(&world->dice, WORLD_SPAN)};
	struct column_loader loader = {.load = fixture_load, .context = &world->blocks};
	struct column_blobs anew;
	struct column_block block;
	int made;

	column_blobs_init(&anew);
	assert_int_equal(column_block_open(&block, &loader, which, 1, NULL), 0);
	made = column_block_reseal(&block, &reseal, &fixture_kinds, &anew, NULL);
	assert_true(made >= 0);
	if (made == 0) {
		column_blobs_deinit(&anew);
		return;
	}
	column_blobs_deinit(&world->blobs[which]);
	world->blobs[which] = anew;
	assert_int_equal(column_block_open(&block, &loader, which, 1, NULL), 0);
	world->ranges[which] = (struct column_range){.number = (int64_t)which + 1,
		.first_start = block.first_start,
		.last_start = block.last_start,
		.calls = block.count};
	for (size_t i = 0; i < world->count; i++) {
		struct held *held = &world->held[i];

		if (held->block == (int)which && held->row.call.start <= reseal.detail_after) {
			column_row_strip(&held->row);
			held->detail = (struct text){0};
		}
	}
}

static void gather_fresh(struct world *world)
{
	world->fresh = arena_calloc(&world->arena, world->count, sizeof(*world->fresh));
	assert_non_null(world->fresh);
	for (size_t i = world->count; i > 0; i--) {
		if (world->held[i - 1].block == -1) {
			world->fresh[world->fresh_count++] = world->held[i - 1].row;
		}
	}
}

void world_begin(struct world *world, uint64_t seed, uint32_t calls)
{
	*world = (struct world){.dice = {.state = seed}, .seed = seed, .count = calls};
	arena_init(&world->arena, SIZE_MAX);
	for (size_t i = 0; i < WORLD_BLOCKS; i++) {
		column_blobs_init(&world->blobs[i]);
	}
	world->blocks = (struct fixture_blocks){.blobs = world->blobs};
	world->held = arena_calloc(&world->arena, 2 * (size_t)calls + 64, sizeof(*world->held));
	assert_non_null(world->held);
	for (uint32_t i = 0; i < calls; i++) {
		world->held[i] = make_held(world, i);
	}
	sort_held(world);
	seal_some(world);
	change_some(world);
	drop_changed(world);
	if (world->blocks_count > 0 && dice_throw(&world->dice, 2)) {
		reseal_one(world);
	}
	gather_fresh(world);
}

void world_end(struct world *world)
{
	for (size_t i = 0; i < WORLD_BLOCKS; i++) {
		column_blobs_deinit(&world->blobs[i]);
	}
	arena_deinit(&world->arena);
}
