/* SPDX-License-Identifier: MIT
 * Writing messages. Changes say what a call is now, and that its header or its steps are new. What
 * a receiver knows of a call that goes on is kept beside them, so that the call's end tells nothing
 * a second time. */
#include "hook/hook_message.h"

#include <stdio.h>

#include "base/time_text.h"
#include "call/call_document.h"
#include "call/call_json.h"
#include "json/json_writer.h"

#define STEP_MEMORY_MAX ((size_t)16 << 20)

void hook_message_begin(const struct hook_look *look, enum hook_kind kind, int64_t change_id,
	struct hook_message *message)
{
	const struct store_hook *hook = look->hook;
	char time[TIME_TEXT_SIZE];

	message->kind = kind;
	message->change_id = change_id;
	message->first_step = -1;
	message->session_id[0] = '\0';
	message->live = false;
	message->steps = 0;
	message->failure_id = 0;
	message->tries = 0;
	snprintf(message->id, sizeof(message->id), "msg_%lld_%lld_%lld%s", (long long)hook->created,
		(long long)hook->id, (long long)change_id,
		kind == HOOK_GAP    ? "_gap"
		: kind == HOOK_TEST ? "_test"
				    : "");
	time_text_format(look->now, true, time);
	time[10] = 'T'; /* RFC 3339 */
	buffer_clear(&message->body);
	buffer_append_byte(&message->body, '{');
	json_add_string(&message->body, "type", text_of(hook_kind_name(kind)));
	json_add_string(&message->body, "timestamp", text_of(time));
	buffer_append(&message->body, TEXT(",\"data\":{\"hook\":{"));
	json_add_number(&message->body, "id", hook->id);
	json_add_string(&message->body, "name", hook->name);
	buffer_append_byte(&message->body, '}');
}

int hook_message_end(struct hook_message *message, struct error *err)
{
	buffer_append(&message->body, TEXT("}}"));
	return message->body.failed ? error_no_memory(err) : 1;
}

static void add_call(struct hook_message *message, const struct call *call)
{
	size_t size =
		call->session_id.size < HOOK_SESSION_MAX ? call->session_id.size : HOOK_SESSION_MAX;

	memcpy(message->session_id, call->session_id.data, size);
	message->session_id[size] = '\0';
	message->live = call->state == CALL_LIVE;
	message->steps = call->steps;
	json_write_name(&message->body, "call");
	call_document_write(&message->body, call);
}

/* Which steps the event `step` is about. */
static bool is_meant(const struct filter *filter, const struct call_step *step)
{
	bool word = filter->text.count == 0;

	for (size_t i = 0; i < filter->text.count && !word; i++) {
		word = words_phrase_in(&filter->text.phrases[i], step->line);
	}
	return word && filter_step_matches(filter, step->class_name, step->module, step->variable);
}

/* Adds the steps from @first on that are meant. Returns how many. */
static int64_t add_steps(struct hook_message *message, const struct filter *filter,
	struct text detail, int64_t first, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct call_step step;
	int64_t place = 0, count = 0;
	size_t cursor = 0;
	int more;

	arena_init(&arena, STEP_MEMORY_MAX);
	buffer_append(&message->body, TEXT(",\"steps\":["));
	while ((more = call_json_next_step(detail, &cursor, &arena, &step, err)) > 0) {
		if (place >= first && is_meant(filter, &step)) {
			buffer_append(&message->body, count > 0 ? TEXT(",{") : TEXT("{"));
			json_add_number(&message->body, "number", place + 1);
			json_write_name(&message->body, "step");
			buffer_append(&message->body, step.json);
			buffer_append_byte(&message->body, '}');
			count++;
		}
		place++;
		arena_deinit(&arena);
	}
	buffer_append_byte(&message->body, ']');
	return more < 0 ? -1 : count;
}

/* From which step on steps are new to the receiver; negative: none is. */
static int64_t first_new(const struct store_change *change, const struct follow_news *news,
	bool known, int64_t known_steps)
{
	if (news->steps) {
		return news->first;
	}
	if (!news->header || change->call.call.state == CALL_LIVE) {
		return -1;
	}
	return !known ? 0 : known_steps < change->call.call.steps ? known_steps : -1;
}

