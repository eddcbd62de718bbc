/* SPDX-License-Identifier: MIT
 * A filter as a condition and its parameters: PostgreSQL compares headers, kinds and words
 * itself. Calls with more words than a tsvector tells apart are looked at here, one by one. Order
 * is looked at in search.c. */
#include <assert.h>
#include <limits.h>

#include "call/call_json.h"
#include "store/find.h"
#include "store/postgres/postgres.h"

#define TEXT_SIZE_MAX ((size_t)64 << 10)
/* Calls that are read at once to be looked at. */
#define UNSURE_CALLS 50

/* clang-format off */

#define CHOSEN(name, option, how, member) \
	" and ($" #member "::smallint[] is null or coalesce(c." #name ", 0) = any($" #member "))"

/* What the header of the call c has to be like. %s is what write_side() makes of the numbers. Of a
 * call that is over its days no steps are seen, though they may still be there. */
#define MATCH \
	" c.account_id = $account_id::bigint and c.start >= $start::bigint and c.start <" \
	" $end::bigint" FILTER_CHOICES(CHOSEN) \
	" and c.\"end\" - c.start between $min_duration::bigint and $max_duration::bigint" \
	" and ($answered::text is null or (coalesce(c.answered, 0) > 0 or c.outcome = 1)" \
	" = ($answered = 'true') and (c.answered > 0 or c.outcome > 0))" \
	" and ($min_talk::bigint = 0 or c.talk >= $min_talk)" \
	" and ($max_talk::bigint = 9223372036854775807 or c.talk <= $max_talk" \
	" and (c.answered > 0 or c.talk > 0 or c.told & 4 <> 0))" \
	" and ($min_steps::bigint = 0" \
	" or (c.start > $over_days::bigint and c.steps >= $min_steps))" \
	" and ($max_steps::bigint = 9223372036854775807 or c.start <= $over_days::bigint" \
	" or c.steps <= $max_steps)" \
	"%s and ($state::text is null or " POSTGRES_IS_LIVE " = ($state = 'live'))" \
	" and ($step_kinds::integer[] is null or c.path && $step_kinds)" \
	" and ($last_kinds::integer[] is null or c.last_kind = any($last_kinds))" \
	" and ($passed_kinds::integer[] is null or c.path && $passed_kinds)" \
	" and ($refused_kinds::integer[] is null or c.start <= $over_days::bigint" \
	" or coalesce(not c.path && $refused_kinds, true))" \
	" and ($refused_last::integer[] is null or c.start <= $over_days::bigint" \
	" or coalesce(c.last_kind <> all($refused_last), true))" \
	" and (c.start, c.session_id) < ($top_start::bigint, $top_session::text)"

/* The calls to look at: all, or those that have the text, and those of the sessions $unsure,
 * which were looked at elsewhere. Those that have the text are found first, once, and then
 * looked up one by one (`offset 0` keeps it so). PostgreSQL takes the other way round for better
 * where a table was never analysed: then the text is looked for anew for each call. */
#define FROM_ALL "from call c where $text::text is null and" MATCH
/* The live ones, which are few. */
#define FROM_LIVE \
	"from (select account_id, session_id from live where account_id = $account_id::bigint) f" \
	" cross join lateral (select * from call k where k.account_id = f.account_id" \
	" and k.session_id = f.session_id offset 0) c where $text::text is null and" MATCH
/* Those with the session that is asked for, or its beginning: PostgreSQL reads a range of the index
 * where it sees no other condition. */
#define FROM_SESSION \
	"from (select * from call k where k.account_id = $account_id::bigint and k.session_id ^@" \
	" $session::text offset 0) c where $text::text is null and" MATCH
/* Those that no block has as they are. */
#define FROM_LATE \
	"from (select l.session_id from late l where l.account_id = $account_id::bigint" \
	" and l.start >= $start::bigint and l.start < $end::bigint) f" \
	" cross join lateral (select * from call k where k.account_id = $account_id::bigint" \
	" and k.session_id = f.session_id offset 0) c where $text::text is null and" MATCH
#define FROM_TEXT \
	"from (select d.account_id, d.session_id from detail d" \
	" where d.account_id = $account_id::bigint and d.words @@ ($text::text)::tsquery" \
	" and d.start >= $start::bigint and d.start < $end::bigint" \
	" and (d.part = 0 or d.part between $start / 86400 and $end / 86400) union all" \
	" select $account_id::bigint, u.session_id from unnest($unsure::text[]) as u" \
	" (session_id)) f cross join lateral (select * from call k where k.account_id =" \
	" f.account_id and k.session_id = f.session_id offset 0) c where" MATCH

