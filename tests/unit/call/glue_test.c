/* SPDX-License-Identifier: MIT
 * Gluing: what is glued is one gzip member that zlib reads to its last byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "call/glue.h"
#include "sample.h"

#define CEILING	       ((size_t)64 << 20)
#define GZIP_WBITS     (MAX_WBITS + 16)
#define CALLS	       40
#define TRAILER_SIZE   8 /* CRC32 and ISIZE */
#define SEPARATOR_MAX  65535
#define SEPARATOR_LONG ((struct text){.data = long_separator, .size = SEPARATOR_MAX})

static char long_separator[SEPARATOR_MAX];

struct fixture {
	struct arena arena;
	struct buffer expected; /* the text */
	struct buffer member;
	struct text texts[CALLS]; /* of the calls, of very different sizes */
	struct packed calls[CALLS];
	struct glue glue;
};

static int set_up(void **state)
{
	AUTO(packer_destroyp) struct packer *packer = packer_create();
	AUTO(buffer_deinit) struct buffer out;
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	buffer_init(&out, CEILING);
	if (!fixture || !packer) {
		return -1;
	}
	*state = fixture;
	memset(long_separator, ' ', sizeof(long_separator));
	arena_init(&fixture->arena, CEILING);
	buffer_init(&fixture->expected, CEILING);
	buffer_init(&fixture->member, CEILING);
	for (size_t i = 0; i < CALLS; i++) {
		size_t size = i * i * i;

		fixture->texts[i] = i % 7 == 6 ? sample_noise(&fixture->arena, size, i + 1)
					       : sample_words(&fixture->arena, size, i + 1);
		buffer_clear(&out);
		if (packer_pack(packer, fixture->texts[i], &out, &fixture->calls[i], NULL) < 0) {
			return -1;
		}
		fixture->calls[i].deflate = arena_copy(&fixture->arena, buffer_text(&out));
	}
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	buffer_deinit(&fixture->member);
	buffer_deinit(&fixture->expected);
	arena_deinit(&fixture->arena);
	free(fixture);
	return 0;
}

static void add_text(struct fixture *fixture, struct text text)
{
	glue_text(&fixture->glue, text);
	buffer_append(&fixture->expected, text);
}

static void add_call(struct fixture *fixture, size_t i, struct text separator)
{
	glue_packed(&fixture->glue, &fixture->calls[i], separator);
	buffer_append(&fixture->expected, fixture->texts[i]);
	buffer_append(&fixture->expected, separator);
}

static void gather(struct fixture *fixture)
{
	const struct glue *glue = &fixture->glue;

	for (size_t i = 0; i < glue->count; i++) {
		buffer_append(&fixture->member, (struct text){.data = glue->pieces[i].iov_base,
							.size = glue->pieces[i].iov_len});
	}
	assert_false(fixture->member.failed);
	assert_int_equal(fixture->member.size, glue->size_bytes);
}

/* Ends the member and inflates it: zlib checks CRC and length, and nothing may follow. */
static void check(struct fixture *fixture)
{
	struct text expected = buffer_text(&fixture->expected);
	char *out = malloc(expected.size + 1);
	z_stream stream = {0};

	assert_non_null(out);
	assert_int_equal(glue_end(&fixture->glue, NULL), 0);
	gather(fixture);
	assert_int_equal(inflateInit2(&stream, GZIP_WBITS), Z_OK);
	stream.next_in = (Bytef *)fixture->member.data;
	stream.avail_in = (uInt)fixture->member.size;
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)expected.size + 1;
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.avail_in, 0);
	assert_int_equal(stream.avail_out, 1);
	inflateEnd(&stream);
	assert_int_equal(fixture->glue.text_bytes, expected.size);
	if (expected.size > 0) {
		assert_memory_equal(out, expected.data, expected.size);
	}
	free(out);
}

static void nothing_is_an_empty_member_of_fixed_bytes(void **state)
{
	static const unsigned char expected[] = {
		0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 0x03, 0x00, 0, 0, 0, 0, 0, 0, 0, 0};
	struct fixture *fixture = *state;

	glue_init(&fixture->glue, &fixture->arena);
	check(fixture);
	assert_int_equal(fixture->member.size, sizeof(expected));
	assert_memory_equal(fixture->member.data, expected, sizeof(expected));
}

