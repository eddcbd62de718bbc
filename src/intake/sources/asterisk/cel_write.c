/* SPDX-License-Identifier: MIT
 * The header of a recorded call, and its steps as JSON. */
#include "intake/sources/asterisk/cel_write.h"

#include "call/call_json.h"
#include "intake/sources/asterisk/cel_walk.h"
#include "intake/sources/repair.h"
#include "json/json_writer.h"

#define SECOND_US INT64_C(1000000)

/* A call may have CALL_SIZE_MAX_DEFAULT bytes; this leaves room for its header and its last steps.
 */
#define DETAIL_BYTES_MAX ((size_t)900 << 10)

/* Extensions that are not numbers: Asterisk's own (s, h, i, t, failed, s-NOANSWER) and names. */
static bool is_number(struct text exten)
{
	bool digit = false;

	for (size_t i = 0; i < exten.size; i++) {
		char byte = exten.data[i];

		digit |= text_is_digit(byte);
		if (!text_is_digit(byte) && !memchr("+*#", byte, 3)) {
			return false;
		}
	}
	return digit;
}

static const struct cel_row *main_start(const struct cel_call *call)
{
	const struct cel_channel *main = cel_call_main(call);
	const struct cel_row *row = call->first;

	while (row && !(row->channel == main && cel_row_is(row, "CHAN_START"))) {
		row = row->after;
	}
	return row;
}

/* `IAX2/carrier-8904` without the number that only this one channel had. */
static struct text device_of(struct text channel)
{
	for (size_t i = channel.size; i > 0; i--) {
		if (channel.data[i - 1] == '-') {
			return text_head(channel, i - 1);
		}
	}
	return channel;
}

/* The number or the device of a channel that was called. */
static struct text party_of(const struct cel_channel *channel)
{
	struct text local = cel_channel_local_exten(channel);

	if (local.size > 0) {
		return local;
	}
	return channel->number.size > 0 ? channel->number : device_of(channel->name);
}

/* The party that the main channel was put through to, or else the one that it called first; empty
 * when it called none. */
static struct text find_called_party(const struct cel_call *call)
{
	const struct cel_channel *main = cel_call_main(call);
	const struct cel_channel *first = NULL;

	for (const struct cel_channel *channel = call->channels; channel; channel = channel->next) {
		if (channel != main && channel->connected) {
			return party_of(channel);
		}
		first = !first && channel != main ? channel : first;
	}
	return first ? party_of(first) : TEXT("");
}

/* The first number that rows of the main channel show. It is not the one that a Local channel has
 * in its name, which is where the exchange called, not where it was called from. */
static struct text find_number(const struct cel_call *call)
{
	const struct cel_channel *main = cel_call_main(call);
	struct text local = cel_channel_local_exten(main);

	for (const struct cel_row *row = call->first; row; row = row->after) {
		struct text exten = row->field[CEL_EXTEN];

		if (row->channel == main && is_number(exten) && !text_equal(exten, local)) {
			return exten;
		}
		if (row->channel == main && is_number(row->field[CEL_DNID])) {
			return row->field[CEL_DNID];
		}
	}
	return TEXT("");
}

/* What was dialled by the main channel. When the exchange called it nobody dialled: then the number
 * that it was sent to, or the device that was called. */
static struct text find_dest(const struct cel_call *call)
{
	const struct cel_channel *main = cel_call_main(call);
	const struct cel_row *start = main_start(call);
	struct text dialled = start ? start->field[CEL_EXTEN] : TEXT("");
	bool called = cel_channel_was_called(main);
	struct text number;

	if (!called && cel_is_known(dialled) && !text_equal(dialled, TEXT("s"))) {
		return dialled;
	}
	number = find_number(call);
	if (number.size > 0) {
		return number;
	}
	if (!called) {
		return find_called_party(call);
	}
	number = cel_channel_local_exten(main);
	return number.size > 0 ? number : device_of(main->name);
}

/* The caller's number; when the exchange called the main channel for somebody to be put through to
 * @dest, it is the one who was called first. What is shown to that one may be any number, @dest's
 * as well. */
static struct text find_src(const struct cel_call *call, struct text dest)
{
	const struct cel_channel *main = cel_call_main(call);
	struct text local = cel_channel_local_exten(main);

	if (!cel_channel_was_called(main)) {
		return main->number;
	}
	if (is_number(local) && !text_equal(local, dest)) {
		return local;
	}
	return text_equal(main->number, dest) ? device_of(main->name) : main->number;
}

static bool matches(struct text pattern, struct text context)
{
	pattern = text_trim(pattern);
	if (pattern.size > 0 && pattern.data[pattern.size - 1] == '*') {
		return text_starts_with(context, text_head(pattern, pattern.size - 1));
	}
	return text_equal(pattern, context);
}

bool cel_is_inbound(struct text context, const char *inbound_contexts)
{
	struct text rest = text_of(inbound_contexts), pattern;

	while (context.size > 0 && text_split(&rest, ',', &pattern)) {
		if (matches(pattern, context)) {
			return true;
		}
	}
	return false;
}

static enum call_type find_type(const struct cel_call *call, const char *inbound_contexts)
{
	const struct cel_channel *main = cel_call_main(call);
	const struct cel_row *start = main_start(call);
	struct text context = start ? start->field[CEL_CONTEXT] : main->context;

	/* The exchange made this call, whatever context the trunk's channel starts in. */
	if (cel_channel_was_called(main)) {
		return CALL_OUTBOUND;
	}
	return cel_is_inbound(context, inbound_contexts) ? CALL_INBOUND : CALL_OUTBOUND;
}

