/* SPDX-License-Identifier: MIT
 * Statistics by number called, or calling. There may be millions of numbers, and a result has some
 * hundred: a first pass counts the calls of each, a second one looks at the steps and durations of
 * those that the result has. */
#include "call/call_number.h"
#include "column/count/private.h"
#include "column/numbers.h"

#define NO_GROUP    UINT32_MAX
#define SLOTS_MIN   1024
#define TEXT_KEY    (UINT64_C(1) << 63) /* the number of a text */
#define LENGTH_BIT  56 /* of a packed number: from here on how many digits stand below */
#define DIGITS_ROOM 16

struct slot {
	uint64_t key; /* 0: free */
	int64_t calls;
	uint32_t group;	 /* in the result */
	uint32_t second; /* the value of the second group */
};

struct dialling {
	struct stats *stats;
	enum column_id codes;	/* of calls; */
	enum column_id numbers; /* and what they stand for */
	struct slot *slots;	/* a power of two of them, at most half of them taken */
	size_t slots_size;
	size_t slots_count;
	struct hash_key hash_key;
	struct intern texts;
	struct cells cells;
	struct stats_block_steps steps;
	int64_t *step_sums;	/* by group */
	uint32_t second_values; /* each number is counted apart with each of them */
	uint32_t *pair_calls;	/* by code and value, as the next */
	uint32_t *pair_groups;
	uint64_t *packed; /* by code, COLUMN_CALLS_MAX of them */
};

/* ---- numbers ---- */

static const struct call_prefixes *prefixes_of(const struct dialling *dialling)
{
	return dialling->stats->question->base.filter->prefixes;
}

/* A number without what is dialled for a +, digit by digit as call_number_undialled(). */
static uint64_t key_of_packed(const struct dialling *dialling, uint64_t packed, uint32_t length)
{
	const struct call_prefixes *prefixes = prefixes_of(dialling);
	uint32_t longest = 0;

	for (size_t i = 0; prefixes && i < prefixes->count; i++) {
		uint32_t digits = (uint32_t)prefixes->items[i].size;
		uint64_t prefix;

		if (digits > longest && digits < length &&
			column_digits_pack(prefixes->items[i], &prefix) &&
			packed >> 4 * (length - digits) == prefix) {
			longest = digits;
		}
	}
	length -= longest;
	return (uint64_t)length << LENGTH_BIT | (packed & ((UINT64_C(1) << 4 * length) - 1));
}

/* 0: there is no room. */
static uint64_t key_of_text(struct dialling *dialling, struct text number)
{
	char buffer[CALL_NUMBER_MAX];
	struct text key =
		call_number_undialled(prefixes_of(dialling), call_number_key(number, buffer));
	uint64_t packed;
	uint32_t place;

	if (column_digits_pack(key, &packed)) {
		return (uint64_t)key.size << LENGTH_BIT | packed;
	}
	return intern_number(&dialling->texts, key, &place) ? TEXT_KEY | place : 0;
}

static uint64_t key_of_row(struct dialling *dialling, const struct column_row *row)
{
	return key_of_text(
		dialling, dialling->codes == COLUMN_DEST ? row->call.dest : row->call.src);
}

/* @digits is where they are put, unless it is a text. */
static struct text text_of_key(
	const struct dialling *dialling, uint64_t key, char digits[DIGITS_ROOM])
{
	uint32_t length = key >> LENGTH_BIT & 0xf;

	if ((key & TEXT_KEY) != 0) {
		return dialling->texts.texts[key & ~TEXT_KEY];
	}
	for (uint32_t i = 0; i < length; i++) {
		digits[i] = (char)('0' + (key >> 4 * (length - 1 - i) & 0xf));
	}
	return (struct text){.data = digits, .size = length};
}

/* ---- the table of all numbers ---- */

static size_t place_of(const struct dialling *dialling, uint64_t key, uint32_t second)
{
	const struct slot *slots = dialling->slots;
	size_t at = hash_pair(&dialling->hash_key, key, second) & (dialling->slots_size - 1);

	while (slots[at].key != 0 && (slots[at].key != key || slots[at].second != second)) {
		at = (at + 1) & (dialling->slots_size - 1);
	}
	return at;
}

