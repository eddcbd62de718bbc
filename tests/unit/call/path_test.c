/* SPDX-License-Identifier: MIT
 * Order: reading paths, and which calls take them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "call/call_json.h"
#include "call/path/path.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	const char *class_name, *module, *variable, *line;
	int64_t time;
};

#define START 100
#define END   200

static const struct row sample[] = {
	{"info", "", "", "Executing application", 100},
	{"prompt", "menu", "main", "Press one", 101},
	{"event", "menu", "main", "Invalid input: 8", 110},
	{"prompt", "menu", "main", "Press one", 111},
	{"event", "menu", "main", "Invalid input: 9", 112},
	{"event", "Read", "CHOICE", "User input: 2", 130},
	{"event", "hangup", "", "not yet", 135},
	{"event", "Dial", "", "calling SIP/203", 140},
	{"error", "Dial", "", "203 is b\xc3\xbcsy", 150},
	{"event", "2nd menu", "end", "sorry", 195},
	{"event", "hangup", "", "caller hung up", 199},
};

static const char *detail_of(const struct row *rows, size_t count, struct arena *arena)
{
	AUTO(buffer_deinit) struct buffer out;

	buffer_init(&out, SIZE_MAX);
	buffer_append_byte(&out, '[');
	for (size_t i = 0; i < count; i++) {
		buffer_printf(&out,
			"%s{\"event\":{\"line\":\"%s\",\"data\":{\"module_type\":\"%s\","
			"\"result_variable\":\"%s\"}},\"class\":\"%s\",\"timestamp\":%lld}",
			i > 0 ? "," : "", rows[i].line, rows[i].module, rows[i].variable,
			rows[i].class_name, (long long)rows[i].time);
	}
	buffer_append_byte(&out, ']');
	return arena_copy(arena, buffer_text(&out)).data;
}

/* By kinds alone. */
static bool may_match(const struct path_filter *path, const struct row *rows, size_t count)
{
	uint64_t reached = PATH_BEGIN;

	for (size_t i = 0; i < count; i++) {
		reached = path_step(
			reached, path_mask_of_kind(path, text_of(rows[i].class_name),
					 text_of(rows[i].module), text_of(rows[i].variable)));
	}
	return path_may_end(path, reached);
}

static void expect(const struct row *rows, size_t count, const char *text, int matches)
{
	AUTO(arena_deinit) struct arena arena;
	struct path_filter path;
	struct error err = {0};
	int found;

	arena_init(&arena, SIZE_MAX);
	if (path_filter_read(text_of(text), &arena, &path, &err) < 0) {
		fail_msg("%s: %s", text, err.message);
	}
	found = path_matches(
		&path, START, END, text_of(detail_of(rows, count, &arena)), &arena, &err);
	if (found != matches) {
		fail_msg("%s: %d", text, found);
	}
	if (path_is_of_kinds(&path)) {
		assert_int_equal(may_match(&path, rows, count), matches);
	} else if (matches == 1 && !may_match(&path, rows, count)) {
		fail_msg("%s: kinds pass it over", text);
	}
}

struct expected {
	const char *path;
	int matches;
};

static void expect_all(const struct expected *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		expect(sample, COUNT_OF(sample), rows[i].path, rows[i].matches);
	}
}

