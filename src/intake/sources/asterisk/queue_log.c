/* SPDX-License-Identifier: MIT
 * The source queue-log: what befell calls in Asterisk's queues. Each row is handed on by itself, as
 * a step that has an id, so that neither the order of files nor importing one again matters. */
#include "base/hash.h"
#include "intake/sources/csv.h"
#include "intake/sources/document/report.h"
#include "intake/sources/rejects.h"
#include "intake/sources/source.h"

#define SECOND_US	  INT64_C(1000000)
#define FIELDS		  5 /* before the event's own: time, call, queue, agent, event */
#define DATA_MAX	  6
#define ROW_BYTES_MAX	  ((size_t)8 << 20)
#define NUMBER_REMEMBERED ((size_t)1 << 14)

struct source {
	struct source_sink sink;
	struct rejects rejects;
	struct csv_reader csv;
	struct buffer line;
	char *system;	   /* may be NULL */
	uint64_t *numbers; /* NUMBER_REMEMBERED hashes of calls whose number called is told */
	uint64_t rows, taken;
};

struct row {
	struct report report;
	int64_t time_us;
	struct text call, queue, agent, event;
	struct text data[DATA_MAX];
};

/* ---- what is said ---- */

static struct report_step *add(struct row *row, const char *class_name, struct text line)
{
	struct report_step *step =
		report_add(&row->report, row->time_us, class_name, "Queue", line);

	step->variable = row->queue;
	step->event_id = report_text(&row->report, "queue-%lld-%.*s-%.*s",
		(long long)(row->time_us / SECOND_US), TEXT_ARG(row->event), TEXT_ARG(row->agent));
	if (!text_equal(row->agent, TEXT("NONE"))) {
		report_set(&row->report, step, "agent", row->agent);
	}
	return step;
}

static void set_number(
	struct row *row, struct report_step *step, const char *name, struct text digits)
{
	int64_t value;

	if (text_to_int64(digits, &value)) {
		report_set_number(&row->report, step, name, value);
	}
}

static void on_enter(struct row *row)
{
	struct text place = row->data[2];
	struct report_step *step = add(row, "info",
		report_text(&row->report, "Joined queue %.*s%s%.*s", TEXT_ARG(row->queue),
			place.size ? " at place " : "", TEXT_ARG(place)));

	set_number(row, step, "position", place);
	row->report.src = row->data[1];
	row->report.has_type = true;
	row->report.type = CALL_INBOUND;
}

static void on_connect(struct row *row)
{
	struct report_step *step = add(row, "event",
		report_text(&row->report, "Agent %.*s took the call after %.*s s",
			TEXT_ARG(row->agent), TEXT_ARG(row->data[0])));

	set_number(row, step, "hold_s", row->data[0]);
	set_number(row, step, "ring_s", row->data[2]);
	report_set(&row->report, step, "channel_id", row->data[1]);
}

static void on_complete(struct row *row)
{
	struct report_step *step = add(row, "event",
		report_text(&row->report, "Agent %.*s done after %.*s s, ended by %s",
			TEXT_ARG(row->agent), TEXT_ARG(row->data[1]),
			text_equal(row->event, TEXT("COMPLETEAGENT")) ? "agent" : "caller"));

	set_number(row, step, "hold_s", row->data[0]);
	set_number(row, step, "talk_s", row->data[1]);
	row->report.state = EVENT_LINE_ENDED;
}

static void leave(struct row *row, struct text wait, const char *why)
{
	struct report_step *step = add(row, "event",
		report_text(&row->report, "Left queue %.*s%s%.*s%s: %s", TEXT_ARG(row->queue),
			wait.size ? " after " : "", TEXT_ARG(wait), wait.size ? " s" : "", why));

	set_number(row, step, "wait_s", wait);
	row->report.state = EVENT_LINE_ENDED;
}

static void on_abandon(struct row *row)
{
	leave(row, row->data[2], "the caller hung up");
}

static void on_time_out(struct row *row)
{
	leave(row, row->data[2], "waited too long");
}

static void on_empty(struct row *row)
{
	leave(row, row->data[2], "nobody was there to take calls");
}

static void on_key(struct row *row)
{
	leave(row, row->data[3],
		report_text(&row->report, "the caller pressed %.*s", TEXT_ARG(row->data[0])).data);
}

