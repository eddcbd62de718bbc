/* SPDX-License-Identifier: MIT
 * Finding and following calls, what every backend has to do alike. It is told its name. */
#include "fixture.h"

#include "base/array.h"
#include "base/clock.h"

#define T INT64_C(1000000)

static const struct step_of menu_steps[] = {
	{"info", NULL, NULL, "Executing application"},
	{"prompt", "menu", "main", "Press one for Caf\xc3\xa9"},
	{"event", "queue", "help", "User input: 2"},
	{"event", "hangup", "end", "caller hung up"},
};
static const struct step_of digit_steps[] = {
	{"prompt", "digits", "pin", "Enter your code"},
	{"error", "digits", "pin", "Invalid code entered"},
	{"debug", "digits", "pin", "one"},
};

/* Reads `name=value&name=value` with the time of the calls as now. */
static void read_filter(struct fixture *f, const char *parameters, struct filter *filter)
{
	struct text rest = text_of(parameters), pair, name;
	struct error err = {0};

	filter_init(filter);
	while (parameters[0] && text_split(&rest, '&', &pair)) {
		assert_true(text_split(&pair, '=', &name));
		if (filter_set(filter, name, pair, T, &f->arena, &err) != 1) {
			fail_msg("%s: %s", parameters, err.message);
		}
	}
}

static struct store_search search_of(struct fixture *f, const struct filter *filter)
{
	return (struct store_search){
		.account_id = f->account,
		.filter = filter,
		.detail_after = -1,
		.limit = 100,
		.with_total = true,
	};
}

static struct store_page found_by(struct fixture *f, const struct store_search *search)
{
	struct store_page page;
	struct error err = {0};

