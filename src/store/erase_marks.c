/* SPDX-License-Identifier: MIT
 * How what is erased is spelled in a subject, and the mark in its place. */
#include "store/erase_marks.h"

#include <string.h>

#include "base/buffer.h"
#include "store/store.h"

#define MARK	    "(erased)"
#define CHANGED_MAX ((size_t)256 << 20)

void erase_marks_init(struct erase_marks *marks, struct text erased)
{
	*marks = (struct erase_marks){.erased = erased};
	arena_init(&marks->arena, CHANGED_MAX);
}

void erase_marks_deinit(struct erase_marks *marks)
{
	arena_deinit(&marks->arena);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the front of @rest, which is not empty, stands for in a request's target; returns of how many bytes that front is. */
static size_t next_byte(struct text rest, char *ret_byte)
{
	if (rest.data[0] == '%' && rest.size >= 3 && hex_value(rest.data[1]) >= 0 &&
		hex_value(rest.data[2]) >= 0) {
		*ret_byte = (char)(hex_value(rest.data[1]) << 4 | hex_value(rest.data[2]));
		return 3;
	}
	*ret_byte = rest.data[0];
	return 1;
}

static bool is_word_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* How many bytes at the front of @rest spell @erased, with what a number may be written with between its digits; 0: none do. What is only a part
 * of a longer word or number is not it. */
static size_t spelling_size(struct text rest, struct text erased)
{
	size_t at = 0, matched = 0;
	char byte;

	while (matched < erased.size && at < rest.size) {
		at += next_byte(text_tail(rest, at), &byte);
		if (byte == erased.data[matched] || (byte == '+' && erased.data[matched] == ' ')) {
			matched++;
		} else if (matched == 0 || !memchr(" +()-.", byte, 6)) {
			return 0;
		}
	}
	if (matched < erased.size) {
		return 0;
	}
	if (at < rest.size) {
		next_byte(text_tail(rest, at), &byte);
		return is_word_byte(byte) ? 0 : at;
	}
	return at;
}

/* Appends @subject with the mark in place of what was erased; false: it stands nowhere in it. */
static bool write_marked(struct buffer *out, struct text subject, struct text erased)
{
	bool any = false, within = false;

	while (subject.size > 0) {
		size_t size = within ? 0 : spelling_size(subject, erased);
		char byte = ')';

		any |= size > 0;
		if (size > 0) {
			buffer_append(out, TEXT(MARK));
		} else {
			size = next_byte(subject, &byte);
			buffer_append(out, text_head(subject, size));
		}
		within = is_word_byte(byte);
		subject = text_tail(subject, size);
	}
	return any;
}

int erase_marks_look(struct erase_marks *marks, int64_t id, struct text subject, struct error *err)
{
	AUTO(buffer_deinit) struct buffer marked;

	buffer_init(&marked, SIZE_MAX);
	if (!write_marked(&marked, subject, marks->erased)) {
		return marked.failed ? error_no_memory(err) : 0;
	}
	subject = buffer_text(&marked);
	subject = arena_copy(&marks->arena,
		text_head(subject,
			subject.size < STORE_SUBJECT_MAX ? subject.size : STORE_SUBJECT_MAX));
	marks->records = arena_list_grow(
		&marks->arena, marks->records, marks->count, sizeof(*marks->records));
	if (marked.failed || !subject.data || !marks->records) {
		return error_no_memory(err);
	}
	marks->records[marks->count++] = (struct erase_mark){.id = id, .subject = subject};
	return 0;
}
