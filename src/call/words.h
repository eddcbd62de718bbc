/* SPDX-License-Identifier: MIT
 * Words: how lines are cut into words, folded, and asked for. Everything that searches text cuts
 * and folds by these functions, so that every store and the tail find the same. */
#ifndef CALL_WORDS_H
#define CALL_WORDS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

/* A longer word is cut off there, in texts and in questions alike. */
#define WORDS_WORD_MAX 64 /* bytes, folded */

/* Takes the next word off the front of @rest, UTF-8: a run of letters, digits and marks. Case and
 * accents are folded away (Unicode: compatibility decomposition, marks dropped, full case folding).
 * Each letter of a script that puts no spaces between words (Han, Kana, Thai, Lao, Khmer, Myanmar)
 * is a word by itself. False when none is left. @ret_word points into @buffer. */
bool words_next(struct text *rest, char buffer[WORDS_WORD_MAX], struct text *ret_word);

/* Words that follow each other in one line; a single word is a phrase of one. */
struct words_phrase {
	struct text *words; /* folded; at least one */
	size_t count;
	bool open; /* the last one is only the beginning of a word: `wor*` */
};

/* Phrases that all stand in the call's lines, each in any of them. count 0: no question. */
struct words_query {
	struct words_phrase *phrases;
	size_t count;
};

/* Reads `invalid "press one" confir*`. What is not a word separates words; what is written together
 * (`user-input`) is a phrase. A * behind a phrase's last word leaves its end open, inside of quotes
 * too. Everything is copied into @arena. ERROR_INVALID: there is no word in it, or a * elsewhere,
 * or a quote has no end, or it has more than 32 words. */
int words_query_read(struct text text, struct arena *arena, struct words_query *ret_query,
	struct error *err) CHECK_RESULT;

/* Whether @phrase stands in @line. */
bool words_phrase_in(const struct words_phrase *phrase, struct text line);

#endif
