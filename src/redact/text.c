/* SPDX-License-Identifier: MIT
 * What is hidden of one text. Each rule says which bytes it wants hidden. What several want is
 * hidden as one, so that no rule can leave over a part of what another one would have found. */
#include "base/array.h"
#include "redact/assignment.h"
#include "redact/card.h"
#include "redact/private.h"

static bool is_separator_at(struct text text, size_t at)
{
	return at < text.size && (text.data[at] == ' ' || text.data[at] == '-');
}

static void hide(struct redaction *redaction, size_t start, size_t end)
{
	memset(redaction->hidden.data + start, 1, end - start);
}

/* ---- numbers ---- */

/* Groups of digits with one space or hyphen between, read group by group. */
struct number {
	struct text text;
	size_t at; /* behind the last group */
	char digits[REDACT_SECRET_MAX];
	size_t count;
};

/* Adds the next group; false when there is none, or there are too many digits. */
static bool next_group(struct number *number)
{
	size_t at = number->at;

	at += number->count > 0 && is_separator_at(number->text, at);
	if (!text_digit_at(number->text, at)) {
		return false;
	}
	while (text_digit_at(number->text, at)) {
		if (number->count == REDACT_SECRET_MAX) {
			return false;
		}
		number->digits[number->count++] = number->text.data[at++];
	}
	number->at = at;
	return true;
}

static int add_secret(struct redaction *redaction, const struct number *number, struct error *err)
{
	const struct text digits = {.data = number->digits, .size = number->count};
	struct text copy;

	if (digits.size < REDACT_SECRET_MIN) {
		return 0;
	}
	if (!ARRAY_RESERVE(
		    redaction->secrets, redaction->secrets_room, redaction->secrets_count + 1)) {
		return error_no_memory(err);
	}
	copy = arena_copy(&redaction->arena, digits);
	if (!copy.data) {
		return error_no_memory(err);
	}
	redaction->secrets[redaction->secrets_count++] = copy;
	return 0;
}

/* Notes each group of the number that begins at @at by itself, and all of them as one. *ret_end is
 * behind the last one. */
static int take_number(struct redaction *redaction, struct text text, size_t at, size_t *ret_end,
	struct error *err)
{
	struct number whole = {.text = text, .at = at};

	for (;;) {
		struct number group = {.text = text, .at = whole.at + (whole.count > 0)};

		if (!next_group(&whole)) {
			break;
		}
		if (next_group(&group) && add_secret(redaction, &group, err) < 0) {
			return -1;
		}
	}
	*ret_end = whole.at;
	return add_secret(redaction, &whole, err);
}

int redact_secrets_take(struct redaction *redaction, struct text text, struct error *err)
{
	size_t at = card_next_digits(text, 0);

	while (at < text.size) {
		size_t end;

		if (take_number(redaction, text, at, &end, err) < 0) {
			return -1;
		}
		at = card_next_digits(text, end > at ? end : at + 1);
	}
	return 0;
}

static int compare(const void *left, const void *right)
{
	return text_compare(*(const struct text *)left, *(const struct text *)right);
}

void redact_secrets_sort(struct redaction *redaction)
{
	if (redaction->secrets_count > 0) {
		qsort(redaction->secrets, redaction->secrets_count, sizeof(*redaction->secrets),
			compare);
	}
}

static bool is_secret(const struct redaction *redaction, const struct number *number)
{
	const struct text digits = {.data = number->digits, .size = number->count};

	return (redaction->secrets_count > 0 &&
		       bsearch(&digits, redaction->secrets, redaction->secrets_count,
			       sizeof(*redaction->secrets), compare)) ||
	       redact_known_has(redaction, digits);
}

/* ---- the rules ---- */

static void hide_secrets(struct redaction *redaction, struct text text)
{
	if (redaction->secrets_count + redaction->known_count + redaction->tokens_count == 0) {
		return;
	}
	for (size_t at = card_next_digits(text, 0); at < text.size;
		at = card_next_digits(text, at + 1)) {
		struct number number = {.text = text, .at = at};

		while (next_group(&number)) {
			if (number.count >= REDACT_SECRET_MIN && is_secret(redaction, &number)) {
				hide(redaction, at, number.at);
			}
		}
	}
}

/* From every digits on that may begin one: what is found first need not be the right one. */
static void hide_cards(struct redaction *redaction, struct text text)
{
	for (size_t at = card_next_digits(text, 0); at < text.size;
		at = card_next_digits(text, at + 1)) {
		struct card card;

		if (card_at(text, at, &card)) {
			hide(redaction, card.start, card.end);
		}
	}
}

/* A letter beside a number, which makes it something else, may be hidden by another rule: then the
 * number stands alone. */
static void hide_cards_at_marks(struct redaction *redaction, struct text text)
{
	struct buffer *seen = &redaction->marked;

	buffer_clear(seen);
	buffer_append(seen, text);
	if (seen->failed) {
		return; /* it stays so, which redact_text() tells */
	}
	for (size_t i = 0; i < seen->size; i++) {
		seen->data[i] = redaction->hidden.data[i] ? '\x01' : seen->data[i];
	}
	hide_cards(redaction, buffer_text(seen));
	buffer_clear(seen);
}

static void hide_pattern(
	struct redaction *redaction, const struct redact_pattern *pattern, struct text text)
{
	size_t at = 0;

	while (at < text.size) {
		size_t size = redact_pattern_match(pattern, text, at);

		hide(redaction, at, at + size);
		at += size > 0 ? size : redact_character(text, at);
	}
}

