/* SPDX-License-Identifier: MIT
 * OTLP in protobuf, by libprotobuf-c. All that it makes lies in the request's arena. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "intake/sources/otlp/otlp_spans.h"
#include "otlp.pb-c.h"
#include "json/json_writer.h"

#define VALUES_DEEP 16 /* values inside values */
#define VALUE_TIMES 8  /* bytes of a value's JSON for each of its bytes, at most */

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

struct reading {
	struct otlp_request *request;
	ProtobufCAllocator allocator; /* of the request's arena */
	struct buffer value;
	bool starved; /* the arena was full: the library does not tell why it failed */
};

static void *give(void *context, size_t size)
{
	struct reading *reading = context;
	void *given = arena_alloc(reading->request->arena, size > 0 ? size : 1);

	reading->starved |= !given;
	return given;
}

/* Everything goes with the arena. */
static void take_back(void *context, void *pointer)
{
	(void)context;
	(void)pointer;
}

static struct text text_of_bytes(ProtobufCBinaryData bytes)
{
	return (struct text){.data = bytes.data ? (const char *)bytes.data : "", .size = bytes.len};
}

static struct text hex_of(struct arena *arena, ProtobufCBinaryData bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = arena_alloc(arena, 2 * bytes.len + 1);

	if (!hex) {
		return (struct text){0};
	}
	for (size_t i = 0; i < bytes.len; i++) {
		hex[2 * i] = digits[bytes.data[i] >> 4];
		hex[2 * i + 1] = digits[bytes.data[i] & 15];
	}
	return (struct text){.data = hex, .size = 2 * bytes.len};
}

/* ---- values ---- */

static void write_base64(struct buffer *out, ProtobufCBinaryData bytes)
{
	buffer_append_byte(out, '"');
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		unsigned int bits = (unsigned int)bytes.data[i] << 16 |
				    (left > 1 ? (unsigned int)bytes.data[i + 1] << 8 : 0) |
				    (left > 2 ? bytes.data[i + 2] : 0);
		const char four[] = {BASE64[bits >> 18], BASE64[bits >> 12 & 63],
			left > 1 ? BASE64[bits >> 6 & 63] : '=',
			left > 2 ? BASE64[bits & 63] : '='};

		buffer_append(out, (struct text){.data = four, .size = sizeof(four)});
	}
	buffer_append_byte(out, '"');
}

/* JSON has no word for what is not a number. 15 digits read better, where they say the same. */
static void write_number(struct buffer *out, double number)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%.15g", number);
	if (strtod(digits, NULL) != number) {
		snprintf(digits, sizeof(digits), "%.17g", number);
	}
	buffer_append(out, isfinite(number) ? text_of(digits) : TEXT("null"));
}

static bool write_value(
	struct buffer *out, const Otlp__PbValue *value, ProtobufCAllocator *allocator, int depth);

static bool write_array(
	struct buffer *out, ProtobufCBinaryData bytes, ProtobufCAllocator *allocator, int depth)
{
	Otlp__PbValues *values = otlp__pb_values__unpack(allocator, bytes.len, bytes.data);
	bool good = values != NULL;

	buffer_append_byte(out, '[');
	for (size_t i = 0; good && i < values->n_values; i++) {
		json_write_comma(out);
		good = write_value(out, values->values[i], allocator, depth + 1);
	}
	buffer_append_byte(out, ']');
	return good;
}

static bool write_members(
	struct buffer *out, ProtobufCBinaryData bytes, ProtobufCAllocator *allocator, int depth)
{
	Otlp__PbAttributes *members = otlp__pb_attributes__unpack(allocator, bytes.len, bytes.data);
	bool good = members != NULL;

	buffer_append_byte(out, '{');
	for (size_t i = 0; good && i < members->n_attributes; i++) {
		struct text name = text_of_bytes(members->attributes[i]->name);

		good = text_utf8_valid(name, NULL);
		json_write_comma(out);
		json_write_string(out, name);
		buffer_append_byte(out, ':');
		good = good &&
		       write_value(out, members->attributes[i]->value, allocator, depth + 1);
	}
	buffer_append_byte(out, '}');
	return good;
}

