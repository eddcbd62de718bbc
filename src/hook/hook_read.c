/* SPDX-License-Identifier: MIT
 * Reading a hook, member by member. */
#include "hook/hook_read.h"

#include "base/array.h"
#include "json/json_reader.h"

enum member_kind { TEXT_MEMBER, NUMBER_MEMBER, EVENT_MEMBER, STATE_MEMBER };

static const struct member {
	const char *name;
	enum member_kind kind;
	size_t offset; /* in struct store_hook */
} members[] = {
	{"name", TEXT_MEMBER, offsetof(struct store_hook, name)},
	{"url", TEXT_MEMBER, offsetof(struct store_hook, url)},
	{"filter", TEXT_MEMBER, offsetof(struct store_hook, filter)},
	{"event", EVENT_MEMBER, offsetof(struct store_hook, event)},
	{"state", STATE_MEMBER, offsetof(struct store_hook, state)},
	{"more_than", NUMBER_MEMBER, offsetof(struct store_hook, more_than)},
	{"window", NUMBER_MEMBER, offsetof(struct store_hook, window_s)},
	{"times", NUMBER_MEMBER, offsetof(struct store_hook, times)},
};

static const struct member *member_of(const struct json_token *name)
{
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		if (json_token_is(name, members[i].name)) {
			return &members[i];
		}
	}
	return NULL;
}

static int read_word(
	const struct member *member, struct text word, int64_t *ret_value, struct error *err)
{
	int value = member->kind == EVENT_MEMBER ? hook_event_find(word) : hook_state_find(word);

	if (member->kind == EVENT_MEMBER && value < 0) {
		return error_set(
			err, ERROR_INVALID, "event: begins, ends, step or threshold is expected");
	}
	if (member->kind == STATE_MEMBER && value != STORE_HOOK_ON && value != STORE_HOOK_OFF) {
		return error_set(err, ERROR_INVALID, "state: on or off is expected");
	}
	*ret_value = value;
	return 0;
}

static int read_value(const struct member *member, const struct json_token *value,
	struct arena *arena, struct store_hook *hook, struct error *err)
{
	void *place = (char *)hook + member->offset;
	struct text text;

	if (member->kind == NUMBER_MEMBER) {
		if (value->kind != JSON_NUMBER || !text_to_int64(value->raw, place)) {
			return error_set(err, ERROR_INVALID,
				"%s: a whole number, not negative, is expected", member->name);
		}
		return 0;
	}
	if (value->kind != JSON_STRING) {
		return error_set(err, ERROR_INVALID, "%s: a string is expected", member->name);
	}
	text = json_token_string(value, arena);
	if (!text.data) {
		return error_no_memory(err);
	}
	if (member->kind == TEXT_MEMBER) {
		*(struct text *)place = text;
		return 0;
	}
	return read_word(member, text, place, err);
}

int hook_read(struct text json, struct arena *arena, struct store_hook *hook, struct error *err)
{
	struct json_reader reader;
	struct json_token name, value;
	struct json_names names;
	int more;

	json_reader_init(&reader, json, (struct json_position){1, 1});
	json_reader_check_names(&reader, &names, arena);
	more = json_reader_next(&reader, &value, err);
	if (more < 0) {
		return -1;
	}
	if (more == 0 || value.kind != JSON_OBJECT) {
		return error_set(err, ERROR_INVALID, "an object is expected");
	}
	while ((more = json_reader_next_member(&reader, &name, &value, err)) > 0) {
		const struct member *member = member_of(&name);

		if ((member ? read_value(member, &value, arena, hook, err)
			    : json_reader_skip(&reader, &value, err)) < 0) {
			return -1;
		}
	}
	return more < 0 || json_reader_next(&reader, &value, err) < 0 ? -1 : 0;
}
