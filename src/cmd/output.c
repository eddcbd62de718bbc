/* SPDX-License-Identifier: MIT
 * Writing a file under another name first. */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/terminal.h"

static int open_temporary(struct output *output, struct error *err)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(&output->temporary, "%s.XXXXXX", output->path) < 0) {
		output->temporary = NULL;
		return error_no_memory(err);
	}
	fd = mkostemp(output->temporary, O_CLOEXEC);
	if (fd < 0) {
		error_set_errno(err, errno, "cannot make a file beside '%s'", output->path);
		free(output->temporary);
		output->temporary = NULL;
		return -1;
	}
	output->stream = fdopen(fd, "w");
	if (!output->stream || fchmod(fd, 0666 & ~mask) < 0) {
		return error_set_errno(err, errno, "cannot write '%s'", output->path);
	}
	return 0;
}

int output_open(struct output *output, const char *path, struct error *err)
{
	*output = (struct output){.path = path};
	if (!path) {
		output->stream = stdout;
		output->terminal = terminal_is(stdout);
		return 0;
	}
	if (open_temporary(output, err) < 0) {
		output_close(output);
		return -1;
	}
	return 0;
}

static int write_error(const struct output *output, struct error *err)
{
	if (!output->path) {
		return error_set_errno(err, errno, "cannot write to standard output");
	}
	return error_set_errno(err, errno, "cannot write '%s'", output->path);
}

int output_check(struct output *output, struct error *err)
{
	return ferror(output->stream) ? write_error(output, err) : 0;
}

int output_commit(struct output *output, struct error *err)
{
	if (fflush(output->stream) != 0 || ferror(output->stream)) {
		return write_error(output, err);
	}
	if (!output->path) {
		return 0;
	}
	if (fsync(fileno(output->stream)) < 0 || rename(output->temporary, output->path) < 0) {
		return write_error(output, err);
	}
	free(output->temporary);
	output->temporary = NULL;
	return 0;
}

/* Line ends and tabs are the document's own. */
static bool is_layout(struct text text)
{
	return text.data[0] == '\n' || text.data[0] == '\t' || text_starts_with(text, TEXT("\r\n"));
}

static void write_escaped(FILE *stream, struct text text)
{
	while (text.size > 0) {
		size_t length = text_utf8_length(text);
		struct text character = text_head(text, length > 0 ? length : 1);

		if (length == 0) {
			fputs("\xef\xbf\xbd", stream);
		} else if (text_is_control(character) && !is_layout(text)) {
			fprintf(stream, "\\u%04x", text_utf8_number(character));
		} else {
			fwrite(character.data, 1, character.size, stream);
		}
		text = text_tail(text, character.size);
	}
}

void output_text(FILE *stream, bool terminal, struct text text)
{
	if (terminal) {
		write_escaped(stream, text);
	} else {
		fwrite(text.data, 1, text.size, stream);
	}
}

int output_buffer(const struct buffer *buffer, struct error *err)
{
	if (buffer->failed) {
		return error_no_memory(err);
	}
	output_text(stdout, terminal_is(stdout), buffer_text(buffer));
	return 0;
}

void output_close(struct output *output)
{
	if (output->path && output->stream) {
		fclose(output->stream);
	}
	if (output->temporary) {
		unlink(output->temporary);
		free(output->temporary);
	}
	*output = (struct output){0};
}
