/* SPDX-License-Identifier: MIT
 * Options: from arguments, environment and INI file to settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/suggest.h"
#include "cmd/options.h"

#define ARGUMENTS_MAX 12

struct fixture {
	struct arena arena;
	struct options options;
	struct error err;
	char ini_path[64];
};

/* The environment of the case: name, value, … NULL. */
static const char *const *environment;

static char *fake_getenv(const char *name)
{
	for (size_t i = 0; environment && environment[i]; i += 2) {
		if (strcmp(environment[i], name) == 0) {
			return (char *)(uintptr_t)environment[i + 1];
		}
	}
	return NULL;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int fd;

	arena_init(&fixture->arena, (size_t)1 << 20);
	snprintf(fixture->ini_path, sizeof(fixture->ini_path), "%s", "/tmp/callstep-ini-XXXXXX");
	fd = mkstemp(fixture->ini_path);
	close(fd);
	environment = NULL;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	arena_deinit(&fixture->arena);
	unlink(fixture->ini_path);
	free(fixture);
	return 0;
}

static void write_ini(const struct fixture *fixture, const char *content)
{
	FILE *file = fopen(fixture->ini_path, "w");

	fputs(content, file);
	fclose(file);
}

/* Reads the arguments, which end with NULL, after the program's name. */
static int read_arguments(struct fixture *fixture, const char *const *arguments)
{
	char *argv[ARGUMENTS_MAX] = {(char *)(uintptr_t) "callstep"};
	struct options_source source = {
		.argc = 1, .argv = argv, .getenv = fake_getenv, .now = 1000};

	while (arguments[source.argc - 1]) {
		argv[source.argc] = (char *)(uintptr_t)arguments[source.argc - 1];
		source.argc++;
	}
	return options_read(&fixture->options, &source, &fixture->arena, &fixture->err);
}

#define READ(...) read_arguments(fixture, (const char *const[]){__VA_ARGS__, NULL})

static void options_may_stand_anywhere(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(READ("--data", "/d", "show", "--utc", "one", "--account=a@b"), 0);
	assert_ptr_equal(fixture->options.cmd, &cmd_show);
	assert_string_equal(fixture->options.settings.data, "/d");
	assert_string_equal(fixture->options.settings.account, "a@b");
	assert_true(fixture->options.settings.utc);
	assert_int_equal(fixture->options.argc, 1);
	assert_string_equal(fixture->options.argv[0], "one");
	assert_null(fixture->options.argv[1]);
}

static void two_dashes_end_the_options_and_one_is_an_operand(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(READ("import", "-", "--", "--quiet"), 0);
	assert_int_equal(fixture->options.argc, 2);
	assert_string_equal(fixture->options.argv[0], "-");
	assert_string_equal(fixture->options.argv[1], "--quiet");
	assert_false(fixture->options.settings.quiet);
}

static void values_may_begin_with_a_dash_and_the_last_one_counts(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(READ("generate", "--start", "-10", "--days", "5", "--days=6"), 0);
	assert_int_equal(fixture->options.settings.start, 990);
	assert_int_equal(fixture->options.settings.days, 6);
}

static void what_says_which_calls_are_meant_is_kept_as_it_was_given(void **state)
{
	static const char *const expected[][2] = {
		{"class", "info"}, {"min-duration", "-3"}, {"class", "error,x"}, {"text", ""}};
	struct fixture *fixture = *state;
	const struct settings *settings = &fixture->options.settings;

	assert_int_equal(READ("search", "--class", "info", "word", "--min-duration", "-3",
				 "--class=error,x", "--text="),
		0);
	assert_int_equal(settings->filter_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(settings->filter[i].name, expected[i][0]);
		assert_string_equal(settings->filter[i].value, expected[i][1]);
	}
	assert_int_equal(fixture->options.argc, 1);
	assert_int_equal(READ("calls"), 0);
	assert_int_equal(settings->filter_count, 0);
	assert_int_equal(READ("serve", "--class", "info"), -1);
}

static void some_options_have_a_letter(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(READ("tail", "-f"), 0);
	assert_true(fixture->options.settings.follow);
	assert_int_equal(READ("tail", "-h"), 0);
	assert_true(fixture->options.settings.help);
	assert_int_equal(READ("tail", "-x"), -1);
	assert_string_equal(fixture->err.message,
		"there is no option -x: options are written --name; see 'callstep help'");
}

static void a_flag_can_be_switched_off(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(READ("serve"), 0);
	assert_true(fixture->options.settings.log_requests);
	assert_int_equal(READ("serve", "--log-requests=no"), 0);
	assert_false(fixture->options.settings.log_requests);
}

