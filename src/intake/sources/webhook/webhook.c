/* SPDX-License-Identifier: MIT
 * Translating a document by a table, which webhook_table.c has checked. */
#include "intake/sources/webhook/webhook.h"

#include "intake/sources/asterisk/cel_time.h"
#include "intake/sources/document/report.h"
#include "intake/sources/repair.h"

#define LINE_BYTES_MAX ((size_t)8 << 20)
#define SECOND_US      INT64_C(1000000)

struct translation {
	const struct tree *table;
	const struct tree *document;
	struct report *report;
	int64_t latest_us; /* of the step before */
};

/* ---- values ---- */

/* Behind `#` a pointer is from the whole document, otherwise from @at. */
static const struct tree *look(
	const struct translation *translation, const struct tree *at, struct text pointer)
{
	if (pointer.size > 0 && pointer.data[0] == '#') {
		return tree_at(translation->document, text_tail(pointer, 1));
	}
	return tree_at(at, pointer);
}

/* The first text that @spec, a pointer or an array of them, leads to. */
static struct text find_text(
	const struct translation *translation, const struct tree *at, const struct tree *spec)
{
	struct text text = TEXT("");

	if (!spec || spec->kind != TREE_ARRAY) {
		return spec ? tree_text(look(translation, at, tree_text(spec))) : text;
	}
	for (const struct tree *pointer = spec->first; pointer && text.size == 0;
		pointer = pointer->next) {
		text = tree_text(look(translation, at, tree_text(pointer)));
	}
	return text;
}

/* @template with each `{pointer}` replaced; `{{` is a brace. */
static struct text fill(
	const struct translation *translation, const struct tree *at, struct text template)
{
	AUTO(buffer_deinit) struct buffer out;
	struct text copy;

	buffer_init(&out, LINE_BYTES_MAX);
	while (template.size > 0) {
		const char *end =
			template.data[0] == '{' ? memchr(template.data, '}', template.size) : NULL;

		if (template.size > 1 && template.data[0] == '{' && template.data[1] == '{') {
			buffer_append_byte(&out, '{');
			template = text_tail(template, 2);
		} else if (end) {
			struct text pointer = {.data = template.data + 1,
				.size = (size_t)(end - template.data) - 1};

			buffer_append(&out, tree_text(look(translation, at, pointer)));
			template = text_tail(template, pointer.size + 2);
		} else {
			buffer_append_byte(&out, template.data[0]);
			template = text_tail(template, 1);
		}
	}
	copy = arena_copy(translation->report->arena, buffer_text(&out));
	translation->report->failed |= out.failed || !copy.data;
	return copy.data ? copy : TEXT("");
}

static bool is_one_of(struct text text, const struct tree *list)
{
	if (!list || list->kind != TREE_ARRAY) {
		return list && text_equal(text, tree_text(list));
	}
	for (const struct tree *word = list->first; word; word = word->next) {
		if (text_equal(text, tree_text(word))) {
			return true;
		}
	}
	return false;
}

/* ---- times ---- */

static bool read_number(struct text text, int64_t unit_us, int64_t *ret_us)
{
	struct text whole = text, rest = text;
	int64_t value, fraction_us = 0, digit_us = unit_us;

	text_split(&rest, '.', &whole);
	if (!text_to_int64(whole, &value) || value > INT64_MAX / 2 / unit_us) {
		return false;
	}
	for (size_t i = 0; i < rest.size; i++) {
		if (!text_is_digit(rest.data[i])) {
			return false;
		}
		digit_us /= 10;
		fraction_us += (rest.data[i] - '0') * digit_us;
	}
	*ret_us = value * unit_us + fraction_us;
	return true;
}

bool webhook_time(struct text text, struct text unit, int64_t *ret_us)
{
	if (text_equal(unit, TEXT("iso"))) {
		return cel_time_parse(text, false, 0, ret_us);
	}
	return read_number(text,
		text_equal(unit, TEXT("ms"))   ? 1000
		: text_equal(unit, TEXT("us")) ? 1
					       : SECOND_US,
		ret_us);
}

