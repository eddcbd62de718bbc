/* SPDX-License-Identifier: MIT
 * Who talks to whom: bridges, conferences, transfers, parking. */
#include "intake/sources/cel_walk.h"
#include "intake/sources/cel_words.h"

static bool is_conference(const struct cel_leg *leg)
{
	return text_equal(leg->app, TEXT("ConfBridge")) || text_equal(leg->app, TEXT("MeetMe"));
}

static void name_channel(struct cel_step *step, const struct cel_leg *leg)
{
	cel_step_set(step, "channel", leg->channel->name);
}

/* Another channel in the bridge that @leg is in: by the bridge's id, or by name where none is recorded. */
static struct cel_leg *find_partner(
	struct cel_walk *walk, const struct cel_leg *leg, const struct cel_row *row)
{
	if (leg->bridge.size == 0) {
		struct cel_leg *named = cel_walk_leg_by_name(walk, row->field[CEL_PEER]);

		return named != leg ? named : NULL;
	}
	for (struct cel_leg *other = walk->legs; other; other = other->next) {
		if (other != leg && text_equal(other->bridge, leg->bridge)) {
			return other;
		}
	}
	return NULL;
}

/* `Connected to B` for the channel that the call is about, `A connected to B` for two others. */
static struct cel_step *between(struct cel_walk *walk, const struct cel_leg *a,
	const struct cel_leg *b, const struct cel_row *row, const char *main_words,
	const char *other_words)
{
	const struct cel_leg *from = b == walk->main ? b : a;
	const struct cel_leg *to = b == walk->main ? a : b;
	struct text to_words = cel_walk_describe(walk, to);
	struct cel_step *step = cel_walk_step(walk, from, row, "info", "bridge");

	if (from == walk->main) {
		step->line = cel_walk_text(walk, "%s %.*s", main_words, TEXT_ARG(to_words));
	} else {
		struct text from_words = cel_walk_describe(walk, from);

		step->line = cel_walk_text(walk, "%.*s %s %.*s", TEXT_ARG(from_words), other_words,
			TEXT_ARG(to_words));
	}
	cel_step_set(step, "peer", to->channel->name);
	return step;
}

static void connect(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct cel_leg *partner = find_partner(walk, leg, row);
	struct cel_step *step;

	/* The far half of a Local channel only repeats what its near half says. */
	if (!partner || leg->peer == partner || cel_leg_is_local(leg, '2') ||
		cel_leg_is_local(partner, '2')) {
		return;
	}
	step = between(walk, leg, partner, row, "Connected to", "connected to");
	cel_step_set(step, "bridge_id", leg->bridge);
	leg->peer = partner;
	partner->peer = leg;
	leg->connected_us = partner->connected_us = row->time_us;
}

void cel_bridge_enter(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	leg->bridge = cel_walk_extra(walk, row, "bridge_id");
	if (is_conference(leg)) {
		struct text room = cel_app_argument(leg->app_data, 0);
		struct cel_step *step = cel_walk_step(walk, leg, row, "info", "bridge");

		step->line = cel_walk_text(walk, "Joined conference %.*s", TEXT_ARG(room));
		cel_step_set(step, "bridge_id", leg->bridge);
		name_channel(step, leg);
		leg->connected_us = row->time_us;
		return;
	}
	/* A holding bridge is where a channel waits alone: parking tells about that. */
	if (!text_equal(cel_walk_extra(walk, row, "bridge_technology"), TEXT("holding_bridge"))) {
		connect(walk, leg, row);
	}
}

static void add_duration(
	struct cel_walk *walk, struct cel_step *step, const struct cel_leg *leg, int64_t time_us)
{
	int64_t tenths = (time_us - leg->connected_us + 50000) / 100000;

	tenths = tenths < 0 ? 0 : tenths;
	step->line = cel_walk_text(walk, "%.*s after %lld.%lld s", TEXT_ARG(step->line),
		(long long)(tenths / 10), (long long)(tenths % 10));
	cel_step_set_number(walk, step, "duration_ms", (time_us - leg->connected_us + 500) / 1000);
}

