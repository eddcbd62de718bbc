/* SPDX-License-Identifier: MIT
 * Canonical JSON of calls: writing it, and walking what was written. Reading foreign JSON is
 * call_json_read.c. */
#include "call/call_json.h"

#include "call/call_steps.h"
#include "json/json_writer.h"

static const struct json_position document = {.line = 1, .column = 1};

/* ---- writing ---- */

static void write_time(struct buffer *buffer, const char *name, int64_t value, bool quoted)
{
	json_write_name(buffer, name);
	buffer_append(buffer, quoted ? TEXT("\"") : TEXT(""));
	buffer_append_int64(buffer, value);
	buffer_append(buffer, quoted ? TEXT("\"") : TEXT(""));
}

static void write_identity(struct buffer *buffer, const struct call *call, bool quoted_times)
{
	buffer_append_byte(buffer, '{');
	json_add_string(buffer, "dest", call->dest);
	json_add_string(buffer, "src", call->src);
	write_time(buffer, "start", call->start, quoted_times);
	write_time(buffer, "end", call->end, quoted_times);
	json_add_string(buffer, "session_id", call->session_id);
}

static void write_type_and_log(struct buffer *buffer, const struct call *call, bool log)
{
	json_add_string(buffer, "type", text_of(call_type_name(call->type)));
	buffer_append(buffer, log ? TEXT(",\"log\":true}") : TEXT(",\"log\":false}"));
}

void call_json_write_header(struct buffer *buffer, const struct call *call)
{
	write_identity(buffer, call, true);
	buffer_append(buffer, TEXT(",\"detail\":false"));
	write_type_and_log(buffer, call, false);
}

void call_json_write_summary(struct buffer *buffer, const struct call *call, bool log)
{
	write_identity(buffer, call, false);
	write_type_and_log(buffer, call, log);
}

void call_json_write(struct buffer *buffer, const struct call *call, struct text detail)
{
	call_json_write_beginning(buffer, call);
	buffer_append(buffer, detail);
	call_json_write_end(buffer, call);
}

void call_json_write_beginning(struct buffer *buffer, const struct call *call)
{
	write_identity(buffer, call, true);
	json_write_name(buffer, "detail");
}

void call_json_write_end(struct buffer *buffer, const struct call *call)
{
	write_type_and_log(buffer, call, true);
}

void call_json_write_step(struct buffer *buffer, const struct call_step *step)
{
	buffer_append(buffer, TEXT("{\"event\":{\"line\":"));
	json_write_string(buffer, step->line);
	if (step->data.data) {
		buffer_append(buffer, TEXT(",\"data\":"));
		buffer_append(buffer, step->data);
	}
	buffer_append_byte(buffer, '}');
	json_add_string(buffer, "class", step->class_name);
	json_add_number(buffer, "timestamp", step->timestamp);
	buffer_append_byte(buffer, '}');
}

/* ---- walking ---- */

static int open_object(struct json_reader *reader, struct text json)
{
	struct json_token token;

	json_reader_init(reader, json, document);
	if (json_reader_next(reader, &token, NULL) <= 0 || token.kind != JSON_OBJECT) {
		return -1;
	}
	return 0;
}

/* What stands behind the steps, by the call's type. */
static const struct text endings[] = {
	{",\"type\":\"inbound\",\"log\":true}", 29},
	{",\"type\":\"outbound\",\"log\":true}", 30},
	{",\"type\":\"transfer\",\"log\":true}", 30},
};

static size_t ending_size(struct text canonical)
{
	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		size_t size = endings[i].size;

		if (canonical.size >= size &&
			text_equal(text_tail(canonical, canonical.size - size), endings[i])) {
			return size;
		}
	}
	return 0;
}

struct text call_json_detail(struct text canonical)
{
	size_t ending = ending_size(canonical);
	struct json_token name, value;
	struct json_reader reader;
	struct text detail;

	if (ending == 0 || open_object(&reader, canonical) < 0) {
		return (struct text){0};
	}
	do {
		if (json_reader_next_member(&reader, &name, &value, NULL) <= 0 ||
			(value.kind != JSON_STRING && value.kind != JSON_ARRAY)) {
			return (struct text){0};
		}
	} while (value.kind != JSON_ARRAY);
	if (!json_token_is(&name, "detail") || reader.at >= canonical.size - ending) {
		return (struct text){0};
	}
	detail = text_head(
		text_tail(canonical, reader.token_at), canonical.size - ending - reader.token_at);
	return detail.data[detail.size - 1] == ']' ? detail : (struct text){0};
}

int call_json_next_step(struct text detail, size_t *cursor, struct arena *arena,
	struct call_step *ret_step, struct error *err)
{
	struct call_step_look look;
	struct call_steps steps;
	struct call_step step;
	int more;

	call_steps_resume(&steps, detail, *cursor);
	more = call_steps_next(&steps, &look, err);
	if (more <= 0) {
		return more;
	}
	step = (struct call_step){
		.json = look.json,
		.line = call_string_text(&look.line, arena),
		.class_name = look.class_name,
		.timestamp = look.timestamp,
		.data = look.data,
		.module = call_string_text(&look.module, arena),
		.variable = call_string_text(&look.variable, arena),
	};
	if (!step.line.data || !step.module.data || !step.variable.data) {
		return error_no_memory(err);
	}
	*cursor = steps.at;
	*ret_step = step;
	return 1;
}

struct text call_json_data_member(struct text data, const char *name, struct arena *arena)
{
	struct json_token member, value;
	struct json_reader reader;

	if (!data.data || open_object(&reader, data) < 0) {
		return (struct text){0};
	}
	while (json_reader_next_member(&reader, &member, &value, NULL) > 0) {
		if (json_token_is(&member, name)) {
			return value.kind == JSON_STRING ? json_token_string(&value, arena)
							 : (struct text){0};
		}
		if (json_reader_skip(&reader, &value, NULL) < 0) {
			break;
		}
	}
	return (struct text){0};
}