	if (store_search(f->store, search, &f->arena, &page, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return page;
}

/* The page's sessions with a space behind each. */
static const char *sessions_of(struct fixture *f, const struct store_page *page)
{
	AUTO(buffer_deinit) struct buffer out;

	buffer_init(&out, SIZE_MAX);
	for (size_t i = 0; i < page->count; i++) {
		buffer_append(&out, page->calls[i].call.session_id);
		buffer_append_byte(&out, ' ');
	}
	return arena_copy(&f->arena, buffer_text(&out)).data;
}

static void expect_found(struct fixture *f, const char *parameters, const char *sessions)
{
	struct filter filter;
	struct store_search search = search_of(f, &filter);
	struct store_page page;

	read_filter(f, parameters, &filter);
	page = found_by(f, &search);
	if (strcmp(sessions_of(f, &page), sessions) != 0) {
		fail_msg("%s: found '%s', not '%s'", parameters, sessions_of(f, &page), sessions);
	}
	assert_int_equal(page.total_calls, page.count);
}

/* menu, digits, none (no steps) and bare (no detail), a second apart, and one of the other account.
 */
static void put_sample(struct fixture *f)
{
	struct store_put puts[] = {
		put_of_steps(f, "menu", T, menu_steps, COUNT_OF(menu_steps)),
		put_of_steps(f, "digits", T + 1, digit_steps, COUNT_OF(digit_steps)),
		put_of_steps(f, "none", T + 2, NULL, 0),
		put_of(f, "bare", "6177123002", T + 3, -1, ""),
		put_of_steps(f, "theirs", T + 4, menu_steps, COUNT_OF(menu_steps)),
	};

	puts[1].call.type = CALL_TRANSFER;
	puts[1].packed = (struct packed){0};
	puts[1].call.has_detail = false;
	put_all(f, &puts[1], 1); /* a header whose steps come later */
	puts[1] = put_of_steps(f, "digits", T + 1, digit_steps, COUNT_OF(digit_steps));
	puts[3].call.src = TEXT("sales");
	puts[3].call.type = CALL_OUTBOUND;
	puts[3].call.end = T + 3 + 600;
	/* What no step says, a sender does. */
	puts[2].call.outcome = CALL_MISSED;
	puts[3].call.outcome = CALL_ANSWERED;
	puts[3].call.ended_by = CALL_ENDED_BY_SYSTEM;
	puts[3].call.answered = T + 3 + 10;
	puts[3].call.talk = 500;
	puts[4].account_id = f->other;
	put_all(f, puts, COUNT_OF(puts));
}

static const struct {
	const char *parameters, *sessions;
} sample_filters[] = {
	{"", "bare none digits menu "},
	{"start=1000001&end=1000003", "none digits "},
	{"end=1000000", ""},
	{"dest=6177123001", "none digits menu "},
	{"dest=*02", "bare "},
	{"dest=6177123001,+6177123002", "bare none digits menu "},
	{"dest=6177123002&dest=1", "bare "},
	{"dest=6177123001&dest=617 712-3001", "none digits menu "}, /* the same twice */
	{"dest=1,2", ""},
	{"dest=1,*02,*03", "bare "},
	{"dest=*", "bare none digits menu "},
	{"dest=1,*,2", "bare none digits menu "},
	{"dest=6177123001,6177123002&module=menu", "menu "},
	{"dest=6177123001,6177123002&start=1000001", "bare none digits "},
	{"src=sales,1", "bare "},
	{"src=97*,sal*", "bare none digits menu "},
	{"dest=617*", "bare none digits menu "},
	{"src=sales", "bare "},
	{"src=97*", "none digits menu "},
	{"type=outbound", "bare "},
	{"type=inbound", "none digits menu "},
	{"min_duration=61", "bare "},
	{"max_duration=60", "none digits menu "},
	{"outcome=answered", "bare "},
	{"outcome=missed,busy", "none "},
	{"outcome=missed&outcome=answered", "bare none "},
	{"outcome=failed", ""},
	{"ended_by=system", "bare "},
	{"ended_by=caller,called", ""},
	{"answered=true", "bare "},
	{"answered=false", "none "}, /* of the others it is not known */
	{"min_talk=500", "bare "},
	{"min_steps=1", "digits menu "},
	{"min_steps=4", "menu "},
	{"max_steps=3", "bare none digits "},
	{"max_steps=0", "bare none "},
	{"min_steps=3&max_steps=3&type=inbound", "digits "},
	{"min_talk=501", ""},
	{"max_talk=500", "bare "},
	{"max_talk=499", ""},
	{"outcome=answered&min_talk=1&type=outbound&dest=6177123002", "bare "},
	{"outcome=answered&type=inbound", ""},
	{"state=ended", "bare none digits menu "},
	{"state=live", ""},
	{"class=prompt", "digits menu "},
	{"class=error", "digits "},
	{"module=menu", "menu "},
	{"module=menu,digits", "digits menu "},
	{"module=nowhere", ""},
	{"variable=pin&class=prompt", "digits "},
	{"variable=pin&class=prompt&module=menu", ""},
	{"class=event&module=menu", ""},
	{"last_module=queue", "menu "},
	{"last_module=hangup", ""},
	{"last_variable=pin", "digits "},
	{"last_module=digits,queue&last_variable=help", "menu "},
	{"text=one", "digits menu "},
	{"text=\"press one\"", "menu "},
	{"text=cafe", "menu "},
	{"text=code invalid", "digits "},
	{"text=\"code enter\"", ""},
	{"text=\"entered one\"", ""}, /* in two lines */
	{"text=\"code invalid\"", ""},
	{"text=ente*", "digits "},
	{"text=executing", "menu "},
	{"text=one&dest=6177123002", ""},
	{"text=one&class=error", "digits "},
	{"text=unheard", ""},
	{"text=unheard one", ""},
	{"path=!menu:caf* > end", "none digits "},
	{"path=digits/pin:enter > digits:invalid", "digits "},
	{"-outcome=answered&-src=none", "none digits menu "},
	{"-variable=pin&-module=menu&-dest=\"1\"", "bare none "},
	{"-last_module=queue&src=none,97*", "none digits "},
	{"dest=6*,1,none&src=9*,1,none&-dest=8*,2,none&-src=5*,3,none&text=one&path=!x"
	 "&-module=y&-last_module=z",
		"digits menu "},
};

static void each_filter_finds_its_calls(void **state)
{
	struct fixture *f = *state;

	put_sample(f);
	for (size_t i = 0; i < COUNT_OF(sample_filters); i++) {
		expect_found(f, sample_filters[i].parameters, sample_filters[i].sessions);
	}
}

static void what_no_call_can_have_is_not_found(void **state)
{
	static const struct text strange[] = {
		{"\xff", 1}, {"a\0b", 3}, {"\xed\xa0\x80", 3}, {"\n", 1}, {"\x7f", 1}, {"", 0}};
	struct fixture *f = *state;
	struct store_put put = put_of(f, "a", "1", 10, 1, "x");

	put_all(f, &put, 1);
	for (size_t i = 0; i < COUNT_OF(strange); i++) {
		struct store_query query = query_all(f);
		struct store_account account;
		struct store_call call;
		struct error err = {0};

		query.number = strange[i];
		assert_int_equal(page_of(f, &query).total_calls, 0);
		assert_int_equal(
			store_find(f->store, f->account, strange[i], &f->arena, &call, &err), 0);
		assert_int_equal(
			store_account_find(f->store, strange[i], &f->arena, &account, &err), 0);
	}
}

static void pages_are_cut_by_place_offset_and_limit(void **state)
{
	static const struct {
		const char *parameters, *after;
		int64_t after_start, offset, limit;
		const char *sessions;
	} rows[] = {
		{"", NULL, 0, 0, 2, "bare none "},
		{"", NULL, 0, 1, 2, "none digits "},
		{"", NULL, 0, 4, 2, ""},
		{"", NULL, 0, 0, 0, ""},
		{"", "none", T + 2, 0, 10, "digits menu "},
		{"", "none", T + 2, 1, 10, "menu "},
		{"", "nonf", T + 2, 0, 2, "none digits "},
		{"", "a", T + 4, 0, 1, "bare "},
		{"", "a", 5, 0, 1, ""},
		{"dest=6177123001", "none", T + 2, 1, 10, "menu "},
		{"dest=6177123001", NULL, 0, 1, 1, "digits "},
		{"type=inbound", "none", T + 2, 0, 1, "digits "},
		{"type=inbound", NULL, 0, 2, 1, "menu "},
		{"text=one", "digits", T + 1, 0, 10, "menu "},
		{"text=one", NULL, 0, 1, 10, "menu "},
	};
	struct fixture *f = *state;

	put_sample(f);
	for (size_t i = 0; i < COUNT_OF(rows) * 2; i++) {
		size_t row = i / 2;
		struct filter filter;
		struct store_search search = search_of(f, &filter);
		struct store_page page;

		read_filter(f, rows[row].parameters, &filter);
		search.with_total = i % 2 == 0;
		search.after =
			(struct store_place){rows[row].after_start, text_of(rows[row].after)};
		search.offset = rows[row].offset;
		search.limit = rows[row].limit;
		page = found_by(f, &search);
		if (strcmp(sessions_of(f, &page), rows[row].sessions) != 0) {
			fail_msg("row %zu: %s", row, sessions_of(f, &page));
		}
		search.limit = 100;
		search.offset = 0;
		search.after = (struct store_place){0};
		if (i % 2 == 0) {
			assert_int_equal(page.total_calls, found_by(f, &search).count);
		} else {
			assert_int_equal(page.total_calls, -1);
		}
	}
}

static void packed_calls_come_when_asked_for(void **state)
{
	static const char *const filters[] = {"", "dest=6177123001", "type=inbound", "text=one"};
	struct fixture *f = *state;
	struct store_put put = put_of_steps(f, "menu", T, menu_steps, COUNT_OF(menu_steps));

	put_all(f, &put, 1);
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		struct filter filter;
		struct store_search search = search_of(f, &filter);
		struct store_page page;

		read_filter(f, filters[i], &filter);
		page = found_by(f, &search);
		assert_int_equal(page.count, 1);
		assert_null(page.calls[0].packed.deflate.data);
		assert_true(page.calls[0].call.has_detail);
		assert_int_equal(page.calls[0].call.steps, 4);
		search.with_packed = true;
		page = found_by(f, &search);
		assert_true(text_equal(page.calls[0].packed.deflate, put.packed.deflate));
		assert_int_equal(page.calls[0].packed.crc32, put.packed.crc32);
	}
}

static void expired_detail_is_neither_seen_nor_matched(void **state)
{
	static const struct {
		const char *parameters, *sessions;
	} rows[] = {
		{"", "bare none digits menu "},
		{"dest=6177123001", "none digits menu "},
		{"type=inbound", "none digits menu "},
		{"text=one", "digits "},
		{"text=executing", ""},
		{"class=prompt", "digits "},
		{"module=menu", ""},
		{"variable=main", ""},
		{"last_module=queue", ""},
		{"last_variable=help", ""},
		{"path=!nowhere", "none digits "},
		{"path=*:one", "digits "},
		{"path=begin > end", "none digits "},
		{"-class=prompt", "bare none menu "},
		{"-module=menu", "bare none digits menu "},
		{"-last_module=queue", "bare none digits menu "},
		{"text=one&-module=menu", "digits "},
	};
	struct fixture *f = *state;

	put_sample(f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct filter filter;
		struct store_search search = search_of(f, &filter);
		struct store_page page;

		read_filter(f, rows[i].parameters, &filter);
		search.detail_after = T; /* to the second: `menu` started at T */
		search.with_packed = true;
		page = found_by(f, &search);
		if (strcmp(sessions_of(f, &page), rows[i].sessions) != 0) {
			fail_msg("%s: %s", rows[i].parameters, sessions_of(f, &page));
		}
		assert_int_equal(page.total_calls, page.count);
		for (size_t k = 0; k < page.count; k++) {
			bool seen = page.calls[k].call.start > T &&
				    !text_equal_string(page.calls[k].call.session_id, "bare");

			assert_int_equal(page.calls[k].call.has_detail, seen);
			assert_int_equal(page.calls[k].packed.deflate.data != NULL, seen);
			assert_true(seen || page.calls[k].call.steps == 0);
		}
	}
}

static void replaced_calls_leave_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of_steps(f, "a", T, menu_steps, COUNT_OF(menu_steps));

