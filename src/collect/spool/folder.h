/* SPDX-License-Identifier: MIT
 * Private to the spool: its folder, and files in it. */
#ifndef COLLECT_SPOOL_FOLDER_H
#define COLLECT_SPOOL_FOLDER_H

#include "base/error.h"
#include "base/text.h"

struct spool_folder {
	char *path;
	int fd;
};

/* Fails with errno: "cannot @what '@folder/@name': …". */
int spool_folder_fail(
	const struct spool_folder *folder, const char *what, const char *name, struct error *err);

/* Opens the file @name, for the owner alone where it is made. */
int spool_folder_open_file(const struct spool_folder *folder, const char *name, int flags,
	struct error *err) CHECK_RESULT;

/* As write(2), but all of @text. -1 with errno. */
int spool_folder_write(int fd, struct text text) CHECK_RESULT;

/* As pread(2), but less than @size only at the end of the file. */
ssize_t spool_folder_read(int fd, char *to, size_t size, int64_t at) CHECK_RESULT;

/* Replaces the file @name by @content: written beside it, brought to the disk, renamed, and the
 * folder brought to the disk. */
int spool_folder_replace(const struct spool_folder *folder, const char *name, struct text content,
	struct error *err) CHECK_RESULT;

#endif
