/* SPDX-License-Identifier: MIT
 * Writing kinds in a byte where there are few, and finding one sequence after the other. */
#include "column/sequence.h"

static size_t size_of(uint32_t kind)
{
	if (kind < SEQUENCE_BYTE) {
		return 1;
	}
	return kind < SEQUENCE_PAIRS ? 2 : 5;
}

static void put_kind(struct buffer *out, uint32_t kind)
{
	switch (size_of(kind)) {
	case 1:
		column_put(out, kind, 1);
		return;
	case 2:
		column_put(out, SEQUENCE_BYTE + (kind - SEQUENCE_BYTE) / 256, 1);
		column_put(out, (kind - SEQUENCE_BYTE) % 256, 1);
		return;
	default:
		column_put(out, SEQUENCE_WIDE, 1);
		column_put(out, kind, 4);
	}
}

static uint32_t kind_at(struct text kinds, size_t at)
{
	uint32_t kind;

	memcpy(&kind, kinds.data + at, sizeof(kind));
	return kind;
}

void column_sequence_put(struct buffer *out, struct text kinds)
{
	size_t size = 0;

	for (size_t at = 0; at < kinds.size; at += sizeof(uint32_t)) {
		size += size_of(kind_at(kinds, at));
	}
	column_put_varint(out, size);
	for (size_t at = 0; at < kinds.size; at += sizeof(uint32_t)) {
		put_kind(out, kind_at(kinds, at));
	}
}

int column_sequences_open(struct column_sequences *sequences, struct text payload,
	enum column_id column, int64_t block, uint32_t kinds, struct error *err)
{
	struct column_sequences opened = {
		.reader = {.data = payload, .column = column, .block = block},
		.kinds = kinds,
	};
	uint64_t count;

	if (column_read_number(&opened.reader, 4, &count, err) < 0) {
		return -1;
	}
	if (count > COLUMN_CALLS_MAX) {
		return column_damaged(&opened.reader, "it has more sequences than calls", err);
	}
	opened.count = (uint32_t)count;
	*sequences = opened;
	return 0;
}

int column_sequences_next(
	struct column_sequences *sequences, struct text *ret_sequence, struct error *err)
{
	uint64_t size;
	const char *at;

	if (column_read_varint(&sequences->reader, UINT32_MAX, &size, err) < 0 ||
		!(at = column_read(&sequences->reader, size, err))) {
		return -1;
	}
	sequences->done++;
	*ret_sequence = (struct text){.data = at, .size = size};
	return 0;
}

int column_sequence_bad(const struct column_sequences *sequences, struct error *err)
{
	return column_damaged(
		&sequences->reader, "the sequence before it has a kind that is not there", err);
}