	put_all(f, &put, 1);
	expect_found(f, "text=press", "a ");
	put = put_of_steps(f, "a", T + 100, digit_steps, COUNT_OF(digit_steps));
	put_all(f, &put, 1);
	expect_found(f, "text=press", "");
	expect_found(f, "module=menu", "");
	expect_found(f, "last_variable=help", "");
	expect_found(f, "text=invalid", "a ");
	expect_found(f, "module=digits", "a ");
	expect_found(f, "start=1000100&text=invalid", "a ");

	/* The header alone: the steps stay, and move in time with it. */
	put = put_of(f, "a", "555", T + 500, -1, "");
	put_all(f, &put, 1);
	expect_found(f, "text=invalid&start=1000500&dest=555", "a ");
	expect_found(f, "module=digits&start=1000500&dest=555", "a ");
	expect_found(f, "text=invalid&end=1000500", "");

	/* No steps at all are steps too. */
	put = put_of_steps(f, "a", T, NULL, 0);
	put_all(f, &put, 1);
	expect_found(f, "text=invalid", "");
	expect_found(f, "module=digits", "");
	expect_found(f, "", "a ");
}

static void dropped_detail_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct store_put again = put_of_steps(f, "menu", T, menu_steps, COUNT_OF(menu_steps));
	struct store_call call;

	put_sample(f);
	assert_int_equal(drop_old(f, T - 1, 10, false), 0);
	assert_int_equal(drop_old(f, T + 1, 1, false), 1); /* the oldest first: menu */
	expect_found(f, "text=executing", "");
	expect_found(f, "module=menu", "");
	expect_found(f, "last_module=queue", "");
	expect_found(f, "text=one", "digits ");
	expect_found(f, "", "bare none digits menu ");
	assert_int_equal(store_find(f->store, f->account, TEXT("menu"), &f->arena, &call, NULL), 1);
	assert_false(call.call.has_detail);
	assert_int_equal(call.call.steps, 0);
	assert_null(call.packed.deflate.data);

	assert_int_equal(drop_old(f, T + 1, 10, false), 1);
	expect_found(f, "text=one", "");
	/* none has no steps, which are detail too */
	assert_int_equal(drop_old(f, T + 9, 10, false), 1);
	assert_int_equal(drop_old(f, T + 9, 10, false), 0);

	put_all(f, &again, 1);
	expect_found(f, "text=executing", "menu ");
	assert_int_equal(store_find(f->store, f->other, TEXT("theirs"), &f->arena, &call, NULL), 1);
	assert_true(call.call.has_detail);
}

