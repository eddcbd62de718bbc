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

static void add_name(struct buffer *buffer, const char *name, struct text value)
{
	if (value.size > 0) {
		json_add_string(buffer, name, value);
		return;
	}
	json_write_name(buffer, name);
	buffer_append(buffer, TEXT("null"));
}

static void add_known(struct buffer *buffer, const char *name, int64_t value, bool known)
{
	if (known) {
		json_add_number(buffer, name, value);
		return;
	}
	json_write_name(buffer, name);
	buffer_append(buffer, TEXT("null"));
}

void call_document_write_outcome(struct buffer *buffer, const struct call *call)
{
	add_name(buffer, "outcome", call_outcome_names.items[call->outcome]);
	add_known(buffer, "answered", call->answered, call->answered > 0);
	add_known(buffer, "talk", call->talk, call_knows_talk(call));
	add_name(buffer, "ended_by", call_ended_by_names.items[call->ended_by]);
}

void call_document_write_told(struct buffer *buffer, const struct call *call)
{
	if (call->told & CALL_TOLD_OUTCOME) {
		add_name(buffer, "outcome", call_outcome_names.items[call->outcome]);
	}
	if (call->told & CALL_TOLD_ANSWERED) {
		add_known(buffer, "answered", call->answered, call->answered > 0);
	}
	if (call->told & CALL_TOLD_TALK) {
		add_known(buffer, "talk", call->talk, true);
	}
	if (call->told & CALL_TOLD_ENDED_BY) {
		add_name(buffer, "ended_by", call_ended_by_names.items[call->ended_by]);
	}
}

/* What is known of it, whether told or not. */
static int64_t known_of(const struct call *call)
{
	return (call->outcome != CALL_NO_OUTCOME ? CALL_TOLD_OUTCOME : 0) |
	       (call->answered > 0 ? CALL_TOLD_ANSWERED : 0) |
	       (call_knows_talk(call) ? CALL_TOLD_TALK : 0) |
	       (call->ended_by != CALL_ENDED_BY_NONE ? CALL_TOLD_ENDED_BY : 0);
}

void call_document_write_whole(struct buffer *buffer, const struct call *call, struct text json)
{
	struct call known = *call;

	known.told = call->has_detail ? call->told : known_of(call);
	if (known.told == 0) {
		buffer_append(buffer, json);
		return;
	}
	buffer_append(buffer, text_head(json, json.size - 1));
	call_document_write_told(buffer, &known);
	buffer_append_byte(buffer, '}');
}

static void write_ending(struct buffer *buffer, const struct call *call)
{
	json_add_string(buffer, "type", text_of(call_type_name(call->type)));
	json_add_number(buffer, "steps", call->has_detail ? call->steps : 0);
	json_add_string(buffer, "state", text_of(call_state_name(call->state)));
	call_document_write_outcome(buffer, call);
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
