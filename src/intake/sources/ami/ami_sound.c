/* SPDX-License-Identifier: MIT
 * What a channel plays and what is pressed on it. The event log's own STREAM rows say that best;
 * where it does not come beside the events, an application's arguments name its sounds.
 *
 * Which of the two it is shows only when the first sound plays: the event of the application comes
 * first, and 4 ms later the row, or none. So a sound from arguments waits for the next event of its
 * channel. */
#include "intake/sources/ami/ami_private.h"
#include "intake/sources/asterisk/cel_call.h"
#include "json/json_writer.h"

/* Which argument of an application names sounds. */
static const struct {
	const char *app;
	int argument;
} players[] = {
	{"Playback", 0},
	{"BackGround", 0},
	{"ControlPlayback", 0},
	{"Read", 1},
};

static struct text argument(struct text data, int index)
{
	struct text part = TEXT("");

	for (int i = 0; i <= index; i++) {
		if (!text_split(&data, ',', &part)) {
			return TEXT("");
		}
	}
	return part;
}

static bool says_digits(struct text app)
{
	static const char *const apps[] = {"SayDigits", "SayNumber", "SayAlpha", "SayPhonetic"};

	for (size_t i = 0; i < COUNT_OF(apps); i++) {
		if (text_equal_ascii_case(app, text_of(apps[i]))) {
			return true;
		}
	}
	return false;
}

/* What the application that @channel runs plays; empty: nothing that its arguments name. */
static struct text sounds_of(const struct ami_channel *channel)
{
	struct text app = buffer_text(&channel->app);

	for (size_t i = 0; i < COUNT_OF(players); i++) {
		if (text_equal_ascii_case(app, text_of(players[i].app))) {
			return argument(buffer_text(&channel->app_data), players[i].argument);
		}
	}
	return says_digits(app) ? TEXT("digits") : TEXT("");
}

static void begin_sound(struct ami_rows *rows, struct ami_channel *channel, struct text sound)
{
	struct buffer *extra = ami_begin_extra(rows);

	json_add_string(extra, "sound", sound);
	json_add_string(extra, "language", buffer_text(&channel->language));
	ami_end_extra(rows);
	ami_emit(rows, channel, "STREAM_BEGIN", TEXT(""), TEXT(""));
	channel->playing = true;
}

void ami_stop_sound(struct ami_rows *rows, struct ami_channel *channel)
{
	ami_tell_pending(rows, channel);
	if (channel->playing) {
		ami_emit(rows, channel, "STREAM_END", TEXT(""), TEXT("FILE_STREAM_END"));
		channel->playing = false;
	}
}

static void forget_pending(struct ami_rows *rows, struct ami_channel *channel)
{
	if (channel->pending_us > 0) {
		list_remove(&rows->channels.pending, &channel->by_pending);
		channel->pending_us = 0;
	}
}

void ami_tell_pending(struct ami_rows *rows, struct ami_channel *channel)
{
	int64_t now_us = rows->now_us;
	struct text rest, sound;

	if (channel->pending_us == 0) {
		return;
	}
	rest = sounds_of(channel);
	rows->now_us = channel->pending_us;
	while (text_split(&rest, '&', &sound)) {
		if (channel->playing) {
			ami_emit(rows, channel, "STREAM_END", TEXT(""), TEXT("FILE_STREAM_END"));
		}
		begin_sound(rows, channel, sound);
	}
	rows->now_us = now_us;
	forget_pending(rows, channel);
}

static void tell_user_row(struct ami_rows *rows, struct ami_channel *channel)
{
	struct text rest = buffer_text(&channel->app_data), name = TEXT("");
	struct buffer *extra = ami_begin_extra(rows);
	struct text copy;

	text_split(&rest, ',', &name);
	json_add_string(extra, "extra", rest.data ? rest : TEXT(""));
	ami_end_extra(rows);
	copy = arena_copy(&rows->arena, name);
	if (copy.size > 0) {
		ami_emit(rows, channel, copy.data, TEXT(""), copy);
	}
}

