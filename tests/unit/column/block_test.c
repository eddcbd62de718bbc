/* SPDX-License-Identifier: MIT
 * What goes into a block comes out of it, and a block that is damaged says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../rounds.h"
#include "column/rows.h"
#include "column/seal.h"
#include "column/search.h"
#include "fixture.h"

struct fixture {
	struct arena arena;
	struct dice dice;
	struct column_blobs blobs;
	struct fixture_blocks blocks;
	struct column_loader loader;
	struct column_block block;
	struct error err;
};

static void begin(struct fixture *f, uint64_t seed)
{
	*f = (struct fixture){.dice = {.state = seed}};
	arena_init(&f->arena, SIZE_MAX);
	column_blobs_init(&f->blobs);
	f->blocks = (struct fixture_blocks){.blobs = &f->blobs, .count = 1};
	f->loader = (struct column_loader){.load = fixture_load, .context = &f->blocks};
}

static void end(struct fixture *f)
{
	column_blobs_deinit(&f->blobs);
	arena_deinit(&f->arena);
}

static void encode(struct fixture *f, const struct column_row *rows, uint32_t count)
{
	if (column_encode(rows, count, &fixture_kinds, &f->blobs, &f->err) < 0 ||
		column_block_open(&f->block, &f->loader, 0, 7, &f->err) < 0) {
		fail_msg("%s", f->err.message);
	}
}

static void expect_same_stays(const struct column_stays *a, const struct column_stays *b)
{
	assert_true(!a == !b);
	assert_true(!a || (a->count == b->count && a->wait == b->wait));
	for (uint32_t i = 0; a && i < a->count; i++) {
		assert_true(a->visits[i].seconds == b->visits[i].seconds);
		assert_true(a->visits[i].no_input == b->visits[i].no_input);
		assert_true(a->visits[i].wrong_input == b->visits[i].wrong_input);
	}
}

static void expect_same(const struct column_row *found, const struct column_row *wanted)
{
	const struct call *a = &found->call, *b = &wanted->call;

	assert_true(text_equal(a->session_id, b->session_id));
	assert_true(text_equal(a->dest, b->dest));
	assert_true(text_equal(a->src, b->src));
	assert_true(a->start == b->start && a->end == b->end && a->type == b->type);
	assert_true(a->has_detail == b->has_detail && a->steps == b->steps);
	assert_true(found->id == wanted->id);
	assert_true(a->outcome == b->outcome && a->ended_by == b->ended_by);
	assert_true(a->answered == b->answered && a->talk == b->talk && a->told == b->told);
	for (uint32_t i = 0; i < b->steps; i++) {
		assert_int_equal(found->kinds[i], wanted->kinds[i]);
	}
	expect_same_stays(found->stays, wanted->stays);
}

static void expect_rows(struct fixture *f, const struct column_row *rows, uint32_t count)
{
	const struct column_reseal all = {.detail_after = -1};
	struct column_row *found;
	size_t found_count;

	if (column_block_rows(&f->block, &all, &f->arena, &found, &found_count, &f->err) < 0) {
		fail_msg("%s", f->err.message);
	}
	assert_int_equal(found_count, count);
	for (uint32_t i = 0; i < count; i++) {
		expect_same(&found[i], &rows[i]);
	}
	if (column_block_check(&f->block, &fixture_kinds, &f->err) < 0) {
		fail_msg("%s", f->err.message);
	}
}

static void what_goes_in_comes_out(void **state)
{
	static const struct {
		uint32_t count, span;
	} sizes[] = {{1, 1}, {2, 1}, {63, 10}, {64, 100000}, {65, 5}, {127, 50}, {129, 200000000},
		{1000, 3600}, {5000, 4000000}, {COLUMN_CALLS_MAX, 90000}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct column_row *rows;
		struct fixture f;

		begin(&f, i + 1);
		rows = fixture_rows(&f.dice, sizes[i].count, sizes[i].span, &f.arena);
		encode(&f, rows, sizes[i].count);
		expect_rows(&f, rows, sizes[i].count);
		end(&f);
	}
}

/* Each call has another path and number: codes take two bytes, the last of which is 65535. */
static void a_block_of_calls_that_share_nothing_comes_out(void **state)
{
	struct column_row *rows;
	struct fixture f;

	(void)state;
	begin(&f, 1);
	rows = fixture_rows(&f.dice, COLUMN_CALLS_MAX, 1000000, &f.arena);
	for (uint32_t i = 0; i < COLUMN_CALLS_MAX; i++) {
		uint32_t *ids = arena_calloc(&f.arena, 16, sizeof(*ids));

		assert_non_null(ids);
		for (uint32_t bit = 0; bit < 16; bit++) {
			ids[bit] = (i >> bit & 1) ? 70000 : 1;
		}
		rows[i].kinds = ids;
		rows[i].call.has_detail = true;
		rows[i].call.steps = 16;
		fixture_stays(&f.dice, &rows[i], &f.arena);
		rows[i].call.src = arena_printf(&f.arena, "555%07u", i);
	}
	encode(&f, rows, COLUMN_CALLS_MAX);
	expect_rows(&f, rows, COLUMN_CALLS_MAX);
	end(&f);
}

