/* SPDX-License-Identifier: MIT
 * Columns and times of a channel event log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/sources/asterisk/cel_columns.h"
#include "intake/sources/asterisk/cel_time.h"

static void a_mapping_is_read_in_every_way_it_is_written(void **state)
{
	static const char *const configs[] = {
		"[mappings]\nMaster.csv => ${CSV_QUOTE(${eventtype})},${CSV_QUOTE(${eventtime})},"
		"${CSV_QUOTE(${CHANNEL(uniqueid)})},${CSV_QUOTE(${CALLERID(name)})}\n",
		"[mappings]\r\nMaster.csv=\"${eventtype}\",\"${eventtime}\",\"${CHANNEL(uniqueid)}"
		"\","
		"\"${CALLERID(name)}\"\r\n",
		"; a comment\n[general]\nx => y\n[mappings]\n;old.csv => ${CHANNEL(exten)}\n"
		"Master.csv => ${eventtype}, ${eventtime}, ${CHANNEL(uniqueid)},${CALLERID(name)} "
		"; all",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		struct cel_columns columns;

		assert_int_equal(cel_columns_config(text_of(configs[i]), NULL, &columns, NULL), 0);
		assert_int_equal(columns.width, 4);
		assert_int_equal(columns.place[CEL_EVENT_TYPE], 0);
		assert_int_equal(columns.place[CEL_EVENT_TIME], 1);
		assert_int_equal(columns.place[CEL_UNIQUE_ID], 2);
		assert_int_equal(columns.place[CEL_CALLER_NAME], 3);
		assert_int_equal(columns.place[CEL_LINKED_ID], -1);
		assert_int_equal(cel_columns_check(&columns, NULL), 0);
	}
}

static void a_column_of_several_variables_is_passed_over(void **state)
{
	struct cel_columns columns;

	(void)state;
	assert_int_equal(
		cel_columns_config(
			TEXT("[mappings]\nx => ${CALLERID(name)} <${CALLERID(num)}>,literal,"
			     "${IF($[1 = 1]?a,b:c)},${eventtype}"),
			NULL, &columns, NULL),
		0);
	assert_int_equal(columns.width, 4);
	assert_int_equal(columns.place[CEL_CALLER_NAME], -1);
	assert_int_equal(columns.place[CEL_EVENT_TYPE], 3);
}

static void what_is_indispensable_is_named(void **state)
{
	static const struct {
		const char *mapping;
		const char *missing;
	} cases[] = {
		{"[mappings]\nx => ${eventtime},${CHANNEL(linkedid)}", "eventtype"},
		{"[mappings]\nx => ${eventtype},${CHANNEL(linkedid)}", "eventtime"},
		{"[mappings]\nx => ${eventtype},${eventtime}", "linkedid"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cel_columns columns;
		struct error err;

		assert_int_equal(
			cel_columns_config(text_of(cases[i].mapping), NULL, &columns, &err), 0);
		assert_int_equal(cel_columns_check(&columns, &err), -1);
		assert_non_null(strstr(err.message, cases[i].missing));
	}
}

static void a_file_without_a_mapping_is_refused(void **state)
{
	static const char *const configs[] = {"", "[mappings]\n", "Master.csv => ${eventtype}\n",
		"[mappings]\n;x => ${eventtype}\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		struct cel_columns columns = {.width = 99};
		struct error err;

		assert_int_equal(cel_columns_config(text_of(configs[i]), NULL, &columns, &err), -1);
		assert_non_null(strstr(err.message, "[mappings]"));
		assert_int_equal(columns.width, 99);
	}
}

static void a_section_of_its_own_names_a_files_columns(void **state)
{
	static const char config[] =
		"[general]\nenable = yes\n"
		";--\n[old.csv]\nfields = EventTime,EventType,LinkedID\n--;\n"
		"[mappings]\n; nothing here any more\n"
		"[cel.tsv](!,template) ; a template\n"
		"fields = EventType,\"A, literal\",EventTime(%F, %T^noquote) ,LinkedID(noquote)\n"
		"separator_character = \\t ; a tab\n"
		"quote_character = '\n"
		"quote_escape_character = \\\n"
		"quoting_method = minimal\n";
	struct cel_columns columns;

	(void)state;
	assert_int_equal(cel_columns_config(text_of(config), NULL, &columns, NULL), 0);
	assert_int_equal(columns.width, 4);
	assert_int_equal(columns.place[CEL_EVENT_TYPE], 0);
	assert_int_equal(columns.place[CEL_EVENT_TIME], 2);
	assert_int_equal(columns.place[CEL_LINKED_ID], 3);
	assert_int_equal(columns.dialect.separator, '\t');
	assert_int_equal(columns.dialect.quote, '\'');
	assert_int_equal(columns.dialect.escape, '\\');
	assert_false(columns.json);
	assert_string_equal(columns.unknown, "");
}

static void of_several_mappings_the_longest_name_fits_best(void **state)
{
	static const char config[] =
		"[mappings]\n/var/log/cel.csv => ${eventtype},${eventtime},${CHANNEL(linkedid)}\n"
		"[cel.csv.json]\nformat = JSON\nfields = eventtime,eventtype,linkedid\n";
	static const struct {
		const char *input;
		int event_type; /* its place; negative: refused */
	} cases[] = {
		{"/srv/cel.csv", 0},
		{"cel.csv.2.gz", 0},
		{"cel.csv.json", 1},
		{"cel.csv.json.1", 1},
		{"cel.csvx", -1},
		{"standard input", -1},
		{NULL, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cel_columns columns = {.place = {-1}};
		struct error err;

		assert_int_equal(
			cel_columns_config(text_of(config), cases[i].input, &columns, &err),
			cases[i].event_type < 0 ? -1 : 0);
		assert_int_equal(columns.place[CEL_EVENT_TYPE], cases[i].event_type);
		assert_int_equal(columns.json, cases[i].event_type == 1);
	}
}