static int grow(struct dialling *dialling, struct error *err)
{
	struct slot *before = dialling->slots;
	size_t size = dialling->slots_size, larger = size > 0 ? size * 2 : SLOTS_MIN;

	if (larger > dialling->stats->memory_max / sizeof(*before)) {
		return cells_no_room(&dialling->cells, err);
	}
	dialling->slots = calloc(larger, sizeof(*before));
	if (!dialling->slots) {
		dialling->slots = before;
		return error_no_memory(err);
	}
	dialling->slots_size = larger;
	for (size_t i = 0; i < size; i++) {
		if (before[i].key != 0) {
			dialling->slots[place_of(dialling, before[i].key, before[i].second)] =
				before[i];
		}
	}
	free(before);
	return 0;
}

static int add_calls(
	struct dialling *dialling, uint64_t key, uint32_t second, int64_t calls, struct error *err)
{
	struct slot *slot;

	if (key == 0) {
		return error_no_memory(err);
	}
	if (dialling->slots_count >= dialling->slots_size / 2 && grow(dialling, err) < 0) {
		return -1;
	}
	slot = &dialling->slots[place_of(dialling, key, second)];
	dialling->slots_count += slot->key == 0;
	slot->key = key;
	slot->second = second;
	slot->calls += calls;
	slot->group = NO_GROUP;
	return 0;
}

static uint32_t group_of(const struct dialling *dialling, uint64_t key, uint32_t second)
{
	const struct slot *slot = &dialling->slots[place_of(dialling, key, second)];

	return slot->key == key ? slot->group : NO_GROUP;
}

/* ---- the numbers of a block ---- */

/* What is done with a number and a value of the second group: calls that match have both, and the
 * arrays by code and value have them at @pair. */
typedef int each_pair_fn(
	struct dialling *dialling, size_t pair, uint64_t key, uint32_t second, struct error *err);

static bool has_calls(const struct dialling *dialling, uint32_t code)
{
	const uint32_t *calls = dialling->pair_calls + (size_t)code * dialling->second_values;
	uint32_t any = 0;

	for (uint32_t value = 0; value < dialling->second_values; value++) {
		any |= calls[value];
	}
	return any != 0;
}

static int each_second(struct dialling *dialling, uint32_t code, uint64_t key, each_pair_fn *each,
	struct error *err)
{
	size_t pair = (size_t)code * dialling->second_values;

