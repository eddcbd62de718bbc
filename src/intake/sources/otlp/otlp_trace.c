/* SPDX-License-Identifier: MIT
 * Gathers the spans of a request by their traces, and writes what they say of each call. */
#include "intake/sources/otlp/otlp_trace.h"

#include <stdlib.h>

#include "intake/event_line.h"
#include "intake/sources/otlp/otlp_kinds.h"

#define NS_IN_S	   UINT64_C(1000000000)
#define LINE_BYTES ((size_t)256 << 10) /* a line with more steps is cut in two */
#define LINE_MAX   ((size_t)64 << 20)

#define ATTRIBUTES_MAX 512 /* of a span, and of a resource */

#define NO_CALL                                                                                    \
	"a trace is not a call: none of its spans has a name that is known, or an attribute "      \
	"call.from, call.to or callstep.line"

/* What the spans of a trace say together. */
struct trace {
	struct text id;
	const struct otlp_span *root;
	struct text src;
	struct text dest;
	bool has_type;
	enum call_type type;
	bool ended;
	bool is_call;
	uint64_t spans; /* that are not set aside */
};

struct writing {
	struct otlp_request *request;
	const struct otlp_sink *sink;
	struct otlp_maker maker;
	struct buffer line;
};

static int by_trace(const void *a, const void *b)
{
	const struct otlp_span *left = a, *right = b;
	int order = text_compare(left->trace_id, right->trace_id);

	if (order == 0 && left->start_ns != right->start_ns) {
		order = left->start_ns < right->start_ns ? -1 : 1;
	}
	return order != 0 ? order : text_compare(left->span_id, right->span_id);
}

static int by_time(const void *a, const void *b)
{
	const struct otlp_step *left = a, *right = b;

	if (left->at_ns != right->at_ns) {
		return left->at_ns < right->at_ns ? -1 : 1;
	}
	return text_compare(left->event_id, right->event_id);
}

/* ---- the header ---- */

static void take_number(struct writing *writing, struct text *number, struct text value)
{
	if (!value.data) {
		return;
	}
	if (value.size > CALL_NUMBER_MAX || text_has_control(value)) {
		otlp_reject(writing->request, 0,
			"a number of a call was left out: it is longer than 128 bytes, or has "
			"control characters");
		return;
	}
	*number = value;
}

static void take_type(struct writing *writing, struct trace *trace, struct text word)
{
	if (!word.data) {
		return;
	}
	if (!call_type_parse(word, &trace->type)) {
		otlp_reject(writing->request, 0,
			"a call's direction was left out: it is inbound, outbound or transfer");
		return;
	}
	trace->has_type = true;
}

static void take_header(
	struct writing *writing, struct trace *trace, const struct otlp_header *header)
{
	take_number(writing, &trace->src, header->src);
	take_number(writing, &trace->dest, header->dest);
	take_type(writing, trace, header->type);
	trace->ended |= header->ends;
}

static void take_span(struct writing *writing, struct trace *trace, const struct otlp_span *span)
{
	struct otlp_header header;
	bool is_call;

	if (span->attributes.count > ATTRIBUTES_MAX || span->resource->count > ATTRIBUTES_MAX) {
		otlp_reject(writing->request, 1, "a span or its resource has over 512 attributes");
		return;
	}
	writing->maker.span = span;
	is_call = otlp_make(&writing->maker, &header);
	if (writing->maker.wrong) {
		otlp_reject(writing->request, 1, writing->maker.wrong);
		return;
	}
	trace->spans++;
	trace->is_call |= is_call;
	take_header(writing, trace, &header);
	if (span->is_root) {
		trace->root = span;
	}
}

/* ---- lines ---- */

/* What comes last of a trace says whether it is over, so that it is not before its steps. @spans
 * of the trace have their first step in @line. */
static int hand_over(struct writing *writing, const struct trace *trace, struct event_line *line,
	uint64_t spans, bool last, struct error *err)
{
	if (last && (trace->root || trace->ended)) {
		line->state = EVENT_LINE_ENDED;
		line->end =
			trace->root ? (int64_t)(trace->root->end_ns / NS_IN_S) : EVENT_LINE_NONE;
	}
	buffer_clear(&writing->line);
	event_line_write(&writing->line, line);
	if (writing->line.failed) {
		return error_no_memory(err);
	}
	/* without the line feed */
	return writing->sink->line(writing->sink->context,
		text_head(buffer_text(&writing->line), writing->line.size - 1), spans, err);
}

