/* SPDX-License-Identifier: MIT
 * Splicing steps: a list of texts, so that nothing is copied before all changes are made. */
#include "store/live_steps.h"

#include "call/call_json.h"
#include "call/call_steps.h"

void live_steps_init(struct live_steps *steps)
{
	*steps = (struct live_steps){0};
	arena_init(&steps->arena, SIZE_MAX);
}

void live_steps_deinit(struct live_steps *steps)
{
	arena_deinit(&steps->arena);
}

void live_steps_clear(struct live_steps *steps)
{
	live_steps_deinit(steps);
	live_steps_init(steps);
}

/* ---- planning ---- */

static size_t bytes_of(const struct live_step *items, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		bytes += items[i].json.size + 1;
	}
	return bytes;
}

/* Reads @detail into plan->added. */
static int read(
	struct live_steps *steps, struct text detail, struct live_plan *plan, struct error *err)
{
	struct call_step_look look;
	struct call_steps walk;
	int more;

	call_steps_init(&walk, detail);
	while ((more = call_steps_next(&walk, &look, err)) > 0) {
		struct live_step *grown = arena_list_grow(
			&steps->arena, plan->added, plan->added_count, sizeof(*grown));

		if (!grown) {
			return error_no_memory(err);
		}
		plan->added = grown;
		grown[plan->added_count] = (struct live_step){
			.json = look.json,
			.data = look.data,
			.timestamp = look.timestamp,
			.order = plan->added_count,
		};
		plan->added_count++;
	}
	return more;
}

int live_steps_plan_from(struct live_steps *steps, struct text detail, size_t from,
	struct live_plan *ret_plan, struct error *err)
{
	struct live_plan plan = {.kept = from};

	if (read(steps, detail, &plan, err) < 0) {
		return -1;
	}
	while (plan.added_count > 0 && plan.kept < steps->count &&
		text_equal(plan.added[0].json, steps->items[plan.kept].json)) {
		plan.added++;
		plan.added_count--;
		plan.kept++;
		plan.duplicates++;
	}
	plan.bytes = steps->bytes + bytes_of(plan.added, plan.added_count);
	if (plan.kept < steps->count) {
		plan.bytes -= bytes_of(steps->items + plan.kept, steps->count - plan.kept);
	}
	*ret_plan = plan;
	return 0;
}

/* Notes the event id of a step. Returns 1 when a step had it before. */
static int note_id(struct live_steps *steps, const struct live_step *step, struct error *err)
{
	uint32_t number, count = steps->ids.count;
	struct text id;

	if (!memmem(step->data.data, step->data.size, "\"event_id\"", strlen("\"event_id\""))) {
		return 0;
	}
	id = call_json_data_member(step->data, "event_id", &steps->arena);
	if (id.size == 0) {
		return 0;
	}
	if (!intern_number(&steps->ids, id, &number)) {
		return error_no_memory(err);
	}
	return number < count;
}

static int know_ids(struct live_steps *steps, struct error *err)
{
	if (steps->ids_known) {
		return 0;
	}
	intern_init(&steps->ids, &steps->arena);
	for (size_t i = 0; i < steps->count; i++) {
		if (note_id(steps, &steps->items[i], err) < 0) {
			return -1;
		}
	}
	steps->ids_known = true;
	return 0;
}

/* Most steps have no time but their second: that is seen without reading them. */
static void look_for_time(struct live_steps *steps, struct live_step *step)
{
	static const char name[] = "\"event_time\"";

	if (step->looked_for) {
		return;
	}
	step->looked_for = true;
	if (step->data.size > 0 && memmem(step->data.data, step->data.size, name, strlen(name))) {
		step->time = call_json_data_member(step->data, "event_time", &steps->arena);
		step->id = call_json_data_member(step->data, "event_id", &steps->arena);
	}
}

/* Within a second; 0: they stay as they came. */
static int compare_times(const struct live_step *a, const struct live_step *b)
{
	int order;

	if (a->time.size == 0 || b->time.size == 0) {
		return (a->time.size == 0) - (b->time.size == 0);
	}
	order = text_compare(a->time, b->time);
	return order != 0 ? order : text_compare(a->id, b->id);
}

