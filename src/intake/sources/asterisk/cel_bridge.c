/* SPDX-License-Identifier: MIT
 * Which channels are connected: bridges, conferences, transfers, parking. */
#include "intake/sources/asterisk/cel_walk.h"

static bool is_conference(const struct cel_leg *leg)
{
	return text_equal(leg->app, TEXT("ConfBridge")) || text_equal(leg->app, TEXT("MeetMe"));
}

static void name_channel(struct cel_step *step, const struct cel_leg *leg)
{
	cel_step_set(step, "channel", leg->channel->name);
}

/* Another channel in the bridge that @leg is in: by the bridge's id, or by name where no row says
 * that it is in there. Versions before 12 have no ids. A channel that picked up the call came into
 * the bridge under its own linkedid. */
static struct cel_leg *find_partner(struct cel_walk *walk, const struct cel_leg *leg)
{
	struct text names = walk->row->field[CEL_PEER], name;

	for (struct cel_leg *other = walk->legs; other && leg->bridge.size > 0;
		other = other->next) {
		if (other != leg && text_equal(other->bridge, leg->bridge)) {
			return other;
		}
	}
	while (text_split(&names, ',', &name)) {
		struct cel_leg *named = cel_walk_leg_by_name(walk, name);

		if (named && named != leg && !named->hung_up) {
			return named;
		}
	}
	return NULL;
}