/* False: it is not a value. */
static bool write_value(
	struct buffer *out, const Otlp__PbValue *value, ProtobufCAllocator *allocator, int depth)
{
	struct text text;

	if (depth > VALUES_DEEP) {
		return false;
	}
	switch (value ? value->value_case : OTLP__PB_VALUE__VALUE__NOT_SET) {
	case OTLP__PB_VALUE__VALUE_TEXT:
		text = text_of_bytes(value->text);
		json_write_string(out, text);
		return text_utf8_valid(text, NULL);
	case OTLP__PB_VALUE__VALUE_BOOLEAN:
		buffer_append(out, value->boolean ? TEXT("true") : TEXT("false"));
		return true;
	case OTLP__PB_VALUE__VALUE_INTEGER:
		buffer_printf(out, "%lld", (long long)value->integer);
		return true;
	case OTLP__PB_VALUE__VALUE_NUMBER:
		write_number(out, value->number);
		return true;
	case OTLP__PB_VALUE__VALUE_ARRAY:
		return write_array(out, value->array, allocator, depth);
	case OTLP__PB_VALUE__VALUE_MEMBERS:
		return write_members(out, value->members, allocator, depth);
	case OTLP__PB_VALUE__VALUE_BINARY:
		write_base64(out, value->binary);
		return true;
	default:
		buffer_append(out, TEXT("null"));
		return true;
	}
}

/* ---- spans ---- */

enum read {
	READ_GOOD,
	READ_BAD, /* not UTF-8, or not a value */
	READ_NO_MEMORY,
};

static enum read read_attribute(struct reading *reading, const Otlp__PbAttribute *from,
	struct otlp_attribute *ret_attribute)
{
	struct otlp_attribute attribute = {.name = text_of_bytes(from->name)};

	attribute.is_string = from->value && from->value->value_case == OTLP__PB_VALUE__VALUE_TEXT;
	if (attribute.is_string) {
		attribute.value = text_of_bytes(from->value->text);
	} else {
		buffer_clear(&reading->value);
		if (!write_value(&reading->value, from->value, &reading->allocator, 0)) {
			return reading->starved ? READ_NO_MEMORY : READ_BAD;
		}
		attribute.value = reading->value.failed ? (struct text){0}
							: arena_copy(reading->request->arena,
								  buffer_text(&reading->value));
		if (!attribute.value.data) {
			return READ_NO_MEMORY;
		}
	}
	*ret_attribute = attribute;
	return text_utf8_valid(attribute.name, NULL) && text_utf8_valid(attribute.value, NULL)
		       ? READ_GOOD
		       : READ_BAD;
}

static enum read read_attributes(struct reading *reading, Otlp__PbAttribute *const *from,
	size_t count, struct otlp_attributes *ret_attributes)
{
	struct otlp_attribute *items =
		arena_calloc(reading->request->arena, count > 0 ? count : 1, sizeof(*items));
	enum read read = items ? READ_GOOD : READ_NO_MEMORY;

	for (size_t i = 0; i < count && read == READ_GOOD; i++) {
		read = read_attribute(reading, from[i], &items[i]);
	}
	*ret_attributes = (struct otlp_attributes){.items = items, .count = items ? count : 0};
	return read;
}

static enum read read_span(
	struct reading *reading, const Otlp__PbSpan *from, struct otlp_span *ret_span)
{
	struct arena *arena = reading->request->arena;
	struct otlp_span span = {
		.trace_id = hex_of(arena, from->trace_id),
		.span_id = hex_of(arena, from->span_id),
		.name = text_of_bytes(from->name),
		.start_ns = from->start_ns,
		.end_ns = from->end_ns > 0 ? from->end_ns : from->start_ns,
		.resource = ret_span->resource,
		.is_root = from->parent_span_id.len == 0,
	};
	enum read read = READ_GOOD;

