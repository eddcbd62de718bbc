/* SPDX-License-Identifier: MIT
 * callstep privacy-scan: what looks like cards' numbers in the calls that are stored. */
#include <stdio.h>

#include "base/time_text.h"
#include "call/call_json.h"
#include "call/call_steps.h"
#include "call/call_values.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "cmd/table.h"
#include "cmd/terminal.h"
#include "redact/card.h"
#include "json/json_writer.h"

#define FILTER_MEMORY_MAX ((size_t)256 << 20)
#define TABLE_MEMORY_MAX  ((size_t)1 << 30)
#define TABLE_ROWS	  256 /* written at a time: memory stays bounded */
#define BULLET		  "\xe2\x80\xa2"

struct scan {
	const struct settings *settings;
	struct store *store;
	struct arena memory; /* of the filter */
	struct arena arena;  /* of the call at hand */
	struct filter filter;
	struct unpacker *unpacker;
	struct buffer json; /* the call at hand */
	struct buffer text; /* the finding at hand */
	struct arena cells; /* of the table */
	struct table table;
	struct progress progress;
	bool pretty;
	bool color;
	bool titled;
	bool call_counted; /* the call at hand is one of calls_found */
	int64_t calls;
	int64_t calls_found;
	int64_t found;
};

/* Something that looks like a card's number, and where. */
struct finding {
	const struct call *call;
	int64_t index; /* of the step, from 1 */
	const struct call_step_look *step;
	const struct call_value *value;
	struct text text; /* that it stands in */
	struct card card;
};

static const struct table_column columns[] = {
	{"Session", false},
	{"Started", false},
	{"Step", true},
	{"Class", false},
	{"Module", false},
	{"Where", false},
	{"Digits", true},
	{"Network", false},
	{"Number", false},
};

static void scan_init(struct scan *scan, const struct settings *settings)
{
	*scan = (struct scan){
		.settings = settings,
		.unpacker = unpacker_create(),
		.pretty = terminal_is(stdout),
		.color = terminal_color(stdout, settings),
	};
	arena_init(&scan->memory, FILTER_MEMORY_MAX);
	arena_init(&scan->arena, CALL_MEMORY_MAX);
	arena_init(&scan->cells, TABLE_MEMORY_MAX);
	buffer_init(&scan->json, CALL_MEMORY_MAX);
	buffer_init(&scan->text, CALL_MEMORY_MAX);
	table_init(&scan->table, &scan->cells, columns, sizeof(columns) / sizeof(columns[0]));
}

static void scan_deinit(struct scan *scan)
{
	progress_clear(&scan->progress);
	unpacker_destroy(scan->unpacker);
	arena_deinit(&scan->memory);
	arena_deinit(&scan->arena);
	arena_deinit(&scan->cells);
	buffer_deinit(&scan->json);
	buffer_deinit(&scan->text);
}

/* ---- telling ---- */

/* "line", or the name of the member of data. */
static struct text where_of(const struct finding *finding)
{
	return finding->value->token.kind == JSON_NAME ? TEXT("(a member's name)")
						       : finding->value->name;
}

/* Never a digit in clear: what stands between them may be seen. */
static struct text masked(struct scan *scan, const struct finding *finding)
{
	buffer_clear(&scan->text);
	for (size_t i = finding->card.start; i < finding->card.end; i++) {
		char byte = finding->text.data[i];

		if (text_is_digit(byte)) {
			buffer_append(&scan->text, TEXT(BULLET));
		} else {
			buffer_append_byte(&scan->text, byte);
		}
	}
	return buffer_text(&scan->text);
}

/* The name of a module or a member may itself be such a number. */
static struct text without_cards(struct text name)
{
	struct card card;

	for (size_t at = card_next_digits(name, 0); at < name.size;
		at = card_next_digits(name, at + 1)) {
		if (card_at(name, at, &card)) {
			return TEXT("(another)");
		}
	}
	return name;
}

