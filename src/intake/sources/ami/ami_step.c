/* SPDX-License-Identifier: MIT
 * Steps that the event log does not have: users' events, queues and their agents, hold, recordings,
 * variables. */
#include "intake/sources/ami/ami_private.h"
#include "intake/sources/asterisk/cel_secret.h"
#include "intake/sources/repair.h"
#include "json/json_writer.h"

struct step {
	const char *class_name;
	struct text line, module, variable;
};

/* Whether @name is a member of the object @data, whose braces are not closed. */
static bool has_member(const struct buffer *data, struct text name, struct buffer *scratch)
{
	buffer_clear(scratch);
	json_write_string(scratch, name);
	buffer_append_byte(scratch, ':');
	return !data->failed && !scratch->failed &&
	       memmem(data->data, data->size, scratch->data, scratch->size) != NULL;
}

/* Adds a member; a name that is taken gets a number. Which ones the walk adds itself is known. */
static void add_member(struct ami_rows *rows, struct text name, struct text value)
{
	static const char *const taken[] = {"module_type", "result_variable", "channel"};
	struct text free_name = name;
	bool is_taken = false;

	for (size_t i = 0; i < COUNT_OF(taken); i++) {
		is_taken |= text_equal_string(name, taken[i]);
	}
	for (int i = 2; is_taken || has_member(&rows->data, free_name, &rows->scratch); i++) {
		free_name = arena_printf(&rows->arena, "%.*s_%d", TEXT_ARG(name), i);
		is_taken = false;
		if (!free_name.data) {
			return;
		}
	}
	json_write_comma(&rows->data);
	json_write_string(&rows->data, free_name);
	buffer_append_byte(&rows->data, ':');
	json_write_string(&rows->data, value);
}

static void begin_data(struct ami_rows *rows)
{
	buffer_clear(&rows->data);
	buffer_append_byte(&rows->data, '{');
}

/* The step, with what stands in rows->data, which begin_data() began. */
static void emit_step(
	struct ami_rows *rows, const struct ami_channel *channel, const struct step *step)
{
	struct buffer *extra = ami_begin_extra(rows);

	json_add_string(extra, "class", text_of(step->class_name));
	json_add_string(extra, "line", step->line);
	json_add_string(extra, "module", step->module);
	json_add_string(extra, "variable", step->variable);
	ami_end_extra(rows);
	buffer_append_byte(&rows->data, '}');
	ami_emit(rows, channel, "AMI_STEP", TEXT(""), TEXT(""));
}

static struct text lower_case(struct arena *arena, struct text name)
{
	char *copy = arena_alloc(arena, name.size + 1);

	for (size_t i = 0; copy && i < name.size; i++) {
		copy[i] = text_lower(name.data[i]);
	}
	return (struct text){.data = copy, .size = copy ? name.size : 0};
}

/* @value as it may be shown under @name. */
static struct text shown(struct ami_rows *rows, struct text name, struct text value)
{
	struct text fit = repair_utf8(&rows->arena, value);

	if (cel_secret_is_name(name) && fit.size > 0) {
		return TEXT(CEL_SECRET_MARK);
	}
	fit = fit.size > 0 ? cel_secret_hide(&rows->arena, TEXT(""), fit) : TEXT("");
	return fit.data ? fit : TEXT("");
}

/* ---- users' events ---- */

static bool is_header(const struct ami_header *header, const char *name)
{
	return text_equal_ascii_case(header->name, text_of(name));
}

static void take_user_header(
	struct ami_rows *rows, const struct ami_header *header, struct step *step)
{
	struct text name = repair_utf8(&rows->arena, header->name);
	struct text value = shown(rows, name, header->value);
	struct text lower = lower_case(&rows->arena, name);

	if (!lower.data) {
		return;
	}
	if (is_header(header, "Line")) {
		step->line = value;
	} else if (is_header(header, "Module")) {
		step->module = value;
	} else if (is_header(header, "Variable") || is_header(header, "Step")) {
		step->variable = value;
	} else if (is_header(header, "Class")) {
		step->class_name = arena_copy(&rows->arena, value).data;
	}
	add_member(rows, lower, value);
}

