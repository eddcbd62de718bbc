/* SPDX-License-Identifier: MIT
 * What both encodings of OTLP share. */
#include "intake/sources/otlp/otlp_spans.h"

#include <stdio.h>

#include "call/call.h"

#define NS_IN_S UINT64_C(1000000000)

void otlp_request_init(struct otlp_request *request, struct arena *arena)
{
	*request = (struct otlp_request){.arena = arena};
}

void otlp_reject(struct otlp_request *request, uint64_t count, const char *reason)
{
	size_t used = strlen(request->reasons);
	size_t size = sizeof(request->reasons) - used;

	request->rejected += count;
	if (!strstr(request->reasons, reason) && strlen(reason) + 3 < size) {
		snprintf(request->reasons + used, size, "%s%s", used > 0 ? "; " : "", reason);
	}
}

static bool is_id(struct text id, size_t size)
{
	bool zero = true;

	for (size_t i = 0; i < id.size; i++) {
		zero &= id.data[i] == '0';
	}
	return id.size == size && !zero;
}

const char *otlp_span_check(const struct otlp_span *span)
{
	if (!is_id(span->trace_id, OTLP_TRACE_ID_SIZE)) {
		return "a span's trace id is not 16 bytes, or all zero";
	}
	if (!is_id(span->span_id, OTLP_SPAN_ID_SIZE)) {
		return "a span's id is not 8 bytes, or all zero";
	}
	if (span->start_ns < NS_IN_S || span->start_ns / NS_IN_S >= CALL_TIME_END ||
		span->end_ns / NS_IN_S >= CALL_TIME_END) {
		return "a span's times are not UNIX nanoseconds";
	}
	return span->end_ns < span->start_ns ? "a span ends before it starts" : NULL;
}

const struct otlp_attribute *otlp_find(const struct otlp_attributes *attributes, const char *name)
{
	for (size_t i = 0; i < attributes->count; i++) {
		if (text_equal_string(attributes->items[i].name, name)) {
			return &attributes->items[i];
		}
	}
	return NULL;
}

struct text otlp_get(const struct otlp_attributes *attributes, const char *name)
{
	const struct otlp_attribute *attribute = otlp_find(attributes, name);

	return attribute ? attribute->value : (struct text){0};
}

struct text otlp_first(const struct otlp_span *span, const char *const *names)
{
	const struct otlp_attributes *places[] = {&span->attributes, span->resource};

	for (size_t at = 0; at < COUNT_OF(places); at++) {
		for (size_t i = 0; names[i] && places[at]; i++) {
			struct text value = otlp_get(places[at], names[i]);

			if (value.size > 0) {
				return value;
			}
		}
	}
	return (struct text){0};
}