static int flush_table(struct scan *scan, struct error *err)
{
	if (scan->table.failed) {
		return error_no_memory(err);
	}
	progress_clear(&scan->progress);
	if (scan->pretty && !scan->titled && table_rows(&scan->table) > 0) {
		table_write_titles(&scan->table, stdout, scan->color);
		scan->titled = true;
	}
	for (size_t i = 0; i < table_rows(&scan->table); i++) {
		table_write_row(&scan->table, i, stdout, scan->pretty);
		fputc('\n', stdout);
	}
	table_clear(&scan->table);
	arena_deinit(&scan->cells);
	return 0;
}

static int add_row(struct scan *scan, const struct finding *finding, struct error *err)
{
	struct table *table = &scan->table;
	char time[TIME_TEXT_SIZE];

	table_cell(table, finding->call->session_id);
	table_cell(
		table, text_of(time_text_format(finding->call->start, scan->settings->utc, time)));
	table_number(table, finding->index, false);
	table_cell(table, finding->step->class_name);
	table_cell(table, without_cards(finding->step->module.raw));
	table_cell(table, without_cards(where_of(finding)));
	table_number(table, finding->card.digits, false);
	table_cell(table, text_of(finding->card.network));
	table_cell(table, masked(scan, finding));
	return table_rows(table) < TABLE_ROWS ? 0 : flush_table(scan, err);
}

static int write_json(struct scan *scan, const struct finding *finding, struct error *err)
{
	AUTO(buffer_deinit) struct buffer out;

	buffer_init(&out, CALL_MEMORY_MAX);
	buffer_append(&out, scan->found > 1 ? TEXT(",{\"session_id\":") : TEXT("{\"session_id\":"));
	json_write_string(&out, finding->call->session_id);
	buffer_printf(&out, ",\"start\":%lld,\"step\":%lld", (long long)finding->call->start,
		(long long)finding->index);
	json_add_string(&out, "class", finding->step->class_name);
	json_add_string(&out, "module",
		without_cards(call_string_text(&finding->step->module, &scan->arena)));
	json_add_string(&out, "where", without_cards(where_of(finding)));
	buffer_printf(&out, ",\"digits\":%u", finding->card.digits);
	json_add_string(&out, "network", text_of(finding->card.network));
	json_add_string(&out, "number", masked(scan, finding));
	buffer_append_byte(&out, '}');
	if (out.failed) {
		return error_no_memory(err);
	}
	output_text(stdout, terminal_is(stdout), buffer_text(&out));
	return 0;
}

static int tell(struct scan *scan, const struct finding *finding, struct error *err)
{
	scan->found++;
	scan->calls_found += !scan->call_counted;
	scan->call_counted = true;
	return scan->settings->json ? write_json(scan, finding, err) : add_row(scan, finding, err);
}

/* ---- looking ---- */

static int look_at_text(struct scan *scan, struct finding *finding, struct error *err)
{
	struct text text = finding->text;
	size_t at = card_next_digits(text, 0);

	while (at < text.size) {
		if (!card_at(text, at, &finding->card)) {
			at = card_next_digits(text, at + 1);
			continue;
		}
		if (tell(scan, finding, err) < 0) {
			return -1;
		}
		at = card_next_digits(text, finding->card.end);
	}
	return 0;
}

static int look_at_step(
	struct scan *scan, struct finding *finding, struct text json, struct error *err)
{
	struct call_values values;
	struct call_value value;
	int more;

	call_values_init(&values, json);
	finding->value = &value;
	while ((more = call_values_next(&values, &value, err)) > 0) {
		finding->text = json_token_string(&value.token, &scan->arena);
		if (!finding->text.data) {
			return error_no_memory(err);
		}
		if (look_at_text(scan, finding, err) < 0) {
			return -1;
		}
	}
	return more;
}

