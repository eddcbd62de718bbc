/* SPDX-License-Identifier: MIT
 * Counting ways. Each different sequence of visits of a block is walked once, and of each of its
 * visits the seconds of all calls, which lie together, are counted in the cells of the way that
 * leaves it. */
#include "column/count/flow.h"

#include "column/count/slowest.h"
#include "column/stays.h"

#define FEW 256 /* bytes that are counted without ado */

struct flowing {
	const struct column_calls *calls;
	bool inputs;
	struct column_walk walk;
	struct column_flow result;
	struct column_path_counts paths;
	struct stays stays;
	/* of the block: */
	bool whole;	      /* all of its calls count */
	unsigned char *marks; /* by place in the order: 1 the call counts; nothing where whole */
	uint32_t longer;      /* of the long stays, the next */
	uint64_t input;	      /* of the inputs, the next */
	int64_t takers[STAYS_OUTCOMES]; /* of the sequence, by outcome */
};

static void flowing_deinit(struct flowing *flowing)
{
	column_walk_deinit(&flowing->walk);
	column_path_counts_deinit(&flowing->paths);
	stays_deinit(&flowing->stays);
	free(flowing->marks);
}

/* ---- seconds of a way ---- */

/* Goes the way, for @times times. NULL: no memory. */
static struct column_way *go(struct flowing *flowing, uint32_t from, uint32_t to, int64_t calls)
{
	struct column_way *way = ways_go(&flowing->result.ways, from, to, calls);

	if (way && !way->cells) {
		way->cells =
			arena_calloc(flowing->result.ways.arena, WAYS_SHORT, sizeof(*way->cells));
	}
	if (!way || !way->cells) {
		return NULL;
	}
	way->times += calls;
	return way;
}

static bool add_long(struct flowing *flowing, struct column_way *way, int64_t seconds)
{
	struct column_flow *result = &flowing->result;
	struct arena *arena = result->ways.arena;
	struct flow_long *longer;

	if (seconds < WAYS_CELLS) {
		if (!way->more) {
			way->more = arena_calloc(arena, WAYS_CELLS, sizeof(*way->more));
		}
		if (way->more) {
			way->more[seconds - (WAYS_SHORT - 1)]++;
		}
		return way->more != NULL;
	}
	longer = arena_list_grow(arena, result->longer, result->longer_count, sizeof(*longer));
	if (!longer) {
		return false;
	}
	result->longer = longer;
	longer[result->longer_count++] =
		(struct flow_long){.way = (uint32_t)(way - result->ways.items), .seconds = seconds};
	return true;
}

static bool add_seconds(struct flowing *flowing, struct column_way *way, int64_t seconds)
{
	if (seconds < WAYS_SHORT - 1) {
		way->cells[seconds]++;
		return true;
	}
	return add_long(flowing, way, seconds);
}

bool column_flow_stays(const struct column_way *way,
	bool (*each)(void *context, int64_t seconds, int64_t times), void *context)
{
	for (uint32_t i = 0; way->cells && i < WAYS_SHORT - 1; i++) {
		if (way->cells[i] > 0 && !each(context, i, way->cells[i])) {
			return false;
		}
	}
	for (uint32_t i = 0; way->more && i < WAYS_CELLS - (WAYS_SHORT - 1); i++) {
		if (way->more[i] > 0 && !each(context, i + WAYS_SHORT - 1, way->more[i])) {
			return false;
		}
	}
	return true;
}

/* ---- the slots of a visit ---- */

/* The stays at one place, or before the first, of some calls of a sequence. */
struct run {
	uint32_t slot;	/* of the first */
	uint32_t order; /* its call's place in the order */
	uint32_t count;
	uint32_t place; /* where they are; WAYS_NO_PLACE: at none yet */
};

/* Several tables, so that one cell that counts again and again does not make each wait for the
 * count before. */
