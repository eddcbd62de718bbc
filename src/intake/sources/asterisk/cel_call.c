/* SPDX-License-Identifier: MIT
 * Collects the rows of a call. */
#include "intake/sources/asterisk/cel_call.h"

#include "intake/sources/asterisk/cel_secret.h"
#include "intake/sources/repair.h"

struct cel_call *cel_call_create(struct text linked_id, uint64_t line)
{
	struct cel_call *call = calloc(1, sizeof(*call));

	if (!call) {
		return NULL;
	}
	arena_init(&call->arena, CEL_CALL_BYTES_MAX);
	call->line = line;
	call->linked_id = repair_utf8(&call->arena, linked_id);
	if (!call->linked_id.data) {
		cel_call_destroy(call);
		return NULL;
	}
	return call;
}

void cel_call_destroy(struct cel_call *call)
{
	if (call) {
		arena_deinit(&call->arena);
		free(call);
	}
}

bool cel_row_is(const struct cel_row *row, const char *event_type)
{
	return text_equal_string(row->field[CEL_EVENT_TYPE], event_type);
}

bool cel_is_known(struct text text)
{
	return text.size > 0 && !text_equal(text, TEXT("<unknown>"));
}

static struct cel_channel *find_channel(
	const struct cel_call *call, struct text unique_id, struct text name)
{
	for (struct cel_channel *channel = call->channels; channel; channel = channel->next) {
		/* Without unique ids a channel goes by its name. */
		if (text_equal(channel->unique_id, unique_id) &&
			(unique_id.size > 0 || text_equal(channel->name, name))) {
			return channel;
		}
	}
	return NULL;
}

struct cel_channel *cel_call_channel_by_name(const struct cel_call *call, struct text name)
{
	for (struct cel_channel *channel = call->channels; channel; channel = channel->next) {
		if (text_equal(channel->name, name)) {
			return channel;
		}
	}
	return NULL;
}

struct cel_channel *cel_call_main(const struct cel_call *call)
{
	struct cel_channel *own = find_channel(call, call->linked_id, TEXT(""));

	return own ? own : call->channels;
}

static struct cel_channel *add_channel(struct cel_call *call, const struct cel_row *row)
{
	struct cel_channel *channel = arena_calloc(&call->arena, 1, sizeof(*channel));
	struct cel_channel **link = &call->channels;

	if (!channel) {
		return NULL;
	}
	while (*link) {
		link = &(*link)->next;
	}
	*link = channel;
	channel->unique_id = row->field[CEL_UNIQUE_ID];
	channel->is_up = true;
	call->channels_up++;
	return channel;
}

/* Channels that Asterisk makes for itself leave rows under own linkedids, without a start
 * or an end. */
static bool is_internal(struct text name)
{
	static const char *const technologies[] = {
		"CBAnn/", "CBRec/", "Announcer/", "Recorder/", "Surrogate/"};

	for (size_t i = 0; i < COUNT_OF(technologies); i++) {
		if (text_starts_with(name, text_of(technologies[i]))) {
			return true;
		}
	}
	return false;
}

static void note_first(struct text *known, struct text now)
{
	if (known->size == 0 && cel_is_known(now)) {
		*known = now;
	}
}

static bool begins_with_app(struct text app)
{
	return text_starts_with(app, TEXT("App")) && app.size > 3;
}

bool cel_channel_was_called(const struct cel_channel *channel)
{
	return begins_with_app(channel->first_app);
}

struct text cel_channel_local_exten(const struct cel_channel *channel)
{
	struct text rest = channel->name, exten;

	if (!text_starts_with(rest, TEXT("Local/"))) {
		return TEXT("");
	}
	rest = text_tail(rest, 6);
	return text_split(&rest, '@', &exten) ? exten : TEXT("");
}

/* Asterisk shows the extension `s` as the caller id of a channel that has none. */
static bool is_placeholder(struct text number)
{
	return text_equal(number, TEXT("s"));
}

