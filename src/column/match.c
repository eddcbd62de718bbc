/* SPDX-License-Identifier: MIT
 * One condition after the other narrows a byte a call. The loops are plain so that the compiler
 * makes many calls at a time of them. */
#include "column/match.h"

/* What a step of a kind is for the filter. */
enum {
	KIND_STEP = 1, /* one that classes, modules and variables ask for */
	KIND_LAST = 2, /* one that last_modules and last_variables ask for */
	KIND_PLACE = 4,
	KIND_REFUSED = 8,
};

/* ---- the question ---- */

static int read_kinds(struct column_matcher *matcher, struct error *err)
{
	const struct column_kinds *kinds = matcher->kinds;

	matcher->kind_bits_size =
		kinds->count > 0 ? (size_t)kinds->items[kinds->count - 1].id + 1 : 0;
	matcher->kind_bits = calloc(matcher->kind_bits_size + 1, 1);
	if (!matcher->kind_bits) {
		return error_no_memory(err);
	}
	if (path_is_asked(&matcher->filter->path)) {
		matcher->masks = calloc(matcher->kind_bits_size + 1, sizeof(*matcher->masks));
		if (!matcher->masks) {
			return error_no_memory(err);
		}
	}
	for (size_t i = 0; i < kinds->count; i++) {
		const struct column_kind *kind = &kinds->items[i];
		unsigned int bits = 0;

		if (matcher->masks) {
			matcher->masks[kind->id] = path_mask_of_kind(&matcher->filter->path,
				kind->class_name, kind->module, kind->variable);
		}

		if (filter_step_matches(
			    matcher->filter, kind->class_name, kind->module, kind->variable)) {
			bits |= KIND_STEP;
		}
		if (filter_last_matches(matcher->filter, kind->module, kind->variable)) {
			bits |= KIND_LAST;
		}
		if (filter_is_place(kind->module)) {
			bits |= KIND_PLACE;
		}
		if (filter_step_refused(
			    matcher->filter, kind->class_name, kind->module, kind->variable)) {
			bits |= KIND_REFUSED;
		}
		matcher->kind_bits[kind->id] = (unsigned char)bits;
	}
	return 0;
}

#define ONE(name, option, how, member) +1
_Static_assert(0 FILTER_PARAMETERS(ONE) - (0 FILTER_CHOICES(ONE)) == 21,
	"a new parameter of filters that is not a choice is to be answered by narrow() too");

static bool has_choice(const char *name)
{
	return strcmp(name, "type") == 0 || strcmp(name, "outcome") == 0 ||
	       strcmp(name, "ended_by") == 0;
}

