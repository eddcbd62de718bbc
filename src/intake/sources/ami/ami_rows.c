/* SPDX-License-Identifier: MIT
 * The table of events, and channels' beginnings and ends. */
#include "intake/sources/ami/ami_rows.h"

#include "base/hash.h"
#include "intake/sources/ami/ami_private.h"
#include "intake/sources/asterisk/cel_time.h"
#include "json/json_writer.h"

#define SECOND_US	INT64_C(1000000)
#define SETTLE_US	100000
#define EXTRA_BYTES_MAX ((size_t)512 << 10)
#define EVENT_BYTES_MAX ((size_t)4 << 20)

/* ---- rows ---- */

static struct text never_null(struct text text)
{
	return text.size > 0 ? text : TEXT("");
}

static uint64_t hash_fields(const struct text field[CEL_FIELDS])
{
	static const struct hash_key key = {{0, 0}};
	uint64_t hash = 0;

	for (uint64_t i = 0; i < CEL_FIELDS; i++) {
		hash = field[i].size > 0 ? hash_pair(&key, hash + i, hash_text(&key, field[i]))
					 : hash;
	}
	return hash;
}

struct buffer *ami_begin_extra(struct ami_rows *rows)
{
	buffer_clear(&rows->extra);
	buffer_append_byte(&rows->extra, '{');
	return &rows->extra;
}

void ami_end_extra(struct ami_rows *rows)
{
	buffer_append_byte(&rows->extra, '}');
}

void ami_emit_fields(struct ami_rows *rows, const struct text field[CEL_FIELDS])
{
	const struct ami_row row = {
		.field = field, .hash = hash_fields(field), .time_us = rows->now_us};

	rows->counts.rows++;
	rows->options.row(rows->options.context, &row);
	buffer_clear(&rows->extra);
	buffer_clear(&rows->data);
}

void ami_emit(struct ami_rows *rows, const struct ami_channel *channel, const char *event_type,
	struct text peer, struct text user_event)
{
	struct text field[CEL_FIELDS] = {
		[CEL_EVENT_TYPE] = text_of(event_type),
		[CEL_CALLER_NAME] = buffer_text(&channel->caller_name),
		[CEL_CALLER_NUMBER] = buffer_text(&channel->number),
		[CEL_DNID] = buffer_text(&channel->dialled),
		[CEL_EXTEN] = buffer_text(&channel->exten),
		[CEL_CONTEXT] = buffer_text(&channel->context),
		[CEL_CHANNEL] = buffer_text(&channel->name),
		[CEL_APP] = buffer_text(&channel->app),
		[CEL_APP_DATA] = buffer_text(&channel->app_data),
		[CEL_ACCOUNT] = buffer_text(&channel->account),
		[CEL_UNIQUE_ID] = buffer_text(&channel->unique_id),
		[CEL_LINKED_ID] = buffer_text(&channel->linked_id),
		[CEL_PEER] = peer,
		[CEL_USER_EVENT] = user_event,
		[CEL_EXTRA] = rows->extra.failed ? TEXT("") : buffer_text(&rows->extra),
		[CEL_USER_FIELD] = rows->data.failed ? TEXT("") : buffer_text(&rows->data),
	};

	for (int i = 0; i < CEL_FIELDS; i++) {
		field[i] = never_null(field[i]);
	}
	ami_emit_fields(rows, field);
}

static void emit_plain(
	struct ami_rows *rows, const struct ami_channel *channel, const char *event_type)
{
	ami_emit(rows, channel, event_type, TEXT(""), TEXT(""));
}

struct ami_channel *ami_channel_at(
	struct ami_rows *rows, const struct ami_block *block, const char *prefix)
{
	char name[64];

	snprintf(name, sizeof(name), "%sUniqueid", prefix);
	/* What is said of a channel after its end must not bring it back. */
	if (!rows->learning && !ami_channels_find(&rows->channels, ami_block_get(block, name))) {
		return NULL;
	}
	return ami_channels_of(&rows->channels, block, prefix);
}

/* ---- channels ---- */

static void on_new_channel(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	channel = ami_channels_of(&rows->channels, block, "");
	if (channel && !channel->told) {
		channel->told = true;
		emit_plain(rows, channel, "CHAN_START");
	}
}

static void on_state(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	if (channel && !channel->answered &&
		text_equal(ami_block_get(block, "ChannelState"), TEXT("6"))) {
		channel->answered = true;
		emit_plain(rows, channel, "ANSWER");
	}
}

static void on_rename(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	channel = ami_channels_find(&rows->channels, ami_block_get(block, "Uniqueid"));
	if (channel) {
		ami_set(&channel->name, ami_block_get(block, "Newname"));
	}
}