/* `NAME: A: x, B: y`, of an event without a Line. */
static struct text user_line(
	struct ami_rows *rows, const struct ami_block *block, size_t first, struct text event)
{
	struct buffer *line = &rows->names;

	buffer_clear(line);
	buffer_append(line, event);
	for (size_t i = first; i < block->count; i++) {
		struct text name = repair_utf8(&rows->arena, block->headers[i].name);
		struct text value = shown(rows, name, block->headers[i].value);

		buffer_append(line, i == first ? TEXT(": ") : TEXT(", "));
		buffer_append(line, name);
		buffer_append(line, TEXT(": "));
		buffer_append(line, value);
	}
	return line->failed ? event : buffer_text(line);
}

/* Its own headers stand behind the one that names it. */
void ami_user_event(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	struct text event = repair_utf8(&rows->arena, ami_block_get(block, "UserEvent"));
	struct step step = {.class_name = "event", .module = TEXT("UserEvent"), .variable = event};
	size_t first = 0;

	while (first < block->count && !is_header(&block->headers[first], "UserEvent")) {
		first++;
	}
	first++;
	if (!channel || event.size == 0) {
		return;
	}
	begin_data(rows);
	for (size_t i = first; i < block->count; i++) {
		take_user_header(rows, &block->headers[i], &step);
	}
	if (step.line.size == 0) {
		step.line = user_line(rows, block, first, event);
	}
	step.class_name = step.class_name ? step.class_name : "event";
	emit_step(rows, channel, &step);
}

/* ---- queues ---- */

/* A step of the queue that @block names. Its headers @data, ended by NULL, are its data. */
static void queue_step(struct ami_rows *rows, const struct ami_block *block,
	const struct ami_channel *channel, struct text line, const char *const *data)
{
	const struct step step = {
		.class_name = "event",
		.line = line,
		.module = TEXT("Queue"),
		.variable = repair_utf8(&rows->arena, ami_block_get(block, "Queue")),
	};

	if (!channel || line.size == 0) {
		return;
	}
	begin_data(rows);
	for (; *data; data++) {
		struct text value = repair_utf8(&rows->arena, ami_block_get(block, *data));

		if (value.size > 0) {
			add_member(rows, lower_case(&rows->arena, text_of(*data)), value);
		}
	}
	emit_step(rows, channel, &step);
}

static struct text value_of(struct ami_rows *rows, const struct ami_block *block, const char *name)
{
	struct text value = repair_utf8(&rows->arena, ami_block_get(block, name));

	return value.data ? value : TEXT("");
}

void ami_queue_join(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	static const char *const data[] = {"Position", "Count", NULL};
	struct text queue = value_of(rows, block, "Queue");
	struct text position = value_of(rows, block, "Position");

	queue_step(rows, block, channel,
		arena_printf(&rows->arena, "Joined queue %.*s at place %.*s", TEXT_ARG(queue),
			TEXT_ARG(position)),
		data);
}

void ami_queue_abandon(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	static const char *const data[] = {"Position", "OriginalPosition", "HoldTime", NULL};
	struct text queue = value_of(rows, block, "Queue");
	struct text waited = value_of(rows, block, "HoldTime");

	queue_step(rows, block, channel,
		arena_printf(&rows->arena, "Left queue %.*s after %.*s s without an agent",
			TEXT_ARG(queue), TEXT_ARG(waited)),
		data);
}

void ami_agent_connect(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	static const char *const data[] = {"MemberName", "Interface", "HoldTime", "RingTime", NULL};
	struct text agent = value_of(rows, block, "MemberName");
	struct text waited = value_of(rows, block, "HoldTime");

	queue_step(rows, block, channel,
		arena_printf(&rows->arena, "Agent %.*s took the call after %.*s s", TEXT_ARG(agent),
			TEXT_ARG(waited)),
		data);
}

