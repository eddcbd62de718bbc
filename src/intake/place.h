/* SPDX-License-Identifier: MIT
 * Where a stream that comes piece by piece stands: its line and column, for messages. */
#ifndef INTAKE_PLACE_H
#define INTAKE_PLACE_H

#include "json/json_reader.h"

struct place {
	const char *data;    /* the piece at hand */
	uint64_t before;     /* bytes of the pieces before it */
	uint64_t line;	     /* from 1 */
	uint64_t line_start; /* offset of the line's first byte in the stream */
};

static inline void place_init(struct place *place)
{
	*place = (struct place){.line = 1};
}

/* The next piece begins at @data. */
static inline void place_begin(struct place *place, const char *data)
{
	place->data = data;
}

/* The piece at hand, @size bytes, is used up. */
static inline void place_end(struct place *place, size_t size)
{
	place->before += size;
}

/* @at in the piece at hand is a line feed. */
static inline void place_line_feed(struct place *place, const char *at)
{
	place->line++;
	place->line_start = place->before + (uint64_t)(at - place->data) + 1;
}

static inline struct json_position place_of(const struct place *place, const char *at)
{
	uint64_t offset = place->before + (uint64_t)(at - place->data);

	return (struct json_position){
		.line = place->line, .column = offset - place->line_start + 1};
}

#endif
