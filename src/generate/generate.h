/* SPDX-License-Identifier: MIT
 * Made-up calls: the same for the same seed and window, whatever the machine, its zone and its
 * language. */
#ifndef GENERATE_GENERATE_H
#define GENERATE_GENERATE_H

#include "base/buffer.h"

struct generator {
	uint64_t seed;
	int64_t calls;
	int64_t end;
	int64_t done;
	/* the hour that is being filled: calls come in the order of their start, thick and thin as
	 * the hours are */
	int64_t hour_start;
	int64_t hour_end;
	int64_t weight_before; /* of the hours before it */
	int64_t weight_all;
	struct buffer scratch;
};

/* @calls, at most 100 million, that start within @start <= x < @end, which is not empty. */
void generator_init(
	struct generator *generator, uint64_t seed, int64_t calls, int64_t start, int64_t end);
void generator_deinit(struct generator *generator);

/* Appends the next call's canonical JSON and a line feed to @out; false when all were made. */
bool generator_next(struct generator *generator, struct buffer *out);

#endif
