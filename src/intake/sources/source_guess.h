/* SPDX-License-Identifier: MIT
 * What an input seems to be: for the message that says why it is not read. */
#ifndef INTAKE_SOURCES_SOURCE_GUESS_H
#define INTAKE_SOURCES_SOURCE_GUESS_H

#include "intake/sources/source.h"

struct source_guess {
	const char *what;
	const char *advice; /* what to do about it; NULL: nothing but to give something else */
};

/* Whether @beginning, the first lines of an input, is of a known kind that is not read. What may be
 * this API's or Asterisk's channel event log is not. */
bool source_guess_foreign(struct text beginning, struct source_guess *ret_guess);

#define SOURCE_GUESS_WORDS_SIZE 400

/* Writes a sentence: what @guess is, that it is not read, and what is. */
void source_guess_words(const struct source_guess *guess, char words[SOURCE_GUESS_WORDS_SIZE]);

/* Whether @beginning looks like a format that --format names, which is not @own: then @words say
 * so.
 */
bool source_guess_other(struct text beginning, const struct source_format *own,
	char words[SOURCE_GUESS_WORDS_SIZE]);

/* The same for an input that is of no known kind. */
void source_guess_unknown(struct text beginning, char words[SOURCE_GUESS_WORDS_SIZE]);

#endif
