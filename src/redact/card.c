/* SPDX-License-Identifier: MIT
 * Numbers of payment cards in text. */
#include "redact/card.h"

#define PREFIX_DIGITS	     4
#define TELEPHONE_DIGITS_MAX 15 /* ITU-T E.164 §6 */

/* What the networks publish of their numbers: the first four digits from low to high, and the
 * lengths that are issued. */
static const struct {
	unsigned int low, high;
	unsigned int digits_min, digits_max;
	const char *name;
} networks[] = {
	{4000, 4999, 16, 19, "visa"},
	{4000, 4999, 13, 13, "visa"},
	{5100, 5599, 16, 16, "mastercard"},
	{2221, 2720, 16, 16, "mastercard"},
	{3400, 3499, 15, 15, "american express"},
	{3700, 3799, 15, 15, "american express"},
	{6011, 6011, 16, 19, "discover"},
	{6440, 6599, 16, 19, "discover"},
	{3000, 3059, 14, 19, "diners club"},
	{3095, 3095, 14, 19, "diners club"},
	{3600, 3699, 14, 19, "diners club"},
	{3800, 3999, 14, 19, "diners club"},
	{3528, 3589, 16, 19, "jcb"},
	{6200, 6299, 16, 19, "unionpay"},
	{8100, 8199, 16, 19, "unionpay"},
	{2200, 2204, 16, 19, "mir"},
	{5000, 5099, 13, 19, "maestro"},
	{5600, 5899, 13, 19, "maestro"},
	{6300, 6399, 13, 19, "maestro"},
	{6700, 6799, 13, 19, "maestro"},
};

size_t card_next_digits(struct text text, size_t from)
{
	while (from < text.size && (!text_is_digit(text.data[from]) ||
					   (from > 0 && text_is_digit(text.data[from - 1])))) {
		from++;
	}
	return from;
}

static bool has_check_digit(const char *digits, unsigned int count)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int digit = (unsigned int)(digits[count - 1 - i] - '0');

		digit *= 1 + i % 2;
		sum += digit > 9 ? digit - 9 : digit;
	}
	return sum % 10 == 0;
}

static const char *network_of(const char *digits, unsigned int count)
{
	unsigned int prefix = 0;

	for (int i = 0; i < PREFIX_DIGITS; i++) {
		prefix = prefix * 10 + (unsigned int)(digits[i] - '0');
	}
	for (size_t i = 0; i < COUNT_OF(networks); i++) {
		if (prefix >= networks[i].low && prefix <= networks[i].high &&
			count >= networks[i].digits_min && count <= networks[i].digits_max) {
			return networks[i].name;
		}
	}
	return NULL;
}

/* ---- borders ---- */

static bool is_uuid(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (hyphen ? text.data[i] != '-' : text_hex_digit(text.data[i]) < 0) {
			return false;
		}
	}
	return text.size == 36;
}

/* Whether what stands from @start to @end is a piece of a UUID (RFC 9562 §4). */
static bool is_in_uuid(struct text text, size_t start, size_t end)
{
	while (start > 0 &&
		(text_hex_digit(text.data[start - 1]) >= 0 || text.data[start - 1] == '-')) {
		start--;
	}
	while (end < text.size && (text_hex_digit(text.data[end]) >= 0 || text.data[end] == '-')) {
		end++;
	}
	return is_uuid(text_head(text_tail(text, start), end - start));
}

/* A number that goes on in letters is something else: a name, a hash. Letters of other scripts
 * stand beside numbers without a space. */
static bool stands_alone(struct text text, size_t start, size_t end)
{
	return (start == 0 || !text_is_letter(text.data[start - 1])) &&
	       (end == text.size || !text_is_letter(text.data[end])) &&
	       !is_in_uuid(text, start, end);
}

bool card_at(struct text text, size_t start, struct card *ret_card)
{
	char digits[CARD_DIGITS_MAX];
	unsigned int count = 0, at_least = CARD_DIGITS_MIN;
	bool found = false;
	size_t at = start;

	if (start > 0 && text.data[start - 1] == '+') {
		at_least = TELEPHONE_DIGITS_MAX + 1;
	}
	while (count < CARD_DIGITS_MAX && text_digit_at(text, at)) {
		digits[count++] = text.data[at++];
		if (text_digit_at(text, at)) {
			continue;
		}
		if (count >= at_least && has_check_digit(digits, count)) {
			const char *network = network_of(digits, count);

			if (network && stands_alone(text, start, at)) {
				*ret_card = (struct card){start, at, count, network};
				found = true;
			}
		}
		at += at < text.size && (text.data[at] == ' ' || text.data[at] == '-');
	}
	return found;
}
