/* SPDX-License-Identifier: MIT
 * A body that is pulled: a chunk at a time is composed, then taken as the connection takes it,
 * compressed where that is asked for. It is a job's, and only composing knows what it is of. */
#ifndef API_BODY_H
#define API_BODY_H

#include "base/buffer.h"
#include "call/pack.h"
#include "http/http.h"
#include "store/store.h"

/* A buffer never holds more, a call included. */
#define BODY_CHUNK_MAX ((size_t)128 << 20)
/* A call but its steps, in any form, and the front and the end. */
#define BODY_HEADER_MAX ((size_t)16384)

struct job;
struct body;
struct gzip_stream;

/* Appends what comes next to body->chunk, which is empty. 1, 0 at the end, HTTP_BODY_WAIT when
 * there is nothing now, -1 on failure. */
typedef int body_composer(struct body *body, struct error *err);

/* Writes what comes next to @to itself, which spares a copy. Returns how many bytes; 0 when that
 * does not come next or does not fit in @max; -1 on failure. */
typedef ssize_t body_writer(struct body *body, char *to, size_t max, struct error *err);

struct body {
	struct job *job;
	body_composer *compose;
	body_writer *write; /* NULL: nothing can be written so */
	struct unpacker *unpacker;
	struct gzip_stream *gzip; /* NULL: it is sent as it is */
	struct buffer json;	  /* one call */
	struct buffer chunk;	  /* what is next to go out begins at chunk_at */
	size_t chunk_at;
};

/* Makes the body of @job, all zero, compressed where job->gzip says so; @unpacks: of calls as they
 * are stored. Negative: out of memory. */
int body_init(struct body *body, struct job *job, body_composer *compose, bool unpacks,
	struct error *err) CHECK_RESULT;

/* Frees its memory; one that is all zero is accepted. */
void body_deinit(struct body *body);

/* What the body comes to hold beside its two buffers while it is sent. The buffers hold one of the
 * @count @calls at a time. *ret_size is the size of the largest as JSON. */
size_t body_bytes(const struct body *body, const struct store_call *calls, size_t count,
	size_t *ret_size) CHECK_RESULT;

/* It is what the job answers, of @size bytes; -1: that is not known. */
void body_answer(struct body *body, int64_t size);

/* Appends the JSON of @call to @buffer: its header alone where it is not packed. */
int body_append(struct body *body, const struct store_call *call, struct buffer *buffer,
	struct error *err) CHECK_RESULT;

/* Takes bytes as they are. Returns how many; 0 at the end, HTTP_BODY_WAIT, -1 on failure. */
ssize_t body_read(struct body *body, char *to, size_t max, struct error *err) CHECK_RESULT;

#endif
