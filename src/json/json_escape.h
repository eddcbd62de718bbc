/* SPDX-License-Identifier: MIT
 * Escapes inside JSON strings, and the fast way past all that is none. Shared by reader and writer. */
#ifndef JSON_JSON_ESCAPE_H
#define JSON_JSON_ESCAPE_H

#include <endian.h>

#include "base/text.h"

#define JSON_ESCAPE_MAX 12 /* bytes of the longest escape: two \uXXXX, a surrogate pair */

/* Reads the escape that @text begins with, its backslash included. Returns how many bytes it takes, 0 when it is none:
 * an unknown letter, too few hex digits, half of a surrogate pair (RFC 8259 §7, §8.2). */
size_t json_escape_read(struct text text, uint32_t *ret_code);

/* Writes @code as UTF-8 and returns how many bytes that took. */
size_t json_utf8_write(uint32_t code, char out[4]);

/* Writes @code as it stands in a string when escaped minimally; returns how many bytes, at most 6. */
size_t json_escape_write(uint32_t code, char out[6]);

#define JSON_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte of @word that is below 0x20, a quote or a backslash. Bytes above a marked one may be marked
 * too though they are none of these: only the lowest mark counts. */
static inline uint64_t json_special_bytes(uint64_t word)
{
	uint64_t quote = word ^ JSON_EACH_BYTE('"');
	uint64_t backslash = word ^ JSON_EACH_BYTE('\\');

	return (((word - JSON_EACH_BYTE(0x20)) & ~word) | ((quote - JSON_EACH_BYTE(1)) & ~quote) |
		       ((backslash - JSON_EACH_BYTE(1)) & ~backslash)) &
	       JSON_EACH_BYTE(0x80);
}

/* How many bytes from @data on are no control character below 0x20, no quote and no backslash. *@high gets a bit of
 * JSON_EACH_BYTE(0x80) where there is one that is not ASCII (and maybe when such a byte follows soon). */
static inline size_t json_plain_length(const char *data, size_t size, uint64_t *high)
{
	size_t at = 0;

	while (size - at >= sizeof(uint64_t)) {
		uint64_t word, special;

		memcpy(&word, data + at, sizeof(word));
		word = le64toh(word);
		*high |= word;
		special = json_special_bytes(word);
		if (special) {
			return at + (size_t)__builtin_ctzll(special) / 8;
		}
		at += sizeof(word);
	}
	while (at < size) {
		unsigned char byte = (unsigned char)data[at];

		if (byte < 0x20 || byte == '"' || byte == '\\') {
			break;
		}
		*high |= byte;
		at++;
	}
	return at;
}

#endif
