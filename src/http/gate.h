/* SPDX-License-Identifier: MIT
 * Private to http/: what a connection receives, read as RFC 9112 says, before the HTTP library
 * reads it. The library (0.9.75, and 1.0 where nothing else is set) takes a bare LF for the end of
 * a line. It cuts a header at a NUL byte, and takes the first of two lengths. It has no option
 * against most of it. 1.0.1 takes the LF behind a chunk's extension for a byte of the chunk. A
 * server in front that reads such bytes otherwise would see one request where the library sees two.
 * So the library gets only what can be read in one way. In the place of what cannot it gets the
 * shortest end of the message. So the message comes to the dispatcher, which answers with the
 * gate's refusal and closes the connection. */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a message the next byte stands. */
enum gate_at {
	GATE_BEFORE, /* between two messages */
	GATE_METHOD,
	GATE_TARGET,
	GATE_VERSION,
	GATE_LINE_END, /* of the request line */
	/* at a header's first byte, or at a trailer's, or at the line that ends them */
	GATE_HEADER,
	GATE_NAME,
	GATE_VALUE,
	GATE_HEAD_END,
	GATE_BODY,
	GATE_CHUNK_SIZE,
	GATE_CHUNK_EXTENSION,
	GATE_CHUNK_DATA,
	GATE_CHUNK_END,
	GATE_TRAILERS_END,
	GATE_LF, /* a CR was read: `after` says what follows the LF */
};

#define GATE_WORD_MAX 24

struct gate {
	size_t head_size_max; /* bytes of a head, and of the trailers */
	/* messages whose first byte was read; the last of them is the refused one */
	uint64_t begun;
	int status;	      /* of the refusal; 0: there is none */
	const char *sentence; /* of the refusal */
	enum gate_at at, after;
	size_t line_size;  /* bytes of the head, of the trailers or of a chunk's first line */
	unsigned int part; /* bytes of the method, the target, the version or the chunk's size */
	unsigned int lines, pairs; /* headers, and cookies in them */
	bool blank;		   /* an empty line stood before the message */
	bool version_1_0;
	bool trailers;
	bool chunked;
	uint64_t left;			      /* bytes of the body or the chunk */
	int kind;			      /* of the header that is being read */
	char word[GATE_WORD_MAX];	      /* its name, then its value where that counts */
	size_t word_size;		      /* of all of it */
	unsigned int hosts, lengths, codings; /* of the head */
};

/* @head_size_max: a head that is longer is refused by 431. */
void gate_init(struct gate *gate, size_t head_size_max);

/* Reads @size bytes that came in at @data, where @room bytes have room. Returns how many bytes the
 * library gets. These are all but the extensions of chunks, which mean nothing here and which the
 * library (1.0.1) cuts in the wrong place. Of a message that is refused they are those before the
 * odd byte, and an end of the message, which was written there. After that it returns 0: nothing
 * behind a refused message is read. Negative where the end has no room: the connection is to be
 * broken off. */
ptrdiff_t gate_read(struct gate *gate, char *data, size_t size, size_t room);

/* Whether nothing of a message has come since the last one. */
static inline bool gate_is_idle(const struct gate *gate)
{
	return gate->at == GATE_BEFORE && gate->status == 0;
}

#endif
