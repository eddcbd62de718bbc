/* SPDX-License-Identifier: MIT
 * Packing: what zlib reads of it, and what becomes of damaged bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/arena.h"
#include "call/pack.h"
#include "sample.h"

#define CEILING ((size_t)64 << 20)

static const unsigned char tail[PACKED_TAIL_SIZE] = {0x00, 0x00, 0xff, 0xff};

struct fixture {
	struct arena arena;
	struct buffer out;
	struct packer *packer;
	struct unpacker *unpacker;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture) {
		return -1;
	}
	arena_init(&fixture->arena, CEILING);
	buffer_init(&fixture->out, CEILING);
	fixture->packer = packer_create();
	fixture->unpacker = unpacker_create();
	*state = fixture;
	return fixture->packer && fixture->unpacker ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	packer_destroy(fixture->packer);
	unpacker_destroy(fixture->unpacker);
	buffer_deinit(&fixture->out);
	arena_deinit(&fixture->arena);
	free(fixture);
	return 0;
}

/* Packs @text into memory of exactly its size, so that a sanitizer sees any step past it. */
static struct packed pack(struct fixture *fixture, struct text text)
{
	struct packed packed;
	struct error err = {0};
	char *exact;

	buffer_clear(&fixture->out);
	assert_int_equal(packer_pack(fixture->packer, text, &fixture->out, &packed, &err), 0);
	assert_ptr_equal(packed.deflate.data, fixture->out.data);
	assert_int_equal(packed.deflate.size, fixture->out.size);
	exact = malloc(packed.deflate.size);
	assert_non_null(exact);
	memcpy(exact, packed.deflate.data, packed.deflate.size);
	packed.deflate.data = exact;
	return packed;
}

static void release(struct packed *packed)
{
	free((void *)(uintptr_t)packed->deflate.data);
}

/* What packing has to stand: sizes round the borders of windows and stored blocks, both kinds of
 * bytes. */
static const size_t sizes[] = {0, 1, 2, 3, 17, 170, 1700, 6500, 32767, 32768, 32769, 65535, 65536,
	131073, (size_t)1 << 20};

static struct text sample(struct fixture *fixture, size_t i, bool noise)
{
	return noise ? sample_noise(&fixture->arena, sizes[i], i + 1)
		     : sample_words(&fixture->arena, sizes[i], i + 1);
}

static void each_sample(struct fixture *fixture, void (*check)(struct fixture *, struct text))
{
	for (size_t i = 0; i < 2 * (sizeof(sizes) / sizeof(*sizes)); i++) {
		check(fixture, sample(fixture, i / 2, i % 2 == 1));
	}
}

/* Inflates a piece with @stream, which goes on after it. */
static void inflate_piece(z_stream *stream, struct text deflate, struct text expected)
{
	char *out = malloc(expected.size + 1);

	assert_non_null(out);
	stream->next_in = (Bytef *)(uintptr_t)deflate.data;
	stream->avail_in = (uInt)deflate.size;
	stream->next_out = (Bytef *)out;
	stream->avail_out = (uInt)expected.size + 1;
	assert_int_equal(inflate(stream, Z_SYNC_FLUSH), Z_OK);
	assert_int_equal(stream->avail_in, 0);
	assert_int_equal(stream->avail_out, 1);
	assert_memory_equal(out, expected.data, expected.size);
	free(out);
}

static void pieces_follow_each_other_in_one_stream(void **state)
{
	struct fixture *fixture = *state;
	z_stream stream = {0};

	assert_int_equal(inflateInit2(&stream, -MAX_WBITS), Z_OK);
	for (size_t i = 0; i < 2 * (sizeof(sizes) / sizeof(*sizes)); i++) {
		struct text text = sample(fixture, i / 2, i % 2 == 1);
		struct packed packed = pack(fixture, text);

		inflate_piece(&stream, packed.deflate, text);
		release(&packed);
	}
	inflateEnd(&stream);
}

static void check_ends_in_an_empty_stored_block(struct fixture *fixture, struct text text)
{
	struct packed packed = pack(fixture, text);

	assert_true(packed_has_tail(&packed));
	assert_memory_equal(
		packed.deflate.data + packed.deflate.size - sizeof(tail), tail, sizeof(tail));
	release(&packed);
}

static void every_piece_ends_in_an_empty_stored_block(void **state)
{
	each_sample(*state, check_ends_in_an_empty_stored_block);
}

