/* SPDX-License-Identifier: MIT
 * From counts to the result: the places that most calls reached, each with its ways, and the
 * document of it. */
#include "find/dropoff.h"
#include "json/json_writer.h"

static struct text module_of(const struct dropoff *dropoff, const struct pair *place)
{
	return dropoff->names.texts[place->a];
}

static struct text variable_of(const struct dropoff *dropoff, const struct pair *place)
{
	return dropoff->names.texts[place->b];
}

static int compare_places(
	const struct dropoff *dropoff, const struct pair *left, const struct pair *right)
{
	int order = text_compare(module_of(dropoff, left), module_of(dropoff, right));

	return order != 0 ? order
			  : text_compare(variable_of(dropoff, left), variable_of(dropoff, right));
}

/* Numbers of places. */
static int compare_reached(const void *left, const void *right, void *context)
{
	const struct dropoff *dropoff = context;
	const struct pair *a = &dropoff->places.items[*(const uint32_t *)left];
	const struct pair *b = &dropoff->places.items[*(const uint32_t *)right];

	if (a->count != b->count) {
		return a->count > b->count ? -1 : 1;
	}
	return compare_places(dropoff, a, b);
}

/* Ways: by where they begin, the way to the end first, then by calls. */
static int compare_ways(const void *left, const void *right, void *context)
{
	const struct dropoff *dropoff = context;
	const struct pair *a = left, *b = right;

	if (a->a != b->a) {
		return a->a < b->a ? -1 : 1;
	}
	if (a->b == DROPOFF_END || b->b == DROPOFF_END) {
		return (b->b == DROPOFF_END) - (a->b == DROPOFF_END);
	}
	if (a->count != b->count) {
		return a->count > b->count ? -1 : 1;
	}
	return compare_places(dropoff, &dropoff->places.items[a->b], &dropoff->places.items[b->b]);
}

/* Places that no call reached come from kinds that no call of this result has. */
static uint32_t *sort_places(struct dropoff *dropoff, size_t *ret_count)
{
	size_t count = 0;
	uint32_t *order = arena_calloc(&dropoff->arena, dropoff->places.count, sizeof(*order));

	for (uint32_t i = 0; order && i < dropoff->places.count; i++) {
		if (dropoff->places.items[i].count > 0) {
			order[count++] = i;
		}
	}
	if (count > 0) {
		qsort_r(order, count, sizeof(*order), compare_reached, dropoff);
	}
	*ret_count = count;
	return order;
}

static bool copy_names(const struct dropoff *dropoff, const struct pair *place, struct arena *arena,
	struct text *ret_module, struct text *ret_variable)
{
	*ret_module = arena_copy(arena, module_of(dropoff, place));
	*ret_variable = arena_copy(arena, variable_of(dropoff, place));
	return ret_module->data && ret_variable->data;
}

static bool fill_next(const struct dropoff *dropoff, const struct pair *ways, size_t count,
	struct arena *arena, struct dropoff_place *ret_place)
{
	struct dropoff_next *next = arena_calloc(arena, count, sizeof(*next));

	for (size_t i = 0; next && i < count; i++) {
		const struct pair *place = &dropoff->places.items[ways[i].b];

		next[i].calls = ways[i].count;
		if (!copy_names(dropoff, place, arena, &next[i].module, &next[i].variable)) {
			return false;
		}
	}
	ret_place->next = next;
	ret_place->next_count = count;
	return next != NULL;
}

static bool fill_place(const struct dropoff *dropoff, uint32_t number, struct arena *arena,
	struct dropoff_place *ret_place)
{
	const struct pair *place = &dropoff->places.items[number];
	const struct pair *ways = dropoff->ways.items;
	size_t first = (size_t)(pairs_of(&dropoff->ways, number) - ways);
	size_t end = first;

	while (end < dropoff->ways.count && ways[end].a == number) {
		end++;
	}
	ret_place->reached = place->count;
	if (first < end && ways[first].b == DROPOFF_END) {
		ret_place->ended = ways[first++].count;
	}
	return copy_names(dropoff, place, arena, &ret_place->module, &ret_place->variable) &&
	       fill_next(dropoff, ways + first, end - first, arena, ret_place);
}

int dropoff_finish(struct dropoff *dropoff, size_t limit, struct arena *arena,
	struct dropoff_result *ret_result, struct error *err)
{
	struct pairs *ways = &dropoff->ways;
	size_t all, count;
	uint32_t *order = sort_places(dropoff, &all);
	struct dropoff_place *places;

	count = all < limit ? all : limit;
	places = arena_calloc(arena, count, sizeof(*places));
	if (!order || !places) {
		return pairs_no_room(&dropoff->places, err);
	}
	if (ways->count > 0) {
		qsort_r(ways->items, ways->count, sizeof(*ways->items), compare_ways, dropoff);
	}
	for (size_t i = 0; i < count; i++) {
		if (!fill_place(dropoff, order[i], arena, &places[i])) {
			return pairs_no_room(&dropoff->places, err);
		}
	}
	*ret_result = (struct dropoff_result){
		.places = places,
		.count = count,
		.places_total = (int64_t)all,
		.total_calls = dropoff->calls,
	};
	return 0;
}

/* ---- the document ---- */

static void begin(struct buffer *buffer, struct text module, struct text variable)
{
	json_write_comma(buffer);
	buffer_append_byte(buffer, '{');
	json_add_string(buffer, "module", module);
	json_add_string(buffer, "variable", variable);
}

static void write_place(struct buffer *buffer, const struct dropoff_place *place)
{
	begin(buffer, place->module, place->variable);
	json_add_number(buffer, "reached", place->reached);
	json_add_number(buffer, "went_on", place->reached - place->ended);
	json_add_number(buffer, "ended", place->ended);
	buffer_append(buffer, TEXT(",\"next\":["));
	for (size_t i = 0; i < place->next_count; i++) {
		const struct dropoff_next *next = &place->next[i];

		begin(buffer, next->module, next->variable);
		json_add_number(buffer, "calls", next->calls);
		buffer_append_byte(buffer, '}');
	}
	buffer_append(buffer, TEXT("]}"));
}

void dropoff_write(struct buffer *buffer, const struct dropoff_result *result)
{
	buffer_append(buffer, TEXT("{\"modules\":["));
	for (size_t i = 0; i < result->count; i++) {
		write_place(buffer, &result->places[i]);
	}
	buffer_append_byte(buffer, ']');
	json_add_number(buffer, "total_calls", result->total_calls);
	json_add_number(buffer, "modules_total", result->places_total);
	scan_steps_write(buffer, &result->steps);
	buffer_append_byte(buffer, '}');
}
