/* SPDX-License-Identifier: MIT
 * Making up what callers type and services answer. */
#include "generate/value.h"

#define DOLLARS_BELOW 4000

static struct text make_digits(struct value_maker *maker, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		maker->text[i] = (char)('0' + random_below(maker->random, 10));
	}
	return (struct text){.data = maker->text, .size = count};
}

static struct text two_digits_parts(struct value_maker *maker, uint32_t a, char between, uint32_t b)
{
	char *value = maker->text;

	value[0] = (char)('0' + a / 10);
	value[1] = (char)('0' + a % 10);
	value[2] = between;
	value[3] = (char)('0' + b / 10);
	value[4] = (char)('0' + b % 10);
	return (struct text){.data = value, .size = 5};
}

struct text value_number(struct value_maker *maker, uint32_t value)
{
	char *end = maker->text + sizeof(maker->text);
	char *at = end;

	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return (struct text){.data = at, .size = (size_t)(end - at)};
}

static struct text count_value(struct value_maker *maker, unsigned int digit_count)
{
	uint32_t bound = 10;

	for (unsigned int i = 1; i < digit_count; i++) {
		bound *= 10;
	}
	return value_number(maker, 1 + random_below(maker->random, bound - 1));
}

struct text value_make(struct value_maker *maker, enum value value, unsigned int digit_count)
{
	struct random *random = maker->random;
	uint32_t a, b;

	switch (value) {
	case VALUE_MENU:
		return value_number(maker, 1 + random_skewed(random, digit_count));
	case VALUE_DIGITS:
		return make_digits(maker, digit_count);
	case VALUE_BOOLEAN:
		return random_percent(random, 65) ? TEXT("true") : TEXT("false");
	case VALUE_DATE:
		a = 1 + random_below(random, 12);
		b = 1 + random_below(random, 28);
		return two_digits_parts(maker, a, '-', b);
	case VALUE_TIME:
		a = 7 + random_below(random, 13);
		b = random_below(random, 4) * 15;
		return two_digits_parts(maker, a, ':', b);
	case VALUE_MONEY: {
		struct text whole = value_number(maker, random_below(random, DOLLARS_BELOW));
		size_t size = whole.size;

		memmove(maker->text, whole.data, size);
		maker->text[size] = '.';
		maker->text[size + 1] = (char)('0' + random_below(random, 10));
		maker->text[size + 2] = (char)('0' + random_below(random, 10));
		return (struct text){.data = maker->text, .size = size + 3};
	}
	default:
		return count_value(maker, digit_count);
	}
}
