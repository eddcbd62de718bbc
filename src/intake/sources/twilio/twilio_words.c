/* SPDX-License-Identifier: MIT
 * Facts of Twilio in words. */
#include "intake/sources/twilio/twilio_words.h"

/* ---- widgets ---- */

/* What stands for a step while its line is chosen. */
struct saying {
	const struct twilio_widget *widget;
	struct arena *arena;
	struct twilio_step *step;
};

static void say_event(const struct saying *saying)
{
	saying->step->line = arena_printf(saying->arena, "Widget %.*s: %.*s",
		TEXT_ARG(saying->widget->name), TEXT_ARG(saying->widget->event));
}

static void say_prompt(const struct saying *saying)
{
	struct text said = saying->widget->said;

	saying->step->class_name = "prompt";
	saying->step->line = said.size > 0
				     ? arena_printf(saying->arena, "Said: %.*s", TEXT_ARG(said))
				     : arena_printf(saying->arena, "Widget %.*s",
					       TEXT_ARG(saying->widget->name));
}

/* What was entered may be left out of a context. */
static void say_input(const struct saying *saying)
{
	const struct twilio_widget *widget = saying->widget;
	struct text *line = &saying->step->line;

	saying->step->class_name = "event";
	if (widget->digits.size > 0) {
		*line = arena_printf(
			saying->arena, "User input: %.*s (dtmf)", TEXT_ARG(widget->digits));
	} else if (widget->speech.size > 0) {
		*line = arena_printf(
			saying->arena, "User input: \"%.*s\" (voice)", TEXT_ARG(widget->speech));
	} else if (text_equal_string(widget->event, "timeout")) {
		*line = TEXT("No input");
	} else {
		say_event(saying);
	}
}

static void say_next(const struct saying *saying)
{
	saying->step->line = arena_printf(saying->arena, "%.*s → %.*s",
		TEXT_ARG(saying->widget->name), TEXT_ARG(saying->widget->next));
}

static bool is_failure(struct text event)
{
	return text_equal_string(event, "failed") || text_equal_string(event, "fail") ||
	       text_equal_string(event, "callFailed") || text_equal_string(event, "error");
}

static void say_connect(const struct saying *saying)
{
	const struct twilio_widget *widget = saying->widget;
	const char *verb =
		text_equal_string(widget->type, "connect-call-to") ? "Calling" : "Queued";
	bool answered = text_equal_string(widget->event, "callCompleted") ||
			text_equal_string(widget->event, "callComplete");

	saying->step->class_name = is_failure(widget->event) ? "error"
				   : answered		     ? "info"
							     : "event";
	saying->step->line = arena_printf(saying->arena, "%s (%.*s): %.*s", verb,
		TEXT_ARG(widget->name), TEXT_ARG(widget->event));
}

static void say_request(const struct saying *saying)
{
	const struct twilio_widget *widget = saying->widget;
	struct text status = widget->status_code;

	saying->step->class_name = is_failure(widget->event) ? "error" : "info";
	saying->step->data[2] = (struct twilio_datum){"status", status};
	saying->step->line = arena_printf(saying->arena, "Request %.*s: %.*s",
		TEXT_ARG(widget->name), TEXT_ARG(status.size > 0 ? status : widget->event));
}

static const struct {
	const char *type;
	void (*say)(const struct saying *saying);
} widgets[] = {
	{"say-play", say_prompt},
	{"gather-input-on-call", say_input},
	{"split-based-on", say_next},
	{"set-variables", say_next},
	{"connect-call-to", say_connect},
	{"send-to-flex", say_connect},
	{"enqueue-call", say_connect},
	{"make-http-request", say_request},
	{"run-function", say_request},
};

bool twilio_say_widget(
	const struct twilio_widget *widget, struct arena *arena, struct twilio_step *ret_step)
{
	const struct saying saying = {widget, arena, ret_step};

	if (text_equal_string(widget->type, "trigger")) {
		return false;
	}
	ret_step->class_name = "info";
	ret_step->module = widget->type.size > 0 ? widget->type : TEXT("widget");
	ret_step->variable = widget->name;
	ret_step->event_id = widget->sid;
	ret_step->data[0] = (struct twilio_datum){"event", widget->event};
	ret_step->data[1] = (struct twilio_datum){"next", widget->next};
	for (size_t i = 0; i < COUNT_OF(widgets); i++) {
		if (text_equal_string(widget->type, widgets[i].type)) {
			widgets[i].say(&saying);
			return true;
		}
	}
	say_event(&saying);
	return true;
}

/* ---- executions ---- */

void twilio_say_start(
	const struct twilio_execution *execution, struct arena *arena, struct twilio_step *ret_step)
{
	struct text name =
		execution->flow_name.size > 0 ? execution->flow_name : execution->flow_sid;
	struct text revision = execution->revision;

	ret_step->class_name = "info";
	ret_step->line = arena_printf(arena, "Executing flow %.*s%s%.*s", TEXT_ARG(name),
		revision.size > 0 ? ", revision " : "", TEXT_ARG(revision));
	ret_step->module = ret_step->variable = TEXT("start");
	ret_step->event_id = arena_printf(arena, "%.*s-started", TEXT_ARG(execution->sid));
	ret_step->data[0] = (struct twilio_datum){"execution_sid", execution->sid};
	ret_step->data[1] = (struct twilio_datum){"flow_sid", execution->flow_sid};
}

void twilio_say_end(
	const struct twilio_execution *execution, struct arena *arena, struct twilio_step *ret_step)
{
	struct text reason = execution->reason;

	ret_step->class_name = "event";
	ret_step->line = arena_printf(
		arena, "Flow ended%s%.*s", reason.size > 0 ? ": " : "", TEXT_ARG(reason));
	ret_step->module = TEXT("end");
	ret_step->variable = TEXT("");
	ret_step->event_id = arena_printf(arena, "%.*s-ended", TEXT_ARG(execution->sid));
}

/* ---- statuses ---- */

/* Two names of one status have one id. */
static const struct {
	const char *name, *id;
	const char *class_name, *module, *line;
	bool ends;
} statuses[] = {
	{"queued", "queued", "info", "start", "Queued", false},
	{"initiated", "initiated", "info", "start", "Calling", false},
	{"ringing", "ringing", "event", "ring", "Ringing", false},
	{"in-progress", "in-progress", "event", "answer", "Answered", false},
	{"answered", "in-progress", "event", "answer", "Answered", false},
	{"completed", "completed", "event", "hangup", "Hung up: completed", true},
	{"busy", "busy", "event", "hangup", "Hung up: busy", true},
	{"no-answer", "no-answer", "event", "hangup", "Hung up: no answer", true},
	{"canceled", "canceled", "event", "hangup", "Hung up: cancelled", true},
	{"failed", "failed", "error", "hangup", "Hung up: failed", true},
};

bool twilio_say_status(struct text sid, struct text status, struct arena *arena,
	struct twilio_step *ret_step, bool *ret_ends)
{
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		if (!text_equal_string(status, statuses[i].name)) {
			continue;
		}
		ret_step->class_name = statuses[i].class_name;
		ret_step->line = text_of(statuses[i].line);
		ret_step->module = text_of(statuses[i].module);
		ret_step->variable = TEXT("");
		ret_step->event_id = arena_printf(arena, "%.*s-%s", TEXT_ARG(sid), statuses[i].id);
		*ret_ends = statuses[i].ends;
		return true;
	}
	return false;
}
