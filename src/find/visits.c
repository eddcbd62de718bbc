/* SPDX-License-Identifier: MIT
 * From steps to visits. A place's number is that of its pair of names. */
#include "find/visits.h"

#include "call/call_steps.h"
#include "call/filter.h"

#define NO_PLACE UINT32_MAX

/* Where the call is. */
struct walk {
	struct visits *visits;
	visits_each_fn *each;
	void *context;
	struct visit visit;
	struct text module; /* as the last step's are written */
	struct text variable;
};

void visits_init(struct visits *visits, struct arena *arena)
{
	*visits = (struct visits){.arena = arena};
	arena_init(&visits->scratch, arena->ceiling_bytes);
	intern_init(&visits->names, arena);
	pairs_init(&visits->places, arena);
}

void visits_deinit(struct visits *visits)
{
	arena_deinit(&visits->scratch);
}

/* The place of a step; NO_PLACE: it is not at one. */
static bool find_place(
	struct visits *visits, const struct call_step_look *step, uint32_t *ret_place)
{
	struct text module = call_string_text(&step->module, &visits->scratch);
	struct text variable = call_string_text(&step->variable, &visits->scratch);

	if ((step->module.escaped && !module.data) || (step->variable.escaped && !variable.data)) {
		return false;
	}
	if (!filter_is_place(module)) {
		*ret_place = NO_PLACE;
		return true;
	}
	return pairs_place(&visits->places, &visits->names, module, variable, ret_place);
}

/* The visit, where there is one, lasted until @time. */
static bool end_visit(struct walk *walk, int64_t time)
{
	struct visit *visit = &walk->visit;

	if (visit->place == NO_PLACE) {
		return true;
	}
	visit->seconds = time > visit->from ? time - visit->from : 0;
	return walk->each(walk->context, visit);
}

static bool take_step(struct walk *walk, const struct call_step_look *step)
{
	enum call_input input = call_step_input(step);
	uint32_t place = walk->visit.place;

	if (place == NO_PLACE || !text_equal(step->module.raw, walk->module) ||
		!text_equal(step->variable.raw, walk->variable)) {
		if (!find_place(walk->visits, step, &place)) {
			return false;
		}
		if (place == NO_PLACE) {
			return true;
		}
		if (place != walk->visit.place) {
			if (!end_visit(walk, step->timestamp)) {
				return false;
			}
			walk->visit = (struct visit){.place = place, .from = step->timestamp};
		}
		walk->module = step->module.raw;
		walk->variable = step->variable.raw;
	}
	walk->visit.no_input += input == CALL_INPUT_NONE;
	walk->visit.wrong_input += input == CALL_INPUT_WRONG;
	return true;
}

int visits_walk(struct visits *visits, const struct call *call, struct text detail,
	visits_each_fn *each, void *context, struct error *err)
{
	struct walk walk = {visits, each, context, .visit = {.place = NO_PLACE}};
	struct call_steps steps;
	struct call_step_look step;
	bool room = true;
	int more = 0;

	call_steps_init(&steps, detail);
	while (room && (more = call_steps_next(&steps, &step, err)) > 0) {
		room = take_step(&walk, &step);
	}
	arena_deinit(&visits->scratch);
	if (more < 0) {
		return -1;
	}
	return room && end_visit(&walk, call->end) ? 0 : pairs_no_room(&visits->places, err);
}

/* ---- places ---- */

struct text visits_module(const struct visits *visits, uint32_t place)
{
	return visits->names.texts[visits->places.items[place].a];
}

struct text visits_variable(const struct visits *visits, uint32_t place)
{
	return visits->names.texts[(size_t)visits->places.items[place].b];
}

int visits_compare(const struct visits *visits, uint32_t a, uint32_t b)
{
	int order = text_compare(visits_module(visits, a), visits_module(visits, b));

	return order != 0 ? order
			  : text_compare(visits_variable(visits, a), visits_variable(visits, b));
}
