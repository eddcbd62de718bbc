/* SPDX-License-Identifier: MIT
 * From steps to visits. Most steps are written as the one before, so their place is found once. */
#include "call/path/visits.h"

#include "call/filter.h"

static bool spell(const struct call_string *string, struct arena *scratch, struct text *ret_text)
{
	*ret_text = call_string_text(string, scratch);
	return ret_text->data || !string->escaped;
}

void path_visits_begin(
	struct path_visits *visits, struct arena *scratch, path_visits_each_fn *each, void *context)
{
	*visits = (struct path_visits){.scratch = scratch, .each = each, .context = context};
}

bool path_visits_end(struct path_visits *visits, int64_t end)
{
	struct path_visit *visit = &visits->visit;

	if (!visits->begun) {
		return true;
	}
	visit->seconds = end > visit->from ? end - visit->from : 0;
	return visits->each(visits->context, visit);
}

/* Goes to the place of the step; *ret_there is whether it is at one. */
static bool go(struct path_visits *visits, const struct call_step_look *step, bool *ret_there)
{
	struct path_visit next = {.from = step->timestamp};

	if (!spell(&step->module, visits->scratch, &next.module) ||
		!spell(&step->variable, visits->scratch, &next.variable)) {
		return false;
	}
	*ret_there = filter_is_place(next.module);
	if (!*ret_there) {
		return true;
	}
	if (!visits->begun || !text_equal(next.module, visits->visit.module) ||
		!text_equal(next.variable, visits->visit.variable)) {
		if (!path_visits_end(visits, step->timestamp)) {
			return false;
		}
		visits->visit = next;
		visits->begun = true;
	}
	visits->module = step->module.raw;
	visits->variable = step->variable.raw;
	return true;
}

bool path_visits_step(struct path_visits *visits, const struct call_step_look *step)
{
	enum call_input input;
	bool there = visits->begun && text_equal(step->module.raw, visits->module) &&
		     text_equal(step->variable.raw, visits->variable);

	if (!there && !go(visits, step, &there)) {
		return false;
	}
	input = there ? call_step_input(step) : CALL_INPUT_UNTOLD;
	visits->visit.no_input += input == CALL_INPUT_NONE;
	visits->visit.wrong_input += input == CALL_INPUT_WRONG;
	return true;
}

int path_visits_walk(struct text detail, int64_t end, struct arena *scratch,
	path_visits_each_fn *each, void *context, struct error *err)
{
	struct path_visits visits;
	struct call_steps steps;
	struct call_step_look step;
	int more;

	path_visits_begin(&visits, scratch, each, context);
	call_steps_init(&steps, detail);
	while ((more = call_steps_next(&steps, &step, err)) > 0) {
		if (!path_visits_step(&visits, &step)) {
			return error_no_memory(err);
		}
	}
	if (more < 0) {
		return -1;
	}
	return path_visits_end(&visits, end) ? 0 : error_no_memory(err);
}
