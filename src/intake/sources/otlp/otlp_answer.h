/* SPDX-License-Identifier: MIT
 * What an OTLP client is answered, in its request's own encoding. */
#ifndef INTAKE_SOURCES_OTLP_OTLP_ANSWER_H
#define INTAKE_SOURCES_OTLP_OTLP_ANSWER_H

#include "base/buffer.h"

/* An ExportTraceServiceResponse: empty where nothing was set aside and @reasons is empty; otherwise
 * with its partialSuccess (OTLP specification, "Partial Success"). */
void otlp_write_answer(struct buffer *out, bool json, uint64_t rejected_spans, const char *reasons);

/* A google.rpc.Status in protobuf that says @sentence: what answers of 4xx and 5xx hold. */
void otlp_write_failure(struct buffer *out, const char *sentence);

#endif
