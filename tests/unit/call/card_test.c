/* SPDX-License-Identifier: MIT
 * Numbers of cards in text. The numbers are the networks' own published test numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "call/card.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What is found of @line, one after the other, each in brackets. */
static const char *found_in(const char *line, bool known)
{
	static char out[256];
	struct text text = text_of(line);
	size_t used = 0;
	struct card card;

	out[0] = '\0';
	for (size_t at = card_next_digits(text, 0); at < text.size;
		at = card_next_digits(text, at + 1)) {
		if (card_at(text, at, known, &card)) {
			used += (size_t)snprintf(out + used, sizeof(out) - used, "[%.*s]",
				(int)(card.end - card.start), line + card.start);
			at = card.end - 1;
		}
	}
	return out;
}

static void what_may_be_a_card_is_found(void **state)
{
	static const struct {
		const char *line, *known, *any;
	} rows[] = {
		{"", "", ""},
		{"4111111111111111", "[4111111111111111]", "[4111111111111111]"},
		{"card 4111 1111 1111 1111.", "[4111 1111 1111 1111]", "[4111 1111 1111 1111]"},
		{"4111-1111-1111-1111 x", "[4111-1111-1111-1111]", "[4111-1111-1111-1111]"},
		{"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1]",
			"[4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1]"},
		{"x5555555555554444y", "[5555555555554444]", "[5555555555554444]"},
		{"378282246310005", "[378282246310005]", "[378282246310005]"},
		{"30569309025904", "[30569309025904]", "[30569309025904]"},
		{"4222222222222", "[4222222222222]", "[4222222222222]"},
		{"6011111111111117 3530111333300000", "[6011111111111117][3530111333300000]",
			"[6011111111111117][3530111333300000]"},
		{"2223003122003222", "[2223003122003222]", "[2223003122003222]"},
		{"4111111111111112", "", ""},			/* the check digit is wrong */
		{"411111111111", "", ""},			/* too short */
		{"41111111111111110000", "", ""},		/* 20 digits */
		{"4111  1111  1111  1111", "", ""},		/* two spaces */
		{"4111.1111.1111.1111", "", ""},		/* no separator */
		{"9999999999999995", "", "[9999999999999995]"}, /* nobody's */
		{"0000000000000000", "", "[0000000000000000]"},
		{"99 4111 1111 1111 1111", "[4111 1111 1111 1111]", "[4111 1111 1111 1111]"},
		{"4111 1111 1111 1111 12", "[4111 1111 1111 1111]", "[4111 1111 1111 1111]"},
		{"+4222222222222", "", ""}, /* a telephone number */
		{"+4111111111111111", "[4111111111111111]", "[4111111111111111]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_string_equal(found_in(rows[i].line, true), rows[i].known);
		assert_string_equal(found_in(rows[i].line, false), rows[i].any);
	}
}

static void the_network_is_told_by_beginning_and_length(void **state)
{
	static const struct {
		const char *number, *network;
	} rows[] = {
		{"4111111111111111", "visa"},
		{"5555555555554444", "mastercard"},
		{"2223003122003222", "mastercard"},
		{"378282246310005", "american express"},
		{"6011111111111117", "discover"},
		{"30569309025904", "diners club"},
		{"3530111333300000", "jcb"},
		{"6250941006528599", "unionpay"},
		{"2200123456789019", "mir"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct card card;

		if (!card_at(text_of(rows[i].number), 0, true, &card)) {
			fail_msg("%s", rows[i].number);
		}
		assert_string_equal(card.network, rows[i].network);
		assert_int_equal(card.digits, strlen(rows[i].number));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_be_a_card_is_found),
		cmocka_unit_test(the_network_is_told_by_beginning_and_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