static void a_place_is_a_step(void **state)
{
	static const struct expected rows[] = {
		{"menu", 1},
		{"Menu", 0},
		{"menu/main", 1},
		{"menu/other", 0},
		{"menu/*", 1},
		{"*/CHOICE", 1},
		{"*", 1},
		{"*/*", 1},
		{"class=error", 1},
		{"class=debug", 0},
		{"Dial class=error", 1},
		{"Read class=error", 0},
		{"menu/main class=prompt", 1},
		{"Read/\"\"", 0},
		{"Dial/\"\"", 1},
		{"\"\"", 1}, /* a step without a module */
		{"\"2nd menu\"", 1},
		{"\"2nd menu\"/end", 1},
		{"queue,Dial", 1},
		{"queue,lift", 0},
		{"queue , Read/CHOICE", 1},
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void a_step_has_words(void **state)
{
	static const struct expected rows[] = {
		{"menu:\"invalid input\"", 1},
		{"menu:\"INVALID INP*\"", 1},
		{"menu:invalid", 1},
		{"menu: inv*", 1},
		{"menu:\"input invalid\"", 0},
		{"Dial:busy", 1},
		{"Dial:\"203 is busy\"", 1},
		{"Read:busy", 0},
		{"*:sorry", 1},
		{"class=error:busy", 1},
		{"Dial class=event:busy", 0},
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void a_step_comes_after_another(void **state)
{
	static const struct expected rows[] = {
		{"menu > Dial", 1},
		{"menu>Dial", 1},
		{"Dial > menu", 0},
		{"menu:invalid > menu:invalid", 1},
		{"menu:invalid > menu:invalid > menu:invalid", 0},
		{"menu > menu > menu > menu", 1},
		{"menu > menu > menu > menu > menu", 0},
		{"menu > Read > Dial > \"2nd menu\"", 1},
		{"menu > Read,queue > lift,Dial", 1},
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void a_step_comes_directly_after_another(void **state)
{
	static const struct expected rows[] = {
		{"Read/CHOICE >> Dial", 1}, /* a hang-up between does not count */
		{"menu >> Dial", 0},
		{"menu >> Read >> Dial", 1},
		{"menu:invalid >> menu:invalid", 0},
		{"menu:invalid >> menu >> menu:invalid", 1},
		{"Read >> hangup", 1},
		{"hangup >> Dial", 1},
		{"Dial >> Dial", 1},
		{"Dial >> Dial >> Dial", 0},
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void a_call_has_a_beginning_and_an_end(void **state)
{
	static const struct expected rows[] = {
		{"begin > menu", 1},
		{"begin >> menu", 0},
		{"begin >> \"\"", 1},
		{"begin >> \"\" >> menu", 1},
		{"\"2nd menu\" >> end", 1}, /* but for the hang-up */
		{"Dial >> end", 0},
		{"Dial > end", 1},
		{"hangup >> end", 1},
		{"begin > end", 1},
		{"begin >> end", 0},
		{"end", 1},
		{"begin", 1},
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void a_step_does_not_come_between(void **state)
{
	static const struct expected rows[] = {
		{"!Dial", 0},
		{"!queue", 1},
		{"!Dial:free", 1},
		{"!Dial:busy", 0},
		{"!class=error", 0},
		{"!queue,lift", 1},
		{"!queue,Dial", 0},
		{"menu > !Read > Dial", 0},
		{"menu > !queue > Dial", 1},
		{"Read > !menu > Dial", 1},
		{"Read > !menu", 1},
		{"menu > !Dial", 0},
		{"Dial > !Dial", 1}, /* the last one */
		{"!menu > Dial", 0},
		{"!Dial > menu", 1},
		{"!Dial > Dial > !Dial > Dial > !Dial > end", 1},
		{"menu > !menu > Read", 1},
		{"menu:invalid > !menu:invalid > Dial", 1},
		{"menu:\"invalid input 8\" > !menu:invalid > Dial", 0},
		{"menu > !queue > !lift > Dial", 1},
		{"menu > !queue > !Read > Dial", 0},
		{"\"2nd menu\" > !* > end", 0}, /* a hang-up is a step */
		{"hangup:caller > !* > end", 1},
		{"!*", 0},
		{"begin > !Dial > Read > !menu > end", 1},
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void time_passes_between_steps(void **state)
{
	static const struct expected rows[] = {
		{"menu > <2s menu", 1},
		{"menu > <1s menu", 0},
		{"menu >> <2s menu", 1},
		{"menu > >9s menu", 1},
		{"menu > >11s menu", 0},
		{"menu:invalid > <3s menu:invalid", 1},
		{"menu:invalid > <2s menu:invalid", 0},
		{"menu > <20s Dial", 0},
		{"menu > <29s Dial", 1},
		{"menu > >39s Dial", 1},
		{"menu > >49s Dial", 0},
		{"menu > >48 Dial", 1},
		{"\"2nd menu\" > <6s end", 1},
		{"\"2nd menu\" > <5s end", 0},
		{"\"2nd menu\" > >4s end", 1},
		{"\"2nd menu\" > >5s end", 0},
		{"begin > <1s *", 1},
		{"begin > >40s \"2nd menu\"", 1},
		{"begin > >2m end", 0},
		{"begin > <2m end", 1},
		{"menu > !Read > <20s menu", 1},
		{"menu > <20s Read > <11s Dial", 1},
		{"menu > <20s Read > <10s Dial", 0},
		{"menu > !menu > <18s Read", 0},
		{"menu > !menu > <19s Read", 1},
	};

	(void)state;
	expect_all(rows, COUNT_OF(rows));
}

static void a_call_without_steps_has_a_beginning_and_an_end(void **state)
{
	(void)state;
	expect(sample, 0, "!Dial", 1);
	expect(sample, 0, "begin >> end", 1);
	expect(sample, 0, "begin > >99s end", 1);
	expect(sample, 0, "begin > >100s end", 0);
	expect(sample, 0, "*", 0);
}

static void times_may_go_back(void **state)
{
	static const struct row rows[] = {
		{"info", "a", "", "x", 50},
		{"info", "a", "", "x", 10},
		{"info", "b", "", "x", 40},
		{"info", "a", "", "x", 999999999999999999},
		{"info", "c", "", "x", 0},
	};

	(void)state;
	expect(rows, COUNT_OF(rows), "a > <0s b", 1);
	expect(rows, COUNT_OF(rows), "a > >29s b", 1);
	expect(rows, COUNT_OF(rows), "a > >30s b", 0);
	expect(rows, COUNT_OF(rows), "a > !b > <0s c", 1);
	expect(rows, COUNT_OF(rows), "a > !b > >0s c", 0);
	expect(rows, COUNT_OF(rows), "c > >199s end", 1);
	expect(rows, COUNT_OF(rows), "c > <200s end", 0);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *path, *beginning;
	} rows[] = {
		{"", "character 1: a place is expected, as in menu, menu/main_menu or class=error; "
		     "the path ends here"},
		{"menu >", "character 7: a place is expected"},
		{"menu > > Dial",
			"character 9: a time is expected, as in <10s or >5m, not ' Dial'"},
		{"menu > > 48s Dial", "character 9: a time is expected"},
		{"menu >>> Dial", "character 9: a time is expected"},
		{"menu >10s end", "character 7: a place is expected; a time stands behind"},
		{"menu Dial", "character 6: > or >> is expected, not 'Dial'"},
		{"M\xc3\xbcller Dial", "character 8: > or >> is expected, not 'Dial'"},
		{"menu/", "character 6: a result variable is expected; the path ends here"},
		{"/main", "character 1: a place is expected"},
		{"menu*", "character 5: a * stands alone"},
		{"*menu", "character 1: a * stands alone"},
		{"\"menu", "character 1: a quote begins here and does not end"},
		{"menu:\"x", "character 6: a quote begins here and does not end"},
		{"menu:", "character 6: a word or a phrase in double quotes is expected"},
		{"menu:\"?\"", "character 6: words are expected"},
		{"menu:\"a* b\"", "character 6: a * stands behind"},
		{"menu,", "character 6: a place is expected"},
		{"class=", "character 7: a class is expected"},
		{"2nd", "character 1: a place is expected; a time stands behind < or >"},
		{"<10s menu", "character 1: a time counts from the place before it"},
		{"menu > <x end", "character 9: a time is expected"},
		{"menu > <10y end", "character 9: a time is expected"},
		{"menu > <10s !Dial", "character 8: a time stands before a place that is passed"},
		{"menu > <1s <2s Dial", "character 12: a place is expected"},
		{"menu >> !Dial", "character 9: between >> and the next place"},
		{"menu > !Dial >> end", "character 17: what >> leads to"},
		{"!", "character 2: a place is expected"},
		{"menu > begin", "character 8: begin stands at the front"},
		{"end > menu", "character 5: nothing comes after end"},
		{"end:x", "character 4: > or >> is expected"},
		{"menu < 10s", "character 6: > or >> is expected"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct path_filter path;
		struct error err = {0};

		arena_init(&arena, SIZE_MAX);
		if (path_filter_read(text_of(rows[i].path), &arena, &path, &err) == 0) {
			fail_msg("%s: is taken", rows[i].path);
		}
		assert_int_equal(err.code, ERROR_INVALID);
		if (!text_starts_with(text_of(err.message), text_of(rows[i].beginning))) {
			fail_msg("%s: %s", rows[i].path, err.message);
		}
	}
}

/* @text so often, with @between between. */
static const char *repeat(const char *text, const char *between, size_t count, struct buffer *out)
{
	buffer_clear(out);
	for (size_t i = 0; i < count; i++) {
		buffer_append(out, text_of(i > 0 ? between : ""));
		buffer_append(out, text_of(text));
	}
	buffer_append_byte(out, '\0');
	return out->data;
}

static void a_path_has_bounds(void **state)
{
	static const struct {
		const char *text, *between, *beginning;
		size_t count;
	} rows[] = {
		{"menu", " > ", NULL, PATH_POINTS_MAX},
		{"menu", " > ", "character 225: more than 32 places follow one another",
			PATH_POINTS_MAX + 1},
		{"menu", ",", NULL, PATH_PLACES_MAX},
		{"menu", ",", "character 321: more than 64 places are asked for",
			PATH_PLACES_MAX + 1},
		{"!menu", " > ", NULL, PATH_PLACES_MAX},
		{"!menu", " > ", "character 514: more than 64 places", PATH_PLACES_MAX + 1},
		{" ", "", "a path has at most 4096 bytes, not 4097", PATH_SIZE_MAX + 1},
	};
	AUTO(buffer_deinit) struct buffer text;

	(void)state;
	buffer_init(&text, SIZE_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct path_filter path;
		struct error err = {0};
		int status;

		arena_init(&arena, SIZE_MAX);
		status = path_filter_read(
			text_of(repeat(rows[i].text, rows[i].between, rows[i].count, &text)),
			&arena, &path, &err);
		assert_int_equal(status, rows[i].beginning ? -1 : 0);
		if (rows[i].beginning &&
			!text_starts_with(text_of(err.message), text_of(rows[i].beginning))) {
			fail_msg("%s", err.message);
		}
	}
}

static void words_that_each_call_has_are_known(void **state)
{
	static const struct {
		const char *path;
		size_t phrases;
	} rows[] = {
		{"menu > Dial", 0},
		{"menu:a > Dial:\"b c\"", 2},
		{"menu:a,Dial:b > x", 0},
		{"!menu:a > x:b", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct path_filter path;

		arena_init(&arena, SIZE_MAX);
		assert_int_equal(path_filter_read(text_of(rows[i].path), &arena, &path, NULL), 0);
		assert_int_equal(path.words.count, rows[i].phrases);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_a_step),
		cmocka_unit_test(a_step_has_words),
		cmocka_unit_test(a_step_comes_after_another),
		cmocka_unit_test(a_step_comes_directly_after_another),
		cmocka_unit_test(a_call_has_a_beginning_and_an_end),
		cmocka_unit_test(a_step_does_not_come_between),
		cmocka_unit_test(time_passes_between_steps),
		cmocka_unit_test(a_call_without_steps_has_a_beginning_and_an_end),
		cmocka_unit_test(times_may_go_back),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(a_path_has_bounds),
		cmocka_unit_test(words_that_each_call_has_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
