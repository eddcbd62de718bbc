/* SPDX-License-Identifier: MIT
 * What a file to be imported holds, and how it is read. */
#ifndef CMD_IMPORT_FILE_H
#define CMD_IMPORT_FILE_H

#include "cmd/input.h"
#include "intake/sources/source.h"

/* Whether @name, NULL for not said, can be said with --format. */
int import_format_check(const char *name, struct error *err) CHECK_RESULT;

/* Finds what @name, which was checked, and the beginning of @input stand for. */
int import_format_find(const struct source_format **ret_format, const char *name,
	struct input *input, struct error *err) CHECK_RESULT;

/* Reads @input to its end and hands every call in it to @sink. @progress is told after each piece.
 */
int import_file_cut(struct input *input, const struct source_format *format,
	const struct source_input *opened, const struct source_sink *sink,
	void (*progress)(void *context), struct error *err) CHECK_RESULT;

#endif
