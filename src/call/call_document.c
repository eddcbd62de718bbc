/* SPDX-License-Identifier: MIT
 * Writing the call of /v1, member by member. */
#include "call/call_document.h"

#include "json/json_writer.h"

static void write_beginning(struct buffer *buffer, const struct call *call)
{
	buffer_append_byte(buffer, '{');
	json_add_string(buffer, "dest", call->dest);
	json_add_string(buffer, "src", call->src);
	json_add_number(buffer, "start", call->start);
	json_add_number(buffer, "end", call->end);
	json_add_number(buffer, "duration", call->end - call->start);
	json_add_string(buffer, "session_id", call->session_id);
}

static void write_ending(struct buffer *buffer, const struct call *call)
{
	json_add_string(buffer, "type", text_of(call_type_name(call->type)));
	json_add_number(buffer, "steps", call->has_detail ? call->steps : 0);
	json_add_string(buffer, "state", text_of(call_state_name(call->state)));
	buffer_append(buffer, call->has_detail ? TEXT(",\"log\":true}") : TEXT(",\"log\":false}"));
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
	write_ending(buffer, call);
}
