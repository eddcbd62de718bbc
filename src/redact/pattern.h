/* SPDX-License-Identifier: MIT
 * Patterns of what is to be hidden, such as `###-##-####`. They are simple enough to be read aloud.
 * They are found in time that grows with the text alone, whatever the pattern and the text are. */
#ifndef INTAKE_REDACT_PATTERN_H
#define INTAKE_REDACT_PATTERN_H

#include "base/error.h"
#include "base/text.h"

#define REDACT_ITEMS_MAX 63 /* the characters that one pattern may take */

enum redact_item_kind {
	REDACT_DIGIT,  /* # */
	REDACT_LETTER, /* @: also every character that is not ASCII */
	REDACT_ANY,    /* ? */
	/* anything else, ASCII letters of either case the same; \ before it takes the meaning of
	   the above away */
	REDACT_LITERAL,
};

struct redact_item {
	enum redact_item_kind kind;
	char literal[4]; /* UTF-8 */
	unsigned char literal_size;
};

struct redact_pattern {
	struct redact_item items[REDACT_ITEMS_MAX];
	unsigned int count;
	uint64_t optional; /* a bit for each item that is */
};

/* Takes the next pattern off the front of @rest, where spaces stand between patterns: 1 taken, 0
 * there is none left; ERROR_INVALID quotes it and says what is wrong. `{n}` or `{m,n}` behind a
 * character repeats it. */
int redact_pattern_next(
	struct text *rest, struct redact_pattern *ret_pattern, struct error *err) CHECK_RESULT;

/* How many bytes of @text match from @at on, as many as can be; 0: none. A match does not begin or
 * end within a number or a word. */
size_t redact_pattern_match(const struct redact_pattern *pattern, struct text text, size_t at);

/* The size of the character at @at; a byte that is not UTF-8 counts as one. */
size_t redact_character(struct text text, size_t at);

#endif
