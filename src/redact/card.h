/* SPDX-License-Identifier: MIT
 * Numbers of payment cards in text: 13 to 19 digits with the check digit of ISO/IEC 7812-1 annex B
 * (Luhn). The digits stand together, or with one space or hyphen between. They begin as a network's
 * numbers do, and are as long. Neither a letter (of ASCII) stands beside them nor a UUID around
 * them. That leaves times, stamps of recordings and ids alone. What a + stands before is a
 * telephone number as long as it is short enough for one. */
#ifndef CALL_CARD_H
#define CALL_CARD_H

#include "base/text.h"

#define CARD_DIGITS_MIN 13
#define CARD_DIGITS_MAX 19

struct card {
	size_t start; /* of its first digit in the text */
	size_t end;   /* behind its last one */
	unsigned int digits;
	const char *network; /* "visa" */
};

/* Where digits begin in @text at or behind @from that have no digit before them; text.size:
 * nowhere. */
size_t card_next_digits(struct text text, size_t from);

/* Whether digits that begin at @start, with all or some of the groups behind them, may be a card's
 * number: the longest that may. */
bool card_at(struct text text, size_t start, struct card *ret_card);

#endif
