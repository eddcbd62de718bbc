/* SPDX-License-Identifier: MIT
 * A file that appears only when it is whole. */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"

struct output {
	FILE *stream;
	bool terminal;	  /* the stream goes to one */
	const char *path; /* NULL: standard output */
	char *temporary;  /* beside path; NULL once it has its name */
};

/* Opens a new file beside @path, which stays in use, or standard output when it is NULL. */
int output_open(struct output *output, const char *path, struct error *err) CHECK_RESULT;

/* Negative when what was written so far did not fit or could not be written. */
int output_check(struct output *output, struct error *err) CHECK_RESULT;

/* Brings all of it to the disk and gives it its name, in place of what was there. */
int output_commit(struct output *output, struct error *err) CHECK_RESULT;

/* Writes @text, which may hold what others sent. To a @terminal, what text_is_control() names is
 * written as JSON would have it escaped (\u009b), but for line feeds and tabs. Anywhere else it is
 * written as it is. */
void output_text(FILE *stream, bool terminal, struct text text);

/* Writes all of @buffer to standard output as output_text() does; ERROR_NO_MEMORY when it did not
 * hold what was appended to it. That standard output fails is told when the program ends. */
int output_buffer(const struct buffer *buffer, struct error *err) CHECK_RESULT;

/* Closes; what was not committed is removed. */
void output_close(struct output *output);

#endif
