/* SPDX-License-Identifier: MIT
 * The walk over a call's rows. */
#include "intake/sources/asterisk/cel_walk.h"

#include "call/call_join.h"
#include "intake/sources/asterisk/cel_secret.h"

static void start_main(struct cel_walk *walk, struct cel_leg *leg)
{
	const struct cel_channel *channel = leg->channel;
	struct text from = channel->number.size ? channel->number : TEXT("an unknown number");
	struct cel_step *step = cel_walk_step(walk, leg, "info", "start");

	if (text_equal(channel->name, TEXT("OutgoingSpoolFailed"))) {
		/* Asterisk runs this extension on another channel when no party could be
		 * reached. */
		step->line = cel_walk_text(walk, "An originated call failed; running %.*s@%.*s",
			TEXT_ARG(walk->row->field[CEL_EXTEN]),
			TEXT_ARG(walk->row->field[CEL_CONTEXT]));
	} else if (walk->originated) {
		step->line = cel_walk_text(walk, "Calling %.*s, showing %.*s",
			TEXT_ARG(channel->name), TEXT_ARG(from));
	} else if (walk->row->field[CEL_EXTEN].size > 0) {
		step->line = cel_walk_text(walk, "Dialled %.*s from %.*s",
			TEXT_ARG(walk->row->field[CEL_EXTEN]), TEXT_ARG(from));
	} else {
		step->line = cel_walk_text(walk, "Call from %.*s", TEXT_ARG(from));
	}
	if (channel->caller_name.size > 0 && !walk->originated) {
		step->line = cel_walk_text(
			walk, "%.*s (%.*s)", TEXT_ARG(step->line), TEXT_ARG(channel->caller_name));
	}
	cel_step_set(step, "caller_name", channel->caller_name);
	cel_step_set(step, "channel", channel->name);
	cel_step_set(step, "context", walk->row->field[CEL_CONTEXT]);
	cel_step_set(step, "exten", walk->row->field[CEL_EXTEN]);
}

static void on_start(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text party;
	struct cel_step *step;

	if (leg == walk->main) {
		start_main(walk, leg);
		return;
	}
	if (cel_leg_is_local(leg, '2')) {
		return;
	}
	party = cel_walk_describe(walk, leg);
	step = cel_walk_step(walk, leg, cel_leg_is_local(leg, '1') ? "debug" : "info", "dial");
	/* What called it is known only from its later rows. */
	step->module = cel_app_module(leg->channel->app, "dial");
	step->line = cel_walk_text(walk, "Calling %.*s", TEXT_ARG(party));
	cel_step_set(step, "channel", leg->channel->name);
}

static void on_answer(struct cel_walk *walk, struct cel_leg *leg)
{
	struct cel_step *step;

	if (leg->answered) {
		return;
	}
	leg->answered = true;
	if (cel_leg_is_local(leg, 0)) {
		return;
	}
	step = cel_walk_step(walk, leg, "event", "answer");
	if (leg == walk->main && !walk->originated) {
		step->line = TEXT("Answered");
	} else {
		struct text party =
			leg == walk->main ? leg->channel->name : cel_walk_describe(walk, leg);

		step->line = cel_walk_text(walk, "%.*s answered", TEXT_ARG(party));
	}
	cel_step_set(step, "channel", leg->channel->name);
}

static void on_optimize(struct cel_walk *walk, struct cel_leg *leg)
{
	struct cel_leg *other = cel_walk_leg_by_name(walk, cel_walk_extra(walk, "local_two"));

	leg->optimized = true;
	if (other) {
		other->optimized = true;
	}
}

/* The value of a user's event or variable @name as it may be shown. */
static struct text hidden_value(struct cel_walk *walk, struct text name, struct text value)
{
	struct text shown = cel_secret_is_name(name) && value.size > 0
				    ? TEXT(CEL_SECRET_MARK)
				    : cel_secret_hide(walk->arena, TEXT(""), value);

	walk->failed |= !shown.data;
	return shown.data ? shown : TEXT("");
}

