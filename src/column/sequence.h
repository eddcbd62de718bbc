/* SPDX-License-Identifier: MIT
 * Sequences of a block's kinds: paths, shapes and visits. A column of them is a u32 how many there
 * are; then each, a varint of its bytes and its kinds. A kind takes a byte below 240; from there to
 * 4,079 two, the first 240 to 254; otherwise 255 and four. */
#ifndef COLUMN_SEQUENCE_H
#define COLUMN_SEQUENCE_H

#include "column/layout.h"

#define SEQUENCE_BYTE  240
#define SEQUENCE_WIDE  255
#define SEQUENCE_PAIRS (SEQUENCE_BYTE + (SEQUENCE_WIDE - SEQUENCE_BYTE) * 256)

/* Writes the kinds that @kinds, uint32_t after uint32_t, is a text of. */
void column_sequence_put(struct buffer *out, struct text kinds);

/* Walks a column of sequences. */
struct column_sequences {
	struct column_reader reader;
	uint32_t count;
	uint32_t done;
	uint32_t kinds; /* how many the block has: all are below that */
};

int column_sequences_open(struct column_sequences *sequences, struct text payload,
	enum column_id column, int64_t block, uint32_t kinds, struct error *err) CHECK_RESULT;

/* The next sequence, whose kinds column_sequence_next() reads; there is one. */
int column_sequences_next(struct column_sequences *sequences, struct text *ret_sequence,
	struct error *err) CHECK_RESULT;

#define SEQUENCE_BAD UINT32_MAX

/* Takes the next kind off the front of @rest, which is not empty; SEQUENCE_BAD when it is not one.
 */
static inline uint32_t column_sequence_next(struct text *rest)
{
	unsigned char byte = (unsigned char)*rest->data;
	uint32_t size, kind;

	if (byte < SEQUENCE_BYTE) {
		*rest = text_tail(*rest, 1);
		return byte;
	}
	size = byte < SEQUENCE_WIDE ? 2 : 5;
	if (rest->size < size) {
		*rest = text_tail(*rest, rest->size);
		return SEQUENCE_BAD;
	}
	kind = size == 2 ? SEQUENCE_BYTE + ((uint32_t)byte - SEQUENCE_BYTE) * 256 +
				   (unsigned char)rest->data[1]
			 : column_get32(rest->data + 1);
	*rest = text_tail(*rest, size);
	return kind;
}

/* ERROR_CORRUPT: the sequence that was read last has a kind that the block does not have. */
int column_sequence_bad(const struct column_sequences *sequences, struct error *err);

#endif
