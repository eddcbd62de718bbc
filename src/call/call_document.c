/* SPDX-License-Identifier: MIT
 * Writing the call of /v1, member by member. */
#include "call/call_document.h"

#include "json/json_writer.h"

static void write_text(struct buffer *buffer, const char *name, struct text value)
{
	json_write_name(buffer, name);
	json_write_string(buffer, value);
	buffer_append_byte(buffer, ',');
}

static void write_number(struct buffer *buffer, const char *name, int64_t value)
{
	json_write_name(buffer, name);
	buffer_append_int64(buffer, value);
	buffer_append_byte(buffer, ',');
}

static void write_beginning(struct buffer *buffer, const struct call *call)
{
	buffer_append_byte(buffer, '{');
	write_text(buffer, "dest", call->dest);
	write_text(buffer, "src", call->src);
	write_number(buffer, "start", call->start);
	write_number(buffer, "end", call->end);
	write_number(buffer, "duration", call->end - call->start);
	write_text(buffer, "session_id", call->session_id);
}

static void write_ending(struct buffer *buffer, const struct call *call)
{
	write_text(buffer, "type", text_of(call_type_name(call->type)));
	write_number(buffer, "steps", call->has_detail ? call->steps : 0);
	write_text(buffer, "state", TEXT("ended"));
	buffer_append(buffer, call->has_detail ? TEXT("\"log\":true}") : TEXT("\"log\":false}"));
}

void call_document_write(struct buffer *buffer, const struct call *call)
{
	write_beginning(buffer, call);
	write_ending(buffer, call);
}

void call_document_write_detail(struct buffer *buffer, const struct call *call, struct text detail)
{
	write_beginning(buffer, call);
	json_write_name(buffer, "detail");
	buffer_append(buffer, call->has_detail ? detail : TEXT("false"));
	buffer_append_byte(buffer, ',');
	write_ending(buffer, call);
}
