/* SPDX-License-Identifier: MIT
 * Secrets that collectors need: passwords, keys. */
#ifndef COLLECT_SECRET_FILE_H
#define COLLECT_SECRET_FILE_H

#include "base/arena.h"
#include "base/error.h"

/* Reads the secret in the file @path, without the spaces and line feeds round it, into @arena.
 * ERROR_DENIED where others than its owner may read it, ERROR_INVALID where it is empty, longer
 * than 4 KiB or holds control characters. */
int secret_file_read(const char *path, struct arena *arena, struct text *ret_secret,
	struct error *err) CHECK_RESULT;

#endif