static void options_go_before_the_environment_before_the_file_before_the_default(void **state)
{
	struct fixture *fixture = *state;
	const char *const variables[] = {"CALLSTEP_GRACE", "2", "CALLSTEP_TIMEOUT", "2",
		"CALLSTEP_CONFIG", fixture->ini_path, NULL};

	environment = variables;
	write_ini(fixture, "[callstep]\ngrace = 3\ntimeout = 3\napi-detail-days = 3 ; a comment\n");
	assert_int_equal(READ("serve", "--grace", "1"), 0);
	assert_int_equal(fixture->options.settings.grace_s, 1);
	assert_int_equal(fixture->options.settings.timeout_s, 2);
	assert_int_equal(fixture->options.settings.api_detail_days, 3);
	assert_int_equal(fixture->options.settings.connections_max, 1000);
}

static void settings_of_other_commands_may_stand_in_the_file(void **state)
{
	struct fixture *fixture = *state;

	write_ini(fixture, "listen = 127.0.0.1:1\nutc = yes\n");
	assert_int_equal(READ("calls", "--config", fixture->ini_path), 0);
	assert_true(fixture->options.settings.utc);
}

static void a_setting_may_have_the_name_of_another_commands_option(void **state)
{
	struct fixture *fixture = *state;

	write_ini(fixture, "zone = Europe/Berlin\n");
	assert_int_equal(READ("import", "--config", fixture->ini_path), 0);
	assert_string_equal(fixture->options.settings.zone, "Europe/Berlin");
	/* The zone that statistics count days in is said each time. */
	assert_int_equal(READ("stats", "--config", fixture->ini_path), 0);
	assert_null(fixture->options.settings.zone);
	assert_int_equal(READ("serve", "--config", fixture->ini_path), 0);
}

static void help_is_given_whatever_else_is_wrong(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(READ("serve", "--grace", "nonsense", "-h"), 0);
	assert_true(fixture->options.settings.help);
	assert_ptr_equal(fixture->options.cmd, &cmd_serve);
}

static void no_command_is_no_failure_yet(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(read_arguments(fixture, (const char *const[]){NULL}), 0);
	assert_null(fixture->options.cmd);
}

static void the_store_is_where_the_strongest_source_says(void **state)
{
	struct fixture *fixture = *state;
	const char *const variables[] = {
		"CALLSTEP_DATA", "/env", "HOME", "/home/x", "XDG_DATA_HOME", "", NULL};

	environment = variables;
	assert_int_equal(READ("verify", "--store", "postgresql://h/d"), 0);
	assert_string_equal(fixture->options.settings.data, "postgresql://h/d");
	assert_int_equal(READ("verify"), 0);
	assert_string_equal(fixture->options.settings.data, "/env");
	environment = variables + 2;
	assert_int_equal(READ("verify"), 0);
	assert_string_equal(fixture->options.settings.data, "/home/x/.local/share/callstep");
	assert_true(READ("verify", "--store", "postgresql://h/d", "--data", "/d") < 0);
}

