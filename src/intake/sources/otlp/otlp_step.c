/* SPDX-License-Identifier: MIT
 * Writes the steps that spans make. */
#include "intake/sources/otlp/otlp_step.h"

#include <inttypes.h>

#include "call/call_json.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

#define NS_IN_S	 UINT64_C(1000000000)
#define NS_IN_MS UINT64_C(1000000)
#define LINE_MAX (2 * OTLP_VALUE_MAX)
#define DATA_MAX ((size_t)16 << 20)
#define CUT_MARK "\xe2\x80\xa6" /* … */

void otlp_maker_init(struct otlp_maker *maker, struct arena *arena, bool all)
{
	*maker = (struct otlp_maker){.arena = arena, .all = all};
	buffer_init(&maker->line, LINE_MAX);
	buffer_init(&maker->data, DATA_MAX);
	buffer_init(&maker->json, DATA_MAX);
}

void otlp_maker_deinit(struct otlp_maker *maker)
{
	buffer_deinit(&maker->line);
	buffer_deinit(&maker->data);
	buffer_deinit(&maker->json);
}

void otlp_step_begin(struct otlp_maker *maker, const char *class_name, struct text module)
{
	buffer_clear(&maker->line);
	buffer_clear(&maker->data);
	maker->class_name = text_of(class_name);
	maker->module = module;
	maker->variable = TEXT("");
	maker->at_ns = maker->span->start_ns;
	maker->cut_bytes = 0;
	maker->failed = maker->span->failed;
}

void otlp_step_variable(struct otlp_maker *maker, struct text variable)
{
	if (variable.data) {
		maker->variable = variable;
	}
}

void otlp_step_class(struct otlp_maker *maker, struct text class_name)
{
	maker->class_name = class_name;
}

void otlp_step_at_end(struct otlp_maker *maker)
{
	maker->at_ns = maker->span->end_ns;
}

void otlp_step_failed(struct otlp_maker *maker)
{
	maker->failed = true;
}

/* As much of @text, valid UTF-8, as @max bytes hold. */
static struct text clip(struct text text, size_t max)
{
	if (text.size > max) {
		text.size = max;
		while (text.size > 0 && (text.data[text.size] & 0xc0) == 0x80) {
			text.size--;
		}
	}
	return text;
}

void otlp_step_say(struct otlp_maker *maker, struct text text)
{
	size_t room = maker->line.size < OTLP_VALUE_MAX ? OTLP_VALUE_MAX - maker->line.size : 0;
	struct text kept = clip(text, room);

	buffer_append(&maker->line, kept);
	if (kept.size < text.size) {
		maker->cut_bytes += text.size - kept.size;
		if (room > 0) {
			buffer_append(&maker->line, TEXT(CUT_MARK));
		}
	}
}

static void add_clipped(struct otlp_maker *maker, struct text value)
{
	struct text kept = clip(value, OTLP_VALUE_MAX);

	maker->cut_bytes += value.size - kept.size;
	json_write_string(&maker->data, kept);
	if (kept.size < value.size) {
		/* inside the quotes */
		maker->data.size -= maker->data.failed ? 0 : 1;
		buffer_append(&maker->data, TEXT(CUT_MARK "\""));
	}
}

/* Whether the intake takes @json: a list of members may have a name twice, an object may not. */
static bool is_sound(struct otlp_maker *maker, struct text json)
{
	struct json_reader reader;
	struct json_names names;
	struct json_token token;
	int more;

	if (json.data[0] != '{' && json.data[0] != '[') {
		return true;
	}
	json_reader_init(&reader, json, (struct json_position){1, 1});
	json_reader_check_names(&reader, &names, maker->arena);
	do {
		more = json_reader_next(&reader, &token, NULL);
	} while (more > 0);
	return more == 0;
}

/* JSON that is too long is kept as the beginning of its text. */
void otlp_step_add(struct otlp_maker *maker, struct text name, struct text value, bool is_string)
{
	if (!value.data) {
		return;
	}
	if (!is_string && !is_sound(maker, value)) {
		maker->wrong = "a span has a list of members with a name twice";
		return;
	}
	json_write_comma(&maker->data);
	json_write_string(&maker->data, name);
	buffer_append_byte(&maker->data, ':');
	if (is_string || value.size > OTLP_VALUE_MAX) {
		add_clipped(maker, value);
	} else {
		json_write_canonical(&maker->data, value);
	}
}

