/* SPDX-License-Identifier: MIT
 * Numbers as they are compared: however a number was written, the same digits are the same number.
 */
#ifndef CALL_CALL_NUMBER_H
#define CALL_CALL_NUMBER_H

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"

/* @number as it is compared (API.md §1 "number"): its digits. Left out are spaces of every width,
 * `(`, `)`, `-` and other dashes, `.`, `/`, marks that nobody sees (Unicode's category Cf), and one
 * `+` before the first digit. `tel:`, `sip:` and `sips:` go with what follows the number in them
 * (RFC 3966, RFC 3261 §19.1), and of `"Name" <number>` the number is taken. Where anything else is
 * left, or no digit, or a `tel:` with an extension, it is @number byte for byte. After `sip:`
 * without an `@` stands a host: with a dot or a colon in it, it is not a number either. @buffer is
 * where the digits are put; the result points into it or is @number itself. A @number longer than
 * CALL_NUMBER_MAX comes back as it is. */
struct text call_number_key(struct text number, char buffer[CALL_NUMBER_MAX]);

/* What switches write where a caller shows no number; in an address it is the user (RFC 3323
 * §4.1.1.3). */
#define CALL_NUMBER_WITHHELD "anonymous|blocked|private|restricted|unavailable|unknown|withheld"

/* Whether the number with @key is not known: it is empty, or such a word in any case, alone or as
 * the user of a `sip:` address. */
bool call_number_is_withheld(struct text key);

/* What is dialled in place of a number's `+`: 00, 011. What callers' telephones send and what is
 * stored may have either; which digits they are depends on where the telephones stand, so the one
 * that asks says it. */
#define CALL_PREFIXES_MAX 4
struct call_prefixes {
	struct text items[CALL_PREFIXES_MAX]; /* digits */
	size_t count;
};

/* Reads `00,011`: 1 to 8 digits each. The texts point into @value. ERROR_INVALID says what is
 * expected. */
int call_prefixes_read(
	struct text value, struct call_prefixes *ret_prefixes, struct error *err) CHECK_RESULT;

/* @key, as call_number_key() makes it, without the longest of @prefixes (may be NULL) that digits
 * follow. What is not a number, and so has other bytes than digits, comes back as it is. */
struct text call_number_undialled(const struct call_prefixes *prefixes, struct text key);

/* Keys of numbers, as call_number_key() makes them, each once. */
struct call_keys {
	struct text *items;
	size_t count;
};

#define CALL_KEYS_MAX ((size_t)256)

/* Adds to @keys all keys of calls that are to or from @number. These are its own, and with
 * @prefixes (may be NULL) those of the ways to dial it. ERROR_INVALID when there would be more than
 * CALL_KEYS_MAX. */
int call_keys_add(struct call_keys *keys, struct text number, const struct call_prefixes *prefixes,
	struct arena *arena, struct error *err) CHECK_RESULT;

bool call_keys_have(const struct call_keys *keys, struct text key);

/* Bytes of the character at the start of @text, which is not empty, when it is one of those left
 * out; 0: it counts. */
size_t call_number_filler(struct text text);

#endif
