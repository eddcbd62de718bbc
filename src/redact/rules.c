/* SPDX-License-Identifier: MIT
 * Redaction's rules: from settings to what is used. */
#include "redact/private.h"

#define RULES_SIZE_MAX ((size_t)16 << 20)

/* ---- names ---- */

static bool equal_at(struct text name, size_t at, struct text part)
{
	return text_equal_ascii_case(text_head(text_tail(name, at), part.size), part);
}

static bool name_matches(const struct redact_name *wanted, struct text name)
{
	struct text part = wanted->part;
	size_t last;

	if (name.size < part.size) {
		return false;
	}
	last = name.size - part.size; /* where the part may begin at the latest */
	if (!wanted->open_start) {
		return (wanted->open_end || last == 0) && equal_at(name, 0, part);
	}
	if (!wanted->open_end) {
		return equal_at(name, last, part);
	}
	for (size_t at = 0; at <= last; at++) {
		if (equal_at(name, at, part)) {
			return true;
		}
	}
	return false;
}

bool redact_names_have(const struct redact_names *names, struct text name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (name_matches(&names->items[i], name)) {
			return true;
		}
	}
	return false;
}

static struct redact_name read_name(struct text word)
{
	struct redact_name name = {.part = word};

	if (word.size > 0 && word.data[0] == '*') {
		name.open_start = true;
		word = text_tail(word, 1);
	}
	if (word.size > 0 && word.data[word.size - 1] == '*') {
		name.open_end = true;
		word.size--;
	}
	name.part = word;
	return name;
}

/* @list NULL: no names. */
static int read_names(struct redactor *redactor, const char *setting, const char *list,
	struct redact_names *names, struct error *err)
{
	struct text rest = arena_copy(&redactor->arena, text_of(list ? list : ""));
	struct text word;

	if (!list) {
		return 0;
	}
	names->items =
		arena_calloc(&redactor->arena, text_count(rest, ',') + 1, sizeof(*names->items));
	if (!rest.data || !names->items) {
		return error_no_memory(err);
	}
	while (text_split(&rest, ',', &word)) {
		word = text_trim(word);
		if (word.size == 0) {
			return error_set(err, ERROR_INVALID,
				"%s: a name in '%s' is empty: write names with one comma between",
				setting, list);
		}
		names->items[names->count] = read_name(word);
		if (names->items[names->count].part.size > 0 &&
			memchr(names->items[names->count].part.data, '*',
				names->items[names->count].part.size)) {
			return error_set(err, ERROR_INVALID,
				"%s: '%.*s' has a * in the middle: it may stand at either end or "
				"both",
				setting, TEXT_ARG(word));
		}
		names->count++;
	}
	return 0;
}

/* ---- patterns ---- */

static int read_patterns(struct redactor *redactor, const char *list, struct error *err)
{
	struct text rest = text_of(list);
	struct redact_pattern pattern;
	int more;

	if (!list) {
		return 0;
	}
	redactor->patterns =
		arena_calloc(&redactor->arena, REDACT_PATTERNS_MAX, sizeof(*redactor->patterns));
	if (!redactor->patterns) {
		return error_no_memory(err);
	}
	while ((more = redact_pattern_next(&rest, &pattern, err)) > 0) {
		if (redactor->patterns_count == REDACT_PATTERNS_MAX) {
			return error_set(err, ERROR_INVALID,
				"redact-patterns: there are more than %d patterns",
				REDACT_PATTERNS_MAX);
		}
		redactor->patterns[redactor->patterns_count++] = pattern;
	}
	return more < 0 ? error_prefix(err, "redact-patterns") : 0;
}

/* ---- all of them ---- */

static bool hides_nothing(const struct redact_rules *rules)
{
	return !rules->cards && !rules->input && !rules->modules && !rules->variables &&
	       !rules->patterns;
}

static int read_rules(
	struct redactor *redactor, const struct redact_rules *rules, struct error *err)
{
	redactor->cards = rules->cards;
	if (read_names(redactor, "redact-input", rules->input, &redactor->input, err) < 0 ||
		read_names(redactor, "redact-modules", rules->modules, &redactor->modules, err) <
			0 ||
		read_names(redactor, "redact-variables", rules->variables, &redactor->variables,
			err) < 0 ||
		read_patterns(redactor, rules->patterns, err) < 0) {
		return -1;
	}
	if (rules->key_path && redact_key_read(&redactor->key, rules->key_path, err) < 0) {
		return error_prefix(err, "redact-key-file");
	}
	redactor->key.prefixes = rules->prefixes;
	return redact_key_derive(redactor->live_key, &redactor->key, err);
}

int redactor_create(
	struct redactor **ret_redactor, const struct redact_rules *rules, struct error *err)
{
	AUTO(redactor_destroyp) struct redactor *redactor = NULL;

	if (hides_nothing(rules)) {
		if (rules->key_path) {
			return error_set(err, ERROR_INVALID,
				"redact-key-file: no rule says what is to be hidden: give "
				"redact-cards, redact-input, redact-modules, redact-variables or "
				"redact-patterns");
		}
		*ret_redactor = NULL;
		return 0;
	}
	redactor = calloc(1, sizeof(*redactor));
	if (!redactor) {
		return error_no_memory(err);
	}
	arena_init(&redactor->arena, RULES_SIZE_MAX);
	if (read_rules(redactor, rules, err) < 0) {
		return -1;
	}
	*ret_redactor = redactor;
	redactor = NULL;
	return 0;
}

void redactor_destroy(struct redactor *redactor)
{
	if (!redactor) {
		return;
	}
	redact_key_forget(&redactor->key);
	memset(redactor->live_key, 0, sizeof(redactor->live_key));
	arena_deinit(&redactor->arena);
	free(redactor);
}