static void count_many(uint32_t *cells, const unsigned char *bytes, uint32_t count)
{
	uint32_t tables[3][WAYS_SHORT] = {{0}};
	uint32_t i = 0;

	for (; i + 4 <= count; i += 4) {
		cells[bytes[i]]++;
		tables[0][bytes[i + 1]]++;
		tables[1][bytes[i + 2]]++;
		tables[2][bytes[i + 3]]++;
	}
	for (; i < count; i++) {
		cells[bytes[i]]++;
	}
	for (i = 0; i < WAYS_SHORT; i++) {
		cells[i] += tables[0][i] + tables[1][i] + tables[2][i];
	}
}

static void count_marked_many(
	uint32_t *cells, const unsigned char *bytes, const unsigned char *marks, uint32_t count)
{
	uint32_t tables[3][WAYS_SHORT] = {{0}};
	uint32_t i = 0;

	for (; i + 4 <= count; i += 4) {
		cells[bytes[i]] += marks[i];
		tables[0][bytes[i + 1]] += marks[i + 1];
		tables[1][bytes[i + 2]] += marks[i + 2];
		tables[2][bytes[i + 3]] += marks[i + 3];
	}
	for (; i < count; i++) {
		cells[bytes[i]] += marks[i];
	}
	for (i = 0; i < WAYS_SHORT; i++) {
		cells[i] += tables[0][i] + tables[1][i] + tables[2][i];
	}
}

static void count_short(const struct flowing *flowing, const struct run *run, uint32_t *cells)
{
	const unsigned char *bytes = flowing->stays.bytes + run->slot;
	const unsigned char *marks = flowing->marks + run->order;

	if (run->count > FEW) {
		if (flowing->whole) {
			count_many(cells, bytes, run->count);
		} else {
			count_marked_many(cells, bytes, marks, run->count);
		}
		return;
	}
	for (uint32_t i = 0; flowing->whole && i < run->count; i++) {
		cells[bytes[i]]++;
	}
	for (uint32_t i = 0; !flowing->whole && i < run->count; i++) {
		cells[bytes[i]] += marks[i];
	}
}

static bool is_counted(const struct flowing *flowing, uint32_t order)
{
	return flowing->whole || flowing->marks[order];
}

static void note_slow(struct flowing *flowing, const struct run *run, uint32_t i, int64_t seconds)
{
	const struct ways_slow slow = {.seconds = seconds,
		.block = (int64_t)flowing->walk.block.place,
		.at = flowing->stays.order.calls[run->order + i]};

	slowest_note(&flowing->result.ways.places[run->place], &slow);
}

/* The longest of the short stays that count. */
static unsigned char longest_of(const struct flowing *flowing, const struct run *run)
{
	const unsigned char *bytes = flowing->stays.bytes + run->slot;
	const unsigned char *marks = flowing->marks + run->order;
	unsigned char longest = 0;

	for (uint32_t i = 0; i < run->count; i++) {
		unsigned char seconds = bytes[i] == STAYS_LONG ? 0 : bytes[i];

		seconds = flowing->whole || marks[i] ? seconds : 0;
		longest = seconds > longest ? seconds : longest;
	}
	return longest;
}

static void note_slowest(struct flowing *flowing, const struct run *run)
{
	const struct column_place *place = &flowing->result.ways.places[run->place];
	int64_t block = (int64_t)flowing->walk.block.place;
	const unsigned char *bytes = flowing->stays.bytes + run->slot;
	int64_t least = slowest_least(place, block);

	if (least >= STAYS_LONG || longest_of(flowing, run) < least) {
		return;
	}
	for (uint32_t i = 0; i < run->count; i++) {
		if (bytes[i] >= least && bytes[i] != STAYS_LONG &&
			is_counted(flowing, run->order + i)) {
			note_slow(flowing, run, i, bytes[i]);
			least = slowest_least(place, block);
		}
	}
}