static void wrong_usage_is_told_with_what_was_probably_meant(void **state)
{
	static const struct {
		const char *arguments[4];
		const char *expected;
	} cases[] = {
		{{"calls", "--lmit", "5"},
			"'callstep calls' has no option --lmit; did you mean --limit?"},
		{{"calls", "--seed", "5"},
			"'callstep calls' has no option --seed; see 'callstep help"},
		{{"--dta", "x"}, "did you mean --data?"},
		{{"calls", "-x"}, "there is no option -x"},
		{{"cals"}, "there is no command 'cals'; did you mean 'calls'?"},
		{{"frobnicate"}, "there is no command 'frobnicate'; see 'callstep help'"},
		{{"calls", "--limit"}, "option --limit needs a value: --limit N"},
		{{"calls", "--limit", "0"},
			"'0' is not a value for --limit: write a whole number from 1 to 10000"},
		{{"serve", "--log-level", "loud"}, "'loud' is not a value for --log-level: write "
						   "error, warning, info or debug"},
		{{"serve", "--config", "/nonexistent/x.ini"}, "cannot open the settings"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture *fixture = *state;

		assert_true(read_arguments(fixture, cases[i].arguments) < 0);
		if (!strstr(fixture->err.message, cases[i].expected)) {
			fail_msg(
				"expected '%s', got '%s'", cases[i].expected, fixture->err.message);
		}
	}
}

static void a_wrong_value_in_the_environment_names_the_variable(void **state)
{
	struct fixture *fixture = *state;
	const char *const variables[] = {"CALLSTEP_API_DETAIL_DAYS", "many", NULL};

	environment = variables;
	assert_true(READ("serve") < 0);
	assert_non_null(strstr(fixture->err.message,
		"'many' is not a value for CALLSTEP_API_DETAIL_DAYS in the environment: write a "
		"number of days from 1 to 36500, or ever"));
}

/* A program that is still given one must not go on with other days than the user thinks. */
static void a_setting_of_earlier_versions_is_refused_wherever_it_stands(void **state)
{
	static const char *const names[][2] = {
		{"detail-days", "CALLSTEP_DETAIL_DAYS"},
		{"header-days", "CALLSTEP_HEADER_DAYS"},
		{"audit-days", "CALLSTEP_AUDIT_DAYS"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *const variables[] = {names[i][1], "90", NULL};
		const char *const in_file[] = {"CALLSTEP_CONFIG", fixture->ini_path, NULL};
		char option[64], content[64];
		const char *arguments[] = {"serve", option, NULL};

		environment = NULL;
		snprintf(option, sizeof(option), "--%s=90", names[i][0]);
		assert_true(read_arguments(fixture, arguments) < 0);
		assert_non_null(strstr(fixture->err.message, names[i][0]));
		assert_non_null(strstr(fixture->err.message, "any more: the store itself holds"));
		assert_non_null(strstr(fixture->err.message, "'callstep retention --keep-"));
		environment = variables;
		for (int verify = 0; verify < 2; verify++) {
			assert_true((verify ? READ("verify") : READ("serve")) < 0);
			assert_non_null(strstr(fixture->err.message, names[i][1]));
			assert_non_null(
				strstr(fixture->err.message, "'callstep retention --keep-"));
		}
		environment = in_file;
		snprintf(content, sizeof(content), "timeout = 3\n%s = 90\n", names[i][0]);
		write_ini(fixture, content);
		assert_true(READ("serve") < 0);
		assert_non_null(strstr(fixture->err.message, ":2: there is no setting '"));
		assert_non_null(strstr(fixture->err.message, "'callstep retention --keep-"));
	}
}

static void a_wrong_line_in_the_file_is_named_with_its_number(void **state)
{
	static const struct {
		const char *content;
		const char *expected;
	} cases[] = {
		{"\n\ngrace = long\n", ":3: 'long' is not a value for grace: write a duration"},
		{"# nothing\ngrce = 3\n", ":2: there is no setting 'grce'; did you mean 'grace'?"},
		{"help = yes\n", ":1: there is no setting 'help'"},
		{"[server]\ngrace = 3\n", ":2: there is no section [server]"},
		{"grace = 1\nnonsense\n", ":2: write name = value"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_ini(fixture, cases[i].content);
		assert_true(READ("serve", "--config", fixture->ini_path) < 0);
		if (!strstr(fixture->err.message, cases[i].expected) ||
			!strstr(fixture->err.message, fixture->ini_path)) {
			fail_msg(
				"expected '%s', got '%s'", cases[i].expected, fixture->err.message);
		}
	}
}

static void distance_counts_the_letters_that_differ(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		size_t expected;
	} cases[] = {{"limit", "limit", 0}, {"lmit", "limit", 1}, {"limti", "limit", 1},
		{"", "abc", 3}, {"calls", "verify", 6}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(suggest_distance(text_of(cases[i].a), text_of(cases[i].b)),
			cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(two_dashes_end_the_options_and_one_is_an_operand),
		cmocka_unit_test(values_may_begin_with_a_dash_and_the_last_one_counts),
		cmocka_unit_test(what_says_which_calls_are_meant_is_kept_as_it_was_given),
		cmocka_unit_test(some_options_have_a_letter),
		cmocka_unit_test(a_flag_can_be_switched_off),
		cmocka_unit_test(
			options_go_before_the_environment_before_the_file_before_the_default),
		cmocka_unit_test(settings_of_other_commands_may_stand_in_the_file),
		cmocka_unit_test(a_setting_may_have_the_name_of_another_commands_option),
		cmocka_unit_test(help_is_given_whatever_else_is_wrong),
		cmocka_unit_test(no_command_is_no_failure_yet),
		cmocka_unit_test(the_store_is_where_the_strongest_source_says),
		cmocka_unit_test(wrong_usage_is_told_with_what_was_probably_meant),
		cmocka_unit_test(a_wrong_value_in_the_environment_names_the_variable),
		cmocka_unit_test(a_setting_of_earlier_versions_is_refused_wherever_it_stands),
		cmocka_unit_test(a_wrong_line_in_the_file_is_named_with_its_number),
		cmocka_unit_test(distance_counts_the_letters_that_differ),
	};
	struct CMUnitTest with_fixture[sizeof(tests) / sizeof(tests[0])];

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		with_fixture[i] = tests[i];
		with_fixture[i].setup_func = set_up;
		with_fixture[i].teardown_func = tear_down;
	}
	return cmocka_run_group_tests(with_fixture, NULL, NULL);
}
