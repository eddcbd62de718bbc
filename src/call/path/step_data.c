/* SPDX-License-Identifier: MIT
 * Reading a question for data, and looking for it step by step. */
#include "call/path/step_data.h"

#include "call/call_steps.h"
#include "json/json_find.h"

int step_data_add(struct step_data_query *query, const struct step_datum *datum,
	struct arena *arena, struct error *err)
{
	struct step_datum added = {
		.name = arena_copy(arena, datum->name), .value = arena_copy(arena, datum->value)};

	if (datum->name.size == 0) {
		return error_set(err, ERROR_INVALID, "a name is expected, as in digits=1");
	}
	if (query->count == STEP_DATA_MAX) {
		return error_set(
			err, ERROR_INVALID, "at most %zu may be asked for at once", STEP_DATA_MAX);
	}
	if (!query->items) {
		query->items = arena_calloc(arena, STEP_DATA_MAX, sizeof(*query->items));
	}
	if (!query->items || !added.name.data || !added.value.data) {
		return error_no_memory(err);
	}
	query->items[query->count++] = added;
	return 0;
}

/* Takes the value off the front of @rest, and the comma behind it. */
static struct text take_value(struct text *rest)
{
	struct text inside = text_tail(*rest, rest->size > 0), value, behind;

	if (rest->size > 1 && rest->data[0] == '"' && text_split(&inside, '"', &value) &&
		inside.data && (inside.size == 0 || inside.data[0] == ',')) {
		behind = inside;
		*rest = behind.size > 0 ? text_tail(behind, 1) : (struct text){0};
		return value;
	}
	return text_split(rest, ',', &value) ? value : TEXT("");
}

int step_data_read(
	struct step_data_query *query, struct text pairs, struct arena *arena, struct error *err)
{
	struct text rest = pairs;

	do {
		struct step_datum datum;

		if (!text_split(&rest, '=', &datum.name) || !rest.data) {
			return error_set(err, ERROR_INVALID,
				"NAME=VALUE is expected, as in digits=1, not '%.*s'",
				TEXT_ARG(pairs));
		}
		datum.value = take_value(&rest);
		if (step_data_add(query, &datum, arena, err) < 0) {
			return -1;
		}
	} while (rest.data);
	return 0;
}

/* @json is a value as it is written. */
static int spells(struct text json, struct text value, struct arena *scratch, struct error *err)
{
	struct text string;

	if (json.data[0] != '"') {
		return text_equal(json, value);
	}
	string = json_string_of(json, scratch);
	return string.data ? text_equal(string, value) : error_no_memory(err);
}

static int step_has(const struct call_step_look *step, const struct step_datum *datum,
	struct arena *scratch, struct error *err)
{
	struct text json =
		step->data.data ? json_find_member(step->data, datum->name) : (struct text){0};

	return json.size > 0 ? spells(json, datum->value, scratch, err) : 0;
}

int step_data_matches(const struct step_data_query *query, struct text detail,
	struct arena *scratch, struct error *err)
{
	uint32_t missing = (UINT32_C(1) << query->count) - 1;
	struct call_step_look step;
	struct call_steps steps;
	int more = 1;

	call_steps_init(&steps, detail);
	while (missing != 0 && (more = call_steps_next(&steps, &step, err)) > 0) {
		for (size_t i = 0; i < query->count; i++) {
			int has = (missing >> i & 1) != 0
					  ? step_has(&step, &query->items[i], scratch, err)
					  : 0;

			if (has < 0) {
				return -1;
			}
			missing &= ~((uint32_t)has << i);
		}
	}
	return more < 0 ? -1 : missing == 0;
}
