/* SPDX-License-Identifier: MIT
 * Hiding digits in words. */
#include "upkeep/asked.h"

#define DIGITS_MIN 3 /* as redaction has it: fewer stand everywhere */
#define MARK	   "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"

bool asked_is_plain(struct text name)
{
	static const char *const plain[] = {"dest", "src", "number", "type", "state", "outcome",
		"start", "end", "limit", "offset", "cursor", "group", "bucket", "detail",
		"last_event_id", "action"};

	if (text_starts_with(name, TEXT("-"))) {
		name = text_tail(name, 1);
	} else if (text_starts_with(name, TEXT("not-"))) {
		name = text_tail(name, 4);
	}
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		if (text_equal_string(name, plain[i])) {
			return true;
		}
	}
	return text_starts_with(name, TEXT("min")) || text_starts_with(name, TEXT("max"));
}

/* The bytes of the digits at the front of @text, with what may stand between them; *ret_digits: how
 * many there are. */
static size_t number_size(struct text text, size_t *ret_digits)
{
	size_t at = 0;

	*ret_digits = 0;
	while (text_digit_at(text, at)) {
		bool between = at + 1 < text.size && memchr(" -./", text.data[at + 1], 4);

		(*ret_digits)++;
		at += between && text_digit_at(text, at + 2) ? 2 : 1;
	}
	return at;
}

void asked_write_words(struct buffer *out, struct text words)
{
	while (words.size > 0) {
		size_t digits;
		size_t size = number_size(words, &digits);

		if (digits >= DIGITS_MIN) {
			buffer_append(out, TEXT(MARK));
		} else {
			size = size > 0 ? size : 1;
			buffer_append(out, text_head(words, size));
		}
		words = text_tail(words, size);
	}
}

void asked_write(struct buffer *out, struct text name, struct text value)
{
	if (asked_is_plain(name)) {
		buffer_append(out, value);
	} else {
		asked_write_words(out, value);
	}
}
