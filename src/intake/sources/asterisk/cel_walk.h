/* SPDX-License-Identifier: MIT
 * From a call's rows to its steps: a walk over the rows in order that knows what each channel is
 * doing. Private to the source asterisk-cel. */
#ifndef INTAKE_SOURCES_CEL_WALK_H
#define INTAKE_SOURCES_CEL_WALK_H

#include "base/buffer.h"
#include "intake/sources/asterisk/cel_call.h"

#define CEL_MEMBERS_MAX 12

struct cel_member {
	const char *name;
	struct text value;
	bool is_number; /* or true: it is written without quotes */
};

/* One step in the making: more may become known of it while it stands in the list. */
struct cel_step {
	struct list_link link;
	int64_t time_us;
	const char *class_name;
	struct text line;
	struct text module;   /* the application, or a word in lower case */
	struct text variable; /* that the application fills, or the name of the flow's step */
	struct cel_member members[CEL_MEMBERS_MAX];
	size_t count;
	struct text more; /* members behind these, as JSON, without braces */
};

/* What a channel is doing. */
struct cel_leg {
	struct cel_leg *next;
	struct cel_channel *channel;
	struct text app, app_data; /* that it runs */
	bool seen;		   /* a row of it came before this one */
	bool answered;		   /* or was in a bridge, wherever its ANSWER stands */
	bool hung_up;
	int64_t hung_up_us;
	bool optimized; /* half of a Local channel that is being taken out of the way */

	struct cel_step *prompt; /* that is heard or was heard last */
	struct text sounds;	 /* of prompt */
	int64_t prompt_began_us, prompt_ended_us;
	bool prompt_open;	/* a sound that follows at once belongs to it */
	bool awaits_input;	/* a prompt of Read is over, and no digit came since */
	struct cel_step *music; /* on hold */
	int64_t music_began_us;

	struct cel_step *input; /* the digits being collected; NULL: none */
	struct text digits;
	int64_t last_digit_us;
	bool prompt_since; /* a prompt began after the last digit */

	bool was_bridged;     /* its way into a bridge was recorded */
	struct text bridge;   /* that it is in */
	struct cel_leg *peer; /* that it talks to */
	int64_t connected_us;
};

struct cel_walk {
	const struct cel_call *call;
	const struct cel_row *row; /* that the walk has come to */
	struct cel_leg *main;
	struct cel_leg *legs;
	bool originated; /* the exchange called the main channel, rather than the other way round */
	struct arena *arena;
	struct list steps;	/* of struct cel_step */
	bool failed;		/* memory ran out */
	struct cel_step unread; /* what cel_walk_step() returns then */
};

/* Makes the steps of @call in @arena. @cut: why nothing more of the call
 * is known, a sentence; NULL when it is over. @walk->failed tells whether
 * memory ran out. */
void cel_walk(
	struct cel_walk *walk, const struct cel_call *call, struct arena *arena, const char *cut);

/* ---- what the parts of the walk share: cel_step.c ---- */

/* Adds a step at the row's time about what @leg does: its module is the application, @word when it
 * runs none. Never NULL: when memory runs out it is a step that is not read. */
struct cel_step *cel_walk_step(
	struct cel_walk *walk, const struct cel_leg *leg, const char *class_name, const char *word);

/* Formats into the walk's arena. */
struct text cel_walk_text(struct cel_walk *walk, const char *format, ...) FORMAT_PRINTF(2, 3);

/* Adds or replaces a member of the step's data. */
void cel_step_set(struct cel_step *step, const char *name, struct text value);
void cel_step_set_true(struct cel_step *step, const char *name);
void cel_step_set_number(
	struct cel_walk *walk, struct cel_step *step, const char *name, int64_t value);

/* `203 (IAX2/phones-1579)`, or the channel alone when its number is not known. */
struct text cel_walk_describe(struct cel_walk *walk, const struct cel_leg *leg);

/* The member @wanted of the row's eventextra; empty when it has none or is not JSON. */
struct text cel_walk_extra(struct cel_walk *walk, const char *wanted);
bool cel_walk_extra_is_json(const struct cel_walk *walk);

/* The same; where eventextra is not an object, all of it as it stands. Asterisk 1.8 to 11 wrote the
 * one thing there was to say, without a name. */
struct text cel_walk_extra_or_all(struct cel_walk *walk, const char *name);

/* The leg of the channel of that name; NULL when none has it. */
struct cel_leg *cel_walk_leg_by_name(const struct cel_walk *walk, struct text name);

/* Whether it is a half of a Local channel, Asterisk's pipe to another piece of dialplan; @half is 1
 * (the calling side's) or 2, or 0 for either. */
bool cel_leg_is_local(const struct cel_leg *leg, char half);

/* What @app is called in a step: AppDial, which Dial's called channels run, is Dial too. @word when
 * there is none. */
struct text cel_app_module(struct text app, const char *word);

/* The argument number @index, from 0, of what stands in @app_data. */
struct text cel_app_argument(struct text app_data, int index);

/* ---- what abbreviations mean: cel_words.c ---- */

/* Why a parked call was parked no longer: the reason of PARK_END in words; NULL for one that is not
 * known. */
const char *cel_park_words(struct text reason);

/* ---- what each kind of row makes ---- */

/* Takes the walk's row, which is of @leg. */
typedef void cel_handle(struct cel_walk *walk, struct cel_leg *leg);

/* cel_media.c */
cel_handle cel_media_begin, cel_media_end, cel_media_digit;
/* The application that @leg runs is over, or plays its prompt again. */
cel_handle cel_media_settle;
/* The variable that the application @leg runs fills with digits; empty when it fills none. */
struct text cel_media_variable(const struct cel_leg *leg);

/* cel_bridge.c */
cel_handle cel_bridge_enter, cel_bridge_exit, cel_conference_enter, cel_conference_exit;
cel_handle cel_blind_transfer, cel_attended_transfer, cel_park_start, cel_park_end;
cel_handle cel_pickup, cel_forward;

/* cel_native.c: rows that only Asterisk's manager interface has */
cel_handle cel_native_step, cel_native_status;

/* A user's event. */
cel_handle cel_user_event;

/* cel_hangup.c */
cel_handle cel_hangup, cel_channel_end;

#endif