static struct event_line first_line(const struct trace *trace)
{
	struct event_line line = event_line_of(trace->id);

	line.src = trace->src;
	line.dest = trace->dest;
	line.has_type = trace->has_type;
	line.type = trace->type;
	if (trace->root) {
		line.start = (int64_t)(trace->root->start_ns / NS_IN_S);
	}
	return line;
}

static int write_trace(struct writing *writing, const struct trace *trace, struct error *err)
{
	const struct otlp_step *steps = writing->maker.steps;
	size_t count = writing->maker.count, bytes = 0;
	uint64_t spans = 0;
	struct event_line line = first_line(trace);
	struct text *texts = arena_calloc(writing->request->arena, count + 1, sizeof(*texts));

	if (!texts) {
		return error_no_memory(err);
	}
	line.steps = texts;
	for (size_t i = 0; i < count; i++) {
		if (bytes > 0 && bytes + steps[i].json.size > LINE_BYTES) {
			if (hand_over(writing, trace, &line, spans, false, err) < 0) {
				return -1;
			}
			line = event_line_of(trace->id);
			line.steps = texts + i;
			bytes = 0;
			spans = 0;
		}
		texts[i] = steps[i].json;
		line.step_count++;
		bytes += steps[i].json.size;
		spans += steps[i].event_id.size == OTLP_SPAN_ID_SIZE;
	}
	if (count == 0 && !trace->root) {
		return 0; /* a header alone begins no call: there is no start */
	}
	return hand_over(writing, trace, &line, count > 0 ? spans : 1, true, err);
}

/* 1 it is a call, 0 it is not and is set aside, negative: the sink failed. */
static int check_call(struct writing *writing, struct trace *trace, struct error *err)
{
	const struct otlp_sink *sink = writing->sink;
	int held;

	if (trace->is_call) {
		return sink->known && sink->known(sink->context, trace->id, err) < 0 ? -1 : 1;
	}
	held = sink->is_call ? sink->is_call(sink->context, trace->id, err) : 0;
	if (held == 0) {
		otlp_reject(writing->request, trace->spans, NO_CALL);
	}
	return held;
}

/* @spans are @count spans of one trace, the earliest first. */
static int take_trace(
	struct writing *writing, const struct otlp_span *spans, size_t count, struct error *err)
{
	struct trace trace = {.id = spans[0].trace_id};
	int held;

	writing->maker.count = 0;
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !text_equal(spans[i].span_id, spans[i - 1].span_id)) {
			take_span(writing, &trace, &spans[i]);
		}
	}
	if (writing->maker.starved) {
		return error_no_memory(err);
	}
	held = trace.spans > 0 ? check_call(writing, &trace, err) : 0;
	if (held <= 0) {
		return held;
	}
	if (writing->maker.count > 0) {
		qsort(writing->maker.steps, writing->maker.count, sizeof(*writing->maker.steps),
			by_time);
	}
	return write_trace(writing, &trace, err);
}

static int take_traces(struct writing *writing, struct error *err)
{
	struct otlp_request *request = writing->request;
	size_t at = 0;

	while (at < request->count) {
		const struct otlp_span *first = &request->spans[at];
		size_t count = 1;

		while (at + count < request->count &&
			text_equal(first[count].trace_id, first->trace_id)) {
			count++;
		}
		if (take_trace(writing, first, count, err) < 0) {
			return -1;
		}
		at += count;
	}
	return 0;
}

int otlp_write_lines(struct otlp_request *request, const struct otlp_sink *sink, struct error *err)
{
	struct writing writing = {.request = request, .sink = sink};
	int result;

	if (request->count > 0) {
		qsort(request->spans, request->count, sizeof(*request->spans), by_trace);
	}
	otlp_maker_init(&writing.maker, request->arena, sink->all_spans);
	buffer_init(&writing.line, LINE_MAX);
	result = take_traces(&writing, err);
	buffer_deinit(&writing.line);
	otlp_maker_deinit(&writing.maker);
	return result;
}
