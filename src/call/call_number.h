/* SPDX-License-Identifier: MIT
 * Numbers as they are compared: however a number was written, the same digits are the same number. */
#ifndef CALL_CALL_NUMBER_H
#define CALL_CALL_NUMBER_H

#include "call/call.h"

/* @number as it is compared (API.md §1 "number"): its digits. Left out are spaces of every width, `(`, `)`, `-` and other dashes, `.`, `/`,
 * marks that nobody sees (Unicode's category Cf), and one `+` before the first digit. `tel:`, `sip:` and `sips:` go with what follows the
 * number in them (RFC 3966, RFC 3261 §19.1), and of `"Name" <number>` the number is taken. Where anything else is left, or no digit, or a
 * `tel:` with an extension, it is @number byte for byte; also a host, which `sip:` has before it where there is no `@`, is not a number when
 * it has a dot or a colon. @buffer is where the digits are put; the result points into it or is @number itself. A @number longer than
 * CALL_NUMBER_MAX comes back as it is. */
struct text call_number_key(struct text number, char buffer[CALL_NUMBER_MAX]);

#endif
