/* SPDX-License-Identifier: MIT
 * Errors: filling in the code and the sentence. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, enum error_code code, const char *format, ...)
{
	va_list args;

	if (!err) {
		return -1;
	}
	err->code = code;
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return -1;
}

static enum error_code code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
		return ERROR_NO_SPACE;
	case ENOMEM:
		return ERROR_NO_MEMORY;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERROR_DENIED;
	case ENOENT:
		return ERROR_NOT_FOUND;
	case EEXIST:
		return ERROR_EXISTS;
	case EBUSY:
	case EAGAIN:
	case EADDRINUSE:
		return ERROR_BUSY;
	default:
		return ERROR_SYSTEM;
	}
}

int error_set_errno(struct error *err, int errnum, const char *format, ...)
{
	char words[128];
	va_list args;
	int used;

	if (!err) {
		return -1;
	}
	err->code = code_of_errno(errnum);
	va_start(args, format);
	used = vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	if (used >= 0 && (size_t)used < sizeof(err->message)) {
		/* The GNU strerror_r() returns the words, which need not lie in the buffer. */
		snprintf(err->message + used, sizeof(err->message) - (size_t)used, ": %s",
			strerror_r(errnum, words, sizeof(words)));
	}
	return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
	char message[sizeof(err->message)];
	va_list args;
	int used;

	if (!err) {
		return -1;
	}
	memcpy(message, err->message, sizeof(message));
	va_start(args, format);
	used = vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	if (used >= 0 && (size_t)used < sizeof(err->message)) {
		size_t left = sizeof(err->message) - (size_t)used;

		snprintf(err->message + used, left, ": %.*s", (int)left, message);
	}
	return -1;
}

int error_no_memory(struct error *err)
{
	return error_set(err, ERROR_NO_MEMORY, "out of memory");
}
