/* SPDX-License-Identifier: MIT
 * Packs spans in protobuf. */
#include "otlp_pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "otlp.pb-c.h"

static void *make(const struct otlp_request *request, size_t count, size_t size)
{
	void *made = arena_calloc(request->arena, count > 0 ? count : 1, size);

	assert_non_null(made);
	return made;
}

static ProtobufCBinaryData bytes_of(struct text text)
{
	return (ProtobufCBinaryData){.len = text.size, .data = (uint8_t *)(uintptr_t)text.data};
}

static ProtobufCBinaryData unhex(const struct otlp_request *request, struct text hex)
{
	ProtobufCBinaryData bytes = {.len = hex.size / 2, .data = make(request, hex.size / 2, 1)};

	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] = (uint8_t)(text_hex_digit(hex.data[2 * i]) * 16 +
					  text_hex_digit(hex.data[2 * i + 1]));
	}
	return bytes;
}

static Otlp__PbValue *pack_value(
	const struct otlp_request *request, const struct otlp_attribute *attribute)
{
	Otlp__PbValue *value = make(request, 1, sizeof(*value));
	char digits[64];

	otlp__pb_value__init(value);
	if (attribute->is_string) {
		value->value_case = OTLP__PB_VALUE__VALUE_TEXT;
		value->text = bytes_of(attribute->value);
		return value;
	}
	assert_true(attribute->value.size < sizeof(digits));
	snprintf(digits, sizeof(digits), "%.*s", TEXT_ARG(attribute->value));
	if (digits[0] == 't' || digits[0] == 'f') {
		value->value_case = OTLP__PB_VALUE__VALUE_BOOLEAN;
		value->boolean = digits[0] == 't';
	} else if (strchr(digits, '.')) {
		value->value_case = OTLP__PB_VALUE__VALUE_NUMBER;
		value->number = strtod(digits, NULL);
	} else {
		value->value_case = OTLP__PB_VALUE__VALUE_INTEGER;
		value->integer = strtoll(digits, NULL, 10);
	}
	return value;
}

static Otlp__PbAttribute **pack_attributes(
	const struct otlp_request *request, const struct otlp_attributes *attributes)
{
	Otlp__PbAttribute **list = make(request, attributes->count, sizeof(Otlp__PbAttribute *));

	for (size_t i = 0; i < attributes->count; i++) {
		list[i] = make(request, 1, sizeof(*list[i]));
		otlp__pb_attribute__init(list[i]);
		list[i]->name = bytes_of(attributes->items[i].name);
		list[i]->value = pack_value(request, &attributes->items[i]);
	}
	return list;
}

static Otlp__PbSpan *pack_span(const struct otlp_request *request, const struct otlp_span *from)
{
	Otlp__PbSpan *span = make(request, 1, sizeof(*span));

	otlp__pb_span__init(span);
	span->trace_id = unhex(request, from->trace_id);
	span->span_id = unhex(request, from->span_id);
	if (!from->is_root) {
		span->parent_span_id = span->span_id;
	}
	span->name = bytes_of(from->name);
	span->start_ns = from->start_ns;
	span->end_ns = from->end_ns;
	span->n_attributes = from->attributes.count;
	span->attributes = pack_attributes(request, &from->attributes);
	if (from->failed) {
		span->status = make(request, 1, sizeof(*span->status));
		otlp__pb_status__init(span->status);
		span->status->code = 2;
		span->status->message = bytes_of(from->message);
	}
	return span;
}

/* A resource and a scope for each span. */
static Otlp__PbResourceSpans *pack_group(
	const struct otlp_request *request, const struct otlp_span *from)
{
	Otlp__PbResourceSpans *group = make(request, 1, sizeof(*group));
	Otlp__PbScopeSpans *scope = make(request, 1, sizeof(*scope));

	otlp__pb_scope_spans__init(scope);
	scope->n_spans = 1;
	scope->spans = make(request, 1, sizeof(Otlp__PbSpan *));
	scope->spans[0] = pack_span(request, from);
	otlp__pb_resource_spans__init(group);
	group->n_scope_spans = 1;
	group->scope_spans = make(request, 1, sizeof(Otlp__PbScopeSpans *));
	group->scope_spans[0] = scope;
	group->resource = make(request, 1, sizeof(*group->resource));
	otlp__pb_attributes__init(group->resource);
	group->resource->n_attributes = from->resource->count;
	group->resource->attributes = pack_attributes(request, from->resource);
	return group;
}

void otlp_pack(struct buffer *out, const struct otlp_request *request)
{
	Otlp__PbRequest packed = OTLP__PB_REQUEST__INIT;
	char *at;

	packed.n_resource_spans = request->count;
	packed.resource_spans = make(request, request->count, sizeof(Otlp__PbResourceSpans *));
	for (size_t i = 0; i < request->count; i++) {
		packed.resource_spans[i] = pack_group(request, &request->spans[i]);
	}
	at = buffer_reserve(out, otlp__pb_request__get_packed_size(&packed) + 1);
	assert_non_null(at);
	buffer_advance(out, otlp__pb_request__pack(&packed, (uint8_t *)at));
}
