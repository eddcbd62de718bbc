/* SPDX-License-Identifier: MIT
 * Twilio's records as reports. Event Streams gives no order and gives records again: each step has
 * the id of what it tells, so that neither matters. */
#include "intake/sources/twilio/twilio.h"

#include <time.h>

#include "intake/sources/asterisk/cel_time.h"
#include "intake/sources/document/report.h"
#include "intake/sources/repair.h"
#include "intake/sources/twilio/twilio_private.h"
#include "intake/sources/twilio/twilio_words.h"

#define SECOND_US      INT64_C(1000000)
#define LINE_BYTES_MAX ((size_t)8 << 20)

struct taking {
	int64_t account_id;
	int64_t now_s;
	struct twilio_executions *executions;
	struct arena *arena;
	const struct source_sink *sink;
	uint64_t place;
	uint64_t unknown;
};

/* ---- times ---- */

/* `Fri, 18 Oct 2019 17:00:00 +0000` (RFC 2822 §3.3), or ISO 8601. */
static int64_t read_time(const struct taking *taking, struct text text)
{
	char copy[64];
	struct tm parts = {0};
	const char *end;
	int64_t us;

	if (cel_time_parse(text, false, 0, &us)) {
		return us;
	}
	if (text.size == 0 || text.size >= sizeof(copy)) {
		return taking->now_s * SECOND_US;
	}
	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	end = strptime(copy, "%a, %d %b %Y %H:%M:%S %z", &parts);
	if (!end || *end) {
		return taking->now_s * SECOND_US;
	}
	us = parts.tm_gmtoff;
	return ((int64_t)timegm(&parts) - us) * SECOND_US;
}

static struct text first_of(struct text a, struct text b)
{
	return a.size > 0 ? a : b;
}

static struct text given(struct text text)
{
	return text.size > 0 ? text : (struct text){0};
}

/* ---- handing on ---- */

static void reject(struct taking *taking, struct text session_id, const char *error)
{
	taking->sink->reject(taking->sink->context, taking->place, session_id, error, 1);
}

static void hand_over(struct taking *taking, struct report *report)
{
	AUTO(buffer_deinit) struct buffer line;
	struct error err;

	buffer_init(&line, LINE_BYTES_MAX);
	if (report_write(report, &line, &err) < 0) {
		reject(taking, report->session_id, err.message);
		return;
	}
	taking->sink->events(taking->sink->context, buffer_text(&line), taking->place);
}

static struct report_step *add(
	struct report *report, int64_t time_us, const struct twilio_step *said)
{
	struct report_step *step = report_add(report, time_us, said->class_name, "", said->line);

	step->module = said->module;
	step->variable = said->variable;
	step->event_id = said->event_id;
	for (size_t i = 0; i < TWILIO_DATA_MAX; i++) {
		report_set(report, step, said->data[i].name, said->data[i].value);
	}
	report_set(report, step, "channel", said->channel);
	return step;
}

/* ---- calls: status callbacks, Calls.json ---- */

/* The names of one thing in a form and in Twilio's JSON. */
static struct text either(const struct tree *record, const char *form, const char *json)
{
	return first_of(tree_member_text(record, form), tree_member_text(record, json));
}

static void set_call(const struct taking *taking, const struct tree *record, struct report *report)
{
	struct text direction = either(record, "Direction", "direction");
	struct text start = tree_member_text(record, "start_time");
	struct text end = tree_member_text(record, "end_time");

	report->src = given(either(record, "From", "from"));
	report->dest = given(either(record, "To", "to"));
	report->has_type = direction.size > 0;
	report->type = text_equal(direction, TEXT("inbound")) ? CALL_INBOUND : CALL_OUTBOUND;
	if (start.size > 0) {
		report->start_us = read_time(taking, start);
	}
	if (end.size > 0) {
		report->end_us = read_time(taking, end);
	}
}

