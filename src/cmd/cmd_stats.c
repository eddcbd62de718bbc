/* SPDX-License-Identifier: MIT
 * callstep stats: calls counted by groups, with bars on a terminal. */
#include <stdio.h>

#include "base/time_text.h"
#include "cmd/call_table.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "cmd/output.h"
#include "cmd/terminal.h"
#include "find/stats.h"

#define RESULT_SIZE_MAX ((size_t)256 << 20)
#define BAR_COLUMNS_MAX 60
#define BAR_COLUMNS_MIN 10

static struct stats_question read_question(const struct settings *settings)
{
	struct stats_question question = {.limit = (size_t)settings->limit};

	/* The settings table lets no other names pass. */
	(void)stats_group_parse(text_of(settings->group), &question.group);
	(void)stats_bucket_parse(text_of(settings->bucket), &question.bucket_seconds);
	return question;
}

static const char *format_time(const struct stats_result *result, int64_t time,
	const struct settings *settings, char buffer[TIME_TEXT_SIZE])
{
	const struct zone *zone = result->question.zone;

	return zone && !settings->utc ? time_text_format_ahead(time, zone_ahead(zone, time), buffer)
				      : time_text_format(time, settings->utc, buffer);
}

static int read_zone(const struct settings *settings, struct stats_question *question,
	struct zone *zone, struct arena *arena, struct error *err)
{
	if (!settings->zone) {
		return 0;
	}
	question->zone_name = text_of(settings->zone);
	question->zone = zone;
	return zone_load(zone, question->zone_name, arena, err) < 0 ? error_prefix(err, "--zone")
								    : 0;
}

static void add_row(struct table *table, const struct stats_result *result,
	const struct stats_entry *entry, const struct settings *settings)
{
	char time[TIME_TEXT_SIZE], length[NUMBER_SIZE];
	bool pretty = terminal_is(stdout);
	const int64_t lengths[] = {entry->duration_sum, entry->p50, entry->p95};

	if (result->question.group == STATS_TIME) {
		table_cell(table, text_of(format_time(result, entry->time, settings, time)));
	} else {
		table_cell(table, entry->key);
	}
	table_number(table, entry->calls, pretty);
	table_number(table, entry->steps, pretty);
	for (size_t i = 0; i < 3; i++) {
		table_cell(table, text_of(duration_format(lengths[i], length)));
	}
}

/* A bar of @calls where @most take all @columns, in eighths of a column. */
static void write_bar(int64_t calls, int64_t most, size_t columns, bool color)
{
	static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	size_t eighths = (size_t)((double)calls / (double)most * (double)columns * 8 + 0.5);

	eighths = eighths > 0 ? eighths : 1;
	fprintf(stdout, "  %s", terminal_style(color, STYLE_CYAN));
	for (size_t i = 0; i < eighths / 8; i++) {
		fputs("█", stdout);
	}
	fprintf(stdout, "%s%s", parts[eighths % 8], terminal_style(color, STYLE_PLAIN));
}

static int64_t most_calls(const struct stats_result *result)
{
	int64_t most = 1;

	for (size_t i = 0; i < result->count; i++) {
		most = result->entries[i].calls > most ? result->entries[i].calls : most;
	}
	return most;
}

static size_t bar_columns(const struct table *table)
{
	size_t width = terminal_width(stdout);
	size_t used = table_columns(table) + 2;

	if (width < used + BAR_COLUMNS_MIN) {
		return 0;
	}
	return width - used < BAR_COLUMNS_MAX ? width - used : BAR_COLUMNS_MAX;
}

static void write_rows(const struct table *table, const struct stats_result *result,
	const struct settings *settings)
{
	bool pretty = terminal_is(stdout);
	bool color = terminal_color(stdout, settings);
	int64_t most = most_calls(result);
	size_t columns = pretty ? bar_columns(table) : 0;

	if (pretty) {
		table_write_titles(table, stdout, color);
	}
	for (size_t i = 0; i < result->count; i++) {
		table_write_row(table, i, stdout, pretty);
		if (columns > 0) {
			write_bar(result->entries[i].calls, most, columns, color);
		}
		fputc('\n', stdout);
	}
}