/* `+442079460001` of `carrier/+442079460001@outside`. */
static struct text dialled_number(struct text dial_string)
{
	const char *slash =
		dial_string.size ? memrchr(dial_string.data, '/', dial_string.size) : NULL;
	struct text rest = slash ? text_tail(dial_string, (size_t)(slash - dial_string.data) + 1)
				 : dial_string;
	struct text number = TEXT("");

	text_split(&rest, '@', &number);
	return number;
}

/* Without a calling channel the exchange itself calls, and knows the number that it calls. */
static void on_dial(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	struct ami_channel *called = ami_channel_at(rows, block, "Dest");

	if (called && !channel) {
		ami_set(&called->dialled, dialled_number(ami_block_get(block, "DialString")));
	}
}

static void set_hung_up_by(struct ami_channel *channel, struct text by)
{
	if (channel->hung_up_by.size == 0) {
		ami_set(&channel->hung_up_by, by);
	}
}

static void on_hangup_request(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	(void)rows;
	(void)block;
	if (!channel) {
		return;
	}
	set_hung_up_by(channel, buffer_text(&channel->name));
	if (!channel->bridge) {
		return;
	}
	LIST_EACH(struct ami_channel, other, &channel->bridge->channels, by_bridge) {
		set_hung_up_by(other, buffer_text(&channel->name));
	}
}

static void on_soft_hangup_request(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	(void)rows;
	(void)block;
	if (channel && text_equal(buffer_text(&channel->app), TEXT("Hangup"))) {
		set_hung_up_by(channel, TEXT("dialplan/builtin"));
	}
}

static void on_hangup(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	int64_t cause = 0;
	struct buffer *extra;

	if (!channel) {
		return;
	}
	ami_stop_sound(rows, channel);
	text_to_int64(ami_block_get(block, "Cause"), &cause);
	extra = ami_begin_extra(rows);
	json_add_number(extra, "hangupcause", cause);
	json_add_string(extra, "hangupsource", never_null(buffer_text(&channel->hung_up_by)));
	json_add_string(extra, "dialstatus", never_null(buffer_text(&channel->dial_status)));
	ami_end_extra(rows);
	emit_plain(rows, channel, "HANGUP");
	emit_plain(rows, channel, "CHAN_END");
	if (ami_channels_others(&rows->channels, channel, false) == 0) {
		emit_plain(rows, channel, "LINKEDID_END");
	}
	ami_channels_remove(&rows->channels, channel);
}

/* ---- what is up ---- */

static void on_status(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	int64_t seconds = 0;

	if (!channel) {
		return;
	}
	if (channel->told) {
		emit_plain(rows, channel, "AMI_STILL");
		return;
	}
	channel->told = true;
	channel->answered = text_equal(ami_block_get(block, "ChannelState"), TEXT("6"));
	ami_set(&channel->app, ami_block_get(block, "Application"));
	ami_set(&channel->app_data, ami_block_get(block, "Data"));
	if (buffer_text(&channel->dialled).size == 0) {
		ami_set(&channel->dialled, ami_block_get(block, "DNID"));
	}
	text_to_int64(ami_block_get(block, "Seconds"), &seconds);
	rows->now_us -= seconds * SECOND_US;
	emit_plain(rows, channel, "AMI_UP");
	if (ami_block_get(block, "BridgeID").size > 0) {
		ami_channels_enter(&rows->channels, channel, ami_block_get(block, "BridgeID"));
	}
}

void ami_rows_begin_status(struct ami_rows *rows)
{
	rows->learning = true;
	AMI_EACH_CHANNEL(channel, &rows->channels)
	{
		channel->seen = false;
	}
}

void ami_rows_end_status(struct ami_rows *rows, int64_t now_us)
{
	rows->learning = false;
	rows->now_us = now_us + rows->counts.clock_ahead_us;
	AMI_EACH_CHANNEL(channel, &rows->channels)
	{
		if (channel->seen) {
			continue;
		}
		if (ami_channels_others(&rows->channels, channel, true) > 0) {
			emit_plain(rows, channel, "CHAN_END");
		}
		ami_channels_remove(&rows->channels, channel);
	}
}

/* ---- events ---- */