static void a_call_twice_in_one_put_is_the_later_one(void **state)
{
	struct fixture *f = *state;
	struct store_put puts[] = {
		put_of_steps(f, "a", T, menu_steps, COUNT_OF(menu_steps)),
		put_of_steps(f, "a", T, digit_steps, COUNT_OF(digit_steps)),
	};

	put_all(f, puts, COUNT_OF(puts));
	expect_found(f, "text=press", "");
	expect_found(f, "module=menu", "");
	expect_found(f, "text=invalid&module=digits", "a ");
}

static void accounts_find_their_own_only(void **state)
{
	static const char *const filters[] = {"", "dest=6177123001", "text=press", "module=menu",
		"last_module=queue", "type=inbound"};
	struct fixture *f = *state;

	put_sample(f);
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		struct filter filter;
		struct store_search search = search_of(f, &filter);
		struct store_page page;

		read_filter(f, filters[i], &filter);
		search.account_id = f->other;
		page = found_by(f, &search);
		assert_string_equal(sessions_of(f, &page), "theirs ");
		assert_int_equal(page.total_calls, 1);
	}
}

static bool says(void *context)
{
	const bool *given_up = context;

	return *given_up;
}

static void a_deadline_ends_every_question(void **state)
{
	static const char *const filters[] = {"type=inbound", "text=press", "module=menu"};
	bool given_up[] = {false, true};
	struct fixture *f = *state;

	put_sample(f);
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		struct filter filter;
		struct store_search search = search_of(f, &filter);
		struct store_page page;
		struct error err;

		read_filter(f, filters[i], &filter);
		search.deadline_us = 1;
		assert_int_equal(store_search(f->store, &search, &f->arena, &page, &err), -1);
		assert_int_equal(err.code, ERROR_TIMEOUT);
		search.deadline_us = clock_monotonic_us() + 60000000;
		search.given_up = says;
		search.given_up_context = &given_up[1];
		assert_int_equal(store_search(f->store, &search, &f->arena, &page, &err), -1);
		assert_int_equal(err.code, ERROR_TIMEOUT);
		search.given_up_context = &given_up[0];
		assert_int_equal(found_by(f, &search).count > 0, true);
	}
}

