/* SPDX-License-Identifier: MIT
 * Bridges, transfers, parking: events that name several channels. */
#include "intake/sources/ami/ami_private.h"
#include "json/json_writer.h"

static void add_bridge(struct ami_rows *rows, const struct ami_block *block)
{
	struct buffer *extra = ami_begin_extra(rows);

	json_add_string(extra, "bridge_id", ami_block_get(block, "BridgeUniqueid"));
	json_add_string(extra, "bridge_technology", ami_block_get(block, "BridgeTechnology"));
	ami_end_extra(rows);
}

static struct text peers(
	struct ami_rows *rows, const struct ami_bridge *bridge, const struct ami_channel *channel)
{
	buffer_clear(&rows->names);
	if (bridge) {
		ami_channels_peers(bridge, channel, &rows->names);
	}
	return rows->names.failed ? TEXT("") : buffer_text(&rows->names);
}

void ami_bridge_enter(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	if (!channel) {
		return;
	}
	ami_channels_enter(&rows->channels, channel, ami_block_get(block, "BridgeUniqueid"));
	add_bridge(rows, block);
	ami_emit(rows, channel, "BRIDGE_ENTER", peers(rows, channel->bridge, channel), TEXT(""));
}

void ami_bridge_leave(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	if (!channel) {
		return;
	}
	add_bridge(rows, block);
	ami_emit(rows, channel, "BRIDGE_EXIT", peers(rows, channel->bridge, channel), TEXT(""));
	ami_channels_leave(&rows->channels, channel);
}

/* The members `NAME_name` and `NAME_uniqueid` of @channel, empty where there is none. */
static void add_channel(struct buffer *extra, const struct ami_channel *channel, const char *name,
	const char *unique_id)
{
	json_add_string(extra, name, channel ? buffer_text(&channel->name) : TEXT(""));
	json_add_string(extra, unique_id, channel ? buffer_text(&channel->unique_id) : TEXT(""));
}

void ami_blind_transfer(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	struct ami_channel *by = ami_channel_at(rows, block, "Transferer");
	struct ami_channel *whom = ami_channel_at(rows, block, "Transferee");
	struct buffer *extra = ami_begin_extra(rows);

	(void)channel;
	json_add_string(extra, "extension", ami_block_get(block, "Extension"));
	json_add_string(extra, "context", ami_block_get(block, "Context"));
	json_add_string(extra, "bridge_id", ami_block_get(block, "BridgeUniqueid"));
	add_channel(extra, whom, "transferee_channel_name", "transferee_channel_uniqueid");
	ami_end_extra(rows);
	if (by) {
		ami_emit(rows, by, "BLINDTRANSFER", TEXT(""), TEXT(""));
	}
}

void ami_attended_transfer(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	struct ami_channel *by = ami_channel_at(rows, block, "OrigTransferer");
	struct ami_channel *second = ami_channel_at(rows, block, "SecondTransferer");
	struct ami_channel *whom = ami_channel_at(rows, block, "Transferee");
	struct ami_channel *target = ami_channel_at(rows, block, "TransferTarget");
	struct buffer *extra = ami_begin_extra(rows);

	(void)channel;
	json_add_string(extra, "bridge1_id", ami_block_get(block, "OrigBridgeUniqueid"));
	add_channel(extra, second, "channel2_name", "channel2_uniqueid");
	json_add_string(extra, "bridge2_id", ami_block_get(block, "SecondBridgeUniqueid"));
	add_channel(extra, whom, "transferee_channel_name", "transferee_channel_uniqueid");
	add_channel(
		extra, target, "transfer_target_channel_name", "transfer_target_channel_uniqueid");
	ami_end_extra(rows);
	if (by) {
		ami_emit(rows, by, "ATTENDEDTRANSFER", TEXT(""), TEXT(""));
	}
}

void ami_parked(struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	struct ami_channel *parked = ami_channel_at(rows, block, "Parkee");
	struct buffer *extra = ami_begin_extra(rows);

	(void)channel;
	json_add_string(extra, "parker_dial_string", ami_block_get(block, "ParkerDialString"));
	json_add_string(extra, "parking_lot", ami_block_get(block, "Parkinglot"));
	ami_end_extra(rows);
	if (parked) {
		ami_emit(rows, parked, "PARK_START", TEXT(""), TEXT(""));
	}
}

void ami_unparked(struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	struct ami_channel *parked = ami_channel_at(rows, block, "Parkee");
	struct buffer *extra = ami_begin_extra(rows);

	(void)channel;
	json_add_string(extra, "reason", ami_block_get(block, "Event"));
	ami_end_extra(rows);
	if (parked) {
		ami_emit(rows, parked, "PARK_END", TEXT(""), TEXT(""));
	}
}

/* @channel takes the call that Target's channel is called for. */
void ami_pickup(struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	struct ami_channel *target = ami_channel_at(rows, block, "Target");
	struct buffer *extra = ami_begin_extra(rows);

	add_channel(extra, channel, "pickup_channel", "pickup_channel_uniqueid");
	ami_end_extra(rows);
	if (target) {
		ami_emit(rows, target, "PICKUP", TEXT(""), TEXT(""));
	}
}

static void optimize(struct ami_rows *rows, const struct ami_block *block, const char *event_type)
{
	struct ami_channel *one = ami_channel_at(rows, block, "LocalOne");
	struct ami_channel *two = ami_channel_at(rows, block, "LocalTwo");
	struct buffer *extra = ami_begin_extra(rows);

	add_channel(extra, two, "local_two", "local_two_uniqueid");
	ami_end_extra(rows);
	if (one) {
		ami_emit(rows, one, event_type, TEXT(""), TEXT(""));
	}
}

void ami_optimization_begin(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	(void)channel;
	optimize(rows, block, "LOCAL_OPTIMIZE_BEGIN");
}

void ami_optimization_end(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	(void)channel;
	optimize(rows, block, "LOCAL_OPTIMIZE");
}