	if (from->status) {
		span.failed = from->status->code == 2;
		span.message = text_of_bytes(from->status->message);
	}
	if (!span.trace_id.data || !span.span_id.data) {
		return READ_NO_MEMORY;
	}
	read = read_attributes(reading, from->attributes, from->n_attributes, &span.attributes);
	*ret_span = span;
	return read == READ_GOOD && (!text_utf8_valid(span.name, NULL) ||
					    !text_utf8_valid(span.message, NULL))
		       ? READ_BAD
		       : read;
}

static int take_span(struct reading *reading, const Otlp__PbSpan *from,
	const struct otlp_attributes *resource, struct error *err)
{
	struct otlp_request *request = reading->request;
	struct otlp_span *span = &request->spans[request->count];
	const char *wrong;
	enum read read;

	span->resource = resource;
	read = read_span(reading, from, span);
	if (read == READ_NO_MEMORY) {
		return error_no_memory(err);
	}
	wrong = read == READ_BAD ? "a span has a text that is not UTF-8, or a value that is not one"
				 : otlp_span_check(span);
	if (wrong) {
		otlp_reject(request, 1, wrong);
	} else {
		request->count++;
	}
	return 0;
}

static size_t count_spans(const Otlp__PbResourceSpans *group)
{
	size_t count = 0;

	for (size_t i = 0; i < group->n_scope_spans; i++) {
		count += group->scope_spans[i]->n_spans;
	}
	return count;
}

static int take_resource(
	struct reading *reading, const Otlp__PbResourceSpans *group, struct error *err)
{
	struct otlp_request *request = reading->request;
	struct otlp_attributes *resource = arena_calloc(request->arena, 1, sizeof(*resource));
	enum read read = resource ? READ_GOOD : READ_NO_MEMORY;

	if (resource && group->resource) {
		read = read_attributes(reading, group->resource->attributes,
			group->resource->n_attributes, resource);
	}
	if (read == READ_NO_MEMORY) {
		return error_no_memory(err);
	}
	if (read == READ_BAD) {
		otlp_reject(request, count_spans(group),
			"a resource has a text that is not UTF-8, or a value that is not one");
		return 0;
	}
	for (size_t i = 0; i < group->n_scope_spans; i++) {
		for (size_t k = 0; k < group->scope_spans[i]->n_spans; k++) {
			if (take_span(reading, group->scope_spans[i]->spans[k], resource, err) <
				0) {
				return -1;
			}
		}
	}
	return 0;
}

static int take_request(struct reading *reading, const Otlp__PbRequest *from, struct error *err)
{
	struct otlp_request *request = reading->request;
	size_t count = 1;

	for (size_t i = 0; i < from->n_resource_spans; i++) {
		count += count_spans(from->resource_spans[i]);
	}
	request->spans = arena_calloc(request->arena, count, sizeof(*request->spans));
	if (!request->spans) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < from->n_resource_spans; i++) {
		if (take_resource(reading, from->resource_spans[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

int otlp_read_protobuf(struct otlp_request *request, struct text body, struct error *err)
{
	struct reading reading = {
		.request = request,
		.allocator = {give, take_back, &reading},
	};
	const Otlp__PbRequest *from;
	int result;

	if (body.size == 0) {
		return 0;
	}
	from = otlp__pb_request__unpack(&reading.allocator, body.size, (const uint8_t *)body.data);
	if (!from) {
		return reading.starved ? error_no_memory(err)
				       : error_set(err, ERROR_INVALID,
						 "this is not an ExportTraceServiceRequest in "
						 "protobuf");
	}
	buffer_init(&reading.value, VALUE_TIMES * body.size + 64);
	result = take_request(&reading, from, err);
	buffer_deinit(&reading.value);
	return result;
}