static const char *unit_of(const struct stats_question *question)
{
	static const char *const units[] = {
		"", "numbers", "types", "classes", "modules", "variables"};

	if (question->group != STATS_TIME) {
		return units[question->group];
	}
	return question->bucket_seconds == 60	  ? "minutes"
	       : question->bucket_seconds == 3600 ? "hours"
						  : "days";
}

static int write_table(const struct stats_result *result, const struct settings *settings,
	struct arena *arena, struct error *err)
{
	static const char *const titles[] = {"FROM", "TO", "TYPE", "CLASS", "MODULE", "VARIABLE"};
	const struct table_column columns[] = {{titles[result->question.group], false},
		{"CALLS", true}, {"STEPS", true}, {"LENGTH", true}, {"MEDIAN", true},
		{"95%", true}};
	FILE *told = terminal_is(stdout) ? stdout : stderr;
	struct table table;

	table_init(&table, arena, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < result->count; i++) {
		add_row(&table, result, &result->entries[i], settings);
	}
	if (table.failed) {
		return error_no_memory(err);
	}
	write_rows(&table, result, settings);
	fflush(stdout);
	call_table_count(told, 0, result->count, result->entries_total, unit_of(&result->question));
	/* Of other groups nothing is counted in it. */
	call_table_steps(told, result->total_calls, &result->steps);
	return 0;
}

static int write_json(const struct stats_result *result, struct error *err)
{
	AUTO(buffer_deinit) struct buffer buffer;

	buffer_init(&buffer, RESULT_SIZE_MAX);
	stats_write(&buffer, result);
	buffer_append_byte(&buffer, '\n');
	return output_buffer(&buffer, err);
}

static int find(struct store *store, const struct settings *settings, struct filter *filter,
	struct arena *arena, struct error *err)
{
	struct stats_question question = read_question(settings);
	struct stats_result result = {0};
	struct store_search search;
	struct zone zone;

	if (read_zone(settings, &question, &zone, arena, err) < 0 ||
		filter_options_search(store, settings, filter, &search, err) < 0 ||
		stats_find(store, &search, &question, arena, &result, err) < 0) {
		return -1;
	}
	filter_options_record(store, settings, search.account_id, "count-calls", "stats", -1);
	return settings->json ? write_json(&result, err)
			      : write_table(&result, settings, arena, err);
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(arena_deinit) struct arena arena;
	struct filter filter;
	struct error err;

	arena_init(&arena, RESULT_SIZE_MAX);
	if (argc > 0) {
		return cmd_wrong_usage(&cmd_stats, "'%s' is too much", argv[0]);
	}
	if (filter_options_read(settings, &arena, &filter, &err) < 0 ||
		cmd_open_store(&store, settings, true, &err) < 0 ||
		find(store, settings, &filter, &arena, &err) < 0) {
		return cmd_fail(&err);
	}
	return CMD_DONE;
}

static const char *const settings[] = {
	"group", "bucket", "zone", FILTER_OPTIONS, "limit", "utc", "json", "color", NULL};

const struct cmd cmd_stats = {
	.name = "stats",
	.summary = "count calls by time, number, type, or what their steps are",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
		"Counts the calls to which all options apply, their steps and lengths: all "
		"together, "
		"the median, and what 95% of them do not exceed. By time the oldest come first, "
		"otherwise the largest groups. For class, module and variable a call counts in "
		"each "
		"group that one of its steps is in, and only these steps are counted.\n"
		"\n"
		"Hours and days are those of UTC, or with --zone of a zone: a day that the clocks "
		"are changed in has 23 or 25 hours. In a pipe the columns are parted by tabs, "
		"without "
		"a header and bars, and the count goes to standard error. --json writes what GET "
		"/v1/stats answers.",
	.examples = "callstep stats --start -1d --bucket hour\n"
		    "callstep stats --start -30d --zone America/New_York\n"
		    "callstep stats --group dest --limit 10\n"
		    "callstep stats --group module --class error --start -5d",
	.run = run,
};