static struct text unit_of(const struct translation *translation, const struct tree *rule)
{
	struct text unit = tree_member_text(rule, "unit");

	unit = unit.size > 0 ? unit : tree_member_text(translation->table, "unit");
	return unit.size > 0 ? unit : TEXT("s");
}

static int64_t header_time(const struct translation *translation, const char *name)
{
	const struct tree *call = tree_member(translation->table, "call");
	struct text text = find_text(translation, translation->document, tree_member(call, name));
	int64_t us;

	return text.size > 0 && webhook_time(text, unit_of(translation, call), &us)
		       ? us
		       : REPORT_TIME_NONE;
}

static int64_t step_time(
	struct translation *translation, const struct tree *rule, const struct tree *at)
{
	struct text text = find_text(translation, at, tree_member(rule, "time"));
	const struct tree *since = tree_member(rule, "since_start");
	int64_t us = translation->latest_us;

	if (webhook_time(text, unit_of(translation, rule), &us) && since &&
		since->kind == TREE_TRUE) {
		us += translation->report->start_us != REPORT_TIME_NONE
			      ? translation->report->start_us
			      : 0;
	}
	translation->latest_us = us;
	return us;
}

/* ---- steps ---- */

/* Whether all that @rule's `when` names is as it says: true there, false not there, a text or one
 * of several. */
static bool applies(
	const struct translation *translation, const struct tree *rule, const struct tree *at)
{
	const struct tree *when = tree_member(rule, "when");

	for (const struct tree *row = when ? when->first : NULL; row; row = row->next) {
		const struct tree *found = look(translation, at, row->name);
		bool is_there = found && found->kind != TREE_NULL;

		if (row->kind == TREE_TRUE || row->kind == TREE_FALSE) {
			if (is_there != (row->kind == TREE_TRUE)) {
				return false;
			}
		} else if (!is_one_of(tree_text(found), row)) {
			return false;
		}
	}
	return true;
}

static void add_data(struct translation *translation, const struct tree *rule,
	const struct tree *at, struct report_step *step)
{
	const struct tree *data = tree_member(rule, "data");

	for (const struct tree *row = data ? data->first : NULL; row; row = row->next) {
		struct text spec = tree_text(row);
		bool pointer = spec.size > 0 && (spec.data[0] == '/' || spec.data[0] == '#');
		const struct tree *found = pointer ? look(translation, at, spec) : NULL;

		bool is_json = found && found->kind != TREE_STRING && found->source.size > 0;
		struct text value = is_json   ? found->source
				    : pointer ? tree_text(found)
					      : fill(translation, at, spec);

		/* What is too long is cut, and is a text then. */
		report_set_as(translation->report, step, row->name, value,
			is_json && value.size <= REPORT_TEXT_MAX);
	}
}

static void add_step(
	struct translation *translation, const struct tree *rule, const struct tree *at)
{
	struct text class_name = tree_member_text(rule, "class");
	struct report_step *step;

	if (!applies(translation, rule, at)) {
		return;
	}
	step = report_add(translation->report, step_time(translation, rule, at), "info", "",
		fill(translation, at, tree_member_text(rule, "line")));
	step->class_name = class_name.size > 0 ? class_name : step->class_name;
	step->module = fill(translation, at, tree_member_text(rule, "module"));
	step->variable = fill(translation, at, tree_member_text(rule, "variable"));
	step->event_id = fill(translation, at, tree_member_text(rule, "id"));
	add_data(translation, rule, at, step);
}

static void add_steps(struct translation *translation)
{
	const struct tree *rules = tree_member(translation->table, "steps");
	const struct tree *rule = rules ? rules->first : NULL;

	for (; rule; rule = rule->next) {
		const struct tree *each = tree_member(rule, "each");
		const struct tree *list =
			each ? look(translation, translation->document, tree_text(each)) : NULL;

		if (!each) {
			add_step(translation, rule, translation->document);
			continue;
		}
		for (const struct tree *at = list && list->kind == TREE_ARRAY ? list->first : NULL;
			at; at = at->next) {
			add_step(translation, rule, at);
		}
	}
}

