/* SPDX-License-Identifier: MIT
 * Settings: the table, and how values are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cmd/cmd.h"

#define NOW INT64_C(1795459153)

static void every_row_has_a_default_that_it_accepts_itself(void **state)
{
	const struct setting *row = NULL;

	(void)state;
	while ((row = setting_next(row))) {
		struct settings settings = {0};
		struct error err = {0};

		if (row->fallback && setting_parse(row, row->fallback, NOW, &settings, &err) < 0) {
			fail_msg("the default '%s' of %s: %s", row->fallback, row->name,
				err.message);
		}
	}
}

static void every_row_is_explained_in_sentences(void **state)
{
	const struct setting *row = NULL;

	(void)state;
	while ((row = setting_next(row))) {
		size_t size = strlen(row->help);

		assert_true(size > 10 && row->help[size - 1] == '.');
		assert_true((row->type == SETTING_FLAG) == !row->metavariable);
		assert_true((row->type == SETTING_CHOICE) == !!row->choices);
	}
}

static void every_command_takes_settings_that_are_in_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; cmd_table[i]; i++) {
		for (size_t j = 0; cmd_table[i]->settings[j]; j++) {
			const char *name = cmd_table[i]->settings[j];

			if (!setting_find(text_of(name), cmd_table[i]->name)) {
				fail_msg("%s takes %s, which is not in the table",
					cmd_table[i]->name, name);
			}
		}
	}
	for (size_t i = 0; setting_common[i]; i++) {
		assert_non_null(setting_find(text_of(setting_common[i]), NULL));
	}
}

static void every_setting_is_taken_by_a_command(void **state)
{
	const struct setting *row = NULL;

	(void)state;
	while ((row = setting_next(row))) {
		bool taken = false;

		for (size_t j = 0; setting_common[j]; j++) {
			taken |= strcmp(setting_common[j], row->name) == 0;
		}
		for (size_t j = 0; cmd_table[j]; j++) {
			for (size_t k = 0; cmd_table[j]->settings[k]; k++) {
				taken |= setting_find(text_of(cmd_table[j]->settings[k]),
						 cmd_table[j]->name) == row;
			}
		}
		if (!taken) {
			fail_msg("no command takes %s", row->name);
		}
	}
}

static void numbers_sizes_and_durations_are_read_with_their_units(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		size_t member;
		int64_t expected;
	} cases[] = {
		{"api-detail-days", "0", offsetof(struct settings, api_detail_days), 0},
		{"api-detail-days", "ever", offsetof(struct settings, api_detail_days), 0},
		{"api-detail-days", "off", offsetof(struct settings, api_detail_days), 0},
		{"api-detail-days", "30", offsetof(struct settings, api_detail_days), 30},
		{"threads", "3", offsetof(struct settings, threads), 3},
		{"call-size-max", "2048", offsetof(struct settings, call_size_max), 2048},
		{"call-size-max", "500k", offsetof(struct settings, call_size_max), 512000},
		{"call-size-max", "1M", offsetof(struct settings, call_size_max), 1 << 20},
		{"page-memory-max", "1G", offsetof(struct settings, page_memory_max), 1 << 30},
		{"timeout", "45", offsetof(struct settings, timeout_s), 45},
		{"timeout", "2m", offsetof(struct settings, timeout_s), 120},
		{"start", "-2h", offsetof(struct settings, start), NOW - 7200},
		{"start", "1970-01-01T00:01:00Z", offsetof(struct settings, start), 60},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct setting *row = setting_find(text_of(cases[i].name), "generate");
		struct settings settings = {0};
		struct error err;

		assert_int_equal(setting_parse(row, cases[i].value, NOW, &settings, &err), 0);
		assert_int_equal(*(int64_t *)(void *)((char *)&settings + cases[i].member),
			cases[i].expected);
	}
}

static void what_is_out_of_range_or_misspelt_is_refused_with_what_may_stand_there(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		const char *expected;
	} cases[] = {
		{"api-detail-days", "-1", "a number of days from 1 to 36500, or ever"},
		{"api-detail-days", "36501", "a number of days from 1 to 36500, or ever"},
		{"api-detail-days", "Ever", "a number of days"},
		{"threads", "-1", "from 0 to 1024"},
		{"threads", "1025", "from 0 to 1024"},
		{"threads", "5 ", "a whole number"},
		{"threads", "", "a whole number"},
		{"call-size-max", "1023", "a size from 1k to 4M"},
		{"call-size-max", "5M", "a size from 1k to 4M"},
		{"call-size-max", "9999999999999999999", "a size"},
		{"call-size-max", "999999999999999999G", "a size"},
		{"call-size-max", "M", "a size"},
		{"timeout", "0", "a duration from 1"},
		{"timeout", "2y", "a duration"},
		{"start", "yesterday", "UNIX seconds"},
		{"start", "-9999w", "UNIX seconds"},
		{"color", "maybe", "auto, always or never"},
		{"insecure", "perhaps", "yes or no"},
		{"data", "", "not empty"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct setting *row = setting_find(text_of(cases[i].name), "generate");
		struct settings settings = {0};
		struct error err = {0};

		assert_true(setting_parse(row, cases[i].value, NOW, &settings, &err) < 0);
		assert_int_equal(err.code, ERROR_INVALID);
		assert_non_null(strstr(err.message, cases[i].expected));
	}
}

/* Every parameter of a filter is an option of every command that finds calls, with dashes for
 * underscores, and `not-` for the dash before it. */
