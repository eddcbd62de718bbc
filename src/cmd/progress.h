/* SPDX-License-Identifier: MIT
 * A progress bar on standard error, while that is a terminal. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#include "cmd/settings.h"

struct progress {
	const char *what; /* "import" */
	const char *unit; /* "calls"; of `count` */
	int64_t all;	  /* of `done`; 0 or less: not known */
	int64_t done;	  /* bytes, or what `all` counts */
	int64_t count;
	int64_t began_us;
	int64_t drawn_us; /* 0: not yet */
	bool shown;
};

/* @all is what `done` will reach, 0 when that is not known. */
void progress_begin(struct progress *progress, const struct settings *settings, const char *what,
	const char *unit, int64_t all);

/* Cheap enough to be called for every record: draws ten times a second at most. */
void progress_update(struct progress *progress, int64_t done, int64_t count);

/* Takes the bar away, so that something else can be written; the next update draws it again. */
void progress_clear(struct progress *progress);

/* The bar's line after @elapsed_us, at most @width columns. Returns @buffer. */
const char *progress_format(const struct progress *progress, int64_t elapsed_us, size_t width,
	char *buffer, size_t size);

#endif
