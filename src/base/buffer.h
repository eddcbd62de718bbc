/* SPDX-License-Identifier: MIT
 * A buffer that grows up to a ceiling given at birth. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/auto.h"
#include "base/text.h"

struct buffer {
	char *data;
	size_t size;	      /* bytes in use */
	size_t capacity;      /* bytes allocated */
	size_t ceiling_bytes; /* size never goes past it */
	bool failed; /* an append did not fit: kept until buffer_clear(), so that a writer of many
			pieces checks once, at the end */
};

/* An empty buffer; nothing is allocated yet. */
void buffer_init(struct buffer *buffer, size_t ceiling_bytes);

/* Frees the memory; the buffer may be used again, with the same ceiling. */
void buffer_deinit(struct buffer *buffer);

/* Empties the buffer and forgets a failure; the memory is kept for the next use. */
void buffer_clear(struct buffer *buffer);

/* buffer_reserve() where there is no room yet. */
char *buffer_grow(struct buffer *buffer, size_t size) CHECK_RESULT;

/* Makes room for @size more bytes, at least one, and returns where they go; NULL, with `failed`
 * set, when memory or the ceiling is reached. The bytes count only after buffer_advance(). */
CHECK_RESULT static inline char *buffer_reserve(struct buffer *buffer, size_t size)
{
	if (size > buffer->capacity - buffer->size || buffer->failed) {
		return buffer_grow(buffer, size);
	}
	return buffer->data + buffer->size;
}

static inline void buffer_advance(struct buffer *buffer, size_t size)
{
	buffer->size += size;
}

/* After a failure these do nothing. */
static inline void buffer_append(struct buffer *buffer, struct text text)
{
	char *at = text.size > 0 ? buffer_reserve(buffer, text.size) : NULL;

	if (at) {
		memcpy(at, text.data, text.size);
		buffer->size += text.size;
	}
}

static inline void buffer_append_byte(struct buffer *buffer, char byte)
{
	char *at = buffer_reserve(buffer, 1);

	if (at) {
		*at = byte;
		buffer->size++;
	}
}

void buffer_append_int64(struct buffer *buffer, int64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...) FORMAT_PRINTF(2, 3);

/* What is in it; valid until the next change. */
static inline struct text buffer_text(const struct buffer *buffer)
{
	return (struct text){.data = buffer->data, .size = buffer->size};
}

#endif
