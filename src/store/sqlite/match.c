/* SPDX-License-Identifier: MIT
 * Matching rows: only the columns that the filter asks about are read, and no packed call is. */
#include "store/sqlite/match.h"

#include "store/find.h"

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

static int read_kinds(
	struct sqlite_match *match, struct sqlite_connection *connection, struct error *err)
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
	return 0;
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

	if (match->text && filter->state != FILTER_LIVE &&
		sqlite_words_find(connection, match->account_id, &filter->text, &match->ids, err) <
			0) {
		return -1;
	}
	if (match->text && filter->state != FILTER_ENDED) {
		return sqlite_live_find(connection, &match->live, &filter->text, &match->ids, err);
	}
	for (size_t i = 0; filter->state == FILTER_LIVE && i < match->live.count; i++) {
		if (!sqlite_id_set_add(&match->ids, match->live.ids[i])) {
			return error_no_memory(err);
		}
	}
	return 0;
}

int sqlite_match_init(struct sqlite_match *match, struct sqlite_connection *connection,
	const struct store_search *search, struct error *err)
{
	const struct filter *filter = search->filter;

	*match = (struct sqlite_match){
		.filter = filter,
		.account_id = search->account_id,
		.detail_after = search->detail_after,
		.start = filter->start,
		.end = filter->end,
		.duration = asks_for_duration(filter),
		.talk = filter_asks_for_talk(filter),
		.step = filter_asks_for_step(filter),
		.last = filter_asks_for_last(filter),
		.path = filter_reads_kinds(filter),
		.whole_path = filter_asks_for_last(filter) || filter_refuses_step(filter) ||
			      filter_refuses_last(filter),
		.dest_keys = filter_dest_keys(filter),
		.text = filter->text.count > 0,
		.by_ids = filter->text.count > 0 || filter->state == FILTER_LIVE,
		.text_alone = asks_for_text_alone(filter),
	};
	if (filter_needs_detail(filter) && search->detail_after >= match->start) {
		match->start =
			search->detail_after == INT64_MAX ? INT64_MAX : search->detail_after + 1;
	}
	if (match->path && read_kinds(match, connection, err) < 0) {
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

static bool match_path(const struct sqlite_match *match, struct text path)
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
		if (step && !match->whole_path) {
			return true;
		}
	}
	return step && last;
}

bool sqlite_match_row(const struct sqlite_match *match, const struct sqlite_cursor *row)
{
	const struct filter *filter = match->filter;

	if (match->ids.bits && !sqlite_id_set_has(&match->ids, sqlite_column_int64(row, SCAN_ID))) {
		return false;
	}
	if (!match_times(match, row) ||
		!match_number(filter, &filter->dest, &filter->none.dest, row, HEADER_dest) ||
		!match_number(filter, &filter->src, &filter->none.src, row, HEADER_src)) {
		return false;
	}
	/* Steps of a call that is over its days are not seen, though they may still be there. */
	return !match->path || sqlite_column_int64(row, HEADER_start) <= match->detail_after ||
	       match_path(match, sqlite_column_blob(row, SCAN_PATH));
}
