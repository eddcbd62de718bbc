/* SPDX-License-Identifier: MIT
 * The growing buffer: doubles, never past its ceiling. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CAPACITY_MIN ((size_t)256)

void buffer_init(struct buffer *buffer, size_t ceiling_bytes)
{
	*buffer = (struct buffer){.ceiling_bytes = ceiling_bytes};
}

void buffer_deinit(struct buffer *buffer)
{
	free(buffer->data);
	buffer_init(buffer, buffer->ceiling_bytes);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	buffer->failed = false;
}

static bool enlarge(struct buffer *buffer, size_t wanted)
{
	size_t capacity = buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity;
	char *data;

	while (capacity < wanted) {
		capacity *= 2;
	}
	if (capacity > buffer->ceiling_bytes) {
		capacity = buffer->ceiling_bytes;
	}
	data = realloc(buffer->data, capacity);
	if (!data) {
		return false;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

char *buffer_grow(struct buffer *buffer, size_t size)
{
	if (buffer->failed || size > buffer->ceiling_bytes - buffer->size ||
		!enlarge(buffer, buffer->size + size)) {
		buffer->failed = true;
		return NULL;
	}
	return buffer->data + buffer->size;
}

void buffer_append_int64(struct buffer *buffer, int64_t value)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0) {
		digits[--at] = '-';
	}
	buffer_append(buffer, (struct text){.data = digits + at, .size = sizeof(digits) - at});
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	char *at;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	/* One byte more for the NUL that vsnprintf() writes and that is not counted. */
	at = size >= 0 ? buffer_reserve(buffer, (size_t)size + 1) : NULL;
	if (!at) {
		buffer->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(at, (size_t)size + 1, format, args);
	va_end(args);
	buffer->size += (size_t)size;
}
