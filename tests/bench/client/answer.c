/* SPDX-License-Identifier: MIT
 * Reading an HTTP answer (RFC 9112, §6 and §7). */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void answer_begin(struct answer *answer, bool hash)
{
	answer->state = ANSWER_HEAD;
	answer->status = 0;
	answer->closes = false;
	answer->hash = hash;
	answer->crc = 0;
	answer->length = 0;
	answer->left = 0;
	answer->line_size = 0;
	answer->head_size = 0;
	answer->kept_size = 0;
}

static void take_body(struct answer *answer, const char *data, size_t size)
{
	size_t room = ANSWER_KEPT_MAX - answer->kept_size;
	size_t kept = size < room ? size : room;

	memcpy(answer->kept + answer->kept_size, data, kept);
	answer->kept_size += kept;
	answer->length += size;
	answer->left -= size;
	if (answer->hash) {
		answer->crc = (uint32_t)crc32_z(answer->crc, (const unsigned char *)data, size);
	}
}

/* Where the field @name's value begins in the head; NULL without it. */
static const char *field(const struct answer *answer, const char *name)
{
	const char *at = strcasestr(answer->head, name);

	return at ? at + strlen(name) : NULL;
}

static int read_head(struct answer *answer)
{
	const char *length = field(answer, "\r\nContent-Length:");
	const char *coding = field(answer, "\r\nTransfer-Encoding:");
	const char *connection = field(answer, "\r\nConnection:");

	if (strncmp(answer->head, "HTTP/1.1 ", 9) != 0) {
		return -1;
	}
	answer->status = (int)strtol(answer->head + 9, NULL, 10);
	answer->closes = connection && strncasecmp(connection, " close", 6) == 0;
	if (coding) {
		answer->state = ANSWER_CHUNK_SIZE;
		return 0;
	}
	if (!length) {
		return -1;
	}
	answer->left = strtoull(length, NULL, 10);
	answer->state = answer->left > 0 ? ANSWER_BODY : ANSWER_DONE;
	return 0;
}

/* Appends to the head up to its empty line. Returns how many bytes it took, negative on failure. */
static long feed_head(struct answer *answer, const char *data, size_t size)
{
	size_t room = ANSWER_HEAD_MAX - answer->head_size;
	size_t taken = size < room ? size : room;
	size_t before = answer->head_size;

	memcpy(answer->head + before, data, taken);
	answer->head[before + taken] = '\0';
	const char *end = strstr(answer->head, "\r\n\r\n");
	if (!end) {
		answer->head_size += taken;
		return taken < size ? -1 : (long)taken;
	}
	answer->head_size = (size_t)(end - answer->head) + 4;
	answer->head[answer->head_size] = '\0';
	return read_head(answer) < 0 ? -1 : (long)(answer->head_size - before);
}

static void end_line(struct answer *answer)
{
	answer->head[answer->line_size] = '\0';
	if (answer->state == ANSWER_CHUNK_SIZE) {
		answer->left = strtoull(answer->head, NULL, 16);
		answer->state = answer->left > 0 ? ANSWER_CHUNK : ANSWER_TRAILER;
	} else if (answer->state == ANSWER_CHUNK_END) {
		answer->state = ANSWER_CHUNK_SIZE;
	} else if (answer->line_size == 0) {
		answer->state = ANSWER_DONE;
	}
	answer->line_size = 0;
}

/* Takes a byte of a line between chunks. */
static int feed_line(struct answer *answer, char byte)
{
	if (byte == '\n') {
		end_line(answer);
	} else if (byte != '\r') {
		if (answer->line_size == ANSWER_HEAD_MAX) {
			return -1;
		}
		answer->head[answer->line_size++] = byte;
	}
	return 0;
}

static size_t feed_body(struct answer *answer, const char *data, size_t size)
{
	size_t taken = size < answer->left ? size : (size_t)answer->left;

	take_body(answer, data, taken);
	if (answer->left == 0) {
		answer->state = answer->state == ANSWER_BODY ? ANSWER_DONE : ANSWER_CHUNK_END;
	}
	return taken;
}

int answer_feed(struct answer *answer, const char *data, size_t size)
{
	while (size > 0 && answer->state != ANSWER_DONE) {
		long taken = 1;

		if (answer->state == ANSWER_HEAD) {
			taken = feed_head(answer, data, size);
		} else if (answer->state == ANSWER_BODY || answer->state == ANSWER_CHUNK) {
			taken = (long)feed_body(answer, data, size);
		} else if (feed_line(answer, *data) < 0) {
			taken = -1;
		}
		if (taken < 0) {
			return -1;
		}
		data += taken;
		size -= (size_t)taken;
	}
	if (answer->state != ANSWER_DONE) {
		return 0;
	}
	return size == 0 ? 1 : -1; /* more than was asked for */
}

uint64_t answer_member(const struct answer *answer, const char *member)
{
	char name[64];

	snprintf(name, sizeof(name), "\"%s\":", member);
	const char *at = memmem(answer->kept, answer->kept_size, name, strlen(name));
	if (!at) {
		return 0;
	}
	char digits[24] = {0};
	size_t from = (size_t)(at - answer->kept) + strlen(name);
	for (size_t i = 0; i < sizeof(digits) - 1 && from + i < answer->kept_size; i++) {
		digits[i] = answer->kept[from + i];
	}
	return strtoull(digits, NULL, 10);
}