/* ---- the header ---- */

static struct text header_text(const struct translation *translation, const char *name)
{
	const struct tree *call = tree_member(translation->table, "call");
	struct text text = find_text(translation, translation->document, tree_member(call, name));

	return text.size > 0 ? text : (struct text){0};
}

static void set_type(struct translation *translation)
{
	const struct tree *names = tree_member(tree_member(translation->table, "call"), "types");
	struct text type = header_text(translation, "type");

	for (const struct tree *row = names ? names->first : NULL; row; row = row->next) {
		if (text_equal(row->name, type)) {
			type = tree_text(row);
			break;
		}
	}
	translation->report->has_type =
		type.size > 0 && call_type_parse(type, &translation->report->type);
}

static void set_header(struct translation *translation, struct text event, int64_t now_s)
{
	struct report *report = translation->report;

	report->session_id = header_text(translation, "session_id");
	report->src = header_text(translation, "src");
	report->dest = header_text(translation, "dest");
	report->start_us = header_time(translation, "start");
	report->end_us = header_time(translation, "end");
	set_type(translation);
	report->state = is_one_of(event, tree_member(translation->table, "ends"))
				? EVENT_LINE_ENDED
				: EVENT_LINE_STATE_NONE;
	report->replaces = is_one_of(event, tree_member(translation->table, "replaces"));
	translation->latest_us =
		report->start_us != REPORT_TIME_NONE ? report->start_us : now_s * SECOND_US;
}

/* ---- records ---- */

static void take_record(const struct webhook *webhook, const struct tree *document, uint64_t place,
	int64_t now_s, struct arena *arena, const struct source_sink *sink)
{
	AUTO(buffer_deinit) struct buffer line;
	struct report report;
	struct translation translation = {
		.table = webhook->table, .document = document, .report = &report};
	const struct tree *events = tree_member(webhook->table, "events");
	struct text event = find_text(&translation, document, tree_member(webhook->table, "event"));
	struct error err;

	if (events && !is_one_of(event, events)) {
		return;
	}
	report_init(&report, arena);
	buffer_init(&line, LINE_BYTES_MAX);
	set_header(&translation, event, now_s);
	add_steps(&translation);
	if (report_write(&report, &line, &err) < 0) {
		sink->reject(sink->context, place, TEXT(""), err.message, 1);
		return;
	}
	sink->events(sink->context, buffer_text(&line), place);
}

static int read_body(
	struct tree **ret_tree, struct text body, struct arena *arena, struct error *err)
{
	struct text text = source_skip_blank(body);

	if (text.size == 0) {
		return error_set(err, ERROR_INVALID, "the body is empty");
	}
	if (text.data[0] != '{' && text.data[0] != '[') {
		return tree_read_form(ret_tree, text, arena, err);
	}
	text = repair_utf8(arena, text);
	return text.data ? tree_read_json(ret_tree, text, arena, err) : error_no_memory(err);
}

int webhook_take(const struct webhook *webhook, struct text body, int64_t now_s,
	struct arena *arena, const struct source_sink *sink, struct error *err)
{
	const struct tree *records = tree_member(webhook->table, "records");
	const struct tree *found;
	struct tree *document;
	uint64_t place = 1;

	if (read_body(&document, body, arena, err) < 0) {
		return -1;
	}
	if (!records) {
		take_record(webhook, document, 1, now_s, arena, sink);
		return 0;
	}
	found = tree_at(document, tree_text(records));
	if (!found || found->kind != TREE_ARRAY) {
		return error_set(err, ERROR_INVALID, "there is no array of records at '%.*s'",
			TEXT_ARG(tree_text(records)));
	}
	for (const struct tree *record = found->first; record; record = record->next) {
		take_record(webhook, record, place++, now_s, arena, sink);
	}
	return 0;
}
