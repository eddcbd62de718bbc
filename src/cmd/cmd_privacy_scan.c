/* SPDX-License-Identifier: MIT
 * callstep privacy-scan: what looks like cards' numbers in the calls that are stored. */
#include "call/call_json.h"
#include "call/call_steps.h"
#include "call/call_values.h"
#include "cmd/filter_options.h"
#include "cmd/listing.h"
#include "cmd/output.h"
#include "redact/card.h"
#include "json/json_writer.h"

#define LISTING_MEMORY_MAX ((size_t)1 << 30)
#define LISTING_ROWS	   256 /* written at a time: memory stays bounded */
#define BULLET		   "\xe2\x80\xa2"

struct scan {
	struct cmd_run *run;
	struct arena arena; /* of the call that is looked at */
	struct buffer text; /* of the finding that is told */
	struct arena cells; /* of the listing */
	struct listing listing;
	bool titled;
	bool call_counted; /* the call that is looked at is one of calls_found */
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

static const struct listing_column columns[] = {
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

static void scan_init(struct scan *scan, struct cmd_run *run)
{
	*scan = (struct scan){.run = run};
	arena_init(&scan->arena, CALL_MEMORY_MAX);
	arena_init(&scan->cells, LISTING_MEMORY_MAX);
	buffer_init(&scan->text, CALL_MEMORY_MAX);
	listing_init(&scan->listing, &run->view, &scan->cells, columns, COUNT_OF(columns));
}

static void scan_deinit(struct scan *scan)
{
	arena_deinit(&scan->arena);
	arena_deinit(&scan->cells);
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

static int flush_listing(struct scan *scan, struct error *err)
{
	progress_clear(&scan->run->progress);
	if (!scan->titled && listing_rows(&scan->listing) > 0) {
		listing_write_titles(&scan->listing);
		scan->titled = true;
	}
	if (listing_flush(&scan->listing, err) < 0) {
		return -1;
	}
	arena_deinit(&scan->cells);
	return 0;
}

static int add_row(struct scan *scan, const struct finding *finding, struct error *err)
{
	struct listing *listing = &scan->listing;

	listing_cell(listing, finding->call->session_id);
	listing_time(listing, finding->call->start);
	listing_number(listing, finding->index);
	listing_cell(listing, finding->step->class_name);
	listing_cell(listing, without_cards(finding->step->module.raw));
	listing_cell(listing, without_cards(where_of(finding)));
	listing_number(listing, finding->card.digits);
	listing_cell(listing, text_of(finding->card.network));
	listing_cell(listing, masked(scan, finding));
	return listing_rows(listing) < LISTING_ROWS ? 0 : flush_listing(scan, err);
}

static int write_json(struct scan *scan, const struct finding *finding, struct error *err)
{
	struct buffer *out = &scan->run->out;

	buffer_clear(out);
	buffer_append(out, scan->found > 1 ? TEXT(",{") : TEXT("{"));
	json_add_string(out, "session_id", finding->call->session_id);
	json_add_number(out, "start", finding->call->start);
	json_add_number(out, "step", finding->index);
	json_add_string(out, "class", finding->step->class_name);
	json_add_string(out, "module",
		without_cards(call_string_text(&finding->step->module, &scan->arena)));
	json_add_string(out, "where", without_cards(where_of(finding)));
	json_add_number(out, "digits", finding->card.digits);
	json_add_string(out, "network", text_of(finding->card.network));
	json_add_string(out, "number", masked(scan, finding));
	buffer_append_byte(out, '}');
	return output_buffer(out, err);
}

static int tell(struct scan *scan, const struct finding *finding, struct error *err)
{
	scan->found++;
	scan->calls_found += !scan->call_counted;
	scan->call_counted = true;
	return scan->run->settings->json ? write_json(scan, finding, err)
					 : add_row(scan, finding, err);
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

static int look_at_steps(
	struct scan *scan, const struct call *call, struct text detail, struct error *err)
{
	struct call_step_look look;
	struct finding finding = {.call = call, .step = &look};
	struct call_steps steps;
	int more;

	call_steps_init(&steps, detail);
	while ((more = call_steps_next(&steps, &look, err)) > 0) {
		finding.index++;
		if (look_at_step(scan, &finding, look.json, err) < 0) {
			return -1;
		}
	}
	return more;
}

static int look_at_call(void *context, const struct store_call *call, struct error *err)
{
	struct scan *scan = context;
	struct text json;

	scan->calls++;
	scan->call_counted = false;
	progress_update(&scan->run->progress, scan->calls, scan->calls);
	if (!call->packed.deflate.data) {
		return 0;
	}
	arena_deinit(&scan->arena);
	if (cmd_unpack_call(scan->run, call, &json, err) < 0) {
		return -1;
	}
	return look_at_steps(scan, &call->call, call_json_detail(json), err);
}

/* ---- the command ---- */

static void summarise(const struct scan *scan)
{
	char calls[NUMBER_SIZE], calls_found[NUMBER_SIZE], found[NUMBER_SIZE];

	fprintf(stderr, "looked at %s calls: %s numbers that may be cards' in %s of them\n",
		number_format(scan->calls, calls), number_format(scan->found, found),
		number_format(scan->calls_found, calls_found));
}

static int scan_run(struct cmd_run *run, struct error *err)
{
	AUTO(scan_deinit) struct scan scan;
	const struct settings *settings = run->settings;

	scan_init(&scan, run);
	filter_options_record(run, "scan-calls", "privacy-scan", -1);
	progress_begin(&run->progress, settings, "privacy-scan", "calls", 0);
	fputs(settings->json ? "{\"findings\":[" : "", stdout);
	if (filter_options_walk(run, look_at_call, &scan, err) < 0 ||
		flush_listing(&scan, err) < 0) {
		return -1;
	}
	if (settings->json) {
		printf("],\"calls\":%lld,\"calls_found\":%lld,\"found\":%lld}\n",
			(long long)scan.calls, (long long)scan.calls_found, (long long)scan.found);
	}
	progress_clear(&run->progress);
	if (!settings->quiet) {
		summarise(&scan);
	}
	return scan.found > 0 ? CMD_FOUND : CMD_DONE;
}

static const char *const settings[] = {FILTER_OPTIONS, "utc", "json", "quiet", "color", NULL};

/* clang-format off */
const struct cmd cmd_privacy_scan = {
	.name = "privacy-scan",
	.summary = "look for card numbers in stored calls",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Reads the detail of all calls to which the options apply, and tells of every number that "
	"may be a payment card's. It has 13 to 19 digits, also with spaces or hyphens between, "
	"begins and is as long as a network's numbers, and has the right check digit. A part of a "
	"word or a UUID is not one. One in ten other numbers of that shape passes, too.\n\n"
	"For each: the call, the step, its class and module, the member that it stands in, and "
	"the number with all digits hidden. Telephone numbers of the header are not looked at.\n\n"
	"The exit status is 0 when nothing was found, and 3 when something was.",
	.examples =
	"callstep privacy-scan\n"
	"callstep privacy-scan --start -1d --quiet || mail -s 'card numbers' ops",
	.needs = CMD_NEEDS_FILTER,
	.run = scan_run,
};
/* clang-format on */
