/* SPDX-License-Identifier: MIT
 * Small files, read whole. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"
#include "base/error.h"

/* Reads the file at @path into @arena. At most @ceiling_bytes: ERROR_TOO_LARGE otherwise. */
int file_read(const char *path, size_t ceiling_bytes, struct arena *arena, struct text *ret_content,
	struct error *err) CHECK_RESULT;

/* Closes a descriptor that is not negative; for AUTO(). */
void file_close(int *fd);

#endif
