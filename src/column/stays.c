/* SPDX-License-Identifier: MIT
 * Opening the column 'stays'. Which slot is whose follows from the paths and the outcomes of the
 * calls, so the column holds seconds and nothing else. */
#include "column/stays.h"

#include "base/array.h"

void stays_order_deinit(struct stays_order *order)
{
	free(order->groups);
	free(order->calls);
	free(order->starts);
}

int stays_order_reserve(
	struct stays_order *order, uint32_t calls, uint32_t groups, struct error *err)
{
	return ARRAY_RESERVE(order->groups, order->groups_room, (size_t)calls) &&
			       ARRAY_RESERVE(order->calls, order->calls_room, (size_t)calls) &&
			       ARRAY_RESERVE(order->starts, order->starts_room, (size_t)groups + 2)
		       ? 0
		       : error_no_memory(err);
}

void stays_order_sort(struct stays_order *order, uint32_t calls, uint32_t groups)
{
	uint32_t *next = order->starts + 1; /* by group: the place of the next call of it */

	memset(order->starts, 0, ((size_t)groups + 2) * sizeof(*order->starts));
	for (uint32_t i = 0; i < calls; i++) {
		next[order->groups[i] + 1]++;
	}
	for (uint32_t i = 0; i < groups; i++) {
		next[i + 1] += next[i];
	}
	for (uint32_t i = 0; i < calls; i++) {
		order->calls[next[order->groups[i]]++] = i;
	}
}

void stays_deinit(struct stays *stays)
{
	stays_order_deinit(&stays->order);
	free(stays->visits);
	free(stays->slots);
	free(stays->inputs);
}

/* ---- whose slots they are ---- */

static int count_visits(struct stays *stays, struct error *err)
{
	struct column_block *block = stays->block;
	struct column_sequences sequences;
	struct text sequence;

	if (column_block_sequences(block, COLUMN_VISITS, &sequences, err) < 0) {
		return -1;
	}
	if (!ARRAY_RESERVE(stays->visits, stays->visits_room, (size_t)sequences.count + 1) ||
		!ARRAY_RESERVE(stays->slots, stays->slots_room, (size_t)sequences.count + 1)) {
		return error_no_memory(err);
	}
	stays->sequences = sequences.count;
	for (uint32_t i = 0; i < sequences.count; i++) {
		if (column_sequences_next(&sequences, &sequence, err) < 0) {
			return -1;
		}
		for (stays->visits[i] = 0; sequence.size > 0; stays->visits[i]++) {
			if (column_sequence_next(&sequence) >= block->kinds_count) {
				return column_sequence_bad(&sequences, err);
			}
		}
	}
	return 0;
}

static int outcomes_damaged(const struct column_block *block, struct error *err)
{
	struct column_reader reader = {.column = COLUMN_OUTCOME, .block = block->number};

	return column_damaged(&reader, "a call went as no call does", err);
}