bool column_can_match(const struct filter *filter)
{
#define LACKED(name, option, how, member)                                                          \
	|| ((filter->member | filter->none.member) != 0 && !has_choice(#name))
	return !(filter->text.count > 0 FILTER_CHOICES(LACKED)) && !filter_looks_inside(filter) &&
	       !filter_asks_for_session(filter);
}

bool column_asks_for_course(const struct filter *filter)
{
	return (filter->outcomes | filter->enders | filter->none.outcomes | filter->none.enders) !=
		       0 ||
	       filter_asks_for_talk(filter);
}

int column_matcher_init(struct column_matcher *matcher, const struct filter *filter,
	int64_t detail_after, const struct column_kinds *kinds, struct error *err)
{
	*matcher = (struct column_matcher){
		.filter = filter, .detail_after = detail_after, .kinds = kinds};
	if (!column_can_match(filter)) {
		return error_set(err, ERROR_UNSUPPORTED, "columns cannot be asked for %s",
			filter->text.count > 0 ? "words: the text index is"
					       : "what they do not know");
	}
	matcher->codes = malloc(sizeof(*matcher->codes));
	matcher->by_call = malloc(COLUMN_CALLS_MAX);
	matcher->by_path = malloc(COLUMN_CALLS_MAX);
	matcher->by_sequence = malloc(COLUMN_CALLS_MAX);
	matcher->known = malloc(COLUMN_CALLS_MAX);
	if (!matcher->codes || !matcher->by_call || !matcher->by_path || !matcher->by_sequence ||
		!matcher->known) {
		return error_no_memory(err);
	}
	return read_kinds(matcher, err);
}

void column_matcher_deinit(struct column_matcher *matcher)
{
	free(matcher->kind_bits);
	free(matcher->masks);
	free(matcher->codes);
	free(matcher->by_call);
	free(matcher->by_path);
	free(matcher->by_sequence);
	free(matcher->known);
}

/* ---- a call that is not in a block ---- */

static bool match_steps(const struct column_matcher *matcher, const struct column_row *row)
{
	bool step = !filter_asks_for_step(matcher->filter);
	bool last = !filter_asks_for_last(matcher->filter), refused = false;

	for (uint32_t i = 0; i < row->call.steps; i++) {
		uint32_t id = row->kinds[i];
		unsigned int bits = id < matcher->kind_bits_size ? matcher->kind_bits[id] : 0;

		step = step || (bits & KIND_STEP) != 0;
		refused = refused || (bits & KIND_REFUSED) != 0;
		if ((bits & KIND_PLACE) != 0) {
			last = (bits & KIND_LAST) != 0;
		}
	}
	return step && last && !refused && filter_count_matches(matcher->filter, row->call.steps);
}

static bool match_path(const struct column_matcher *matcher, const struct column_row *row)
{
	uint64_t reached = PATH_BEGIN;

	for (uint32_t i = 0; i < row->call.steps; i++) {
		if (row->kinds[i] < matcher->kind_bits_size) {
			reached = path_step(reached, matcher->masks[row->kinds[i]]);
		}
	}
	return path_may_end(&matcher->filter->path, reached);
}

bool column_match_row(const struct column_matcher *matcher, const struct column_row *row)
{
	if (!filter_matches_header(matcher->filter, &row->call)) {
		return false;
	}
	if (!filter_reads_detail(matcher->filter)) {
		return true;
	}
	if (row->call.start <= matcher->detail_after) {
		return !filter_needs_detail(matcher->filter);
	}
	return match_steps(matcher, row) &&
	       (!matcher->masks || (row->call.has_detail && match_path(matcher, row)));
}

/* ---- the window ---- */

static int find_window(const struct column_matcher *matcher, struct column_block *block,
	struct column_match *match, struct error *err)
{
	const struct filter *filter = matcher->filter;
	struct column_spans starts;
	bool detail = filter_needs_detail(filter);

	match->low = 0;
	match->high = block->count;
	match->detail = 0;
	if (filter->start <= block->first_start && filter->end > block->last_start &&
		matcher->detail_after < block->first_start) {
		return 0;
	}
	if (column_block_spans(block, COLUMN_START, &starts, err) < 0) {
		return -1;
	}
	match->low = column_spans_below(&starts, filter->start);
	match->high = column_spans_below(&starts, filter->end);
	match->detail = matcher->detail_after == INT64_MAX
				? block->count
				: column_spans_below(&starts, matcher->detail_after + 1);
	if (detail && match->detail > match->low) {
		match->low = match->detail;
	}
	match->high = match->high < match->low ? match->low : match->high;
	return 0;
}

/* ---- one condition each; 0: nothing can match any more ---- */

static int narrow_types(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, struct error *err)
{
	unsigned int types = filter_choice(matcher->filter->types, matcher->filter->none.types);
	unsigned char wanted[COLUMN_FLAG_TYPE + 1];
	const unsigned char *flags;
	uint32_t calls = 0;

	for (unsigned int type = 0; type <= COLUMN_FLAG_TYPE; type++) {
		wanted[type] = types >> type & 1;
		calls += type <= CALL_TRANSFER && wanted[type] ? block->types[type] : 0;
	}
	if (calls == 0 || calls == block->count) {
		return calls > 0;
	}
	if (column_block_flags(block, &flags, err) < 0) {
		return -1;
	}
	for (uint32_t i = match->low; i < match->high; i++) {
		unsigned int type = flags[i] & COLUMN_FLAG_TYPE;
		unsigned int is = (type == CALL_INBOUND ? wanted[CALL_INBOUND] : 0U) |
				  (type == CALL_OUTBOUND ? wanted[CALL_OUTBOUND] : 0U) |
				  (type == CALL_TRANSFER ? wanted[CALL_TRANSFER] : 0U);

		matcher->by_call[i] &= (unsigned char)is;
	}
	return 1;
}

static int narrow_durations(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, struct error *err)
{
	int64_t min = matcher->filter->min_duration, max = matcher->filter->max_duration;
	struct column_durations durations;
	uint16_t least, most;

	if (min <= block->shortest && max >= block->longest) {
		return 1;
	}
	if (min > block->longest || max < block->shortest) {
		return 0;
	}
	if (column_block_durations(block, &durations, err) < 0) {
		return -1;
	}
	least = (uint16_t)(min < COLUMN_LONG ? min : COLUMN_LONG);
	most = (uint16_t)(max < COLUMN_LONG ? max : COLUMN_LONG);
	for (uint32_t i = match->low; i < match->high; i++) {
		uint16_t seconds = (uint16_t)column_durations_short(&durations, i);

		matcher->by_call[i] &= (unsigned char)((seconds >= least && seconds <= most) ||
						       seconds == COLUMN_LONG);
	}
	for (uint32_t i = 0; i < durations.longer_count; i++) {
		int64_t seconds = column_durations_long(&durations, i);

		if (seconds < min || seconds > max) {
			matcher->by_call[column_durations_long_call(&durations, i)] = 0;
		}
	}
	return 1;
}

/* Leaves the calls whose code is in @mask, which has a byte for any code. */
static void narrow_by_table(const struct column_matcher *matcher, const struct column_match *match,
	const struct column_array *codes, const unsigned char *mask)
{
	if (codes->width == 1) {
		for (uint32_t i = match->low; i < match->high; i++) {
			matcher->by_call[i] &= mask[(unsigned char)codes->at[i]];
		}
		return;
	}
	for (uint32_t i = match->low; i < match->high; i++) {
		matcher->by_call[i] &= mask[column_get16(codes->at + (size_t)i * 2)];
	}
}

/* Leaves the calls whose code is one of those from @first on, @count of them. */
static void narrow_by_range(const struct column_matcher *matcher, const struct column_match *match,
	const struct column_array *codes, uint32_t first, uint32_t count)
{
	for (uint32_t i = match->low; i < match->high; i++) {
		uint16_t more = (uint16_t)(column_get16(codes->at + (size_t)i * 2) - first);

		matcher->by_call[i] &= (unsigned char)(more < (uint16_t)count);
	}
}

/* ---- how calls went ---- */

/* Leaves the calls of which the choice in @column is meant. */
static int narrow_choice(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, enum column_id column, struct error *err)
{
	const struct filter *asked = matcher->filter;
	const struct filter_none *none = &asked->none;
	unsigned int choices = column == COLUMN_OUTCOME
				       ? filter_choice(asked->outcomes, none->outcomes)
				       : filter_choice(asked->enders, none->enders);
	unsigned char wanted[UINT8_MAX + 1] = {0};
	struct column_array values;

	if (choices == 0 || choices == ~0U) {
		return choices != 0;
	}
	if (column_block_course(block, column, &values, err) < 0) {
		return -1;
	}
	for (unsigned int value = 0; value < sizeof(choices) * 8; value++) {
		wanted[value] = choices >> value & 1;
	}
	narrow_by_table(matcher, match, &values, wanted);
	return 1;
}

/* Sets @is of each call by whether its number is one from @min to @max. @width is the array's, so
 * that the compiler makes a loop for each. */
static inline void mark_range_of(const struct column_array *array, uint32_t width,
	const struct column_match *match, uint64_t min, uint64_t max, unsigned char *is)
{
	for (uint32_t i = match->low; i < match->high; i++) {
		uint64_t value = column_get(array->at + (size_t)i * width, width);

		is[i] = (unsigned char)(value >= min && value <= max);
	}
}

static void mark_range(const struct column_array *array, const struct column_match *match,
	uint64_t min, uint64_t max, unsigned char *is)
{
	switch (array->width) {
	case 1:
		mark_range_of(array, 1, match, min, max, is);
		break;
	case 2:
		mark_range_of(array, 2, match, min, max, is);
		break;
	case 4:
		mark_range_of(array, 4, match, min, max, is);
		break;
	default:
		mark_range_of(array, 8, match, min, max, is);
		break;
	}
}

/* As call_knows_answer() and call_is_answered() say. */
static int narrow_answered(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, struct error *err)
{
	enum filter_answered asked = matcher->filter->answered;
	struct column_array answered, outcomes;

	if (asked == FILTER_ANY_ANSWER) {
		return 1;
	}
	if (column_block_course(block, COLUMN_ANSWERED, &answered, err) < 0 ||
		column_block_course(block, COLUMN_OUTCOME, &outcomes, err) < 0) {
		return -1;
	}
	mark_range(&answered, match, 1, UINT64_MAX, matcher->known);
	for (uint32_t i = match->low; i < match->high; i++) {
		unsigned int outcome = (unsigned char)outcomes.at[i];
		unsigned int is = matcher->known[i] | (outcome == CALL_ANSWERED);
		unsigned int is_not = !is & (outcome != CALL_NO_OUTCOME);

		matcher->by_call[i] &= (unsigned char)(asked == FILTER_ANSWERED ? is : is_not);
	}
	return 1;
}

/* Leaves the calls of which call_knows_talk() says that their talk is known. */
static int narrow_known_talks(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, const struct column_array *talks, struct error *err)
{
	struct column_array answered;
	const unsigned char *flags;

	if (column_block_course(block, COLUMN_ANSWERED, &answered, err) < 0 ||
		column_block_flags(block, &flags, err) < 0) {
		return -1;
	}
	mark_range(&answered, match, 1, UINT64_MAX, matcher->known);
	mark_range(talks, match, 1, UINT64_MAX, matcher->by_path);
	for (uint32_t i = match->low; i < match->high; i++) {
		unsigned int told = (flags[i] & CALL_TOLD_TALK << COLUMN_TOLD_SHIFT) != 0;

		matcher->by_call[i] &=
			(unsigned char)(matcher->known[i] | matcher->by_path[i] | told);
	}
	return 1;
}

static int narrow_talks(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, struct error *err)
{
	int64_t min = matcher->filter->min_talk, max = matcher->filter->max_talk;
	struct column_array talks;

	if (min <= 0 && max == INT64_MAX) {
		return 1;
	}
	if (column_block_course(block, COLUMN_TALK, &talks, err) < 0) {
		return -1;
	}
	mark_range(&talks, match, (uint64_t)min, (uint64_t)max, matcher->known);
	for (uint32_t i = match->low; i < match->high; i++) {
		matcher->by_call[i] &= matcher->known[i];
	}
	return max < INT64_MAX ? narrow_known_talks(matcher, block, match, &talks, err) : 1;
}

/* ---- numbers ---- */

static void narrow_by_codes(const struct column_matcher *matcher, const struct column_match *match,
	const struct column_array *array)
{
	const struct column_codes *codes = matcher->codes;
	const unsigned char *first = memchr(codes->mask, 1, COLUMN_CALLS_MAX);
	const unsigned char *last = memrchr(codes->mask, 1, COLUMN_CALLS_MAX);

	if (array->width == 2 && last - first + 1 == (ptrdiff_t)codes->matched &&
		codes->matched < COLUMN_CALLS_MAX) {
		narrow_by_range(
			matcher, match, array, (uint32_t)(first - codes->mask), codes->matched);
	} else {
		narrow_by_table(matcher, match, array, codes->mask);
	}
}

/* Turns the marks of the numbers that are refused into those of all others. */
static void turn(struct column_codes *codes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		codes->mask[i] ^= 1;
	}
	codes->matched = count - codes->matched;
}

/* Leaves the calls with one of the numbers @wanted, or where they are refused those with another.
 */
static int narrow_numbers(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, const struct filter_numbers *wanted, bool dest,
	bool refused, struct error *err)
{
	const struct filter *filter = matcher->filter;
	enum column_id column = dest ? COLUMN_DEST_NUMBERS : COLUMN_SRC_NUMBERS;
	struct column_numbers numbers;
	struct column_array array;
	struct text payload;

	if (!filter_numbers_ask(wanted)) {
		return !refused || !wanted->any;
	}
	if (column_block_column(block, column, &payload, err) < 0 ||
		column_numbers_open(&numbers, payload, column, block->number, err) < 0 ||
		column_numbers_match(&numbers, filter, wanted, matcher->codes, err) < 0) {
		return -1;
	}
	if (refused) {
		turn(matcher->codes, numbers.count);
	}
	if (matcher->codes->matched == 0 || matcher->codes->matched == numbers.count) {
		return matcher->codes->matched > 0;
	}
	if (column_block_array(block, dest ? COLUMN_DEST : COLUMN_SRC, 2, &array, err) < 0) {
		return -1;
	}
	narrow_by_codes(matcher, match, &array);
	return 1;
}

/* What is asked of the numbers of one side, and what is refused. */
static int narrow_side(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, bool dest, struct error *err)
{
	const struct filter *filter = matcher->filter;
	int left = narrow_numbers(
		matcher, block, match, dest ? &filter->dest : &filter->src, dest, false, err);

	return left > 0 ? narrow_numbers(matcher, block, match,
				  dest ? &filter->none.dest : &filter->none.src, dest, true, err)
			: left;
}

/* ---- steps ---- */

static unsigned int bits_of(
	const struct column_matcher *matcher, const struct column_block *block, uint32_t kind)
{
	uint32_t id = column_block_kind(block, kind);

	return id < matcher->kind_bits_size ? matcher->kind_bits[id] : 0;
}

/* By shape: whether one of its kinds is a step that is asked for, and none is refused. */
static int match_shape(const struct column_matcher *matcher, const struct column_block *block,
	const struct column_sequences *shapes, struct text rest, struct error *err)
{
	bool step = !filter_asks_for_step(matcher->filter);

	while (rest.size > 0) {
		uint32_t kind = column_sequence_next(&rest);
		unsigned int bits;

		if (kind >= block->kinds_count) {
			return column_sequence_bad(shapes, err);
		}
		bits = bits_of(matcher, block, kind);
		if ((bits & KIND_REFUSED) != 0) {
			return 0;
		}
		step = step || (bits & KIND_STEP) != 0;
	}
	return step;
}

/* By visits: whether the last one is a place that is asked for, and not refused. */
static int match_visits(const struct column_matcher *matcher, const struct column_block *block,
	const struct column_sequences *visits, struct text rest, struct error *err)
{
	unsigned int bits = filter_asks_for_last(matcher->filter) ? 0 : KIND_LAST;

	while (rest.size > 0) {
		uint32_t kind = column_sequence_next(&rest);

		if (kind >= block->kinds_count) {
			return column_sequence_bad(visits, err);
		}
		bits = bits_of(matcher, block, kind);
	}
	return (bits & KIND_LAST) != 0;
}

/* By path: whether it goes through the points that are asked for. */
static int match_points(const struct column_matcher *matcher, const struct column_block *block,
	const struct column_sequences *paths, struct text rest, struct error *err)
{
	uint64_t reached = PATH_BEGIN;

	while (rest.size > 0) {
		uint32_t kind = column_sequence_next(&rest), id;

		if (kind >= block->kinds_count) {
			return column_sequence_bad(paths, err);
		}
		id = column_block_kind(block, kind);
		if (id < matcher->kind_bits_size) {
			reached = path_step(reached, matcher->masks[id]);
		}
	}
	return path_may_end(&matcher->filter->path, reached);
}

typedef int match_sequence_fn(const struct column_matcher *matcher,
	const struct column_block *block, const struct column_sequences *sequences,
	struct text sequence, struct error *err);

/* Leaves the paths whose sequence of @column matches. */
static int narrow_paths(const struct column_matcher *matcher, struct column_block *block,
	const struct column_paths *paths, enum column_id column, struct error *err)
{
	match_sequence_fn *match = column == COLUMN_PATHS    ? match_points
				   : column == COLUMN_SHAPES ? match_shape
							     : match_visits;
	const struct column_array *of = column == COLUMN_SHAPES ? &paths->shapes : &paths->visits;
	struct column_sequences sequences;
	struct text sequence;

	if (column_block_sequences(block, column, &sequences, err) < 0) {
		return -1;
	}
	if (column == COLUMN_PATHS && sequences.count != paths->count) {
		return column_damaged(
			&sequences.reader, "it has another number of paths than 'path info'", err);
	}
	memset(matcher->by_sequence, 0, COLUMN_CALLS_MAX);
	for (uint32_t i = 0; i < sequences.count; i++) {
		int matches;

		if (column_sequences_next(&sequences, &sequence, err) < 0 ||
			(matches = match(matcher, block, &sequences, sequence, err)) < 0) {
			return -1;
		}
		matcher->by_sequence[i] = (unsigned char)matches;
	}
	for (uint32_t i = 0; i < paths->count; i++) {
		matcher->by_path[i] &=
			matcher->by_sequence[column == COLUMN_PATHS ? i : column_array_at(of, i)];
	}
	return 0;
}

/* Leaves the calls that have detail: without, a call has no path, and not one without steps. */
static int narrow_detail(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, struct error *err)
{
	const unsigned char *flags;

	if (block->detail == block->count) {
		return 0;
	}
	if (column_block_flags(block, &flags, err) < 0) {
		return -1;
	}
	for (uint32_t i = match->low; i < match->high; i++) {
		matcher->by_call[i] &= (flags[i] & COLUMN_FLAG_DETAIL) != 0;
	}
	return 0;
}

static void narrow_counts(const struct column_matcher *matcher, const struct column_paths *paths)
{
	for (uint32_t i = 0; i < paths->count; i++) {
		int64_t steps = (int64_t)column_array_at(&paths->steps, i);

		matcher->by_path[i] &= filter_count_matches(matcher->filter, steps);
	}
}

/* Which paths match; *ret_matching: how many. */
static int match_paths(const struct column_matcher *matcher, struct column_block *block,
	const struct column_paths *paths, uint32_t *ret_matching, struct error *err)
{
	const struct filter *filter = matcher->filter;
	uint32_t matching = 0;

	memset(matcher->by_path, 0, COLUMN_CALLS_MAX);
	memset(matcher->by_path, 1, paths->count);
	narrow_counts(matcher, paths);
	if ((filter_asks_for_step(filter) || filter_refuses_step(filter)) &&
		narrow_paths(matcher, block, paths, COLUMN_SHAPES, err) < 0) {
		return -1;
	}
	if ((filter_asks_for_last(filter) || filter_refuses_last(filter)) &&
		narrow_paths(matcher, block, paths, COLUMN_VISITS, err) < 0) {
		return -1;
	}
	if (matcher->masks && narrow_paths(matcher, block, paths, COLUMN_PATHS, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < paths->count; i++) {
		matching += matcher->by_path[i];
	}
	*ret_matching = matching;
	return 0;
}

static int narrow_steps(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, struct error *err)
{
	/* Of earlier calls no steps are seen. */
	struct column_match seen = *match;
	struct column_paths paths;
	struct column_array codes;
	uint32_t matching;

	if (!filter_reads_detail(matcher->filter)) {
		return 1;
	}
	if (block->detail == 0) {
		return !filter_needs_detail(matcher->filter);
	}
	seen.low = seen.low > match->detail ? seen.low : match->detail;
	if (column_block_paths(block, &paths, err) < 0 ||
		match_paths(matcher, block, &paths, &matching, err) < 0) {
		return -1;
	}
	if (matcher->masks && narrow_detail(matcher, block, match, err) < 0) {
		return -1;
	}
	if (matching == paths.count || (matching == 0 && seen.low == match->low)) {
		return matching > 0;
	}
	if (column_block_array(block, COLUMN_PATH, 2, &codes, err) < 0) {
		return -1;
	}
	narrow_by_table(matcher, &seen, &codes, matcher->by_path);
	return 1;
}

/* ---- the whole ---- */

static int narrow_gone(
	const struct column_matcher *matcher, struct column_block *block, struct error *err)
{
	const unsigned char *gone;

	if (column_block_gone(block, &gone, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; gone && i < block->count; i += 8) {
		for (uint32_t bits = gone[i / 8], at = i; bits != 0 && at < block->count;
			bits >>= 1, at++) {
			matcher->by_call[at] &= (unsigned char)(~bits & 1);
		}
	}
	return 1;
}

/* Whether any call is left; negative: it failed. */
static int narrow(const struct column_matcher *matcher, struct column_block *block,
	const struct column_match *match, struct error *err)
{
	const struct filter *filter = matcher->filter;
	int left = match->low < match->high && filter->state != FILTER_LIVE;

	left = left > 0 ? narrow_types(matcher, block, match, err) : left;
	left = left > 0 ? narrow_durations(matcher, block, match, err) : left;
	left = left > 0 ? narrow_choice(matcher, block, match, COLUMN_OUTCOME, err) : left;
	left = left > 0 ? narrow_choice(matcher, block, match, COLUMN_ENDED_BY, err) : left;
	left = left > 0 ? narrow_answered(matcher, block, match, err) : left;
	left = left > 0 ? narrow_talks(matcher, block, match, err) : left;
	left = left > 0 ? narrow_side(matcher, block, match, true, err) : left;
	left = left > 0 ? narrow_side(matcher, block, match, false, err) : left;
	left = left > 0 ? narrow_steps(matcher, block, match, err) : left;
	return left > 0 ? narrow_gone(matcher, block, err) : left;
}

int column_match(struct column_matcher *matcher, struct column_block *block,
	struct column_match *ret_match, struct error *err)
{
	struct column_match match = {.set = matcher->by_call};
	int left;

	if (find_window(matcher, block, &match, err) < 0) {
		return -1;
	}
	memset(matcher->by_call, 0, COLUMN_CALLS_MAX);
	memset(matcher->by_call + match.low, 1, match.high - match.low);
	left = narrow(matcher, block, &match, err);
	if (left < 0) {
		return -1;
	}
	if (left == 0) {
		match.high = match.low;
	}
	for (uint32_t i = match.low; i < match.high; i++) {
		match.calls += matcher->by_call[i];
	}
	*ret_match = match;
	return 0;
}
