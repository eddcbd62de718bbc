/* SPDX-License-Identifier: MIT
 * Writing what was found out about a call. */
#include "intake/sources/document/report.h"

#include <stdlib.h>

#include "call/call_json.h"
#include "intake/sources/repair.h"
#include "json/json_writer.h"

#define SECOND_US     INT64_C(1000000)
#define TIME_END_US   (CALL_TIME_END * SECOND_US)
#define STEP_SIZE_MAX ((size_t)1 << 20)

void report_init(struct report *report, struct arena *arena)
{
	*report = (struct report){
		.arena = arena,
		.start_us = REPORT_TIME_NONE,
		.end_us = REPORT_TIME_NONE,
	};
}

struct report_step *report_add(struct report *report, int64_t time_us, const char *class_name,
	const char *module, struct text line)
{
	struct report_step *step = arena_calloc(report->arena, 1, sizeof(*step));

	if (!step) {
		report->failed = true;
		report->unseen = (struct report_step){0};
		return &report->unseen;
	}
	*step = (struct report_step){
		.time_us = time_us,
		.class_name = text_of(class_name),
		.module = text_of(module),
		.variable = TEXT(""),
		.line = line,
	};
	if (report->last) {
		report->last->next = step;
	} else {
		report->first = step;
	}
	report->last = step;
	report->count++;
	return step;
}

void report_set_as(struct report *report, struct report_step *step, struct text name,
	struct text value, bool is_json)
{
	struct report_member *member;

	if (value.size == 0) {
		return;
	}
	member = arena_calloc(report->arena, 1, sizeof(*member));
	if (!member) {
		report->failed = true;
		return;
	}
	*member = (struct report_member){.name = name, .value = value, .is_json = is_json};
	if (step->last) {
		step->last->next = member;
	} else {
		step->first = member;
	}
	step->last = member;
}

void report_set(
	struct report *report, struct report_step *step, const char *name, struct text value)
{
	report_set_as(report, step, text_of(name), value, false);
}

void report_set_number(
	struct report *report, struct report_step *step, const char *name, int64_t value)
{
	report_set_as(
		report, step, text_of(name), report_text(report, "%lld", (long long)value), true);
}

struct text report_text(struct report *report, const char *format, ...)
{
	struct text text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(report->arena, format, args);
	va_end(args);
	if (!text.data) {
		report->failed = true;
		return TEXT("");
	}
	return text;
}

/* ---- writing ---- */

/* @text as a step may hold it. */
static struct text fit(struct report *report, struct text text)
{
	struct text good = repair_utf8(report->arena, text.data ? text : TEXT(""));

	if (!good.data) {
		report->failed = true;
		return TEXT("");
	}
	if (good.size <= REPORT_TEXT_MAX) {
		return good;
	}
	good.size = REPORT_TEXT_MAX;
	/* 0b10xxxxxx goes on a character that began before. */
	while (good.size > 0 && ((unsigned char)good.data[good.size] & 0xc0) == 0x80) {
		good.size--;
	}
	return report_text(report, "%.*s…", TEXT_ARG(good));
}

static void write_data(struct report *report, struct buffer *data, const struct report_step *step)
{
	buffer_append_byte(data, '{');
	json_add_string(data, "module_type", fit(report, step->module));
	json_add_string(data, "result_variable", fit(report, step->variable));
	if (step->event_id.size > 0) {
		json_add_string(data, "event_id", fit(report, step->event_id));
	}
	for (const struct report_member *member = step->first; member; member = member->next) {
		json_write_comma(data);
		json_write_string(data, member->name);
		buffer_append_byte(data, ':');
		if (member->is_json) {
			json_write_canonical(data, member->value);
		} else {
			json_write_string(data, fit(report, member->value));
		}
	}
	buffer_append_byte(data, '}');
}

