/* SPDX-License-Identifier: MIT
 * Channels and bridges by their ids. */
#include "intake/sources/ami/ami_channel.h"

#include "base/hash.h"
#include "intake/sources/asterisk/cel_call.h"

#define FIELD_BYTES_MAX ((size_t)64 << 10)

static struct list *bucket(struct list *buckets, struct text id)
{
	static const struct hash_key key = {{0, 0}};

	return &buckets[hash_text(&key, id) % AMI_BUCKETS];
}

int ami_channels_init(struct ami_channels *channels, struct error *err)
{
	*channels = (struct ami_channels){
		.by_id = calloc(AMI_BUCKETS, sizeof(struct list)),
		.by_bridge = calloc(AMI_BUCKETS, sizeof(struct list)),
	};
	return channels->by_id && channels->by_bridge ? 0 : error_no_memory(err);
}

void ami_channels_deinit(struct ami_channels *channels)
{
	if (channels->by_id && channels->by_bridge) {
		AMI_EACH_CHANNEL(channel, channels)
		{
			ami_channels_remove(channels, channel);
		}
	}
	free(channels->by_id);
	free(channels->by_bridge);
}

void ami_set(struct buffer *buffer, struct text text)
{
	buffer_clear(buffer);
	buffer_append(
		buffer, text_head(text, text.size < FIELD_BYTES_MAX ? text.size : FIELD_BYTES_MAX));
}

struct text ami_unescape(struct text escaped, struct buffer *buffer)
{
	buffer_clear(buffer);
	for (size_t i = 0; i < escaped.size; i++) {
		char byte = escaped.data[i];

		if (byte == '\\' && i + 1 < escaped.size) {
			byte = escaped.data[++i];
			byte = byte == 'n' ? '\n' : byte == 't' ? '\t' : byte == 'r' ? '\r' : byte;
		}
		buffer_append_byte(buffer, byte);
	}
	return buffer->size > 0 ? buffer_text(buffer) : TEXT("");
}

/* ---- channels ---- */

struct field {
	const char *name; /* of a header, behind the prefix */
	size_t offset;
	bool may_be_unknown; /* `<unknown>` is empty then */
	bool escaped;
};

#define FIELD(name_, member_, ...)                                                                 \
	{                                                                                          \
		.name = name_, .offset = offsetof(struct ami_channel, member_), __VA_ARGS__        \
	}

static const struct field fields[] = {
	FIELD("Channel", name),
	FIELD("Linkedid", linked_id),
	FIELD("CallerIDNum", number, .may_be_unknown = true),
	FIELD("CallerIDName", caller_name, .may_be_unknown = true, .escaped = true),
	FIELD("Exten", exten),
	FIELD("Context", context),
	FIELD("AccountCode", account),
	FIELD("Language", language),
};

static struct buffer *member(struct ami_channel *channel, size_t offset)
{
	return (struct buffer *)(void *)((char *)channel + offset);
}

/* The texts, the ones that are not headers too. */
static void each_text(struct ami_channel *channel, void (*does)(struct buffer *buffer))
{
	struct buffer *texts[] = {&channel->unique_id, &channel->linked_id, &channel->name,
		&channel->number, &channel->caller_name, &channel->exten, &channel->context,
		&channel->account, &channel->app, &channel->app_data, &channel->dialled,
		&channel->dial_status, &channel->hung_up_by, &channel->language};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		does(texts[i]);
	}
}

static void begin_text(struct buffer *buffer)
{
	buffer_init(buffer, FIELD_BYTES_MAX);
}

struct ami_channel *ami_channels_find(struct ami_channels *channels, struct text unique_id)
{
	LIST_EACH(struct ami_channel, channel, bucket(channels->by_id, unique_id), by_id) {
		if (text_equal(buffer_text(&channel->unique_id), unique_id)) {
			return channel;
		}
	}
	return NULL;
}

static struct ami_channel *add_channel(struct ami_channels *channels, struct text unique_id)
{
	struct ami_channel *channel =
		channels->count < AMI_CHANNELS_MAX ? calloc(1, sizeof(*channel)) : NULL;

	if (!channel) {
		channels->refused++;
		return NULL;
	}
	each_text(channel, begin_text);
	ami_set(&channel->unique_id, unique_id);
	if (!text_equal(buffer_text(&channel->unique_id), unique_id)) {
		each_text(channel, buffer_deinit);
		free(channel);
		return NULL;
	}
	list_append(bucket(channels->by_id, unique_id), &channel->by_id);
	channels->count++;
	return channel;
}

