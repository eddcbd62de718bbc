/* SPDX-License-Identifier: MIT
 * A file to be read from its beginning to its end, gzip and zstd undone, told by their first bytes.
 */
#ifndef CMD_INPUT_H
#define CMD_INPUT_H

#include "intake/stream/decoder.h"

struct input {
	int fd;
	const char *name; /* for messages */
	int64_t size;	  /* bytes on disk; 0: not known */
	int64_t read;	  /* of them so far */
	struct decoder *decoder;
	char *chunk;
	struct text raw; /* what of the chunk is not decoded yet */
	bool more;	 /* the decoder holds more than it gave */
	bool ended;
	struct text head; /* peeked, not yet given by input_next() */
	char *head_data;
};

/* Opens @path, "-" for standard input. */
int input_open(struct input *input, const char *path, struct error *err) CHECK_RESULT;
void input_close(struct input *input);

/* The beginning, half of INPUT_HEAD_SIZE or more, or all there is, of however many members or
 * frames; input_next() gives it again. Once, before input_next(). */
#define INPUT_HEAD_SIZE ((size_t)128 << 10)
int input_peek(struct input *input, struct text *ret_head, struct error *err) CHECK_RESULT;

/* The next bytes, valid until the next call. 1 with some, 0 at the end, negative when it cannot be
 * read. */
int input_next(struct input *input, struct text *ret_text, struct error *err) CHECK_RESULT;

#endif
