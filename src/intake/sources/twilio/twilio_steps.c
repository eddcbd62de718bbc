/* SPDX-License-Identifier: MIT
 * Steps of Studio's executions out of the JSON of Twilio's REST API. */
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
	for (size_t i = 0; i < TWILIO_DATA_MAX; i++) {
		if (step->data[i].value.size > 0) {
			json_add_string(&data, step->data[i].name, step->data[i].value);
		}
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

static struct twilio_execution execution_of(
	struct text flow_name, struct text execution, struct arena *arena)
{
	return (struct twilio_execution){
		.sid = json_find_string(execution, "sid", arena),
		.flow_sid = json_find_string(execution, "flow_sid", arena),
		.flow_name = flow_name,
		.revision = arena_printf(
			arena, "%lld", (long long)json_find_integer(execution, "flow_version", 0)),
	};
}

void twilio_steps_add_start(
	struct twilio_steps *steps, struct text flow_name, struct text execution, int64_t timestamp)
{
	const struct twilio_execution said = execution_of(flow_name, execution, steps->arena);
	struct twilio_step step = {.timestamp = timestamp};

	twilio_say_start(&said, steps->arena, &step);
	twilio_steps_add(steps, &step);
}

void twilio_steps_add_end(struct twilio_steps *steps, struct text execution, int64_t timestamp)
{
	const struct twilio_execution said = execution_of(TEXT(""), execution, steps->arena);
	struct twilio_step step = {.timestamp = timestamp};

	twilio_say_end(&said, steps->arena, &step);
	twilio_steps_add(steps, &step);
}

void twilio_steps_add_status(struct twilio_steps *steps, struct text call_sid, struct text status,
	int64_t timestamp, struct text channel)
{
	struct twilio_step step = {.timestamp = timestamp, .channel = channel};
	bool ends;

	if (twilio_say_status(call_sid, status, steps->arena, &step, &ends)) {
		twilio_steps_add(steps, &step);
	}
}

/* The member @member that the widget has in the context; empty: it has none. */
static struct text widget_value(
	struct text context, struct text widget, const char *member, struct arena *arena)
{
	struct text path = arena_printf(arena, "widgets.%.*s.%s", TEXT_ARG(widget), member);
	struct text found = path.data ? json_find(context, path.data) : path;

	if (found.size > 0 && found.data[0] == '"') {
		return json_string_of(found, arena);
	}
	return text_equal_string(found, "null") ? (struct text){0} : found;
}

void twilio_steps_add_step(struct twilio_steps *steps, struct text step, struct text context,
	int64_t timestamp, struct text channel)
{
	struct arena *arena = steps->arena;
	struct text name = json_find_string(step, "transitioned_from", arena);
	const struct twilio_widget widget = {
		.sid = json_find_string(step, "sid", arena),
		.type = json_find_string(step, "type", arena),
		.name = name,
		.event = json_find_string(step, "name", arena),
		.next = json_find_string(step, "transitioned_to", arena),
		.said = widget_value(context, name, "say", arena),
		.digits = widget_value(context, name, "Digits", arena),
		.speech = widget_value(context, name, "SpeechResult", arena),
		.status_code = widget_value(context, name, "status_code", arena),
	};
	struct twilio_step said = {.timestamp = timestamp, .channel = channel};

	if (twilio_say_widget(&widget, arena, &said)) {
		twilio_steps_add(steps, &said);
	}
}

bool twilio_step_gathers(struct text step)
{
	/* A plain word: it is never written with an escape. */
	return text_equal(json_find(step, "type"), TEXT("\"gather-input-on-call\""));
}