static void on_no_answer(struct row *row)
{
	struct report_step *step = add(row, "event",
		report_text(&row->report, "Agent %.*s did not answer", TEXT_ARG(row->agent)));

	set_number(row, step, "ring_ms", row->data[0]);
}

static void on_transfer(struct row *row)
{
	bool blind = !text_equal(row->event, TEXT("ATTENDEDTRANSFER"));

	add(row, "event",
		report_text(&row->report, "Agent %.*s transferred the call%s%.*s",
			TEXT_ARG(row->agent), blind ? " to " : "",
			TEXT_ARG(blind ? row->data[0] : TEXT(""))));
	row->report.state = EVENT_LINE_ENDED;
}

static void on_did(struct row *row)
{
	row->report.dest = row->data[0];
}

/* What the dialplan wrote by QueueLog(). */
static void on_other(struct row *row)
{
	struct text line = row->event;

	for (size_t i = 0; i < DATA_MAX && row->data[i].size > 0; i++) {
		line = report_text(&row->report, "%.*s%s%.*s", TEXT_ARG(line), i == 0 ? ": " : ", ",
			TEXT_ARG(row->data[i]));
	}
	add(row, "info", line)->module = TEXT("QueueLog");
}

static const struct {
	const char *event;
	void (*take)(struct row *row); /* NULL: it is not about a call */
} events[] = {
	{"ABANDON", on_abandon},
	{"ADDMEMBER", NULL},
	{"AGENTCALLBACKLOGIN", NULL},
	{"AGENTCALLBACKLOGOFF", NULL},
	{"AGENTLOGIN", NULL},
	{"AGENTLOGOFF", NULL},
	{"ATTENDEDTRANSFER", on_transfer},
	{"BLINDTRANSFER", on_transfer},
	{"COMPLETEAGENT", on_complete},
	{"COMPLETECALLER", on_complete},
	{"CONFIGRELOAD", NULL},
	{"CONNECT", on_connect},
	{"DID", on_did},
	{"ENTERQUEUE", on_enter},
	{"EXITEMPTY", on_empty},
	{"EXITWITHKEY", on_key},
	{"EXITWITHTIMEOUT", on_time_out},
	{"MEMBERPENALTY", NULL},
	{"PAUSE", NULL},
	{"PAUSEALL", NULL},
	{"PAUSEREASON", NULL},
	{"PENALTY", NULL},
	{"QUEUESTART", NULL},
	{"REMOVEMEMBER", NULL},
	{"RINGCANCELED", on_no_answer},
	{"RINGNOANSWER", on_no_answer},
	{"TRANSFER", on_transfer},
	{"UNPAUSE", NULL},
	{"UNPAUSEALL", NULL},
};

/* ---- rows ---- */

/* The first queue is the number called, unless a row DID tells it; with the first of these rows the
 * call begins, whichever row of it is read first. */
static void set_beginning(struct source *source, struct row *row)
{
	static const struct hash_key key = {{0, 0}};
	uint64_t hash = hash_text(&key, row->call) | 1;
	uint64_t *told = &source->numbers[hash % NUMBER_REMEMBERED];
	bool is_first = *told != hash;

	if (!row->report.dest.data && !text_equal(row->event, TEXT("ENTERQUEUE"))) {
		return;
	}
	*told = hash;
	if (is_first) {
		row->report.start_us = row->time_us;
		row->report.dest = row->report.dest.data ? row->report.dest : row->queue;
	}
}

static void hand_over(struct source *source, struct row *row, uint64_t line)
{
	struct error err;

	row->report.session_id = source->system ? report_text(&row->report, "%s-%.*s",
							  source->system, TEXT_ARG(row->call))
						: row->call;
	set_beginning(source, row);
	buffer_clear(&source->line);
	if (report_write(&row->report, &source->line, &err) < 0) {
		rejects_add(&source->rejects, line, TEXT(""), "%s", err.message);
		return;
	}
	source->taken++;
	source->sink.events(source->sink.context, buffer_text(&source->line), line);
}

