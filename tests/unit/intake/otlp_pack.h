/* SPDX-License-Identifier: MIT
 * Packs spans as a client does, for tests. */
#ifndef TESTS_UNIT_INTAKE_OTLP_PACK_H
#define TESTS_UNIT_INTAKE_OTLP_PACK_H

#include "base/buffer.h"
#include "intake/sources/otlp/otlp_spans.h"

/* Appends the spans of @request as an ExportTraceServiceRequest in protobuf to @out. Values are
 * strings, numbers, truths. */
void otlp_pack(struct buffer *out, const struct otlp_request *request);

#endif
