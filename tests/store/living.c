/* SPDX-License-Identifier: MIT
 * What every backend has to do alike with live calls. Given the backend's name. */
#include "fixture.h"

#include "call/call_json.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define T		MIDNIGHT
#define ALL_SIZES	((size_t)1 << 20)

/* ---- amendments ---- */

/* `[…]` of steps, each word a line, one second after the other from @time on; `#7` behind a word is
 * its event id. */
static struct text steps_of(struct fixture *f, int64_t time, const char *words)
{
	AUTO(buffer_deinit) struct buffer detail;
	struct text rest = text_of(words), word;
	bool first = true;

	buffer_init(&detail, SIZE_MAX);
	buffer_append_byte(&detail, '[');
	while (rest.size > 0 && text_split(&rest, ' ', &word)) {
		struct text line = word, id = {0};
		struct call_step step = {.class_name = TEXT("info"), .timestamp = time++};

		text_split(&word, '#', &line);
		id = word;
		step.line = line;
		step.data = id.data ? arena_printf(&f->arena,
					      "{\"module_type\":\"Menu\",\"event_id\":\"%.*s\"}",
					      TEXT_ARG(id))
				    : TEXT("{\"module_type\":\"Menu\"}");
		buffer_append(&detail, first ? TEXT("") : TEXT(","));
		call_json_write_step(&detail, &step);
		first = false;
	}
	buffer_append_byte(&detail, ']');
	return arena_copy(&f->arena, buffer_text(&detail));
}

static struct store_amend amend_of(struct fixture *f, const char *session_id)
{
	return (struct store_amend){
		.account_id = f->account,
		.session_id = text_of(session_id),
		.from = -1,
		.heard = T + 1000,
		.detail_after = -1,
		.size_max = ALL_SIZES,
	};
}

static struct store_amend steps_at(
	struct fixture *f, const char *session_id, int64_t from, int64_t time, const char *words)
{
	struct store_amend amend = amend_of(f, session_id);

	amend.from = from;
	amend.steps = steps_of(f, time, words);
	return amend;
}

static void amend_all(struct fixture *f, struct store_amend *amends, size_t count)
{
	struct store_entry entries[16] = {0};
	struct error err = {0};

	for (size_t i = 0; i < count; i++) {
		entries[i].amend = &amends[i];
	}
	if (store_amend_calls(f->store, entries, count, &err) < 0) {
		fail_msg("%s", err.message);
	}
}

static struct store_amend amend_one(struct fixture *f, struct store_amend amend)
{
	amend_all(f, &amend, 1);
	return amend;
}

static struct store_call call_of(struct fixture *f, const char *session_id)
{
	struct store_call call;
	struct error err = {0};

	if (store_find(f->store, f->account, text_of(session_id), &f->arena, &call, &err) != 1) {
		fail_msg("%s is not there: %s", session_id, err.message);
	}
	return call;
}

/* The lines of a call's steps, with a blank between. */
static const char *lines_of(struct fixture *f, const char *session_id)
{
	struct store_call call = call_of(f, session_id);
	struct text lines = TEXT("");
	struct text detail;
	struct call_step step;
	size_t cursor = 0;
	struct error err = {0};

	if (!call.call.has_detail) {
		return "none";
	}
	detail = call_json_detail(json_of(f, &call.packed));
	while (call_json_next_step(detail, &cursor, &f->arena, &step, &err) > 0) {
		lines = arena_printf(&f->arena, "%.*s%s%.*s", TEXT_ARG(lines),
			lines.size > 0 ? " " : "", TEXT_ARG(step.line));
	}
	return lines.data;
}

static int64_t found_by(struct fixture *f, const char *name, const char *value)
{
	struct filter filter;
	struct store_search search = {
		.account_id = f->account, .filter = &filter, .limit = 10, .with_total = true};
	struct store_page page;
	struct error err = {0};

	filter_init(&filter);
	if (filter_set(&filter, text_of(name), text_of(value), T, &f->arena, &err) < 0 ||
		store_search(f->store, &search, &f->arena, &page, &err) < 0) {
		fail_msg("%s=%s: %s", name, value, err.message);
	}
	assert_int_equal(page.total_calls, page.count);
	return (int64_t)page.count;
}

