/* SPDX-License-Identifier: MIT
 * Patterns: read into a row of items, matched by keeping all places in the row that the text may
 * have come to, a bit each. */
#include "redact/pattern.h"

/* ---- characters ---- */

enum character {
	CHARACTER_OTHER,
	CHARACTER_DIGIT,
	CHARACTER_LETTER,
};

static enum character class_of(char byte)
{
	if (text_is_digit(byte)) {
		return CHARACTER_DIGIT;
	}
	if (text_is_letter(byte) || (unsigned char)byte >= 0x80) {
		return CHARACTER_LETTER;
	}
	return CHARACTER_OTHER;
}

size_t redact_character(struct text text, size_t at)
{
	size_t size = text_utf8_length(text_tail(text, at));

	return size > 0 ? size : 1;
}

/* ---- reading ---- */

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* The next pattern as it is written: up to a space without a backslash before it. */
static struct text take_word(struct text *rest)
{
	struct text word;
	size_t size = 0;

	while (rest->size > 0 && is_space(rest->data[0])) {
		*rest = text_tail(*rest, 1);
	}
	while (size < rest->size && !is_space(rest->data[size])) {
		size += rest->data[size] == '\\' && size + 1 < rest->size ? 2 : 1;
	}
	word = text_head(*rest, size);
	*rest = text_tail(*rest, size);
	return word;
}

static struct redact_item take_item(struct text *rest)
{
	struct redact_item item = {.kind = REDACT_LITERAL};
	size_t size = redact_character(*rest, 0);

	switch (rest->data[0]) {
	case '#':
		item.kind = REDACT_DIGIT;
		break;
	case '@':
		item.kind = REDACT_LETTER;
		break;
	case '?':
		item.kind = REDACT_ANY;
		break;
	case '\\':
		if (rest->size > 1) {
			*rest = text_tail(*rest, 1);
			size = redact_character(*rest, 0);
		}
		break;
	default:
		break;
	}
	if (item.kind == REDACT_LITERAL) {
		memcpy(item.literal, rest->data, size);
		item.literal_size = (unsigned char)size;
	}
	*rest = text_tail(*rest, size);
	return item;
}

/* `{n}` or `{m,n}`, if it stands there. False: something else is in braces. */
static bool take_repeat(struct text *rest, int64_t *ret_min, int64_t *ret_max)
{
	struct text inner, low;
	const char *end;

	*ret_min = 1;
	*ret_max = 1;
	if (!text_take_byte(rest, '{')) {
		return true;
	}
	end = memchr(rest->data, '}', rest->size);
	if (!end) {
		return false;
	}
	inner = text_head(*rest, (size_t)(end - rest->data));
	*rest = text_tail(*rest, inner.size + 1);
	if (!text_split(&inner, ',', &low) || !text_to_int64(low, ret_min)) {
		return false;
	}
	*ret_max = *ret_min;
	return !inner.data || text_to_int64(inner, ret_max);
}

static int wrong(struct text word, struct error *err, const char *why)
{
	return error_set(err, ERROR_INVALID, "'%.*s' is not a pattern: %s", TEXT_ARG(word), why);
}

static int add(struct redact_pattern *pattern, struct redact_item item, int64_t min, int64_t max,
	struct text word, struct error *err)
{
	if (max < 1 || max < min) {
		return wrong(word, err, "in {m,n} n is at least 1 and at least m");
	}
	if (max > REDACT_ITEMS_MAX - (int64_t)pattern->count) {
		return wrong(word, err, "it may take at most 63 characters");
	}
	for (int64_t i = 0; i < max; i++) {
		pattern->optional |= (uint64_t)(i >= min) << pattern->count;
		pattern->items[pattern->count++] = item;
	}
	return 0;
}

int redact_pattern_next(struct text *rest, struct redact_pattern *ret_pattern, struct error *err)
{
	struct text word = take_word(rest);
	struct redact_pattern pattern = {0};
	struct text left = word;
	bool needs_one = false;

	if (word.size == 0) {
		return 0;
	}
	while (left.size > 0) {
		struct redact_item item = take_item(&left);
		int64_t min, max;

		if (!take_repeat(&left, &min, &max)) {
			return wrong(
				word, err, "behind { write a number, or two with a comma, and }");
		}
		if (add(&pattern, item, min, max, word, err) < 0) {
			return -1;
		}
		needs_one |= min > 0;
	}
	if (!needs_one) {
		return wrong(word, err, "it matches nothing at all");
	}
	*ret_pattern = pattern;
	return 1;
}

/* ---- matching ---- */

static bool is_literal(const struct redact_item *item, struct text character)
{
	if (character.size != item->literal_size) {
		return false;
	}
	if (character.size == 1) {
		return text_lower(character.data[0]) == text_lower(item->literal[0]);
	}
	return memcmp(character.data, item->literal, character.size) == 0;
}

static bool item_matches(const struct redact_item *item, struct text character)
{
	switch (item->kind) {
	case REDACT_DIGIT:
		return class_of(character.data[0]) == CHARACTER_DIGIT;
	case REDACT_LETTER:
		return class_of(character.data[0]) == CHARACTER_LETTER;
	case REDACT_ANY:
		return true;
	default:
		return is_literal(item, character);
	}
}

/* Bit k stands for: the first k items are behind us. Optional ones may be behind us without having
 * been there. */
static uint64_t pass_optional(const struct redact_pattern *pattern, uint64_t places)
{
	uint64_t more = places;

	while ((more = (more & pattern->optional) << 1)) {
		places |= more;
	}
	return places;
}

static uint64_t step(const struct redact_pattern *pattern, uint64_t places, struct text character)
{
	uint64_t after = 0;

	for (unsigned int i = 0; i < pattern->count && places >> i; i++) {
		if ((places >> i & 1) && item_matches(&pattern->items[i], character)) {
			after |= UINT64_C(2) << i;
		}
	}
	return pass_optional(pattern, after);
}

/* Whether a number or a word goes on from @at - 1 to @at. */
static bool is_within(struct text text, size_t at)
{
	enum character before, behind;

	if (at == 0 || at >= text.size) {
		return false;
	}
	before = class_of(text.data[at - 1]);
	behind = class_of(text.data[at]);
	return before == behind && before != CHARACTER_OTHER;
}

size_t redact_pattern_match(const struct redact_pattern *pattern, struct text text, size_t at)
{
	uint64_t places = pass_optional(pattern, 1);
	size_t end = at, longest = at;

	if (is_within(text, at)) {
		return 0;
	}
	while (places && end < text.size) {
		size_t size = redact_character(text, end);

		places = step(pattern, places, text_head(text_tail(text, end), size));
		end += size;
		if ((places >> pattern->count & 1) && !is_within(text, end)) {
			longest = end;
		}
	}
	return longest - at;
}
