/* SPDX-License-Identifier: MIT
 * Words: cutting and folding by utf8proc, with a short way for ASCII; reading questions. */
#include "call/words.h"

#include <utf8proc.h>

#define QUERY_WORDS_MAX 32
#define FOLD_MAX	32 /* code points that one may fold to; Unicode's longest is 18 */

/* What one character is for cutting. */
enum look {
	LOOK_GAP,
	LOOK_LETTER, /* a letter or digit: goes on with the word before it */
	LOOK_SINGLE, /* a letter of a script without spaces: a word by itself */
	LOOK_MARK,   /* belongs to what stands before it */
};

struct character {
	utf8proc_int32_t code;
	size_t size; /* bytes; 0: there is none */
	enum look look;
};

/* Scripts that put no space between words. */
static const struct {
	utf8proc_int32_t first, last;
} unspaced[] = {
	{0x0e00, 0x0eff},   /* Thai, Lao */
	{0x1000, 0x109f},   /* Myanmar */
	{0x1780, 0x17ff},   /* Khmer */
	{0x3040, 0x30ff},   /* Hiragana, Katakana */
	{0x31f0, 0x31ff},   /* Katakana's phonetic extensions */
	{0x3400, 0x4dbf},   /* Han */
	{0x4e00, 0x9fff},   /* Han */
	{0xf900, 0xfaff},   /* Han, for compatibility */
	{0xff66, 0xff9f},   /* Katakana of half width */
	{0x20000, 0x3ffff}, /* Han */
};

static bool is_unspaced(utf8proc_int32_t code)
{
	for (size_t i = 0; i < COUNT_OF(unspaced); i++) {
		if (code >= unspaced[i].first && code <= unspaced[i].last) {
			return true;
		}
	}
	return false;
}

static enum look look_of(utf8proc_int32_t code)
{
	switch (utf8proc_category(code)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
		return is_unspaced(code) ? LOOK_SINGLE : LOOK_LETTER;
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return LOOK_LETTER;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		return LOOK_MARK;
	default:
		return LOOK_GAP;
	}
}

/* Bytes that are not UTF-8 are gaps. */
static struct character character_at(struct text text)
{
	struct character character = {.size = text.size > 0, .look = LOOK_GAP};
	utf8proc_ssize_t size;

