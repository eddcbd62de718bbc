/* SPDX-License-Identifier: MIT
 * Joining two parts of a call by their steps. */
#include "call/call_join.h"

#include "call/call_json.h"
#include "call/call_number.h"

struct join_step {
	struct text json;
	int64_t timestamp;
	bool begins_before;
	bool goes_on;
	bool is_taken; /* a step of the other part is the same */
};

struct part {
	struct call call;
	struct text canonical;
	struct text channel; /* of the first step that names one */
	struct join_step *steps;
	size_t count;
	bool begins_before;
	bool goes_on;
};

static bool has(struct text text, const char *what)
{
	return text.size > 0 && memmem(text.data, text.size, what, strlen(what)) != NULL;
}

/* ---- reading ---- */

static void take_step(struct part *part, const struct call_step *step, struct arena *arena)
{
	struct join_step *taken = &part->steps[part->count++];

	*taken = (struct join_step){
		.json = step->json,
		.timestamp = step->timestamp,
		.begins_before = has(step->data, "\"" CALL_BEGINS_BEFORE "\":true") ||
				 text_equal(step->line, TEXT(CALL_BEGINS_BEFORE_LINE)),
		.goes_on = has(step->data, "\"" CALL_GOES_ON "\":true") ||
			   text_equal(step->line, TEXT(CALL_GOES_ON_LINE)),
	};
	part->begins_before |= taken->begins_before;
	part->goes_on |= taken->goes_on;
	if (part->channel.size == 0) {
		part->channel = call_json_data_member(step->data, "channel", arena);
	}
}

static int read_steps(struct part *part, struct text detail, struct arena *arena, struct error *err)
{
	struct call_step step;
	size_t at = 0;
	int more;

	part->steps = arena_calloc(arena, part->call.steps + 1, sizeof(*part->steps));
	if (!part->steps) {
		return error_no_memory(err);
	}
	while ((more = call_json_next_step(detail, &at, arena, &step, err)) > 0) {
		take_step(part, &step, arena);
	}
	return more;
}

static int read_part(
	struct part *ret_part, struct text canonical, struct arena *arena, struct error *err)
{
	AUTO(buffer_deinit) struct buffer again;
	struct text detail = call_json_detail(canonical);
	struct error problem = {0};

	*ret_part = (struct part){.canonical = canonical, .channel = TEXT("")};
	buffer_init(&again, canonical.size + 4096);
	if (call_json_read(canonical, (struct json_position){1, 1}, arena, &again, &ret_part->call,
		    &problem) < 0 ||
		!detail.data) {
		/* What is canonical stays as large as it is: there was no memory for it. */
		return problem.code == ERROR_NO_MEMORY || problem.code == ERROR_TOO_LARGE
			       ? error_no_memory(err)
			       : error_set(err, ERROR_CORRUPT,
					 "a call that is to be joined cannot be read: %s",
					 detail.data ? problem.message : "it has no steps");
	}
	return read_steps(ret_part, detail, arena, err);
}

/* ---- what becomes of them ---- */

static bool same_number(struct text a, struct text b)
{
	char key_a[CALL_NUMBER_MAX], key_b[CALL_NUMBER_MAX];

	return text_equal(call_number_key(a, key_a), call_number_key(b, key_b));
}

static bool are_others(const struct part *a, const struct part *b)
{
	return !same_number(a->call.dest, b->call.dest) && !same_number(a->call.src, b->call.src) &&
	       a->channel.size > 0 && b->channel.size > 0 && !text_equal(a->channel, b->channel);
}

/* A recording has all rows between its first and its last: what lies in there need not be taken
 * from an earlier one. Times are whole seconds, so at the same one the count of the steps decides.
 */
static bool covers(const struct part *added, const struct part *held)
{
	bool from_start = !added->begins_before ||
			  (held->begins_before && added->call.start <= held->call.start);
	bool to_end = !added->goes_on || (held->goes_on && added->call.end >= held->call.end);
	bool longer = added->call.start < held->call.start || added->call.end > held->call.end;
	bool whole = !added->begins_before && !added->goes_on;

	return from_start && to_end && (whole || longer || added->count >= held->count);
}