	for (uint32_t value = 0; value < dialling->second_values; value++, pair++) {
		if (dialling->pair_calls[pair] > 0 && each(dialling, pair, key, value, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int each_of_class(struct dialling *dialling, const struct column_numbers *numbers,
	const struct column_class *class, each_pair_fn *each, struct error *err)
{
	if (column_class_unpack(numbers, class, dialling->packed, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < class->count; i++) {
		uint32_t code = class->first + i;

		if (has_calls(dialling, code) &&
			each_second(dialling, code,
				key_of_packed(dialling, dialling->packed[i], class->length), each,
				err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Gives the numbers that calls have which match. */
static int each_number(struct dialling *dialling, each_pair_fn *each, struct error *err)
{
	struct column_block *block = &dialling->stats->walk.block;
	struct column_numbers numbers;
	struct text payload;

	if (column_block_column(block, dialling->numbers, &payload, err) < 0 ||
		column_numbers_open(&numbers, payload, dialling->numbers, block->number, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < NUMBERS_CLASSES; i++) {
		if (numbers.classes[i].length > 0 &&
			each_of_class(dialling, &numbers, &numbers.classes[i], each, err) < 0) {
			return -1;
		}
	}
	for (uint32_t i = 0; i < numbers.texts_count; i++) {
		uint32_t code = numbers.texts_first + i;

		if (has_calls(dialling, code) &&
			each_second(dialling, code,
				key_of_text(dialling, column_numbers_at(&numbers, i)), each,
				err) < 0) {
			return -1;
		}
	}
	return 0;
}

static void count_codes(struct dialling *dialling, const struct column_array *codes)
{
	const struct column_match *match = &dialling->stats->walk.match;
	uint32_t *calls = dialling->pair_calls;

	if (codes->width == 1) {
		for (uint32_t i = match->low; i < match->high; i++) {
			calls[(unsigned char)codes->at[i]] += match->set[i];
		}
		return;
	}
	for (uint32_t i = match->low; i < match->high; i++) {
		calls[column_get16(codes->at + (size_t)i * 2)] += match->set[i];
	}
}

/* The numbers of a block's calls, and what else they are grouped by. */
struct numbers_of_calls {
	struct column_array codes;
	struct stats_values second;
	uint32_t second_values;
};

static inline size_t pair_at(const struct numbers_of_calls *numbers, uint32_t at)
{
	return column_array_at(&numbers->codes, at) * numbers->second_values +
	       stats_value(&numbers->second, at);
}

/* Counts the calls that match by what they are grouped by. */
static int open_calls(
	struct dialling *dialling, struct numbers_of_calls *ret_numbers, struct error *err)
{
	struct stats *stats = dialling->stats;
	const struct column_match *match = &stats->walk.match;
	uint32_t *calls = dialling->pair_calls;

	ret_numbers->second_values = dialling->second_values;
	if (column_block_array(&stats->walk.block, dialling->codes, 2, &ret_numbers->codes, err) <
			0 ||
		stats_open_second(stats, &ret_numbers->second, err) < 0) {
		return -1;
	}
	memset(calls, 0, (size_t)COLUMN_CALLS_MAX * dialling->second_values * sizeof(*calls));
	if (dialling->second_values == 1) {
		count_codes(dialling, &ret_numbers->codes);
		return 0;
	}
	for (uint32_t i = match->low; i < match->high; i++) {
		calls[pair_at(ret_numbers, i)] += match->set[i];
	}
	return 0;
}

/* ---- the first pass ---- */

static int count_pair(
	struct dialling *dialling, size_t pair, uint64_t key, uint32_t second, struct error *err)
{
	return add_calls(dialling, key, second, dialling->pair_calls[pair], err);
}

static int count_calls(struct dialling *dialling, struct error *err)
{
	struct stats *stats = dialling->stats;
	struct numbers_of_calls numbers;
	int more;

	while ((more = column_walk_next(&stats->walk, err)) > 0) {
		stats->result.calls += stats->walk.match.calls;
		if (open_calls(dialling, &numbers, err) < 0 ||
			each_number(dialling, count_pair, err) < 0) {
			return -1;
		}
	}
	for (size_t i = 0; more == 0 && i < stats->calls->fresh_count; i++) {
		const struct column_row *row = &stats->calls->fresh[i];

		if (!column_match_row(&stats->walk.matcher, row)) {
			continue;
		}
		stats->result.calls++;
		if (add_calls(dialling, key_of_row(dialling, row),
			    stats_second_of(stats, &row->call), 1, err) < 0) {
			return -1;
		}
	}
	return more;
}

/* ---- which numbers the result has ---- */

/* As their digits: left-aligned, the shorter first where one begins the other. */
static int compare_keys(const struct dialling *dialling, uint64_t a, uint64_t b)
{
	uint32_t length_a = a >> LENGTH_BIT & 0xf, length_b = b >> LENGTH_BIT & 0xf;
	char digits_a[DIGITS_ROOM], digits_b[DIGITS_ROOM];
	uint64_t left_a, left_b;

	if (((a | b) & TEXT_KEY) != 0) {
		return text_compare(
			text_of_key(dialling, a, digits_a), text_of_key(dialling, b, digits_b));
	}
	left_a = a << 4 * (16 - length_a);
	left_b = b << 4 * (16 - length_b);
	if (left_a != left_b) {
		return left_a < left_b ? -1 : 1;
	}
	return length_a < length_b ? -1 : length_a > length_b;
}

static int most_calls_first(const void *left, const void *right, void *context)
{
	const struct dialling *dialling = context;
	const struct slot *const *a = left, *const *b = right;
	int first, second;

	if ((*a)->calls != (*b)->calls) {
		return (*a)->calls > (*b)->calls ? -1 : 1;
	}
	first = compare_keys(dialling, (*a)->key, (*b)->key);
	second = text_compare(stats_second_key(dialling->stats, (*a)->second),
		stats_second_key(dialling->stats, (*b)->second));
	if (dialling->stats->question->second_first) {
		return second != 0 ? second : first;
	}
	return first != 0 ? first : second;
}

static size_t cut(struct dialling *dialling, struct slot **chosen, size_t count)
{
	size_t limit = dialling->stats->question->limit;

	if (count > 0) {
		qsort_r(chosen, count, sizeof(struct slot *), most_calls_first, dialling);
	}
	return count < limit ? count : limit;
}

/* The best of however many numbers, in room for twice the limit: the worst of those that are kept
 * tells which of the others need no look. */
static int choose(struct dialling *dialling, struct slot ***ret_chosen, struct error *err)
{
	struct stats *stats = dialling->stats;
	size_t room = 2 * stats->question->limit + 1, count = 0;
	struct slot **chosen = arena_calloc(stats->arena, room, sizeof(struct slot *));
	struct slot *worst = NULL;

	if (!chosen) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < dialling->slots_size; i++) {
		struct slot *slot = &dialling->slots[i];

		if (slot->key == 0 || (worst && most_calls_first(&slot, &worst, dialling) >= 0)) {
			continue;
		}
		if (count == room) {
			count = cut(dialling, chosen, count);
			worst = count > 0 ? chosen[count - 1] : NULL;
		}
		chosen[count++] = slot;
	}
	stats->result.count = cut(dialling, chosen, count);
	stats->result.entries_total = (int64_t)dialling->slots_count;
	for (size_t i = 0; i < stats->result.count; i++) {
		chosen[i]->group = (uint32_t)i;
	}
	*ret_chosen = chosen;
	return 0;
}

/* ---- the second pass ---- */

static int give_group(
	struct dialling *dialling, size_t pair, uint64_t key, uint32_t second, struct error *err)
{
	if (key == 0) {
		return error_no_memory(err);
	}
	dialling->pair_groups[pair] = group_of(dialling, key, second);
	return 0;
}

static int add_call(struct dialling *dialling, const struct stats_durations *durations, uint32_t at,
	uint32_t group, struct error *err)
{
	int64_t seconds;

	if (at >= dialling->stats->walk.match.detail) {
		dialling->step_sums[group] +=
			dialling->steps.steps[column_array_at(&dialling->steps.codes, at)];
	}
	return column_durations_at(&durations->durations, at, &seconds, err) < 0
		       ? -1
		       : cells_add(&dialling->cells, group, seconds, err);
}

static int add_block(struct dialling *dialling, struct error *err)
{
	struct stats *stats = dialling->stats;
	const struct column_match *match = &stats->walk.match;
	struct stats_durations durations;
	struct numbers_of_calls numbers;

	if (stats_open_durations(stats, &durations, err) < 0 ||
		stats_open_steps(stats, &dialling->steps, err) < 0 ||
		open_calls(dialling, &numbers, err) < 0) {
		return -1;
	}
	memset(dialling->pair_groups, 0xff,
		(size_t)COLUMN_CALLS_MAX * dialling->second_values * sizeof(uint32_t));
	if (each_number(dialling, give_group, err) < 0) {
		return -1;
	}
	for (uint32_t i = match->low; i < match->high; i++) {
		uint32_t group = dialling->pair_groups[pair_at(&numbers, i)];

		if (match->set[i] && group != NO_GROUP &&
			add_call(dialling, &durations, i, group, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int add_fresh(struct dialling *dialling, struct error *err)
{
	struct stats *stats = dialling->stats;

	for (size_t i = 0; i < stats->calls->fresh_count; i++) {
		const struct column_row *row = &stats->calls->fresh[i];
		uint64_t key;
		uint32_t group;

		if (!column_match_row(&stats->walk.matcher, row)) {
			continue;
		}
		key = key_of_row(dialling, row);
		if (key == 0) {
			return error_no_memory(err);
		}
		group = group_of(dialling, key, stats_second_of(stats, &row->call));
		if (group == NO_GROUP) {
			continue;
		}
		dialling->step_sums[group] += stats_steps(stats, row);
		if (cells_add(&dialling->cells, group, stats_seconds(stats, row), err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int add_durations(struct dialling *dialling, struct error *err)
{
	struct stats *stats = dialling->stats;
	int64_t longest;
	int more;

	dialling->steps.steps = arena_calloc(stats->arena, COLUMN_CALLS_MAX, sizeof(uint32_t));
	dialling->pair_groups = arena_calloc(
		stats->arena, (size_t)COLUMN_CALLS_MAX * dialling->second_values, sizeof(uint32_t));
	dialling->step_sums = arena_calloc(stats->arena, stats->result.count, sizeof(int64_t));
	if (!dialling->steps.steps || !dialling->pair_groups || !dialling->step_sums) {
		return error_no_memory(err);
	}
	stats->walk.left = stats->calls->blocks_count;
	if (stats_longest(stats, &longest, err) < 0 ||
		cells_init(&dialling->cells, stats->result.count, longest, stats->memory_max, err) <
			0) {
		return -1;
	}
	while ((more = column_walk_next(&stats->walk, err)) > 0) {
		if (add_block(dialling, err) < 0) {
			return -1;
		}
	}
	return more < 0 ? -1 : add_fresh(dialling, err);
}

/* ---- the whole ---- */

static int fill(struct dialling *dialling, struct slot *const *chosen, struct error *err)
{
	struct stats *stats = dialling->stats;
	struct column_entry *entries =
		arena_calloc(stats->arena, stats->result.count, sizeof(*entries));
	char digits[DIGITS_ROOM];

	if (!entries) {
		return error_no_memory(err);
	}
	stats->result.entries = entries;
	for (size_t i = 0; i < stats->result.count; i++) {
		entries[i].key =
			arena_copy(stats->arena, text_of_key(dialling, chosen[i]->key, digits));
		entries[i].second = stats_second_key(stats, chosen[i]->second);
		entries[i].calls = chosen[i]->calls;
		if (!entries[i].key.data) {
			return error_no_memory(err);
		}
	}
	if (stats->question->calls_only) {
		return 0;
	}
	if (add_durations(dialling, err) < 0) {
		return -1;
	}
	cells_finish(&dialling->cells);
	for (size_t i = 0; i < stats->result.count; i++) {
		entries[i].steps = dialling->step_sums[i];
		cells_fill(&dialling->cells, (uint32_t)i, &entries[i]);
	}
	return 0;
}

static int count_all(struct dialling *dialling, struct error *err)
{
	struct stats *stats = dialling->stats;
	struct slot **chosen = NULL;

	dialling->pair_calls = arena_calloc(
		stats->arena, (size_t)COLUMN_CALLS_MAX * dialling->second_values, sizeof(uint32_t));
	dialling->packed = arena_calloc(stats->arena, COLUMN_CALLS_MAX, sizeof(uint64_t));
	if (!dialling->pair_calls || !dialling->packed) {
		return error_no_memory(err);
	}
	return grow(dialling, err) < 0 || count_calls(dialling, err) < 0 ||
			       choose(dialling, &chosen, err) < 0
		       ? -1
		       : fill(dialling, chosen, err);
}

static void dialling_deinit(struct dialling *dialling)
{
	free(dialling->slots);
	cells_deinit(&dialling->cells);
}

int stats_by_number(struct stats *stats, struct error *err)
{
	bool dest = stats->question->group == COLUMN_BY_DEST;
	AUTO(dialling_deinit)
	struct dialling dialling = {.stats = stats,
		.codes = dest ? COLUMN_DEST : COLUMN_SRC,
		.numbers = dest ? COLUMN_DEST_NUMBERS : COLUMN_SRC_NUMBERS,
		.second_values = stats_second_values(stats),
		.hash_key = hash_key_random()};

	intern_init(&dialling.texts, stats->arena);
	return count_all(&dialling, err);
}