static const struct {
	const char *name;
	ami_handle *handle;
} events[] = {
	{"VarSet", ami_variable},
	{"CEL", ami_cel},
	{"Newexten", ami_application},
	{"HangupRequest", on_hangup_request},
	{"Newstate", on_state},
	{"Newchannel", on_new_channel},
	{"Hangup", on_hangup},
	{"UserEvent", ami_user_event},
	{"DTMFEnd", ami_digit},
	{"SoftHangupRequest", on_soft_hangup_request},
	{"BridgeEnter", ami_bridge_enter},
	{"BridgeLeave", ami_bridge_leave},
	{"DialBegin", on_dial},
	{"MusicOnHoldStart", ami_music_start},
	{"MusicOnHoldStop", ami_music_stop},
	{"BlindTransfer", ami_blind_transfer},
	{"AttendedTransfer", ami_attended_transfer},
	{"ParkedCall", ami_parked},
	{"ParkedCallTimeOut", ami_unparked},
	{"ParkedCallGiveUp", ami_unparked},
	{"UnParkedCall", ami_unparked},
	{"Pickup", ami_pickup},
	{"LocalOptimizationBegin", ami_optimization_begin},
	{"LocalOptimizationEnd", ami_optimization_end},
	{"QueueCallerJoin", ami_queue_join},
	{"QueueCallerAbandon", ami_queue_abandon},
	{"AgentConnect", ami_agent_connect},
	{"AgentComplete", ami_agent_complete},
	{"AgentRingNoAnswer", ami_agent_no_answer},
	{"Hold", ami_hold},
	{"Unhold", ami_unhold},
	{"MixMonitorStart", ami_recording},
	{"Rename", on_rename},
	{"Status", on_status},
};

static bool tells_pending(const struct ami_block *block)
{
	return !text_equal(ami_block_get(block, "Event"), TEXT("CEL"));
}

static void follow_clock(struct ami_rows *rows, const struct ami_block *block, int64_t arrival_us)
{
	struct text time = ami_block_get(block, "Timestamp");

	rows->now_us = arrival_us + rows->counts.clock_ahead_us;
	if (!cel_time_parse(time, false, 0, &rows->now_us)) {
		/* The list of what is up never has it. */
		rows->counts.without_time +=
			!text_equal(ami_block_get(block, "Event"), TEXT("Status"));
		return;
	}
	rows->counts.clock_ahead_us = rows->now_us - arrival_us;
}

void ami_rows_take(struct ami_rows *rows, const struct ami_block *block, int64_t arrival_us)
{
	struct text event = ami_block_get(block, "Event");
	struct ami_channel *channel;
	size_t i = 0;

	if (!ami_block_begins_with(block, "Event")) {
		return;
	}
	while (i < COUNT_OF(events) && !text_equal_string(event, events[i].name)) {
		i++;
	}
	if (i == COUNT_OF(events)) {
		return;
	}
	arena_deinit(&rows->arena);
	follow_clock(rows, block, arrival_us);
	channel = events[i].handle == ami_cel ? NULL : ami_channel_at(rows, block, "");
	if (channel && tells_pending(block)) {
		ami_tell_pending(rows, channel);
	}
	events[i].handle(rows, block, channel);
}

void ami_rows_set_clock(struct ami_rows *rows, int64_t ahead_us)
{
	rows->counts.clock_ahead_us = ahead_us;
}

void ami_rows_settle(struct ami_rows *rows, int64_t now_us)
{
	LIST_EACH(struct ami_channel, channel, &rows->channels.pending, by_pending) {
		/* By the exchange's clock both, however far ahead of ours it is. */
		if (now_us + rows->counts.clock_ahead_us - channel->pending_us >= SETTLE_US) {
			ami_tell_pending(rows, channel);
		}
	}
}

/* ---- the translation ---- */

AUTO_POINTER(struct ami_rows *, ami_rows_destroy);

int ami_rows_create(
	struct ami_rows **ret_rows, const struct ami_rows_options *options, struct error *err)
{
	AUTO(ami_rows_destroyp) struct ami_rows *rows = calloc(1, sizeof(*rows));

	if (!rows) {
		return error_no_memory(err);
	}
	rows->options = *options;
	buffer_init(&rows->extra, EXTRA_BYTES_MAX);
	buffer_init(&rows->data, EXTRA_BYTES_MAX);
	buffer_init(&rows->names, EXTRA_BYTES_MAX);
	buffer_init(&rows->scratch, EXTRA_BYTES_MAX);
	arena_init(&rows->arena, EVENT_BYTES_MAX);
	if (ami_channels_init(&rows->channels, err) < 0) {
		return -1;
	}
	*ret_rows = rows;
	rows = NULL;
	return 0;
}

void ami_rows_destroy(struct ami_rows *rows)
{
	if (!rows) {
		return;
	}
	ami_channels_deinit(&rows->channels);
	buffer_deinit(&rows->extra);
	buffer_deinit(&rows->data);
	buffer_deinit(&rows->names);
	buffer_deinit(&rows->scratch);
	arena_deinit(&rows->arena);
	free(rows);
}

struct ami_rows_counts ami_rows_counts(const struct ami_rows *rows)
{
	struct ami_rows_counts counts = rows->counts;

	counts.channels = rows->channels.count;
	counts.refused = rows->channels.refused;
	return counts;
}
