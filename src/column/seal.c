/* SPDX-License-Identifier: MIT
 * From blocks to blocks. What a block says twice follows from its rows: so a check makes it anew
 * and compares. */
#include "column/seal.h"

#include "base/hash.h"
#include "base/hash_table.h"
#include "column/rows.h"

struct resealing {
	struct column_block *block;
	const struct column_reseal *reseal;
	struct arena *arena;
	struct hash_key key;
	struct hash_table joining; /* places of rows that join, by session */
	struct column_row *rows;
	size_t count;
	size_t joined; /* of the rows that join */
};

static int index_joining(struct resealing *resealing, struct error *err)
{
	const struct column_reseal *reseal = resealing->reseal;

	if (reseal->rows_count > UINT32_MAX / 4 ||
		hash_table_make_room(&resealing->joining, resealing->arena, reseal->rows_count) <
			0) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < reseal->rows_count; i++) {
		hash_table_put(&resealing->joining,
			hash_text(&resealing->key, reseal->rows[i].call.session_id), (uint32_t)i);
	}
	return 0;
}

static bool is_replaced(const struct resealing *resealing, struct text session_id)
{
	uint64_t hash = hash_text(&resealing->key, session_id);

	HASH_TABLE_EACH(row, &resealing->joining, hash) {
		if (text_equal(resealing->reseal->rows[row].call.session_id, session_id)) {
			return true;
		}
	}
	return false;
}

static void add_row(struct resealing *resealing, const struct column_row *row)
{
	struct column_row *added = &resealing->rows[resealing->count++];

	*added = *row;
	if (row->call.start <= resealing->reseal->detail_after) {
		column_row_strip(added);
	}
}

/* Adds the rows that join before @call; NULL: all that are left. */
static void join_before(struct resealing *resealing, const struct call *call)
{
	const struct column_reseal *reseal = resealing->reseal;

	while (resealing->joined < reseal->rows_count &&
		(!call || column_compare(&reseal->rows[resealing->joined].call, call) < 0)) {
		add_row(resealing, &reseal->rows[resealing->joined++]);
	}
}

static int add_rows(struct resealing *resealing, struct column_rows *rows, struct error *err)
{
	const unsigned char *gone;

	if (column_rows_open(rows, resealing->block, true, err) < 0 ||
		column_block_gone(resealing->block, &gone, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < resealing->block->count; i++) {
		struct column_row row;

		if (gone && (gone[i / 8] >> i % 8 & 1) != 0) {
			continue;
		}
		if (column_rows_at(rows, i, resealing->arena, &row, err) < 0) {
			return -1;
		}
		if (is_replaced(resealing, row.call.session_id)) {
			continue;
		}
		join_before(resealing, &row.call);
		add_row(resealing, &row);
	}
	join_before(resealing, NULL);
	return 0;
}

int column_block_rows(struct column_block *block, const struct column_reseal *reseal,
	struct arena *arena, struct column_row **ret_rows, size_t *ret_count, struct error *err)
{
	AUTO(column_rows_deinit) struct column_rows rows;
	struct resealing resealing = {
		.block = block, .reseal = reseal, .arena = arena, .key = hash_key_random()};

	memset(&rows, 0, sizeof(rows));
	resealing.rows =
		arena_calloc(arena, block->count + reseal->rows_count, sizeof(*resealing.rows));
	if (!resealing.rows) {
		return error_no_memory(err);
	}
	if (index_joining(&resealing, err) < 0 || add_rows(&resealing, &rows, err) < 0) {
		return -1;
	}
	*ret_rows = resealing.count > 0 ? resealing.rows : NULL;
	*ret_count = resealing.count;
	return 0;
}

int column_block_reseal(struct column_block *block, const struct column_reseal *reseal,
	const struct column_kinds *kinds, struct column_blobs *blobs, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct column_row *rows;
	size_t count;

	arena_init(&arena, SIZE_MAX);
	if (column_block_rows(block, reseal, &arena, &rows, &count, err) < 0) {
		return -1;
	}
	if (count > COLUMN_CALLS_MAX) {
		return error_set(err, ERROR_TOO_LARGE,
			"block %lld would have %zu calls, at most %d go into one",
			(long long)block->number, count, COLUMN_CALLS_MAX);
	}
	if (count == 0) {
		return 0;
	}
	return column_encode(rows, (uint32_t)count, kinds, blobs, err) < 0 ? -1 : 1;
}

/* ---- checking ---- */

static struct text payload_of(const struct buffer *column)
{
	return column->size > 0 ? text_tail(buffer_text(column), COLUMN_HEADER_SIZE)
				: (struct text){0};
}

static size_t first_difference(struct text a, struct text b)
{
	size_t at = 0;

	while (at < a.size && at < b.size && a.data[at] == b.data[at]) {
		at++;
	}
	return at;
}

static int compare(struct column_block *block, const struct column_blobs *blobs, struct error *err)
{
	for (uint32_t i = 0; i < COLUMN_GONE; i++) {
		struct column_reader reader = {.column = (enum column_id)i, .block = block->number};
		struct text wanted = payload_of(&blobs->columns[i]);

		if (!column_block_has(block, reader.column) && i != COLUMN_HEAD) {
			if (wanted.data) {
				return column_damaged(&reader, "it is missing", err);
			}
			continue;
		}
		if (column_block_column(block, reader.column, &reader.data, err) < 0) {
			return -1;
		}
		if (!text_equal(reader.data, wanted)) {
			reader.at = first_difference(reader.data, wanted);
			return column_damaged(
				&reader, "it is not what the block's calls make", err);
		}
	}
	return 0;
}

int column_block_check(
	struct column_block *block, const struct column_kinds *kinds, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(column_blobs_deinit) struct column_blobs blobs;
	AUTO(column_rows_deinit) struct column_rows rows;
	struct column_row *all;

	arena_init(&arena, SIZE_MAX);
	column_blobs_init(&blobs);
	memset(&rows, 0, sizeof(rows));
	if (column_rows_open(&rows, block, true, err) < 0) {
		return -1;
	}
	all = arena_calloc(&arena, block->count, sizeof(*all));
	if (!all) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < block->count; i++) {
		if (column_rows_at(&rows, i, &arena, &all[i], err) < 0) {
			return -1;
		}
	}
	if (column_encode(all, block->count, kinds, &blobs, err) < 0) {
		if (err && err->code == ERROR_INVALID) {
			err->code = ERROR_CORRUPT;
		}
		return error_prefix(err, "block %lld is damaged", (long long)block->number);
	}
	return compare(block, &blobs, err);
}
