/* SPDX-License-Identifier: MIT
 * What Jansson, another reader of JSON, makes of a text: the judge of our reader and of our XML.
 * Apart, since both have names in common. */
#ifndef FUZZ_REFERENCE_H
#define FUZZ_REFERENCE_H

#include "base/buffer.h"

enum reference {
	REFERENCE_REFUSES,
	REFERENCE_TAKES,
	/* Refuses what RFC 8259 lets a reader refuse: a number that is not a long long or finite
	   double, NUL in a name, 2048 levels. */
	REFERENCE_CANNOT,
};

/* Reads @json and writes its value into @dump, in this form: `{` and `}`, `[` and `]`,
 * strings and names as `"size:bytes`, numbers as reference_number(), `t`, `f`, `n`. */
enum reference reference_read(struct text json, struct buffer *dump);

/* The number spelled by @raw: `i` and a long long, or `d` and a double by its bits. */
void reference_number(struct text raw, struct buffer *dump);

/* Writes @json as XML, by the rules of the API applied one by one, inside an element `result`.
 * False where it is not JSON, or holds what the model cannot say: a number that is not a plain
 * integer, a name beyond ASCII. */
bool reference_xml(struct text json, struct buffer *xml);

#endif
