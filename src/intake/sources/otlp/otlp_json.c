/* SPDX-License-Identifier: MIT
 * OTLP in JSON: names in lowerCamelCase, ids in hexadecimal, 64 bit numbers as strings or as
 * numbers (OTLP specification, "JSON Protobuf Encoding"). Members that are not known are passed
 * over. */
#include "base/array.h"
#include "base/buffer.h"
#include "intake/sources/otlp/otlp_spans.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

/* Numbers are written as they come: a value's JSON is not twice as long as what it is read of, but
 * for the shortest. */
#define VALUE_MIN ((size_t)64)

struct reading {
	struct otlp_request *request;
	struct json_reader reader;
	struct buffer value;
	size_t room;	   /* of request->spans */
	const char *wrong; /* with the span that is read; NULL: nothing */
};

/* Reads the member @name, whose value begins with @value. */
typedef int read_member(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err);

static int read_object(struct reading *reading, const struct json_token *begin, void *into,
	read_member *read, struct error *err)
{
	struct json_token name, value;
	int more;

	if (begin->kind != JSON_OBJECT) {
		return json_reader_error(&reading->reader, err, "an object is expected");
	}
	while ((more = json_reader_next_member(&reading->reader, &name, &value, err)) > 0) {
		if (read(reading, into, &name, &value, err) < 0) {
			return -1;
		}
	}
	return more;
}

typedef int read_item(
	struct reading *reading, void *into, struct json_token *item, struct error *err);

static int read_array(struct reading *reading, const struct json_token *begin, void *into,
	read_item *read, struct error *err)
{
	struct json_token item;
	int more;

	if (begin->kind == JSON_NULL) {
		return 0;
	}
	if (begin->kind != JSON_ARRAY) {
		return json_reader_error(&reading->reader, err, "an array is expected");
	}
	while ((more = json_reader_next(&reading->reader, &item, err)) > 0 &&
		item.kind != JSON_ARRAY_END) {
		if (read(reading, into, &item, err) < 0) {
			return -1;
		}
	}
	return more < 0 ? -1 : 0;
}

static int read_string(struct reading *reading, const struct json_token *token,
	struct text *ret_text, struct error *err)
{
	struct text text;

	if (token->kind == JSON_NULL) {
		return 0;
	}
	if (token->kind != JSON_STRING) {
		return json_reader_error(&reading->reader, err, "a string is expected");
	}
	text = json_token_string(token, reading->request->arena);
	if (!text.data) {
		return error_no_memory(err);
	}
	*ret_text = text;
	return 0;
}

/* A fixed64: a string of digits, or a number. */
static int read_time(struct reading *reading, const struct json_token *token, uint64_t *ret_time,
	struct error *err)
{
	uint64_t time = 0;

	if ((token->kind != JSON_STRING && token->kind != JSON_NUMBER) || token->raw.size > 20 ||
		!text_is_digits(token->raw)) {
		return json_reader_error(
			&reading->reader, err, "a whole number of nanoseconds is expected");
	}
	for (size_t i = 0; i < token->raw.size; i++) {
		if (__builtin_mul_overflow(time, 10, &time) ||
			__builtin_add_overflow(time, (uint64_t)(token->raw.data[i] - '0'), &time)) {
			return json_reader_error(
				&reading->reader, err, "the time is beyond 64 bits");
		}
	}
	*ret_time = time;
	return 0;
}

/* ---- values ---- */

static int write_value(
	struct reading *reading, void *into, struct json_token *value, struct error *err);

static int write_entry(
	struct reading *reading, void *into, struct json_token *item, struct error *err)
{
	json_write_comma(&reading->value);
	return write_value(reading, into, item, err);
}

/* `"values":[…]` of an arrayValue. */
static int write_array(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	(void)into;
	return json_token_is(name, "values") ? read_array(reading, value, NULL, write_entry, err)
					     : json_reader_skip(&reading->reader, value, err);
}

static int write_key_and_value(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	struct text key;

	(void)into;
	if (json_token_is(name, "value")) {
		return write_value(reading, NULL, value, err);
	}
	if (!json_token_is(name, "key")) {
		return json_reader_skip(&reading->reader, value, err);
	}
	key = (struct text){0};
	if (read_string(reading, value, &key, err) < 0) {
		return -1;
	}
	json_write_string(&reading->value, key);
	buffer_append_byte(&reading->value, ':');
	return 0;
}

static int write_pair(
	struct reading *reading, void *into, struct json_token *item, struct error *err)
{
	json_write_comma(&reading->value);
	if (read_object(reading, item, into, write_key_and_value, err) < 0) {
		return -1;
	}
	/* a key without a value */
	if (reading->value.size > 0 && reading->value.data[reading->value.size - 1] == ':') {
		buffer_append(&reading->value, TEXT("null"));
	}
	return 0;
}

