/* SPDX-License-Identifier: MIT
 * Erasing calls, what every backend has to do alike; and for the embedded store that no file holds
 * what was erased. */
#include "fixture.h"

#include <dirent.h>
#include <sys/stat.h>

#include "base/file.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define T		INT64_C(1000000)
#define FILE_SIZE_MAX	((size_t)256 << 20)

static const struct step_of menu_steps[] = {
	{"info", NULL, NULL, "Executing application"},
	{"prompt", "menu", "main", "Press one for Caf\xc3\xa9"},
	{"event", "hangup", "end", "caller hung up"},
};
static const struct step_of digit_steps[] = {
	{"prompt", "digits", "pin", "Enter your code"},
	{"debug", "digits", "pin", "one"},
};

/* The sessions of the calls that have @name=@value, newest first, with a space behind each; @name
 * NULL: of all. */
static const char *sessions_with(struct fixture *f, const char *name, const char *value)
{
	AUTO(buffer_deinit) struct buffer out;
	struct filter filter;
	struct store_search search = {
		.account_id = f->account, .filter = &filter, .detail_after = -1, .limit = 1000};
	struct store_page page;

	filter_init(&filter);
	if (name) {
		assert_int_equal(
			filter_set(&filter, text_of(name), text_of(value), T, &f->arena, NULL), 1);
	}
	assert_int_equal(store_search(f->store, &search, &f->arena, &page, NULL), 0);
	buffer_init(&out, SIZE_MAX);
	for (size_t i = 0; i < page.count; i++) {
		buffer_append(&out, page.calls[i].call.session_id);
		buffer_append_byte(&out, ' ');
	}
	return arena_copy(&f->arena, buffer_text(&out)).data;
}

static void put_sample(struct fixture *f)
{
	struct store_put puts[] = {
		put_of_steps(f, "menu", T, menu_steps, COUNT_OF(menu_steps)),
		put_of_steps(f, "digits", T + 1, digit_steps, COUNT_OF(digit_steps)),
		put_of_steps(f, "none", T + 2, NULL, 0),
		put_of(f, "bare", "6177123002", T + 3, -1, ""),
		put_of_steps(f, "theirs", T + 4, menu_steps, COUNT_OF(menu_steps)),
	};

	puts[4].account_id = f->other;
	put_all(f, puts, COUNT_OF(puts));
}