/* ---- scans ---- */

struct scan {
	struct fixture *fixture;
	struct store_kind *kinds;
	size_t kinds_count;
	struct buffer out;
	int rows;
};

static const struct store_kind *kind_of(const struct scan *scan, uint32_t id)
{
	for (size_t i = 0; i < scan->kinds_count; i++) {
		if (scan->kinds[i].id == id) {
			return &scan->kinds[i];
		}
	}
	fail_msg("no kind has the id %u", id);
	return NULL;
}

static int count_row(void *context, const struct store_row *row, struct error *err)
{
	struct scan *scan = context;

	(void)row;
	(void)err;
	return ++scan->rows == 2 ? -7 : 0;
}

static int write_row(void *context, const struct store_row *row, struct error *err)
{
	struct scan *scan = context;

	(void)err;
	buffer_printf(&scan->out, "%.*s:", TEXT_ARG(row->call.session_id));
	assert_int_equal(row->kinds != NULL, row->call.has_detail);
	for (uint32_t i = 0; i < row->call.steps; i++) {
		const struct store_kind *kind = kind_of(scan, row->kinds[i]);

		assert_int_not_equal(row->kinds[i], 0);
		buffer_printf(&scan->out, " %.*s/%.*s/%.*s", TEXT_ARG(kind->class_name),
			TEXT_ARG(kind->module), TEXT_ARG(kind->variable));
	}
	buffer_append_byte(&scan->out, '\n');
	return 0;
}

static int ignore_row(void *context, const struct store_row *row, struct error *err)
{
	(void)context;
	(void)row;
	(void)err;
	return 0;
}

static void scan_all(struct scan *scan, const struct store_search *search)
{
	struct fixture *f = scan->fixture;

	buffer_clear(&scan->out);
	assert_int_equal(store_scan(f->store, search, ignore_row, scan, NULL), 0);
	assert_int_equal(store_kinds(f->store, search->account_id, &f->arena, &scan->kinds,
				 &scan->kinds_count, NULL),
		0);
	assert_int_equal(store_scan(f->store, search, write_row, scan, NULL), 0);
}

static void a_scan_shows_headers_and_kinds(void **state)
{
	struct fixture *f = *state;
	struct filter filter;
	struct store_search search = search_of(f, &filter);
	struct scan scan = {.fixture = f};

	put_sample(f);
	buffer_init(&scan.out, SIZE_MAX);
	read_filter(f, "", &filter);
	scan_all(&scan, &search);
	assert_true(text_equal_string(buffer_text(&scan.out),
		"bare:\n"
		"none:\n"
		"digits: prompt/digits/pin error/digits/pin debug/digits/pin\n"
		"menu: info// prompt/menu/main event/queue/help event/hangup/end\n"));

	search.detail_after = T;
	read_filter(f, "end=1000002", &filter);
	scan_all(&scan, &search);
	assert_true(text_equal_string(buffer_text(&scan.out),
		"digits: prompt/digits/pin error/digits/pin debug/digits/pin\n"
		"menu:\n"));

	search.detail_after = -1;
	read_filter(f, "text=one&class=info", &filter);
	scan_all(&scan, &search);
	assert_true(text_equal_string(buffer_text(&scan.out),
		"menu: info// prompt/menu/main event/queue/help event/hangup/end\n"));

	read_filter(f, "", &filter);
	assert_int_equal(store_scan(f->store, &search, count_row, &scan, NULL), -7);
	assert_int_equal(scan.rows, 2);
	buffer_deinit(&scan.out);
}