static int count_longer(
	struct flowing *flowing, const struct run *run, struct column_way *way, struct error *err)
{
	const struct stays *stays = &flowing->stays;

	for (; flowing->longer < stays->longer_count; flowing->longer++) {
		uint32_t slot = stays_longer_slot(stays, flowing->longer);
		int64_t seconds = stays_longer_seconds(stays, flowing->longer);

		if (slot >= run->slot + run->count) {
			break;
		}
		if (slot < run->slot || !is_counted(flowing, run->order + slot - run->slot)) {
			continue;
		}
		if (!add_long(flowing, way, seconds)) {
			return error_no_memory(err);
		}
		if (flowing->inputs && run->place != WAYS_NO_PLACE) {
			note_slow(flowing, run, slot - run->slot, seconds);
		}
	}
	return 0;
}

static int count_run(
	struct flowing *flowing, const struct run *run, struct column_way *way, struct error *err)
{
	if (!way) {
		return error_no_memory(err);
	}
	count_short(flowing, run, way->cells);
	if (flowing->inputs && run->place != WAYS_NO_PLACE) {
		note_slowest(flowing, run);
	}
	return count_longer(flowing, run, way, err);
}

/* What the visits at the slots of @run said of input; all before it was looked at. */
static void count_inputs(struct flowing *flowing, const struct run *run)
{
	const struct stays *stays = &flowing->stays;
	struct column_place *place = &flowing->result.ways.places[run->place];

	for (; flowing->input < stays->inputs_count; flowing->input++) {
		const struct stays_input *input = &stays->inputs[flowing->input];

		if (input->slot >= run->slot + run->count) {
			break;
		}
		if (input->slot >= run->slot &&
			is_counted(flowing, run->order + input->slot - run->slot)) {
			place->no_input += input->no_input;
			place->wrong_input += input->wrong_input;
		}
	}
}

/* ---- sequences ---- */

/* How many calls of the sequence count. */
static int64_t count_takers(struct flowing *flowing, uint32_t sequence)
{
	const uint32_t *starts = flowing->stays.order.starts + sequence * STAYS_OUTCOMES;
	int64_t all = 0;

	for (size_t outcome = 0; outcome < STAYS_OUTCOMES; outcome++) {
		uint32_t takers = 0;

		for (uint32_t i = starts[outcome]; !flowing->whole && i < starts[outcome + 1];
			i++) {
			takers += flowing->marks[i];
		}
		takers = flowing->whole ? starts[outcome + 1] - starts[outcome] : takers;
		flowing->takers[outcome] = takers;
		all += takers;
	}
	return all;
}

/* The last place is left for an end that differs from call to call. */
static int count_ends(struct flowing *flowing, struct run *run, uint32_t sequence, uint32_t from,
	struct error *err)
{
	const uint32_t *starts = flowing->stays.order.starts + sequence * STAYS_OUTCOMES;

	for (uint32_t outcome = 0; outcome < STAYS_OUTCOMES; outcome++) {
		int64_t takers = flowing->takers[outcome];

		run->count = starts[outcome + 1] - starts[outcome];
		if (takers > 0 && count_run(flowing, run,
					  go(flowing, from, WAYS_END + outcome, takers), err) < 0) {
			return -1;
		}
		run->slot += run->count;
		run->order += run->count;
	}
	return 0;
}

/* Walks the visits that the sequence @rest is of, which @calls calls took. */
static int walk_sequence(struct flowing *flowing, const struct column_sequences *visits,
	uint32_t sequence, struct text rest, int64_t calls, struct error *err)
{
	const struct stays *stays = &flowing->stays;
	uint32_t first = stays_first(stays, sequence),
		 count = stays_first(stays, sequence + 1) - first;
	struct run run = {stays->slots[sequence], first, count, WAYS_NO_PLACE};
	uint32_t from = WAYS_BEGIN, place = WAYS_NO_PLACE;

	while (rest.size > 0) {
		if (ways_next_place(&flowing->result.ways, &flowing->walk.block, visits, &rest,
			    &place, err) < 0) {
			return -1;
		}
		ways_reach(&flowing->result.ways, place, calls);
		if (count_run(flowing, &run, go(flowing, from, WAYS_PLACES + place, calls), err) <
			0) {
			return -1;
		}
		run.slot += count;
		run.place = place;
		from = WAYS_PLACES + place;
		if (flowing->inputs) {
			count_inputs(flowing, &run);
		}
	}
	return count_ends(flowing, &run, sequence, from, err);
}