static struct store_erased erase_of(struct fixture *f, const char *number, const char *session_id,
	int64_t from, int64_t limit, bool count_only)
{
	const struct store_erase erase = {
		.account_id = f->account,
		.number = text_of(number),
		.session_id = text_of(session_id),
		.from = from,
		.limit = limit,
		.count_only = count_only,
	};
	struct store_erased erased;
	struct error err = {0};

	if (store_erase(f->store, &erase, &erased, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return erased;
}

static void an_erased_call_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct store_put again = put_of_steps(f, "menu", T, menu_steps, COUNT_OF(menu_steps));
	struct store_changes changes;
	struct store_call call;

	put_sample(f);
	assert_int_equal(erase_of(f, NULL, "nobody", 0, 10, false).calls, 0);
	assert_int_equal(erase_of(f, NULL, "theirs", 0, 10, false).calls, 0);
	assert_int_equal(erase_of(f, NULL, "menu", 0, 10, true).calls, 1);
	assert_string_equal(sessions_with(f, "text", "executing"), "menu ");

	assert_int_equal(erase_of(f, NULL, "menu", 0, 10, false).calls, 1);
	assert_string_equal(sessions_with(f, "text", "executing"), "");
	assert_string_equal(sessions_with(f, "module", "menu"), "");
	assert_string_equal(sessions_with(f, "text", "one"), "digits ");
	assert_string_equal(sessions_with(f, NULL, NULL), "bare none digits ");
	assert_int_equal(store_find(f->store, f->account, TEXT("menu"), &f->arena, &call, NULL), 0);
	assert_int_equal(problems_of(f->store), 0);
	assert_int_equal(
		store_changes(f->store, f->account, 0, 100, -1, &f->arena, &changes, NULL), 0);
	assert_int_equal(changes.count, 3);

	put_all(f, &again, 1);
	assert_string_equal(sessions_with(f, "text", "executing"), "menu ");
	assert_int_equal(store_find(f->store, f->other, TEXT("theirs"), &f->arena, &call, NULL), 1);
	assert_int_equal(store_scrub(f->store, NULL), 1);
	assert_string_equal(sessions_with(f, "text", "executing"), "menu ");
	assert_string_equal(sessions_with(f, "text", "one"), "digits menu ");
}

/* The number of a row may be given again: to a call of another account. */
static void changes_of_an_erased_call_show_no_other_one(void **state)
{
	struct fixture *f = *state;
	struct store_put ours = put_of(f, "ours", "1", T, -1, "");
	struct store_put theirs = put_of(f, "theirs", "1", T, -1, "");
	struct store_changes changes;

	theirs.account_id = f->other;
	put_all(f, &ours, 1);
	assert_int_equal(erase_of(f, NULL, "ours", 0, 10, false).calls, 1);
	put_all(f, &theirs, 1);
	assert_int_equal(
		store_changes(f->store, f->account, 0, 100, -1, &f->arena, &changes, NULL), 0);
	assert_int_equal(changes.count, 0);
	assert_int_equal(changes.last, 2);
	assert_int_equal(
		store_changes(f->store, f->other, 0, 100, -1, &f->arena, &changes, NULL), 0);
	assert_int_equal(changes.count, 1);
}

static void a_number_is_erased_on_either_side_in_rounds(void **state)
{
	static const struct {
		const char *session_id, *dest, *src;
	} rows[] = {
		{"to", "+1 (617) 712-3001", "1"},
		{"from", "2", "16177123001"},
		{"both", "16177123001", "1 617 712 3001"},
		{"longer", "161771230010", "016177123001"},
		{"name", "a16177123001", "sip:a16177123001@pbx"},
	};
	struct fixture *f = *state;
	struct store_erased erased;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_put put =
			put_of(f, rows[i].session_id, rows[i].dest, T + (int64_t)i, -1, "");

		put.call.src = text_of(rows[i].src);
		put_all(f, &put, 1);
	}
	assert_int_equal(erase_of(f, "1-617-712-3001", NULL, 0, 1, true).calls, 3);
	assert_int_equal(erase_of(f, "1-617-712-3001", NULL, T + 1, 1, true).calls, 2);

	erased = erase_of(f, "1-617-712-3001", NULL, 0, 2, false);
	assert_int_equal(erased.calls, 2);
	assert_true(erased.more);
	assert_int_equal(erased.from, T + 1);
	assert_string_equal(sessions_with(f, NULL, NULL), "name longer both ");
	erased = erase_of(f, "1-617-712-3001", NULL, erased.from, 2, false);
	assert_int_equal(erased.calls, 1);
	assert_false(erased.more);
	assert_string_equal(sessions_with(f, NULL, NULL), "name longer ");
	assert_int_equal(erase_of(f, "1-617-712-3001", NULL, 0, 2, false).calls, 0);
}

/* ---- the files ---- */

/* Gives the content of each of the store's files to @count; returns the sum of what it returns. */
static int each_file(
	struct fixture *f, int (*count)(void *context, struct text content), void *context)
{
	DIR *folder = opendir(f->folder);
	struct dirent *entry;
	int sum = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		AUTO(arena_deinit) struct arena arena;
		struct text path, content;
		struct stat status;

		if (entry->d_name[0] == '.') {
			continue;
		}
		arena_init(&arena, 2 * FILE_SIZE_MAX);
		path = arena_printf(&arena, "%s/%s", f->folder, entry->d_name);
		assert_int_equal(stat(path.data, &status), 0);
		assert_int_equal(
			file_read(path.data, (size_t)status.st_size, &arena, &content, NULL), 0);
		sum += content.size > 0 ? count(context, content) : 0;
	}
	closedir(folder);
	return sum;
}

static int has(void *context, struct text content)
{
	const struct text *wanted = context;

	return memmem(content.data, content.size, wanted->data, wanted->size) != NULL;
}

/* In how many of the store's files @wanted stands. */
static int files_with(struct fixture *f, struct text wanted)
{
	return each_file(f, has, &wanted);
}

#define MANY	  4000
#define PIECE	  20
#define SECRETS	  5
#define TRACE_MAX 24 /* bytes of a packed call that no other one has */

struct traces {
	struct text items[SECRETS * 6];
	bool is_held[SECRETS * 6]; /* not of what was replaced, whose bytes may be gone or not */
	size_t count;
};

static void leave_trace(struct traces *traces, struct text trace, bool is_held)
{
	assert_true(traces->count < COUNT_OF(traces->items));
	traces->is_held[traces->count] = is_held;
	traces->items[traces->count++] = trace;
}

#define NOISE 200