static void hide_digits(struct redaction *redaction, struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		/* What stands between digits goes with them, as it shows how long they are. */
		bool between = i > 0 && text_is_digit(text.data[i - 1]) &&
			       is_separator_at(text, i) && text_digit_at(text, i + 1);

		if (text_is_digit(text.data[i]) || between) {
			hide(redaction, i, i + 1);
		}
	}
}

/* "User input: 1234 (dtmf)", "User entered 1234": hides what stands behind, up to the words in
 * brackets. */
static void hide_input(struct redaction *redaction, struct text text)
{
	static const char *const beginnings[] = {
		"user input: ", "user input ", "user entered: ", "user entered "};

	for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
		struct text beginning = text_of(beginnings[i]), value;
		const char *bracket;

		if (text.size <= beginning.size ||
			!text_equal_ascii_case(text_head(text, beginning.size), beginning)) {
			continue;
		}
		value = text_tail(text, beginning.size);
		bracket = memmem(value.data, value.size, " (", 2);
		value.size = bracket ? (size_t)(bracket - value.data) : value.size;
		if (!redact_is_mark(value)) {
			hide(redaction, beginning.size, beginning.size + value.size);
		}
		return;
	}
}

/* ---- NAME=VALUE ---- */

static bool is_variable(const struct redactor *redactor, struct text name)
{
	const char *comma;

	/* __NAME is inherited by other channels, FUNCTION(x,NAME) is a function's value of that
	 * name. */
	while (name.size > 0 && name.data[0] == '_') {
		name = text_tail(name, 1);
	}
	if (redact_names_have(&redactor->variables, name)) {
		return name.size > 0;
	}
	if (name.size == 0 || name.data[name.size - 1] != ')') {
		return false;
	}
	name.size--;
	comma = memrchr(name.data, ',', name.size);
	comma = comma ? comma : memrchr(name.data, '(', name.size);
	return comma && redact_names_have(&redactor->variables,
				text_tail(name, (size_t)(comma - name.data) + 1));
}

/* The next value that @text, from *@at on, gives to a variable that is hidden; false: there is
 * none. */
static bool next_assigned(
	const struct redactor *redactor, struct text text, size_t *at, size_t *ret_begin)
{
	const char *equals;

	while (*at < text.size &&
		(equals = memchr(text.data + *at, '=', text.size - *at)) != NULL) {
		size_t place = (size_t)(equals - text.data);

		*at = place + 1;
		if (is_variable(redactor, assignment_name(text, place))) {
			assignment_value(text, place + 1, ret_begin, at);
			return true;
		}
	}
	return false;
}

static void hide_assigned(struct redaction *redaction, struct text text)
{
	size_t at = 0, begin;

	while (next_assigned(redaction->redactor, text, &at, &begin)) {
		if (!redact_is_mark(text_head(text_tail(text, begin), at - begin))) {
			hide(redaction, begin, at);
		}
	}
}

int redact_secrets_take_assigned(struct redaction *redaction, struct text text, struct error *err)
{
	size_t at = 0, begin;

	while (next_assigned(redaction->redactor, text, &at, &begin)) {
		if (redact_secrets_take(
			    redaction, text_head(text_tail(text, begin), at - begin), err) < 0) {
			return -1;
		}
	}
	return 0;
}

static bool may_assign(const struct redaction *redaction, struct text text)
{
	return redaction->redactor->variables.count > 0 && text.size > 0 &&
	       memchr(text.data, '=', text.size);
}

/* ---- a text ---- */

static bool has_digit(struct text text)
{
	return card_next_digits(text, 0) < text.size;
}

static void apply_rules(
	struct redaction *redaction, struct text text, const struct redact_place *place)
{
	const struct redactor *redactor = redaction->redactor;

	if (redactor->cards) {
		hide_cards(redaction, text);
	}
	if (place->digits) {
		hide_digits(redaction, text);
	}
	if (place->input) {
		hide_input(redaction, text);
	}
	if (may_assign(redaction, text)) {
		hide_assigned(redaction, text);
	}
	hide_secrets(redaction, text);
	for (size_t i = 0; i < redactor->patterns_count; i++) {
		hide_pattern(redaction, &redactor->patterns[i], text);
	}
	if (redactor->cards && memchr(redaction->hidden.data, 1, text.size)) {
		hide_cards_at_marks(redaction, text);
	}
}

int redact_text(struct redaction *redaction, struct text text, const struct redact_place *place,
	struct error *err)
{
	bool nothing = !place->input && redaction->redactor->patterns_count == 0 &&
		       !may_assign(redaction, text) && !has_digit(text);
	bool any = false;

	buffer_clear(&redaction->marked);
	if (place->whole) {
		if (text.size == 0 || redact_is_mark(text)) {
			return 0;
		}
		redact_mark_write(&redaction->marked, &redaction->redactor->key, text);
		any = true;
	} else if (!nothing && text.size > 0) {
		buffer_clear(&redaction->hidden);
		if (!buffer_reserve(&redaction->hidden, text.size)) {
			return error_no_memory(err);
		}
		memset(redaction->hidden.data, 0, text.size);
		apply_rules(redaction, text, place);
		any = redact_marks_write(&redaction->marked, &redaction->redactor->key, text,
			redaction->hidden.data);
	}
	return redaction->marked.failed ? error_no_memory(err) : any;
}

int redact_plain(
	struct redaction *redaction, struct text text, struct text *ret_text, struct error *err)
{
	const struct redact_place place = {0};
	int changed = redact_text(redaction, text, &place, err);

	if (changed > 0) {
		*ret_text = buffer_text(&redaction->marked);
	}
	return changed;
}
