/* SPDX-License-Identifier: MIT
 * Who talks to whom: bridges, conferences, transfers, parking. */
#include "intake/sources/asterisk/cel_walk.h"
#include "intake/sources/asterisk/cel_words.h"

static bool is_conference(const struct cel_leg *leg)
{
	return text_equal(leg->app, TEXT("ConfBridge")) || text_equal(leg->app, TEXT("MeetMe"));
}

static void name_channel(struct cel_step *step, const struct cel_leg *leg)
{
	cel_step_set(step, "channel", leg->channel->name);
}

/* Another channel in the bridge that @leg is in: by the bridge's id, or by name where no row says
 * that it is in there: versions before 12 have no ids, and a channel that picked up the call came
 * into the bridge under its own linkedid. */
static struct cel_leg *find_partner(
	struct cel_walk *walk, const struct cel_leg *leg, const struct cel_row *row)
{
	struct text names = row->field[CEL_PEER], name;

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
	partner->answered = partner->was_bridged = true;
	leg->connected_us = partner->connected_us = row->time_us;
}

static struct text conference_words(
	struct cel_walk *walk, const struct cel_leg *leg, const char *verb)
{
	struct text room = cel_app_argument(leg->app_data, 0);

	return room.size ? cel_walk_text(walk, "%s conference %.*s", verb, TEXT_ARG(room))
			 : cel_walk_text(walk, "%s the conference", verb);
}

void cel_conference_enter(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct cel_step *step = cel_walk_step(walk, leg, row, "info", "bridge");

	step->line = conference_words(walk, leg, "Joined");
	cel_step_set(step, "bridge_id", leg->bridge);
	name_channel(step, leg);
	leg->answered = true;
	leg->connected_us = row->time_us;
}