static void a_text_is_a_stored_block(void **state)
{
	static const unsigned char expected[] = {0x00, 0x02, 0x00, 0xfd, 0xff, '{', '}'};
	struct fixture *fixture = *state;

	glue_init(&fixture->glue, &fixture->arena);
	add_text(fixture, TEXT("{}"));
	check(fixture);
	assert_memory_equal(fixture->member.data + 10, expected, sizeof(expected));
}

static void a_separator_takes_the_place_of_the_empty_block(void **state)
{
	static const unsigned char expected[] = {0x01, 0x00, 0xfe, 0xff, ','};
	struct fixture *fixture = *state;
	size_t kept = fixture->calls[9].deflate.size - PACKED_TAIL_SIZE;

	glue_init(&fixture->glue, &fixture->arena);
	add_call(fixture, 9, TEXT(","));
	check(fixture);
	assert_memory_equal(fixture->member.data + 10, fixture->calls[9].deflate.data, kept);
	assert_memory_equal(fixture->member.data + 10 + kept, expected, sizeof(expected));
}

static void a_page_of_calls_is_one_member(void **state)
{
	struct fixture *fixture = *state;

	glue_init(&fixture->glue, &fixture->arena);
	add_text(fixture, TEXT("{\"calls\":["));
	for (size_t i = 0; i < CALLS; i++) {
		add_call(fixture, i, i + 1 < CALLS ? TEXT(",") : TEXT("],\"total_calls\":40}"));
	}
	check(fixture);
}

static void calls_are_not_copied(void **state)
{
	struct fixture *fixture = *state;

	glue_init(&fixture->glue, &fixture->arena);
	add_call(fixture, 30, TEXT(","));
	assert_ptr_equal(fixture->glue.pieces[1].iov_base, fixture->calls[30].deflate.data);
	check(fixture);
}

static void texts_are_split_where_a_stored_block_is_full(void **state)
{
	static const size_t sizes[] = {0, 1, 65534, 65535, 65536, 131070, 131071, 1000000};
	struct fixture *fixture = *state;

	glue_init(&fixture->glue, &fixture->arena);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		add_text(fixture, sample_noise(&fixture->arena, sizes[i], i + 1));
	}
	check(fixture);
}

static void separators_may_be_empty_or_fill_a_block(void **state)
{
	struct fixture *fixture = *state;

	glue_init(&fixture->glue, &fixture->arena);
	add_call(fixture, 20, TEXT(""));
	add_call(fixture, 21, SEPARATOR_LONG);
	add_call(fixture, 0, TEXT(""));
	add_call(fixture, 22, TEXT(""));
	check(fixture);
}

static void any_order_of_calls_and_texts_is_one_member(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 12;

	for (size_t round = 0; round < 60; round++) {
		size_t count = sample_random(&seed) % 50;

		buffer_clear(&fixture->expected);
		buffer_clear(&fixture->member);
		glue_init(&fixture->glue, &fixture->arena);
		for (size_t i = 0; i < count; i++) {
			size_t which = sample_random(&seed) % CALLS;

			if (sample_random(&seed) % 3 == 0) {
				add_text(fixture, fixture->texts[which % 20]);
			} else {
				add_call(fixture, which,
					text_head(TEXT(",\n;"), sample_random(&seed) % 4));
			}
		}
		check(fixture);
	}
}

static void the_length_wraps_at_four_gibibytes(void **state)
{
	enum { COUNT = 4097 };
	struct fixture *fixture = *state;
	AUTO(packer_destroyp) struct packer *packer = packer_create();
	AUTO(buffer_deinit) struct buffer out;
	static char mebibyte[1 << 20];
	const unsigned char *trailer;
	struct packed packed;

	buffer_init(&out, CEILING);
	assert_non_null(packer);
	assert_int_equal(
		packer_pack(packer, (struct text){.data = mebibyte, .size = sizeof(mebibyte)}, &out,
			&packed, NULL),
		0);
	glue_init(&fixture->glue, &fixture->arena);
	for (size_t i = 0; i < COUNT; i++) {
		glue_packed(&fixture->glue, &packed, TEXT(""));
	}
	assert_int_equal(glue_end(&fixture->glue, NULL), 0);
	gather(fixture);
	assert_true(fixture->glue.text_bytes == UINT64_C(4097) << 20);
	trailer = (const unsigned char *)fixture->member.data + fixture->member.size - TRAILER_SIZE;
	assert_memory_equal(trailer + 4, "\x00\x00\x10\x00", 4);
}

