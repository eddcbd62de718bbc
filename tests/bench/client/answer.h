/* SPDX-License-Identifier: MIT
 * Reads one HTTP/1.1 answer as its bytes come: the status, the body's end by Content-Length or
 * chunks, its length and CRC. */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_HEAD_MAX 8192
#define ANSWER_KEPT_MAX 4096

enum answer_state {
	ANSWER_HEAD,
	ANSWER_BODY,
	ANSWER_CHUNK_SIZE,
	ANSWER_CHUNK,
	ANSWER_CHUNK_END,
	ANSWER_TRAILER,
	ANSWER_DONE,
};

struct answer {
	enum answer_state state;
	int status;
	bool closes;	 /* the server closes the connection after it */
	bool hash;	 /* the CRC is wanted */
	uint32_t crc;	 /* of the body as it came, still compressed */
	uint64_t length; /* of the body as it came */
	uint64_t left;	 /* of the body, or of the chunk */
	size_t line_size;
	size_t head_size;
	size_t kept_size;
	char head[ANSWER_HEAD_MAX + 1]; /* the head, then the line of a chunk */
	char kept[ANSWER_KEPT_MAX + 1]; /* the beginning of the body */
};

void answer_begin(struct answer *answer, bool hash);

/* Takes @size bytes that came. Returns 1 when the answer is whole, 0 when more must come, negative
 * when it is not an answer. */
int answer_feed(struct answer *answer, const char *data, size_t size);

/* The integer after "@member": in what was kept of the body; 0 without it. */
uint64_t answer_member(const struct answer *answer, const char *member);

#endif