void otlp_step_copy(struct otlp_maker *maker, const char *name, const char *attribute)
{
	const struct otlp_attribute *found = otlp_find(&maker->span->attributes, attribute);

	if (found) {
		otlp_step_add(maker, text_of(name), found->value, found->is_string);
	}
}

void otlp_step_copy_first(struct otlp_maker *maker, const char *name, const char *const *attributes)
{
	while (*attributes && !otlp_find(&maker->span->attributes, *attributes)) {
		attributes++;
	}
	if (*attributes) {
		otlp_step_copy(maker, name, *attributes);
	}
}

/* The steps that follow a span's first have a number behind the span's id. */
static struct text write_data(struct otlp_maker *maker, struct buffer *out)
{
	const struct otlp_span *span = maker->span;
	struct text event_id = span->span_id;

	if (maker->made > 0) {
		event_id = arena_printf(
			maker->arena, "%.*s-%u", TEXT_ARG(span->span_id), maker->made + 1);
	}
	buffer_append_byte(out, '{');
	json_add_string(out, "module_type", maker->module);
	json_add_string(out, "result_variable", maker->variable);
	json_add_string(out, "event_id", event_id);
	json_write_name(out, "event_time");
	buffer_printf(out, "\"%" PRIu64 ".%09" PRIu64 "\"", maker->at_ns / NS_IN_S,
		maker->at_ns % NS_IN_S);
	json_add_number(out, "duration_ms", (int64_t)((span->end_ns - span->start_ns) / NS_IN_MS));
	if (maker->data.size > 0) {
		buffer_append_byte(out, ',');
		buffer_append(out, buffer_text(&maker->data));
	}
	if (maker->cut_bytes > 0) {
		json_add_number(out, "cut_bytes", (int64_t)maker->cut_bytes);
	}
	buffer_append_byte(out, '}');
	return event_id;
}

void otlp_step_end(struct otlp_maker *maker)
{
	struct call_step step = {
		.class_name = maker->failed ? TEXT("error") : maker->class_name,
		.timestamp = (int64_t)(maker->at_ns / NS_IN_S),
	};
	struct otlp_step made = {.at_ns = maker->at_ns};
	size_t data_size;

	if (maker->span->failed && maker->span->message.size > 0) {
		otlp_step_add(maker, TEXT("message"), maker->span->message, true);
	}
	buffer_clear(&maker->json);
	made.event_id = write_data(maker, &maker->json);
	step.line = buffer_text(&maker->line);
	step.line.data = step.line.data ? step.line.data : "";
	/* the data stands in the buffer that the step is appended to: it must not move */
	data_size = maker->json.size;
	step.data = arena_copy(maker->arena, buffer_text(&maker->json));
	call_json_write_step(&maker->json, &step);
	made.json =
		maker->json.failed || maker->data.failed || !step.data.data || !made.event_id.data
			? (struct text){0}
			: arena_copy(maker->arena, text_tail(buffer_text(&maker->json), data_size));
	maker->steps = made.json.data ? arena_list_grow(maker->arena, maker->steps, maker->count,
						sizeof(*maker->steps))
				      : NULL;
	if (!maker->steps) {
		maker->starved = true;
		maker->count = 0;
		return;
	}
	maker->steps[maker->count++] = made;
	maker->made++;
}

void otlp_step_say_digits(struct otlp_maker *maker, struct text digits)
{
	otlp_step_say(maker, TEXT("User input: "));
	otlp_step_say(maker, digits);
	otlp_step_say(maker, TEXT(" (dtmf)"));
}

void otlp_step_say_words(struct otlp_maker *maker, struct text words)
{
	otlp_step_say(maker, TEXT("User input: \""));
	otlp_step_say(maker, words);
	otlp_step_say(maker, TEXT("\" (voice)"));
}
