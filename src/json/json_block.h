/* SPDX-License-Identifier: MIT
 * What ends the plain bytes of a string (quote, backslash, control character), looked for in many
 * bytes at once: a bit a byte. */
#ifndef JSON_JSON_BLOCK_H
#define JSON_JSON_BLOCK_H

#include "base/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#else
#include <endian.h>
#endif

static inline bool json_is_special(char byte)
{
	return (unsigned char)byte < 0x20 || byte == '"' || byte == '\\';
}

#ifdef __SSE2__

#define JSON_BLOCK_BYTES 16

/* Looks at the block at @data. Bit i of the result is set where byte i is special, bit i of
 * *@ret_high where it is not ASCII. */
static inline uint32_t json_block_look(const char *data, uint32_t *ret_high)
{
	__m128i block = _mm_loadu_si128((const __m128i *)data);
	__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
	__m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
	__m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));

	*ret_high = (uint32_t)_mm_movemask_epi8(block);
	return (uint32_t)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash)));
}

#else

/* The same in a register of any machine. */
#define JSON_BLOCK_BYTES     8
#define JSON_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))
#define JSON_HIGH_BITS	     JSON_EACH_BYTE(0x80)

/* The high bit of each byte of @word that is below @limit, which is at most 0x80. The sums do not
 * carry from byte to byte. */
static inline uint64_t json_bytes_below(uint64_t word, unsigned int limit)
{
	return ~((word & ~JSON_HIGH_BITS) + JSON_EACH_BYTE(0x80 - limit)) & ~word & JSON_HIGH_BITS;
}

/* The high bit of each byte to one bit, the first byte's lowest. */
static inline uint32_t json_gather_bits(uint64_t high_bits)
{
	return (uint32_t)((high_bits >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

static inline uint32_t json_block_look(const char *data, uint32_t *ret_high)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	word = le64toh(word);
	*ret_high = json_gather_bits(word & JSON_HIGH_BITS);
	return json_gather_bits(json_bytes_below(word, 0x20) |
				json_bytes_below(word ^ JSON_EACH_BYTE('"'), 1) |
				json_bytes_below(word ^ JSON_EACH_BYTE('\\'), 1));
}

#endif

/* A stretch of the input whose bytes were looked at, so that the many short strings in it are found
 * by shifting bits. */
struct json_stretch {
	size_t at;	  /* where it begins in the input */
	uint64_t special; /* a bit a byte, the first lowest; set behind the input's end, too */
	uint64_t high;	  /* the same for bytes that are not ASCII; clear behind the end */
};

#define JSON_STRETCH_BYTES ((size_t)64)

/* Looks at what follows @at. Not inline (json_reader.c): it is called once for several strings. */
void json_stretch_look(struct json_stretch *stretch, struct text input, size_t at);

/* Where the first special byte of @input from @at on is, its end if there is none. @stretch is one
 * that begins at or before
 * @at, and moves on. *@high becomes other than 0 when a byte passed over is not ASCII. */
static inline size_t json_stretch_find(
	struct json_stretch *stretch, struct text input, size_t at, uint64_t *high)
{
	for (;;) {
		size_t offset = at - stretch->at;
		uint64_t special;

		if (offset >= JSON_STRETCH_BYTES) {
			json_stretch_look(stretch, input, at);
			offset = 0;
		}
		special = stretch->special >> offset;
		if (special) {
			/* Of the bytes before the lowest bit that is set. */
			*high |= (stretch->high >> offset) & ((special & -special) - 1);
			return at + (size_t)__builtin_ctzll(special);
		}
		*high |= stretch->high >> offset;
		at = stretch->at + JSON_STRETCH_BYTES;
	}
}

#endif
