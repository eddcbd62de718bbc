/* SPDX-License-Identifier: MIT
 * Reads an INI file, telling the line of every value. */
#ifndef CMD_INI_FILE_H
#define CMD_INI_FILE_H

#include "base/error.h"

/* Called for each `name = value`; both are gone after it. A negative return ends the reading. */
typedef int ini_file_each(
	void *context, const char *name, const char *value, unsigned int line, struct error *err);

/* Reads the file at @path. Values stand without a section, or under [callstep]. Fails with
 * ERROR_INVALID naming file and line where the syntax is wrong, or with what @each said. */
int ini_file_read(
	const char *path, ini_file_each *each, void *context, struct error *err) CHECK_RESULT;

#endif
