/* SPDX-License-Identifier: MIT
 * Steps in the making, and what the walk reads off rows and channels. */
#include "intake/sources/asterisk/cel_walk.h"

#include "json/json_reader.h"

struct text cel_walk_text(struct cel_walk *walk, const char *format, ...)
{
	struct text text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(walk->arena, format, args);
	va_end(args);
	walk->failed |= !text.data;
	return text.data ? text : TEXT("");
}

/* What called channels run is named after the application that called them: AppDial, AppQueue. */
struct text cel_app_module(struct text app, const char *word)
{
	if (app.size == 0) {
		return text_of(word);
	}
	if (text_equal(app, TEXT("AppDial2"))) {
		return TEXT("Originate");
	}
	return text_starts_with(app, TEXT("App")) && app.size > 3 ? text_tail(app, 3) : app;
}

/* Whether what the application was given belongs into the log: a called channel has none, and a
 * user's event shows it anyway. */
static bool tells_argument(const struct cel_leg *leg)
{
	return !text_equal_ascii_case(leg->app, TEXT("CELGenUserEvent")) &&
	       !text_equal(leg->app_data, TEXT("(Outgoing Line)"));
}

struct cel_step *cel_walk_step(
	struct cel_walk *walk, const struct cel_leg *leg, const char *class_name, const char *word)
{
	struct cel_step *step = arena_calloc(walk->arena, 1, sizeof(*step));

	if (step) {
		list_append(&walk->steps, &step->link);
	} else {
		walk->failed = true;
		walk->unread = (struct cel_step){0};
		step = &walk->unread;
	}
	step->time_us = walk->row->time_us;
	step->class_name = class_name;
	step->module = cel_app_module(leg->app, word);
	step->variable = cel_media_variable(leg);
	step->line = TEXT("");
	if (leg->channel && leg != walk->main) {
		cel_step_set(step, "channel", leg->channel->name);
	}
	if (tells_argument(leg)) {
		cel_step_set(step, "appdata", leg->app_data);
	}
	return step;
}

/* Sets the member @name; a new one is not kept where there are too many. */
static void set(struct cel_step *step, const char *name, struct text value, bool is_number)
{
	size_t i = 0;

	while (i < step->count && strcmp(step->members[i].name, name) != 0) {
		i++;
	}
	if (i < CEL_MEMBERS_MAX) {
		step->count = i == step->count ? i + 1 : step->count;
		step->members[i] = (struct cel_member){name, value, is_number};
	}
}

void cel_step_set(struct cel_step *step, const char *name, struct text value)
{
	if (value.size > 0) {
		set(step, name, value, false);
	}
}

void cel_step_set_true(struct cel_step *step, const char *name)
{
	set(step, name, TEXT("true"), true);
}

void cel_step_set_number(
	struct cel_walk *walk, struct cel_step *step, const char *name, int64_t value)
{
	set(step, name, cel_walk_text(walk, "%lld", (long long)value), true);
}

bool cel_leg_is_local(const struct cel_leg *leg, char half)
{
	struct text name = leg->channel->name;
	char last = name.size > 2 && name.data[name.size - 2] == ';' ? name.data[name.size - 1] : 0;

	return text_starts_with(name, TEXT("Local/")) &&
	       (half ? last == half : last == '1' || last == '2');
}

struct text cel_walk_describe(struct cel_walk *walk, const struct cel_leg *leg)
{
	const struct cel_channel *channel = leg->channel;
	bool is_local = cel_leg_is_local(leg, 0);
	struct text number = is_local ? channel->exten : channel->number;
	struct text name = channel->name.size ? channel->name : channel->unique_id;

	if (number.size == 0) {
		return name;
	}
	return cel_walk_text(walk, "%.*s (%.*s)", TEXT_ARG(number), TEXT_ARG(name));
}

struct text cel_app_argument(struct text app_data, int index)
{
	struct text part = TEXT("");

	for (int i = 0; i <= index; i++) {
		if (!text_split(&app_data, ',', &part)) {
			return TEXT("");
		}
	}
	return part;
}

struct text cel_walk_extra(struct cel_walk *walk, const char *wanted)
{
	struct json_reader reader;
	struct json_token name, value;
	struct text text = TEXT("");

	json_reader_init(&reader, walk->row->field[CEL_EXTRA], (struct json_position){1, 1});
	if (json_reader_next(&reader, &value, NULL) <= 0 || value.kind != JSON_OBJECT) {
		return text;
	}
	while (json_reader_next_member(&reader, &name, &value, NULL) > 0) {
		bool is_wanted = json_token_is(&name, wanted);

		if (is_wanted && value.kind == JSON_NUMBER) {
			return value.raw;
		}
		if (is_wanted && value.kind == JSON_STRING) {
			text = json_token_string(&value, walk->arena);
			walk->failed |= !text.data;
			return text.data ? text : TEXT("");
		}
		if (json_reader_skip(&reader, &value, NULL) < 0) {
			break;
		}
	}
	return text;
}

bool cel_walk_extra_is_json(const struct cel_walk *walk)
{
	struct json_reader reader;
	struct json_token token;

	json_reader_init(&reader, walk->row->field[CEL_EXTRA], (struct json_position){1, 1});
	return json_reader_next(&reader, &token, NULL) > 0 &&
	       json_reader_skip(&reader, &token, NULL) == 0 &&
	       json_reader_next(&reader, &token, NULL) == 0;
}

struct text cel_walk_extra_or_all(struct cel_walk *walk, const char *name)
{
	struct text extra = text_trim(walk->row->field[CEL_EXTRA]);

	return extra.size > 0 && extra.data[0] != '{' ? extra : cel_walk_extra(walk, name);
}

struct cel_leg *cel_walk_leg_by_name(const struct cel_walk *walk, struct text name)
{
	struct cel_channel *channel = name.size ? cel_call_channel_by_name(walk->call, name) : NULL;

	return channel ? channel->leg : NULL;
}
