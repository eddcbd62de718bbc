/* SPDX-License-Identifier: MIT
 * Prompts, music on hold and digits. */
#include "intake/sources/asterisk/cel_walk.h"

#define SECOND_US	 INT64_C(1000000)
#define SEAMLESS_US	 100000 /* between two sounds of one prompt */
#define SOUNDS_BYTES_MAX 500
#define DIGITS_MAX	 256

/* Digits that follow a prompt after a pause this long are another input. In a bridge, a feature
 * code plays a prompt and goes on, at the pace of a person. */
#define PAUSE_US	(3 * SECOND_US / 2)
#define BRIDGE_PAUSE_US (5 * SECOND_US)

#define READ_TIMEOUT_US (10 * SECOND_US) /* Asterisk's, when Read is given none */
#define TOLERANCE_US	50000

static bool is_read(const struct cel_leg *leg)
{
	return text_equal_ascii_case(leg->app, TEXT("Read"));
}

struct text cel_media_variable(const struct cel_leg *leg)
{
	if (is_read(leg) || text_equal_ascii_case(leg->app, TEXT("ReadExten"))) {
		return cel_app_argument(leg->app_data, 0);
	}
	return TEXT("");
}

static bool is_bridged_app(const struct cel_leg *leg)
{
	static const char *const apps[] = {
		"Dial", "Queue", "AppDial", "AppDial2", "AppQueue", "Bridge", "ConfBridge"};

	for (size_t i = 0; i < COUNT_OF(apps); i++) {
		if (text_equal_string(leg->app, apps[i])) {
			return true;
		}
	}
	return false;
}

/* `4` or `2.5` seconds, Read's sixth argument. */
static int64_t read_timeout_us(const struct cel_leg *leg)
{
	struct text rest = cel_app_argument(leg->app_data, 5);
	struct text whole, fraction;
	int64_t seconds, tenths = 0;

	if (!text_split(&rest, '.', &whole) || !text_to_int64(whole, &seconds) || seconds > 3600) {
		return READ_TIMEOUT_US;
	}
	if (text_split(&rest, '.', &fraction) && fraction.size > 0) {
		text_to_int64(text_head(fraction, 1), &tenths);
	}
	return seconds * SECOND_US + tenths * SECOND_US / 10;
}

void cel_media_settle(struct cel_walk *walk, struct cel_leg *leg)
{
	/* A caller that was taken elsewhere before the time was over did not fail to answer. */
	if (leg->awaits_input && is_read(leg) &&
		walk->row->time_us - leg->prompt_ended_us >= read_timeout_us(leg) - TOLERANCE_US) {
		struct cel_step *step = cel_walk_step(walk, leg, "event", "input");

		step->line = TEXT("No input");
	}
	leg->awaits_input = false;
	leg->input = NULL;
	leg->prompt_open = false;
}

static void begin_music(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text name = cel_walk_extra(walk, "class");
	struct cel_step *step = cel_walk_step(walk, leg, "prompt", "music");

	step->line = name.size ? cel_walk_text(walk, "Playing music on hold (%.*s)", TEXT_ARG(name))
			       : TEXT("Playing music on hold");
	cel_step_set(step, "music_class", name);
	leg->music = step;
	leg->music_began_us = walk->row->time_us;
}

/* SayDigits and its kin play a sound for each digit: what they say reads better. */
static struct text prompt_words(struct cel_walk *walk, const struct cel_leg *leg)
{
	struct text said = cel_app_argument(leg->app_data, 0);
	bool says = text_starts_with(leg->app, TEXT("Say")) && said.size > 0;
	struct text what = says ? said : leg->sounds;
	const char *verb = says ? "Saying" : "Playing";

	if (what.size == 0) {
		what = TEXT("a sound");
	}
	if (leg == walk->main) {
		return cel_walk_text(walk, "%s %.*s", verb, TEXT_ARG(what));
	}
	struct text to = cel_walk_describe(walk, leg);

	return cel_walk_text(walk, "%s %.*s to %.*s", verb, TEXT_ARG(what), TEXT_ARG(to));
}

