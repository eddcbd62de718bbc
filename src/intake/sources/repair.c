/* SPDX-License-Identifier: MIT
 * Replaces what a call cannot hold. */
#include "intake/sources/repair.h"

static const struct text replacement = {.data = "\xef\xbf\xbd", .size = 3};

/* Copies @text's sequences; one that is not UTF-8, or with @no_control a control character, becomes
 * U+FFFD. */
static struct text replace(struct arena *arena, struct text text, bool no_control)
{
	char *copy = arena_alloc(arena, text.size * replacement.size + 1);
	size_t size = 0;

	if (!copy) {
		return (struct text){0};
	}
	while (text.size > 0) {
		size_t length = text_utf8_length(text);
		struct text piece = text_head(text, length);

		text = text_tail(text, length ? length : 1);
		if (length == 0 || (no_control && text_has_control(piece))) {
			piece = replacement;
		}
		memcpy(copy + size, piece.data, piece.size);
		size += piece.size;
	}
	copy[size] = '\0';
	return (struct text){.data = copy, .size = size};
}

struct text repair_utf8(struct arena *arena, struct text text)
{
	return text_utf8_valid(text, NULL) ? arena_copy(arena, text) : replace(arena, text, false);
}

struct text repair_header(struct arena *arena, struct text text, size_t size_max)
{
	struct text fit =
		text_has_control(text) ? replace(arena, text, true) : arena_copy(arena, text);

	if (fit.size <= size_max) {
		return fit;
	}
	fit.size = size_max;
	/* 0b10xxxxxx goes on a character that began before. */
	while (fit.size > 0 && ((unsigned char)fit.data[fit.size] & 0xc0) == 0x80) {
		fit.size--;
	}
	return fit;
}