/* The step's canonical JSON in the arena. */
static struct text step_json(struct report *report, struct buffer *json, struct buffer *data,
	const struct report_step *step)
{
	struct text copy;

	buffer_clear(json);
	buffer_clear(data);
	write_data(report, data, step);
	call_json_write_step(json, &(struct call_step){
					   .line = fit(report, step->line),
					   .class_name = step->class_name,
					   .timestamp = step->time_us / SECOND_US,
					   .data = buffer_text(data),
				   });
	copy = arena_copy(report->arena, buffer_text(json));
	report->failed |= data->failed || json->failed || !copy.data;
	return copy;
}

struct placed {
	const struct report_step *step;
	size_t place;
};

static int by_time(const void *a, const void *b)
{
	const struct placed *left = a, *right = b;
	int64_t left_us = left->step->time_us, right_us = right->step->time_us;

	if (left_us != right_us) {
		return left_us < right_us ? -1 : 1;
	}
	return (left->place > right->place) - (left->place < right->place);
}

static const struct text *steps_json(struct report *report)
{
	AUTO(buffer_deinit) struct buffer json;
	AUTO(buffer_deinit) struct buffer data;
	struct placed *order = arena_calloc(report->arena, report->count + 1, sizeof(*order));
	struct text *steps = arena_calloc(report->arena, report->count + 1, sizeof(*steps));
	size_t count = 0;

	buffer_init(&json, STEP_SIZE_MAX);
	buffer_init(&data, STEP_SIZE_MAX);
	if (!order || !steps) {
		report->failed = true;
		return steps;
	}
	for (const struct report_step *step = report->first; step; step = step->next) {
		order[count] = (struct placed){step, count};
		count++;
	}
	qsort(order, count, sizeof(*order), by_time);
	for (size_t i = 0; i < count; i++) {
		steps[i] = step_json(report, &json, &data, order[i].step);
	}
	return steps;
}

/* @value as a header may hold it; what is not said stays so. */
static struct text header_text(struct report *report, struct text value)
{
	struct text good = value.data ? repair_utf8(report->arena, value) : value;

	good = good.data ? repair_header(report->arena, good, CALL_NUMBER_MAX) : good;
	report->failed |= value.data && !good.data;
	return good;
}

static int64_t seconds(int64_t time_us)
{
	return time_us == REPORT_TIME_NONE ? EVENT_LINE_NONE : time_us / SECOND_US;
}

static bool is_time(int64_t time_us)
{
	return time_us == REPORT_TIME_NONE || (time_us >= 0 && time_us < TIME_END_US);
}

static int check(const struct report *report, struct error *err)
{
	struct text session = report->session_id;

	if (session.size == 0 || session.size > CALL_SESSION_ID_MAX || text_has_control(session) ||
		!text_utf8_valid(session, NULL)) {
		return error_set(err, ERROR_INVALID,
			"the call's id must be 1 to %d bytes of UTF-8 without control characters",
			CALL_SESSION_ID_MAX);
	}
	if (!is_time(report->start_us) || !is_time(report->end_us)) {
		return error_set(err, ERROR_INVALID,
			"the call's start or end is not a time between 1970 and 5138");
	}
	for (const struct report_step *step = report->first; step; step = step->next) {
		if (step->time_us == REPORT_TIME_NONE || !is_time(step->time_us)) {
			return error_set(err, ERROR_INVALID,
				"the time of the step '%.*s' is not one between 1970 and 5138",
				(int)(step->line.size < 80 ? step->line.size : 80),
				step->line.data);
		}
	}
	return 0;
}

int report_write(struct report *report, struct buffer *out, struct error *err)
{
	struct event_line line;

	if (report->failed) {
		return error_no_memory(err);
	}
	if (check(report, err) < 0) {
		return -1;
	}
	line = event_line_of(report->session_id);
	line.dest = header_text(report, report->dest);
	line.src = header_text(report, report->src);
	line.start = seconds(report->start_us);
	line.end = seconds(report->end_us);
	line.has_type = report->has_type;
	line.type = report->type;
	line.state = report->state;
	line.from = report->replaces ? 0 : EVENT_LINE_NONE;
	line.steps = steps_json(report);
	line.step_count = report->count;
	if (!report->failed) {
		event_line_write(out, &line);
	}
	return report->failed || out->failed ? error_no_memory(err) : 0;
}