/* `"values":[{"key":…,"value":…}]` of a kvlistValue. */
static int write_members(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	(void)into;
	return json_token_is(name, "values") ? read_array(reading, value, NULL, write_pair, err)
					     : json_reader_skip(&reading->reader, value, err);
}

/* Whether a string is a number as JSON writes it. */
static bool is_integer(struct text text)
{
	(void)text_take_byte(&text, '-');
	return text_is_digits(text) && (text.data[0] != '0' || text.size == 1);
}

static void write_scalar(
	struct buffer *out, const struct json_token *name, const struct json_token *value)
{
	if (value->kind == JSON_NUMBER ||
		(value->kind == JSON_STRING && json_token_is(name, "intValue") &&
			is_integer(value->raw))) {
		buffer_append(out, value->raw);
	} else if (value->kind == JSON_STRING) {
		json_write_raw_string(out, value->raw, value->escaped);
	} else {
		buffer_append(out, value->kind == JSON_TRUE    ? TEXT("true")
				   : value->kind == JSON_FALSE ? TEXT("false")
							       : TEXT("null"));
	}
}

/* The one member of an AnyValue. */
static int write_any(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	bool array = json_token_is(name, "arrayValue");
	int result;

	(void)into;
	if (value->kind == JSON_ARRAY) {
		return json_reader_error(&reading->reader, err, "a value is expected");
	}
	if (value->kind != JSON_OBJECT) {
		write_scalar(&reading->value, name, value);
		return 0;
	}
	buffer_append_byte(&reading->value, array ? '[' : '{');
	result = read_object(reading, value, NULL, array ? write_array : write_members, err);
	buffer_append_byte(&reading->value, array ? ']' : '}');
	return result;
}

static int write_value(
	struct reading *reading, void *into, struct json_token *value, struct error *err)
{
	size_t before = reading->value.size;

	if (value->kind != JSON_NULL && read_object(reading, value, into, write_any, err) < 0) {
		return -1;
	}
	if (reading->value.size == before) {
		buffer_append(&reading->value, TEXT("null"));
	}
	return 0;
}

/* ---- attributes ---- */

/* `{"stringValue":…}` as it is, anything else as JSON. */
static int read_value_member(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	struct otlp_attribute *attribute = into;

	if (json_token_is(name, "stringValue") && value->kind == JSON_STRING) {
		attribute->is_string = true;
		return read_string(reading, value, &attribute->value, err);
	}
	buffer_clear(&reading->value);
	if (write_any(reading, NULL, name, value, err) < 0) {
		return -1;
	}
	attribute->is_string = false;
	attribute->value = reading->value.failed ? (struct text){0}
						 : arena_copy(reading->request->arena,
							   buffer_text(&reading->value));
	return attribute->value.data ? 0 : error_no_memory(err);
}

static int read_attribute(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	struct otlp_attribute *attribute = into;

	if (json_token_is(name, "key")) {
		return read_string(reading, value, &attribute->name, err);
	}
	if (json_token_is(name, "value") && value->kind != JSON_NULL) {
		return read_object(reading, value, attribute, read_value_member, err);
	}
	return json_reader_skip(&reading->reader, value, err);
}

static int add_attribute(
	struct reading *reading, void *into, struct json_token *item, struct error *err)
{
	struct otlp_attributes *list = into;
	struct otlp_attribute attribute = {.name = TEXT(""), .value = TEXT("null")};

	if (read_object(reading, item, &attribute, read_attribute, err) < 0) {
		return -1;
	}
	list->items = arena_list_grow(
		reading->request->arena, list->items, list->count, sizeof(*list->items));
	if (!list->items) {
		return error_no_memory(err);
	}
	list->items[list->count++] = attribute;
	return 0;
}

/* ---- spans ---- */

static int read_status(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	struct otlp_span *span = into;

	if (json_token_is(name, "message")) {
		return read_string(reading, value, &span->message, err);
	}
	if (json_token_is(name, "code")) {
		/* an enumeration is its number; its name is taken as well */
		span->failed = (value->kind == JSON_NUMBER || value->kind == JSON_STRING) &&
			       (text_equal_string(value->raw, "2") ||
				       text_equal_string(value->raw, "STATUS_CODE_ERROR"));
	}
	return json_reader_skip(&reading->reader, value, err);
}

/* An id in lower case; what is not hexadecimal is left for otlp_span_check(). */
static int read_id(struct reading *reading, const struct json_token *token, struct text *ret_id,
	struct error *err)
{
	struct text id = TEXT("");
	char *lower;