static int by_time(const void *left, const void *right)
{
	const struct live_step *a = left, *b = right;
	int order;

	if (a->timestamp != b->timestamp) {
		return a->timestamp < b->timestamp ? -1 : 1;
	}
	order = compare_times(a, b);
	return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

int live_steps_plan_by_time(
	struct live_steps *steps, struct text detail, struct live_plan *ret_plan, struct error *err)
{
	struct live_plan plan = {.kept = steps->count, .by_time = true};
	size_t added = 0;

	if (read(steps, detail, &plan, err) < 0 || know_ids(steps, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < plan.added_count; i++) {
		int known = note_id(steps, &plan.added[i], err);

		if (known < 0) {
			return -1;
		}
		if (known == 0) {
			look_for_time(steps, &plan.added[i]);
			plan.added[added++] = plan.added[i];
		}
	}
	plan.duplicates = plan.added_count - added;
	plan.added_count = added;
	if (added > 0) {
		qsort(plan.added, added, sizeof(*plan.added), by_time);
	}
	plan.bytes = steps->bytes + bytes_of(plan.added, added);
	*ret_plan = plan;
	return 0;
}

struct live_plan live_steps_plan_none(const struct live_steps *steps)
{
	return (struct live_plan){.kept = steps->count, .bytes = steps->bytes, .by_time = true};
}

/* ---- changing ---- */

static bool reserve(struct live_steps *steps, size_t wanted)
{
	size_t capacity = steps->capacity * 2 > wanted ? steps->capacity * 2 : wanted;
	struct live_step *grown;

	if (wanted <= steps->capacity) {
		return true;
	}
	grown = arena_calloc(&steps->arena, capacity, sizeof(*grown));
	if (!grown) {
		return false;
	}
	if (steps->count > 0) {
		memcpy(grown, steps->items, steps->count * sizeof(*grown));
	}
	steps->items = grown;
	steps->capacity = capacity;
	return true;
}

/* Whether a step that is held goes behind one that is added. */
static bool is_later(
	struct live_steps *steps, struct live_step *held, const struct live_step *added)
{
	if (held->timestamp != added->timestamp) {
		return held->timestamp > added->timestamp;
	}
	if (added->time.size == 0) {
		return false;
	}
	look_for_time(steps, held);
	return compare_times(held, added) > 0;
}

/* From the end: each added step goes behind the last one that is not later. */
static void merge(struct live_steps *steps, const struct live_plan *plan)
{
	size_t held = steps->count, added = plan->added_count, to = held + added;

	while (added > 0) {
		if (held > 0 && is_later(steps, &steps->items[held - 1], &plan->added[added - 1])) {
			steps->items[--to] = steps->items[--held];
		} else {
			steps->items[--to] = plan->added[--added];
		}
	}
}

int live_steps_apply(struct live_steps *steps, const struct live_plan *plan, struct error *err)
{
	if (!reserve(steps, plan->kept + plan->added_count)) {
		return error_no_memory(err);
	}
	if (plan->by_time) {
		merge(steps, plan);
	} else if (plan->added_count > 0) {
		memcpy(steps->items + plan->kept, plan->added,
			plan->added_count * sizeof(*plan->added));
	}
	if (!plan->by_time) {
		steps->ids_known = false;
	}
	steps->count = plan->kept + plan->added_count;
	steps->bytes = plan->bytes;
	return 0;
}

void live_steps_refuse(struct live_steps *steps)
{
	steps->ids_known = false;
}

void live_steps_drop_last(struct live_steps *steps)
{
	steps->count--;
	steps->bytes -= bytes_of(&steps->items[steps->count], 1);
	steps->ids_known = false;
}

void live_steps_undrop_last(struct live_steps *steps)
{
	steps->bytes += bytes_of(&steps->items[steps->count], 1);
	steps->count++;
	steps->ids_known = false;
}

/* ---- reading ---- */

static int64_t latest_of(const struct live_step *items, size_t count, int64_t otherwise)
{
	for (size_t i = 0; i < count; i++) {
		otherwise = items[i].timestamp > otherwise ? items[i].timestamp : otherwise;
	}
	return otherwise;
}

int64_t live_steps_latest(
	const struct live_steps *steps, const struct live_plan *plan, int64_t otherwise)
{
	otherwise = latest_of(steps->items, plan->kept, otherwise);
	return latest_of(plan->added, plan->added_count, otherwise);
}

int live_steps_compare(
	const struct live_steps *steps, struct text detail, int64_t *ret_first, struct error *err)
{
	struct call_step_look look;
	struct call_steps walk;
	size_t at = 0;
	int more;

	call_steps_init(&walk, detail);
	while ((more = call_steps_next(&walk, &look, err)) > 0) {
		if (at == steps->count || !text_equal(look.json, steps->items[at].json)) {
			break;
		}
		at++;
	}
	if (more < 0) {
		return -1;
	}
	*ret_first = more == 0 && at == steps->count ? -1 : (int64_t)at;
	return 0;
}

void live_steps_write(const struct live_steps *steps, struct buffer *buffer)
{
	buffer_append_byte(buffer, '[');
	for (size_t i = 0; i < steps->count; i++) {
		if (i > 0) {
			buffer_append_byte(buffer, ',');
		}
		buffer_append(buffer, steps->items[i].json);
	}
	buffer_append_byte(buffer, ']');
}
