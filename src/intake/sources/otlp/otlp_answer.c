/* SPDX-License-Identifier: MIT
 * Answers to OTLP clients. */
#include "intake/sources/otlp/otlp_answer.h"

#include <inttypes.h>

#include "otlp.pb-c.h"
#include "json/json_writer.h"

static ProtobufCBinaryData bytes_of(const char *sentence)
{
	/* the library does not write to what it packs */
	return (ProtobufCBinaryData){
		.len = strlen(sentence), .data = (uint8_t *)(uintptr_t)sentence};
}

static void pack(struct buffer *out, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	char *at = buffer_reserve(out, size + 1);

	if (at) {
		buffer_advance(out, protobuf_c_message_pack(message, (uint8_t *)at));
	}
}

static void write_json(struct buffer *out, uint64_t rejected_spans, const char *reasons)
{
	buffer_printf(
		out, "{\"partialSuccess\":{\"rejectedSpans\":\"%" PRIu64 "\"", rejected_spans);
	json_add_string(out, "errorMessage", text_of(reasons));
	buffer_append(out, TEXT("}}"));
}

void otlp_write_answer(struct buffer *out, bool json, uint64_t rejected_spans, const char *reasons)
{
	Otlp__PbPartialSuccess partial = OTLP__PB_PARTIAL_SUCCESS__INIT;
	Otlp__PbResponse response = OTLP__PB_RESPONSE__INIT;
	bool all = rejected_spans == 0 && !reasons[0];

	if (json && all) {
		buffer_append(out, TEXT("{}"));
	} else if (json) {
		write_json(out, rejected_spans, reasons);
	} else if (!all) {
		partial.rejected_spans = (int64_t)rejected_spans;
		partial.error_message = bytes_of(reasons);
		response.partial_success = &partial;
		pack(out, &response.base);
	}
}

void otlp_write_failure(struct buffer *out, const char *sentence)
{
	Otlp__PbFailure failure = OTLP__PB_FAILURE__INIT;

	failure.message = bytes_of(sentence);
	pack(out, &failure.base);
}