/* clang-format on */

/* ---- kinds ---- */

static void take_kind(struct postgres_match *match, const struct store_kind *kind)
{
	const struct filter *filter = match->search->filter;

	if (filter_step_matches(filter, kind->class_name, kind->module, kind->variable)) {
		match->step[match->step_count++] = kind->id;
	}
	if (filter_step_refused(filter, kind->class_name, kind->module, kind->variable)) {
		match->refused[match->refused_count++] = kind->id;
	}
	if (filter_is_place(kind->module) &&
		!filter_last_matches(filter, kind->module, kind->variable)) {
		match->refused_last[match->refused_last_count++] = kind->id;
	}
	if (filter_is_place(kind->module) &&
		filter_last_matches(filter, kind->module, kind->variable)) {
		match->last[match->last_count++] = kind->id;
	}
}

/* Each call that matches passes each point. So the one with the fewest kinds is asked for. */
static int take_passed(struct postgres_match *match, const struct store_kind *kinds, size_t count,
	struct error *err)
{
	const struct path_filter *path = &match->search->filter->path;
	size_t kinds_of[PATH_POINTS_MAX + 1] = {0};
	unsigned int point = 1;

	if (store_path_look_init(&match->path, match->search, kinds, count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		for (unsigned int at = 1; at <= path->last; at++) {
			kinds_of[at] += match->path.masks[kinds[i].id].enter >> at & 1;
		}
	}
	for (unsigned int at = 2; at <= path->last; at++) {
		point = kinds_of[at] < kinds_of[point] ? at : point;
	}
	if (path->last == 0 || kinds_of[point] == count) {
		return 0;
	}
	match->passed = arena_calloc(&match->arena, count + 1, sizeof(*match->passed));
	if (!match->passed) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		if ((match->path.masks[kinds[i].id].enter >> point & 1) != 0) {
			match->passed[match->passed_count++] = kinds[i].id;
		}
	}
	return 0;
}

static int read_kinds(
	struct postgres_match *match, struct postgres_connection *connection, struct error *err)
{
	struct store_kind *kinds;
	size_t count;

	if (postgres_kinds_read(connection, match->search->account_id, &match->arena, &kinds,
		    &count, err) < 0) {
		return -1;
	}
	match->step = arena_calloc(&match->arena, count + 1, sizeof(*match->step));
	match->last = arena_calloc(&match->arena, count + 1, sizeof(*match->last));
	match->refused = arena_calloc(&match->arena, count + 1, sizeof(*match->refused));
	match->refused_last = arena_calloc(&match->arena, count + 1, sizeof(*match->refused_last));
	if (!match->step || !match->last || !match->refused || !match->refused_last) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		take_kind(match, &kinds[i]);
	}
	if (!filter_asks_for_step(match->search->filter)) {
		match->step = NULL;
	}
	if (!filter_asks_for_last(match->search->filter)) {
		match->last = NULL;
	}
	if (!filter_refuses_step(match->search->filter)) {
		match->refused = NULL;
	}
	if (!filter_refuses_last(match->search->filter)) {
		match->refused_last = NULL;
	}
	return filter_walks_steps(match->search->filter) ? take_passed(match, kinds, count, err)
							 : 0;
}

/* ---- calls that the text index cannot tell of: those with too many words, and live ones ---- */

/* clang-format off */
static const struct postgres_statement list_unsure = {
	"select d.start, d.session_id, " POSTGRES_PACKED " from detail d"
	" where d.account_id = $account_id::bigint and d.words is null"
	" and d.start >= $start::bigint and d.start < $end::bigint"
	" and (d.start, d.session_id) > ($after_start::bigint, $after_session::text)"
	" order by d.start, d.session_id limit 50", .once = true};
/* clang-format on */

struct looking {
	struct postgres_match *match;
	struct unpacker *unpacker;
	struct buffer json;
	struct arena scratch;
	struct store_place place; /* the last one that was looked at */
};

static void looking_end(struct looking *looking)
{
	unpacker_destroyp(&looking->unpacker);
	buffer_deinit(&looking->json);
	arena_deinit(&looking->scratch);
}

/* Only its words are asked for: the rest is PostgreSQL's. */
static int has_text(struct looking *looking, const struct packed *packed, struct error *err)
{
	const struct call nothing = {0};
	struct filter filter;

	filter_init(&filter);
	filter.text = looking->match->words;
	buffer_clear(&looking->json);
	arena_deinit(&looking->scratch);
	if (unpacker_append(looking->unpacker, packed, &looking->json, err) < 0) {
		return -1;
	}
	return filter_matches(&filter, &nothing, call_json_detail(buffer_text(&looking->json)),
		&looking->scratch, err);
}

