/* SPDX-License-Identifier: MIT
 * Comparing two calls: their steps become numbers, which are aligned; then what was aligned becomes
 * pairs. */
#include "find/diff.h"

#include "base/intern.h"
#include "call/call_document.h"
#include "call/call_json.h"
#include "find/diff_align.h"
#include "json/json_writer.h"

#define KEY_SIZE_MAX ((size_t)64 << 20)
#define STEPS_MAX    ((uint32_t)1 << 28)
#define UNPAIRED     UINT32_MAX

/* A call while it is compared. */
struct side {
	const struct call *call;
	struct text detail;
	struct diff_step *steps;
	uint32_t *lines; /* by step: the same number, the same step */
	uint32_t *kinds; /* the same number, the same but for the line */
};

struct maker {
	struct arena *arena;
	struct side *a;
	struct side *b;
	struct diff_align align;
	uint32_t *partners; /* of a's steps: steps of b, or UNPAIRED */
	/* The stretch that is being aligned begins here. */
	uint32_t a_first;
	uint32_t b_first;
};

const char *diff_change_name(enum diff_change change)
{
	static const char *const names[] = {"same", "changed", "only_a", "only_b"};

	return names[change];
}

/* ---- steps ---- */

static int corrupt(const struct call *call, struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "call '%.*s' has other steps than its header says",
		TEXT_ARG(call->session_id));
}

static int64_t not_negative(int64_t seconds)
{
	return seconds < 0 ? 0 : seconds;
}

static int read_steps(struct side *side, struct arena *arena, struct error *err)
{
	const struct call *call = side->call;
	uint32_t count = 0;
	struct call_step step;
	size_t cursor = 0;
	int more;

	side->steps = arena_calloc(arena, call->steps, sizeof(*side->steps));
	if (!side->steps) {
		return error_no_memory(err);
	}
	while ((more = call_json_next_step(side->detail, &cursor, arena, &step, err)) > 0) {
		if (count == call->steps) {
			return corrupt(call, err);
		}
		side->steps[count] = (struct diff_step){
			.index = count + 1,
			.timestamp = step.timestamp,
			.offset = step.timestamp - call->start,
			.duration = not_negative(call->end - step.timestamp),
			.class_name = step.class_name,
			.module = step.module,
			.variable = step.variable,
			.line = step.line,
		};
		if (count > 0) {
			side->steps[count - 1].duration =
				not_negative(step.timestamp - side->steps[count - 1].timestamp);
		}
		count++;
	}
	return more == 0 && count != call->steps ? corrupt(call, err) : more;
}

/* @text with its size before it, so that what follows cannot be taken for a part of it. */
static void append_sized(struct buffer *buffer, struct text text)
{
	buffer_printf(buffer, "%zu:", text.size);
	buffer_append(buffer, text);
}

static bool number_steps(
	struct side *side, struct intern *kinds, struct intern *lines, struct buffer *key)
{
	for (uint32_t i = 0; i < side->call->steps; i++) {
		const struct diff_step *step = &side->steps[i];

		buffer_clear(key);
		append_sized(key, step->class_name);
		append_sized(key, step->module);
		append_sized(key, step->variable);
		if (key->failed || !intern_number(kinds, buffer_text(key), &side->kinds[i])) {
			return false;
		}
		buffer_append(key, step->line);
		if (key->failed || !intern_number(lines, buffer_text(key), &side->lines[i])) {
			return false;
		}
	}
	return true;
}

static int read_sides(struct maker *maker, struct error *err)
{
	AUTO(buffer_deinit) struct buffer key;
	struct side *sides[] = {maker->a, maker->b};
	struct intern kinds, lines;

	buffer_init(&key, KEY_SIZE_MAX);
	intern_init(&kinds, maker->arena);
	intern_init(&lines, maker->arena);
	for (size_t i = 0; i < 2; i++) {
		struct side *side = sides[i];

		if (side->call->steps >= STEPS_MAX) {
			return error_set(err, ERROR_TOO_LARGE, "call '%.*s' has too many steps",
				TEXT_ARG(side->call->session_id));
		}
		if (read_steps(side, maker->arena, err) < 0) {
			return -1;
		}
		side->lines = arena_calloc(maker->arena, side->call->steps, sizeof(uint32_t));
		side->kinds = arena_calloc(maker->arena, side->call->steps, sizeof(uint32_t));
		if (!side->lines || !side->kinds || !number_steps(side, &kinds, &lines, &key)) {
			return error_no_memory(err);
		}
	}
	return 0;
}

/* ---- alignment ---- */

static void take_pair(void *context, uint32_t a, uint32_t b)
{
	struct maker *maker = context;

	maker->partners[maker->a_first + a] = maker->b_first + b;
}

/* Aligns by kind what lies before @a_end and @b_end, the first steps that are the same after
 * a_first and b_first. */
static void align_gap(struct maker *maker, uint32_t a_end, uint32_t b_end)
{
	struct diff_sequence a = {maker->a->kinds + maker->a_first, a_end - maker->a_first};
	struct diff_sequence b = {maker->b->kinds + maker->b_first, b_end - maker->b_first};

	diff_align(&maker->align, a, b, take_pair, maker);
}

static void align_gaps(struct maker *maker)
{
	uint32_t a_count = maker->a->call->steps;

	for (uint32_t i = 0; i < a_count; i++) {
		uint32_t partner = maker->partners[i];

		if (partner != UNPAIRED) {
			align_gap(maker, i, partner);
			/* The gap's own pairs lie before i: the loop does not see them again. */
			maker->a_first = i + 1;
			maker->b_first = partner + 1;
		}
	}
	align_gap(maker, a_count, maker->b->call->steps);
}