/* Calls that came to no place: where they have steps, they go from their begin to their end. */
static int count_empty(struct flowing *flowing, uint32_t sequence, struct error *err)
{
	const struct stays_order *order = &flowing->stays.order;
	struct column_block *block = &flowing->walk.block;
	struct column_durations durations;
	struct column_array codes;

	if (column_block_durations(block, &durations, err) < 0 ||
		column_block_array(block, COLUMN_PATH, 2, &codes, err) < 0) {
		return -1;
	}
	for (uint32_t i = stays_first(&flowing->stays, sequence);
		i < stays_first(&flowing->stays, sequence + 1); i++) {
		uint32_t call = order->calls[i];
		uint64_t path = column_array_at(&codes, call);
		uint32_t outcome = order->groups[call] % STAYS_OUTCOMES;
		struct column_way *way;
		int64_t seconds;

		if (!is_counted(flowing, i) ||
			column_array_at(&flowing->paths.paths.steps, (uint32_t)path) == 0) {
			continue;
		}
		if (column_durations_at(&durations, call, &seconds, err) < 0) {
			return -1;
		}
		flowing->result.ways.sequence++;
		way = go(flowing, WAYS_BEGIN, WAYS_END + outcome, 1);
		if (!way || !add_seconds(flowing, way, seconds)) {
			return error_no_memory(err);
		}
	}
	return 0;
}

