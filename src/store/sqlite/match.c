/* SPDX-License-Identifier: MIT
 * Matching rows: only the columns that the filter asks about are read. A packed call is inflated
 * where a path asks for words or times, and all else matches. */
#include "store/sqlite/match.h"

#include "store/find.h"

static const struct sqlite_statement packed_of = {
	"select " PACKED_COLUMNS("") " from packed where call_id = :id"};

/* What a step of a kind is for the filter. */
enum {
	KIND_STEP = 1,	/* one that classes, modules and variables ask for */
	KIND_PLACE = 2, /* a place where a call can end */
	KIND_LAST = 4,	/* one that last_modules and last_variables ask for */
	KIND_REFUSED = 8,
};

static unsigned char bits_of(const struct filter *filter, const struct store_kind *kind)
{
	unsigned int bits = 0;

	if (filter_step_matches(filter, kind->class_name, kind->module, kind->variable)) {
		bits |= KIND_STEP;
	}
	if (filter_is_place(kind->module)) {
		bits |= KIND_PLACE;
	}
	if (filter_last_matches(filter, kind->module, kind->variable)) {
		bits |= KIND_LAST;
	}
	if (filter_step_refused(filter, kind->class_name, kind->module, kind->variable)) {
		bits |= KIND_REFUSED;
	}
	return (unsigned char)bits;
}

static int read_kinds(struct sqlite_match *match, const struct store_search *search,
	struct sqlite_connection *connection, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_kind *kinds;
	size_t count;

	arena_init(&arena, SIZE_MAX);
	if (sqlite_kinds_read(connection, match->account_id, &arena, &kinds, &count, err) < 0) {
		return -1;
	}
	match->kinds_count = count > 0 ? (size_t)kinds[count - 1].id + 1 : 0;
	match->kinds = calloc(match->kinds_count + 1, 1);
	if (!match->kinds) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		const struct store_kind *kind = &kinds[i];

		match->kinds[kind->id] = bits_of(match->filter, kind);
	}
	return filter_walks_steps(match->filter)
		       ? store_path_look_init(&match->path, search, kinds, count, err)
		       : 0;
}

static bool asks_for_duration(const struct filter *filter)
{
	return filter->min_duration > 0 || filter->max_duration < INT64_MAX;
}

static bool asks_for_text_alone(const struct filter *filter)
{
	struct filter rest = *filter;

	rest.text.count = 0;
	return filter->text.count > 0 && !filter_numbers_ask(&filter->dest) &&
	       filter_is_window(&rest);
}

/* Finds the calls that have the text, those that are live, or both. */
static int find_ids(
	struct sqlite_match *match, struct sqlite_connection *connection, struct error *err)
{
	const struct filter *filter = match->filter;

	if (match->words.count > 0 && filter->state != FILTER_LIVE &&
		sqlite_words_find(connection, match->account_id, &match->words, &match->ids, err) <
			0) {
		return -1;
	}
	STORE_COST(match->cost, words, (int64_t)match->ids.count);
	if (match->words.count > 0 && filter->state != FILTER_ENDED) {
		return sqlite_live_find(connection, &match->live, &match->words, &match->ids, err);
	}
	for (size_t i = 0; filter->state == FILTER_LIVE && i < match->live.count; i++) {
		if (!sqlite_id_set_add(&match->ids, match->live.ids[i])) {
			return error_no_memory(err);
		}
	}
	return 0;
}

/* No byte of UTF-8 is the last one there is: the next one is behind all that begin with the id. */
static int find_session_below(struct sqlite_match *match, struct error *err)
{
	struct text id = match->filter->session.id;
	char *below = NULL;

	if (id.size == 0) {
		return 0;
	}
	below = arena_alloc(&match->arena, id.size);
	if (!below) {
		return error_no_memory(err);
	}
	memcpy(below, id.data, id.size);
	below[id.size - 1]++;
	match->session_below = (struct text){below, id.size};
	return 0;
}

int sqlite_match_init(struct sqlite_match *match, struct sqlite_connection *connection,
	const struct store_search *search, struct error *err)
{
	const struct filter *filter = search->filter;

	*match = (struct sqlite_match){
		.filter = filter,
		.cost = search->cost,
		.connection = connection,
		.account_id = search->account_id,
		.detail_after = search->detail_after,
		.start = filter->start,
		.end = filter->end,
		.duration = asks_for_duration(filter),
		.talk = filter_asks_for_talk(filter),
		.count = filter_asks_for_count(filter),
		.step = filter_asks_for_step(filter),
		.last = filter_asks_for_last(filter),
		.all_steps = filter_asks_for_last(filter) || filter_refuses_step(filter) ||
			     filter_refuses_last(filter),
		.dest_keys = filter_dest_keys(filter),
		.text_alone = asks_for_text_alone(filter),
	};
	arena_init(&match->arena, SIZE_MAX);
	if (store_path_look_words(filter, &match->arena, &match->words, err) < 0) {
		return -1;
	}
	if (find_session_below(match, err) < 0) {
		return -1;
	}
	match->by_ids = match->words.count > 0 || filter->state == FILTER_LIVE;
	if (filter_needs_detail(filter) && search->detail_after >= match->start) {
		match->start =
			search->detail_after == INT64_MAX ? INT64_MAX : search->detail_after + 1;
	}
	if (filter_reads_kinds(filter) && read_kinds(match, search, connection, err) < 0) {
		return -1;
	}
	if (sqlite_live_read(connection, match->account_id, &match->live, err) < 0 ||
		(match->by_ids && find_ids(match, connection, err) < 0)) {
		return -1;
	}
	return match->ids.bits ? sqlite_match_window(match, connection, &match->rows, err) : 0;
}

