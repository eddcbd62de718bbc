/* SPDX-License-Identifier: MIT
 * Small files, read whole; folders. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/arena.h"
#include "base/error.h"

/* Reads the file at @path into @arena. At most @ceiling_bytes: ERROR_TOO_LARGE otherwise. */
int file_read(const char *path, size_t ceiling_bytes, struct arena *arena, struct text *ret_content,
	struct error *err) CHECK_RESULT;

/* Makes @folder and those above it where they are missing, for this user alone. ERROR_INVALID: it
 * is something else, or its name is empty. */
int file_make_folder(const char *folder, struct error *err) CHECK_RESULT;

/* Closes a descriptor that is not negative; for AUTO(). */
void file_close(int *fd);

#endif
