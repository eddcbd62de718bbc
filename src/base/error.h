/* SPDX-License-Identifier: MIT
 * What went wrong: a code that programs decide by and a sentence that people read. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/auto.h"

enum error_code {
	ERROR_NONE,
	ERROR_INVALID,	   /* what was given is wrong: syntax, range, meaning */
	ERROR_NOT_FOUND,   /* what was named does not exist */
	ERROR_EXISTS,	   /* what was to be made is there already */
	ERROR_DENIED,	   /* credentials or permission missing */
	ERROR_TOO_LARGE,   /* a ceiling was reached */
	ERROR_UNSUPPORTED, /* a format, coding or version that this program does not read */
	ERROR_OLD,	   /* what is there is of an older form than this program works with */
	ERROR_BUSY,	   /* someone else holds it; trying again later may help */
	ERROR_TIMEOUT,	   /* it took longer than it may */
	ERROR_NO_SPACE,	   /* the disk is full or a quota reached */
	ERROR_NO_MEMORY,   /* an allocation failed */
	ERROR_CORRUPT,	   /* stored data contradicts itself */
	ERROR_SYSTEM,	   /* anything else that the system or a library reported */
};

struct error {
	enum error_code code;
	/* lower case, the problem first, the subject quoted, what to do about it */
	char message[480];
};

/* Sets @err, which may be NULL, and returns -1, so that `return error_set(err, …)` is a failure. */
int error_set(struct error *err, enum error_code code, const char *format, ...) FORMAT_PRINTF(3, 4);

/* As error_set() with ": " and the words for @errnum after the message. The code follows from
 * @errnum: ENOSPC and EDQUOT, ENOMEM, EACCES and EPERM, ENOENT, EEXIST, EBUSY and EAGAIN have their
 * own, all else is ERROR_SYSTEM. */
int error_set_errno(struct error *err, int errnum, const char *format, ...) FORMAT_PRINTF(3, 4);

/* Puts "context: " before the message that @err holds; returns -1. */
int error_prefix(struct error *err, const char *format, ...) FORMAT_PRINTF(2, 3);

/* The common failure of an allocation; returns -1. */
int error_no_memory(struct error *err);

#endif