static bool read_row(struct row *row, const struct text *fields, size_t count)
{
	struct text time = fields[0], whole = TEXT("");
	int64_t seconds;

	for (size_t i = 0; i < DATA_MAX; i++) {
		row->data[i] = FIELDS + i < count && fields[FIELDS + i].data ? fields[FIELDS + i]
									     : TEXT("");
	}
	text_split(&time, '.', &whole);
	if (count < FIELDS || !text_to_int64(whole, &seconds) || seconds >= CALL_TIME_END) {
		return false;
	}
	row->time_us = seconds * SECOND_US;
	row->call = fields[1];
	row->queue = fields[2].data ? fields[2] : TEXT("");
	row->agent = fields[3].data ? fields[3] : TEXT("");
	row->event = fields[4];
	return row->call.data && row->event.size > 0;
}

static bool is_of_call(const struct row *row)
{
	static const char *const others[] = {"", "NONE", "REALTIME", "MANAGER"};

	for (size_t i = 0; i < COUNT_OF(others); i++) {
		if (text_equal_string(row->call, others[i])) {
			return false;
		}
	}
	return true;
}

static int take_record(
	void *context, const struct text *fields, size_t count, uint64_t line, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct source *source = context;
	void (*take)(struct row * row) = on_other;
	struct row row = {0};

	(void)err;
	arena_init(&arena, ROW_BYTES_MAX);
	source->rows++;
	report_init(&row.report, &arena);
	if (!read_row(&row, fields, count)) {
		rejects_add_words(&source->rejects, line,
			"the row is not one of queue_log: time|call|queue|agent|event|…");
		return 0;
	}
	for (size_t i = 0; i < COUNT_OF(events); i++) {
		take = text_equal_string(row.event, events[i].event) ? events[i].take : take;
	}
	if (!take || !is_of_call(&row)) {
		return 0;
	}
	take(&row);
	hand_over(source, &row, line);
	return 0;
}

static void take_reject(void *context, uint64_t line, const char *error)
{
	struct source *source = context;

	rejects_add_words(&source->rejects, line, error);
}

/* ---- the source ---- */

static const struct csv_dialect bars = {.separator = '|'};

static void queue_log_close(struct source *source)
{
	if (source) {
		csv_deinit(&source->csv);
		buffer_deinit(&source->line);
		free(source->system);
		free(source->numbers);
		free(source);
	}
}
AUTO_POINTER(struct source *, queue_log_close);

static int queue_log_open(struct source **ret_source, const struct source_input *input,
	const struct source_sink *sink, struct error *err)
{
	AUTO(queue_log_closep) struct source *source = calloc(1, sizeof(*source));
	const char *system = source_option(input, "system");

	if (!source) {
		return error_no_memory(err);
	}
	source->sink = *sink;
	buffer_init(&source->line, ROW_BYTES_MAX);
	csv_init(&source->csv, &bars, &(struct csv_handler){take_record, take_reject, source});
	source->system = system ? strdup(system) : NULL;
	source->numbers = calloc(NUMBER_REMEMBERED, sizeof(*source->numbers));
	if ((system && !source->system) || !source->numbers) {
		return error_no_memory(err);
	}
	*ret_source = source;
	source = NULL;
	return 0;
}

static int queue_log_feed(struct source *source, const char *data, size_t size, struct error *err)
{
	return csv_feed(&source->csv, data, size, err);
}

static int queue_log_end(struct source *source, struct error *err)
{
	int result = csv_end(&source->csv, err);

	rejects_tell(&source->rejects, &source->sink);
	if (result == 0 && source->taken == 0 && source->rejects.count == 0) {
		source->sink.warn(source->sink.context,
			source->rows > 0 ? "no call was found: none of its rows is about one"
					 : "no call was found: it has no rows");
	}
	return result;
}

/* `1795490400|1795490400.101|support|NONE|ENTERQUEUE|…` */
static bool queue_log_looks_like(struct text beginning)
{
	struct text line = TEXT(""), time = TEXT("");
	int64_t seconds;

	text_split(&beginning, '\n', &line);
	if (text_count(line, '|') < FIELDS - 1) {
		return false;
	}
	text_split(&line, '|', &time);
	return time.size >= 10 && text_to_int64(text_head(time, 10), &seconds);
}

const struct source_format source_queue_log = {
	.name = "queue-log",
	.foreign = "Asterisk's queue_log",
	.looks_like = queue_log_looks_like,
	.options = {"system"},
	.in_parts = true,
	.shape = STREAM_NDJSON,
	.open = queue_log_open,
	.feed = queue_log_feed,
	.end = queue_log_end,
	.close = queue_log_close,
};