static struct store_change change_behind(struct fixture *f, int64_t after)
{
	struct store_changes changes;
	struct error err = {0};

	assert_int_equal(
		store_changes(f->store, f->account, after, 100, -1, &f->arena, &changes, &err), 0);
	assert_int_equal(changes.count, 1);
	return changes.items[0];
}

static int64_t newest_change(struct fixture *f)
{
	int64_t id;
	struct error err;

	assert_int_equal(store_change_newest(f->store, &id, &err), 0);
	return id;
}

static struct store_live *live_of(struct fixture *f, size_t *ret_count)
{
	struct store_live *calls;
	struct error err = {0};

	assert_int_equal(store_live_list(f->store, f->account, INT64_MAX, 100, &f->arena, &calls,
				 ret_count, &err),
		0);
	return calls;
}

/* ---- beginning and going on ---- */

static void a_call_begins_by_its_header(void **state)
{
	struct fixture *f = *state;
	struct store_amend amend = amend_of(f, "s");
	struct store_call call;
	size_t count;

	amend.given = STORE_AMEND_START | STORE_AMEND_DEST;
	amend.call = (struct call){.start = T + 7, .dest = TEXT("6177123001")};
	amend = amend_one(f, amend);
	assert_int_equal(amend.result, STORE_AMENDED);
	assert_true(amend.created);
	assert_int_equal(amend.state, CALL_LIVE);
	assert_int_equal(amend.start, T + 7);
	assert_int_equal(amend.end, T + 7);
	assert_int_equal(amend.steps_held, 0);
	call = call_of(f, "s");
	assert_int_equal(call.call.state, CALL_LIVE);
	assert_int_equal(call.call.type, CALL_INBOUND);
	assert_true(call.call.has_detail);
	assert_int_equal(call.call.src.size, 0);
	assert_int_equal(live_of(f, &count)[0].heard, T + 1000);
	assert_int_equal(count, 1);
}

static void a_call_begins_by_its_first_step(void **state)
{
	struct fixture *f = *state;
	struct store_amend amend = amend_one(f, steps_at(f, "s", 0, T + 5, "one two"));

	assert_true(amend.created);
	assert_int_equal(amend.start, T + 5);
	assert_int_equal(amend.end, T + 6);
	assert_int_equal(amend.added, 2);
	assert_int_equal(amend.steps_held, 2);
	assert_string_equal(lines_of(f, "s"), "one two");
}

static void what_gives_no_start_begins_no_call(void **state)
{
	struct fixture *f = *state;
	struct store_amend none = amend_one(f, amend_of(f, "s"));
	struct store_amend empty = amend_one(f, steps_at(f, "s", 0, T, ""));
	struct store_amend behind = amend_one(f, steps_at(f, "s", 3, T, "one"));
	struct store_query query = query_all(f);

	assert_int_equal(none.result, STORE_AMEND_NO_START);
	assert_int_equal(empty.result, STORE_AMEND_NO_START);
	assert_int_equal(behind.result, STORE_AMEND_GAP);
	assert_int_equal(behind.steps_held, 0);
	assert_int_equal(page_of(f, &query).total_calls, 0);
}

/* `[…]` of one step, whose line is its event_time, or "none". */
static struct text timed_step(struct fixture *f, const char *time, const char *id)
{
	AUTO(buffer_deinit) struct buffer detail;
	struct call_step step = {
		.line = text_of(time ? time : "none"),
		.class_name = TEXT("info"),
		.timestamp = T,
		.data = arena_printf(&f->arena, "{\"event_id\":\"%s\"}", id),
	};

	if (time) {
		step.data = arena_printf(
			&f->arena, "{\"event_id\":\"%s\",\"event_time\":\"%s\"}", id, time);
	}
	buffer_init(&detail, SIZE_MAX);
	buffer_append_byte(&detail, '[');
	call_json_write_step(&detail, &step);
	buffer_append_byte(&detail, ']');
	return arena_copy(&f->arena, buffer_text(&detail));
}

