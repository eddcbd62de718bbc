/* SPDX-License-Identifier: MIT
 * Writing for people: widths, wrapping, colour, numbers. */
#ifndef CMD_TERMINAL_H
#define CMD_TERMINAL_H

#include <stdio.h>

#include "base/text.h"
#include "cmd/settings.h"

/* Lets UTF-8 widths be known. Call it once, before anything else here. */
void terminal_init(void);

/* Whether @stream goes to a terminal. */
bool terminal_is(FILE *stream);

/* Whether the next line of standard input is "yes". */
bool terminal_says_yes(void);

/* Columns of @stream's terminal; 80 when it is none or does not say. */
size_t terminal_width(FILE *stream);

/* Whether to colour what goes to @stream: as --color says, and "auto" on a terminal without
 * NO_COLOR. */
bool terminal_color(FILE *stream, const struct settings *settings);

/* How a stream is written. */
struct view {
	FILE *stream;
	/* For people; otherwise for programs. It is a terminal. */
	bool pretty;
	bool color;
	bool utc;
	size_t width;
};

/* How @stream is written with these settings. */
struct view terminal_view(FILE *stream, const struct settings *settings);

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_RED,
	STYLE_GREEN,
	STYLE_YELLOW,
	STYLE_BLUE,
	STYLE_CYAN,
};

/* The escape sequence that begins @style, STYLE_PLAIN that ends it; "" when not @color. */
const char *terminal_style(bool color, enum style style);

/* Columns that @text takes. */
size_t text_columns(struct text text);

/* How many bytes of @text fit into @columns; whole characters. */
size_t text_fit(struct text text, size_t columns);

/* Writes @text without what could control a terminal or break a row: control characters become
 * spaces. */
void text_write_clean(FILE *stream, struct text text);

/* Takes the next line of at most @columns off the front of @rest, broken at a space where there is
 * one; further spaces at the break are dropped. Returns false when nothing is left. */
bool text_wrap(struct text *rest, size_t columns, struct text *ret_line);

/* Writes @text, wrapped at @width columns, each line after @indent spaces except that the first is
 * taken to stand there already. Ends with a line feed. */
void text_write_wrapped(FILE *stream, struct text text, size_t indent, size_t width);

#define NUMBER_SIZE 32

/* "12,431". Returns @buffer. */
const char *number_format(int64_t number, char buffer[NUMBER_SIZE]);

/* "0:37", "1:02:03". Returns @buffer. */
const char *duration_format(int64_t seconds, char buffer[NUMBER_SIZE]);

#endif