/* Whether @a is the one that comes first, whichever was there first. */
static bool comes_first(const struct part *a, const struct part *b)
{
	if (a->begins_before != b->begins_before) {
		return b->begins_before;
	}
	if (a->call.start != b->call.start) {
		return a->call.start < b->call.start;
	}
	if (a->call.end != b->call.end) {
		return a->call.end < b->call.end;
	}
	return text_compare(a->canonical, b->canonical) < 0;
}

static struct call join_headers(const struct part *first, const struct part *second)
{
	struct call call = first->call;
	int64_t first_end = first->call.end, second_end = second->call.end;

	if (call.src.size == 0) {
		call.src = second->call.src;
	}
	if (call.dest.size == 0) {
		call.dest = second->call.dest;
	}
	call.end = second_end > first_end ? second_end : first_end;
	if (first->goes_on != second->goes_on) {
		call.end = first->goes_on ? second_end : first_end;
	}
	call.end = call.end > call.start ? call.end : call.start;
	return call;
}

/* ---- the steps of both ---- */

static bool is_of_part(const struct join_step *step)
{
	return step->begins_before || step->goes_on;
}

/* Marks the steps of @second that @first has as well, each once. */
static void mark_same(const struct part *first, const struct part *second)
{
	for (size_t i = 0; i < second->count; i++) {
		for (size_t k = 0; k < first->count && !second->steps[i].is_taken; k++) {
			struct join_step *step = &first->steps[k];

			if (!step->is_taken && step->timestamp == second->steps[i].timestamp &&
				text_equal(step->json, second->steps[i].json)) {
				step->is_taken = second->steps[i].is_taken = true;
			}
		}
	}
}

struct joining {
	struct buffer *detail;
	uint32_t steps;
	bool begins_before; /* of both together */
	bool goes_on;
	const struct join_step *last; /* that says that the call goes on */
};

static void write_step(struct joining *joining, const struct join_step *step)
{
	buffer_append_byte(joining->detail, joining->steps++ == 0 ? '[' : ',');
	buffer_append(joining->detail, step->json);
}

/* A step that says what a part lacks stays where both lack it: before all others, or behind them.
 */
static void add_step(struct joining *joining, const struct join_step *step)
{
	if (step->goes_on) {
		joining->last = step;
	} else if (!step->begins_before || (joining->begins_before && joining->steps == 0)) {
		write_step(joining, step);
	}
}

static void join_steps(struct joining *joining, const struct part *first, const struct part *second)
{
	size_t a = 0, b = 0;

	mark_same(first, second);
	while (a < first->count || b < second->count) {
		const struct join_step *next = &second->steps[b];

		if (a < first->count &&
			(b == second->count || first->steps[a].timestamp <= next->timestamp)) {
			add_step(joining, &first->steps[a++]);
			continue;
		}
		if (!next->is_taken || is_of_part(next)) {
			add_step(joining, next);
		}
		b++;
	}
	if (joining->goes_on && joining->last) {
		write_step(joining, joining->last);
	}
	buffer_append(joining->detail, joining->steps == 0 ? TEXT("[]") : TEXT("]"));
}

int call_join(struct text held, struct text added, struct arena *arena, struct buffer *out,
	struct call_joined *ret_joined, struct error *err)
{
	AUTO(buffer_deinit) struct buffer detail;
	struct joining joining = {.detail = &detail};
	struct part before, now;
	const struct part *first, *second;

	buffer_init(&detail, held.size + added.size + 16);
	if (read_part(&before, held, arena, err) < 0 || read_part(&now, added, arena, err) < 0) {
		return -1;
	}
	*ret_joined = (struct call_joined){.call = now.call, .others = are_others(&before, &now)};
	if (covers(&now, &before)) {
		return 0;
	}
	first = comes_first(&now, &before) ? &now : &before;
	second = first == &now ? &before : &now;
	joining.begins_before = first->begins_before;
	joining.goes_on = first->goes_on && second->goes_on;
	ret_joined->call = join_headers(first, second);
	/* Of parts that follow each other, the later one need not know the numbers. */
	ret_joined->others &= first->call.end > second->call.start;
	join_steps(&joining, first, second);
	ret_joined->call.steps = joining.steps;
	call_json_write(out, &ret_joined->call, buffer_text(&detail));
	return detail.failed || out->failed ? error_no_memory(err) : 1;
}