static void begin_prompt(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text sound = cel_walk_extra(walk, "sound");
	bool goes_on = leg->prompt_open && leg->prompt_ended_us >= leg->prompt_began_us &&
		       walk->row->time_us - leg->prompt_ended_us < SEAMLESS_US &&
		       leg->sounds.size < SOUNDS_BYTES_MAX;

	if (goes_on) {
		leg->sounds =
			cel_walk_text(walk, "%.*s, %.*s", TEXT_ARG(leg->sounds), TEXT_ARG(sound));
	} else {
		leg->prompt = cel_walk_step(walk, leg, "prompt", "prompt");
		leg->prompt_began_us = walk->row->time_us;
		leg->sounds = sound;
	}
	leg->prompt_open = true;
	leg->prompt_ended_us = -1;
	leg->prompt->line = prompt_words(walk, leg);
	cel_step_set(leg->prompt, "sound", leg->sounds);
	cel_step_set(leg->prompt, "language", cel_walk_extra(walk, "language"));
}

void cel_media_begin(struct cel_walk *walk, struct cel_leg *leg)
{
	if (text_equal(walk->row->field[CEL_USER_EVENT], TEXT("MOH_STREAM_BEGIN")) ||
		cel_walk_extra(walk, "class").size > 0) {
		begin_music(walk, leg);
		return;
	}
	if (is_read(leg) && (leg->awaits_input || leg->input)) {
		bool open = leg->prompt_open && leg->awaits_input;

		cel_media_settle(walk, leg);
		leg->prompt_open = open;
	}
	leg->prompt_since = true;
	begin_prompt(walk, leg);
}

void cel_media_end(struct cel_walk *walk, struct cel_leg *leg)
{
	bool is_file = text_equal(walk->row->field[CEL_USER_EVENT], TEXT("FILE_STREAM_END"));
	bool is_music = text_equal(walk->row->field[CEL_USER_EVENT], TEXT("MOH_STREAM_END")) ||
			(!is_file && (!leg->prompt || leg->prompt_ended_us >= 0));

	if (is_music && leg->music) {
		cel_step_set_number(walk, leg->music, "duration_ms",
			(walk->row->time_us - leg->music_began_us) / 1000);
		leg->music = NULL;
	} else if (!is_music && leg->prompt) {
		cel_step_set_number(walk, leg->prompt, "duration_ms",
			(walk->row->time_us - leg->prompt_began_us) / 1000);
		leg->prompt_ended_us = walk->row->time_us;
		leg->awaits_input = is_read(leg) && !leg->input;
	}
}

static bool is_full(const struct cel_leg *leg)
{
	int64_t most;

	return leg->digits.size >= DIGITS_MAX ||
	       (is_read(leg) && text_to_int64(cel_app_argument(leg->app_data, 2), &most) &&
		       most > 0 && leg->digits.size >= (size_t)most);
}

static bool begins_input(const struct cel_leg *leg, int64_t now_us)
{
	int64_t pause_us = now_us - leg->last_digit_us;

	if (!leg->input || is_full(leg)) {
		return true;
	}
	return is_bridged_app(leg) ? pause_us >= BRIDGE_PAUSE_US
				   : leg->prompt_since && pause_us >= PAUSE_US;
}

void cel_media_digit(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text digit = cel_walk_extra(walk, "digit");

	/* `Sent` is the same digit passed on to another channel. */
	if (text_equal(walk->row->field[CEL_USER_EVENT], TEXT("Sent")) || digit.size == 0) {
		return;
	}
	leg->prompt_open = false;
	leg->awaits_input = false;
	if (begins_input(leg, walk->row->time_us)) {
		leg->input = cel_walk_step(walk, leg, "event", "input");
		leg->digits = TEXT("");
		leg->prompt_since = false;
	}
	leg->digits = cel_walk_text(walk, "%.*s%.*s", TEXT_ARG(leg->digits), TEXT_ARG(digit));
	leg->last_digit_us = walk->row->time_us;
	leg->input->line = cel_walk_text(walk, "User input: %.*s (dtmf)", TEXT_ARG(leg->digits));
	if (leg != walk->main) {
		struct text from = cel_walk_describe(walk, leg);

		leg->input->line = cel_walk_text(
			walk, "%.*s from %.*s", TEXT_ARG(leg->input->line), TEXT_ARG(from));
	}
	/* The answer to a digit may begin to play before the `#` that ends the input. */
	if (!walk->failed && (!leg->prompt_since || is_bridged_app(leg))) {
		leg->input->time_us = walk->row->time_us;
		list_remove(&walk->steps, &leg->input->link);
		list_append(&walk->steps, &leg->input->link);
	}
}