void cel_bridge_enter(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	leg->bridge = cel_walk_extra(walk, row, "bridge_id");
	leg->answered = leg->was_bridged = true;
	if (is_conference(leg)) {
		cel_conference_enter(walk, leg, row);
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

void cel_conference_exit(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct cel_step *step = cel_walk_step(walk, leg, row, "info", "bridge");

	step->line = conference_words(walk, leg, "Left");
	if (leg->connected_us > 0) {
		add_duration(walk, step, leg, row->time_us);
	}
	name_channel(step, leg);
	leg->answered = true;
	leg->connected_us = 0;
}

/* They were connected before the recording began: for how long is not known. */
static void leave_unseen(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct cel_leg *partner = find_partner(walk, leg, row);

	if (partner && !cel_leg_is_local(leg, '2') && !cel_leg_is_local(partner, '2')) {
		between(walk, leg, partner, row, "Disconnected from", "disconnected from");
		leg->was_bridged = partner->was_bridged = true;
	}
}

void cel_bridge_exit(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct cel_leg *peer = leg->peer;
	struct cel_step *step;

	leg->answered = true;
	if (is_conference(leg)) {
		cel_conference_exit(walk, leg, row);
	} else if (peer && !leg->optimized && !peer->optimized) {
		step = between(walk, leg, peer, row, "Disconnected from", "disconnected from");
		add_duration(walk, step, leg, row->time_us);
	} else if (!peer && !leg->was_bridged) {
		leave_unseen(walk, leg, row);
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
	struct text exten = cel_walk_extra_or_all(walk, row, "extension");
	struct text context = cel_walk_extra(walk, row, "context");
	struct text transferee = cel_walk_extra(walk, row, "transferee_channel_name");
	struct cel_step *step = cel_walk_step(walk, leg, row, "event", "transfer");

	step->module = TEXT("transfer");
	step->line = cel_walk_text(walk, "Blind transfer%s%.*s%s%.*s", exten.size ? " to " : "",
		TEXT_ARG(exten), context.size ? "@" : "", TEXT_ARG(context));
	finish_transfer(walk, step, leg);
	cel_step_set(step, "extension", exten);
	cel_step_set(step, "context", context);
	cel_step_set(step, "transferee", transferee.size ? transferee : row->field[CEL_PEER]);
}

/* Asterisk 1.8 to 11 wrote this of the channel that is transferred, with the new channel as its
 * peer. */
static void old_attended_transfer(
	struct cel_walk *walk, const struct cel_leg *leg, const struct cel_row *row)
{
	struct text target_name = row->field[CEL_PEER];
	struct cel_leg *target = cel_walk_leg_by_name(walk, target_name);
	struct text to = target ? cel_walk_describe(walk, target) : target_name;
	struct text whose = cel_walk_describe(walk, leg);
	struct cel_step *step = cel_walk_step(walk, leg, row, "event", "transfer");

	step->module = TEXT("transfer");
	step->line = cel_walk_text(walk, "Attended transfer of %.*s%s%.*s", TEXT_ARG(whose),
		to.size ? " to " : "", TEXT_ARG(to));
	cel_step_set(step, "target", target_name);
	cel_step_set(step, "transferee", leg->channel->name);
}

void cel_attended_transfer(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text target_name = cel_walk_extra(walk, row, "transfer_target_channel_name");
	struct text transferee = cel_walk_extra(walk, row, "transferee_channel_name");
	struct cel_leg *target = cel_walk_leg_by_name(walk, target_name);
	struct text to = target ? cel_walk_describe(walk, target) : target_name;
	struct cel_step *step;

	if (target_name.size == 0 && transferee.size == 0) {
		old_attended_transfer(walk, leg, row);
		return;
	}
	step = cel_walk_step(walk, leg, row, "event", "transfer");
	step->module = TEXT("transfer");
	step->line = to.size ? cel_walk_text(walk, "Attended transfer to %.*s", TEXT_ARG(to))
			     : TEXT("Attended transfer");
	finish_transfer(walk, step, leg);
	cel_step_set(step, "target", target_name);
	cel_step_set(step, "transferee", transferee);
}

void cel_park_start(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text lot = cel_walk_extra_or_all(walk, row, "parking_lot");
	struct cel_step *step = cel_walk_step(walk, leg, row, "info", "park");

	step->module = TEXT("park");
	step->line = lot.size ? cel_walk_text(walk, "Parked in lot %.*s", TEXT_ARG(lot))
			      : TEXT("Parked");
	cel_step_set(step, "parking_lot", lot);
	name_channel(step, leg);
}

void cel_park_end(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text reason = cel_walk_extra_or_all(walk, row, "reason");
	struct cel_step *step = cel_walk_step(walk, leg, row, "info", "park");
	const char *words = cel_park_words(reason);

	step->module = TEXT("park");
	step->line = TEXT("Left the parking lot");
	if (words) {
		step->line = cel_walk_text(
			walk, "Left the parking lot: %s (%.*s)", words, TEXT_ARG(reason));
	} else if (reason.size > 0) {
		step->line = cel_walk_text(walk, "Left the parking lot: %.*s", TEXT_ARG(reason));
	}
	cel_step_set(step, "reason", reason);
	name_channel(step, leg);
}

void cel_pickup(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text extra = cel_walk_extra(walk, row, "pickup_channel");
	struct text by_name = extra.size ? extra : row->field[CEL_PEER];
	struct cel_leg *picker = cel_walk_leg_by_name(walk, by_name);
	struct text by = picker ? cel_walk_describe(walk, picker) : by_name;
	struct text whose = cel_walk_describe(walk, leg);
	struct cel_step *step = cel_walk_step(walk, leg, row, "event", "pickup");

	step->module = TEXT("pickup");
	step->line = cel_walk_text(walk, "The call to %.*s was picked up%s%.*s", TEXT_ARG(whose),
		by.size ? " by " : "", TEXT_ARG(by));
	name_channel(step, leg);
}

void cel_forward(struct cel_walk *walk, struct cel_leg *leg, const struct cel_row *row)
{
	struct text to = cel_walk_extra_or_all(walk, row, "forward");
	struct text from = cel_walk_describe(walk, leg);
	struct cel_step *step = cel_walk_step(walk, leg, row, "event", "forward");

	step->module = TEXT("forward");
	step->line = cel_walk_text(walk, "%.*s forwards to %.*s", TEXT_ARG(from), TEXT_ARG(to));
	name_channel(step, leg);
}