void cel_user_event(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text name = walk->row->field[CEL_EVENT_TYPE];
	struct text value = cel_walk_extra(walk, "extra");
	struct cel_step *step;

	/* Some back ends write the event's own name beside this one. */
	if (text_equal(name, TEXT("USER_DEFINED"))) {
		name = walk->row->field[CEL_USER_EVENT];
	}
	if (!cel_walk_extra_is_json(walk)) {
		value = walk->row->field[CEL_EXTRA];
	}
	value = hidden_value(walk, name, value);
	step = cel_walk_step(walk, leg, "event", "event");
	step->module = TEXT("CELGenUserEvent");
	step->variable = name;
	step->line = cel_walk_text(
		walk, "%.*s: %.*s", TEXT_ARG(name), TEXT_ARG(value.size ? value : TEXT("(empty)")));
	cel_step_set(step, "value", value);
}

/* Applications that a caller stays in for a while, whether or not they play anything. */
static void on_app(struct cel_walk *walk, struct cel_leg *leg)
{
	static const struct {
		const char *app;
		const char *words; /* before its first argument */
	} announced[] = {
		{"Queue", "Waiting in queue"},
		{"VoiceMail", "Reached the voicemail of"},
		{"VoiceMailMain", "Listening to the voicemail of"},
		{"Record", "Recording to"},
	};
	struct text what = cel_app_argument(leg->app_data, 0);

	for (size_t i = 0; i < COUNT_OF(announced); i++) {
		if (text_equal_ascii_case(leg->app, text_of(announced[i].app))) {
			struct cel_step *step = cel_walk_step(walk, leg, "info", "app");

			step->line =
				cel_walk_text(walk, "%s %.*s", announced[i].words, TEXT_ARG(what));
		}
	}
}

/* The rows of a channel's end show an application that it ran long before, or none. */
static bool tells_app(const struct cel_walk *walk, const struct cel_leg *leg)
{
	const struct cel_row *row = walk->row;
	bool end = cel_row_is(row, "HANGUP") || cel_row_is(row, "CHAN_END") ||
		   cel_row_is(row, "LINKEDID_END");

	/* What the manager tells on top of the event log changes nothing of what that says. */
	if (cel_row_is(row, "AMI_STEP") || cel_row_is(row, "AMI_STATUS")) {
		return false;
	}
	return row->field[CEL_APP].size > 0 && (!end || leg->app.size == 0);
}

/* Notes which application the channel runs now. */
static void follow_app(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text app = walk->row->field[CEL_APP];
	struct text app_data = walk->row->field[CEL_APP_DATA];

	if (!tells_app(walk, leg) ||
		(text_equal(leg->app, app) && text_equal(leg->app_data, app_data))) {
		return;
	}
	cel_media_settle(walk, leg);
	leg->app = app;
	leg->app_data = app_data;
	on_app(walk, leg);
}

static void on_app_start(struct cel_walk *walk, struct cel_leg *leg)
{
	struct cel_step *step = cel_walk_step(walk, leg, "debug", "app");

	step->line = cel_walk_text(
		walk, "Running %.*s(%.*s)", TEXT_ARG(leg->app), TEXT_ARG(leg->app_data));
}

/* What Asterisk 1.8 to 11 said of a conference, of three on a line, and of a telephone's key for a
 * second call. */
static void tell_old_event(struct cel_walk *walk, const struct cel_leg *leg, const char *line)
{
	struct cel_step *step = cel_walk_step(walk, leg, "info", "event");

	step->line = text_of(line);
	cel_step_set(step, "channel", leg->channel->name);
	cel_step_set(step, "peer", walk->row->field[CEL_PEER]);
}