/* Letters that no other call has, so many that the middle of the packed call is made of them. */
static const char *noise_of(struct fixture *f, uint32_t seed)
{
	char *noise = arena_calloc(&f->arena, NOISE + 1, 1);

	for (int i = 0; i < NOISE; i++) {
		seed = seed * 1664525 + 1013904223;
		noise[i] = (char)('a' + (seed >> 24) % 26);
	}
	return noise;
}

static struct text middle_of(struct text deflate)
{
	assert_true(deflate.size > NOISE);
	return text_head(text_tail(deflate, deflate.size / 2), TRACE_MAX);
}

/* One of the calls that will be erased, @version 1 or 2 of it. */
static struct store_put secret_put(
	struct fixture *f, int number, int version, struct traces *traces)
{
	struct text session = arena_printf(&f->arena, "secret-session-%d", number);
	/* The index leaves out what a word begins with as the one before it does: the first letter,
	 * no more. */
	struct text word = arena_printf(
		&f->arena, "%czugzwang%d", 'a' + 2 * number + version, 2 * number + version);
	struct text line = arena_printf(&f->arena, "%s %.*s",
		noise_of(f, (uint32_t)(2 * number + version)), TEXT_ARG(word));
	struct step_of steps[] = {
		{"event", "menu", "main", line.data},
		{"event", "menu", "main", "caller hung up"},
	};
	struct store_put put = put_of_steps(f, session.data, T + 100 * number, steps, 2);

	put.call.dest = TEXT("6663334445");
	put.call.src = arena_printf(&f->arena, "88877766%d", number);
	repack(f, &put, steps, 2);
	leave_trace(traces, text_tail(word, 1), version == 2);
	leave_trace(traces, middle_of(put.packed.deflate), version == 2);
	if (version == 1) {
		leave_trace(traces, session, true);
		leave_trace(traces, put.call.src, true);
	}
	return put;
}

/* One of many: their sessions are in no order, so that pages of the indices split; every second
 * one, whose session ends with an odd digit, is to a number that is erased, too. */
static struct store_put other_put(struct fixture *f, uint32_t number)
{
	struct text session = arena_printf(&f->arena, "other-%08x", number * 2654435761U);
	struct text line = arena_printf(&f->arena, "Said word%u and more%u", number, number % 17);
	struct step_of steps[] = {
		{"event", "menu", "main", line.data}, {"event", "menu", "main", "caller hung up"}};
	struct store_put put =
		put_of_steps(f, session.data, T + number * 3037 % 50000, steps, COUNT_OF(steps));

	put.call.dest = number % 2 ? TEXT("6663334445") : TEXT("6177123001");
	repack(f, &put, steps, COUNT_OF(steps));
	return put;
}

/* The calls that will be erased among as many others, stored in small pieces so that segments of
 * the text index pile up. */
static void put_secrets(struct fixture *f, struct traces *traces)
{
	for (uint32_t i = 0; i < MANY; i += PIECE) {
		struct store_put puts[PIECE];

		for (uint32_t k = 0; k < PIECE; k++) {
			puts[k] = other_put(f, i + k);
		}
		put_all(f, puts, PIECE);
		if (i % (MANY / SECRETS / 2) == 0) {
			int number = (int)(i / (MANY / SECRETS / 2));

			puts[0] = secret_put(f, number % SECRETS, 1 + number / SECRETS, traces);
			put_all(f, puts, 1);
		}
	}
}

/* How often the session of a call with an odd number stands in @content. */
static int odd_sessions(void *context, struct text content)
{
	const struct text begin = TEXT("other-");
	int count = 0;
	const char *at;

	(void)context;
	/* By memchr(): a sanitizer looks at all that memmem() may read, each time. */
	while ((at = memchr(content.data, begin.data[0], content.size))) {
		content = text_tail(content, (size_t)(at - content.data));
		/* Of the whole session, eight hexadecimal digits. */
		if (content.size >= begin.size + 8 && text_starts_with(content, begin)) {
			count += memchr("13579bdf", content.data[begin.size + 7], 8) != NULL;
		}
		content = text_tail(content, 1);
	}
	return count;
}

static void expect_gone(struct fixture *f, const struct traces *traces)
{
	assert_int_equal(files_with(f, TEXT("6663334445")), 0);
	for (size_t i = 0; i < traces->count; i++) {
		if (files_with(f, traces->items[i]) > 0) {
			fail_msg("trace %zu of %zu is still there", i, traces->count);
		}
	}
	assert_int_equal(each_file(f, odd_sessions, NULL), 0);
}

