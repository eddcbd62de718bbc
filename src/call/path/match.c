/* SPDX-License-Identifier: MIT
 * Matching a call's steps with a path. The points are bits, so that a step takes a few operations.
 * Where times are asked for, it is known of each point when it was reached first and last: a limit
 * on one side needs no more. */
#include "call/call_steps.h"
#include "call/filter.h"

static bool is_wanted(struct text wanted, struct text name)
{
	return !wanted.data || text_equal(wanted, name);
}

static bool names_match(const struct path_place *place, struct text class_name, struct text module,
	struct text variable)
{
	return is_wanted(place->class_name, class_name) && is_wanted(place->module, module) &&
	       is_wanted(place->variable, variable);
}

/* What any step of the module does: only a hang-up may come between what is direct. */
static struct path_mask mask_of_module(const struct path_filter *path, struct text module)
{
	return (struct path_mask){.leave = filter_is_place(module) ? path->direct : 0};
}

static void add_mask(struct path_mask *mask, const struct path_place *place)
{
	mask->enter |= place->mask.enter;
	mask->leave |= place->mask.leave;
}

struct path_mask path_mask_of_kind(const struct path_filter *path, struct text class_name,
	struct text module, struct text variable)
{
	struct path_mask mask = mask_of_module(path, module);

	for (size_t i = 0; i < path->places_count; i++) {
		const struct path_place *place = &path->places[i];

		/* A step that may not come between may come if it has other words. */
		if ((place->words.count == 0 || place->mask.enter != 0) &&
			names_match(place, class_name, module, variable)) {
			add_mask(&mask, place);
		}
	}
	return mask;
}

/* A step whose strings are read. */
struct step {
	struct text line;
	struct text class_name;
	struct text module;
	struct text variable;
};

static int read_step(const struct call_step_look *look, struct arena *scratch,
	struct step *ret_step, struct error *err)
{
	*ret_step = (struct step){
		.line = call_string_text(&look->line, scratch),
		.class_name = look->class_name,
		.module = call_string_text(&look->module, scratch),
		.variable = call_string_text(&look->variable, scratch),
	};
	return ret_step->line.data && ret_step->module.data && ret_step->variable.data
		       ? 0
		       : error_no_memory(err);
}

static struct path_mask mask_of_step(const struct path_filter *path, const struct step *step)
{
	struct path_mask mask = mask_of_module(path, step->module);

	for (size_t i = 0; i < path->places_count; i++) {
		const struct path_place *place = &path->places[i];

		if (names_match(place, step->class_name, step->module, step->variable) &&
			(place->words.count == 0 || words_phrase_in(&place->words, step->line))) {
			add_mask(&mask, place);
		}
	}
	return mask;
}

/* ---- times ---- */

struct run {
	const struct path_filter *path;
	uint64_t reached;
	/* by point, of the steps that it was reached by and that still lead on */
	struct {
		int64_t first;
		int64_t last;
	} times[PATH_POINTS_MAX + 1];
};

/* Whether the point after @point may be reached at @time. */
static bool is_in_time(const struct run *run, unsigned int point, int64_t time)
{
	const struct path_limit *limit = &run->path->limits[point];

	/* Times are not negative: none is too far from another to be subtracted. */
	switch (limit->than) {
	case PATH_LESS_THAN:
		return time - run->times[point].last < limit->seconds;
	case PATH_MORE_THAN:
		return time - run->times[point].first > limit->seconds;
	default:
		return true;
	}
}

static void note_time(struct run *run, unsigned int point, bool again, int64_t time)
{
	if (!again || time < run->times[point].first) {
		run->times[point].first = time;
	}
	if (!again || time > run->times[point].last) {
		run->times[point].last = time;
	}
}

/* path_step() with times. */
static void take_step(struct run *run, struct path_mask mask, int64_t time)
{
	uint64_t left = run->reached & ~mask.leave, entered = run->reached << 1 & mask.enter;
	uint64_t in_time = 0;

	/* From the last point on: each looks at the times that the one before had until now. */
	while (entered != 0) {
		unsigned int point = 63U - (unsigned int)__builtin_clzll(entered);
		uint64_t bit = UINT64_C(1) << point;

		entered &= ~bit;
		if (is_in_time(run, point - 1, time)) {
			note_time(run, point, (left & bit) != 0, time);
			in_time |= bit;
		}
	}
	run->reached = left | in_time;
}

/* ---- the whole ---- */

int path_matches(const struct path_filter *path, int64_t start, int64_t end, struct text detail,
	struct arena *scratch, struct error *err)
{
	struct run run = {.path = path, .reached = PATH_BEGIN};
	struct call_step_look look;
	struct call_steps steps;
	struct step step;
	int more;

	note_time(&run, 0, false, start);
	call_steps_init(&steps, detail);
	while ((more = call_steps_next(&steps, &look, err)) > 0) {
		if (read_step(&look, scratch, &step, err) < 0) {
			return -1;
		}
		take_step(&run, mask_of_step(path, &step), look.timestamp);
	}
	if (more < 0) {
		return -1;
	}
	return path_may_end(path, run.reached) && is_in_time(&run, path->last, end);
}
