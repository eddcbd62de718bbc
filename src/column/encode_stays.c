/* SPDX-License-Identifier: MIT
 * Writing how long calls stayed where: the seconds of one visit of all calls that took the same
 * visits lie together. */
#include "column/encode.h"
#include "column/stays.h"

struct staying {
	const struct column_encoder *encoder;
	struct stays_order order;
	struct buffer bytes, longer, inputs;
	uint32_t slots, longer_count, inputs_count;
	uint32_t input_slot; /* of the input before */
};

static void staying_deinit(struct staying *staying)
{
	stays_order_deinit(&staying->order);
	buffer_deinit(&staying->bytes);
	buffer_deinit(&staying->longer);
	buffer_deinit(&staying->inputs);
}

static int bad_call(uint32_t call, const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID, "call %u of a block: %s", call, what);
}

static int check_call(const struct staying *staying, uint32_t call, struct error *err)
{
	const struct column_encoder *encoder = staying->encoder;
	const struct column_stays *stays = encoder->rows[call].stays;

	if (!stays) {
		return bad_call(call, "how long it stayed where is not known, as of others", err);
	}
	if (stays->count != encoder->visit_counts[encoder->visit_codes[call]]) {
		return bad_call(call, "it stayed at other places than its steps say", err);
	}
	if (stays->wait < 0) {
		return bad_call(call, "it was somewhere before it started", err);
	}
	for (uint32_t i = 0; i < stays->count; i++) {
		if (stays->visits[i].seconds < 0) {
			return bad_call(call, "it left before it came", err);
		}
	}
	return 0;
}

/* 1 they are known of all calls with steps, 0 of none. */
static int check_calls(const struct staying *staying, struct error *err)
{
	const struct column_encoder *encoder = staying->encoder;
	bool known = false;

	for (uint32_t i = 0; i < encoder->count; i++) {
		known = known || encoder->rows[i].stays;
	}
	for (uint32_t i = 0; known && i < encoder->count; i++) {
		if (encoder->rows[i].call.steps > 0 && check_call(staying, i, err) < 0) {
			return -1;
		}
	}
	return known;
}

static void put_seconds(struct staying *staying, int64_t seconds)
{
	if (seconds < STAYS_LONG) {
		buffer_append_byte(&staying->bytes, (char)seconds);
	} else {
		buffer_append_byte(&staying->bytes, (char)STAYS_LONG);
		column_put(&staying->longer, staying->slots, 4);
		column_put(&staying->longer, (uint64_t)seconds, 8);
		staying->longer_count++;
	}
	staying->slots++;
}

static void put_inputs(struct staying *staying, uint32_t slot, const struct column_visit *visit)
{
	uint32_t none = visit->no_input < STAYS_NIBBLE ? visit->no_input : STAYS_NIBBLE;
	uint32_t wrong = visit->wrong_input < STAYS_NIBBLE ? visit->wrong_input : STAYS_NIBBLE;

	if (none + wrong == 0) {
		return;
	}
	column_put_varint(&staying->inputs, slot - staying->input_slot);
	column_put(&staying->inputs, none | wrong << 4, 1);
	if (none == STAYS_NIBBLE) {
		column_put_varint(&staying->inputs, visit->no_input);
	}
	if (wrong == STAYS_NIBBLE) {
		column_put_varint(&staying->inputs, visit->wrong_input);
	}
	staying->input_slot = slot;
	staying->inputs_count++;
}

static void put_visit(struct staying *staying, const struct column_visit *visit)
{
	put_inputs(staying, staying->slots, visit);
	put_seconds(staying, visit->seconds);
}

static void put_sequence(struct staying *staying, uint32_t sequence)
{
	const struct column_encoder *encoder = staying->encoder;
	const struct stays_order *order = &staying->order;
	uint32_t first = order->starts[sequence * STAYS_OUTCOMES];
	uint32_t end = order->starts[(sequence + 1) * STAYS_OUTCOMES];
	uint32_t visits = encoder->visit_counts[sequence];

	for (uint32_t i = first; visits > 0 && i < end; i++) {
		put_seconds(staying, encoder->rows[order->calls[i]].stays->wait);
	}
	for (uint32_t visit = 0; visit < visits; visit++) {
		for (uint32_t i = first; i < end; i++) {
			put_visit(staying, &encoder->rows[order->calls[i]].stays->visits[visit]);
		}
	}
}

static int sort_calls(struct staying *staying, struct error *err)
{
	const struct column_encoder *encoder = staying->encoder;
	uint32_t groups = encoder->sequences * STAYS_OUTCOMES;
	uint64_t slots = 0;

	if (stays_order_reserve(&staying->order, encoder->count, groups, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < encoder->count; i++) {
		uint32_t sequence = encoder->visit_codes[i];

		slots += encoder->visit_counts[sequence] + UINT64_C(1);
		staying->order.groups[i] =
			sequence * STAYS_OUTCOMES + encoder->rows[i].call.outcome;
	}
	if (slots > UINT32_MAX) {
		return error_set(err, ERROR_INVALID, "the calls of a block have too many visits");
	}
	stays_order_sort(&staying->order, encoder->count, groups);
	return 0;
}

static int write_column(struct staying *staying, struct error *err)
{
	struct buffer *out = &staying->encoder->columns[COLUMN_STAYS];

	if (staying->slots == 0) {
		buffer_clear(out);
		return 0;
	}
	buffer_append(out, buffer_text(&staying->bytes));
	column_put(out, staying->longer_count, 4);
	buffer_append(out, buffer_text(&staying->longer));
	column_put(out, staying->inputs_count, 4);
	buffer_append(out, buffer_text(&staying->inputs));
	return staying->bytes.failed || staying->longer.failed || staying->inputs.failed ||
			       out->failed
		       ? error_no_memory(err)
		       : 0;
}

int column_encode_stays(struct column_encoder *encoder, struct error *err)
{
	AUTO(staying_deinit) struct staying staying = {.encoder = encoder};
	int known;

	buffer_init(&staying.bytes, SIZE_MAX);
	buffer_init(&staying.longer, SIZE_MAX);
	buffer_init(&staying.inputs, SIZE_MAX);
	known = check_calls(&staying, err);
	if (known < 0 || (known > 0 && sort_calls(&staying, err) < 0)) {
		return -1;
	}
	for (uint32_t i = 0; known > 0 && i < encoder->sequences; i++) {
		put_sequence(&staying, i);
	}
	return write_column(&staying, err);
}
