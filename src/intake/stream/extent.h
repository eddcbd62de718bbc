/* SPDX-License-Identifier: MIT
 * The extent of a JSON value in a stream: where it ends, found without reading what it holds.
 * Whether it is good JSON is for the reader to say once it is whole. */
#ifndef INTAKE_STREAM_EXTENT_H
#define INTAKE_STREAM_EXTENT_H

#include "intake/stream/place.h"

/* Brackets are matched by kind to this depth and counted beyond it. The reader refuses such a value
 * anyway, but it has to be passed over first. */
#define EXTENT_LEVELS 1024

struct extent {
	uint64_t depth;				/* brackets open */
	uint64_t is_object[EXTENT_LEVELS / 64]; /* a bit a level */
	bool scalar; /* neither in brackets nor quotes: ends before a delimiter */
	bool in_string;
	bool escaped; /* a backslash came just before */
};

/* A value begins with the byte that extent_scan() is given next. @first is that byte. */
void extent_start(struct extent *extent, char first);

/* Scans on from *@at, counting lines in @place. Returns 1 when the value ends, with *@at just
 * behind it, and 0 when it goes on after @end. Negative when *@at is a bracket that closes none of
 * its kind. */
int extent_scan(struct extent *extent, struct place *place, const char **at, const char *end,
	struct error *err) CHECK_RESULT;

#endif