static int align_steps(struct maker *maker, struct error *err)
{
	struct diff_sequence a = {maker->a->lines, maker->a->call->steps};
	struct diff_sequence b = {maker->b->lines, maker->b->call->steps};

	maker->partners = arena_calloc(maker->arena, a.count, sizeof(*maker->partners));
	if (!maker->partners || !diff_align_init(&maker->align, a.count + b.count, maker->arena)) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < a.count; i++) {
		maker->partners[i] = UNPAIRED;
	}
	diff_align(&maker->align, a, b, take_pair, maker);
	align_gaps(maker);
	return 0;
}

/* ---- pairs ---- */

static void add_pair(struct diff *diff, enum diff_change change, const struct diff_step *a,
	const struct diff_step *b)
{
	diff->pairs[diff->count++] = (struct diff_pair){.change = change, .a = a, .b = b};
	diff->changes[change]++;
}

/* Steps of one call only stand before the next pair, those of a first. */
static int make_pairs(struct maker *maker, struct diff *diff, struct error *err)
{
	uint32_t a_count = maker->a->call->steps, b_count = maker->b->call->steps;
	uint32_t b = 0;

	diff->pairs = arena_calloc(maker->arena, (size_t)a_count + b_count, sizeof(*diff->pairs));
	if (!diff->pairs) {
		return error_no_memory(err);
	}
	for (uint32_t a = 0; a < a_count; a++) {
		uint32_t partner = maker->partners[a];

		if (partner == UNPAIRED) {
			add_pair(diff, DIFF_ONLY_A, &maker->a->steps[a], NULL);
			continue;
		}
		for (; b < partner; b++) {
			add_pair(diff, DIFF_ONLY_B, NULL, &maker->b->steps[b]);
		}
		add_pair(diff, maker->a->lines[a] == maker->b->lines[b] ? DIFF_SAME : DIFF_CHANGED,
			&maker->a->steps[a], &maker->b->steps[b]);
		b++;
	}
	for (; b < b_count; b++) {
		add_pair(diff, DIFF_ONLY_B, NULL, &maker->b->steps[b]);
	}
	return 0;
}

/* Turns a's partners into b's: the mirror image. */
static int swap_sides(struct maker *maker, struct error *err)
{
	uint32_t b_count = maker->b->call->steps;
	uint32_t *partners = arena_calloc(maker->arena, b_count, sizeof(*partners));
	struct side *a = maker->a;

	if (!partners) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < b_count; i++) {
		partners[i] = UNPAIRED;
	}
	for (uint32_t i = 0; i < a->call->steps; i++) {
		if (maker->partners[i] != UNPAIRED) {
			partners[maker->partners[i]] = i;
		}
	}
	maker->a = maker->b;
	maker->b = a;
	maker->partners = partners;
	return 0;
}

int diff_make(const struct call *a, struct text detail_a, const struct call *b,
	struct text detail_b, struct arena *arena, struct diff *ret_diff, struct error *err)
{
	struct side sides[] = {{.call = a, .detail = detail_a}, {.call = b, .detail = detail_b}};
	/* Of several alignments that are as good, both directions must find the same: they begin
	 * with the same side. */
	bool swapped = text_compare(detail_a, detail_b) > 0;
	struct maker maker = {
		.arena = arena, .a = &sides[swapped ? 1 : 0], .b = &sides[swapped ? 0 : 1]};
	struct diff diff = {.a = *a, .b = *b};

	if (read_sides(&maker, err) < 0 || align_steps(&maker, err) < 0 ||
		(swapped && swap_sides(&maker, err) < 0) || make_pairs(&maker, &diff, err) < 0) {
		return -1;
	}
	*ret_diff = diff;
	return 0;
}

/* ---- the document ---- */

static void write_step(struct buffer *buffer, const struct diff_step *step)
{
	if (!step) {
		buffer_append(buffer, TEXT("null"));
		return;
	}
	buffer_append_byte(buffer, '{');
	json_add_number(buffer, "index", step->index);
	json_add_number(buffer, "timestamp", step->timestamp);
	json_add_number(buffer, "offset", step->offset);
	json_add_number(buffer, "duration", step->duration);
	json_add_string(buffer, "class", step->class_name);
	json_add_string(buffer, "module", step->module);
	json_add_string(buffer, "variable", step->variable);
	json_add_string(buffer, "line", step->line);
	buffer_append_byte(buffer, '}');
}

static void write_pair(struct buffer *buffer, const struct diff_pair *pair)
{
	buffer_printf(buffer, "{\"change\":\"%s\",\"a\":", diff_change_name(pair->change));
	write_step(buffer, pair->a);
	buffer_append(buffer, TEXT(",\"b\":"));
	write_step(buffer, pair->b);
	buffer_append_byte(buffer, '}');
}

void diff_write(struct buffer *buffer, const struct diff *diff)
{
	buffer_append(buffer, TEXT("{\"a\":"));
	call_document_write(buffer, &diff->a);
	buffer_append(buffer, TEXT(",\"b\":"));
	call_document_write(buffer, &diff->b);
	buffer_append(buffer, TEXT(",\"steps\":["));
	for (size_t i = 0; i < diff->count; i++) {
		json_write_comma(buffer);
		write_pair(buffer, &diff->pairs[i]);
	}
	buffer_append_byte(buffer, ']');
	for (enum diff_change change = DIFF_SAME; change <= DIFF_ONLY_B; change++) {
		buffer_printf(
			buffer, ",\"%s\":%zu", diff_change_name(change), diff->changes[change]);
	}
	buffer_append_byte(buffer, '}');
}
