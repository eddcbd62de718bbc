/* SPDX-License-Identifier: MIT
 * What is known of an exchange's channels and bridges from its manager's events. Private to the
 * manager interface. */
#ifndef INTAKE_SOURCES_AMI_CHANNEL_H
#define INTAKE_SOURCES_AMI_CHANNEL_H

#include "base/list.h"
#include "intake/sources/ami/ami_block.h"

#define AMI_CHANNELS_MAX 100000

struct ami_bridge {
	struct list_link by_id;
	struct buffer id;
	struct list channels; /* in the order in which they came in */
};

struct ami_channel {
	struct list_link by_id, by_bridge, by_pending;
	struct buffer unique_id, linked_id, name, number, caller_name, exten, context, account;
	struct buffer app, app_data; /* that it runs */
	struct buffer dialled;	     /* the number that it was originated to */
	struct buffer dial_status;   /* as the dialplan sees it */
	struct buffer hung_up_by;
	struct buffer language;
	struct ami_bridge *bridge;
	bool told; /* a row told of it */
	bool answered;
	bool playing;	    /* a sound that was taken from an application's arguments */
	int64_t pending_us; /* such a sound is not told yet, since then; 0: none is */
	bool seen;	    /* since ami_rows_begin_status() */
};

struct ami_channels {
	struct list *by_id;	/* buckets */
	struct list *by_bridge; /* buckets */
	struct list pending;	/* with a sound that is not told yet */
	size_t count;
	uint64_t refused; /* channels beyond AMI_CHANNELS_MAX */
};

int ami_channels_init(struct ami_channels *channels, struct error *err) CHECK_RESULT;
void ami_channels_deinit(struct ami_channels *channels);

/* The channel that @block tells of under headers that begin with @prefix ("", "Dest", "Parkee"…),
 * with what they say of it now; a new one is made. NULL when it names none, or memory is short. */
struct ami_channel *ami_channels_of(
	struct ami_channels *channels, const struct ami_block *block, const char *prefix);

/* NULL when there is none. */
struct ami_channel *ami_channels_find(struct ami_channels *channels, struct text unique_id);

/* Forgets @channel, which leaves its bridge. */
void ami_channels_remove(struct ami_channels *channels, struct ami_channel *channel);

/* How many other channels have the linkedid of @channel; @seen: only of those seen since
 * ami_rows_begin_status(). */
size_t ami_channels_others(
	struct ami_channels *channels, const struct ami_channel *channel, bool seen);

/* Puts @channel into the bridge @id, and takes it out of the one that it is in. */
void ami_channels_enter(struct ami_channels *channels, struct ami_channel *channel, struct text id);
void ami_channels_leave(struct ami_channels *channels, struct ami_channel *channel);

/* Appends the names of the channels in @bridge but @channel to @names, with commas. */
void ami_channels_peers(
	const struct ami_bridge *bridge, const struct ami_channel *channel, struct buffer *names);

/* Replaces what is in @buffer. */
void ami_set(struct buffer *buffer, struct text text);

/* @escaped as Asterisk's manager writes some texts, with `\"`, `\'`, `\\`, `\n`, in @buffer. */
struct text ami_unescape(struct text escaped, struct buffer *buffer);

#define AMI_BUCKETS ((size_t)1 << 12)

/* Walks all channels; the body may remove @at. */
#define AMI_EACH_CHANNEL(at, channels)                                                             \
	for (size_t at##_bucket = 0; at##_bucket < AMI_BUCKETS; at##_bucket++)                     \
		LIST_EACH(struct ami_channel, at, &(channels)->by_id[at##_bucket], by_id)

#endif
