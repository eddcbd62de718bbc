/* SPDX-License-Identifier: MIT
 * Numbers as they are compared: a short way for plain ones, addresses around them, and what is left out. */
#include "call/call_number.h"

#include <utf8proc.h>

#define MINUS_SIGN 0x2212 /* looks like a dash, and is copied for one */

static bool is_filler(char byte)
{
	return byte == ' ' || byte == '(' || byte == ')' || byte == '-' || byte == '.' ||
	       byte == '/';
}

/* Bytes of the character at the start of @text when it is none that counts; 0 when it counts. */
static size_t filler_size(struct text text)
{
	utf8proc_int32_t code;
	utf8proc_ssize_t size;

	if ((unsigned char)text.data[0] < 0x80) {
		return is_filler(text.data[0]);
	}
	size = utf8proc_iterate(
		(const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.size, &code);
	if (size <= 0) {
		return 0;
	}
	switch (utf8proc_category(code)) {
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_PD:
		return (size_t)size;
	default:
		return code == MINUS_SIGN ? (size_t)size : 0;
	}
}

/* How many digits were put into @buffer; 0 when there is none, or something else than digits. */
static size_t take_digits(struct text text, char buffer[CALL_NUMBER_MAX])
{
	size_t digits = 0;
	bool plus = false;

	for (size_t i = 0; i < text.size;) {
		char byte = text.data[i];
		size_t size = 1;

		if (byte >= '0' && byte <= '9') {
			buffer[digits++] = byte;
		} else if (byte == '+' && !plus && digits == 0) {
			plus = true;
		} else {
			size = filler_size(text_tail(text, i));
		}
		if (size == 0) {
			return 0;
		}
		i += size;
	}
	return digits;
}

/* ---- addresses ---- */

/* What stands before the first of @ends. */
static struct text until(struct text text, const char *ends)
{
	size_t size = 0;

	while (size < text.size && !strchr(ends, text.data[size])) {
		size++;
	}
	return text_head(text, size);
}

static struct text without_first_fillers(struct text text)
{
	size_t size;

	while (text.size > 0 && (size = filler_size(text)) > 0) {
		text = text_tail(text, size);
	}
	return text;
}

/* What stands between the last `<` and the `>` behind it. */
static bool take_brackets(struct text *text)
{
	const char *from = text->size ? memrchr(text->data, '<', text->size) : NULL;
	struct text rest;

	if (!from) {
		return false;
	}
	rest = text_tail(*text, (size_t)(from - text->data) + 1);
	*text = until(rest, ">");
	return text->size < rest.size;
}

static bool take_scheme(struct text *text, struct text scheme)
{
	if (text->size < scheme.size ||
		!text_equal_ascii_case(text_head(*text, scheme.size), scheme)) {
		return false;
	}
	*text = text_tail(*text, scheme.size);
	return true;
}

/* An extension, or an ISDN's subaddress, is a part of the number (RFC 3966 §4). */
static bool has_extension(struct text parameters)
{
	struct text part;

	while (text_split(&parameters, ';', &part)) {
		if (take_scheme(&part, TEXT("ext=")) || take_scheme(&part, TEXT("isub="))) {
			return true;
		}
	}
	return false;
}

static bool take_user(struct text *address)
{
	struct text user = until(*address, "@");

	if (user.size < address->size) {
		*address = until(user, ";:");
		return true;
	}
	*address = until(*address, ";?");
	return !memchr(address->data, '.', address->size) &&
	       !memchr(address->data, ':', address->size);
}

/* What may be a number in an address; false when there is no address. */
static bool take_address(struct text *text)
{
	bool brackets = take_brackets(text);

	*text = without_first_fillers(*text);
	if (take_scheme(text, TEXT("tel:"))) {
		struct text number = until(*text, ";");
		bool whole = !has_extension(text_tail(*text, number.size));

		*text = number;
		return whole;
	}
	if (take_scheme(text, TEXT("sip:")) || take_scheme(text, TEXT("sips:"))) {
		return take_user(text);
	}
	return brackets;
}

struct text call_number_key(struct text number, char buffer[CALL_NUMBER_MAX])
{
	struct text address = number;
	size_t digits;

	if (number.size > CALL_NUMBER_MAX) {
		return number;
	}
	digits = take_digits(number, buffer);
	if (digits == 0 && number.size > 0 && take_address(&address)) {
		digits = take_digits(address, buffer);
	}
	return digits > 0 ? (struct text){.data = buffer, .size = digits} : number;
}
