/* SPDX-License-Identifier: MIT
 * Traces to calls: a trace is a call, its id the session's. The spans of a request become events
 * lines, which join what is held by the spans' ids: spans may come in any order, in any requests,
 * and again. */
#ifndef INTAKE_SOURCES_OTLP_OTLP_TRACE_H
#define INTAKE_SOURCES_OTLP_OTLP_TRACE_H

#include "intake/sources/otlp/otlp_spans.h"

struct otlp_sink {
	/* An events line (event_line.h), in which @spans spans have their steps. Negative: stop. */
	int (*line)(void *context, struct text line, uint64_t spans, struct error *err);
	/* Whether the session @trace_id is a call already: asked of a trace none of whose spans
	 * says that it is one. 1 it is, 0 it is not, negative: that is not known. NULL: it is not.
	 */
	int (*is_call)(void *context, struct text trace_id, struct error *err);
	/* A trace that says so. Negative: stop. NULL: it is not told. */
	int (*known)(void *context, struct text trace_id, struct error *err);
	void *context;
	bool all_spans; /* also those that only say how long something took make steps */
};

/* Hands the events lines of the spans of @request to @sink, trace by trace. Spans that cannot be
 * used are set aside in @request. Negative: the sink said so, or ERROR_NO_MEMORY. */
int otlp_write_lines(
	struct otlp_request *request, const struct otlp_sink *sink, struct error *err) CHECK_RESULT;

#endif