static int find_groups(struct stays *stays, struct error *err)
{
	struct column_block *block = stays->block;
	struct column_array codes, outcomes;
	struct column_paths paths;

	if (column_block_paths(block, &paths, err) < 0 ||
		column_block_array(block, COLUMN_PATH, 2, &codes, err) < 0 ||
		column_block_course(block, COLUMN_OUTCOME, &outcomes, err) < 0 ||
		stays_order_reserve(
			&stays->order, block->count, stays->sequences * STAYS_OUTCOMES, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < paths.count; i++) {
		if (column_array_at(&paths.visits, i) >= stays->sequences) {
			return column_damaged(
				&paths.reader, "a path has visits that are not there", err);
		}
	}
	for (uint32_t i = 0; i < block->count; i++) {
		uint32_t path = (uint32_t)column_array_at(&codes, i);
		unsigned int outcome = (unsigned char)outcomes.at[i];

		if (path >= paths.count) {
			return column_paths_damaged(block, i, err);
		}
		if (outcome >= STAYS_OUTCOMES) {
			return outcomes_damaged(block, err);
		}
		stays->order.groups[i] =
			(uint32_t)column_array_at(&paths.visits, path) * STAYS_OUTCOMES + outcome;
	}
	stays_order_sort(&stays->order, block->count, stays->sequences * STAYS_OUTCOMES);
	return 0;
}

/* Sequences without a visit have no slots. */
static int find_slots(struct stays *stays, struct error *err)
{
	uint64_t slots = 0;

	for (uint32_t i = 0; i < stays->sequences; i++) {
		uint64_t calls = stays_first(stays, i + 1) - stays_first(stays, i);

		stays->slots[i] = (uint32_t)slots;
		slots += stays->visits[i] > 0 ? calls * (stays->visits[i] + UINT64_C(1)) : 0;
		if (slots > UINT32_MAX) {
			return column_damaged(
				&stays->reader, "its calls have more visits than fit", err);
		}
	}
	stays->slots[stays->sequences] = (uint32_t)slots;
	return 0;
}

/* ---- the column ---- */

/* How many slots say that their seconds stand elsewhere. */
static uint32_t count_long(const struct stays *stays)
{
	uint32_t slots = stays->slots[stays->sequences], count = 0;

	for (uint32_t i = 0; i < slots; i++) {
		count += stays->bytes[i] == STAYS_LONG;
	}
	return count;
}

static int read_longer(struct stays *stays, struct error *err)
{
	uint64_t count;

	if (column_read_number(&stays->reader, 4, &count, err) < 0 ||
		!(stays->longer = column_read(&stays->reader, count * 12, err))) {
		return -1;
	}
	stays->longer_count = (uint32_t)count;
	if (count != count_long(stays)) {
		return column_damaged(
			&stays->reader, "it has not as many long stays as it says", err);
	}
	for (uint32_t i = 0; i < stays->longer_count; i++) {
		uint32_t slot = stays_longer_slot(stays, i);

		if (slot >= stays->slots[stays->sequences] ||
			(i > 0 && slot <= stays_longer_slot(stays, i - 1)) ||
			stays->bytes[slot] != STAYS_LONG ||
			stays_longer_seconds(stays, i) < STAYS_LONG) {
			return column_damaged(
				&stays->reader, "a long stay is not that of a visit", err);
		}
	}
	return 0;
}

static int read_column(struct stays *stays, struct error *err)
{
	struct column_block *block = stays->block;
	uint32_t slots = stays->slots[stays->sequences];
	struct text payload;

	stays->longer_count = 0;
	stays->inputs_count = 0;
	if (slots == 0) {
		return 0;
	}
	if (column_block_column(block, COLUMN_STAYS, &payload, err) < 0) {
		return -1;
	}
	stays->reader.data = payload;
	stays->bytes = (const unsigned char *)column_read(&stays->reader, slots, err);
	if (!stays->bytes || read_longer(stays, err) < 0) {
		return -1;
	}
	return column_read_number(&stays->reader, 4, &stays->inputs_count, err);
}

int stays_open(struct stays *stays, struct column_block *block, struct error *err)
{
	stays->block = block;
	stays->reader = (struct column_reader){.column = COLUMN_STAYS, .block = block->number};
	if (block->version < COLUMN_VERSION_STAYS) {
		return error_set(err, ERROR_CORRUPT,
			"block %lld: column '%s' is not there: blocks of version %u have none",
			(long long)block->number, column_name(COLUMN_STAYS), block->version);
	}
	return count_visits(stays, err) < 0 || find_groups(stays, err) < 0 ||
			       find_slots(stays, err) < 0
		       ? -1
		       : read_column(stays, err);
}

/* ---- inputs ---- */

/* The number that the nibble tells, or that stands behind. */
static int read_count(
	struct column_reader *reader, uint32_t nibble, uint32_t *ret_count, struct error *err)
{
	uint64_t count = nibble;

	if (nibble == STAYS_NIBBLE && column_read_varint(reader, UINT32_MAX, &count, err) < 0) {
		return -1;
	}
	*ret_count = (uint32_t)count;
	return 0;
}

static int read_input(
	struct stays *stays, uint64_t *slot, struct stays_input *input, struct error *err)
{
	struct column_reader *reader = &stays->reader;
	uint32_t slots = stays->slots[stays->sequences];
	uint64_t more, counts;

	if (column_read_varint(reader, slots, &more, err) < 0 ||
		column_read_number(reader, 1, &counts, err) < 0) {
		return -1;
	}
	*slot += more;
	if (*slot >= slots) {
		return column_damaged(reader, "an input is not that of a visit", err);
	}
	input->slot = (uint32_t)*slot;
	return read_count(reader, (uint32_t)counts & STAYS_NIBBLE, &input->no_input, err) < 0
		       ? -1
		       : read_count(reader, (uint32_t)counts >> 4, &input->wrong_input, err);
}

int stays_read_inputs(struct stays *stays, struct error *err)
{
	size_t size = stays->reader.data.size;
	uint64_t slot = 0;

	if (stays->slots[stays->sequences] == 0) {
		return 0;
	}
	if (stays->inputs_count > size) { /* each takes two bytes at least */
		return column_damaged(&stays->reader, "it has more inputs than bytes", err);
	}
	if (!ARRAY_RESERVE(stays->inputs, stays->inputs_room, stays->inputs_count + 1)) {
		return error_no_memory(err);
	}
	for (uint64_t i = 0; i < stays->inputs_count; i++) {
		if (read_input(stays, &slot, &stays->inputs[i], err) < 0) {
			return -1;
		}
		if (i > 0 && stays->inputs[i].slot == stays->inputs[i - 1].slot) {
			return column_damaged(&stays->reader, "a visit has inputs twice", err);
		}
	}
	return column_read_end(&stays->reader, err);
}

/* ---- a call ---- */

/* The place of @call among those of its group, which lie as in the block. */
static uint32_t place_of(const struct stays *stays, uint32_t call)
{
	uint32_t group = stays->order.groups[call];
	uint32_t low = stays->order.starts[group], high = stays->order.starts[group + 1];

	while (low + 1 < high) {
		uint32_t middle = low + (high - low) / 2;

		if (stays->order.calls[middle] <= call) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return low;
}

static int seconds_of(
	const struct stays *stays, uint32_t slot, int64_t *ret_seconds, struct error *err)
{
	uint32_t low = 0, high = stays->longer_count;

	*ret_seconds = stays->bytes[slot];
	if (stays->bytes[slot] != STAYS_LONG) {
		return 0;
	}
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (stays_longer_slot(stays, middle) < slot) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == stays->longer_count || stays_longer_slot(stays, low) != slot) {
		return column_damaged(&stays->reader, "a long stay is missing", err);
	}
	*ret_seconds = stays_longer_seconds(stays, low);
	return 0;
}

static void add_input(const struct stays *stays, uint32_t slot, struct column_visit *visit)
{
	size_t low = 0, high = (size_t)stays->inputs_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (stays->inputs[middle].slot < slot) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low < stays->inputs_count && stays->inputs[low].slot == slot) {
		visit->no_input = stays->inputs[low].no_input;
		visit->wrong_input = stays->inputs[low].wrong_input;
	}
}

int stays_of_call(const struct stays *stays, uint32_t call, struct arena *arena,
	const struct column_stays **ret_stays, struct error *err)
{
	uint32_t sequence = stays->order.groups[call] / STAYS_OUTCOMES;
	uint32_t calls = stays_first(stays, sequence + 1) - stays_first(stays, sequence);
	uint32_t count = stays->visits[sequence];
	uint32_t slot =
		stays->slots[sequence] + place_of(stays, call) - stays_first(stays, sequence);
	struct column_visit *visits = arena_calloc(arena, count + 1, sizeof(*visits));
	struct column_stays *made = arena_calloc(arena, 1, sizeof(*made));

	if (!visits || !made) {
		return error_no_memory(err);
	}
	*made = (struct column_stays){.visits = visits, .count = count};
	if (count > 0 && seconds_of(stays, slot, &made->wait, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < count; i++) {
		slot += calls;
		if (seconds_of(stays, slot, &visits[i].seconds, err) < 0) {
			return -1;
		}
		add_input(stays, slot, &visits[i]);
	}
	*ret_stays = made;
	return 0;
}