static void what_nothing_can_follow_is_corrupt(void **state)
{
	static const struct packed cases[] = {
		{.deflate = {0}},
		{.deflate = {.data = "\xff\xff", .size = 2}},
		{.deflate = {.data = "\x00\x00\x00\xff\xfe", .size = 5}},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct error err = {0};

		glue_init(&fixture->glue, &fixture->arena);
		glue_packed(&fixture->glue, &cases[i], TEXT(","));
		glue_packed(&fixture->glue, &fixture->calls[5], TEXT(","));
		assert_int_equal(glue_end(&fixture->glue, &err), -1);
		assert_int_equal(err.code, ERROR_CORRUPT);
	}
}

static void a_full_arena_fails_at_the_end(void **state)
{
	struct fixture *fixture = *state;

	for (size_t ceiling = 0; ceiling < 3000; ceiling += 16) {
		AUTO(arena_deinit) struct arena small;
		struct error err = {0};

		arena_init(&small, ceiling);
		glue_init(&fixture->glue, &small);
		glue_text(&fixture->glue, TEXT("["));
		for (size_t i = 0; i < 20; i++) {
			glue_packed(&fixture->glue, &fixture->calls[i], TEXT(","));
		}
		if (glue_end(&fixture->glue, &err) < 0) {
			assert_int_equal(err.code, ERROR_NO_MEMORY);
		} else {
			assert_int_equal(fixture->glue.count, 1 + 2 + 2 * 20 + 1);
		}
	}
}

/* Calls back to back with a byte between them, as the store gives them. */
static void calls_with_room_become_one_piece(void **state)
{
	struct fixture *fixture = *state;
	struct packed calls[CALLS];
	size_t size = 0;
	char *at;

	for (size_t i = 0; i < CALLS; i++) {
		size += fixture->calls[i].deflate.size + 1;
	}
	at = arena_alloc(&fixture->arena, size);
	assert_non_null(at);
	glue_init(&fixture->glue, &fixture->arena);
	for (size_t i = 0; i < CALLS; i++) {
		calls[i] = fixture->calls[i];
		calls[i].deflate.data = at;
		calls[i].room = 1;
		memcpy(at, fixture->calls[i].deflate.data, calls[i].deflate.size);
		at += calls[i].deflate.size + 1;
		glue_packed(&fixture->glue, &calls[i], TEXT(","));
		buffer_append(&fixture->expected, fixture->texts[i]);
		buffer_append(&fixture->expected, TEXT(","));
	}
	assert_int_equal(fixture->glue.count, 2);
	check(fixture);
}

static void a_separator_that_finds_no_room_stands_apart(void **state)
{
	struct fixture *fixture = *state;

	fixture->calls[5].room = 1;
	glue_init(&fixture->glue, &fixture->arena);
	add_call(fixture, 5, TEXT("]}"));
	assert_int_equal(fixture->glue.count, 3);
	check(fixture);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_an_empty_member_of_fixed_bytes),
		TEST(a_text_is_a_stored_block),
		TEST(a_separator_takes_the_place_of_the_empty_block),
		TEST(a_page_of_calls_is_one_member),
		TEST(calls_are_not_copied),
		TEST(texts_are_split_where_a_stored_block_is_full),
		TEST(separators_may_be_empty_or_fill_a_block),
		TEST(any_order_of_calls_and_texts_is_one_member),
		TEST(the_length_wraps_at_four_gibibytes),
		TEST(what_nothing_can_follow_is_corrupt),
		TEST(a_full_arena_fails_at_the_end),
		TEST(calls_with_room_become_one_piece),
		TEST(a_separator_that_finds_no_room_stands_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
