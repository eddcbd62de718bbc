/* SPDX-License-Identifier: MIT
 * Spans as clients write them, for tests. */
#ifndef TESTS_UNIT_INTAKE_OTLP_PACK_H
#define TESTS_UNIT_INTAKE_OTLP_PACK_H

#include "base/buffer.h"
#include "intake/sources/otlp/otlp_spans.h"

/* ---- spans in JSON ---- */

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define IDS   "\"traceId\":\"" TRACE "\",\"spanId\":\"00f067aa0ba902b7\""
#define CHILD IDS ",\"parentSpanId\":\"00f067aa0ba90000\""
#define TIMES                                                                                      \
	",\"startTimeUnixNano\":\"1795490400500000000\",\"endTimeUnixNano\":"                      \
	"\"1795490401750000000\""
#define GROUP(spans) "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" spans "]}]}]}"

/* ---- in protobuf ---- */

/* Appends the spans of @request as an ExportTraceServiceRequest in protobuf to @out. Values are
 * strings, numbers, truths. */
void otlp_pack(struct buffer *out, const struct otlp_request *request);

#endif
