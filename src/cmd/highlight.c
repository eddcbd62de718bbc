/* SPDX-License-Identifier: MIT
 * Marking words in a line as it was written, though they are compared folded. */
#include "cmd/highlight.h"

#include "cmd/terminal.h"

bool highlight_finds(const struct words_query *query, struct text line)
{
	for (size_t i = 0; i < query->count; i++) {
		if (words_phrase_in(&query->phrases[i], line)) {
			return true;
		}
	}
	return false;
}

/* Whether the words that @text begins with are @phrase; what is behind them. */
static bool begins_with(const struct words_phrase *phrase, struct text text, struct text *ret_rest)
{
	char buffer[WORDS_WORD_MAX];
	struct text word;

	for (size_t i = 0; i < phrase->count; i++) {
		bool open = phrase->open && i + 1 == phrase->count;

		if (!words_next(&text, buffer, &word)) {
			return false;
		}
		if (open ? !text_starts_with(word, phrase->words[i])
			 : !text_equal(word, phrase->words[i])) {
			return false;
		}
	}
	*ret_rest = text;
	return true;
}

static bool begins_with_any(
	const struct words_query *query, struct text text, struct text *ret_rest)
{
	for (size_t i = 0; i < query->count; i++) {
		if (begins_with(&query->phrases[i], text, ret_rest)) {
			return true;
		}
	}
	return false;
}

/* @text from its first word on: a character that alone is not a word stands between words. */
static struct text skip_to_word(struct text text)
{
	char buffer[WORDS_WORD_MAX];
	struct text word;

	while (text.size > 0) {
		size_t length = text_utf8_length(text);
		struct text character = text_head(text, length > 0 ? length : 1);
		struct text alone = character;

		if (words_next(&alone, buffer, &word)) {
			break;
		}
		text = text_tail(text, character.size);
	}
	return text;
}

void highlight_write(FILE *stream, const struct words_query *query, struct text line, bool color)
{
	char buffer[WORDS_WORD_MAX];
	struct text rest = line;
	struct text word, behind;

	while (color && rest.size > 0) {
		struct text from = skip_to_word(rest);

		text_write_clean(stream, text_head(rest, rest.size - from.size));
		rest = from;
		if (begins_with_any(query, from, &behind)) {
			fprintf(stream, "%s%s", terminal_style(true, STYLE_BOLD),
				terminal_style(true, STYLE_RED));
			text_write_clean(stream, text_head(from, from.size - behind.size));
			fputs(terminal_style(true, STYLE_PLAIN), stream);
			rest = behind;
		} else if (words_next(&rest, buffer, &word)) {
			text_write_clean(stream, text_head(from, from.size - rest.size));
		}
	}
	text_write_clean(stream, rest);
}