static void steps_of_a_second_with_times_have_one_order(void **state)
{
	static const struct {
		const char *time, *id;
	} steps[] = {{"0.50", "c"}, {NULL, "x"}, {"0.10", "a"}, {"0.50", "b"}, {"0.75", "d"},
		{"0.10", "a"}, {"0.05", "e"}};
	static const char *const sessions[] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6"};
	struct fixture *f = *state;

	for (size_t turn = 0; turn < COUNT_OF(steps); turn++) {
		for (size_t i = 0; i < COUNT_OF(steps); i++) {
			size_t at = (i + turn) % COUNT_OF(steps);
			struct store_amend amend = amend_of(f, sessions[turn]);

			amend.steps = timed_step(f, steps[at].time, steps[at].id);
			amend_one(f, amend);
		}
		assert_string_equal(lines_of(f, sessions[turn]), "0.05 0.10 0.50 0.50 0.75 none");
	}
}

static void steps_stand_where_they_are_said_to(void **state)
{
	static const struct {
		int64_t from;
		const char *words;
		enum store_amend_result result;
		uint32_t added, duplicates;
		const char *lines;
	} rows[] = {
		{0, "a b", STORE_AMENDED, 2, 0, "a b"},
		{2, "c", STORE_AMENDED, 1, 0, "a b c"},
		{2, "c", STORE_AMENDED, 0, 1, "a b c"},
		{4, "e", STORE_AMEND_GAP, 0, 0, "a b c"},
		{1, "x", STORE_AMENDED, 1, 0, "a x"},
		{0, "a x y", STORE_AMENDED, 1, 2, "a x y"},
		{1, "", STORE_AMENDED, 0, 0, "a"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_amend amend = amend_one(
			f, steps_at(f, "s", rows[i].from, T + rows[i].from, rows[i].words));

		assert_int_equal(amend.result, rows[i].result);
		assert_int_equal(amend.added, rows[i].added);
		assert_int_equal(amend.duplicates, rows[i].duplicates);
		assert_string_equal(lines_of(f, "s"), rows[i].lines);
		assert_int_equal(amend.steps_held, call_of(f, "s").call.steps);
	}
}

static void steps_without_a_place_go_by_time_and_come_once(void **state)
{
	static const struct {
		int64_t time;
		const char *words;
		uint32_t added, duplicates;
		const char *lines;
	} rows[] = {
		{10, "d#4", 1, 0, "d"},
		{8, "b#2 c#3", 2, 0, "b c d"},
		{8, "b2#5", 1, 0, "b b2 c d"},
		{7, "a#1 b#2 e", 2, 1, "a b b2 c e d"},
		{7, "e", 1, 0, "a e b b2 c e d"},
		{20, "x#9 y#9", 1, 1, "a e b b2 c e d x"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_amend amend =
			amend_one(f, steps_at(f, "s", -1, T + rows[i].time, rows[i].words));

		assert_int_equal(amend.added, rows[i].added);
		assert_int_equal(amend.duplicates, rows[i].duplicates);
		assert_string_equal(lines_of(f, "s"), rows[i].lines);
	}
	assert_int_equal(call_of(f, "s").call.start, T + 10);
	assert_int_equal(call_of(f, "s").call.end, T + 20);
}

static void the_header_changes_and_tallies_move(void **state)
{
	struct fixture *f = *state;
	struct store_amend amend = steps_at(f, "s", 0, T + 90000, "one");
	struct store_query query = query_all(f);

	amend_one(f, amend);
	amend = amend_of(f, "s");
	amend.given = STORE_AMEND_DEST | STORE_AMEND_SRC | STORE_AMEND_TYPE | STORE_AMEND_START;
	amend.call = (struct call){.dest = TEXT("6177123002"),
		.src = TEXT("9"),
		.type = CALL_TRANSFER,
		.start = T + 5};
	amend = amend_one(f, amend);
	assert_false(amend.created);
	assert_int_equal(amend.end, T + 90000);
	query.number = TEXT("6177123002");
	query.end = T + 100;
	assert_int_equal(page_of(f, &query).total_calls, 1);
	assert_int_equal(page_of(f, &query).calls[0].call.type, CALL_TRANSFER);
	assert_int_equal(page_of(f, &query).calls[0].call.state, CALL_LIVE);
	query.start = T + 100;
	query.end = INT64_MAX;
	assert_int_equal(page_of(f, &query).total_calls, 0);
}

static void a_call_that_would_be_too_large_stays(void **state)
{
	struct fixture *f = *state;
	struct store_amend amend = steps_at(f, "s", 1, T, "two");

	amend_one(f, steps_at(f, "s", 0, T, "one"));
	amend.size_max = call_of(f, "s").packed.size;
	amend = amend_one(f, amend);
	assert_int_equal(amend.result, STORE_AMEND_TOO_LARGE);
	assert_int_equal(amend.steps_held, 1);
	assert_string_equal(lines_of(f, "s"), "one");
	amend = steps_at(f, "s", 0, T, "uno");
	amend.size_max = call_of(f, "s").packed.size;
	assert_int_equal(amend_one(f, amend).result, STORE_AMENDED);
}

/* ---- ending ---- */

static struct store_amend ending_of(struct fixture *f, const char *session_id)
{
	struct store_amend amend = amend_of(f, session_id);

	amend.given = STORE_AMEND_STATE;
	amend.call.state = CALL_ENDED;
	return amend;
}

static void a_call_ends_with_its_last_step_or_when_it_is_said(void **state)
{
	struct fixture *f = *state;
	struct store_amend amend;
	size_t count;

	amend_one(f, steps_at(f, "s", 0, T, "one two"));
	amend_one(f, steps_at(f, "t", 0, T, "one two"));
	amend = amend_one(f, ending_of(f, "s"));
	assert_true(amend.ended);
	assert_int_equal(amend.end, T + 1);
	assert_int_equal(call_of(f, "s").call.state, CALL_ENDED);
	amend = amend_of(f, "t");
	amend.given = STORE_AMEND_END;
	amend.call.end = T - 1;
	assert_int_equal(amend_one(f, amend).result, STORE_AMEND_END_BEFORE_START);
	assert_int_equal(call_of(f, "t").call.state, CALL_LIVE);
	amend.call.end = T + 60;
	assert_true(amend_one(f, amend).ended);
	assert_int_equal(call_of(f, "t").call.end, T + 60);
	live_of(f, &count);
	assert_int_equal(count, 0);
}

static void an_ended_call_takes_late_steps_and_is_opened_again_by_request(void **state)
{
	struct fixture *f = *state;
	struct store_amend amend;

	amend_one(f, steps_at(f, "s", 0, T, "one two"));
	amend_one(f, ending_of(f, "s"));
	assert_int_equal(found_by(f, "text", "three"), 0);
	amend = amend_one(f, steps_at(f, "s", 2, T + 2, "three"));
	assert_int_equal(amend.state, CALL_ENDED);
	assert_false(amend.ended);
	assert_int_equal(amend.end, T + 1);
	assert_int_equal(found_by(f, "text", "three"), 1);
	amend = amend_of(f, "s");
	amend.given = STORE_AMEND_STATE;
	amend.call.state = CALL_LIVE;
	amend = amend_one(f, amend);
	assert_int_equal(amend.state, CALL_LIVE);
	assert_int_equal(amend.end, T + 2);
	assert_int_equal(found_by(f, "text", "three"), 1);
	assert_int_equal(found_by(f, "state", "live"), 1);
}

static void a_whole_call_replaces_a_live_one_and_ends_it(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of(f, "s", "1", T, 1, "whole"), bare;
	int64_t before;

	amend_one(f, steps_at(f, "s", 0, T, "one two"));
	before = newest_change(f);
	put_all(f, &put, 1);
	assert_true(put.replaced);
	assert_string_equal(lines_of(f, "s"), "whole");
	assert_int_equal(call_of(f, "s").call.state, CALL_ENDED);
	assert_int_equal(change_behind(f, before).first_step, 0);
	assert_true(change_behind(f, before).header);
	assert_int_equal(found_by(f, "text", "whole"), 1);
	amend_one(f, steps_at(f, "t", 0, T, "one two"));
	bare = put_of(f, "t", "2", T, -1, "");
	put_all(f, &bare, 1);
	assert_string_equal(lines_of(f, "t"), "one two");
	assert_int_equal(call_of(f, "t").call.state, CALL_ENDED);
	assert_int_equal(found_by(f, "text", "two"), 1);
}

static void puts_and_amendments_of_one_transaction_keep_their_order(void **state)
{
	struct fixture *f = *state;
	struct store_put puts[] = {
		put_of(f, "s", "1", T, 2, "put"),
		put_of(f, "s", "1", T, -1, ""),
		put_of(f, "t", "1", T, 1, "put"),
	};
	struct store_amend amends[] = {
		steps_at(f, "s", 0, T, "one two three"),
		steps_at(f, "s", 2, T + 2, "late"),
		steps_at(f, "t", -1, T + 9, "behind"),
		steps_at(f, "s", 9, T, "gap"),
	};
	const struct store_entry entries[] = {
		{.amend = &amends[0]},
		{.put = &puts[0]},
		{.put = &puts[2]},
		{.amend = &amends[1]},
		{.amend = &amends[2]},
		{.put = &puts[1]},
		{.amend = &amends[3]},
	};
	struct error err = {0};

	assert_int_equal(store_amend_calls(f->store, entries, COUNT_OF(entries), &err), 0);
	assert_true(amends[0].created);
	assert_true(puts[0].replaced);
	assert_false(puts[2].replaced);
	assert_int_equal(amends[1].added, 1);
	assert_int_equal(amends[1].state, CALL_ENDED);
	assert_int_equal(amends[3].result, STORE_AMEND_GAP);
	assert_int_equal(amends[3].steps_held, 3);
	assert_string_equal(lines_of(f, "s"), "put put late");
	assert_string_equal(lines_of(f, "t"), "put behind");
	assert_int_equal(found_by(f, "text", "late"), 1);
	assert_int_equal(found_by(f, "state", "live"), 0);
}

static void an_unknown_account_fails_all(void **state)
{
	struct fixture *f = *state;
	struct store_amend amends[] = {
		steps_at(f, "s", 0, T, "one"), steps_at(f, "s", 0, T, "one")};
	const struct store_entry entries[] = {{.amend = &amends[0]}, {.amend = &amends[1]}};
	struct store_query query = query_all(f);
	struct error err = {0};

	amends[1].account_id = 4711;
	assert_int_equal(store_amend_calls(f->store, entries, 2, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_int_equal(page_of(f, &query).total_calls, 0);
}

/* ---- silence ---- */

static int64_t expire(struct fixture *f, int64_t now, int64_t timeout_s, int64_t limit)
{
	int64_t ended = -1;
	struct error err = {0};

	if (store_live_expire(f->store, now, timeout_s, limit, &ended, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return ended;
}

static void a_silent_call_ends_and_goes_on_when_it_is_heard(void **state)
{
	struct fixture *f = *state;
	struct store_amend amend;
	struct text json;
	struct store_call call;

	amend_one(f, steps_at(f, "s", 0, T, "one two"));
	assert_int_equal(expire(f, T + 1000 + 3599, 3600, 10), 0);
	assert_int_equal(expire(f, T + 1000 + 3600, 3600, 10), 1);
	assert_int_equal(expire(f, T + 9000, 3600, 10), 0);
	call = call_of(f, "s");
	json = json_of(f, &call.packed);
	assert_int_equal(call.call.state, CALL_ENDED);
	assert_int_equal(call.call.end, T + 1);
	assert_int_equal(call.call.steps, 3);
	assert_non_null(memmem(json.data, json.size,
		"{\"event\":{\"line\":\"Nothing was heard of this call for 60 minutes: it is taken "
		"as ended\",\"data\":{\"module_type\":\"end\",\"result_variable\":\"\"}},"
		"\"class\":\"info\",\"timestamp\":1769817601}",
		strlen("{\"event\":{\"line\":\"Nothing was heard of this call for 60 minutes: it "
		       "is "
		       "taken as "
		       "ended\",\"data\":{\"module_type\":\"end\",\"result_variable\":\"\"}"
		       "},\"class\":\"info\",\"timestamp\":1769817601}")));
	assert_int_equal(found_by(f, "text", "heard"), 1);
	amend = amend_one(f, amend_of(f, "s"));
	assert_int_equal(amend.state, CALL_LIVE);
	assert_int_equal(amend.steps_held, 2);
	assert_string_equal(lines_of(f, "s"), "one two");
	amend = amend_one(f, steps_at(f, "s", 2, T + 2, "three"));
	assert_int_equal(amend.result, STORE_AMENDED);
	assert_int_equal(found_by(f, "text", "heard"), 0);
}

static void what_is_refused_leaves_a_silent_call_ended(void **state)
{
	struct fixture *f = *state;
	struct store_amend amend;

	amend_one(f, steps_at(f, "s", 0, T, "one two"));
	expire(f, T + 9000, 90, 10);
	amend = amend_one(f, steps_at(f, "s", 3, T + 2, "four"));
	assert_int_equal(amend.result, STORE_AMEND_GAP);
	assert_int_equal(call_of(f, "s").call.state, CALL_ENDED);
	assert_int_equal(call_of(f, "s").call.steps, 3);
	assert_int_equal(found_by(f, "text", "seconds"), 1);
}

static void calls_are_ended_the_longest_silent_first(void **state)
{
	struct fixture *f = *state;
	struct store_amend amends[] = {steps_at(f, "a", 0, T, "x"), steps_at(f, "b", 0, T, "x"),
		steps_at(f, "c", 0, T, "x")};
	size_t count;

	amends[0].heard = T + 30;
	amends[1].heard = T + 10;
	amends[2].heard = T + 20;
	amend_all(f, amends, 3);
	assert_int_equal(expire(f, T + 1000, 60, 1), 1);
	assert_int_equal(call_of(f, "b").call.state, CALL_ENDED);
	assert_int_equal(store_live_hear(f->store, T + 25, NULL), 0);
	assert_int_equal(live_of(f, &count)[0].heard, T + 25);
	assert_int_equal(count, 2);
	assert_int_equal(expire(f, T + 89, 60, 10), 1);
	assert_int_equal(call_of(f, "c").call.state, CALL_ENDED);
	assert_int_equal(call_of(f, "a").call.state, CALL_LIVE);
}

/* ---- finding and following ---- */

static void live_calls_are_found_by_state_and_words(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of(f, "p", "1", T, 1, "violet");
	struct store_query query = query_all(f);

	put_all(f, &put, 1);
	amend_one(f, steps_at(f, "s", 0, T, "violet crimson"));
	amend_one(f, steps_at(f, "t", 0, T, "crimson"));
	assert_int_equal(found_by(f, "state", "live"), 2);
	assert_int_equal(found_by(f, "state", "ended"), 1);
	assert_int_equal(found_by(f, "text", "violet"), 2);
	assert_int_equal(found_by(f, "text", "crimson"), 2);
	assert_int_equal(found_by(f, "module", "Menu"), 3);
	assert_int_equal(page_of(f, &query).total_calls, 3);
	amend_one(f, steps_at(f, "s", 0, T, "azure"));
	assert_int_equal(found_by(f, "text", "violet"), 1);
	amend_one(f, ending_of(f, "s"));
	assert_int_equal(found_by(f, "text", "azure"), 1);
	assert_int_equal(found_by(f, "state", "live"), 1);
}

static void changes_tell_from_which_step_on(void **state)
{
	struct fixture *f = *state;
	struct store_change change;
	int64_t before = newest_change(f), begun;

	amend_one(f, steps_at(f, "s", 0, T, "one two"));
	change = change_behind(f, before);
	assert_int_equal(change.first_step, 0);
	assert_true(change.header);
	assert_int_equal(change.call.call.state, CALL_LIVE);
	begun = newest_change(f);
	amend_one(f, steps_at(f, "s", 2, T + 2, "three"));
	amend_one(f, steps_at(f, "s", 3, T + 3, "four"));
	change = change_behind(f, begun);
	assert_int_equal(change.first_step, 2);
	assert_false(change.header);
	assert_int_equal(change.call.call.steps, 4);
	assert_int_equal(change_behind(f, before).first_step, 0);
	before = newest_change(f);
	amend_one(f, steps_at(f, "s", 3, T + 3, "four"));
	amend_one(f, amend_of(f, "s"));
	assert_int_equal(newest_change(f), before);
	amend_one(f, ending_of(f, "s"));
	change = change_behind(f, before);
	assert_int_equal(change.first_step, -1);
	assert_true(change.header);
}

/* ---- what is not served any more ---- */

static void steps_of_an_old_call_are_left_out(void **state)
{
	struct fixture *f = *state;
	struct store_amend amend;

	amend_one(f, steps_at(f, "s", 0, T, "one two"));
	assert_int_equal(drop_old(f, T, 10, false), 1);
	assert_string_equal(lines_of(f, "s"), "none");
	assert_int_equal(call_of(f, "s").call.state, CALL_LIVE);
	amend = steps_at(f, "s", 2, T + 2, "three");
	amend.detail_after = T;
	amend = amend_one(f, amend);
	assert_int_equal(amend.result, STORE_AMENDED);
	assert_int_equal(amend.added, 0);
	assert_string_equal(lines_of(f, "s"), "none");
	assert_int_equal(expire(f, T + 9000, 60, 10), 1);
	assert_string_equal(lines_of(f, "s"), "none");
	assert_int_equal(drop_old(f, T, 10, true), 1);
}

static void a_live_call_is_erased_and_swept(void **state)
{
	struct fixture *f = *state;
	const struct store_erase erase = {
		.account_id = f->account, .session_id = TEXT("s"), .limit = 10};
	struct store_erased erased;
	struct error err = {0};
	size_t count;

	amend_one(f, steps_at(f, "s", 0, T, "one"));
	amend_one(f, steps_at(f, "t", 0, T, "one"));
	assert_int_equal(store_erase(f->store, &erase, &erased, &err), 0);
	assert_int_equal(erased.calls, 1);
	assert_int_equal(drop_old(f, T, 10, true), 1);
	live_of(f, &count);
	assert_int_equal(count, 0);
	assert_int_equal(found_by(f, "text", "one"), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down_sound)
	const struct CMUnitTest tests[] = {
		CASE(a_call_begins_by_its_header),
		CASE(a_call_begins_by_its_first_step),
		CASE(what_gives_no_start_begins_no_call),
		CASE(steps_of_a_second_with_times_have_one_order),
		CASE(steps_stand_where_they_are_said_to),
		CASE(steps_without_a_place_go_by_time_and_come_once),
		CASE(the_header_changes_and_tallies_move),
		CASE(a_call_that_would_be_too_large_stays),
		CASE(a_call_ends_with_its_last_step_or_when_it_is_said),
		CASE(an_ended_call_takes_late_steps_and_is_opened_again_by_request),
		CASE(a_whole_call_replaces_a_live_one_and_ends_it),
		CASE(puts_and_amendments_of_one_transaction_keep_their_order),
		CASE(an_unknown_account_fails_all),
		CASE(a_silent_call_ends_and_goes_on_when_it_is_heard),
		CASE(what_is_refused_leaves_a_silent_call_ended),
		CASE(calls_are_ended_the_longest_silent_first),
		CASE(live_calls_are_found_by_state_and_words),
		CASE(changes_tell_from_which_step_on),
		CASE(steps_of_an_old_call_are_left_out),
		CASE(a_live_call_is_erased_and_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
