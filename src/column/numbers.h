/* SPDX-License-Identifier: MIT
 * The different numbers of a block, sorted, so that a call's number is a place among them. Digits
 * are packed two a byte, and the bytes of one place of all numbers lie together (a plane). A
 * beginning is found by halving planes, an end by looking at the last planes alone. */
#ifndef COLUMN_NUMBERS_H
#define COLUMN_NUMBERS_H

#include "call/filter.h"
#include "column/layout.h"

/* Numbers of 1 to 14 digits, with or without a + before them, are packed; each length with and
 * without it is a class. All others are texts. */
#define NUMBERS_DIGITS_MAX 14
#define NUMBERS_PLANES_MAX (NUMBERS_DIGITS_MAX / 2)
#define NUMBERS_CLASSES	   (2 * NUMBERS_DIGITS_MAX)

/* Reads digits, at most NUMBERS_DIGITS_MAX, as one hexadecimal digit each; false: it is not that.
 */
bool column_digits_pack(struct text digits, uint64_t *ret_packed);

struct column_plane {
	struct text data;
	bool runs; /* pairs of a byte and a varint how often it follows itself */
};

struct column_class {
	uint32_t length; /* digits; 0: the block has no such numbers */
	uint32_t first;	 /* code of its first number */
	uint32_t count;
	bool plus;
	struct column_plane planes[NUMBERS_PLANES_MAX]; /* (length + 1) / 2 of them */
};

struct column_numbers {
	struct column_reader reader; /* for messages */
	uint32_t count;
	struct column_class classes[NUMBERS_CLASSES];
	uint32_t texts_first;
	uint32_t texts_count;
	const char *text_ends; /* u32 each: where the text ends in texts */
	struct text texts;
};

/* Opens COLUMN_DEST_NUMBERS or COLUMN_SRC_NUMBERS. */
int column_numbers_open(struct column_numbers *numbers, struct text payload, enum column_id column,
	int64_t block, struct error *err) CHECK_RESULT;

/* The number with @code as it came; @buffer is where it is put, unless it is a text. */
int column_numbers_text(const struct column_numbers *numbers, uint32_t code,
	char buffer[CALL_NUMBER_MAX], struct text *ret_number, struct error *err) CHECK_RESULT;

/* Puts the packed digits of all numbers of @class into @ret_packed, which has room for its count.
 */
int column_class_unpack(const struct column_numbers *numbers, const struct column_class *class,
	uint64_t *ret_packed, struct error *err) CHECK_RESULT;

/* The text with the place @at of texts_count. */
struct text column_numbers_at(const struct column_numbers *numbers, uint32_t at);

/* ---- which numbers are meant ---- */

/* A byte for each code, 1 where it is meant; those past the block's numbers are 0. */
struct column_codes {
	unsigned char mask[COLUMN_CALLS_MAX];
	uint64_t packed[COLUMN_CALLS_MAX];			    /* scratch */
	unsigned char planes[NUMBERS_PLANES_MAX][COLUMN_CALLS_MAX]; /* scratch */
	uint32_t matched;
};

/* Marks the codes of the numbers that @wanted of @filter asks for, as filter_number_matches() does.
 */
int column_numbers_match(const struct column_numbers *numbers, const struct filter *filter,
	const struct filter_numbers *wanted, struct column_codes *codes,
	struct error *err) CHECK_RESULT;

#endif
