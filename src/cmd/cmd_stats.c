/* SPDX-License-Identifier: MIT
 * callstep stats: calls counted by groups, with bars on a terminal. */
#include "base/time_text.h"
#include "cmd/call_listing.h"
#include "cmd/filter_options.h"
#include "find/stats.h"

#define BAR_COLUMNS_MAX 60
#define BAR_COLUMNS_MIN 10

static const char *format_time(
	const struct stats_result *result, int64_t time, bool utc, char buffer[TIME_TEXT_SIZE])
{
	const struct zone *zone = result->question.zone;

	return zone && !utc ? time_text_format_ahead(time, zone_ahead(zone, time), buffer)
			    : time_text_format(time, utc, buffer);
}

static void add_key(struct listing *listing, const struct stats_result *result,
	const struct stats_entry *entry, enum stats_group group, struct text key)
{
	char time[TIME_TEXT_SIZE];

	if (group == STATS_TIME) {
		listing_cell(listing,
			text_of(format_time(result, entry->time, listing->view->utc, time)));
	} else {
		/* How a call went, and who called, may not be known; no other key is empty. */
		listing_cell(listing, key.size > 0 ? key : TEXT("-"));
	}
}

static void add_row(
	struct listing *listing, const struct stats_result *result, const struct stats_entry *entry)
{
	add_key(listing, result, entry, result->question.group, entry->key);
	if (result->question.by_two) {
		add_key(listing, result, entry, result->question.second, entry->second);
	}
	listing_grouped(listing, entry->calls);
	listing_grouped(listing, entry->steps);
	listing_duration(listing, entry->duration_sum);
	listing_duration(listing, entry->p50);
	listing_duration(listing, entry->p95);
}

/* A bar of @calls where @most take all @columns, in eighths of a column. */
static void write_bar(int64_t calls, int64_t most, size_t columns, bool color)
{
	static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	size_t eighths = (size_t)((double)calls / (double)most * (double)columns * 8 + 0.5);

	eighths = eighths > 0 ? eighths : 1;
	printf("  %s", terminal_style(color, STYLE_CYAN));
	for (size_t i = 0; i < eighths / 8; i++) {
		fputs("█", stdout);
	}
	printf("%s%s", parts[eighths % 8], terminal_style(color, STYLE_PLAIN));
}

static int64_t most_calls(const struct stats_result *result)
{
	int64_t most = 1;

	for (size_t i = 0; i < result->count; i++) {
		most = result->entries[i].calls > most ? result->entries[i].calls : most;
	}
	return most;
}

static size_t bar_columns(const struct listing *listing)
{
	size_t width = listing->view->width;
	size_t used = listing_columns(listing) + 2;

	if (!listing->view->pretty || width < used + BAR_COLUMNS_MIN) {
		return 0;
	}
	return width - used < BAR_COLUMNS_MAX ? width - used : BAR_COLUMNS_MAX;
}

static void write_rows(const struct listing *listing, const struct stats_result *result)
{
	int64_t most = most_calls(result);
	size_t columns = bar_columns(listing);

	listing_write_titles(listing);
	for (size_t i = 0; i < result->count; i++) {
		listing_write_row(listing, i);
		if (columns > 0) {
			write_bar(result->entries[i].calls, most, columns, listing->view->color);
		}
		fputc('\n', stdout);
	}
}

static const char *unit_of(const struct stats_question *question)
{
	static const char *const units[] = {"", "numbers", "types", "classes", "modules",
		"variables", "outcomes", "sides", "numbers"};
	static const struct {
		int64_t seconds;
		const char *name;
	} times[] = {{60, "minutes"}, {3600, "hours"}, {ZONE_DAY_S, "days"}, {ZONE_WEEK_S, "weeks"},
		{ZONE_MONTH_S, "months"}};
	size_t i = 0;

	if (question->by_two) {
		return "groups";
	}
	if (question->group != STATS_TIME) {
		return units[question->group];
	}
	while (times[i].seconds != question->bucket_seconds) {
		i++;
	}
	return times[i].name;
}

