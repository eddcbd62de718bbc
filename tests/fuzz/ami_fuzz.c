/* SPDX-License-Identifier: MIT
 * Any bytes as what a manager interface sends, whole and cut in two: the cut changes nothing. Rows
 * have every field, and their JSON is JSON wherever their texts are UTF-8. */
#include "fuzz_target.h"

#include "intake/sources/ami/ami_rows.h"
#include "json/json_reader.h"

struct seen {
	struct ami_rows *rows;
	uint64_t blocks, count, hash;
};

static void require_json(struct text text)
{
	struct json_reader reader;
	struct json_token token;

	if (text.size == 0 || text.data[0] != '{' || !text_utf8_valid(text, NULL)) {
		return;
	}
	json_reader_init(&reader, text, (struct json_position){1, 1});
	fuzz_require(json_reader_next(&reader, &token, NULL) > 0);
	fuzz_require(json_reader_skip(&reader, &token, NULL) == 0);
	fuzz_require(json_reader_next(&reader, &token, NULL) == 0);
}

static bool is_own(const struct ami_row *row)
{
	return text_starts_with(row->field[CEL_EVENT_TYPE], TEXT("AMI_"));
}

static void see_row(void *context, const struct ami_row *row)
{
	struct seen *seen = context;

	for (int i = 0; i < CEL_FIELDS; i++) {
		fuzz_require(row->field[i].data != NULL);
	}
	if (is_own(row)) {
		require_json(row->field[CEL_EXTRA]);
		require_json(row->field[CEL_USER_FIELD]);
	}
	seen->count++;
	seen->hash = seen->hash * 31 + row->hash + (uint64_t)row->time_us;
}

static void see_block(void *context, const struct ami_block *block)
{
	struct seen *seen = context;

	fuzz_require(block->count > 0 && block->count <= AMI_HEADERS_MAX);
	seen->blocks++;
	ami_rows_take(seen->rows, block, INT64_C(1795459157000000));
}

static struct seen read_cut(struct text text, size_t cut)
{
	static struct ami_reader reader;
	struct seen seen = {0};
	const struct ami_rows_options options = {"ORDER,PIN", see_row, &seen};

	fuzz_require(ami_rows_create(&seen.rows, &options, NULL) == 0);
	ami_reader_init(&reader, see_block, &seen);
	ami_rows_begin_status(seen.rows);
	ami_reader_feed(&reader, text_head(text, cut));
	ami_reader_feed(&reader, text_tail(text, cut));
	ami_rows_settle(seen.rows, INT64_C(1795459158000000));
	ami_rows_end_status(seen.rows, INT64_C(1795459158000000));
	ami_reader_deinit(&reader);
	ami_rows_destroy(seen.rows);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = {.data = (const char *)data, .size = size};
	struct seen whole = read_cut(text, 0);
	struct seen cut = read_cut(text, size / 2);

	fuzz_require(
		whole.blocks == cut.blocks && whole.count == cut.count && whole.hash == cut.hash);
	return 0;
}