void ami_channels_remove(struct ami_channels *channels, struct ami_channel *channel)
{
	ami_channels_leave(channels, channel);
	if (channel->pending_us > 0) {
		list_remove(&channels->pending, &channel->by_pending);
	}
	list_remove(bucket(channels->by_id, buffer_text(&channel->unique_id)), &channel->by_id);
	each_text(channel, buffer_deinit);
	free(channel);
	channels->count--;
}

size_t ami_channels_others(
	struct ami_channels *channels, const struct ami_channel *channel, bool seen)
{
	struct text linked_id = buffer_text(&channel->linked_id);
	size_t others = 0;

	AMI_EACH_CHANNEL(other, channels)
	{
		others += other != channel && (other->seen || !seen) &&
			  text_equal(buffer_text(&other->linked_id), linked_id);
	}
	return others;
}

static struct text prefixed(
	const struct ami_block *block, const char *prefix, const char *name, struct buffer *scratch)
{
	buffer_clear(scratch);
	buffer_printf(scratch, "%s%s", prefix, name);
	buffer_append_byte(scratch, '\0');
	return scratch->failed ? TEXT("") : ami_block_get(block, scratch->data);
}

static void learn(struct ami_channel *channel, const struct ami_block *block, const char *prefix,
	struct buffer *scratch)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		struct text value = prefixed(block, prefix, fields[i].name, scratch);

		if (fields[i].escaped) {
			value = ami_unescape(value, scratch);
		}
		if (fields[i].may_be_unknown && !cel_is_known(value)) {
			value = TEXT("");
		}
		ami_set(member(channel, fields[i].offset), value);
	}
}

struct ami_channel *ami_channels_of(
	struct ami_channels *channels, const struct ami_block *block, const char *prefix)
{
	AUTO(buffer_deinit) struct buffer scratch = {0};
	struct text unique_id;
	struct ami_channel *channel;

	buffer_init(&scratch, FIELD_BYTES_MAX);
	unique_id = prefixed(block, prefix, "Uniqueid", &scratch);
	if (unique_id.size == 0 || prefixed(block, prefix, "Linkedid", &scratch).size == 0) {
		return NULL;
	}
	channel = ami_channels_find(channels, unique_id);
	channel = channel ? channel : add_channel(channels, unique_id);
	if (channel) {
		learn(channel, block, prefix, &scratch);
		channel->seen = true;
	}
	return channel;
}

/* ---- bridges ---- */

static struct ami_bridge *find_bridge(struct ami_channels *channels, struct text id)
{
	LIST_EACH(struct ami_bridge, bridge, bucket(channels->by_bridge, id), by_id) {
		if (text_equal(buffer_text(&bridge->id), id)) {
			return bridge;
		}
	}
	return NULL;
}

static struct ami_bridge *add_bridge(struct ami_channels *channels, struct text id)
{
	struct ami_bridge *bridge = calloc(1, sizeof(*bridge));

	if (bridge) {
		buffer_init(&bridge->id, FIELD_BYTES_MAX);
		ami_set(&bridge->id, id);
		list_append(bucket(channels->by_bridge, buffer_text(&bridge->id)), &bridge->by_id);
	}
	return bridge;
}

void ami_channels_enter(struct ami_channels *channels, struct ami_channel *channel, struct text id)
{
	struct ami_bridge *bridge;

	ami_channels_leave(channels, channel);
	bridge = find_bridge(channels, id);
	bridge = bridge ? bridge : add_bridge(channels, id);
	if (bridge) {
		list_append(&bridge->channels, &channel->by_bridge);
		channel->bridge = bridge;
	}
}

void ami_channels_leave(struct ami_channels *channels, struct ami_channel *channel)
{
	struct ami_bridge *bridge = channel->bridge;

	if (!bridge) {
		return;
	}
	list_remove(&bridge->channels, &channel->by_bridge);
	channel->bridge = NULL;
	if (!bridge->channels.first) {
		list_remove(bucket(channels->by_bridge, buffer_text(&bridge->id)), &bridge->by_id);
		buffer_deinit(&bridge->id);
		free(bridge);
	}
}

void ami_channels_peers(
	const struct ami_bridge *bridge, const struct ami_channel *channel, struct buffer *names)
{
	LIST_EACH(struct ami_channel, other, &bridge->channels, by_bridge) {
		if (other != channel) {
			buffer_append(names, names->size > 0 ? TEXT(",") : TEXT(""));
			buffer_append(names, buffer_text(&other->name));
		}
	}
}
