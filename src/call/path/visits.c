/* SPDX-License-Identifier: MIT
 * From steps to visits. Most steps are written as the one before, so their place is found once. */
#include "call/path/visits.h"

#include "call/call_steps.h"
#include "call/filter.h"

/* Where the call is. */
struct walk {
	struct arena *scratch;
	path_visits_each_fn *each;
	void *context;
	bool begun; /* there is a visit */
	struct path_visit visit;
	struct text module; /* as the last step's are written */
	struct text variable;
};

static bool spell(const struct call_string *string, struct arena *scratch, struct text *ret_text)
{
	*ret_text = call_string_text(string, scratch);
	return ret_text->data || !string->escaped;
}

/* The visit, where there is one, lasted until @time. */
static bool end_visit(struct walk *walk, int64_t time)
{
	struct path_visit *visit = &walk->visit;

	if (!walk->begun) {
		return true;
	}
	visit->seconds = time > visit->from ? time - visit->from : 0;
	return walk->each(walk->context, visit);
}

/* Goes to the place of the step; *ret_there is whether it is at one. */
static bool go(struct walk *walk, const struct call_step_look *step, bool *ret_there)
{
	struct path_visit next = {.from = step->timestamp};

	if (!spell(&step->module, walk->scratch, &next.module) ||
		!spell(&step->variable, walk->scratch, &next.variable)) {
		return false;
	}
	*ret_there = filter_is_place(next.module);
	if (!*ret_there) {
		return true;
	}
	if (!walk->begun || !text_equal(next.module, walk->visit.module) ||
		!text_equal(next.variable, walk->visit.variable)) {
		if (!end_visit(walk, step->timestamp)) {
			return false;
		}
		walk->visit = next;
		walk->begun = true;
	}
	walk->module = step->module.raw;
	walk->variable = step->variable.raw;
	return true;
}

static bool take_step(struct walk *walk, const struct call_step_look *step)
{
	enum call_input input;
	bool there = walk->begun && text_equal(step->module.raw, walk->module) &&
		     text_equal(step->variable.raw, walk->variable);

	if (!there && !go(walk, step, &there)) {
		return false;
	}
	input = there ? call_step_input(step) : CALL_INPUT_UNTOLD;
	walk->visit.no_input += input == CALL_INPUT_NONE;
	walk->visit.wrong_input += input == CALL_INPUT_WRONG;
	return true;
}

int path_visits_walk(struct text detail, int64_t end, struct arena *scratch,
	path_visits_each_fn *each, void *context, struct error *err)
{
	struct walk walk = {.scratch = scratch, .each = each, .context = context};
	struct call_steps steps;
	struct call_step_look step;
	int more;

	call_steps_init(&steps, detail);
	while ((more = call_steps_next(&steps, &step, err)) > 0) {
		if (!take_step(&walk, &step)) {
			return error_no_memory(err);
		}
	}
	if (more < 0) {
		return -1;
	}
	return end_visit(&walk, end) ? 0 : error_no_memory(err);
}
