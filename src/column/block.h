/* SPDX-License-Identifier: MIT
 * A block that is read: its head, and its columns as they are needed. Whatever the bytes are that a
 * store gives, nothing is read past them; what contradicts itself is ERROR_CORRUPT, with the block,
 * the column and the byte. */
#ifndef COLUMN_BLOCK_H
#define COLUMN_BLOCK_H

#include "column/column.h"
#include "column/sequence.h"

/* Where blocks are: the store's, or an array's. */
struct column_loader {
	/* Gives the segment of the block with the place @block, which stays valid until a segment
	 * of another block is asked for. {NULL, 0}: the block has no such column. */
	int (*load)(void *context, size_t block, enum column_id column, struct text *ret_segment,
		struct error *err);
	void *context;
};

struct column_block {
	const struct column_loader *loader;
	size_t place;	/* for the loader */
	int64_t number; /* the store's, for messages */
	uint32_t version;
	uint32_t count; /* calls */
	uint32_t stamp;
	uint32_t columns; /* a bit for each that it has */
	int64_t first_start;
	int64_t last_start;
	int64_t shortest; /* seconds */
	int64_t longest;
	uint32_t types[CALL_TRANSFER + 1]; /* calls */
	uint32_t detail;		   /* calls that have it */
	uint32_t kinds_count;
	const char *kinds; /* u32 each: the account's ids */
	struct text payloads[COLUMN_COUNT];
};

int column_block_open(struct column_block *block, const struct column_loader *loader, size_t place,
	int64_t number, struct error *err) CHECK_RESULT;

static inline bool column_block_has(const struct column_block *block, enum column_id column)
{
	return (block->columns >> column & 1) != 0;
}

/* The id of the kind that is @local in the block's sequences; @local is below kinds_count. */
static inline uint32_t column_block_kind(const struct column_block *block, uint32_t local)
{
	return column_get32(block->kinds + (size_t)local * 4);
}

/* What the column says, its checksum looked at once. */
int column_block_column(struct column_block *block, enum column_id column, struct text *ret_payload,
	struct error *err) CHECK_RESULT;

/* A bit for each call that no longer counts; NULL: there is none. */
int column_block_gone(
	struct column_block *block, const unsigned char **ret_bits, struct error *err) CHECK_RESULT;

/* ---- columns of numbers ---- */

/* One number a call, all of one width. */
struct column_array {
	const char *at;
	uint32_t width;
};

static inline uint64_t column_array_at(const struct column_array *array, uint32_t i)
{
	return column_get(array->at + (size_t)i * array->width, array->width);
}

/* @max is the greatest width that it may have. */
int column_block_array(struct column_block *block, enum column_id column, uint32_t max,
	struct column_array *ret_array, struct error *err) CHECK_RESULT;

/* A column of how calls went: COLUMN_OUTCOME to COLUMN_ENDED_BY. One that the block does not have
 * has a 0 for each call. ERROR_CORRUPT where the block was made before such columns were. */
int column_block_course(struct column_block *block, enum column_id column,
	struct column_array *ret_array, struct error *err) CHECK_RESULT;

/* The flags, a byte a call. */
int column_block_flags(struct column_block *block, const unsigned char **ret_flags,
	struct error *err) CHECK_RESULT;

/* Numbers by what they are more than the least of COLUMN_SPAN of them. */
struct column_spans {
	const char *bases;
	struct column_array more;
	uint32_t count;
};

int column_block_spans(struct column_block *block, enum column_id column,
	struct column_spans *ret_spans, struct error *err) CHECK_RESULT;

static inline int64_t column_spans_at(const struct column_spans *spans, uint32_t i)
{
	return (int64_t)(column_get64(spans->bases + (size_t)(i / COLUMN_SPAN) * 8) +
			 column_array_at(&spans->more, i));
}

/* How many of the numbers, which ascend, are below @value. */
uint32_t column_spans_below(const struct column_spans *spans, int64_t value);

#define COLUMN_LONG UINT16_MAX /* a duration that stands elsewhere */

struct column_durations {
	const char *values; /* u16 each, COLUMN_LONG or more seconds: in `longer` */
	const char *longer; /* u32 call, i64 seconds; by call */
	uint32_t longer_count;
	struct column_reader reader; /* for messages */
};

int column_block_durations(struct column_block *block, struct column_durations *ret_durations,
	struct error *err) CHECK_RESULT;

static inline uint32_t column_durations_short(const struct column_durations *durations, uint32_t i)
{
	return column_get16(durations->values + (size_t)i * 2);
}

static inline uint32_t column_durations_long_call(
	const struct column_durations *durations, uint32_t at)
{
	return column_get32(durations->longer + (size_t)at * 12);
}

static inline int64_t column_durations_long(const struct column_durations *durations, uint32_t at)
{
	return (int64_t)column_get64(durations->longer + (size_t)at * 12 + 4);
}

int column_durations_at(const struct column_durations *durations, uint32_t i, int64_t *ret_seconds,
	struct error *err) CHECK_RESULT;

/* ---- paths ---- */

/* What is known of each path. */
struct column_paths {
	uint32_t count;
	struct column_array steps;
	struct column_array shapes; /* its sequence in COLUMN_SHAPES */
	struct column_array visits;
	struct column_reader reader; /* for messages */
};

/* Opens COLUMN_SHAPES, COLUMN_VISITS or COLUMN_PATHS. */
int column_block_sequences(struct column_block *block, enum column_id column,
	struct column_sequences *ret_sequences, struct error *err) CHECK_RESULT;

int column_block_paths(
	struct column_block *block, struct column_paths *ret_paths, struct error *err) CHECK_RESULT;

/* ERROR_CORRUPT: a call has a path that is not there. */
int column_paths_damaged(const struct column_block *block, uint32_t call, struct error *err);

#endif