void ami_application(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	if (!channel) {
		return;
	}
	ami_stop_sound(rows, channel);
	ami_set(&channel->app, ami_block_get(block, "Application"));
	ami_set(&channel->app_data, ami_block_get(block, "AppData"));
	if (text_equal(buffer_text(&channel->app), TEXT("CELGenUserEvent"))) {
		tell_user_row(rows, channel);
	} else if (!rows->counts.streams && sounds_of(channel).size > 0) {
		channel->pending_us = rows->now_us;
		list_append(&rows->channels.pending, &channel->by_pending);
	}
}

void ami_digit(struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	int64_t duration_ms = 0;
	struct buffer *extra;

	if (!channel) {
		return;
	}
	ami_stop_sound(rows, channel);
	text_to_int64(ami_block_get(block, "DurationMs"), &duration_ms);
	extra = ami_begin_extra(rows);
	json_add_string(extra, "digit", ami_block_get(block, "Digit"));
	json_add_number(extra, "duration_ms", duration_ms);
	ami_end_extra(rows);
	ami_emit(rows, channel, "DTMF", TEXT(""), ami_block_get(block, "Direction"));
}

void ami_music_start(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	if (channel && !rows->counts.streams) {
		struct buffer *extra = ami_begin_extra(rows);

		json_add_string(extra, "class", ami_block_get(block, "Class"));
		ami_end_extra(rows);
		ami_emit(rows, channel, "STREAM_BEGIN", TEXT(""), TEXT("MOH_STREAM_BEGIN"));
	}
}

void ami_music_stop(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	(void)block;
	if (channel && !rows->counts.streams) {
		ami_emit(rows, channel, "STREAM_END", TEXT(""), TEXT("MOH_STREAM_END"));
	}
}

/* From now on the event log tells what is played. */
static void trust_streams(struct ami_rows *rows)
{
	if (rows->counts.streams) {
		return;
	}
	rows->counts.streams = true;
	AMI_EACH_CHANNEL(channel, &rows->channels)
	{
		forget_pending(rows, channel);
		channel->playing = false;
	}
}

static struct text known(struct text text)
{
	return cel_is_known(text) ? text : TEXT("");
}

/* The rows STREAM_BEGIN and STREAM_END as they are, with the application that they name themselves:
 * the last Newexten may be of the next one. All others would count twice. */
void ami_cel(struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	static const struct {
		enum cel_field field;
		const char *header;
	} taken[] = {
		{CEL_EVENT_TYPE, "EventName"},
		{CEL_CALLER_NUMBER, "CallerIDnum"},
		{CEL_CALLER_NAME, "CallerIDname"},
		{CEL_EXTEN, "Exten"},
		{CEL_CONTEXT, "Context"},
		{CEL_CHANNEL, "Channel"},
		{CEL_APP, "Application"},
		{CEL_APP_DATA, "AppData"},
		{CEL_UNIQUE_ID, "UniqueID"},
		{CEL_LINKED_ID, "LinkedID"},
		{CEL_PEER, "Peer"},
		{CEL_EXTRA, "Extra"},
	};
	struct text name = ami_block_get(block, "EventName");
	struct text field[CEL_FIELDS];

	(void)channel;
	if (!text_equal(name, TEXT("STREAM_BEGIN")) && !text_equal(name, TEXT("STREAM_END"))) {
		return;
	}
	trust_streams(rows);
	for (int i = 0; i < CEL_FIELDS; i++) {
		field[i] = TEXT("");
	}
	for (size_t i = 0; i < COUNT_OF(taken); i++) {
		field[taken[i].field] = ami_block_get(block, taken[i].header);
	}
	field[CEL_CALLER_NAME] = known(field[CEL_CALLER_NAME]);
	ami_emit_fields(rows, field);
}