static void no_file_holds_what_was_erased(void **state)
{
	struct fixture *f = *state;
	struct traces traces = {0};
	struct store_put kept = other_put(f, 78);

	if (!f->folder[0]) {
		return; /* there are no files */
	}
	put_secrets(f, &traces);
	assert_int_equal(traces.count, SECRETS * 6);
	assert_true(files_with(f, kept.call.session_id) > 0);
	assert_true(files_with(f, TEXT("6663334445")) > 0);
	assert_true(each_file(f, odd_sessions, NULL) >= MANY / 2);
	for (size_t i = 0; i < traces.count; i++) {
		assert_true(!traces.is_held[i] || files_with(f, traces.items[i]) > 0);
	}
	assert_int_equal(erase_of(f, "6663334445", NULL, 0, MANY, false).calls, SECRETS + MANY / 2);
	assert_int_equal(store_scrub(f->store, NULL), 1);
	assert_true(files_with(f, kept.call.session_id) > 0);
	expect_gone(f, &traces);
	assert_string_equal(sessions_with(f, "text", "word78"),
		arena_printf(&f->arena, "%.*s ", TEXT_ARG(kept.call.session_id)).data);
	assert_string_equal(sessions_with(f, "text", "czugzwang2"), "");
}

/* ---- the audit trail ---- */

static const struct {
	const char *before, *after; /* NULL: it is left as it is */
} subjects[] = {
	{"/api/calls/0/9?number=6663334445", "/api/calls/0/9?number=(erased)"},
	{"/v1/calls?dest=666-333.4445&text=6663334445", "/v1/calls?dest=(erased)&text=(erased)"},
	{"/v1/calls?src=%2B%28666%29+333%2d4445", "/v1/calls?src=%2B%28(erased)"},
	{"/v1/calls?text=6663334445*", "/v1/calls?text=(erased)*"},
	{"6663334445", "(erased)"},
	{"/v1/calls?dest=tel:%2B6663334445", "/v1/calls?dest=tel:%2B(erased)"},
	{"/v1/calls?dest=sip%3A6663334445%40host", "/v1/calls?dest=sip%3A(erased)%40host"},
	{"/v1/calls?dest=666%C2%A0333%c2%a04445", "/v1/calls?dest=(erased)"},
	{"calls --dest 666\xc2\xa0"
	 "333\xe2\x80\x93"
	 "4445 --limit 1",
		"calls --dest (erased) --limit 1"},
	{"calls --src 666/333/4445", "calls --src (erased)"},
	{"calls --src \xe2\x80\x8b"
	 "666\xe2\x80\x8b"
	 "3334445\xe2\x80\xac",
		"calls --src \xe2\x80\x8b(erased)\xe2\x80\xac"},
	{"666%C2%A0"
	 "333%C2",
		NULL},
	{"/v1/calls?dest=16663334445", NULL},
	{"/v1/calls?dest=66633344451", NULL},
	{"/v1/calls?text=x6663334445", NULL},
	{"/v1/calls?text=666333444", NULL},
	{"/v1/calls?text=666 333 4446", NULL},
	{"%", NULL},
	{"", NULL},
};

static void write_records(struct fixture *f, int64_t account_id)
{
	for (size_t i = 0; i < COUNT_OF(subjects); i++) {
		const struct store_audit record = {
			.time = T,
			.account_id = account_id,
			.address = TEXT("127.0.0.1"),
			.user = TEXT(""),
			.action = TEXT("read-calls"),
			.subject = text_of(subjects[i].before),
			.times = 1,
		};

		assert_int_equal(store_audit_add(f->store, &record, 1, NULL), 0);
	}
}

static void expect_subjects(struct fixture *f, int64_t account_id, bool erased)
{
	const struct store_audit_query query = {
		.account_id = account_id, .end = INT64_MAX, .limit = INT64_MAX};
	struct store_audit *records;
	size_t count;

	assert_int_equal(store_audit_list(f->store, &query, &f->arena, &records, &count, NULL), 0);
	assert_int_equal(count, COUNT_OF(subjects));
	for (size_t i = 0; i < count; i++) {
		const char *wanted =
			erased && subjects[i].after ? subjects[i].after : subjects[i].before;
		struct text subject = records[count - 1 - i].subject;

		if (!text_equal_string(subject, wanted)) {
			fail_msg("'%.*s', not '%s'", TEXT_ARG(subject), wanted);
		}
		assert_true(text_equal_string(records[i].action, "read-calls"));
	}
}