void cel_bridge_exit(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct cel_leg *peer = leg->peer;
	struct cel_step *step;

	if (is_conference(leg)) {
		struct text room = cel_app_argument(leg->app_data, 0);

		step = cel_walk_step(walk, leg, row, "info", "bridge");
		step->line = cel_walk_text(walk, "Left conference %.*s", TEXT_ARG(room));
		add_duration(walk, step, leg, row->time_us);
		name_channel(step, leg);
	} else if (peer && !leg->optimized && !peer->optimized) {
		step = between(walk, leg, peer, row, "Disconnected from", "disconnected from");
		add_duration(walk, step, leg, row->time_us);
	}
	if (peer) {
		leg->peer = NULL;
		peer->peer = peer->peer == leg ? NULL : peer->peer;
	}
	leg->bridge = TEXT("");
}

static void finish_transfer(struct cel_walk *walk, struct cel_step *step, const struct cel_leg *leg)
{
	struct text by = cel_walk_describe(walk, leg);

	step->line = cel_walk_text(walk, "%.*s by %.*s", TEXT_ARG(step->line), TEXT_ARG(by));
	name_channel(step, leg);
}

void cel_blind_transfer(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text exten = cel_walk_extra(walk, row, "extension");
	struct text context = cel_walk_extra(walk, row, "context");
	struct cel_step *step = cel_walk_step(walk, leg, row, "event", "transfer");

	step->module = TEXT("transfer");
	step->line = cel_walk_text(
		walk, "Blind transfer to %.*s@%.*s", TEXT_ARG(exten), TEXT_ARG(context));
	finish_transfer(walk, step, leg);
	cel_step_set(step, "extension", exten);
	cel_step_set(step, "context", context);
	cel_step_set(step, "transferee", cel_walk_extra(walk, row, "transferee_channel_name"));
}

void cel_attended_transfer(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text target_name = cel_walk_extra(walk, row, "transfer_target_channel_name");
	struct text transferee = cel_walk_extra(walk, row, "transferee_channel_name");
	struct cel_leg *target = cel_walk_leg_by_name(walk, target_name);
	struct text to = target ? cel_walk_describe(walk, target) : target_name;
	struct cel_step *step = cel_walk_step(walk, leg, row, "event", "transfer");

	step->module = TEXT("transfer");
	step->line = to.size ? cel_walk_text(walk, "Attended transfer to %.*s", TEXT_ARG(to))
			     : TEXT("Attended transfer");
	finish_transfer(walk, step, leg);
	cel_step_set(step, "target", target_name);
	cel_step_set(step, "transferee", transferee);
}

void cel_park_start(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text lot = cel_walk_extra(walk, row, "parking_lot");
	struct cel_step *step = cel_walk_step(walk, leg, row, "info", "park");

	step->module = TEXT("park");
	step->line = cel_walk_text(walk, "Parked in lot %.*s", TEXT_ARG(lot));
	cel_step_set(step, "parking_lot", lot);
	name_channel(step, leg);
}

void cel_park_end(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text reason = cel_walk_extra(walk, row, "reason");
	struct cel_step *step = cel_walk_step(walk, leg, row, "info", "park");
	const char *words = cel_park_words(reason);

	step->module = TEXT("park");
	step->line = words ? cel_walk_text(walk, "Left the parking lot: %s (%.*s)", words,
				     TEXT_ARG(reason))
			   : cel_walk_text(walk, "Left the parking lot: %.*s", TEXT_ARG(reason));
	cel_step_set(step, "reason", reason);
	name_channel(step, leg);
}

void cel_pickup(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text by = cel_walk_extra(walk, row, "pickup_channel");
	struct text whose = cel_walk_describe(walk, leg);
	struct cel_step *step = cel_walk_step(walk, leg, row, "event", "pickup");

	step->module = TEXT("pickup");
	step->line = cel_walk_text(
		walk, "The call to %.*s was picked up by %.*s", TEXT_ARG(whose), TEXT_ARG(by));
	name_channel(step, leg);
}

void cel_forward(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text to = cel_walk_extra(walk, row, "forward");
	struct text from = cel_walk_describe(walk, leg);
	struct cel_step *step = cel_walk_step(walk, leg, row, "event", "forward");

	step->module = TEXT("forward");
	step->line = cel_walk_text(walk, "%.*s forwards to %.*s", TEXT_ARG(from), TEXT_ARG(to));
	name_channel(step, leg);
}
