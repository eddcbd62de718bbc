/* SPDX-License-Identifier: MIT
 * Escapes: between code points and the ways to write them. */
#include "json/json_escape.h"

#define UNICODE_ESCAPE_SIZE 6 /* \uXXXX */

static const char letters[] = "\"\\/bfnrt";
static const char meanings[] = "\"\\/\b\f\n\r\t";

static bool read_unit(struct text text, uint32_t *ret_unit)
{
	uint32_t unit = 0;

	if (text.size < UNICODE_ESCAPE_SIZE || text.data[0] != '\\' || text.data[1] != 'u') {
		return false;
	}
	for (size_t i = 2; i < UNICODE_ESCAPE_SIZE; i++) {
		int value = text_hex_digit(text.data[i]);

		if (value < 0) {
			return false;
		}
		unit = unit << 4 | (uint32_t)value;
	}
	*ret_unit = unit;
	return true;
}

static size_t read_unicode(struct text text, uint32_t *ret_code)
{
	uint32_t high, low;

	if (!read_unit(text, &high) || (high >= 0xdc00 && high <= 0xdfff)) {
		return 0;
	}
	if (high < 0xd800 || high > 0xdbff) {
		*ret_code = high;
		return UNICODE_ESCAPE_SIZE;
	}
	if (!read_unit(text_tail(text, UNICODE_ESCAPE_SIZE), &low) || low < 0xdc00 ||
		low > 0xdfff) {
		return 0;
	}
	*ret_code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return JSON_ESCAPE_MAX;
}

size_t json_escape_read(struct text text, uint32_t *ret_code)
{
	const char *letter;

	if (text.size < 2 || text.data[0] != '\\') {
		return 0;
	}
	if (text.data[1] == 'u') {
		return read_unicode(text, ret_code);
	}
	letter = memchr(letters, text.data[1], sizeof(letters) - 1);
	if (!letter) {
		return 0;
	}
	*ret_code = (uint32_t)meanings[letter - letters];
	return 2;
}

size_t json_utf8_write(uint32_t code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

size_t json_escape_write(uint32_t code, char out[6])
{
	static const char digits[] = "0123456789abcdef";
	const char *meaning;

	if (code >= 0x20 && code != '"' && code != '\\') {
		return json_utf8_write(code, out);
	}
	out[0] = '\\';
	meaning = code ? memchr(meanings, (int)code, sizeof(meanings) - 1) : NULL;
	if (meaning) {
		out[1] = letters[meaning - meanings];
		return 2;
	}
	memcpy(out + 1, "u00", 3);
	out[4] = digits[code >> 4];
	out[5] = digits[code & 0xf];
	return UNICODE_ESCAPE_SIZE;
}