static void check_sums(struct fixture *fixture, struct text text)
{
	static const unsigned char before[] = "what stands before it";
	struct packed packed = pack(fixture, text);
	uLong start = crc32(0, before, sizeof(before));
	uLong whole = crc32_z(start, (const Bytef *)text.data, text.size);

	assert_int_equal(packed.size, text.size);
	assert_int_equal(packed.crc32, crc32_z(0, (const Bytef *)text.data, text.size));
	assert_int_equal(crc32_combine_op(start, packed.crc32, packed.crc32_op), whole);
	release(&packed);
}

static void size_crc_and_operator_are_those_of_the_text(void **state)
{
	each_sample(*state, check_sums);
}

static void check_round_trip(struct fixture *fixture, struct text text)
{
	struct packed packed = pack(fixture, text);
	struct error err = {0};
	char *out = malloc(text.size + 1);

	assert_non_null(out);
	out[text.size] = 'x';
	assert_int_equal(unpacker_unpack(fixture->unpacker, &packed, out, &err), 0);
	assert_memory_equal(out, text.data, text.size);
	assert_int_equal(out[text.size], 'x');
	free(out);
	release(&packed);
}

static void unpacking_gives_the_text_back(void **state)
{
	each_sample(*state, check_round_trip);
}

static void noise_grows_by_less_than_an_eighth(void **state)
{
	struct fixture *fixture = *state;
	struct packed packed = pack(fixture, sample_noise(&fixture->arena, (size_t)1 << 20, 4711));

	assert_true(packed.deflate.size < ((size_t)9 << 20) / 8);
	release(&packed);
}

static void the_same_text_is_packed_the_same_whatever_came_before(void **state)
{
	struct fixture *fixture = *state;
	struct text text = sample_words(&fixture->arena, 6500, 3);
	struct packed first = pack(fixture, text);

	for (size_t i = 0; i < 20; i++) {
		struct packed other, again;

		other = pack(fixture, sample_words(&fixture->arena, 100 + 997 * i, i + 1));
		again = pack(fixture, text);
		assert_int_equal(again.deflate.size, first.deflate.size);
		assert_memory_equal(again.deflate.data, first.deflate.data, first.deflate.size);
		release(&other);
		release(&again);
	}
	release(&first);
}

static void packing_appends_to_what_is_there(void **state)
{
	struct fixture *fixture = *state;
	struct packed packed;

	buffer_append(&fixture->out, TEXT("before"));
	assert_int_equal(packer_pack(fixture->packer, TEXT("{}"), &fixture->out, &packed, NULL), 0);
	assert_memory_equal(fixture->out.data, "before", 6);
	assert_ptr_equal(packed.deflate.data, fixture->out.data + 6);
}

static void a_full_buffer_fails_and_leaves_the_result_alone(void **state)
{
	struct fixture *fixture = *state;
	struct packed packed = {.size = 99};
	struct buffer small;
	struct error err = {0};

	buffer_init(&small, 16);
	assert_int_equal(packer_pack(fixture->packer, sample_noise(&fixture->arena, 1000, 1),
				 &small, &packed, &err),
		-1);
	assert_int_equal(packed.size, 99);
	assert_int_not_equal(err.code, ERROR_NONE);
	buffer_deinit(&small);
}

/* @packed, a damaged copy of @text packed: the result is the text or ERROR_CORRUPT, never anything
 * else. */
static void check_damaged(
	struct fixture *fixture, const struct packed *packed, struct text text, bool may_be_good)
{
	char *out = malloc(packed->size + (size_t)1);
	struct error err = {0};
	int result;

	assert_non_null(out);
	result = unpacker_unpack(fixture->unpacker, packed, out, &err);
	if (result == 0) {
		assert_true(may_be_good);
		assert_int_equal(packed->size, text.size);
		assert_memory_equal(out, text.data, text.size);
	} else {
		assert_int_equal(err.code, ERROR_CORRUPT);
	}
	free(out);
}

static void every_flipped_bit_is_corrupt_or_harmless(void **state)
{
	struct fixture *fixture = *state;
	struct text text = sample_words(&fixture->arena, 900, 5);
	struct packed packed = pack(fixture, text);
	char *bytes = (char *)(uintptr_t)packed.deflate.data;

	for (size_t i = 0; i < 8 * packed.deflate.size; i++) {
		bytes[i / 8] = (char)(bytes[i / 8] ^ (1 << i % 8));
		check_damaged(fixture, &packed, text, true);
		bytes[i / 8] = (char)(bytes[i / 8] ^ (1 << i % 8));
	}
	check_damaged(fixture, &packed, text, true);
	release(&packed);
}

