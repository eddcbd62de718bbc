/* SPDX-License-Identifier: MIT
 * Reading and decoding a file. */
#include "cmd/input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define CHUNK_SIZE ((size_t)256 << 10)

static int64_t size_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? (int64_t)status.st_size : 0;
}

static enum stream_coding coding_of(struct text beginning)
{
	if (text_starts_with(beginning, TEXT("\x1f\x8b"))) {
		return STREAM_GZIP;
	}
	return text_starts_with(beginning, TEXT("\x28\xb5\x2f\xfd")) ? STREAM_ZSTD
								     : STREAM_IDENTITY;
}

/* Reads the next chunk; a short one is only the last. */
static int read_chunk(struct input *input, struct error *err)
{
	size_t got = 0;

	while (got < CHUNK_SIZE) {
		ssize_t n = read(input->fd, input->chunk + got, CHUNK_SIZE - got);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return error_set_errno(err, errno, "cannot read '%s'", input->name);
		}
		if (n == 0) {
			input->ended = true;
			break;
		}
		got += (size_t)n;
	}
	input->read += (int64_t)got;
	input->raw = (struct text){.data = input->chunk, .size = got};
	return 0;
}

int input_open(struct input *input, const char *path, struct error *err)
{
	bool standard = strcmp(path, "-") == 0;

	*input = (struct input){.fd = -1, .name = standard ? "standard input" : path};
	input->fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			     : open(path, O_RDONLY | O_CLOEXEC);
	if (input->fd < 0) {
		return error_set_errno(err, errno, "cannot open '%s'", input->name);
	}
	input->size = size_of(input->fd);
	input->chunk = malloc(CHUNK_SIZE);
	input->head_data = malloc(INPUT_HEAD_SIZE);
	if (!input->chunk || !input->head_data) {
		return error_no_memory(err);
	}
	if (read_chunk(input, err) < 0) {
		return -1;
	}
	return decoder_create(&input->decoder, coding_of(input->raw), err);
}

void input_close(struct input *input)
{
	if (!input->name) {
		return;
	}
	file_close(&input->fd);
	decoder_destroy(input->decoder);
	free(input->chunk);
	free(input->head_data);
	*input = (struct input){.fd = -1};
}

static int decode_next(struct input *input, struct text *ret_text, struct error *err)
{
	struct text text = {0};

	while (text.size == 0) {
		int status;

		if (input->raw.size == 0 && !input->more) {
			if (input->ended) {
				return decoder_end(input->decoder, err) < 0 ? -1 : 0;
			}
			if (read_chunk(input, err) < 0) {
				return -1;
			}
		}
		status = decoder_step(input->decoder, &input->raw, &text, err);
		if (status < 0) {
			return -1;
		}
		input->more = status > 0;
	}
	*ret_text = text;
	return 1;
}

int input_peek(struct input *input, struct text *ret_head, struct error *err)
{
	size_t used = 0;
	struct text text;
	int status = 1;

	/* A step gives at most DECODER_STEP: one that would not fit is not taken. */
	while (used == 0 || (used + DECODER_STEP <= INPUT_HEAD_SIZE)) {
		status = decode_next(input, &text, err);
		if (status <= 0) {
			break;
		}
		memcpy(input->head_data + used, text.data, text.size);
		used += text.size;
	}
	if (status < 0) {
		return -1;
	}
	input->head = (struct text){.data = input->head_data, .size = used};
	*ret_head = input->head;
	return 0;
}

int input_next(struct input *input, struct text *ret_text, struct error *err)
{
	if (input->head.size > 0) {
		*ret_text = input->head;
		input->head = (struct text){0};
		return 1;
	}
	return decode_next(input, ret_text, err);
}