	if (read_string(reading, token, &id, err) < 0) {
		return -1;
	}
	lower = arena_alloc(reading->request->arena, id.size + 1);
	if (!lower) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < id.size; i++) {
		if (text_hex_digit(id.data[i]) < 0) {
			reading->wrong = "a span's id has other characters than hexadecimal digits";
		}
		lower[i] = text_lower(id.data[i]);
	}
	*ret_id = (struct text){.data = lower, .size = id.size};
	return 0;
}

static int read_span_member(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	struct otlp_span *span = into;
	struct text parent = TEXT("");

	if (json_token_is(name, "traceId")) {
		return read_id(reading, value, &span->trace_id, err);
	}
	if (json_token_is(name, "spanId")) {
		return read_id(reading, value, &span->span_id, err);
	}
	if (json_token_is(name, "parentSpanId")) {
		if (read_string(reading, value, &parent, err) < 0) {
			return -1;
		}
		span->is_root = parent.size == 0;
		return 0;
	}
	if (json_token_is(name, "name")) {
		return read_string(reading, value, &span->name, err);
	}
	if (json_token_is(name, "startTimeUnixNano")) {
		return read_time(reading, value, &span->start_ns, err);
	}
	if (json_token_is(name, "endTimeUnixNano")) {
		return read_time(reading, value, &span->end_ns, err);
	}
	if (json_token_is(name, "attributes")) {
		return read_array(reading, value, &span->attributes, add_attribute, err);
	}
	if (json_token_is(name, "status") && value->kind == JSON_OBJECT) {
		return read_object(reading, value, span, read_status, err);
	}
	return json_reader_skip(&reading->reader, value, err);
}

static int add_span(struct reading *reading, void *into, struct json_token *item, struct error *err)
{
	struct otlp_request *request = reading->request;
	struct otlp_span span = {.name = TEXT(""), .is_root = true, .resource = into};

	reading->wrong = NULL;
	if (read_object(reading, item, &span, read_span_member, err) < 0) {
		return -1;
	}
	span.end_ns = span.end_ns > 0 ? span.end_ns : span.start_ns;
	if (!reading->wrong) {
		reading->wrong = otlp_span_check(&span);
	}
	if (reading->wrong) {
		otlp_reject(request, 1, reading->wrong);
		return 0;
	}
	request->spans = arena_list_grow(
		request->arena, request->spans, request->count, sizeof(*request->spans));
	if (!request->spans) {
		request->count = 0;
		return error_no_memory(err);
	}
	request->spans[request->count++] = span;
	return 0;
}

static int read_scope(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	return json_token_is(name, "spans") ? read_array(reading, value, into, add_span, err)
					    : json_reader_skip(&reading->reader, value, err);
}

static int add_scope(
	struct reading *reading, void *into, struct json_token *item, struct error *err)
{
	return read_object(reading, item, into, read_scope, err);
}

static int read_resource(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	return json_token_is(name, "attributes")
		       ? read_array(reading, value, into, add_attribute, err)
		       : json_reader_skip(&reading->reader, value, err);
}

/* The resource may stand behind its spans, which point to it. */
static int read_group(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	if (json_token_is(name, "resource") && value->kind == JSON_OBJECT) {
		return read_object(reading, value, into, read_resource, err);
	}
	return json_token_is(name, "scopeSpans") ? read_array(reading, value, into, add_scope, err)
						 : json_reader_skip(&reading->reader, value, err);
}

static int add_group(
	struct reading *reading, void *into, struct json_token *item, struct error *err)
{
	struct otlp_attributes *resource =
		arena_calloc(reading->request->arena, 1, sizeof(*resource));

	(void)into;
	if (!resource) {
		return error_no_memory(err);
	}
	return read_object(reading, item, resource, read_group, err);
}

static int read_request(struct reading *reading, void *into, const struct json_token *name,
	struct json_token *value, struct error *err)
{
	return json_token_is(name, "resourceSpans")
		       ? read_array(reading, value, into, add_group, err)
		       : json_reader_skip(&reading->reader, value, err);
}

int otlp_read_json(struct otlp_request *request, struct text body, uint64_t line, struct error *err)
{
	struct reading reading = {.request = request};
	struct json_token token;
	int result;

	json_reader_init(&reading.reader, body, (struct json_position){line, 1});
	buffer_init(&reading.value, 2 * body.size + VALUE_MIN);
	result = json_reader_next(&reading.reader, &token, err);
	if (result == 0) {
		result = json_reader_error(&reading.reader, err, "an object is expected");
	}
	if (result > 0) {
		result = read_object(&reading, &token, NULL, read_request, err);
	}
	/* nothing may follow it */
	if (result == 0) {
		result = json_reader_next(&reading.reader, &token, err);
	}
	buffer_deinit(&reading.value);
	return result < 0 ? -1 : 0;
}