static void buckets_count_calls_newest_first(void **state)
{
	static const struct {
		int64_t start;
		const char *dest;
	} calls[] = {
		{MIDNIGHT - 1, "1"},
		{MIDNIGHT, "1"},
		{MIDNIGHT + 59, "2"},
		{MIDNIGHT + 60, "1"},
		{MIDNIGHT + 3600, "1"},
		{MIDNIGHT + 86400, "1"},
		{MIDNIGHT + 86401, "2"},
	};
	static const struct {
		int64_t start, end, seconds;
		const char *dest, *buckets;
	} rows[] = {
		{0, INT64_MAX, 86400, NULL, "86400:2 0:4 -86400:1 "},
		{0, INT64_MAX, 86400, "2", "86400:1 0:1 "},
		{0, INT64_MAX, 3600, NULL, "86400:2 3600:1 0:3 -3600:1 "},
		{0, INT64_MAX, 60, NULL, "86400:2 3600:1 60:1 0:2 -60:1 "},
		{MIDNIGHT + 1, MIDNIGHT + 86401, 86400, NULL, "86400:1 0:3 "},
		{MIDNIGHT + 30, MIDNIGHT + 61, 60, NULL, "60:1 0:1 "},
		{MIDNIGHT + 30, MIDNIGHT + 61, 3600, "1", "0:1 "},
		{MIDNIGHT + 30, MIDNIGHT + 31, 60, NULL, ""},
		{MIDNIGHT, MIDNIGHT, 60, NULL, ""},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(calls); i++) {
		char session[] = {(char)('a' + i), '\0'};
		struct store_put put = put_of(f, session, calls[i].dest, calls[i].start, -1, "");

		put_all(f, &put, 1);
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct filter filter;
		struct store_bucket *buckets;
		struct buffer out;
		size_t count;

		filter_init(&filter);
		filter.start = rows[i].start;
		filter.end = rows[i].end;
		if (rows[i].dest) {
			assert_int_equal(filter_set(&filter, TEXT("dest"), text_of(rows[i].dest), 0,
						 &f->arena, NULL),
				1);
		}
		buffer_init(&out, SIZE_MAX);
		assert_int_equal(store_count_buckets(f->store, f->account, &filter, rows[i].seconds,
					 &f->arena, &buckets, &count, NULL),
			0);
		for (size_t k = 0; k < count; k++) {
			buffer_printf(&out, "%lld:%lld ", (long long)(buckets[k].start - MIDNIGHT),
				(long long)buckets[k].calls);
		}
		if (!text_equal_string(buffer_text(&out), rows[i].buckets)) {
			fail_msg("row %zu: %.*s", i, TEXT_ARG(buffer_text(&out)));
		}
		buffer_deinit(&out);
	}
}

/* ---- following ---- */

static struct store_changes changes_of(
	struct fixture *f, int64_t account, int64_t after, int64_t limit)
{
	struct store_changes changes;
	struct error err = {0};

