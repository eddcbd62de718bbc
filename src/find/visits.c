/* SPDX-License-Identifier: MIT
 * A place's number is that of its pair of names. */
#include "find/visits.h"

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

struct walk {
	struct visits *visits;
	visits_each_fn *each;
	void *context;
};

static bool take_visit(void *context, const struct path_visit *visit)
{
	const struct walk *walk = context;
	struct visits *visits = walk->visits;
	uint32_t place;

	return pairs_place(
		       &visits->places, &visits->names, visit->module, visit->variable, &place) &&
	       walk->each(walk->context, place, visit);
}

int visits_walk(struct visits *visits, const struct call *call, struct text detail,
	visits_each_fn *each, void *context, struct error *err)
{
	struct walk walk = {visits, each, context};
	struct error problem = {0};
	int status =
		path_visits_walk(detail, call->end, &visits->scratch, take_visit, &walk, &problem);

	arena_deinit(&visits->scratch);
	if (status == 0) {
		return 0;
	}
	return problem.code == ERROR_NO_MEMORY
		       ? pairs_no_room(&visits->places, err)
		       : error_set(err, problem.code, "%s", problem.message);
}

int visits_place(struct visits *visits, struct text module, struct text variable,
	uint32_t *ret_place, struct error *err)
{
	return pairs_place(&visits->places, &visits->names, module, variable, ret_place)
		       ? 0
		       : pairs_no_room(&visits->places, err);
}

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