/* docs/columns.md shows the same bytes. */
static void the_example_of_the_document_is_right(void **state)
{
	static const struct {
		enum column_id column;
		const char *bytes;
		size_t size;
	} wanted[] = {
		{COLUMN_START, "\x02\x80\x0e\x80\x69\0\0\0\0\0\0", 11},
		{COLUMN_DURATION, "\x3d\0\0\0\0\0", 6},
		{COLUMN_FLAGS, "\x01", 1},
		{COLUMN_DEST_NUMBERS, "\x01\0\0\0\x11\x01\0\0\0\0\x49\0\x30", 13},
		{COLUMN_PATH_INFO, "\x01\0\0\0\x02\0\0\0\0\0\0", 11},
		{COLUMN_PATHS, "\x01\0\0\0\0", 5},
	};
	struct column_row row = {
		.call = {.dest = TEXT("+4930"),
			.src = TEXT("2125550001"),
			.session_id = TEXT("a1"),
			.start = 1770000000,
			.end = 1770000061,
			.type = CALL_OUTBOUND},
	};
	struct fixture f;

	(void)state;
	begin(&f, 1);
	encode(&f, &row, 1);
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		struct text payload;

		assert_int_equal(
			column_block_column(&f.block, wanted[i].column, &payload, &f.err), 0);
		assert_int_equal(payload.size, wanted[i].size);
		assert_memory_equal(payload.data, wanted[i].bytes, wanted[i].size);
	}
	end(&f);
}

static void many_kinds_come_out(void **state)
{
	enum { KINDS = 5000 };
	struct column_kind *kinds;
	struct column_kinds all;
	struct column_row *rows;
	struct column_visit visit = {.seconds = 300};
	struct column_stays stays = {.count = 1};
	struct fixture f;

	(void)state;
	begin(&f, 1);
	stays.visits = &visit;
	kinds = arena_calloc(&f.arena, KINDS, sizeof(*kinds));
	rows = fixture_rows(&f.dice, KINDS, 1000, &f.arena);
	assert_non_null(kinds);
	for (uint32_t i = 0; i < KINDS; i++) {
		kinds[i] = (struct column_kind){.id = i + 1,
			.class_name = TEXT("info"),
			.module = TEXT("menu"),
			.variable = arena_printf(&f.arena, "v%u", i)};
		rows[i].kinds = &kinds[i].id;
		rows[i].stays = &stays;
		rows[i].call.has_detail = true;
		rows[i].call.steps = 1;
	}
	all = (struct column_kinds){.items = kinds, .count = KINDS};
	assert_int_equal(column_encode(rows, KINDS, &all, &f.blobs, &f.err), 0);
	assert_int_equal(column_block_open(&f.block, &f.loader, 0, 7, &f.err), 0);
	assert_int_equal(column_block_check(&f.block, &all, &f.err), 0);
	for (uint32_t i = 0; i < KINDS; i += 97) {
		AUTO(column_rows_deinit) struct column_rows reader;
		struct column_row row;

		assert_int_equal(column_rows_open(&reader, &f.block, true, &f.err), 0);
		assert_int_equal(column_rows_at(&reader, i, &f.arena, &row, &f.err), 0);
		expect_same(&row, &rows[i]);
	}
	end(&f);
}