static int count_sequences(struct flowing *flowing, struct error *err)
{
	struct column_block *block = &flowing->walk.block;
	struct column_sequences visits;
	struct text sequence;

	if (column_block_sequences(block, COLUMN_VISITS, &visits, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < visits.count; i++) {
		int64_t calls = count_takers(flowing, i);

		if (column_sequences_next(&visits, &sequence, err) < 0) {
			return -1;
		}
		flowing->result.ways.sequence++;
		if (calls > 0 && (sequence.size == 0 ? count_empty(flowing, i, err)
						     : walk_sequence(flowing, &visits, i, sequence,
							       calls, err)) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- blocks ---- */

static void mark(struct flowing *flowing)
{
	const struct column_match *match = &flowing->walk.match;
	const uint32_t *calls = flowing->stays.order.calls;
	uint32_t from = match->detail > match->low ? match->detail : match->low;

	flowing->whole = match->calls == flowing->walk.block.count && from == 0;
	for (uint32_t i = 0; !flowing->whole && i < flowing->walk.block.count; i++) {
		flowing->marks[i] = match->set[calls[i]] & (calls[i] >= from);
	}
	flowing->longer = 0;
	flowing->input = 0;
}

static int count_block(struct flowing *flowing, struct error *err)
{
	struct column_block *block = &flowing->walk.block;
	struct column_match *match = &flowing->walk.match;
	struct column_flow *result = &flowing->result;
	int64_t before = result->steps.with_steps;

	result->calls += match->calls;
	if (column_path_counts_of(&flowing->paths, block, match, &result->steps, err) < 0) {
		return -1;
	}
	if (result->steps.with_steps == before) {
		return 0;
	}
	if (stays_open(&flowing->stays, block, err) < 0 ||
		(flowing->inputs && stays_read_inputs(&flowing->stays, err) < 0)) {
		return -1;
	}
	mark(flowing);
	if (count_sequences(flowing, err) < 0) {
		return -1;
	}
	return flowing->inputs ? slowest_name(&result->ways, block, err) : 0;
}

/* ---- fresh rows ---- */

/* Where a fresh call is, and for how long it was there. */
struct going {
	const struct column_row *row;
	uint32_t node;
	int64_t seconds;
	uint32_t visits; /* that were gone to */
};

static int go_on(struct flowing *flowing, struct going *going, uint32_t node, struct error *err)
{
	struct column_way *way = go(flowing, going->node, node, 1);

	if (!way || !add_seconds(flowing, way, going->seconds)) {
		return error_no_memory(err);
	}
	going->node = node;
	return 0;
}

static int go_to(struct flowing *flowing, struct going *going, uint32_t at, uint32_t place,
	struct error *err)
{
	const struct column_stays *stays = going->row->stays;
	const struct column_visit *visit;
	struct ways_slow slow;

	if (!stays || going->visits == stays->count) {
		return error_set(err, ERROR_CORRUPT,
			"the call '%.*s' came to more places than it stayed at: verify the store",
			TEXT_ARG(going->row->call.session_id));
	}
	if (going->visits == 0) {
		going->seconds = stays->wait;
	}
	ways_reach(&flowing->result.ways, place, 1);
	if (go_on(flowing, going, WAYS_PLACES + place, err) < 0) {
		return -1;
	}
	visit = &stays->visits[going->visits++];
	going->seconds = visit->seconds;
	slow = (struct ways_slow){
		visit->seconds, -1, at, going->row->call.start, going->row->call.session_id};
	flowing->result.ways.places[place].no_input += visit->no_input;
	flowing->result.ways.places[place].wrong_input += visit->wrong_input;
	slowest_note(&flowing->result.ways.places[place], &slow);
	return 0;
}

static int count_row(struct flowing *flowing, uint32_t at, struct error *err)
{
	const struct column_row *row = &flowing->calls->fresh[at];
	struct going going = {row, WAYS_BEGIN, row->call.end - row->call.start, 0};
	struct column_flow *result = &flowing->result;

	result->calls++;
	if (!column_steps_note(&result->steps, &row->call, flowing->walk.question->detail_after)) {
		return 0;
	}
	result->ways.sequence++;
	for (uint32_t i = 0; i < row->call.steps; i++) {
		uint32_t place = ways_place_of(&result->ways, row->kinds[i]);

		if (place != WAYS_NO_PLACE && WAYS_PLACES + place != going.node &&
			go_to(flowing, &going, at, place, err) < 0) {
			return -1;
		}
	}
	return go_on(flowing, &going, WAYS_END + row->call.outcome, err);
}

static int count_all(struct flowing *flowing, struct error *err)
{
	int more;

	flowing->marks = malloc(COLUMN_CALLS_MAX);
	if (!flowing->marks) {
		return error_no_memory(err);
	}
	if (column_path_counts_init(&flowing->paths, err) < 0) {
		return -1;
	}
	while ((more = column_walk_next(&flowing->walk, err)) > 0) {
		if (count_block(flowing, err) < 0) {
			return -1;
		}
	}
	for (uint32_t i = 0; more == 0 && i < flowing->calls->fresh_count; i++) {
		if (column_match_row(&flowing->walk.matcher, &flowing->calls->fresh[i]) &&
			count_row(flowing, i, err) < 0) {
			return -1;
		}
	}
	return more;
}

int column_flow(const struct column_calls *calls, const struct column_question *question,
	bool inputs, struct arena *arena, struct column_flow *ret_flow, struct error *err)
{
	AUTO(flowing_deinit) struct flowing flowing = {.calls = calls, .inputs = inputs};

	if (column_walk_init(&flowing.walk, calls, question, err) < 0 ||
		ways_init(&flowing.result.ways, calls->kinds, arena, err) < 0 ||
		count_all(&flowing, err) < 0) {
		return -1;
	}
	*ret_flow = flowing.result;
	return 0;
}
