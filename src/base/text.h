/* SPDX-License-Identifier: MIT
 * Text: a piece of memory with its size, not necessarily ended by a NUL, owned by someone else. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/auto.h"

struct text {
	const char *data;
	size_t size; /* bytes */
};

/* A text of a string literal. */
#define TEXT(literal) ((struct text){.data = "" literal, .size = sizeof(literal) - 1})

/* For printf's "%.*s". */
#define TEXT_ARG(text) (int)(text).size, (text).data

static inline struct text text_of(const char *string)
{
	return (struct text){.data = string, .size = string ? strlen(string) : 0};
}

static inline bool text_equal(struct text a, struct text b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool text_equal_string(struct text a, const char *b)
{
	return text_equal(a, text_of(b));
}

/* Compares bytewise, the shorter first where one begins the other: negative, 0 or positive. */
int text_compare(struct text a, struct text b);

/* ASCII letters of either case are the same; for header names and their words. */
bool text_equal_ascii_case(struct text a, struct text b);

bool text_starts_with(struct text text, struct text beginning);

/* @text without the spaces and tabs at both ends. */
struct text text_trim(struct text text);

/* The first @size bytes and the rest; @size at most text.size. */
static inline struct text text_head(struct text text, size_t size)
{
	return (struct text){.data = text.data, .size = size};
}

static inline struct text text_tail(struct text text, size_t size)
{
	return (struct text){.data = text.data + size, .size = text.size - size};
}

/* Copies @text to *@to, which goes on behind the copy, and lets it point there. */
static inline void text_move(struct text *text, char **to)
{
	if (text->size > 0) {
		memcpy(*to, text->data, text->size);
	}
	text->data = *to;
	*to += text->size;
}

/* How often @byte stands in @text. */
size_t text_count(struct text text, char byte);

/* Takes what stands before the first @separator, or all, off the front of @rest.
 * Returns false when @rest is used up: {NULL, 0}. "a,,b" gives "a", "", "b". */
bool text_split(struct text *rest, char separator, struct text *ret_part);

/* Reads decimal digits, nothing else: no sign, no space, 1 to 18 digits, so that it always fits.
 * Returns false, and leaves @ret, otherwise. */
bool text_to_int64(struct text text, int64_t *ret);

/* Takes @byte off the front of @rest; false when something else stands there. */
bool text_take_byte(struct text *rest, char byte);

/* Takes exactly @count digits, at most 9, off the front of @rest; false when there are fewer. */
bool text_take_digits(struct text *rest, size_t count, int *ret);

/* Whether @text is UTF-8 of RFC 3629: shortest forms, no surrogates, at most U+10FFFF. On false
 * *ret_at (may be NULL) is the offset of the first byte that is not. */
bool text_utf8_valid(struct text text, size_t *ret_at);

/* Length of the valid UTF-8 sequence at the start of @text, 0 when there is none. */
size_t text_utf8_length(struct text text);

/* The number of the UTF-8 character @character, which is valid and whole. */
unsigned int text_utf8_number(struct text character);

/* Whether the UTF-8 character @character, valid and whole, must not reach a terminal or a log as it
 * is. Such a character controls (C0, DEL, C1) or ends lines (U+2028, U+2029). Or it turns the
 * direction of the text around it: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069
 * (Unicode Standard Annex 9). */
bool text_is_control(struct text character);

/* ASCII alone, whatever the locale. */
static inline bool text_is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static inline bool text_is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static inline bool text_is_alphanumeric(char byte)
{
	return text_is_digit(byte) || text_is_letter(byte);
}

/* Whether a digit stands at @at of @text, which may end before that. */
static inline bool text_digit_at(struct text text, size_t at)
{
	return at < text.size && text_is_digit(text.data[at]);
}

/* Whether @text is one digit or more, and nothing else. */
bool text_is_digits(struct text text);

/* The small letter of a capital one, any other byte as it is. */
static inline char text_lower(char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

/* What the hexadecimal digit @byte, of either case, stands for; negative when it is not one. */
int text_hex_digit(char byte);

/* The byte that `%` and two hexadecimal digits at the front of @text stand for (RFC 3986 §2.1);
 * negative when they do not stand there. */
int text_percent_byte(struct text text);

/* Whether a byte below 0x20 or 0x7f stands in @text. */
bool text_has_control(struct text text);

#endif