static void the_audit_trail_no_longer_names_what_was_erased(void **state)
{
	struct fixture *f = *state;

	write_records(f, f->account);
	assert_int_equal(erase_of(f, "666-333-4445", NULL, 0, 10, true).records, 0);
	expect_subjects(f, f->account, false);
	assert_int_equal(erase_of(f, "666-333-4445", NULL, 0, 10, false).records, 11);
	expect_subjects(f, f->account, true);
	if (f->folder[0]) {
		assert_int_equal(store_scrub(f->store, NULL), 1);
		assert_int_equal(files_with(f, TEXT("number=6663334445")), 0);
	}
	/* Another account's records stay as they are. */
	write_records(f, f->other);
	assert_int_equal(erase_of(f, "666-333-4445", NULL, 0, 10, false).records, 0);
	expect_subjects(f, f->other, false);
	assert_int_equal(problems_of(f->store), 0);
}

static void the_audit_trail_no_longer_names_a_session_that_was_erased(void **state)
{
	struct fixture *f = *state;
	const struct store_audit_query query = {
		.account_id = f->account, .end = INT64_MAX, .limit = 1};
	const struct store_audit record = {
		.account_id = f->account,
		.address = TEXT(""),
		.user = TEXT(""),
		.action = TEXT("read-call"),
		.subject = TEXT("/api/call/100035%3B000%3b1575898377"),
		.times = 1,
	};
	struct store_audit *records;
	size_t count;

	assert_int_equal(store_audit_add(f->store, &record, 1, NULL), 0);
	assert_int_equal(erase_of(f, NULL, "100035;000;1575898377", 0, 10, false).records, 1);
	assert_int_equal(store_audit_list(f->store, &query, &f->arena, &records, &count, NULL), 0);
	assert_true(text_equal_string(records[0].subject, "/api/call/(erased)"));
}

static void add_record(struct fixture *f, int64_t account_id, const char *subject)
{
	const struct store_audit record = {
		.account_id = account_id,
		.address = TEXT(""),
		.user = TEXT(""),
		.action = TEXT("read-call"),
		.subject = text_of(subject),
		.times = 1,
	};

	assert_int_equal(store_audit_add(f->store, &record, 1, NULL), 0);
}

/* The subject of the account's record @at, the oldest being 0. */
static struct text subject_of(struct fixture *f, int64_t account_id, size_t at)
{
	const struct store_audit_query query = {
		.account_id = account_id, .end = INT64_MAX, .limit = INT64_MAX};
	struct store_audit *records;
	size_t count;

	assert_int_equal(store_audit_list(f->store, &query, &f->arena, &records, &count, NULL), 0);
	assert_true(at < count);
	return records[count - 1 - at].subject;
}

static void the_audit_trail_no_longer_names_sessions_of_a_number_that_was_erased(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{"/v1/calls/of;it", "/v1/calls/(erased)"},
		{"of;it", "(erased)"},
		{"/v1/diff/of%3Bit/1732800000.15", "/v1/diff/(erased)/(erased)"},
		{"diff 1732800000.15 of;it", "diff (erased) (erased)"},
		{"/v1/calls/of;it2", "/v1/calls/of;it2"},
		{"/v1/calls/not-of-it", "/v1/calls/not-of-it"},
		{"/v1/calls/1732800000.151", "/v1/calls/1732800000.151"},
	};
	struct fixture *f = *state;
	struct store_put puts[] = {
		put_of(f, "of;it", "6663334445", T, 1, "word"),
		put_of(f, "1732800000.15", "1", T + 1, 1, "word"),
		put_of(f, "not-of-it", "2", T + 2, 1, "word"),
	};

	puts[1].call.src = TEXT("+666 333 4445");
	put_all(f, puts, COUNT_OF(puts));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		add_record(f, f->account, rows[i].before);
		add_record(f, f->other, rows[i].before);
	}
	/* In rounds of one call. */
	for (int64_t from = 0, more = 1; more;) {
		struct store_erased erased = erase_of(f, "6663334445", NULL, from, 1, false);

		from = erased.from;
		more = erased.more;
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text subject = subject_of(f, f->account, i);

		if (!text_equal_string(subject, rows[i].after)) {
			fail_msg("'%.*s', not '%s'", TEXT_ARG(subject), rows[i].after);
		}
		assert_true(text_equal_string(subject_of(f, f->other, i), rows[i].before));
	}
	assert_int_equal(problems_of(f->store), 0);
}

