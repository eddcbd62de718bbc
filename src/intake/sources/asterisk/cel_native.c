/* SPDX-License-Identifier: MIT
 * Rows that only Asterisk's manager interface has (ami_rows.h). A row of an event log that happens
 * to have such a name, and not their content, is a user's event like any other. */
#include "intake/sources/asterisk/cel_walk.h"

#include "json/json_reader.h"

/* What stands between the braces of the row's userfield; NULL where that is not an object. */
static struct text further_members(const struct cel_walk *walk)
{
	struct text object = walk->row->field[CEL_USER_FIELD];
	struct json_reader reader;
	struct json_token token;

	json_reader_init(&reader, object, (struct json_position){1, 1});
	if (object.size < 2 || json_reader_next(&reader, &token, NULL) <= 0 ||
		token.kind != JSON_OBJECT || json_reader_skip(&reader, &token, NULL) < 0 ||
		json_reader_next(&reader, &token, NULL) != 0) {
		return (struct text){0};
	}
	return text_head(text_tail(object, 1), object.size - 2);
}

/* A class that a call may have, "event" for any other. */
static const char *class_of(struct text name)
{
	static const char *const classes[] = {"info", "event", "debug", "prompt", "error"};

	for (size_t i = 0; i < COUNT_OF(classes); i++) {
		if (text_equal_string(name, classes[i])) {
			return classes[i];
		}
	}
	return "event";
}

void cel_native_step(struct cel_walk *walk, struct cel_leg *leg)
{
	struct text line = cel_walk_extra(walk, "line");
	struct text more = further_members(walk);
	struct cel_step *step;

	if (line.size == 0 || !more.data) {
		cel_user_event(walk, leg);
		return;
	}
	step = cel_walk_step(walk, leg, class_of(cel_walk_extra(walk, "class")), "event");
	step->count = 0; /* they say all there is to say */
	if (leg != walk->main) {
		cel_step_set(step, "channel", leg->channel->name);
	}
	step->line = line;
	step->module = cel_walk_extra(walk, "module");
	step->variable = cel_walk_extra(walk, "variable");
	step->more = more;
}

/* The step that the application made last, which it ran on @leg; NULL: none. */
static struct cel_step *step_of_app(struct cel_walk *walk, const struct cel_leg *leg)
{
	struct text module = cel_app_module(leg->app, "");
	struct list_link *link = walk->steps.last;

	while (link && !text_equal(CONTAINER_OF(link, struct cel_step, link)->module, module)) {
		link = link->before;
	}
	return module.size > 0 ? CONTAINER_OF(link, struct cel_step, link) : NULL;
}

void cel_native_status(struct cel_walk *walk, struct cel_leg *leg)
{
	static const char *const names[] = {
		"dialstatus", "readstatus", "queuestatus", "vmstatus", "playbackstatus"};
	struct text name = cel_walk_extra(walk, "name");
	struct cel_step *step = step_of_app(walk, leg);

	for (size_t i = 0; step && i < COUNT_OF(names); i++) {
		if (text_equal_string(name, names[i])) {
			cel_step_set(step, names[i], cel_walk_extra(walk, "value"));
		}
	}
}