static int look_at_steps(struct scan *scan, const struct store_call *call, struct error *err)
{
	struct text detail = call_json_detail(buffer_text(&scan->json));
	struct call_step_look look;
	struct finding finding = {.call = &call->call, .step = &look};
	struct call_steps steps;
	int more;

	call_steps_init(&steps, detail);
	for (size_t begin = 1; (more = call_steps_next(&steps, &look, err)) > 0;
		begin = steps.at + 1) {
		finding.index++;
		if (look_at_step(scan, &finding, text_tail(text_head(detail, steps.at), begin),
			    err) < 0) {
			return -1;
		}
	}
	return more;
}

static int look_at_call(void *context, const struct store_call *call, struct error *err)
{
	struct scan *scan = context;

	scan->calls++;
	scan->call_counted = false;
	progress_update(&scan->progress, scan->calls, scan->calls);
	if (!call->packed.deflate.data) {
		return 0;
	}
	buffer_clear(&scan->json);
	arena_deinit(&scan->arena);
	if (cmd_unpack_call(scan->unpacker, call, &scan->json, err) < 0) {
		return -1;
	}
	return look_at_steps(scan, call, err);
}

/* ---- the command ---- */

static int run_scan(struct scan *scan, struct error *err)
{
	struct store_search search;

	if (!scan->unpacker) {
		return error_no_memory(err);
	}
	if (filter_options_search(scan->store, scan->settings, &scan->filter, &search, err) < 0) {
		return -1;
	}
	filter_options_record(
		scan->store, scan->settings, search.account_id, "scan-calls", "privacy-scan", -1);
	progress_begin(&scan->progress, scan->settings, "privacy-scan", "calls", 0);
	fputs(scan->settings->json ? "{\"findings\":[" : "", stdout);
	if (filter_options_walk(scan->store, &search, look_at_call, scan, err) < 0 ||
		flush_table(scan, err) < 0) {
		return -1;
	}
	if (scan->settings->json) {
		printf("],\"calls\":%lld,\"calls_found\":%lld,\"found\":%lld}\n",
			(long long)scan->calls, (long long)scan->calls_found,
			(long long)scan->found);
	}
	return 0;
}

static void summarise(const struct scan *scan)
{
	char calls[NUMBER_SIZE], calls_found[NUMBER_SIZE], found[NUMBER_SIZE];

	if (!scan->settings->quiet) {
		fprintf(stderr, "looked at %s calls: %s numbers that may be cards' in %s of them\n",
			number_format(scan->calls, calls), number_format(scan->found, found),
			number_format(scan->calls_found, calls_found));
	}
}

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	AUTO(scan_deinit) struct scan scan;
	struct error err;

	scan_init(&scan, settings);
	if (argc > 0) {
		return cmd_wrong_usage(&cmd_privacy_scan, "'%s' is too much", argv[0]);
	}
	if (filter_options_read(settings, &scan.memory, &scan.filter, &err) < 0 ||
		cmd_open_store(&store, settings, true, &err) < 0) {
		return cmd_fail(&err);
	}
	scan.store = store;
	if (run_scan(&scan, &err) < 0) {
		progress_clear(&scan.progress);
		return cmd_fail(&err);
	}
	progress_clear(&scan.progress);
	summarise(&scan);
	return scan.found > 0 ? CMD_FOUND : CMD_DONE;
}

static const char *const settings[] = {FILTER_OPTIONS, "utc", "json", "quiet", "color", NULL};

const struct cmd cmd_privacy_scan = {
	.name = "privacy-scan",
	.summary = "look for card numbers in stored calls",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
		"Reads the detail of all calls to which the options apply and tells of every "
		"number that may be a payment card's: 13 to 19 digits, also with spaces or hyphens "
		"between, that begin as a network's numbers do, are as long and have the right "
		"check digit, and are not a part of a word or a UUID. One in ten other numbers of "
		"that shape has it too. For each: the "
		"call, the step, its class and module, the member that it stands in, and the "
		"number with all digits hidden. Telephone numbers of the header are not looked "
		"at.\n"
		"\n"
		"The exit status is 0 when nothing was found, and 3 when something was.",
	.examples = "callstep privacy-scan\n"
		    "callstep privacy-scan --start -1d --quiet || mail -s 'card numbers' ops",
	.run = run,
};
