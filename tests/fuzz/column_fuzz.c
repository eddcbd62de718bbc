/* SPDX-License-Identifier: MIT
 * Any bytes as a column of a block, under a right checksum: all questions are answered or the block
 * is damaged, and nothing is read past the bytes. The first byte says which column. */
#include "../unit/column/fixture.h"
#include "fuzz_target.h"

#define CALLS 70 /* more than share a base; less than a deflated group */

static void make_block(struct column_blobs *blobs)
{
	static const unsigned char gone[(CALLS + 7) / 8] = {0x11, 0x80};
	AUTO(arena_deinit) struct arena arena;
	struct dice dice = {.state = 1};
	uint32_t stamp;

	arena_init(&arena, SIZE_MAX);
	column_blobs_init(blobs);
	fuzz_require(column_encode(fixture_rows(&dice, CALLS, 200, &arena), CALLS, &fixture_kinds,
			     blobs, NULL) == 0);
	stamp = column_get32(blobs->columns[COLUMN_HEAD].data + 8);
	fuzz_require(
		column_gone_encode(gone, CALLS, stamp, &blobs->columns[COLUMN_GONE], NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char header_room[COLUMN_HEADER_SIZE];
	struct column_header header = {.calls = CALLS};
	struct fixture_blocks blocks = {.count = 1};
	struct column_blobs blobs;
	struct buffer *column;
	enum error_code code;

	if (size == 0) {
		return 0;
	}
	make_block(&blobs);
	header.column = (enum column_id)(data[0] % COLUMN_COUNT);
	header.stamp = column_get32(blobs.columns[COLUMN_HEAD].data + 8);
	column = &blobs.columns[header.column];
	buffer_clear(column);
	buffer_append(column, (struct text){.data = header_room, .size = sizeof(header_room)});
	buffer_append(column, (struct text){.data = (const char *)data + 1, .size = size - 1});
	fuzz_require(!column->failed);
	column_header_write(
		column->data, &header, text_tail(buffer_text(column), COLUMN_HEADER_SIZE));
	blocks.blobs = &blobs;
	code = fixture_ask_all(&blocks);
	fuzz_require(code == ERROR_NONE || code == ERROR_CORRUPT);
	column_blobs_deinit(&blobs);
	return 0;
}
