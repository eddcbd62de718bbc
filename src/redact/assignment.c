/* SPDX-License-Identifier: MIT
 * Finding names and values in a text. */
#include "redact/assignment.h"

static bool is_name_byte(char byte)
{
	return text_is_alphanumeric(byte) || (byte & 0x80) != 0 || memchr("_-.", byte, 3);
}

struct text assignment_name(struct text text, size_t end)
{
	size_t begin;
	int depth = 0;

	while (end > 0 && memchr(" \"'", text.data[end - 1], 3)) {
		end--;
	}
	begin = end;
	text = text_head(text, end);
	while (begin > 0 && end - begin < ASSIGNMENT_NAME_MAX &&
		(depth > 0 || is_name_byte(text.data[begin - 1]) || text.data[begin - 1] == ')')) {
		begin--;
		depth += text.data[begin] == ')';
		if (text.data[begin] == '(' && --depth == 0) {
			break;
		}
	}
	while (begin > 0 && depth == 0 && end - begin < ASSIGNMENT_NAME_MAX &&
		is_name_byte(text.data[begin - 1])) {
		begin--;
	}
	return text_tail(text, begin);
}

static size_t value_end(struct text text, size_t at)
{
	char quote = at < text.size && memchr("\"'", text.data[at], 2) ? text.data[at] : '\0';

	for (size_t i = quote ? at + 1 : at; i < text.size; i++) {
		if (text.data[i] == '\\') {
			i++;
		} else if (quote ? text.data[i] == quote : memchr(",&", text.data[i], 2) != NULL) {
			return i;
		}
	}
	return text.size;
}

void assignment_value(struct text text, size_t at, size_t *ret_begin, size_t *ret_end)
{
	size_t end;

	while (at < text.size && text.data[at] == ' ') {
		at++;
	}
	end = value_end(text, at);
	if (at < end && memchr("\"'", text.data[at], 2)) {
		at++;
	}
	while (end > at && memchr(")}]", text.data[end - 1], 3)) {
		end--;
	}
	*ret_begin = at;
	*ret_end = end;
}
