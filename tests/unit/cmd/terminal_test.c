/* SPDX-License-Identifier: MIT
 * What people read: widths, wrapping, numbers, listings, the progress bar, help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cmd/help.h"
#include "cmd/listing.h"
#include "cmd/progress.h"
#include "cmd/terminal.h"

struct written {
	FILE *stream;
	char *text;
	size_t size;
};

static void written_open(struct written *written)
{
	written->stream = open_memstream(&written->text, &written->size);
}

static void written_end(struct written *written)
{
	fclose(written->stream);
	written->stream = NULL;
}

static void written_free(struct written *written)
{
	free(written->text);
}

static void numbers_have_separators_for_thousands(void **state)
{
	static const struct {
		int64_t number;
		const char *expected;
	} cases[] = {{0, "0"}, {999, "999"}, {1000, "1,000"}, {12431, "12,431"},
		{1000000, "1,000,000"}, {-1234, "-1,234"}};
	char buffer[NUMBER_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(number_format(cases[i].number, buffer), cases[i].expected);
	}
}

static void durations_are_read_like_clocks(void **state)
{
	char buffer[NUMBER_SIZE];

	(void)state;
	assert_string_equal(duration_format(0, buffer), "0:00");
	assert_string_equal(duration_format(37, buffer), "0:37");
	assert_string_equal(duration_format(3599, buffer), "59:59");
	assert_string_equal(duration_format(3723, buffer), "1:02:03");
}

static void columns_are_counted_by_what_a_terminal_shows(void **state)
{
	static const struct {
		const char *text;
		size_t expected;
	} cases[] = {
		{"", 0}, {"abc", 3}, {"Émile", 5}, {"宅配便", 6}, {"e\xcc\x81", 1}, {"\xff", 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(text_columns(text_of(cases[i].text)), cases[i].expected);
	}
}

static void text_is_wrapped_at_spaces_and_within_words_only_where_it_must(void **state)
{
	struct text rest = TEXT("the quick  brown 宅配便宅配便 foxtrotfoxtrot");
	static const char *const expected[] = {
		"the quick", "brown", "宅配便宅配", "便", "foxtrotfox", "trot"};
	struct text line;

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(text_wrap(&rest, 10, &line));
		while (line.size > 0 && line.data[line.size - 1] == ' ') {
			line.size--;
		}
		if (!text_equal_string(line, expected[i])) {
			fail_msg("expected '%s', got '%.*s'", expected[i], TEXT_ARG(line));
		}
	}
	assert_false(text_wrap(&rest, 10, &line));
}

static void what_could_control_a_terminal_is_not_written(void **state)
{
	AUTO(written_free) struct written written = {0};

	(void)state;
	written_open(&written);
	text_write_clean(written.stream, TEXT("a\033[31mb\tc\nd\xc2\x9b"
					      "e\xff"));
	written_end(&written);
	assert_string_equal(written.text, "a [31mb c d e\xef\xbf\xbd");
}

static void write_sample(FILE *stream, bool pretty)
{
	static const struct listing_column columns[] = {
		{"N", true}, {"NAME", false}, {"NOTE", false}};
	const struct view view = {.stream = stream, .pretty = pretty};
	AUTO(arena_deinit) struct arena arena;
	struct listing listing;

	arena_init(&arena, (size_t)1 << 20);
	listing_init(&listing, &view, &arena, columns, 3);
	listing_printf(&listing, "%d", 1);
	listing_cell(&listing, TEXT("宅配便"));
	listing_cell(&listing, TEXT("x"));
	listing_printf(&listing, "%d", 100);
	listing_cell(&listing, TEXT("Ann"));
	listing_cell(&listing, TEXT(""));
	assert_int_equal(listing_write(&listing, NULL), 0);
}

static void a_listing_is_aligned_for_people(void **state)
{
	AUTO(written_free) struct written written = {0};

	(void)state;
	written_open(&written);
	write_sample(written.stream, true);
	written_end(&written);
	assert_string_equal(written.text, "  N  NAME    NOTE\n"
					  "  1  宅配便  x\n"
					  "100  Ann     \n");
}

static void a_listing_has_tabs_for_programs(void **state)
{
	AUTO(written_free) struct written written = {0};

	(void)state;
	written_open(&written);
	write_sample(written.stream, false);
	written_end(&written);
	assert_string_equal(written.text, "1\t宅配便\tx\n100\tAnn\t\n");
}

static void the_bar_tells_how_far_it_is_and_how_long_it_takes(void **state)
{
	struct progress progress = {
		.what = "import", .unit = "calls", .all = 1000, .done = 250, .count = 12000};
	char line[256];

	(void)state;
	assert_string_equal(progress_format(&progress, 4000000, 100, line, sizeof(line)),
		"import   25%  [######------------------]  12,000 calls  3,000/s  0:12 left");
	assert_string_equal(progress_format(&progress, 4000000, 60, line, sizeof(line)),
		"import   25%  12,000 calls  3,000/s  0:12 left");
	assert_int_equal(strlen(progress_format(&progress, 4000000, 20, line, sizeof(line))), 20);
	progress.all = 0;
	assert_string_equal(progress_format(&progress, 4000000, 100, line, sizeof(line)),
		"import  12,000 calls  3,000/s");
}

/* Fails when a line of @text is wider than 80 columns. */
static void check_width(const char *name, const char *text)
{
	struct text rest = text_of(text);
	struct text line;

	while (text_split(&rest, '\n', &line)) {
		if (text_columns(line) > 80) {
			fail_msg("help of %s: '%.*s' is wider than 80 columns", name,
				TEXT_ARG(line));
		}
	}
}

static void help_fits_80_columns_and_names_every_option(void **state)
{
	(void)state;
	for (size_t i = 0; cmd_table[i]; i++) {
		AUTO(written_free) struct written written = {0};
		char option[SETTING_NAME_MAX + 8];

		written_open(&written);
		help_write_command(written.stream, cmd_table[i]);
		written_end(&written);
		check_width(cmd_table[i]->name, written.text);
		for (size_t j = 0; cmd_table[i]->settings[j]; j++) {
			const char *name = cmd_table[i]->settings[j];
			char letter = setting_find(text_of(name), cmd_table[i]->name)->letter;

			if (letter) {
				snprintf(option, sizeof(option), "\n  -%c, --%s", letter, name);
			} else {
				snprintf(option, sizeof(option), "\n  --%s", name);
			}
			assert_non_null(strstr(written.text, option));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_separators_for_thousands),
		cmocka_unit_test(durations_are_read_like_clocks),
		cmocka_unit_test(columns_are_counted_by_what_a_terminal_shows),
		cmocka_unit_test(text_is_wrapped_at_spaces_and_within_words_only_where_it_must),
		cmocka_unit_test(what_could_control_a_terminal_is_not_written),
		cmocka_unit_test(a_listing_is_aligned_for_people),
		cmocka_unit_test(a_listing_has_tabs_for_programs),
		cmocka_unit_test(the_bar_tells_how_far_it_is_and_how_long_it_takes),
		cmocka_unit_test(help_fits_80_columns_and_names_every_option),
	};

	terminal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
