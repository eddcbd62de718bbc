/* SPDX-License-Identifier: MIT
 * What of a line was asked for. */
#ifndef CMD_HIGHLIGHT_H
#define CMD_HIGHLIGHT_H

#include <stdio.h>

#include "call/words.h"

/* Whether any of @query's phrases stands in @line. */
bool highlight_finds(const struct words_query *query, struct text line);

/* Writes @line as text_write_clean() does, with the words of @query marked when @color. */
void highlight_write(FILE *stream, const struct words_query *query, struct text line, bool color);

#endif