	if (store_changes(f->store, account, after, limit, T, &f->arena, &changes, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return changes;
}

static int64_t newest_change(struct fixture *f)
{
	int64_t id;

	assert_int_equal(store_change_newest(f->store, &id, NULL), 0);
	return id;
}

static void changes_tell_what_was_stored(void **state)
{
	struct fixture *f = *state;
	struct store_changes changes;
	struct store_put put;
	int64_t before;

	assert_int_equal(newest_change(f), 0);
	changes = changes_of(f, f->account, 0, 10);
	assert_int_equal(changes.count, 0);
	assert_int_equal(changes.last, 0);
	assert_false(changes.gap);

	put_sample(f); /* digits, menu, digits, none, bare, theirs */
	before = newest_change(f);
	changes = changes_of(f, f->account, 0, 10);
	assert_int_equal(changes.count, 4);
	assert_true(text_equal_string(changes.items[0].call.call.session_id, "menu"));
	assert_null(changes.items[0].call.packed.deflate.data); /* started at T */
	assert_true(text_equal_string(changes.items[1].call.call.session_id, "digits"));
	assert_non_null(changes.items[1].call.packed.deflate.data);
	assert_int_equal(changes.items[1].call.call.steps, 3);
	assert_true(text_equal_string(changes.items[3].call.call.session_id, "bare"));
	assert_true(changes.items[0].id < changes.items[1].id);
	assert_int_equal(changes.last, before);
	assert_int_equal(changes_of(f, f->account, before, 10).count, 0);
	assert_int_equal(changes_of(f, f->other, 0, 10).count, 1);

	put = put_of(f, "menu", "555", T, -1, "");
	put_all(f, &put, 1);
	changes = changes_of(f, f->account, before, 10);
	assert_int_equal(changes.count, 1);
	assert_true(text_equal_string(changes.items[0].call.call.dest, "555"));
	assert_true(changes.items[0].id > before);
	changes = changes_of(f, f->account, 0, 10);
	assert_int_equal(changes.count, 4);
	assert_true(text_equal_string(changes.items[3].call.call.session_id, "menu"));
}

static void following_by_small_steps_misses_nothing(void **state)
{
	struct fixture *f = *state;
	int64_t after = 0;
	int found = 0;

	put_sample(f);
	for (int i = 0; i < 10; i++) {
		struct store_changes changes = changes_of(f, f->account, after, 2);

		assert_false(changes.gap);
		assert_true(changes.last >= after);
		assert_true(changes.count <= 2);
		found += (int)changes.count;
		after = changes.last;
	}
	assert_int_equal(after, newest_change(f));
	assert_true(found >= 4);
	assert_int_equal(changes_of(f, f->account, 0, 0).last, 0);
}

static void a_number_from_another_life_is_a_gap(void **state)
{
	struct fixture *f = *state;
	struct store_changes changes;

	put_sample(f);
	changes = changes_of(f, f->account, newest_change(f) + 1, 10);
	assert_true(changes.gap);
	assert_int_equal(changes.count, 0);
	assert_int_equal(changes.last, newest_change(f));
}

static void many_changes_are_forgotten_and_told_so(void **state)
{
	enum { PUTS = 10000, ROUNDS = 21 };
	struct fixture *f = *state;
	struct store_put *puts = calloc(PUTS, sizeof(*puts));
	struct store_changes changes;

	assert_non_null(puts);
	puts[0] = put_of(f, "a", "1", T, -1, "");
	for (int i = 1; i < PUTS; i++) {
		puts[i] = puts[0];
	}
	for (int i = 0; i < ROUNDS; i++) {
		put_all(f, puts, PUTS);
	}
	assert_int_equal(newest_change(f), PUTS * ROUNDS);
	changes = changes_of(f, f->account, 1, 10);
	assert_true(changes.gap);
	assert_int_equal(changes.count, 1);
	changes = changes_of(f, f->account, PUTS * ROUNDS - 100000, 1000000);
	assert_true(!changes.gap && changes.count == 1);
	assert_int_equal(changes.items[0].id, PUTS * ROUNDS);
	free(puts);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down_sound)
	const struct CMUnitTest tests[] = {
		TEST(each_filter_finds_its_calls),
		TEST(what_no_call_can_have_is_not_found),
		TEST(pages_are_cut_by_place_offset_and_limit),
		TEST(packed_calls_come_when_asked_for),
		TEST(expired_detail_is_neither_seen_nor_matched),
		TEST(replaced_calls_leave_nothing_behind),
		TEST(dropped_detail_leaves_nothing_behind),
		TEST(a_call_twice_in_one_put_is_the_later_one),
		TEST(accounts_find_their_own_only),
		TEST(a_deadline_ends_every_question),
		TEST(a_scan_shows_headers_and_kinds),
		TEST(buckets_count_calls_newest_first),
		TEST(changes_tell_what_was_stored),
		TEST(following_by_small_steps_misses_nothing),
		TEST(a_number_from_another_life_is_a_gap),
		TEST(many_changes_are_forgotten_and_told_so),
	};

	return cmocka_run_group_tests_name(getenv("CALLSTEP_TEST_BACKEND"), tests, NULL, NULL);
}