	if (text.size == 0) {
		return character;
	}
	size = utf8proc_iterate(
		(const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.size, &character.code);
	if (size > 0) {
		character.size = (size_t)size;
		character.look = look_of(character.code);
	}
	return character;
}

/* The lower-case letter or digit that an ASCII byte is as part of a word; 0: it is neither. */
static inline char ascii_letter(char byte)
{
	char lower = (char)(byte | 0x20);

	if (lower >= 'a' && lower <= 'z') {
		return lower;
	}
	return text_is_digit(byte) ? byte : 0;
}

struct folding {
	char *out;
	size_t size;
	bool full; /* what comes now is cut off */
};

static void put_bytes(struct folding *folding, const char *bytes, size_t size)
{
	if (folding->full || folding->size + size > WORDS_WORD_MAX) {
		folding->full = true;
		return;
	}
	memcpy(folding->out + folding->size, bytes, size);
	folding->size += size;
}

static void put_folded(struct folding *folding, utf8proc_int32_t code)
{
	utf8proc_int32_t folded[FOLD_MAX];
	int ignored = 0;
	utf8proc_ssize_t count = utf8proc_decompose_char(code, folded, FOLD_MAX,
		UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK,
		&ignored);

	for (utf8proc_ssize_t i = 0; i < count && i < FOLD_MAX; i++) {
		utf8proc_uint8_t bytes[4];
		enum look look = look_of(folded[i]);

		/* The stroke of a fraction, the brackets of a number in brackets. */
		if (look == LOOK_LETTER || look == LOOK_SINGLE) {
			put_bytes(folding, (const char *)bytes,
				(size_t)utf8proc_encode_char(folded[i], bytes));
		}
	}
}

/* Passes over what is not a word. */
static void skip_gap(struct text *rest)
{
	while (rest->size > 0 && !ascii_letter(rest->data[0])) {
		struct character character = {.size = 1};

		if ((unsigned char)rest->data[0] >= 0x80) {
			character = character_at(*rest);
		}

		if (character.look == LOOK_LETTER || character.look == LOOK_SINGLE) {
			return;
		}
		*rest = text_tail(*rest, character.size);
	}
}

/* Takes the rest of a word of ASCII alone; false when it may go on with something else. */
static bool take_ascii(struct text *rest, struct folding *folding)
{
	size_t at = 0;
	char letter;

	while (at < rest->size && (letter = ascii_letter(rest->data[at])) != 0) {
		at++;
		if (folding->size == WORDS_WORD_MAX) {
			folding->full = true;
		}
		if (!folding->full) {
			folding->out[folding->size++] = letter;
		}
	}
	*rest = text_tail(*rest, at);
	return rest->size == 0 || (unsigned char)rest->data[0] < 0x80;
}

/* Takes one character that is not ASCII; false when the word ends before it. */
static bool take_other(struct text *rest, struct folding *folding, bool *single)
{
	struct character character = character_at(*rest);
	bool begins = folding->size == 0 && !folding->full;

	if (character.look == LOOK_GAP || (*single && character.look != LOOK_MARK) ||
		(character.look == LOOK_SINGLE && !begins)) {
		return false;
	}
	*single = *single || character.look == LOOK_SINGLE;
	put_folded(folding, character.code);
	*rest = text_tail(*rest, character.size);
	return true;
}

bool words_next(struct text *rest, char buffer[WORDS_WORD_MAX], struct text *ret_word)
{
	struct folding folding = {.out = buffer};

	/* A letter may fold to nothing at all: then the next word is looked for. */
	while (folding.size == 0) {
		bool single = false, more = true;

		skip_gap(rest);
		if (rest->size == 0) {
			return false;
		}
		while (more) {
			more = (single || !take_ascii(rest, &folding)) && rest->size > 0 &&
			       take_other(rest, &folding, &single);
		}
	}
	*ret_word = (struct text){.data = buffer, .size = folding.size};
	return true;
}

/* ---- questions ---- */

struct reading {
	struct arena *arena;
	struct words_query query;
	size_t words;
	struct error *err;
};

static int add_word(struct reading *reading, struct words_phrase *phrase, struct text word)
{
	struct text copy = arena_copy(reading->arena, word);

	if (reading->words++ == QUERY_WORDS_MAX) {
		return error_set(reading->err, ERROR_INVALID, "more than %d words are asked for",
			QUERY_WORDS_MAX);
	}
	if (!copy.data) {
		return error_no_memory(reading->err);
	}
	phrase->words[phrase->count++] = copy;
	return 0;
}

/* A * means something behind a phrase's last word alone: elsewhere it would be passed over, and
 * find what nobody asked for. */
static int check_stars(struct reading *reading, struct text piece, bool open)
{
	size_t stars = 0;

	for (size_t i = 0; i < piece.size; i++) {
		stars += piece.data[i] == '*';
	}
	if (stars <= open) {
		return 0;
	}
	return error_set(reading->err, ERROR_INVALID,
		"a * stands behind the beginning of a word, for any ending, as in confir* or "
		"\"press on*\"; not as in '%.*s'",
		TEXT_ARG(piece));
}

/* Makes a phrase of @piece; none when it has no words. */
static int add_phrase(struct reading *reading, struct text piece)
{
	struct text whole = piece;
	struct words_phrase *phrase = &reading->query.phrases[reading->query.count];
	char buffer[WORDS_WORD_MAX];
	struct text word;

	phrase->words = arena_calloc(reading->arena, QUERY_WORDS_MAX, sizeof(*phrase->words));
	if (!phrase->words) {
		return error_no_memory(reading->err);
	}
	while (words_next(&piece, buffer, &word)) {
		if (add_word(reading, phrase, word) < 0) {
			return -1;
		}
		phrase->open = piece.size > 0 && piece.data[0] == '*';
	}
	reading->query.count += phrase->count > 0;
	return check_stars(reading, whole, phrase->open);
}

static bool is_quote(char byte)
{
	return byte == '"';
}

/* White space, as people type it into a search field; U+00A0 and U+3000 beside ASCII's. Returns its
 * bytes, 0: it is none. */
static size_t space_size(struct text text)
{
	if (text.data[0] == ' ' || (text.data[0] >= '\t' && text.data[0] <= '\r')) {
		return 1;
	}
	if (text_starts_with(text, TEXT("\xc2\xa0"))) {
		return 2;
	}
	return text_starts_with(text, TEXT("\xe3\x80\x80")) ? 3 : 0;
}

/* Takes what is written together off the front of @rest. */
static struct text take_piece(struct text *rest)
{
	size_t size = 0;
	struct text piece;

