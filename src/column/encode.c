/* SPDX-License-Identifier: MIT
 * From rows to columns: times, flags, ids, sessions, and what is put before all columns when they
 * are made. */
#include "column/encode.h"

static int bad_row(uint32_t row, const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID, "call %u of a block: %s", row, what);
}

static bool goes_as_calls_do(const struct call *call)
{
	return call->outcome <= CALL_COMPLETED && call->ended_by <= CALL_ENDED_BY_SYSTEM &&
	       call->answered >= 0 && call->talk >= 0 && call->told >= 0 &&
	       call->told <= COLUMN_FLAG_TOLD >> COLUMN_TOLD_SHIFT;
}

static int check_row(const struct column_encoder *encoder, uint32_t i, struct error *err)
{
	const struct column_row *row = &encoder->rows[i];
	const struct call *call = &row->call;

	if (call->start < 0 || call->end < call->start) {
		return bad_row(i, "it starts before 1970 or ends before it starts", err);
	}
	if (call->steps > 0 && (!call->has_detail || !row->kinds)) {
		return bad_row(i, "it has steps, but not their kinds", err);
	}
	if (row->stays && call->steps == 0) {
		return bad_row(i, "it stayed somewhere without a step", err);
	}
	if (call->state != CALL_ENDED) {
		return bad_row(i, "it has not ended", err);
	}
	if (call->type > CALL_TRANSFER) {
		return bad_row(i, "its type is not known", err);
	}
	if (i > 0 && column_compare(&row[-1].call, call) >= 0) {
		return bad_row(i, "it does not come after the one before it", err);
	}
	if (!goes_as_calls_do(call)) {
		return bad_row(i, "it went as no call does", err);
	}
	return 0;
}

/* ---- numbers that grow ---- */

/* Of each COLUMN_SPAN numbers the least, then what each is more than that. */
static bool put_spans(const int64_t *values, uint32_t count, struct buffer *out)
{
	uint32_t spans = (count + COLUMN_SPAN - 1) / COLUMN_SPAN;
	int64_t bases[COLUMN_CALLS_MAX / COLUMN_SPAN];
	uint64_t most = UINT16_MAX;
	uint32_t width;

	for (uint32_t i = 0; i < count; i++) {
		int64_t *base = &bases[i / COLUMN_SPAN];

		*base = i % COLUMN_SPAN == 0 || values[i] < *base ? values[i] : *base;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint64_t more = (uint64_t)values[i] - (uint64_t)bases[i / COLUMN_SPAN];

		most = more > most ? more : most;
	}
	width = column_width(most);
	column_put(out, width, 1);
	for (uint32_t i = 0; i < spans; i++) {
		column_put(out, (uint64_t)bases[i], 8);
	}
	for (uint32_t i = 0; i < count; i++) {
		column_put(out, (uint64_t)values[i] - (uint64_t)bases[i / COLUMN_SPAN], width);
	}
	return !out->failed;
}

static int encode_spans(struct column_encoder *encoder, struct error *err)
{
	int64_t *values = arena_calloc(&encoder->arena, encoder->count, sizeof(*values));

	if (!values) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < encoder->count; i++) {
		values[i] = encoder->rows[i].call.start;
	}
	if (!put_spans(values, encoder->count, &encoder->columns[COLUMN_START])) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < encoder->count; i++) {
		values[i] = encoder->rows[i].id;
	}
	return put_spans(values, encoder->count, &encoder->columns[COLUMN_CALL_ID])
		       ? 0
		       : error_no_memory(err);
}

/* ---- one number a call ---- */

static int64_t duration_of(const struct column_row *row)
{
	return row->call.end - row->call.start;
}

/* Two bytes each; UINT16_MAX says that the duration stands behind all of them. */
static void encode_durations(struct column_encoder *encoder)
{
	struct buffer *out = &encoder->columns[COLUMN_DURATION];
	uint32_t longer = 0;

	for (uint32_t i = 0; i < encoder->count; i++) {
		int64_t duration = duration_of(&encoder->rows[i]);

		longer += duration >= UINT16_MAX;
		column_put(out, duration < UINT16_MAX ? (uint64_t)duration : UINT16_MAX, 2);
	}
	column_put(out, longer, 4);
	for (uint32_t i = 0; i < encoder->count; i++) {
		int64_t duration = duration_of(&encoder->rows[i]);

		if (duration >= UINT16_MAX) {
			column_put(out, i, 4);
			column_put(out, (uint64_t)duration, 8);
		}
	}
}

static void encode_flags(struct column_encoder *encoder)
{
	for (uint32_t i = 0; i < encoder->count; i++) {
		const struct call *call = &encoder->rows[i].call;
		uint32_t flags = call->type | (call->has_detail ? COLUMN_FLAG_DETAIL : 0U) |
				 (uint32_t)call->told << COLUMN_TOLD_SHIFT;

		buffer_append_byte(&encoder->columns[COLUMN_FLAGS], (char)flags);
	}
}

/* One of the columns of how a call went; 0: it does not say. */
static uint64_t course_of(const struct call *call, enum column_id column)
{
	switch (column) {
	case COLUMN_OUTCOME:
		return call->outcome;
	case COLUMN_ANSWERED:
		return call->answered > 0
			       ? column_fold((uint64_t)(call->answered - call->start)) + 1
			       : 0;
	case COLUMN_TALK:
		return (uint64_t)call->talk;
	default:
		return call->ended_by;
	}
}

