/* SPDX-License-Identifier: MIT
 * The files that a log was rotated to, and their order. Names like `Master.csv.1`,
 * `Master.csv-20261129`, `Master.1.csv` and `Master-20261129.csv` are those of `Master.csv`, with
 * `.gz` and the like behind them too.
 *
 * A file that was written to later comes later. Where two were at the same time, the one with the
 * larger number of a rotation is the older one, and a name with an earlier date is. The log itself
 * comes last, whenever it was written to. */
#ifndef COLLECT_CEL_ROTATION_H
#define COLLECT_CEL_ROTATION_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A place in that order. */
struct cel_rotation_place {
	int64_t device, inode; /* the file; 0: it is gone */
	int64_t changed_ns;    /* when it was written to last */
};

struct cel_rotation_next {
	char name[NAME_MAX + 1];
	int64_t inode;
	size_t compressed; /* files before it that cannot be read as they are */
	char last_compressed[NAME_MAX + 1];
	/* The number of the file before it is so much larger than its own that others are gone. */
	int64_t missing;
};

/* Finds the file that comes next behind @after in the order, of those in @folder that the log
 * @name was rotated to, and the log itself. Returns 1 when there is one, 0 when there is none yet,
 * 2 when files were renamed meanwhile: ask again. */
int cel_rotation_next(const char *folder, const char *name, const struct cel_rotation_place *after,
	struct cel_rotation_next *ret_next, struct error *err) CHECK_RESULT;

#endif
