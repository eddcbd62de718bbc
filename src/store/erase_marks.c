/* SPDX-License-Identifier: MIT
 * How what is erased is spelled in a subject, and the mark in its place. A subject is decoded
 * first; where each of its bytes came from is remembered, so that the mark takes the place of what
 * was written. */
#include "store/erase_marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "call/call_number.h"
#include "store/store.h"

#define MARK	   "(erased)"
#define MEMORY_MAX ((size_t)256 << 20)
#define SIZES	   sizeof(((struct erase_marks *)0)->sizes)
#define DIGITS_MAX CALL_NUMBER_MAX

struct plain {
	size_t size;
	char bytes[STORE_SUBJECT_MAX];
	size_t from[STORE_SUBJECT_MAX + 1]; /* where in the subject each byte stands, and its end */
};

static int compare(const void *a, const void *b)
{
	return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static char fold(char byte)
{
	return byte == '+' ? ' ' : byte; /* in a query that is how a space is written */
}

static bool add_name(struct erase_marks *marks, struct text name)
{
	char *copy = arena_alloc(&marks->arena, name.size);
	size_t size = name.size < SIZES ? name.size : SIZES - 1;

	if (!copy) {
		return false;
	}
	for (size_t i = 0; i < name.size; i++) {
		copy[i] = fold(name.data[i]);
	}
	marks->names[marks->names_count++] = (struct text){.data = copy, .size = name.size};
	marks->sizes[size] = true;
	return true;
}

int erase_marks_init(struct erase_marks *marks, const struct erase_names *names, struct error *err)
{
	*marks = (struct erase_marks){0};
	arena_init(&marks->arena, MEMORY_MAX);
	marks->names = arena_calloc(&marks->arena, names->count, sizeof(*marks->names));
	if (!marks->names) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < names->count; i++) {
		if (names->items[i].size > 0 && !add_name(marks, names->items[i])) {
			return error_no_memory(err);
		}
	}
	qsort(marks->names, marks->names_count, sizeof(*marks->names), compare);
	return 0;
}

void erase_marks_deinit(struct erase_marks *marks)
{
	arena_deinit(&marks->arena);
}

static bool is_name(const struct erase_marks *marks, struct text text)
{
	return bsearch(&text, marks->names, marks->names_count, sizeof(text), compare) != NULL;
}

/* ---- decoding ---- */

/* The byte that the front of @rest, which is not empty, stands for in a request's target; returns
 * of how many bytes that front is. */
static size_t next_byte(struct text rest, char *ret_byte)
{
	int byte = text_percent_byte(rest);

	if (byte >= 0) {
		*ret_byte = (char)byte;
		return 3;
	}
	*ret_byte = rest.data[0];
	return 1;
}

static void decode(struct plain *plain, struct text subject)
{
	size_t at = 0;

	plain->size = 0;
	while (at < subject.size && plain->size < STORE_SUBJECT_MAX) {
		char byte;

		plain->from[plain->size] = at;
		at += next_byte(text_tail(subject, at), &byte);
		plain->bytes[plain->size++] = fold(byte);
	}
	plain->from[plain->size] = at;
}

/* ---- spellings ---- */

static bool is_word_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool is_border(const struct plain *plain, size_t at)
{
	return at == plain->size || !is_word_byte(plain->bytes[at]);
}

/* How many bytes at @at are a name byte for byte, the longest; 0: none is. */
static size_t exact_size(const struct erase_marks *marks, const struct plain *plain, size_t at)
{
	size_t left = plain->size - at;

	for (size_t size = left < SIZES ? left : SIZES - 1; size > 0; size--) {
		if (marks->sizes[size] && is_border(plain, at + size) &&
			is_name(marks, (struct text){&plain->bytes[at], size})) {
			return size;
		}
	}
	return 0;
}

/* The same for a number with what may stand between its digits. */
static size_t number_size(const struct erase_marks *marks, const struct plain *plain, size_t at)
{
	char digits[DIGITS_MAX];
	size_t count = 0, found = 0, end = at;

	while (end < plain->size && count < DIGITS_MAX) {
		struct text rest = {&plain->bytes[end], plain->size - end};
		size_t filler = count > 0 ? call_number_filler(rest) : 0;

		if (filler > 0) {
			end += filler;
			continue;
		}
		if (rest.data[0] < '0' || rest.data[0] > '9') {
			break;
		}
		digits[count++] = rest.data[0];
		end++;
		if (is_border(plain, end) && is_name(marks, (struct text){digits, count})) {
			found = end - at;
		}
	}
	return found;
}

/* Appends @subject with the mark in place of what was erased; false: it stands nowhere in it. */
static bool write_marked(const struct erase_marks *marks, struct buffer *out, struct text subject)
{
	struct plain plain;
	bool any = false, within = false;

	decode(&plain, subject);
	for (size_t at = 0; at < plain.size;) {
		size_t exact = within ? 0 : exact_size(marks, &plain, at);
		size_t number = within ? 0 : number_size(marks, &plain, at);
		size_t size = exact > number ? exact : number;

		if (size > 0) {
			buffer_append(out, TEXT(MARK));
			within = false;
			any = true;
		} else {
			size = 1;
			within = is_word_byte(plain.bytes[at]);
			buffer_append(out, (struct text){subject.data + plain.from[at],
						   plain.from[at + 1] - plain.from[at]});
		}
		at += size;
	}
	return any;
}

int erase_marks_look(struct erase_marks *marks, int64_t id, struct text subject, struct error *err)
{
	AUTO(buffer_deinit) struct buffer marked;

	buffer_init(&marked, SIZE_MAX);
	if (!write_marked(marks, &marked, subject)) {
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