static void every_shortened_piece_is_corrupt(void **state)
{
	struct fixture *fixture = *state;
	struct text text = sample_words(&fixture->arena, 900, 6);
	struct packed packed = pack(fixture, text);

	for (size_t size = 0; size < packed.deflate.size; size++) {
		struct packed shorter = packed;
		char *exact = malloc(size + 1);

		assert_non_null(exact);
		memcpy(exact, packed.deflate.data, size);
		shorter.deflate = (struct text){.data = exact, .size = size};
		check_damaged(fixture, &shorter, text, false);
		/* The same with an end that looks right. */
		if (size >= sizeof(tail)) {
			memcpy(exact + size - sizeof(tail), tail, sizeof(tail));
			check_damaged(fixture, &shorter, text, false);
		}
		free(exact);
	}
	release(&packed);
}

/* The size of a damaged row may say anything: no memory is asked for what cannot be. */
static void a_size_that_cannot_be_is_corrupt(void **state)
{
	struct fixture *fixture = *state;
	struct packed packed = pack(fixture, sample_words(&fixture->arena, 900, 7));
	struct error err = {0};
	struct buffer out;

	buffer_init(&out, 1 << 20); /* more than that is ERROR_NO_MEMORY */
	for (size_t i = 0; i < 2; i++) {
		packed.size = i == 0 ? UINT32_MAX : 0;
		assert_int_equal(unpacker_append(fixture->unpacker, &packed, &out, &err), -1);
		assert_int_equal(err.code, ERROR_CORRUPT);
	}
	buffer_deinit(&out);
	release(&packed);
}

static void a_byte_of_deflate_gives_1032_bytes_at_most(void **state)
{
	struct packed packed = {.deflate = TEXT("1234"), .size = 4 * 1032 + 1031};

	(void)state;
	assert_true(packed_may_hold_size(&packed));
	packed.size++;
	assert_false(packed_may_hold_size(&packed));
}

static void random_bytes_are_corrupt(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 20260131;

	for (size_t i = 0; i < 3000; i++) {
		size_t size = sizeof(tail) + sample_random(&seed) % 300;
		char *bytes = malloc(size);
		struct packed packed = {.deflate = {.data = bytes, .size = size},
			.size = (uint32_t)(sample_random(&seed) % 2000),
			.crc32 = 1};

		assert_non_null(bytes);
		for (size_t at = 0; at < size; at++) {
			bytes[at] = (char)(sample_random(&seed) >> 24);
		}
		memcpy(bytes + size - sizeof(tail), tail, sizeof(tail));
		check_damaged(fixture, &packed, TEXT(""), false);
		free(bytes);
	}
}

static void a_wrong_size_or_checksum_is_corrupt(void **state)
{
	struct fixture *fixture = *state;
	struct text text = sample_words(&fixture->arena, 900, 7);
	struct packed packed = pack(fixture, text);
	struct packed wrong;

	wrong = packed;
	wrong.size++;
	check_damaged(fixture, &wrong, text, false);
	wrong = packed;
	wrong.size--;
	check_damaged(fixture, &wrong, text, false);
	wrong = packed;
	wrong.crc32 ^= 0x80000000;
	check_damaged(fixture, &wrong, text, false);
	release(&packed);
}

static void what_is_none_is_corrupt(void **state)
{
	static const struct {
		const char *what;
		struct text deflate;
	} cases[] = {
		{"no bytes at all", {0}},
		{"a tail without the three bits before it", TEXT("\x00\x00\xff\xff")},
		{"a final block before the end", TEXT("\x03\x00\x00\x00\x00\xff\xff")},
		{"a stored block longer than the input",
			TEXT("\x00\xff\xff\x00\x00\x00\x00\xff\xff")},
		{"the reserved kind of block", TEXT("\x06\x00\x00\xff\xff")},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packed packed = {.deflate = cases[i].deflate};

		print_message("%s\n", cases[i].what);
		check_damaged(fixture, &packed, TEXT(""), false);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(pieces_follow_each_other_in_one_stream),
		TEST(every_piece_ends_in_an_empty_stored_block),
		TEST(size_crc_and_operator_are_those_of_the_text),
		TEST(unpacking_gives_the_text_back),
		TEST(noise_grows_by_less_than_an_eighth),
		TEST(the_same_text_is_packed_the_same_whatever_came_before),
		TEST(packing_appends_to_what_is_there),
		TEST(a_full_buffer_fails_and_leaves_the_result_alone),
		TEST(every_flipped_bit_is_corrupt_or_harmless),
		TEST(every_shortened_piece_is_corrupt),
		TEST(a_size_that_cannot_be_is_corrupt),
		TEST(a_byte_of_deflate_gives_1032_bytes_at_most),
		TEST(random_bytes_are_corrupt),
		TEST(a_wrong_size_or_checksum_is_corrupt),
		TEST(what_is_none_is_corrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