/* The main channel's hang-up; but a call that goes on without it (its caller transferred it and
 * left) ends with its last channel. */
static int64_t find_end_us(const struct cel_call *call, const char *cut)
{
	const struct cel_channel *main = cel_call_main(call);
	int64_t main_us = -1, last_us = -1, latest_us = call->first->time_us;

	for (const struct cel_row *row = call->first; row; row = row->after) {
		bool end = cel_row_is(row, "HANGUP") || cel_row_is(row, "CHAN_END");

		latest_us = row->time_us > latest_us ? row->time_us : latest_us;
		if (end && row->channel == main && main_us < 0) {
			main_us = row->time_us;
		}
		last_us = end && row->time_us > last_us ? row->time_us : last_us;
	}
	if (cut || last_us < 0) {
		return latest_us;
	}
	return main_us >= 0 && last_us - main_us < SECOND_US ? main_us : last_us;
}

/* `pbx2-1795459157.1`: exchanges give the same ids at the same second. */
static struct text make_session_id(
	const struct cel_call *call, const char *system, struct arena *arena)
{
	return system ? arena_printf(arena, "%s-%.*s", system, TEXT_ARG(call->linked_id))
		      : call->linked_id;
}

static struct call make_header(const struct cel_call *call, const struct cel_write_options *options,
	const char *cut, struct arena *arena)
{
	const struct cel_row *start = main_start(call);
	int64_t start_us = start ? start->time_us : call->first->time_us;
	int64_t end_us = find_end_us(call, cut);
	struct text dest = find_dest(call);
	struct call header = {
		.dest = repair_header(arena, dest, CALL_NUMBER_MAX),
		.src = repair_header(arena, find_src(call, dest), CALL_NUMBER_MAX),
		.session_id = make_session_id(call, options->system, arena),
		.start = start_us / SECOND_US,
		.type = find_type(call, options->inbound_contexts),
		.has_detail = true,
	};

	header.end = end_us > start_us ? end_us / SECOND_US : header.start;
	return header;
}

static void write_data(struct buffer *data, const struct cel_step *step)
{
	buffer_append_byte(data, '{');
	json_add_string(data, "module_type", step->module);
	json_add_string(data, "result_variable", step->variable);
	for (size_t i = 0; i < step->count; i++) {
		json_write_name(data, step->members[i].name);
		if (step->members[i].is_number) {
			buffer_append(data, step->members[i].value);
		} else {
			json_write_string(data, step->members[i].value);
		}
	}
	if (step->more.size > 0) {
		json_write_comma(data);
		buffer_append(data, step->more);
	}
	buffer_append_byte(data, '}');
}

static void write_step(struct buffer *detail, struct buffer *data, const struct cel_step *step)
{
	buffer_clear(data);
	write_data(data, step);
	json_write_comma(detail);
	detail->failed |= data->failed;
	call_json_write_step(detail, &(struct call_step){
					     .line = step->line,
					     .class_name = text_of(step->class_name),
					     .timestamp = step->time_us / SECOND_US,
					     .data = buffer_text(data),
				     });
}

/* A call longer than a call may be keeps its beginning and its last step, and says how much it
 * lacks. */
static void write_omission(struct buffer *detail, struct buffer *data, struct cel_walk *walk,
	const struct cel_step *at, size_t count)
{
	struct cel_step step = {
		.time_us = at->time_us,
		.class_name = "error",
		.module = TEXT("import"),
		.variable = TEXT(""),
		.line = cel_walk_text(
			walk, "%zu more steps are left out: the log is too long", count),
	};

	write_step(detail, data, &step);
}

static void write_detail(struct buffer *detail, struct cel_walk *walk)
{
	AUTO(buffer_deinit) struct buffer data;
	size_t left_out = 0;

	buffer_init(&data, CEL_DETAIL_BYTES_MAX);
	buffer_append_byte(detail, '[');
	LIST_EACH(struct cel_step, step, &walk->steps, link) {
		if (detail->size > DETAIL_BYTES_MAX && step->link.next) {
			left_out++;
			continue;
		}
		if (left_out > 0) {
			write_omission(detail, &data, walk, step, left_out);
		}
		write_step(detail, &data, step);
	}
	buffer_append_byte(detail, ']');
}

int cel_write_parts(struct buffer *detail, struct call *ret_header, struct arena *arena,
	const struct cel_call *call, const struct cel_write_options *options, const char *cut,
	struct error *err)
{
	struct cel_walk walk;
	struct call header = make_header(call, options, cut, arena);

	cel_walk(&walk, call, arena, cut);
	write_detail(detail, &walk);
	if (walk.failed || detail->failed || !header.dest.data || !header.src.data ||
		!header.session_id.data) {
		return error_set(err, ERROR_TOO_LARGE, "the call's log is too long to be written");
	}
	*ret_header = header;
	return 0;
}

int cel_write(struct buffer *json, const struct cel_call *call,
	const struct cel_write_options *options, const char *cut, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer detail;
	struct call header;

	arena_init(&arena, CEL_WALK_BYTES_MAX);
	buffer_init(&detail, CEL_DETAIL_BYTES_MAX);
	if (cel_write_parts(&detail, &header, &arena, call, options, cut, err) < 0) {
		return -1;
	}
	call_json_write(json, &header, buffer_text(&detail));
	return json->failed ? error_no_memory(err) : 0;
}