/* Asterisk's own events (main/cel.c names them); any other name in the column is a user's event. */
static const struct {
	const char *event_type;
	cel_handle *handle;
	const char *old_line; /* without either it says nothing that other rows do not */
} events[] = {
	{"CHAN_START", on_start, NULL},
	{"CHAN_END", cel_channel_end, NULL},
	{"HANGUP", cel_hangup, NULL},
	{"ANSWER", on_answer, NULL},
	{"APP_START", on_app_start, NULL},
	{"APP_END", NULL, NULL},
	{"BRIDGE_ENTER", cel_bridge_enter, NULL},
	{"BRIDGE_EXIT", cel_bridge_exit, NULL},
	{"BRIDGE_START", cel_bridge_enter, NULL},
	{"BRIDGE_END", cel_bridge_exit, NULL},
	{"BRIDGE_UPDATE", cel_bridge_enter, NULL},
	{"CONF_ENTER", cel_conference_enter, NULL},
	{"CONF_EXIT", cel_conference_exit, NULL},
	{"CONF_START", NULL, "The conference begins"},
	{"CONF_END", NULL, "The conference is over"},
	{"3WAY_START", NULL, "Three-way call begins"},
	{"3WAY_END", NULL, "Three-way call ends"},
	{"HOOKFLASH", NULL, "Hook flash"},
	{"TRANSFER", NULL, "Transfer"},
	{"BLINDTRANSFER", cel_blind_transfer, NULL},
	{"ATTENDEDTRANSFER", cel_attended_transfer, NULL},
	{"PARK_START", cel_park_start, NULL},
	{"PARK_END", cel_park_end, NULL},
	{"PICKUP", cel_pickup, NULL},
	{"FORWARD", cel_forward, NULL},
	{"LOCAL_OPTIMIZE", on_optimize, NULL},
	{"LOCAL_OPTIMIZE_BEGIN", on_optimize, NULL},
	{"STREAM_BEGIN", cel_media_begin, NULL},
	{"STREAM_END", cel_media_end, NULL},
	{"DTMF", cel_media_digit, NULL},
	{"LINKEDID_END", NULL, NULL},
	{"AMI_STEP", cel_native_step, NULL},
	{"AMI_STATUS", cel_native_status, NULL},
	{"AMI_UP", NULL, NULL},
	{"AMI_AGAIN", NULL, NULL},
	{"AMI_STILL", NULL, NULL},
};

static void take_row(struct cel_walk *walk)
{
	struct cel_leg *leg = walk->row->channel->leg;
	size_t i = 0;

	follow_app(walk, leg);
	while (i < COUNT_OF(events) && !cel_row_is(walk->row, events[i].event_type)) {
		i++;
	}
	if (i == COUNT_OF(events)) {
		cel_user_event(walk, leg);
	} else if (events[i].handle) {
		events[i].handle(walk, leg);
	} else if (events[i].old_line) {
		tell_old_event(walk, leg, events[i].old_line);
	}
	leg->seen = true;
}

static bool make_legs(struct cel_walk *walk)
{
	struct cel_leg **link = &walk->legs;

	for (struct cel_channel *channel = walk->call->channels; channel; channel = channel->next) {
		struct cel_leg *leg = arena_calloc(walk->arena, 1, sizeof(*leg));

		if (!leg) {
			return false;
		}
		leg->channel = channel;
		leg->app = leg->app_data = leg->bridge = leg->sounds = leg->digits = TEXT("");
		channel->leg = leg;
		*link = leg;
		link = &leg->next;
	}
	return true;
}

/* A step at the row's time that is about no channel: what of the call is not in the recording. */
static void note_cut(struct cel_walk *walk, const char *word, const char *line, const char *member)
{
	struct cel_step *step =
		cel_walk_step(walk, &(struct cel_leg){.app = TEXT("")}, "info", word);

	step->line = text_of(line);
	cel_step_set_true(step, member);
}

void cel_walk(
	struct cel_walk *walk, const struct cel_call *call, struct arena *arena, const char *cut)
{
	struct cel_channel *main = cel_call_main(call);

	*walk = (struct cel_walk){.call = call, .arena = arena, .row = call->first};
	if (!make_legs(walk)) {
		walk->failed = true;
		return;
	}
	walk->main = main->leg;
	walk->originated = cel_channel_was_called(main);
	if (!main->started || !cel_call_knows_giver(call)) {
		note_cut(walk, "start", CALL_BEGINS_BEFORE_LINE, CALL_BEGINS_BEFORE);
	}
	for (const struct cel_row *row = call->first; row; row = row->after) {
		walk->row = row;
		take_row(walk);
	}
	if (cut) {
		note_cut(walk, "end", cut, CALL_GOES_ON);
	}
}