static void take_call(struct taking *taking, const struct tree *record)
{
	struct text sid = either(record, "CallSid", "sid");
	struct text parent = either(record, "ParentCallSid", "parent_call_sid");
	struct text name = either(record, "CallStatus", "status");
	struct text at = first_of(
		tree_member_text(record, "Timestamp"), tree_member_text(record, "end_time"));
	struct text duration = either(record, "CallDuration", "duration");
	struct twilio_step said = {0};
	struct report_step *step;
	struct report report;
	int64_t seconds;
	bool ends;

	report_init(&report, taking->arena);
	report.session_id = first_of(parent, sid);
	if (!twilio_say_status(sid, name, taking->arena, &said, &ends)) {
		reject(taking, report.session_id, "its status is not one of Twilio's");
		return;
	}
	/* A child is a leg of its parent: what it says of itself is not of the call. */
	if (parent.size == 0) {
		set_call(taking, record, &report);
	} else {
		said.channel = sid;
	}
	step = add(&report, read_time(taking, at), &said);
	if (text_to_int64(duration, &seconds)) {
		report_set_number(&report, step, "duration_s", seconds);
	}
	report_set(&report, step, "sip_code", tree_member_text(record, "SipResponseCode"));
	report.state = ends && parent.size == 0 ? EVENT_LINE_ENDED : EVENT_LINE_STATE_NONE;
	hand_over(taking, &report);
}

/* ---- Studio ---- */

static bool is_call(struct text sid)
{
	return text_starts_with(sid, TEXT("CA"));
}

/* An execution, as an event's data or as the REST API has it. Of those that no call started, only
 * that is kept. */
static void take_execution(struct taking *taking, const struct tree *data, bool ended)
{
	struct text call = either(data, "started_by", "initiated_by");
	const struct twilio_execution execution = {
		.sid = either(data, "execution_sid", "sid"),
		.flow_sid = tree_member_text(data, "flow_sid"),
		.revision = either(data, "flow_revision", "flow_version"),
		.reason = tree_member_text(data, "ended_reason"),
	};
	struct twilio_step start = {0}, end = {0};
	struct report report;

	if (execution.sid.size == 0) {
		reject(taking, TEXT(""), "it names no execution_sid");
		return;
	}
	twilio_executions_put(taking->executions, taking->account_id, execution.sid, call);
	if (!is_call(call)) {
		return;
	}
	report_init(&report, taking->arena);
	report.session_id = call;
	report.src = given(tree_member_text(data, "contact_channel_address"));
	twilio_say_start(&execution, taking->arena, &start);
	add(&report, read_time(taking, tree_member_text(data, "date_created")), &start);
	if (ended) {
		twilio_say_end(&execution, taking->arena, &end);
		add(&report, read_time(taking, tree_member_text(data, "date_updated")), &end);
		report.state = EVENT_LINE_ENDED;
	}
	hand_over(taking, &report);
}

/* What the step's context has of the widget @name; NULL: it has none. */
static const struct tree *context_of(const struct tree *data, struct text name)
{
	const struct tree *all = tree_member(tree_member(data, "context"), "widgets");
	const struct tree *widget = all ? all->first : NULL;

	while (widget && !text_equal(widget->name, name)) {
		widget = widget->next;
	}
	return widget;
}

static void take_step(struct taking *taking, const struct tree *data)
{
	struct text execution = tree_member_text(data, "execution_sid");
	struct text name = tree_member_text(data, "transitioned_from");
	const struct tree *context = context_of(data, name);
	const struct twilio_widget widget = {
		.sid = either(data, "step_sid", "sid"),
		.type = tree_member_text(data, "type"),
		.name = name,
		.event = tree_member_text(data, "name"),
		.next = tree_member_text(data, "transitioned_to"),
		.said = tree_member_text(context, "say"),
		.digits = tree_member_text(context, "Digits"),
		.speech = tree_member_text(context, "SpeechResult"),
		.status_code = tree_member_text(context, "status_code"),
	};
	struct twilio_step said = {0};
	struct report report;
	char call[TWILIO_SID_MAX];

	if (execution.size == 0 || widget.sid.size == 0) {
		reject(taking, TEXT(""), "a step needs execution_sid and step_sid");
		return;
	}
	if (!twilio_executions_find(taking->executions, taking->account_id, execution, call)) {
		taking->unknown++;
		return;
	}
	if (!is_call(text_of(call)) || !twilio_say_widget(&widget, taking->arena, &said)) {
		return;
	}
	report_init(&report, taking->arena);
	report.session_id = text_of(call);
	add(&report,
		read_time(taking, first_of(tree_member_text(data, "date_created"),
					  tree_member_text(data, "date_updated"))),
		&said);
	hand_over(taking, &report);
}