/* False: the store has no files, and so nothing to clear. */
static bool location_of(const struct fixture *f, char location[256])
{
	if (f->schema[0]) {
		postgres_location(f->schema, location);
	} else {
		snprintf(location, 256, "%s", f->folder);
	}
	return location[0] != '\0';
}

static bool has_kind(struct fixture *f, struct store *store, int64_t account_id, const char *module)
{
	struct store_kind *kinds;
	size_t count;

	assert_int_equal(store_kinds(store, account_id, &f->arena, &kinds, &count, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		if (text_equal_string(kinds[i].module, module)) {
			return true;
		}
	}
	return false;
}

/* Another program has the store open, too, and remembers the numbers of kinds. */
static void kinds_that_no_call_has_lose_their_names(void **state)
{
	static const struct step_of menu = {"event", "menu", "main", "word"},
				    rare = {"event", "erasedmodule", "erasedvariable", "word"};
	struct fixture *f = *state;
	const struct step_of first[] = {menu, rare, menu}, second[] = {rare, menu};
	struct store_put puts[] = {
		put_of_steps(f, "gone", T, first, 3),
		put_of_steps(f, "stays", T + 1, &menu, 1),
		put_of_steps(f, "theirs", T + 2, &rare, 1),
	};
	struct store_put again = put_of_steps(f, "again", T + 3, second, 2);
	struct store_put ours = put_of_steps(f, "ours", T + 4, second, 2);
	struct store_put early = put_of_steps(f, "early", T + 5, &rare, 1);
	char location[256];
	struct store *other;

	if (!location_of(f, location)) {
		return;
	}
	puts[2].account_id = f->other;
	put_all(f, puts, 3);
	assert_int_equal(store_open(&other, location, NULL, NULL), 0);
	assert_int_equal(store_put_calls(other, &early, 1, NULL), 0);
	assert_int_equal(erase_of(f, NULL, "gone", 0, 1, false).calls, 1);
	assert_int_equal(store_scrub(f->store, NULL), 1);
	assert_true(has_kind(f, f->store, f->account, "erasedmodule"));
	assert_int_equal(erase_of(f, NULL, "early", 0, 1, false).calls, 1);
	assert_int_equal(store_scrub(f->store, NULL), 1);
	assert_false(has_kind(f, f->store, f->account, "erasedmodule"));
	assert_true(has_kind(f, f->store, f->account, "menu"));
	assert_true(has_kind(f, f->store, f->other, "erasedmodule"));
	/* What comes again has a number again, whichever program stores it. */
	assert_int_equal(store_put_calls(other, &again, 1, NULL), 0);
	put_all(f, &ours, 1);
	assert_string_equal(sessions_with(f, "module", "erasedmodule"), "ours again ");
	assert_string_equal(sessions_with(f, "module", "menu"), "ours again stays ");
	assert_int_equal(problems_of(f->store), 0);
	store_close(other);
}

/* Waits as long as for any lock, then says that it is not done. */
static void a_reader_keeps_the_log(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of(f, "a", "1", T, 1, "word");
	char location[256];
	struct store_view view;
	struct store *other;
	struct store_call call;

	if (!location_of(f, location)) {
		return;
	}
	put_all(f, &put, 1);
	assert_int_equal(store_open(&other, location, NULL, NULL), 0);
	assert_int_equal(store_view_open(&view, other, NULL), 0);
	assert_int_equal(store_view_find(&view, f->account, TEXT("a"), &f->arena, &call, NULL), 1);
	assert_int_equal(erase_of(f, NULL, "a", 0, 1, false).calls, 1);
	assert_int_equal(store_scrub(f->store, NULL), 0);
	assert_int_equal(store_view_find(&view, f->account, TEXT("a"), &f->arena, &call, NULL), 1);
	store_view_close(&view);
	assert_int_equal(store_scrub(f->store, NULL), 1);
	assert_int_equal(store_find(other, f->account, TEXT("a"), &f->arena, &call, NULL), 0);
	store_close(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down_sound)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_erased_call_leaves_nothing_behind),
		TEST(changes_of_an_erased_call_show_no_other_one),
		TEST(a_number_is_erased_on_either_side_in_rounds),
		TEST(no_file_holds_what_was_erased),
		TEST(the_audit_trail_no_longer_names_what_was_erased),
		TEST(the_audit_trail_no_longer_names_a_session_that_was_erased),
		TEST(the_audit_trail_no_longer_names_sessions_of_a_number_that_was_erased),
		TEST(kinds_that_no_call_has_lose_their_names),
		TEST(a_reader_keeps_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