	while (size < rest->size && !is_quote(rest->data[size]) &&
		space_size(text_tail(*rest, size)) == 0) {
		size++;
	}
	piece = text_head(*rest, size);
	*rest = text_tail(*rest, size);
	return piece;
}

/* Takes what stands between two quotes off the front of @rest. */
static int take_quoted(struct reading *reading, struct text *rest, struct text *ret_piece)
{
	const char *end = memchr(rest->data + 1, '"', rest->size - 1);

	if (!end) {
		return error_set(reading->err, ERROR_INVALID,
			"a quote begins and does not end: %.*s", TEXT_ARG(*rest));
	}
	*ret_piece = (struct text){rest->data + 1, (size_t)(end - rest->data) - 1};
	*rest = text_tail(*rest, ret_piece->size + 2);
	return 0;
}

static int read_phrases(struct reading *reading, struct text text)
{
	while (text.size > 0) {
		size_t space = space_size(text);
		struct text piece;

		if (space > 0) {
			text = text_tail(text, space);
			continue;
		}
		if (!is_quote(text.data[0])) {
			piece = take_piece(&text);
		} else if (take_quoted(reading, &text, &piece) < 0) {
			return -1;
		}
		if (add_phrase(reading, piece) < 0) {
			return -1;
		}
	}
	return 0;
}

int words_query_read(
	struct text text, struct arena *arena, struct words_query *ret_query, struct error *err)
{
	struct reading reading = {.arena = arena, .err = err};

	/* One more, for a phrase that is one too many to be begun. */
	reading.query.phrases =
		arena_calloc(arena, QUERY_WORDS_MAX + 1, sizeof(*reading.query.phrases));
	if (!reading.query.phrases) {
		return error_no_memory(err);
	}
	if (read_phrases(&reading, text) < 0) {
		return -1;
	}
	if (reading.query.count == 0) {
		return error_set(
			err, ERROR_INVALID, "words are expected, not '%.*s'", TEXT_ARG(text));
	}
	*ret_query = reading.query;
	return 0;
}

/* Whether the words that come next in @rest are those of @phrase. */
static bool follows(const struct words_phrase *phrase, struct text rest)
{
	char buffer[WORDS_WORD_MAX];
	struct text word;

	for (size_t i = 0; i < phrase->count; i++) {
		bool open = phrase->open && i == phrase->count - 1;

		if (!words_next(&rest, buffer, &word) ||
			!(open ? text_starts_with(word, phrase->words[i])
			       : text_equal(word, phrase->words[i]))) {
			return false;
		}
	}
	return true;
}

bool words_phrase_in(const struct words_phrase *phrase, struct text line)
{
	char buffer[WORDS_WORD_MAX];
	struct text word;

	do {
		if (follows(phrase, line)) {
			return true;
		}
	} while (words_next(&line, buffer, &word));
	return false;
}
