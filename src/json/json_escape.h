/* SPDX-License-Identifier: MIT
 * Escapes inside JSON strings, and the fast way past everything else. Shared by reader and writer.
 */
#ifndef JSON_JSON_ESCAPE_H
#define JSON_JSON_ESCAPE_H

#include "json/json_block.h"

#define JSON_ESCAPE_MAX 12 /* bytes of the longest escape: two \uXXXX, a surrogate pair */

/* Reads the escape that @text begins with, its backslash included. Returns how many bytes it takes,
 * 0 when it is not one: an unknown letter, too few hex digits, half of a surrogate pair (RFC 8259
 * §7, §8.2). */
size_t json_escape_read(struct text text, uint32_t *ret_code);

/* Writes @code as UTF-8 and returns how many bytes that took. */
size_t json_utf8_write(uint32_t code, char out[4]);

/* Writes @code as it stands in a string when escaped minimally; returns how many bytes, at most 6.
 */
size_t json_escape_write(uint32_t code, char out[6]);

/* How many bytes from @data on are neither a control character below 0x20 nor a quote nor a
 * backslash. */
static inline size_t json_plain_length(const char *data, size_t size)
{
	size_t at = 0;

	while (size - at >= JSON_BLOCK_BYTES) {
		uint32_t high;
		uint32_t special = json_block_look(data + at, &high);

		if (special) {
			return at + (size_t)__builtin_ctz(special);
		}
		at += JSON_BLOCK_BYTES;
	}
	while (at < size && !json_is_special(data[at])) {
		at++;
	}
	return at;
}

/* How long the raw text of a string is. @data stands behind its opening quote; the text goes up to
 * the quote that ends it, or is all of it. *@ret_escaped is set where a backslash is in it. */
static inline size_t json_raw_length(const char *data, size_t size, bool *ret_escaped)
{
	size_t at = json_plain_length(data, size);

	while (at < size && data[at] != '"') {
		*ret_escaped = true;
		at += at + 1 < size ? 2 : 1;
		at += json_plain_length(data + at, size - at);
	}
	return at;
}

#endif