void sqlite_match_deinit(struct sqlite_match *match)
{
	free(match->kinds);
	sqlite_id_set_deinit(&match->ids);
	sqlite_live_set_deinit(&match->live);
	store_path_look_deinit(&match->path);
	arena_deinit(&match->arena);
}

#define READ_ASKED(name, option, how, member)                                                      \
	if ((match->filter->member | match->filter->none.member) != 0) {                           \
		call.name = STORE_CHOICE(name, sqlite_column_int64(row, HEADER_##name));           \
	}

static bool match_times(const struct sqlite_match *match, const struct sqlite_cursor *row)
{
	/* What is not asked for stays as it matches. */
	struct call call = {.start = sqlite_column_int64(row, HEADER_start)};

	call.end = match->duration ? sqlite_column_int64(row, HEADER_end) : call.start;
	FILTER_CHOICES(READ_ASKED)
	if (match->talk) {
		call.outcome = STORE_CHOICE(outcome, sqlite_column_int64(row, HEADER_outcome));
		call.answered = sqlite_column_int64(row, HEADER_answered);
		call.talk = sqlite_column_int64(row, HEADER_talk);
		call.told = sqlite_column_int64(row, HEADER_told);
	}
	if (match->filter->state != FILTER_ANY_STATE) {
		call.state = sqlite_live_state(&match->live, sqlite_column_int64(row, SCAN_ID));
	}
	return filter_matches_times(match->filter, &call);
}

static bool match_number(const struct filter *filter, const struct filter_numbers *asked,
	const struct filter_numbers *refused, const struct sqlite_cursor *row, int column)
{
	return (!filter_numbers_ask(asked) && !filter_numbers_refuse(refused)) ||
	       filter_number_meant(filter, asked, refused, sqlite_column_text(row, column));
}

static bool match_steps(const struct sqlite_match *match, struct text path)
{
	bool step = !match->step, last = !match->last;
	uint32_t id;

	while (sqlite_path_next(&path, &id)) {
		unsigned char bits = id < match->kinds_count ? match->kinds[id] : 0;

		step = step || (bits & KIND_STEP) != 0;
		if ((bits & KIND_PLACE) != 0) {
			last = (bits & KIND_LAST) != 0;
		}
		if ((bits & KIND_REFUSED) != 0) {
			return false;
		}
		if (step && !match->all_steps) {
			return true;
		}
	}
	return step && last;
}

static bool match_count(const struct sqlite_match *match, const struct sqlite_cursor *row)
{
	int64_t steps = sqlite_column_int64(row, HEADER_start) > match->detail_after
				? sqlite_column_int64(row, HEADER_steps)
				: 0;

	return filter_count_matches(match->filter, steps > 0 ? steps : 0);
}

static int inflate(struct sqlite_match *match, const struct sqlite_cursor *row, struct error *err)
{
	const struct call call = {.start = sqlite_column_int64(row, HEADER_start),
		.end = sqlite_column_int64(row, HEADER_end)};
	int64_t id = sqlite_column_int64(row, SCAN_ID);
	AUTO(sqlite_end)
	struct sqlite_cursor held =
		sqlite_query(match->connection, &packed_of, BIND(INT64(id, id)), err);
	int found = sqlite_step(&held, err);
	struct packed packed;

	if (found <= 0) {
		return found < 0
			       ? -1
			       : error_set(err, ERROR_CORRUPT,
					 "the call %lld of the store '%s' has steps, but no packed "
					 "call: verify it",
					 (long long)id, match->connection->folder);
	}
	packed = sqlite_packed_at(&held, 0);
	return store_path_look_inflate(&match->path, &call, &packed, err);
}

static int match_path(
	struct sqlite_match *match, const struct sqlite_cursor *row, struct error *err)
{
	struct text path = sqlite_column_blob(row, SCAN_PATH);
	uint64_t reached = PATH_BEGIN;
	uint32_t id;
	int matches;

	if (sqlite_column_int64(row, HEADER_steps) < 0) {
		return 0; /* it has no detail */
	}
	while (sqlite_path_next(&path, &id)) {
		reached = store_path_look_step(&match->path, reached, id);
	}
	matches = store_path_look_end(&match->path, reached);
	return matches > 1 ? inflate(match, row, err) : matches;
}

int sqlite_match_row(struct sqlite_match *match, const struct sqlite_cursor *row, struct error *err)
{
	const struct filter *filter = match->filter;

	STORE_COST(match->cost, rows, 1);
	if (match->ids.bits && !sqlite_id_set_has(&match->ids, sqlite_column_int64(row, SCAN_ID))) {
		return 0;
	}
	if (!filter_session_matches(filter, sqlite_column_text(row, HEADER_session_id)) ||
		!match_times(match, row) ||
		!match_number(filter, &filter->dest, &filter->none.dest, row, HEADER_dest) ||
		!match_number(filter, &filter->src, &filter->none.src, row, HEADER_src)) {
		return 0;
	}
	/* Steps of a call that is over its days are not seen, though they may still be there. */
	if (match->kinds && sqlite_column_int64(row, HEADER_start) > match->detail_after &&
		!match_steps(match, sqlite_column_blob(row, SCAN_PATH))) {
		return 0;
	}
	if (match->count && !match_count(match, row)) {
		return 0;
	}
	return store_path_look_is_asked(&match->path) ? match_path(match, row, err) : 1;
}