void ami_agent_complete(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	static const char *const data[] = {
		"MemberName", "Interface", "HoldTime", "TalkTime", "Reason", NULL};
	struct text agent = value_of(rows, block, "MemberName");
	struct text talked = value_of(rows, block, "TalkTime");
	struct text reason = value_of(rows, block, "Reason");

	queue_step(rows, block, channel,
		arena_printf(&rows->arena, "Agent %.*s done after %.*s s, ended by %.*s",
			TEXT_ARG(agent), TEXT_ARG(talked), TEXT_ARG(reason)),
		data);
}

void ami_agent_no_answer(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	static const char *const data[] = {"MemberName", "Interface", "RingTime", NULL};
	struct text agent = value_of(rows, block, "MemberName");

	queue_step(rows, block, channel,
		arena_printf(&rows->arena, "Agent %.*s did not answer", TEXT_ARG(agent)), data);
}

/* ---- what happens to a channel ---- */

static void plain_step(struct ami_rows *rows, const struct ami_channel *channel, const char *line,
	const char *module)
{
	if (channel) {
		begin_data(rows);
		emit_step(rows, channel,
			&(struct step){.class_name = "info",
				.line = text_of(line),
				.module = text_of(module),
				.variable = TEXT("")});
	}
}

void ami_hold(struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	(void)block;
	plain_step(rows, channel, "Hold", "hold");
}

void ami_unhold(struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	(void)block;
	plain_step(rows, channel, "Off hold", "hold");
}

void ami_recording(
	struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	(void)block;
	plain_step(rows, channel, "Recording started", "MixMonitor");
}

/* ---- variables ---- */

static bool is_listed(const char *list, struct text name)
{
	struct text rest = text_of(list), listed;

	while (text_split(&rest, ',', &listed)) {
		if (text_equal(text_trim(listed), name)) {
			return true;
		}
	}
	return false;
}

static void tell_variable(struct ami_rows *rows, const struct ami_channel *channel,
	struct text name, struct text value)
{
	struct text safe = shown(rows, name, value);
	struct step step = {
		.class_name = "info",
		.line = arena_printf(&rows->arena, "%.*s = %.*s", TEXT_ARG(name), TEXT_ARG(safe)),
		.module = TEXT("Set"),
		.variable = name,
	};

	if (step.line.size > 0) {
		begin_data(rows);
		add_member(rows, TEXT("value"), safe);
		emit_step(rows, channel, &step);
	}
}

static void tell_status(struct ami_rows *rows, const struct ami_channel *channel, struct text name,
	struct text value)
{
	struct buffer *extra = ami_begin_extra(rows);

	json_add_string(extra, "name", lower_case(&rows->arena, name));
	json_add_string(extra, "value", value);
	ami_end_extra(rows);
	ami_emit(rows, channel, "AMI_STATUS", TEXT(""), TEXT(""));
}

void ami_variable(struct ami_rows *rows, const struct ami_block *block, struct ami_channel *channel)
{
	static const char *const statuses[] = {"DIALSTATUS", "READSTATUS", "QUEUESTATUS",
		"VMSTATUS", "PLAYBACKSTATUS", "BACKGROUNDSTATUS"};
	struct text name = repair_utf8(&rows->arena, ami_block_get(block, "Variable"));
	struct text value = ami_unescape(ami_block_get(block, "Value"), &rows->scratch);
	bool is_status = false;

	if (!channel || name.size == 0) {
		return;
	}
	value = arena_copy(&rows->arena, value);
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		is_status |= text_equal_string(name, statuses[i]);
	}
	if (text_equal(name, TEXT("DIALSTATUS"))) {
		ami_set(&channel->dial_status, value);
	} else if (is_status && !text_equal(name, TEXT("QUEUESTATUS")) &&
		   !text_equal(name, TEXT("VMSTATUS"))) {
		ami_stop_sound(rows, channel);
	}
	if (is_status && value.size > 0) {
		tell_status(rows, channel, name, value);
	}
	if (rows->options.variables && is_listed(rows->options.variables, name)) {
		tell_variable(rows, channel, name, value);
	}
}