static void eventenum_stands_in_for_eventtype(void **state)
{
	static const char *const configs[] = {
		"[a]\nfields = eventenum,eventtime,linkedid\n",
		"[a]\nfields = eventtype,eventenum,eventtime,linkedid\n",
	};
	const char later[] = "[a]\nfields = eventenum,eventtime,eventtype,linkedid\n";
	struct cel_columns columns;

	(void)state;
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		assert_int_equal(cel_columns_config(text_of(configs[i]), NULL, &columns, NULL), 0);
		assert_int_equal(columns.place[CEL_EVENT_TYPE], 0);
	}
	assert_int_equal(cel_columns_config(text_of(later), NULL, &columns, NULL), 0);
	assert_int_equal(columns.place[CEL_EVENT_TYPE], 2);
}

static void a_name_that_is_not_known_is_kept_for_a_warning_once(void **state)
{
	struct cel_columns columns;

	(void)state;
	assert_int_equal(cel_columns_config(TEXT("[a]\nfields = EventType,color,EventTime,color,"
						 "LinkedID,TenantID,\"Literal\",size,col"),
				 NULL, &columns, NULL),
		0);
	assert_string_equal(columns.unknown, "'color', 'size', 'col'");
	for (int i = 0; i < 100; i++) {
		char name[20];

		snprintf(name, sizeof(name), "name%d", i);
		cel_columns_note_unknown(&columns, text_of(name));
	}
	assert_true(text_starts_with(
		text_of(columns.unknown), TEXT("'color', 'size', 'col', 'name0', 'name1'")));
	assert_non_null(strstr(columns.unknown, "', …"));
	assert_string_equal(strstr(columns.unknown, "…"), "…");
}

