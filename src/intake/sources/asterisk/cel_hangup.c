/* SPDX-License-Identifier: MIT
 * Which channel hung up, and why. */
#include "intake/sources/asterisk/cel_walk.h"
#include "intake/sources/cause.h"

#define STALE_US 500000

enum {
	CAUSE_CLEARING = 16,
	CAUSE_BUSY = 17,
	CAUSE_NO_RESPONSE = 18,
	CAUSE_NO_ANSWER = 19,
};

struct hangup {
	int64_t cause;
	struct text source; /* the channel that hung up, or `dialplan/…` */
	struct text dial_status;
};

/* Older versions write `16,SIP/100-0001,ANSWER` where newer ones write JSON. */
static struct hangup read_hangup(struct cel_walk *walk)
{
	struct text rest = walk->row->field[CEL_EXTRA];
	struct text cause = cel_walk_extra(walk, "hangupcause");
	struct hangup hangup = {
		.source = cel_walk_extra(walk, "hangupsource"),
		.dial_status = cel_walk_extra(walk, "dialstatus"),
	};

	if (!text_to_int64(cause, &hangup.cause) && text_split(&rest, ',', &cause) &&
		text_to_int64(cause, &hangup.cause)) {
		text_split(&rest, ',', &hangup.source);
		text_split(&rest, ',', &hangup.dial_status);
	}
	return hangup;
}

static void add_cause(struct cel_walk *walk, struct cel_step *step, const struct hangup *hangup)
{
	const char *words = cause_words(hangup->cause);

	step->line = cel_walk_text(
		walk, "%.*s: %s (%lld)", TEXT_ARG(step->line), words, (long long)hangup->cause);
	cel_step_set_number(walk, step, "cause", hangup->cause);
	cel_step_set(step, "cause_text", text_of(words));
	cel_step_set(step, "source", hangup->source);
	cel_step_set(step, "dialstatus", hangup->dial_status);
	if (cause_is_failure(hangup->cause)) {
		step->class_name = "error";
	}
}

/* Asterisk keeps the source of a leg's hang-up for the channel that goes on without it. It shows
 * that again at the end, however much later. */
static bool is_stale(const struct cel_walk *walk, const struct cel_leg *source)
{
	return source && source->hung_up && walk->row->time_us - source->hung_up_us > STALE_US;
}

static struct text hung_up_by(struct cel_walk *walk, const struct hangup *hangup)
{
	struct text source = hangup->source;
	struct cel_leg *leg = cel_walk_leg_by_name(walk, source);
	struct text party;

	if (source.size == 0 || (leg != walk->main && is_stale(walk, leg))) {
		return TEXT("Hung up");
	}
	if (text_starts_with(source, TEXT("dialplan/"))) {
		return TEXT("Hung up by the dialplan");
	}
	if (leg && leg == walk->main) {
		return cel_walk_text(walk, "Hung up by the %s (%.*s)",
			walk->originated ? "called party" : "caller", TEXT_ARG(source));
	}
	party = leg ? cel_walk_describe(walk, leg) : source;
	return cel_walk_text(walk, "Hung up by %.*s", TEXT_ARG(party));
}

/* Of a channel that came up before its first row here, an answer may stand elsewhere: in an older
 * log, or under another linkedid. */
static bool may_have_answered(const struct cel_leg *leg, const struct hangup *hangup)
{
	return leg->answered ||
	       (!leg->channel->started && hangup->cause != CAUSE_BUSY &&
		       hangup->cause != CAUSE_NO_RESPONSE && hangup->cause != CAUSE_NO_ANSWER);
}

static struct text words_of_other(
	struct cel_walk *walk, const struct cel_leg *leg, const struct hangup *hangup)
{
	struct text party = cel_walk_describe(walk, leg);

	if (may_have_answered(leg, hangup)) {
		return cel_walk_text(walk, "%.*s hung up", TEXT_ARG(party));
	}
	if (hangup->cause == CAUSE_BUSY) {
		return cel_walk_text(walk, "%.*s is busy", TEXT_ARG(party));
	}
	if (cause_is_failure(hangup->cause)) {
		return cel_walk_text(walk, "The call to %.*s failed", TEXT_ARG(party));
	}
	return cel_walk_text(walk, "%.*s did not answer", TEXT_ARG(party));
}

/* What of another channel's end tells something that the steps about the main channel do not. */
static bool is_worth_telling(const struct cel_leg *leg, const struct hangup *hangup)
{
	if (cause_is_failure(hangup->cause)) {
		return true;
	}
	if (cel_leg_is_local(leg, 0)) {
		return false;
	}
	return !may_have_answered(leg, hangup) || hangup->cause != CAUSE_CLEARING ||
	       text_equal(hangup->source, leg->channel->name);
}

/* @hangup: NULL when it was not recorded. */
static void tell_end(struct cel_walk *walk, const struct cel_leg *leg, struct text line,
	const struct hangup *hangup, struct text during)
{
	struct cel_step *step = cel_walk_step(walk, leg, "event", "hangup");

	step->line = line;
	if (leg == walk->main) {
		step->module = TEXT("hangup");
	}
	if (hangup) {
		add_cause(walk, step, hangup);
	}
	cel_step_set(step, "during", during);
	cel_step_set(step, "channel", leg->channel->name);
}

void cel_hangup(struct cel_walk *walk, struct cel_leg *leg)
{
	struct hangup hangup = read_hangup(walk);
	struct text during = cel_app_module(leg->app, "");

	cel_media_settle(walk, leg);
	leg->hung_up = true;
	leg->hung_up_us = walk->row->time_us;
	/* The channels that a Local channel connected go on without it. */
	if (leg == walk->main && !leg->optimized) {
		tell_end(walk, leg, hung_up_by(walk, &hangup), &hangup, during);
	} else if (leg != walk->main && is_worth_telling(leg, &hangup)) {
		tell_end(walk, leg, words_of_other(walk, leg, &hangup), &hangup, TEXT(""));
	}
}

void cel_channel_end(struct cel_walk *walk, struct cel_leg *leg)
{
	/* Where HANGUP is not recorded, this is all that is known; but where the recording begins
	 * with it, HANGUP came right before. */
	if (!leg->hung_up && leg == walk->main && leg->seen) {
		leg->hung_up = true;
		tell_end(walk, leg, TEXT("Hung up"), NULL, TEXT(""));
	}
}
