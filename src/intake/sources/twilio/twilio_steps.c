/* SPDX-License-Identifier: MIT
 * Steps of Studio's executions. */
#include "intake/sources/twilio/twilio_steps.h"

#include "call/call_json.h"
#include "json/json_find.h"
#include "json/json_writer.h"

#define STEP_BYTES_MAX ((size_t)1 << 20)

/* ---- writing ---- */

void twilio_steps_add(struct twilio_steps *steps, const struct twilio_step *step)
{
	AUTO(buffer_deinit) struct buffer data;
	AUTO(buffer_deinit) struct buffer json;
	struct text *list =
		arena_list_grow(steps->arena, steps->list, steps->count, sizeof(*steps->list));
	struct text copy = {0};

	buffer_init(&data, STEP_BYTES_MAX);
	buffer_init(&json, 2 * STEP_BYTES_MAX);
	buffer_append_byte(&data, '{');
	json_add_string(&data, "module_type", step->module);
	json_add_string(&data, "result_variable", step->variable);
	if (step->name && step->value.size > 0) {
		json_add_string(&data, step->name, step->value);
	}
	if (step->channel.size > 0) {
		json_add_string(&data, "channel", step->channel);
	}
	json_add_string(&data, "event_id", step->event_id);
	buffer_append_byte(&data, '}');
	call_json_write_step(&json, &(struct call_step){.line = step->line,
					    .class_name = text_of(step->class_name),
					    .timestamp = step->timestamp,
					    .data = buffer_text(&data)});
	if (list && !data.failed && !json.failed) {
		copy = arena_copy(steps->arena, buffer_text(&json));
	}
	if (!copy.data) {
		steps->failed = true;
		return;
	}
	steps->list = list;
	steps->list[steps->count++] = copy;
}

/* ---- an execution ---- */

void twilio_steps_add_start(
	struct twilio_steps *steps, struct text flow_name, struct text execution, int64_t timestamp)
{
	struct text sid = json_find_string(execution, "sid", steps->arena);

	twilio_steps_add(steps,
		&(struct twilio_step){
			.class_name = "info",
			.line = arena_printf(steps->arena, "Executing flow %.*s, revision %lld",
				TEXT_ARG(flow_name),
				(long long)json_find_integer(execution, "flow_version", 0)),
			.module = TEXT("start"),
			.variable = TEXT("start"),
			.timestamp = timestamp,
			.event_id = arena_printf(steps->arena, "%.*s-started", TEXT_ARG(sid)),
			.name = "execution_sid",
			.value = sid,
		});
}

/* What stands for a step while its line is chosen. */
struct studio {
	struct twilio_steps *steps;
	struct text event; /* that ended the widget */
	struct text next;  /* the next widget */
	struct text context;
	struct twilio_step step; /* its `variable` is the widget */
};

/* The member @member that the widget has in the context. */
static struct text widget_value(const struct studio *studio, const char *member)
{
	struct arena *arena = studio->steps->arena;
	struct text path =
		arena_printf(arena, "widgets.%.*s.%s", TEXT_ARG(studio->step.variable), member);
	struct text found = path.data ? json_find(studio->context, path.data) : path;

	return found.size > 0 && found.data[0] == '"' ? json_string_of(found, arena) : found;
}

static bool is_word(struct text value)
{
	return value.size > 0 && !text_equal_string(value, "null");
}

static void say_prompt(struct studio *studio)
{
	struct text said = widget_value(studio, "say");
	struct arena *arena = studio->steps->arena;

	studio->step.class_name = "prompt";
	studio->step.line =
		is_word(said) ? arena_printf(arena, "Said: %.*s", TEXT_ARG(said))
			      : arena_printf(arena, "Widget %.*s", TEXT_ARG(studio->step.variable));
}

static void say_input(struct studio *studio)
{
	struct text digits = widget_value(studio, "Digits");
	struct text speech = widget_value(studio, "SpeechResult");
	struct arena *arena = studio->steps->arena;

	studio->step.class_name = "event";
	if (is_word(digits)) {
		studio->step.line =
			arena_printf(arena, "User input: %.*s (dtmf)", TEXT_ARG(digits));
	} else if (is_word(speech)) {
		studio->step.line =
			arena_printf(arena, "User input: \"%.*s\" (voice)", TEXT_ARG(speech));
	} else {
		studio->step.line = TEXT("No input");
	}
}

static void say_next(struct studio *studio)
{
	studio->step.line = arena_printf(studio->steps->arena, "%.*s → %.*s",
		TEXT_ARG(studio->step.variable), TEXT_ARG(studio->next));
}

static bool is_failure(struct text event)
{
	return text_equal_string(event, "failed") || text_equal_string(event, "fail") ||
	       text_equal_string(event, "callFailed") || text_equal_string(event, "error");
}

static void say_connect(struct studio *studio)
{
	const char *verb =
		text_equal(studio->step.module, TEXT("connect-call-to")) ? "Calling" : "Queued";
	bool answered = text_equal_string(studio->event, "callCompleted") ||
			text_equal_string(studio->event, "callComplete");

	studio->step.class_name = is_failure(studio->event) ? "error" : answered ? "info" : "event";
	studio->step.line = arena_printf(studio->steps->arena, "%s (%.*s): %.*s", verb,
		TEXT_ARG(studio->step.variable), TEXT_ARG(studio->event));
}

static void say_request(struct studio *studio)
{
	struct text status = widget_value(studio, "status_code");

	studio->step.class_name = is_failure(studio->event) ? "error" : "info";
	studio->step.name = "status";
	studio->step.value = is_word(status) ? status : (struct text){0};
	studio->step.line = arena_printf(studio->steps->arena, "Request %.*s: %.*s",
		TEXT_ARG(studio->step.variable),
		TEXT_ARG(is_word(status) ? status : studio->event));
}

static void say_other(struct studio *studio)
{
	studio->step.line = arena_printf(studio->steps->arena, "Widget %.*s: %.*s",
		TEXT_ARG(studio->step.variable), TEXT_ARG(studio->event));
}

static const struct widget {
	const char *type;
	void (*say)(struct studio *studio);
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

static void say_step(struct studio *studio)
{
	for (size_t i = 0; i < COUNT_OF(widgets); i++) {
		if (text_equal_string(studio->step.module, widgets[i].type)) {
			widgets[i].say(studio);
			return;
		}
	}
	say_other(studio);
}

void twilio_steps_add_step(struct twilio_steps *steps, struct text step, struct text context,
	int64_t timestamp, struct text channel)
{
	struct arena *arena = steps->arena;
	struct studio studio = {
		.steps = steps,
		.event = json_find_string(step, "name", arena),
		.next = json_find_string(step, "transitioned_to", arena),
		.context = context,
		.step =
			{
				.class_name = "info",
				.module = json_find_string(step, "type", arena),
				.variable = json_find_string(step, "transitioned_from", arena),
				.timestamp = timestamp,
				.event_id = json_find_string(step, "sid", arena),
				.channel = channel,
			},
	};

	/* The beginning of the execution says it. */
	if (text_equal_string(studio.step.module, "trigger")) {
		return;
	}
	say_step(&studio);
	twilio_steps_add(steps, &studio.step);
}

bool twilio_step_gathers(struct text step)
{
	/* A plain word: it is never written with an escape. */
	return text_equal(json_find(step, "type"), TEXT("\"gather-input-on-call\""));
}