static void bad_rows_are_refused(void **state)
{
	static const uint32_t unknown = 4, known = 1;
	static const struct column_stays elsewhere = {.wait = 1};
	struct column_row *rows;
	struct fixture f;

	(void)state;
	begin(&f, 1);
	rows = fixture_rows(&f.dice, 5, 100, &f.arena);
	assert_int_equal(column_encode(rows, 0, &fixture_kinds, &f.blobs, &f.err), -1);
	assert_string_equal(f.err.message, "a block has 1 to 65536 calls, not 0");
	rows[4] = rows[3];
	assert_int_equal(column_encode(rows, 5, &fixture_kinds, &f.blobs, &f.err), -1);
	assert_string_equal(
		f.err.message, "call 4 of a block: it does not come after the one before it");
	rows[3].call.state = CALL_LIVE;
	assert_int_equal(column_encode(rows, 4, &fixture_kinds, &f.blobs, &f.err), -1);
	assert_string_equal(f.err.message, "call 3 of a block: it has not ended");
	rows[2].call.talk = -1;
	assert_int_equal(column_encode(rows, 4, &fixture_kinds, &f.blobs, &f.err), -1);
	assert_string_equal(f.err.message, "call 2 of a block: it went as no call does");
	rows[2].call.end = rows[2].call.start - 1;
	assert_int_equal(column_encode(rows, 4, &fixture_kinds, &f.blobs, &f.err), -1);
	assert_int_equal(f.err.code, ERROR_INVALID);
	rows[1].call.has_detail = true;
	rows[1].call.steps = 1;
	rows[1].kinds = &known;
	rows[1].stays = &elsewhere;
	rows[0].call.steps = 0;
	rows[0].stays = NULL;
	assert_int_equal(column_encode(rows, 2, &fixture_kinds, &f.blobs, &f.err), -1);
	assert_string_equal(
		f.err.message, "call 1 of a block: it stayed at other places than its steps say");
	rows[1].kinds = &unknown;
	assert_int_equal(column_encode(rows, 2, &fixture_kinds, &f.blobs, &f.err), -1);
	assert_string_equal(f.err.message, "call 1 of a block: kind 4 of its step 0 is not known");
	end(&f);
}

static void words_are_not_answered(void **state)
{
	struct column_calls calls = {.kinds = &fixture_kinds};
	struct column_page_question question = {.limit = 1};
	struct column_page page;
	struct filter filter;
	struct fixture f;

	(void)state;
	begin(&f, 1);
	filter_init(&filter);
	question.base.filter = &filter;
	assert_int_equal(filter_set(&filter, TEXT("text"), TEXT("one"), 0, &f.arena, &f.err), 1);
	assert_int_equal(column_search(&calls, &question, &f.arena, &page, &f.err), -1);
	assert_int_equal(f.err.code, ERROR_UNSUPPORTED);
	assert_string_equal(f.err.message, "columns cannot be asked for words: the text index is");
	end(&f);
}

/* ---- making a block anew ---- */