/* ---- records ---- */

/* Voice Insights: what the call was, when it is over. */
static void take_summary(struct taking *taking, const struct tree *data)
{
	struct report report;
	struct text start = tree_member_text(data, "start_time");
	struct text end = tree_member_text(data, "end_time");

	report_init(&report, taking->arena);
	report.session_id = tree_member_text(data, "call_sid");
	if (start.size > 0) {
		report.start_us = read_time(taking, start);
	}
	if (end.size > 0) {
		report.end_us = read_time(taking, end);
	}
	report.state = EVENT_LINE_ENDED;
	hand_over(taking, &report);
}

static void take_event(struct taking *taking, const struct tree *event, bool steps)
{
	struct text type = tree_member_text(event, "type");
	const struct tree *data = tree_member(event, "data");

	if (text_equal(type, TEXT("com.twilio.studio.flow.step.ended"))) {
		if (steps) {
			take_step(taking, data);
		}
	} else if (steps) {
		return;
	} else if (text_equal(type, TEXT("com.twilio.studio.flow.execution.started"))) {
		take_execution(taking, data, false);
	} else if (text_equal(type, TEXT("com.twilio.studio.flow.execution.ended"))) {
		take_execution(taking, data, true);
	} else if (text_equal(type, TEXT("com.twilio.voice.insights.call-summary.complete"))) {
		take_summary(taking, data);
	} else if (type.size == 0) {
		reject(taking, TEXT(""), "it is not an event: it has no type");
	}
}

static void take_all(struct taking *taking, const struct tree *list,
	void (*take)(struct taking *taking, const struct tree *record))
{
	taking->place = 0;
	for (const struct tree *record = list ? list->first : NULL; record; record = record->next) {
		taking->place++;
		take(taking, record);
	}
}

static void take_rest_execution(struct taking *taking, const struct tree *record)
{
	take_execution(
		taking, record, text_equal(tree_member_text(record, "status"), TEXT("ended")));
}

static void take_events(struct taking *taking, const struct tree *document, bool steps)
{
	taking->place = 1;
	if (document->kind != TREE_ARRAY) {
		take_event(taking, document, steps);
		return;
	}
	taking->place = 0;
	for (const struct tree *event = document->first; event; event = event->next) {
		taking->place++;
		take_event(taking, event, steps);
	}
}

static int take_document(struct taking *taking, const struct tree *document, struct error *err)
{
	const struct tree *calls = tree_member(document, "calls");
	const struct tree *executions = tree_member(document, "executions");
	const struct tree *steps = tree_member(document, "steps");

	taking->place = 1;
	if (calls || executions || steps) {
		take_all(taking, calls, take_call);
		take_all(taking, executions, take_rest_execution);
		take_all(taking, steps, take_step);
	} else if (tree_member(document, "CallSid")) {
		take_call(taking, document);
	} else if (document->kind == TREE_ARRAY || tree_member(document, "type")) {
		take_events(taking, document, false);
		take_events(taking, document, true);
	} else {
		return error_set(err, ERROR_INVALID,
			"it is none of what Twilio sends: events with a type, a status callback "
			"with CallSid, or lists of calls, executions or steps");
	}
	return 0;
}

int twilio_take(struct text body, int64_t account_id, int64_t now_s,
	struct twilio_executions *executions, struct arena *arena, const struct source_sink *sink,
	uint64_t *ret_unknown, struct error *err)
{
	struct taking taking = {
		.account_id = account_id,
		.now_s = now_s,
		.executions = executions,
		.arena = arena,
		.sink = sink,
	};
	struct text text = source_skip_blank(body);
	struct tree *document;

	if (text.size == 0) {
		return error_set(err, ERROR_INVALID, "the body is empty");
	}
	if (text.data[0] == '{' || text.data[0] == '[') {
		text = repair_utf8(arena, text);
		if (!text.data) {
			return error_no_memory(err);
		}
		if (tree_read_json(&document, text, arena, err) < 0) {
			return -1;
		}
	} else if (tree_read_form(&document, text, arena, err) < 0) {
		return -1;
	}
	if (take_document(&taking, document, err) < 0) {
		return -1;
	}
	*ret_unknown = taking.unknown;
	return 0;
}