static int write_listing(struct cmd_run *run, const struct stats_result *result, struct error *err)
{
	static const char *const titles[] = {"FROM", "TO", "TYPE", "CLASS", "MODULE", "VARIABLE",
		"OUTCOME", "ENDED BY", "CALLER"};
	const struct stats_question *question = &result->question;
	const struct listing_column columns[] = {{titles[question->group], false},
		{titles[question->second], false}, {"CALLS", true}, {"STEPS", true},
		{"LENGTH", true}, {"MEDIAN", true}, {"95%", true}};
	struct listing_column own[COUNT_OF(columns)];
	size_t keys = question->by_two ? 2 : 1;
	struct listing listing;

	memcpy(own, columns, sizeof(own));
	memcpy(own + keys, columns + 2, sizeof(columns) - 2 * sizeof(columns[0]));
	listing_init(&listing, &run->view, &run->arena, own, COUNT_OF(columns) - 2 + keys);
	for (size_t i = 0; i < result->count; i++) {
		add_row(&listing, result, &result->entries[i]);
	}
	if (listing.failed) {
		return error_no_memory(err);
	}
	write_rows(&listing, result);
	call_listing_count(
		&run->view, 0, result->count, result->entries_total, unit_of(&result->question));
	/* Of other groups nothing is counted in it. */
	call_listing_steps(&run->view, result->total_calls, &result->steps);
	return CMD_DONE;
}

static int stats_check(struct cmd_run *run, struct error *err)
{
	struct stats_question question;

	return stats_groups_parse(text_of(run->settings->group), &question, err) < 0
		       ? error_prefix(err, "--group")
		       : (int)CMD_DONE;
}

static int stats_run(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;
	struct stats_question question = {.limit = (size_t)settings->limit};
	struct stats_result result = {0};
	struct zone zone;

	if (stats_groups_parse(text_of(settings->group), &question, err) < 0) {
		return -1;
	}
	/* The settings table lets no other name pass. */
	(void)stats_bucket_parse(text_of(settings->bucket), &question.bucket_seconds);
	if (settings->zone) {
		question.zone_name = text_of(settings->zone);
		question.zone = &zone;
		if (zone_load(&zone, question.zone_name, &run->arena, err) < 0) {
			return error_prefix(err, "--zone");
		}
	}
	if (stats_find(run->store, &run->search, &question, &run->arena, &result, err) < 0) {
		return -1;
	}
	filter_options_record(run, "count-calls", "stats", -1);
	if (settings->json) {
		stats_write(&run->out, &result);
		return cmd_write_document(run, err);
	}
	return write_listing(run, &result, err);
}

static const char *const settings[] = {
	"group", "bucket", "zone", FILTER_OPTIONS, "limit", "utc", "json", "color", NULL};

/* clang-format off */
const struct cmd cmd_stats = {
	.name = "stats",
	.summary = "count calls by time, number, type, or what their steps are",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Counts the calls to which all options apply, their steps and lengths: all together, the "
	"median, and what 95% of them do not exceed. By time the oldest come first, otherwise the "
	"largest groups. For class, module and variable a call counts in each group that one of "
	"its steps is in, and only these steps are counted. With two of them, as in "
	"--group outcome,time, a group is what is alike in both.\n\n"
	"Hours, days, weeks and months are those of UTC, or of --zone. A day on which the clocks "
	"change has 23 or 25 hours. A week begins on Monday.\n\n"
	"In a pipe tabs separate the columns, there are no header and no bars, and the count goes "
	"to standard error. --json writes what GET /v1/stats answers.",
	.examples =
	"callstep stats --start -1d --bucket hour\n"
	"callstep stats --start -30d --zone America/New_York\n"
	"callstep stats --group dest --limit 10\n"
	"callstep stats --group outcome,time --bucket week --zone Europe/Berlin\n"
	"callstep stats --group module --class error --start -5d",
	.needs = CMD_NEEDS_FILTER,
	.check = stats_check,
	.run = stats_run,
};
/* clang-format on */
