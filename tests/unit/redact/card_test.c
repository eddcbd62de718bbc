/* SPDX-License-Identifier: MIT
 * Numbers of cards in text. The numbers are the networks' own published test numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "redact/card.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What is found of @line, one after the other, each in brackets. */
static const char *found_in(const char *line)
{
	static char out[256];
	struct text text = text_of(line);
	size_t used = 0;
	struct card card;

	out[0] = '\0';
	for (size_t at = card_next_digits(text, 0); at < text.size;
		at = card_next_digits(text, at + 1)) {
		if (card_at(text, at, &card)) {
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
		const char *line, *cards;
	} rows[] = {
		{"", ""}, {"4111111111111111", "[4111111111111111]"},
		{"card 4111 1111 1111 1111.", "[4111 1111 1111 1111]"},
		{"4111-1111-1111-1111 x", "[4111-1111-1111-1111]"},
		{"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1]"},
		{"378282246310005", "[378282246310005]"},
		{"3782 822463 10005", "[3782 822463 10005]"},
		{"30569309025904", "[30569309025904]"}, {"4222222222222", "[4222222222222]"},
		{"6011111111111117 3530111333300000", "[6011111111111117][3530111333300000]"},
		{"2223003122003222", "[2223003122003222]"},
		{"4111111111111112", ""},	/* the check digit is wrong */
		{"411111111111", ""},		/* too short */
		{"41111111111111110000", ""},	/* 20 digits */
		{"4111  1111  1111  1111", ""}, /* two spaces */
		{"4111.1111.1111.1111", ""},	/* no separator */
		{"99 4111 1111 1111 1111", "[4111 1111 1111 1111]"},
		{"4111 1111 1111 1111 12", "[4111 1111 1111 1111]"},
		{"+4222222222222", ""}, /* a telephone number */
		{"+4111111111111111", "[4111111111111111]"},
		/* What stands around it */
		{"\"pan\":\"4111111111111111\",", "[4111111111111111]"},
		{";4111111111111111=29121010000000000000?", "[4111111111111111]"},
		{"?card=4111111111111111&cvv=123", "[4111111111111111]"},
		{"\xe5\x8d\xa1"
		 "4111111111111111\xe5\x8d\xa1",
			"[4111111111111111]"}, /* Han */
		{"x5555555555554444y", ""}, {"x5555555555554444", ""}, {"5555555555554444F", ""},
		{"x5555 5555 5555 4444", ""},
		/* No network's numbers begin so and are so long. */
		{"9999999999999995", ""}, {"0000000000000000", ""},
		{"time_processed=1795459158006", ""}, /* ms */
		{"1795459158000006", ""},	      /* us */
		{"in-20261124015003.wav", ""}, {"external-201-20261124-010004.wav", ""},
		{"0049891234004", ""}, {"490154203237518", ""}, /* an IMEI */
		{"17505051-6061-9894-b66c-f2db26efb20c", ""},
		{"{41111111-1111-1111-b66c-f2db26efb20c}", ""}, /* begins as a card's number */
		{"f2db26ef-b20c-4000-0000-000000000002", ""},
		{"41111111-1111-1111-b66c", "[41111111-1111-1111]"}, /* not a whole UUID */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_string_equal(found_in(rows[i].line), rows[i].cards);
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

		if (!card_at(text_of(rows[i].number), 0, &card)) {
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
