/* SPDX-License-Identifier: MIT
 * Private to the translation of manager events: what its files share. */
#ifndef INTAKE_SOURCES_AMI_PRIVATE_H
#define INTAKE_SOURCES_AMI_PRIVATE_H

#include "intake/sources/ami/ami_channel.h"
#include "intake/sources/ami/ami_rows.h"

struct ami_rows {
	struct ami_rows_options options;
	struct ami_channels channels;
	struct ami_rows_counts counts;
	bool learning;	/* channels that no event began may be met */
	int64_t now_us; /* of the event that is taken */
	struct buffer extra, data, names, scratch;
	struct arena arena; /* of one event */
};

/* An event; @channel is the one without a prefix, NULL: the event names none. */
typedef void ami_handle(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel);

/* A row at rows->now_us about @channel; rows->extra is its eventextra. */
void ami_emit(struct ami_rows *rows, const struct ami_channel *channel, const char *event_type,
	struct text peer, struct text user_event);

/* A row at rows->now_us whose fields are there, none of them NULL. */
void ami_emit_fields(struct ami_rows *rows, const struct text field[CEL_FIELDS]);

/* The channel under headers with @prefix, as far as it may be made. */
struct ami_channel *ami_channel_at(
	struct ami_rows *rows, const struct ami_block *block, const char *prefix);

/* Ends the sound that was taken from an application's arguments. */
void ami_stop_sound(struct ami_rows *rows, struct ami_channel *channel);

/* Begins rows->extra anew: `{`. The members follow, then ami_end_extra(). */
struct buffer *ami_begin_extra(struct ami_rows *rows);
void ami_end_extra(struct ami_rows *rows);

/* ami_bridge.c */
ami_handle ami_bridge_enter, ami_bridge_leave, ami_blind_transfer, ami_attended_transfer;
ami_handle ami_parked, ami_unparked, ami_pickup, ami_optimization_begin, ami_optimization_end;

/* ami_step.c */
ami_handle ami_user_event, ami_queue_join, ami_queue_abandon, ami_agent_connect;
ami_handle ami_agent_complete, ami_agent_no_answer, ami_hold, ami_unhold, ami_recording;
ami_handle ami_variable;

/* ami_sound.c */
ami_handle ami_application, ami_digit, ami_music_start, ami_music_stop, ami_cel;
void ami_tell_pending(struct ami_rows *rows, struct ami_channel *channel);

#endif