static int add_unsure(struct looking *looking, struct text session_id, struct error *err)
{
	struct postgres_match *match = looking->match;
	struct text *grown =
		arena_list_grow(&match->arena, match->unsure, match->unsure_count, sizeof(*grown));

	if (!grown) {
		return error_no_memory(err);
	}
	match->unsure = grown;
	match->unsure[match->unsure_count++] = session_id;
	return 0;
}

static int look_at_rows(struct looking *looking, struct postgres_rows *rows, struct error *err)
{
	for (int i = 0; i < rows->count; i++) {
		struct packed packed = postgres_read_packed(rows, i);
		int has = has_text(looking, &packed, err);

		if (has < 0 || store_find_check_deadline(looking->match->search, err) < 0) {
			return -1;
		}
		looking->place.start = postgres_int64(rows, i, "start");
		looking->place.session_id =
			arena_copy(&looking->match->arena, postgres_text(rows, i, "session_id"));
		if (!looking->place.session_id.data) {
			return error_no_memory(err);
		}
		if (has > 0 && add_unsure(looking, looking->place.session_id, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static void bind_unsure(const struct looking *looking, struct postgres_connection *connection)
{
	const struct postgres_match *match = looking->match;

	BIND(connection, INT64(account_id, match->search->account_id), INT64(start, match->start),
		INT64(end, match->search->filter->end), INT64(after_start, looking->place.start),
		STRING(after_session, looking->place.session_id));
}

static int look_at_unsure(
	struct postgres_match *match, struct postgres_connection *connection, struct error *err)
{
	AUTO(looking_end)
	struct looking looking = {
		.match = match,
		.unpacker = unpacker_create(),
		.place = {.start = -1, .session_id = TEXT("")},
	};
	struct postgres_rows rows = {.count = UNSURE_CALLS};

	buffer_init(&looking.json, UINT32_MAX);
	arena_init(&looking.scratch, SIZE_MAX);
	if (!looking.unpacker) {
		return error_no_memory(err);
	}
	while (rows.count == UNSURE_CALLS) {
		bind_unsure(&looking, connection);
		if (postgres_ask(connection, &list_unsure, &rows, err) < 0 ||
			look_at_rows(&looking, &rows, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- beginning and end ---- */

static int read_store(
	struct postgres_match *match, struct postgres_connection *connection, struct error *err)
{
	const struct filter *filter = match->search->filter;

	if (filter_reads_kinds(filter) && read_kinds(match, connection, err) < 0) {
		return -1;
	}
	if (match->words.count == 0) {
		return 0;
	}
	postgres_write_query(&match->text, match->search->account_id, &match->words);
	if (match->text.failed) {
		return error_no_memory(err);
	}
	return look_at_unsure(match, connection, err);
}

/* ---- what is asked of numbers ---- */

#define COLUMN_SIZE 256

/* The key in @column without what is dialled for a +, as call_number_undialled() has it: of several
 * that fit PostgreSQL takes the longest. */
static void write_undialled(
	char out[COLUMN_SIZE], const struct call_prefixes *prefixes, const char *column)
{
	char choices[CALL_PREFIXES_MAX * 10] = "";
	size_t used = 0;

	for (size_t i = 0; prefixes && i < prefixes->count; i++) {
		used += (size_t)snprintf(choices + used, sizeof(choices) - used, "%s%.*s",
			i == 0 ? "" : "|", TEXT_ARG(prefixes->items[i]));
	}
	snprintf(out, COLUMN_SIZE,
		used == 0 ? "%1$s"
			  : "case when %1$s ~ '^[0-9]+$' then regexp_replace(%1$s, "
			    "'^(?:%2$s)([0-9])', '\\1') else %1$s end",
		column, choices);
}

/* What @numbers ask of @column: whole ones in the parameter @name, parts in NAME_parts. One alone
 * is compared as one, so that the index gives its calls in order. */
static void write_numbers(struct buffer *out, const struct filter *filter,
	const struct filter_numbers *numbers, const char *column, const char *name)
{
	const char *between = "(";
	char undialled[COLUMN_SIZE];

	if (numbers->whole.count > 0) {
		buffer_printf(out,
			numbers->whole.count == 1 ? "%s%s = $%s::text" : "%s%s = any($%s::text[])",
			between, column, name);
		between = " or ";
	}
	if (numbers->parts_count > 0) {
		write_undialled(undialled, filter->prefixes, column);
		buffer_printf(out,
			numbers->parts_count == 1 ? "%s%s like $%s_parts::text"
						  : "%s%s like any($%s_parts::text[])",
			between, undialled, name);
		between = " or ";
	}
	if (numbers->withheld) {
		buffer_printf(out,
			"%s%s collate \"C\" ~* '^(sips?:)?(" CALL_NUMBER_WITHHELD ")?(@.*)?$'",
			between, column);
	}
	buffer_append(out, TEXT(")"));
}

static void write_side(struct buffer *out, const struct filter *filter, bool dest)
{
	const char *column = dest ? "c.dest_key" : "coalesce(c.src_key, c.src)";
	const struct filter_numbers *asked = dest ? &filter->dest : &filter->src;
	const struct filter_numbers *refused = dest ? &filter->none.dest : &filter->none.src;

	if (filter_numbers_ask(asked)) {
		buffer_append(out, TEXT(" and "));
		write_numbers(out, filter, asked, column, dest ? "dest" : "src");
	}
	if (filter_numbers_ask(refused)) {
		buffer_append(out, TEXT(" and not "));
		write_numbers(out, filter, refused, column, dest ? "not_dest" : "not_src");
	} else if (refused->any) {
		buffer_append(out, TEXT(" and false"));
	}
}

int postgres_match_from(const struct postgres_match *match, bool late,
	char ret_from[POSTGRES_FROM_SIZE], struct error *err)
{
	const struct filter *filter = match->search->filter;
	AUTO(buffer_deinit) struct buffer conditions;
	int size;

	buffer_init(&conditions, POSTGRES_FROM_SIZE);
	if (filter_asks_for_session(filter)) {
		buffer_printf(&conditions, " and c.session_id %s $session::text",
			filter->session.open ? "^@" : "=");
	}
	write_side(&conditions, filter, true);
	write_side(&conditions, filter, false);
	buffer_append_byte(&conditions, '\0');
	if (conditions.failed) {
		return error_no_memory(err);
	}
	size = snprintf(ret_from, POSTGRES_FROM_SIZE,
		late				  ? FROM_LATE
		: match->words.count > 0	  ? FROM_TEXT
		: filter->state == FILTER_LIVE	  ? FROM_LIVE
		: filter_asks_for_session(filter) ? FROM_SESSION
						  : FROM_ALL,
		conditions.data);
	assert(size > 0 && size < POSTGRES_FROM_SIZE);
	return 0;
}

int postgres_match_init(struct postgres_match *match, struct postgres_connection *connection,
	const struct store_search *search, struct error *err)
{
	const struct filter *filter = search->filter;

	*match = (struct postgres_match){.search = search, .start = filter->start};
	buffer_init(&match->text, TEXT_SIZE_MAX);
	buffer_init(&match->pattern, TEXT_SIZE_MAX);
	arena_init(&match->arena, SIZE_MAX);
	if (filter_needs_detail(filter) && search->detail_after >= match->start) {
		match->start =
			search->detail_after == INT64_MAX ? INT64_MAX : search->detail_after + 1;
	}
	if (store_path_look_words(filter, &match->arena, &match->words, err) < 0 ||
		postgres_match_from(match, false, match->from, err) < 0) {
		return -1;
	}
	return read_store(match, connection, err);
}

void postgres_match_deinit(struct postgres_match *match)
{
	buffer_deinit(&match->text);
	buffer_deinit(&match->pattern);
	store_path_look_deinit(&match->path);
	arena_deinit(&match->arena);
}

/* ---- parameters ---- */

static void write_pattern(struct buffer *pattern, const struct filter_part *part)
{
	buffer_clear(pattern);
	buffer_append(pattern, part->open_left ? TEXT("%") : TEXT(""));
	for (size_t i = 0; i < part->key.size; i++) {
		if (strchr("%_\\", part->key.data[i]) && part->key.data[i] != '\0') {
			buffer_append_byte(pattern, '\\');
		}
		buffer_append_byte(pattern, part->key.data[i]);
	}
	buffer_append(pattern, part->open_right ? TEXT("%") : TEXT(""));
}

/* What the parts of numbers are compared with. */
static struct call_keys patterns_of(
	struct postgres_match *match, const struct filter_numbers *numbers)
{
	size_t count = filter_numbers_ask(numbers) ? numbers->parts_count : 0;
	struct call_keys patterns = {
		.items = arena_calloc(&match->arena, count, sizeof(*patterns.items))};

	for (size_t i = 0; patterns.items && i < count; i++) {
		write_pattern(&match->pattern, &numbers->parts[i]);
		patterns.items[i] = arena_copy(&match->arena, buffer_text(&match->pattern));
		patterns.count += patterns.items[i].data && !match->pattern.failed;
	}
	match->failed = match->failed || patterns.count < count;
	return patterns;
}

static struct call_keys whole_of(const struct filter_numbers *numbers)
{
	return filter_numbers_ask(numbers) ? numbers->whole : (struct call_keys){0};
}

/* The numbers of the bits, or null where any will do. */
static void bind_choice(struct postgres_connection *connection, const char *name,
	unsigned int asked, unsigned int refused)
{
	unsigned int bits = filter_choice(asked, refused);
	uint32_t numbers[CHAR_BIT * sizeof(bits)];
	struct postgres_value value = {
		.name = name,
		.type = POSTGRES_SMALLINT,
		.is_array = true,
		.items = (asked | refused) != 0 ? numbers : NULL,
		.item_size = sizeof(*numbers),
	};

	for (uint32_t number = 0; number < COUNT_OF(numbers); number++) {
		if ((bits & 1U << number) != 0) {
			numbers[value.count++] = number;
		}
	}
	postgres_bind(connection, &value, 1);
}

#define BIND_CHOICE(name, option, how, member)                                                     \
	bind_choice(connection, #member, filter->member, filter->none.member);

/* Data NULL: any. */
static struct text state_of(const struct filter *filter)
{
	switch (filter->state) {
	case FILTER_LIVE:
		return TEXT("live");
	case FILTER_ENDED:
		return TEXT("ended");
	default:
		return (struct text){0};
	}
}

/* Data NULL: any. */
static struct text answered_of(const struct filter *filter)
{
	switch (filter->answered) {
	case FILTER_ANSWERED:
		return TEXT("true");
	case FILTER_NOT_ANSWERED:
		return TEXT("false");
	default:
		return (struct text){0};
	}
}

void postgres_match_bind(struct postgres_match *match, struct postgres_connection *connection,
	const struct store_place *top)
{
	const struct filter *filter = match->search->filter;
	const struct call_keys dest = whole_of(&filter->dest), src = whole_of(&filter->src);
	const struct call_keys dest_parts = patterns_of(match, &filter->dest);
	const struct call_keys src_parts = patterns_of(match, &filter->src);
	const struct call_keys not_dest = whole_of(&filter->none.dest);
	const struct call_keys not_src = whole_of(&filter->none.src);
	const struct call_keys not_dest_parts = patterns_of(match, &filter->none.dest);
	const struct call_keys not_src_parts = patterns_of(match, &filter->none.src);

	BIND(connection, INT64(account_id, match->search->account_id), INT64(start, match->start),
		INT64(end, filter->end), ASKED(session, filter->session.id),
		ASKED(state, state_of(filter)), ASKED(answered, answered_of(filter)),
		INT64(min_talk, filter->min_talk), INT64(max_talk, filter->max_talk),
		INT64(min_duration, filter->min_duration),
		INT64(max_duration, filter->max_duration), INT64(min_steps, filter->min_steps),
		INT64(max_steps, filter->max_steps), ONE_OR_MORE(dest, &dest),
		ONE_OR_MORE(dest_parts, &dest_parts), ONE_OR_MORE(src, &src),
		ONE_OR_MORE(src_parts, &src_parts), ONE_OR_MORE(not_dest, &not_dest),
		ONE_OR_MORE(not_src, &not_src), ONE_OR_MORE(not_dest_parts, &not_dest_parts),
		ONE_OR_MORE(not_src_parts, &not_src_parts),
		INT64(over_days, match->search->detail_after),
		ARRAY(step_kinds, POSTGRES_INTEGER, match->step, match->step_count),
		ARRAY(last_kinds, POSTGRES_INTEGER, match->last, match->last_count),
		ARRAY(passed_kinds, POSTGRES_INTEGER, match->passed, match->passed_count),
		ARRAY(refused_kinds, POSTGRES_INTEGER, match->refused, match->refused_count),
		ARRAY(refused_last, POSTGRES_INTEGER, match->refused_last,
			match->refused_last_count),
		INT64(top_start, top->start), ASKED(top_session, top->session_id),
		ASKED(text, match->text.size > 0 ? buffer_text(&match->text) : (struct text){0}),
		ARRAY(unsure, POSTGRES_TEXT, match->unsure, match->unsure_count));
	FILTER_CHOICES(BIND_CHOICE)
	connection->params.bytes.failed |= match->failed;
}
