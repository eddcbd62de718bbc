/* SPDX-License-Identifier: MIT
 * Where a stream that comes feed by feed stands: its line and column, for messages. */
#ifndef INTAKE_STREAM_PLACE_H
#define INTAKE_STREAM_PLACE_H

#include "json/json_reader.h"

struct place {
	const char *data;    /* this feed */
	uint64_t before;     /* bytes of the feeds before it */
	uint64_t line;	     /* from 1 */
	uint64_t line_start; /* offset of the line's first byte in the stream */
};

static inline void place_init(struct place *place)
{
	*place = (struct place){.line = 1};
}

/* The next feed begins at @data. */
static inline void place_begin(struct place *place, const char *data)
{
	place->data = data;
}

/* This feed, @size bytes, is used up. */
static inline void place_end(struct place *place, size_t size)
{
	place->before += size;
}

/* @at in this feed is a line feed. */
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

/* Puts "line L, column C: " before what @err says; returns -1. */
static inline int place_prefix(struct json_position position, struct error *err)
{
	return error_prefix(err, "line %llu, column %llu", (unsigned long long)position.line,
		(unsigned long long)position.column);
}

#endif