void cel_channel_learn(struct cel_channel *channel, const struct cel_row *row)
{
	struct text number = row->field[CEL_CALLER_NUMBER];

	channel->is_known = true;
	note_first(&channel->name, row->field[CEL_CHANNEL]);
	note_first(&channel->exten, row->field[CEL_EXTEN]);
	note_first(&channel->context, row->field[CEL_CONTEXT]);
	note_first(&channel->caller_name, row->field[CEL_CALLER_NAME]);
	if (!is_placeholder(number)) {
		note_first(&channel->number, number);
	}
	note_first(&channel->first_app, row->field[CEL_APP]);
	if (begins_with_app(row->field[CEL_APP])) {
		note_first(&channel->app, row->field[CEL_APP]);
	}
	channel->started |= cel_row_is(row, "CHAN_START") || cel_row_is(row, "AMI_AGAIN");
	channel->connected |= cel_row_is(row, "ANSWER") ||
			      text_starts_with(row->field[CEL_EVENT_TYPE], TEXT("BRIDGE_"));
}

void cel_channel_forget(struct cel_channel *channel)
{
	*channel = (struct cel_channel){
		.next = channel->next, .unique_id = channel->unique_id, .is_up = channel->is_up};
}

bool cel_call_knows_giver(const struct cel_call *call)
{
	return call->channels->unique_id.size == 0 ||
	       find_channel(call, call->linked_id, TEXT("")) != NULL;
}

/* A recording may begin in the middle of a call. Then other channels may come and go before the
 * first row of the one that gave the linkedid, and that one is still up. */
static void note_bounds(struct cel_call *call, struct cel_row *row)
{
	bool last = cel_row_is(row, "LINKEDID_END");
	bool end = cel_row_is(row, "CHAN_END") || cel_row_is(row, "HANGUP");

	if (end && row->channel->is_up) {
		row->channel->is_up = false;
		call->channels_up--;
	}
	if (last || (end && call->channels_up == 0 && cel_call_knows_giver(call))) {
		call->has_ended = true;
		call->ended_us = row->time_us;
	} else if (call->channels_up > 0 && cel_row_is(row, "CHAN_START")) {
		call->has_ended = false;
	}
}

static void append(struct cel_call *call, struct cel_row *row)
{
	struct cel_row *before = call->last;

	row->arrival = ++call->row_count;
	*(before ? &before->after : &call->first) = row;
	call->last = row;
	call->forward += before && before->time_us < row->time_us;
	call->back += before && before->time_us > row->time_us;
}

/* Most fields of a row are those of the row before it: they are kept once. */
static struct text copy_field(struct cel_call *call, enum cel_field which, struct text text)
{
	if (text.size == 0) {
		return text.data ? TEXT("") : text;
	}
	if (call->last && text_equal(call->last->field[which], text)) {
		return call->last->field[which];
	}
	return repair_utf8(&call->arena, text);
}

/* What the application was given, without passwords; the row before tells when there is nothing to
 * hide. */
static struct text hide_secrets(struct cel_call *call, const struct text field[CEL_FIELDS])
{
	const struct cel_row *last = call->last;

	if (last && text_equal(last->field[CEL_APP_DATA], field[CEL_APP_DATA]) &&
		text_equal(last->field[CEL_APP], field[CEL_APP])) {
		return field[CEL_APP_DATA];
	}
	return cel_secret_hide(&call->arena, field[CEL_APP], field[CEL_APP_DATA]);
}

/* Passwords are gone from here on: no row of the call has them. */
static bool copy_fields(
	struct cel_call *call, const struct text field[CEL_FIELDS], struct cel_row *row)
{
	for (int i = 0; i < CEL_FIELDS; i++) {
		struct text text = i == CEL_APP_DATA ? hide_secrets(call, field) : field[i];

		row->field[i] = copy_field(call, (enum cel_field)i, text);
		if (!row->field[i].data) {
			return false;
		}
	}
	return true;
}

bool cel_call_add(
	struct cel_call *call, const struct text field[CEL_FIELDS], uint64_t hash, int64_t time_us)
{
	struct cel_row *row = arena_calloc(&call->arena, 1, sizeof(*row));

	if (!row || !copy_fields(call, field, row)) {
		return false;
	}
	row->time_us = time_us;
	row->hash = hash;
	row->channel = find_channel(call, row->field[CEL_UNIQUE_ID], row->field[CEL_CHANNEL]);
	if (!row->channel) {
		row->channel = add_channel(call, row);
	}
	if (!row->channel) {
		return false;
	}
	cel_channel_learn(row->channel, row);
	call->is_call |= !is_internal(row->field[CEL_CHANNEL]);
	note_bounds(call, row);
	append(call, row);
	return true;
}