static void encode_course(struct column_encoder *encoder, enum column_id column)
{
	struct buffer *out = &encoder->columns[column];
	uint64_t most = 0;
	uint32_t width;

	for (uint32_t i = 0; i < encoder->count; i++) {
		uint64_t value = course_of(&encoder->rows[i].call, column);

		most = value > most ? value : most;
	}
	if (most == 0) {
		buffer_clear(out);
		return;
	}
	width = column_width(most);
	column_put(out, width, 1);
	for (uint32_t i = 0; i < encoder->count; i++) {
		column_put(out, course_of(&encoder->rows[i].call, column), width);
	}
}

/* ---- texts ---- */

static int encode_sessions(struct column_encoder *encoder, struct error *err)
{
	struct column_groups groups = {.calls = encoder->count};

	groups.records = arena_calloc(&encoder->arena, encoder->count, sizeof(struct text));
	if (!groups.records) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < encoder->count; i++) {
		groups.records[i] = encoder->rows[i].call.session_id;
	}
	return column_groups_write(&groups, &encoder->columns[COLUMN_SESSION], err);
}

/* ---- the head ---- */

struct sums {
	uint32_t types[CALL_TRANSFER + 1];
	uint32_t detail;
	int64_t shortest;
	int64_t longest;
};

static struct sums sum_up(const struct column_encoder *encoder)
{
	struct sums sums = {.shortest = INT64_MAX};

	for (uint32_t i = 0; i < encoder->count; i++) {
		const struct column_row *row = &encoder->rows[i];
		int64_t duration = duration_of(row);

		sums.types[row->call.type]++;
		sums.detail += row->call.has_detail;
		sums.shortest = duration < sums.shortest ? duration : sums.shortest;
		sums.longest = duration > sums.longest ? duration : sums.longest;
	}
	return sums;
}

static void encode_head(struct column_encoder *encoder)
{
	struct buffer *out = &encoder->columns[COLUMN_HEAD];
	struct sums sums = sum_up(encoder);
	uint32_t columns = 0;

	for (uint32_t i = 0; i < COLUMN_GONE; i++) {
		columns |= (uint32_t)(encoder->columns[i].size > 0) << i;
	}
	column_put(out, columns, 4);
	column_put(out, (uint64_t)encoder->rows[0].call.start, 8);
	column_put(out, (uint64_t)encoder->rows[encoder->count - 1].call.start, 8);
	column_put(out, (uint64_t)sums.shortest, 8);
	column_put(out, (uint64_t)sums.longest, 8);
	for (size_t i = 0; i < COUNT_OF(sums.types); i++) {
		column_put(out, sums.types[i], 4);
	}
	column_put(out, sums.detail, 4);
	column_put(out, encoder->block_kinds_count, 4);
	for (uint32_t i = 0; i < encoder->block_kinds_count; i++) {
		column_put(out, encoder->block_kinds[i]->id, 4);
	}
}

static struct text payload_of(const struct buffer *column)
{
	return text_tail(buffer_text(column), COLUMN_HEADER_SIZE);
}

/* The stamp is made of all that the block says. */
static int write_headers(struct column_encoder *encoder, struct error *err)
{
	struct column_header header = {.calls = encoder->count};

	for (uint32_t i = 0; i < COLUMN_GONE; i++) {
		if (encoder->columns[i].failed) {
			return error_no_memory(err);
		}
		if (encoder->columns[i].size > 0) {
			header.stamp = column_crc32(header.stamp, payload_of(&encoder->columns[i]));
		}
	}
	for (uint32_t i = 0; i < COLUMN_GONE; i++) {
		if (encoder->columns[i].size > 0) {
			header.column = (enum column_id)i;
			column_header_write(encoder->columns[i].data, &header,
				payload_of(&encoder->columns[i]));
		}
	}
	return 0;
}

static void begin(struct buffer *column)
{
	static const char room[COLUMN_HEADER_SIZE];

	buffer_clear(column);
	buffer_append(column, (struct text){.data = room, .size = sizeof(room)});
}

static void encoder_deinit(struct column_encoder *encoder)
{
	arena_deinit(&encoder->arena);
}

int column_encode(const struct column_row *rows, uint32_t count, const struct column_kinds *kinds,
	struct column_blobs *blobs, struct error *err)
{
	AUTO(encoder_deinit)
	struct column_encoder encoder = {
		.rows = rows, .count = count, .kinds = kinds, .columns = blobs->columns};

	arena_init(&encoder.arena, SIZE_MAX);
	if (count == 0 || count > COLUMN_CALLS_MAX) {
		return error_set(err, ERROR_INVALID, "a block has 1 to %d calls, not %u",
			COLUMN_CALLS_MAX, count);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (check_row(&encoder, i, err) < 0) {
			return -1;
		}
	}
	for (uint32_t i = 0; i < COLUMN_GONE; i++) {
		begin(&blobs->columns[i]);
	}
	buffer_clear(&blobs->columns[COLUMN_GONE]);
	encode_durations(&encoder);
	encode_flags(&encoder);
	for (int column = COLUMN_OUTCOME; column <= COLUMN_ENDED_BY; column++) {
		encode_course(&encoder, (enum column_id)column);
	}
	if (encode_spans(&encoder, err) < 0 || encode_sessions(&encoder, err) < 0 ||
		column_encode_numbers(&encoder, err) < 0 ||
		column_encode_paths(&encoder, err) < 0 || column_encode_stays(&encoder, err) < 0) {
		return -1;
	}
	encode_head(&encoder);
	return write_headers(&encoder, err);
}

int column_gone_encode(const unsigned char *bits, uint32_t calls, uint32_t stamp,
	struct buffer *out, struct error *err)
{
	const struct column_header header = {.column = COLUMN_GONE, .calls = calls, .stamp = stamp};

	begin(out);
	buffer_append(out, (struct text){.data = (const char *)bits, .size = (calls + 7) / 8});
	if (out->failed) {
		return error_no_memory(err);
	}
	column_header_write(out->data, &header, payload_of(out));
	return 0;
}