static void a_filters_parameters_are_options(void **state)
{
	static const char *const commands[] = {
		"calls", "search", "export", "stats", "dropoff", "tail"};

	(void)state;
	for (size_t i = 0; filter_parameters[i]; i++) {
		const char *parameter = filter_parameters[i];
		char name[SETTING_NAME_MAX];

		snprintf(name, sizeof(name), "%s%s", parameter[0] == '-' ? "not-" : "",
			parameter + (parameter[0] == '-'));
		for (char *byte = name; *byte; byte++) {
			*byte = *byte == '_' ? '-' : *byte;
		}
		for (size_t j = 0; j < sizeof(commands) / sizeof(commands[0]); j++) {
			const struct cmd *cmd = cmd_find(commands[j]);
			size_t at = 0;

			while (cmd->settings[at] && strcmp(cmd->settings[at], name) != 0) {
				at++;
			}
			assert_non_null(cmd->settings[at]);
			assert_int_equal(
				setting_find(text_of(name), cmd->name)->type, SETTING_FILTER);
		}
	}
}

static void flags_are_read_in_every_spelling(void **state)
{
	const struct setting *row = setting_find(TEXT("insecure"), "serve");
	static const char *const on[] = {"yes", "true", "1", "on", "YES"};
	static const char *const off[] = {"no", "false", "0", "off", "No"};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct settings settings = {.insecure = false};

		assert_int_equal(setting_parse(row, on[i], NOW, &settings, NULL), 0);
		assert_true(settings.insecure);
		assert_int_equal(setting_parse(row, off[i], NOW, &settings, NULL), 0);
		assert_false(settings.insecure);
	}
}

static void a_setting_is_named_in_the_environment_by_its_option(void **state)
{
	char name[SETTING_NAME_MAX];

	(void)state;
	assert_string_equal(
		setting_environment_name("tls-certificate", name), "CALLSTEP_TLS_CERTIFICATE");
}

static void a_row_for_one_command_goes_before_the_general_one(void **state)
{
	(void)state;
	assert_string_equal(setting_find(TEXT("format"), "export")->fallback, "ndjson");
	assert_null(setting_find(TEXT("format"), "import")->fallback);
	assert_non_null(setting_find(TEXT("end"), "generate")->fallback);
	assert_null(setting_find(TEXT("end"), "calls")->fallback);
	assert_null(setting_find(TEXT("nonsense"), "calls"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_has_a_default_that_it_accepts_itself),
		cmocka_unit_test(every_row_is_explained_in_sentences),
		cmocka_unit_test(every_command_takes_settings_that_are_in_the_table),
		cmocka_unit_test(every_setting_is_taken_by_a_command),
		cmocka_unit_test(numbers_sizes_and_durations_are_read_with_their_units),
		cmocka_unit_test(
			what_is_out_of_range_or_misspelt_is_refused_with_what_may_stand_there),
		cmocka_unit_test(a_filters_parameters_are_options),
		cmocka_unit_test(flags_are_read_in_every_spelling),
		cmocka_unit_test(a_setting_is_named_in_the_environment_by_its_option),
		cmocka_unit_test(a_row_for_one_command_goes_before_the_general_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