/* `Connected to B` for the channel that the call is about, `A connected to B` for two others. */
static struct cel_step *between(struct cel_walk *walk, const struct cel_leg *a,
	const struct cel_leg *b, const char *main_words, const char *other_words)
{
	const struct cel_leg *from = b == walk->main ? b : a;
	const struct cel_leg *to = b == walk->main ? a : b;
	struct text to_words = cel_walk_describe(walk, to);
	struct cel_step *step = cel_walk_step(walk, from, "info", "bridge");

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

static void connect(struct cel_walk *walk, struct cel_leg *leg)
{
	struct cel_leg *partner = find_partner(walk, leg);
	struct cel_step *step;

	/* The far half of a Local channel only repeats what its near half says. */
	if (!partner || leg->peer == partner || cel_leg_is_local(leg, '2') ||
		cel_leg_is_local(partner, '2')) {
		return;
	}
	step = between(walk, leg, partner, "Connected to", "connected to");
	cel_step_set(step, "bridge_id", leg->bridge);
	leg->peer = partner;
	partner->peer = leg;
	partner->answered = partner->was_bridged = true;
	leg->connected_us = partner->connected_us = walk->row->time_us;
}

static struct text conference_words(
	struct cel_walk *walk, const struct cel_leg *leg, const char *verb)
{
	struct text room = cel_app_argument(leg->app_data, 0);

	return room.size ? cel_walk_text(walk, "%s conference %.*s", verb, TEXT_ARG(room))
			 : cel_walk_text(walk, "%s the conference", verb);
}

void cel_conference_enter(struct cel_walk *walk, struct cel_leg *leg)
{
	struct cel_step *step = cel_walk_step(walk, leg, "info", "bridge");

	step->line = conference_words(walk, leg, "Joined");
	cel_step_set(step, "bridge_id", leg->bridge);
	name_channel(step, leg);
	leg->answered = true;
	leg->connected_us = walk->row->time_us;
}

void cel_bridge_enter(struct cel_walk *walk, struct cel_leg *leg)
{
	leg->bridge = cel_walk_extra(walk, "bridge_id");
	leg->answered = leg->was_bridged = true;
	if (is_conference(leg)) {
		cel_conference_enter(walk, leg);
		return;
	}
	/* A holding bridge is where a channel waits alone: parking tells about that. */
	if (!text_equal(cel_walk_extra(walk, "bridge_technology"), TEXT("holding_bridge"))) {
		connect(walk, leg);
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

void cel_conference_exit(struct cel_walk *walk, struct cel_leg *leg)
{
	struct cel_step *step = cel_walk_step(walk, leg, "info", "bridge");

	step->line = conference_words(walk, leg, "Left");
	if (leg->connected_us > 0) {
		add_duration(walk, step, leg, walk->row->time_us);
	}
	name_channel(step, leg);
	leg->answered = true;
	leg->connected_us = 0;
}

/* They were connected before the recording began: for how long is not known. */
static void leave_unseen(struct cel_walk *walk, struct cel_leg *leg)
{
	struct cel_leg *partner = find_partner(walk, leg);

	if (partner && !cel_leg_is_local(leg, '2') && !cel_leg_is_local(partner, '2')) {
		between(walk, leg, partner, "Disconnected from", "disconnected from");
		leg->was_bridged = partner->was_bridged = true;
	}
}

void cel_bridge_exit(struct cel_walk *walk, struct cel_leg *leg)
{
	struct cel_leg *peer = leg->peer;
	struct cel_step *step;

	leg->answered = true;
	if (is_conference(leg)) {
		cel_conference_exit(walk, leg);
	} else if (peer && !leg->optimized && !peer->optimized) {
		step = between(walk, leg, peer, "Disconnected from", "disconnected from");
		add_duration(walk, step, leg, walk->row->time_us);
	} else if (!peer && !leg->was_bridged) {
		leave_unseen(walk, leg);
	}
	if (peer) {
		leg->peer = NULL;
		peer->peer = peer->peer == leg ? NULL : peer->peer;
	}
	leg->bridge = TEXT("");
}

/* A step of the event that @leg had, called @module whatever the channel runs. */
static struct cel_step *add_event(struct cel_walk *walk, const struct cel_leg *leg,
	const char *class_name, const char *module)
{
	struct cel_step *step = cel_walk_step(walk, leg, class_name, module);

	step->module = text_of(module);
	return step;
}

static struct text name_of(
	struct cel_walk *walk, const struct cel_leg *leg, struct text channel_name)
{
	return leg ? cel_walk_describe(walk, leg) : channel_name;
}

void cel_blind_transfer(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text exten = cel_walk_extra_or_all(walk, "extension");
	struct text context = cel_walk_extra(walk, "context");
	struct text transferee = cel_walk_extra(walk, "transferee_channel_name");
	struct text by = cel_walk_describe(walk, leg);
	struct cel_step *step = add_event(walk, leg, "event", "transfer");

	step->line =
		cel_walk_text(walk, "Blind transfer%s%.*s%s%.*s by %.*s", exten.size ? " to " : "",
			TEXT_ARG(exten), context.size ? "@" : "", TEXT_ARG(context), TEXT_ARG(by));
	name_channel(step, leg);
	cel_step_set(step, "extension", exten);
	cel_step_set(step, "context", context);
	cel_step_set(step, "transferee", transferee.size ? transferee : walk->row->field[CEL_PEER]);
}

/* Asterisk 1.8 to 11 wrote this of the channel that is transferred, with the new channel as its
 * peer. Later versions write it of the one that transfers, and name both others. */
void cel_attended_transfer(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text target_name = cel_walk_extra(walk, "transfer_target_channel_name");
	struct text transferee = cel_walk_extra(walk, "transferee_channel_name");
	bool is_old = target_name.size == 0 && transferee.size == 0;
	struct text to, by = cel_walk_describe(walk, leg);
	struct cel_step *step = add_event(walk, leg, "event", "transfer");

	target_name = is_old ? walk->row->field[CEL_PEER] : target_name;
	to = name_of(walk, cel_walk_leg_by_name(walk, target_name), target_name);
	step->line = cel_walk_text(walk, "Attended transfer%s%.*s%s%.*s%s%.*s",
		is_old ? " of " : "", TEXT_ARG(is_old ? by : TEXT("")), to.size ? " to " : "",
		TEXT_ARG(to), is_old ? "" : " by ", TEXT_ARG(is_old ? TEXT("") : by));
	if (!is_old) {
		name_channel(step, leg);
	}
	cel_step_set(step, "target", target_name);
	cel_step_set(step, "transferee", is_old ? leg->channel->name : transferee);
}

void cel_park_start(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text lot = cel_walk_extra_or_all(walk, "parking_lot");
	struct cel_step *step = add_event(walk, leg, "info", "park");

	step->line = cel_walk_text(walk, "Parked%s%.*s", lot.size ? " in lot " : "", TEXT_ARG(lot));
	cel_step_set(step, "parking_lot", lot);
	name_channel(step, leg);
}

void cel_park_end(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text reason = cel_walk_extra_or_all(walk, "reason");
	struct cel_step *step = add_event(walk, leg, "info", "park");
	const char *words = cel_park_words(reason);

	step->line =
		cel_walk_text(walk, "Left the parking lot%s%s%s%.*s%s", reason.size > 0 ? ": " : "",
			words ? words : "", words ? " (" : "", TEXT_ARG(reason), words ? ")" : "");
	cel_step_set(step, "reason", reason);
	name_channel(step, leg);
}

void cel_pickup(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text extra = cel_walk_extra(walk, "pickup_channel");
	struct text by_name = extra.size ? extra : walk->row->field[CEL_PEER];
	struct text by = name_of(walk, cel_walk_leg_by_name(walk, by_name), by_name);
	struct text whose = cel_walk_describe(walk, leg);
	struct cel_step *step = add_event(walk, leg, "event", "pickup");

	step->line = cel_walk_text(walk, "The call to %.*s was picked up%s%.*s", TEXT_ARG(whose),
		by.size ? " by " : "", TEXT_ARG(by));
	name_channel(step, leg);
}

void cel_forward(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text to = cel_walk_extra_or_all(walk, "forward");
	struct text from = cel_walk_describe(walk, leg);
	struct cel_step *step = add_event(walk, leg, "event", "forward");

	step->line = cel_walk_text(walk, "%.*s forwards to %.*s", TEXT_ARG(from), TEXT_ARG(to));
	name_channel(step, leg);
}
