/* SPDX-License-Identifier: MIT
 * Writes events lines. */
#include "intake/event_line.h"

#include "call/call_document.h"
#include "json/json_writer.h"

struct event_line event_line_of(struct text session_id)
{
	return (struct event_line){
		.session_id = session_id,
		.start = EVENT_LINE_NONE,
		.end = EVENT_LINE_NONE,
		.from = EVENT_LINE_NONE,
	};
}

static bool gives_call(const struct event_line *line)
{
	return line->dest.data || line->src.data || line->start >= 0 || line->end >= 0 ||
	       line->has_type || line->state != EVENT_LINE_STATE_NONE ||
	       (line->outcome && line->outcome->told != 0);
}

static void add_text(struct buffer *buffer, const char *name, struct text text)
{
	if (text.data) {
		json_add_string(buffer, name, text);
	}
}

static void add_time(struct buffer *buffer, const char *name, int64_t time_s)
{
	if (time_s >= 0) {
		json_add_number(buffer, name, time_s);
	}
}

static void write_call(struct buffer *buffer, const struct event_line *line)
{
	json_write_name(buffer, "call");
	buffer_append_byte(buffer, '{');
	add_text(buffer, "dest", line->dest);
	add_text(buffer, "src", line->src);
	add_time(buffer, "start", line->start);
	add_time(buffer, "end", line->end);
	if (line->has_type) {
		json_add_string(buffer, "type", text_of(call_type_name(line->type)));
	}
	if (line->state != EVENT_LINE_STATE_NONE) {
		json_add_string(buffer, "state",
			line->state == EVENT_LINE_LIVE ? TEXT("live") : TEXT("ended"));
	}
	if (line->outcome) {
		call_document_write_told(buffer, line->outcome);
	}
	buffer_append_byte(buffer, '}');
}

static void write_steps(struct buffer *buffer, const struct event_line *line)
{
	json_write_name(buffer, "steps");
	buffer_append_byte(buffer, '[');
	for (size_t i = 0; i < line->step_count; i++) {
		json_write_comma(buffer);
		buffer_append(buffer, line->steps[i]);
	}
	buffer_append_byte(buffer, ']');
}

void event_line_write(struct buffer *buffer, const struct event_line *line)
{
	buffer_append_byte(buffer, '{');
	json_add_string(buffer, "session_id", line->session_id);
	if (gives_call(line)) {
		write_call(buffer, line);
	}
	if (line->from >= 0) {
		json_add_number(buffer, "from", line->from);
	}
	if (line->from >= 0 || line->step_count > 0) {
		write_steps(buffer, line);
	}
	buffer_append(buffer, TEXT("}\n"));
}