static void a_block_made_anew_has_no_gone_calls_no_old_steps_and_what_joins(void **state)
{
	unsigned char gone[25] = {0};
	struct column_row *rows, *joining, *wanted;
	struct column_blobs anew;
	struct fixture f;
	uint32_t count = 0;

	(void)state;
	begin(&f, 3);
	column_blobs_init(&anew);
	rows = fixture_rows(&f.dice, 200, 300, &f.arena);
	wanted = arena_calloc(&f.arena, 210, sizeof(*wanted));
	joining = arena_calloc(&f.arena, 10, sizeof(*joining));
	assert_true(wanted && joining);
	encode(&f, rows, 200);
	for (uint32_t i = 0; i < 10; i++) { /* five replace a call of the block, five are new */
		joining[i] = fixture_row(&f.dice, i < 5 ? i : 1000 + i, 300, &f.arena);
	}
	fixture_sort(joining, 10);
	for (uint32_t i = 0; i < 200; i++) {
		int64_t number;

		assert_true(text_to_int64(text_tail(rows[i].call.session_id, 1), &number));
		if (i % 7 == 3) {
			gone[i / 8] |= (unsigned char)(1U << i % 8);
		} else if (number >= 5) {
			wanted[count++] = rows[i];
		}
	}
	for (uint32_t i = 0; i < 10; i++) {
		wanted[count++] = joining[i];
	}
	fixture_sort(wanted, count);
	for (uint32_t i = 0; i < count; i++) {
		if (wanted[i].call.start <= FIXTURE_START + 150) {
			column_row_strip(&wanted[i]);
		}
	}
	assert_int_equal(
		column_gone_encode(gone, 200, f.block.stamp, &f.blobs.columns[COLUMN_GONE], &f.err),
		0);
	assert_int_equal(column_block_reseal(&f.block,
				 &(struct column_reseal){.detail_after = FIXTURE_START + 150,
					 .rows = joining,
					 .rows_count = 10},
				 &fixture_kinds, &anew, &f.err),
		1);
	f.blocks.blobs = &anew;
	assert_int_equal(column_block_open(&f.block, &f.loader, 0, 8, &f.err), 0);
	expect_rows(&f, wanted, count);
	column_blobs_deinit(&anew);
	end(&f);
}

static void a_block_whose_calls_are_all_gone_is_no_more(void **state)
{
	static const unsigned char gone[2] = {0xff, 0x03};
	struct column_blobs anew;
	struct fixture f;

	(void)state;
	begin(&f, 1);
	column_blobs_init(&anew);
	encode(&f, fixture_rows(&f.dice, 10, 10, &f.arena), 10);
	assert_int_equal(
		column_gone_encode(gone, 10, f.block.stamp, &f.blobs.columns[COLUMN_GONE], &f.err),
		0);
	assert_int_equal(column_block_reseal(&f.block, &(struct column_reseal){.detail_after = -1},
				 &fixture_kinds, &anew, &f.err),
		0);
	column_blobs_deinit(&anew);
	end(&f);
}

/* ---- damage ---- */

#define DAMAGED_CALLS 150

static void encode_full(struct fixture *f)
{
	static const unsigned char gone[(DAMAGED_CALLS + 7) / 8] = {0x21};

	encode(f, fixture_rows(&f->dice, DAMAGED_CALLS, 300, &f->arena), DAMAGED_CALLS);
	assert_int_equal(column_gone_encode(gone, DAMAGED_CALLS, f->block.stamp,
				 &f->blobs.columns[COLUMN_GONE], &f->err),
		0);
	assert_int_equal(fixture_ask_all(&f->blocks), ERROR_NONE);
}

/* Reads the column alone. */
static int read_column(struct fixture *f, enum column_id column)
{
	const unsigned char *gone;
	struct text payload;

	f->err.code = ERROR_NONE;
	if (column_block_open(&f->block, &f->loader, 0, 7, &f->err) < 0) {
		return -1;
	}
	return column == COLUMN_GONE ? column_block_gone(&f->block, &gone, &f->err)
				     : column_block_column(&f->block, column, &payload, &f->err);
}

/* Each byte, or one of so many, as scripts/test says for sanitizers. */
static size_t stride(void)
{
	return (size_t)rounds_of("CALLSTEP_FAULT_STRIDE", 1);
}