static void how_an_input_is_written_is_seen_by_its_first_lines(void **state)
{
	static const struct {
		const char *beginning;
		char separator, quote;
		bool backslashes, json;
	} cases[] = {
		{"eventtype,eventtime\n\"a\"", ',', '"', false, false},
		{"id\teventtype\teventtime\r\n1\t", '\t', '\0', true, false},
		{"id\teventtype\teventtime\n\"1\"\t", '\t', '"', false, false},
		{"eventtype;eventtime\n", ';', '"', false, false},
		{"\"CHAN_START\",\"1\"\n", ',', '"', false, false},
		{"{\"eventtype\":\"a\"}\n", '\n', '\0', false, true},
		{"", ',', '"', false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cel_columns columns;

		cel_columns_sample(&columns);
		cel_columns_guess(text_of(cases[i].beginning), &columns);
		assert_int_equal(columns.dialect.separator, cases[i].separator);
		assert_int_equal(columns.dialect.quote, cases[i].quote);
		assert_int_equal(columns.dialect.backslashes, cases[i].backslashes);
		assert_int_equal(columns.json, cases[i].json);
	}
}

static void ids_of_channels_hold_a_time(void **state)
{
	static const struct {
		const char *id;
		int64_t seconds; /* negative: none */
	} cases[] = {
		{"1795486201.681", 1795486201},
		{"pbx-1-1795486201.0", 1795486201},
		{"1795486201", -1},
		{"1795486201.", -1},
		{"179548620.681", -1},
		{"a.1", -1},
		{"1795486201.6x", -1},
		{"", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t seconds = -1;

		assert_int_equal(
			cel_clock_id_s(text_of(cases[i].id), &seconds), cases[i].seconds >= 0);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void a_header_row_is_known_by_its_names(void **state)
{
	const struct text header[] = {TEXT("id"), TEXT("EventTime"), TEXT(" EVENTTYPE "),
		TEXT("cid_name"), TEXT("linkedid"), TEXT("extra")};
	const struct text row[] = {TEXT("1"), TEXT("2026-11-23 14:19:13"), TEXT("eventtype")};
	struct cel_columns columns;

	(void)state;
	assert_true(cel_columns_header(header, 6, &columns));
	assert_int_equal(columns.place[CEL_EVENT_TYPE], 2);
	assert_int_equal(columns.place[CEL_EXTRA], 5);
	assert_int_equal(columns.width, 6);
	assert_false(cel_columns_header(row, 3, &columns));
}

static void times_are_read_to_the_microsecond(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		int64_t us;
	} cases[] = {
		{"1795459157.369387", true, INT64_C(1795459157369387)},
		{"1795459157", true, INT64_C(1795459157000000)},
		{"1795459157.3", true, INT64_C(1795459157300000)},
		{"1795459157.3693871", true, INT64_C(1795459157369387)},
		{"2026-11-23 18:39:17.369387", true, INT64_C(1795459157369387)},
		{"2026-11-23T18:39:17Z", true, INT64_C(1795459157000000)},
		{"2026-11-23 13:39:17.5-0500", true, INT64_C(1795459157500000)},
		{"2026-11-23 13:39:17 -05:00", true, INT64_C(1795459157000000)},
		{"2026-11-23 18:39:17.369387+00", true, INT64_C(1795459157369387)},
		{"2026-11-24 00:09:17+0530", true, INT64_C(1795459157000000)},
		{"2026-11-23 18:39:17,5", true, INT64_C(1795459157500000)},
		{"2026-11-23 8:39:17", true, INT64_C(1795423157000000)},
		{"2026-11-23 18:39:17+1", false, 0},
		{"2026-11-23 18:39:17+01:", false, 0},
		{"2026-11-23 18:39:17 EST", false, 0},
		{"23/11/2026 18:39:17", false, 0},
		{"11/23/2026 06:39:17 PM", false, 0},
		{"Mon Nov 23 18:39:17 2026", false, 0},
		{"1795459157369", false, 0},
		{"2026-02-29 00:00:00", false, 0},
		{"2026-13-01 00:00:00", false, 0},
		{"2026-11-23 24:00:00", false, 0},
		{"2026-11-23", false, 0},
		{"1795459157.", false, 0},
		{".5", false, 0},
		{"-1", false, 0},
		{"999999999999999999", false, 0},
		{"99999999999.999999", true, INT64_C(99999999999999999)},
		{"100000000000", false, 0},
		{"5138-11-16 09:46:39", true, INT64_C(99999999999000000)},
		{"5138-11-16 09:46:40", false, 0},
		{"1969-12-31 23:59:59", false, 0},
		{"yesterday", false, 0},
		{"", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t us = -1;

		assert_int_equal(
			cel_time_parse(text_of(cases[i].text), false, 0, &us), cases[i].valid);
		assert_int_equal(us, cases[i].valid ? cases[i].us : -1);
	}
}

static void the_hour_that_comes_twice_is_told_by_what_was_before(void **state)
{
	/* In New York the clock goes from 01:59:59 EDT back to 01:00:00 EST on 2026-11-01. */
	const int64_t before = INT64_C(1793511000000000); /* 01:30:00 EDT */
	int64_t us;

	(void)state;
	setenv("TZ", "America/New_York", 1);
	tzset();
	assert_true(cel_time_parse(TEXT("2026-11-01 01:30:00"), true, 0, &us));
	assert_int_equal(us, before);
	assert_true(cel_time_parse(TEXT("2026-11-01 01:30:00.5"), true, before, &us));
	assert_int_equal(us, before + 500000);
	assert_true(cel_time_parse(TEXT("2026-11-01 01:00:01"), true, before, &us));
	assert_int_equal(us, before + INT64_C(1801000000));
	assert_true(cel_time_parse(TEXT("2026-11-23 13:39:17"), true, 0, &us));
	assert_int_equal(us, INT64_C(1795459157000000));
	assert_true(cel_time_parse(TEXT("2026-07-01 12:00:00"), true, 0, &us));
	assert_int_equal(us, INT64_C(1782921600000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mapping_is_read_in_every_way_it_is_written),
		cmocka_unit_test(a_column_of_several_variables_is_passed_over),
		cmocka_unit_test(what_is_indispensable_is_named),
		cmocka_unit_test(a_file_without_a_mapping_is_refused),
		cmocka_unit_test(a_section_of_its_own_names_a_files_columns),
		cmocka_unit_test(of_several_mappings_the_longest_name_fits_best),
		cmocka_unit_test(eventenum_stands_in_for_eventtype),
		cmocka_unit_test(a_name_that_is_not_known_is_kept_for_a_warning_once),
		cmocka_unit_test(how_an_input_is_written_is_seen_by_its_first_lines),
		cmocka_unit_test(ids_of_channels_hold_a_time),
		cmocka_unit_test(a_header_row_is_known_by_its_names),
		cmocka_unit_test(times_are_read_to_the_microsecond),
		cmocka_unit_test(the_hour_that_comes_twice_is_told_by_what_was_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
