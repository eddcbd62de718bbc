/* SPDX-License-Identifier: MIT
 * Text: comparing, splitting, numbers and UTF-8. */
#include "base/text.h"

#define DIGITS_MAX 18

int text_compare(struct text a, struct text b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int order = common ? memcmp(a.data, b.data, common) : 0;

	if (order != 0) {
		return order;
	}
	return (a.size > b.size) - (a.size < b.size);
}

bool text_equal_ascii_case(struct text a, struct text b)
{
	if (a.size != b.size) {
		return false;
	}
	for (size_t i = 0; i < a.size; i++) {
		if (text_lower(a.data[i]) != text_lower(b.data[i])) {
			return false;
		}
	}
	return true;
}

bool text_starts_with(struct text text, struct text beginning)
{
	return text.size >= beginning.size &&
	       text_equal(text_head(text, beginning.size), beginning);
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

struct text text_trim(struct text text)
{
	while (text.size > 0 && is_blank(text.data[0])) {
		text = text_tail(text, 1);
	}
	while (text.size > 0 && is_blank(text.data[text.size - 1])) {
		text.size--;
	}
	return text;
}

size_t text_count(struct text text, char byte)
{
	size_t count = 0;

	for (size_t i = 0; i < text.size; i++) {
		count += text.data[i] == byte;
	}
	return count;
}

bool text_split(struct text *rest, char separator, struct text *ret_part)
{
	const char *at;

	if (!rest->data) {
		return false;
	}
	at = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
	if (!at) {
		*ret_part = *rest;
		*rest = (struct text){0};
		return true;
	}
	*ret_part = text_head(*rest, (size_t)(at - rest->data));
	*rest = text_tail(*rest, ret_part->size + 1);
	return true;
}

bool text_is_digits(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (!text_is_digit(text.data[i])) {
			return false;
		}
	}
	return text.size > 0;
}

bool text_to_int64(struct text text, int64_t *ret)
{
	int64_t value = 0;

	if (text.size > DIGITS_MAX || !text_is_digits(text)) {
		return false;
	}
	for (size_t i = 0; i < text.size; i++) {
		value = value * 10 + (text.data[i] - '0');
	}
	*ret = value;
	return true;
}

bool text_take_byte(struct text *rest, char byte)
{
	if (rest->size == 0 || rest->data[0] != byte) {
		return false;
	}
	*rest = text_tail(*rest, 1);
	return true;
}

bool text_take_digits(struct text *rest, size_t count, int *ret)
{
	int64_t value;

	if (rest->size < count || !text_to_int64(text_head(*rest, count), &value)) {
		return false;
	}
	*ret = (int)value;
	*rest = text_tail(*rest, count);
	return true;
}

/* The bounds of the second byte by the first one, as in the table of RFC 3629 section 4. */
static size_t sequence_shape(unsigned char first, unsigned char *ret_low, unsigned char *ret_high)
{
	*ret_low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*ret_high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first >= 0xc2 && first <= 0xdf) {
		return 2;
	}
	if (first >= 0xe0 && first <= 0xef) {
		return 3;
	}
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t text_utf8_length(struct text text)
{
	const unsigned char *bytes = (const unsigned char *)text.data;
	unsigned char low, high;
	size_t length;

	if (text.size == 0) {
		return 0;
	}
	if (bytes[0] < 0x80) {
		return 1;
	}
	length = sequence_shape(bytes[0], &low, &high);
	if (length == 0 || text.size < length || bytes[1] < low || bytes[1] > high) {
		return 0;
	}
	for (size_t i = 2; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	return length;
}

bool text_utf8_valid(struct text text, size_t *ret_at)
{
	struct text rest = text;

	while (rest.size > 0) {
		uint64_t word;
		size_t length;

		if (rest.size >= sizeof(word)) {
			memcpy(&word, rest.data, sizeof(word));
			if ((word & UINT64_C(0x8080808080808080)) == 0) {
				rest = text_tail(rest, sizeof(word));
				continue;
			}
		}
		length = text_utf8_length(rest);
		if (length == 0) {
			if (ret_at) {
				*ret_at = text.size - rest.size;
			}
			return false;
		}
		rest = text_tail(rest, length);
	}
	return true;
}

bool text_has_control(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char byte = (unsigned char)text.data[i];

		if (byte < 0x20 || byte == 0x7f) {
			return true;
		}
	}
	return false;
}

bool text_is_control(struct text character)
{
	static const struct {
		unsigned int first, last;
	} controls[] = {{0x00, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f},
		{0x2028, 0x202e}, {0x2066, 0x2069}};
	unsigned int number = text_utf8_number(character);

	for (size_t i = 0; i < COUNT_OF(controls); i++) {
		if (number >= controls[i].first && number <= controls[i].last) {
			return true;
		}
	}
	return false;
}

unsigned int text_utf8_number(struct text character)
{
	static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned int number = (unsigned char)character.data[0] & first_bits[character.size];

	for (size_t i = 1; i < character.size; i++) {
		number = number << 6 | ((unsigned char)character.data[i] & 0x3fU);
	}
	return number;
}

int text_hex_digit(char byte)
{
	if (text_is_digit(byte)) {
		return byte - '0';
	}
	if (byte >= 'a' && byte <= 'f') {
		return byte - 'a' + 10;
	}
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

int text_percent_byte(struct text text)
{
	if (text.size < 3 || text.data[0] != '%' || text_hex_digit(text.data[1]) < 0 ||
		text_hex_digit(text.data[2]) < 0) {
		return -1;
	}
	return text_hex_digit(text.data[1]) * 16 + text_hex_digit(text.data[2]);
}