static void any_changed_byte_is_found(void **state)
{
	struct fixture f;
	size_t step = stride();

	(void)state;
	begin(&f, 5);
	encode_full(&f);
	for (uint32_t column = 0; column < COLUMN_COUNT; column++) {
		struct buffer *bytes = &f.blobs.columns[column];

		assert_true(bytes->size > COLUMN_HEADER_SIZE);
		for (size_t at = 0; at < bytes->size; at += step) {
			char before = bytes->data[at];

			bytes->data[at] ^= (char)(1U << dice_throw(&f.dice, 8));
			assert_int_equal(read_column(&f, (enum column_id)column), -1);
			/* another version may be one that is known, whose checksum is wrong */
			assert_true(f.err.code == ERROR_CORRUPT ||
				    (at == 0 && f.err.code == ERROR_UNSUPPORTED));
			assert_non_null(strstr(f.err.message, "block 7: column '"));
			assert_non_null(strstr(f.err.message, column_name((enum column_id)column)));
			bytes->data[at] = before;
		}
	}
	assert_int_equal(fixture_ask_all(&f.blocks), ERROR_NONE);
	end(&f);
}

static void a_column_that_is_cut_missing_or_of_another_block_is_found(void **state)
{
	struct fixture f, other;
	size_t step = stride();

	(void)state;
	begin(&f, 5);
	begin(&other, 6);
	encode_full(&f);
	encode_full(&other);
	for (uint32_t column = 0; column < COLUMN_COUNT; column++) {
		struct buffer *bytes = &f.blobs.columns[column];
		struct buffer whole = *bytes;

		for (bytes->size = 1; bytes->size < whole.size; bytes->size += step) {
			assert_int_equal(read_column(&f, (enum column_id)column), -1);
			assert_int_equal(f.err.code, ERROR_CORRUPT);
		}
		if (column != COLUMN_GONE) {
			bytes->size = 0;
			assert_int_equal(read_column(&f, (enum column_id)column), -1);
			assert_non_null(strstr(f.err.message, "is missing"));
		}
		if (column != COLUMN_HEAD) {
			*bytes = other.blobs.columns[column];
			assert_int_equal(read_column(&f, (enum column_id)column), -1);
			assert_non_null(strstr(f.err.message, "it belongs to another block"));
		}
		*bytes = whole;
	}
	end(&f);
	end(&other);
}

/* Bytes that a checksum was made of after they went wrong: nothing is read past the end, and no
 * other error comes of it. */
static void damage_under_a_right_checksum_is_harmless(void **state)
{
	int rounds = rounds_of("CALLSTEP_DAMAGE_ROUNDS", 400), damaged = 0;
	struct fixture f;

	(void)state;
	begin(&f, 5);
	encode_full(&f);
	for (int round = 0; round < rounds; round++) {
		uint32_t column = dice_throw(&f.dice, COLUMN_COUNT);
		struct buffer *bytes = &f.blobs.columns[column];
		struct column_header header = {.column = (enum column_id)column,
			.calls = DAMAGED_CALLS,
			.stamp = f.block.stamp};
		struct text payload = text_tail(buffer_text(bytes), COLUMN_HEADER_SIZE);
		uint32_t at = COLUMN_HEADER_SIZE + dice_throw(&f.dice, (uint32_t)payload.size);
		enum error_code code;
		char before = bytes->data[at];

		bytes->data[at] = (char)dice_throw(&f.dice, 256);
		column_header_write(bytes->data, &header, payload);
		code = fixture_ask_all(&f.blocks);
		assert_true(code == ERROR_NONE || code == ERROR_CORRUPT);
		damaged += code == ERROR_CORRUPT;
		bytes->data[at] = before;
		column_header_write(bytes->data, &header, payload);
	}
	assert_true(damaged * 3 >= rounds - 10);
	assert_int_equal(fixture_ask_all(&f.blocks), ERROR_NONE);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(a_block_of_calls_that_share_nothing_comes_out),
		cmocka_unit_test(the_example_of_the_document_is_right),
		cmocka_unit_test(many_kinds_come_out),
		cmocka_unit_test(bad_rows_are_refused),
		cmocka_unit_test(words_are_not_answered),
		cmocka_unit_test(a_block_made_anew_has_no_gone_calls_no_old_steps_and_what_joins),
		cmocka_unit_test(a_block_whose_calls_are_all_gone_is_no_more),
		cmocka_unit_test(any_changed_byte_is_found),
		cmocka_unit_test(a_column_that_is_cut_missing_or_of_another_block_is_found),
		cmocka_unit_test(damage_under_a_right_checksum_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
