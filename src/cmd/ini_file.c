/* SPDX-License-Identifier: MIT
 * Reading an INI file by inih, whose handler is not told the line: the line reader counts it. */
#include "cmd/ini_file.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

struct ini_file {
	FILE *stream;
	const char *path;
	unsigned int line;
	ini_file_each *each;
	void *context;
	struct error *err;
	int status;
};

static void close_stream(FILE **stream)
{
	if (*stream) {
		fclose(*stream);
	}
}

static char *read_line(char *buffer, int size, void *context)
{
	struct ini_file *file = context;
	char *line = file->status < 0 ? NULL : fgets(buffer, size, file->stream);

	if (line) {
		file->line++;
		if (strlen(line) + 1 == (size_t)size && line[size - 2] != '\n') {
			file->status = error_set(file->err, ERROR_INVALID,
				"%s:%u: the line is longer than %d bytes", file->path, file->line,
				size - 2);
			return NULL;
		}
	}
	return line;
}

static int take_value(void *context, const char *section, const char *name, const char *value)
{
	struct ini_file *file = context;

	if (section[0] != '\0' && strcmp(section, "callstep") != 0) {
		file->status = error_set(file->err, ERROR_INVALID,
			"%s:%u: there is no section [%s]: "
			"settings stand under [callstep] or none",
			file->path, file->line, section);
	} else {
		file->status = file->each(file->context, name, value, file->line, file->err);
	}
	return file->status == 0;
}

int ini_file_read(const char *path, ini_file_each *each, void *context, struct error *err)
{
	AUTO(close_stream) FILE *stream = fopen(path, "re");
	struct ini_file file = {
		.stream = stream, .path = path, .each = each, .context = context, .err = err};
	int bad_line;

	if (!stream) {
		return error_set_errno(err, errno, "cannot open the settings '%s'", path);
	}
	bad_line = ini_parse_stream(read_line, &file, take_value, &file);
	if (file.status < 0) {
		return -1;
	}
	if (ferror(stream)) {
		return error_set_errno(err, errno, "cannot read the settings '%s'", path);
	}
	if (bad_line != 0) {
		return error_set(err, ERROR_INVALID, "%s:%d: write name = value", path, bad_line);
	}
	return 0;
}