static int tell_steps(const struct hook_look *look, const struct store_change *change,
	const struct call *call, const struct follow_news *news, int64_t first,
	struct hook_message *message, struct error *err)
{
	int64_t count;

	if (first < 0 || !news->detail.data) {
		return 0;
	}
	hook_message_begin(look, HOOK_STEP, change->id, message);
	message->first_step = first;
	add_call(message, call);
	count = add_steps(message, look->filter, news->detail, first, err);
	return count <= 0 ? (int)count : hook_message_end(message, err);
}

static int tell_call(const struct hook_look *look, enum hook_kind kind, int64_t change_id,
	const struct call *call, struct hook_message *message, struct error *err)
{
	hook_message_begin(look, kind, change_id, message);
	add_call(message, call);
	return hook_message_end(message, err);
}

int hook_message_of_change(const struct hook_look *look, const struct store_change *change,
	struct hook_message *message, bool *ret_over, struct error *err)
{
	const struct store_hook *hook = look->hook;
	struct store_call call = change->call;
	bool ended = call.call.state != CALL_LIVE;
	struct follow_news news;
	int64_t steps = 0;
	int known = 0, meant;

	*ret_over = false;
	if (!retention_show(&look->retention, &call)) {
		return 0;
	}
	meant = follow_look(look->follow, look->filter, change, &call,
		hook->event == STORE_HOOK_STEP, &news, err);
	if (meant < 0) {
		return -1;
	}
	if (hook->event == STORE_HOOK_ENDS) {
		return meant && news.header && ended
			       ? tell_call(look, HOOK_ENDED, change->id, &call.call, message, err)
			       : 0;
	}
	if (meant || ended) {
		known = store_hook_knows(
			look->store, hook->account_id, hook->id, call.call.session_id, &steps, err);
	}
	if (known < 0) {
		return -1;
	}
	*ret_over = known && ended;
	if (!meant) {
		return 0;
	}
	if (hook->event == STORE_HOOK_STEP) {
		return tell_steps(look, change, &call.call, &news,
			first_new(change, &news, known, steps), message, err);
	}
	return news.header && !known
		       ? tell_call(look, HOOK_BEGAN, change->id, &call.call, message, err)
		       : 0;
}

/* The steps of the call, `[…]`, valid until the next call is looked at. */
static int unpack(const struct hook_look *look, const struct store_call *call,
	struct text *ret_detail, struct error *err)
{
	struct follow *follow = look->follow;

	*ret_detail = (struct text){0};
	if (call->packed.deflate.data) {
		buffer_clear(&follow->json);
		if (unpacker_append(follow->unpacker, &call->packed, &follow->json, err) < 0) {
			return -1;
		}
		*ret_detail = call_json_detail(buffer_text(&follow->json));
	}
	return 0;
}

int hook_message_of_failure(const struct hook_look *look, const struct store_hook_failure *failure,
	struct arena *arena, struct hook_message *message, struct error *err)
{
	struct text detail = {0};
	struct store_call call;
	int64_t count = 1;
	int found;

	found = store_find(
		look->store, look->hook->account_id, failure->session_id, arena, &call, err);
	if (found <= 0 || !retention_show(&look->retention, &call)) {
		return found < 0 ? -1 : 0;
	}
	hook_message_begin(look, (enum hook_kind)failure->kind, failure->change_id, message);
	message->failure_id = failure->id;
	message->tries = failure->tries;
	message->first_step = failure->first_step;
	add_call(message, &call.call);
	if (failure->first_step >= 0) {
		if (unpack(look, &call, &detail, err) < 0) {
			return -1;
		}
		count = detail.data
				? add_steps(message, look->filter, detail, failure->first_step, err)
				: 0;
	}
	return count <= 0 ? (int)count : hook_message_end(message, err);
}

int hook_message_gap(const struct hook_look *look, int64_t after, struct hook_message *message,
	struct error *err)
{
	hook_message_begin(look, HOOK_GAP, after, message);
	json_add_number(&message->body, "after", after);
	return hook_message_end(message, err);
}

int hook_message_test(const struct hook_look *look, struct hook_message *message, struct error *err)
{
	hook_message_begin(look, HOOK_TEST, look->hook->test, message);
	return hook_message_end(message, err);
}
