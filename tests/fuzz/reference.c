/* SPDX-License-Identifier: MIT
 * Jansson's view. */
#include "reference.h"

#include <jansson.h>
#include <stdio.h>

#define FLAGS (JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)

/* ---- the value ---- */

static void dump_string(struct buffer *dump, const char *string, size_t size)
{
	buffer_printf(dump, "\"%zu:", size);
	buffer_append(dump, (struct text){.data = string, .size = size});
}

static void dump_integer(struct buffer *dump, long long number)
{
	buffer_printf(dump, "i%lld", number);
}

static void dump_real(struct buffer *dump, double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	buffer_printf(dump, "d%016llx", (unsigned long long)bits);
}

void reference_number(struct text raw, struct buffer *dump)
{
	char *text = calloc(1, raw.size + 1);
	char *end;

	if (!text) {
		abort();
	}
	memcpy(text, raw.data, raw.size);
	if (text[strspn(text, "-0123456789")] == '\0') {
		dump_integer(dump, strtoll(text, &end, 10));
	} else {
		dump_real(dump, strtod(text, &end));
	}
	free(text);
}

static void dump_value(struct buffer *dump, json_t *value);

static void dump_container(struct buffer *dump, json_t *value)
{
	const char *name;
	json_t *inner;
	size_t i;

	if (json_is_object(value)) {
		buffer_append_byte(dump, '{');
		json_object_foreach(value, name, inner)
		{
			dump_string(dump, name, strlen(name));
			dump_value(dump, inner);
		}
		buffer_append_byte(dump, '}');
		return;
	}
	buffer_append_byte(dump, '[');
	json_array_foreach(value, i, inner)
	{
		dump_value(dump, inner);
	}
	buffer_append_byte(dump, ']');
}

static void dump_value(struct buffer *dump, json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		dump_container(dump, value);
		break;
	case JSON_STRING:
		dump_string(dump, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		dump_integer(dump, json_integer_value(value));
		break;
	case JSON_REAL:
		dump_real(dump, json_real_value(value));
		break;
	default:
		buffer_append_byte(
			dump, json_is_null(value) ? 'n' : (json_is_true(value) ? 't' : 'f'));
		break;
	}
}

enum reference reference_read(struct text json, struct buffer *dump)
{
	json_error_t error;
	json_t *value = json_loadb(json.data, json.size, FLAGS, &error);

	if (value) {
		dump_value(dump, value);
		json_decref(value);
		return REFERENCE_TAKES;
	}
	switch (json_error_code(&error)) {
	case json_error_numeric_overflow:
	case json_error_null_byte_in_key:
	case json_error_stack_overflow:
		return REFERENCE_CANNOT;
	default:
		return REFERENCE_REFUSES;
	}
}

/* ---- the value as XML ---- */

static bool begins_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool continues_name(char c)
{
	return begins_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* What cannot stand in an element's name becomes `_`; before what only cannot begin one stands `_`.
 * A colon would make a namespace. */
static void write_name(struct buffer *xml, const char *name)
{
	if (name[0] == '\0' || (continues_name(name[0]) && !begins_name(name[0]))) {
		buffer_append_byte(xml, '_');
	}
	for (; *name; name++) {
		buffer_append_byte(xml, continues_name(*name) ? *name : '_');
	}
}

/* The character that begins at *@at, which is valid UTF-8. */
static uint32_t take_character(const unsigned char **at)
{
	const unsigned char *bytes = *at;
	size_t size = bytes[0] < 0x80 ? 1 : (bytes[0] < 0xe0 ? 2 : (bytes[0] < 0xf0 ? 3 : 4));
	uint32_t c = size == 1 ? bytes[0] : bytes[0] & (0x7fU >> size);

	for (size_t i = 1; i < size; i++) {
		c = c << 6 | (bytes[i] & 0x3fU);
	}
	*at += size;
	return c;
}

/* Each character by its number; what XML 1.0 §2.2 does not know by that of the replacement
 * character. */
static void write_text(struct buffer *xml, const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *)text;
	const unsigned char *end = at + size;

	while (at < end) {
		uint32_t c = take_character(&at);
		bool known = c == 9 || c == 10 || c == 13 || (c >= 0x20 && c <= 0xd7ff) ||
			     (c >= 0xe000 && c <= 0xfffd) || c >= 0x10000;

		buffer_printf(xml, "&#%u;", known ? c : 0xfffdU);
	}
}

static bool is_ascii(const char *name)
{
	while (*name && (unsigned char)*name < 0x80) {
		name++;
	}
	return *name == '\0';
}

static bool write_value(struct buffer *xml, json_t *value);

static bool write_element(struct buffer *xml, const char *name, json_t *value)
{
	bool done;

	buffer_append_byte(xml, '<');
	write_name(xml, name);
	buffer_append_byte(xml, '>');
	done = is_ascii(name) && write_value(xml, value);
	buffer_append(xml, TEXT("</"));
	write_name(xml, name);
	buffer_append_byte(xml, '>');
	return done;
}

static bool write_members(struct buffer *xml, json_t *value)
{
	const char *name;
	bool done = true;
	json_t *inner;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach(value, name, inner)
		{
			done = write_element(xml, name, inner) && done;
		}
	} else {
		json_array_foreach(value, i, inner)
		{
			done = write_element(xml, "item", inner) && done;
		}
	}
	return done;
}

static bool write_value(struct buffer *xml, json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		return write_members(xml, value);
	case JSON_STRING:
		write_text(xml, json_string_value(value), json_string_length(value));
		return true;
	case JSON_INTEGER:
		buffer_printf(xml, "%lld", (long long)json_integer_value(value));
		return true;
	case JSON_REAL:
		return false; /* its text is lost */
	default:
		buffer_append(xml, json_is_null(value)
					   ? TEXT("")
					   : (json_is_true(value) ? TEXT("true") : TEXT("false")));
		return true;
	}
}

bool reference_xml(struct text json, struct buffer *xml)
{
	json_error_t error;
	json_t *value;
	bool done;

	if (memmem(json.data, json.size, "-0", 2)) {
		return false; /* its sign is lost */
	}
	value = json_loadb(json.data, json.size, FLAGS, &error);
	buffer_append(xml, TEXT("<result>"));
	done = value && write_value(xml, value);
	buffer_append(xml, TEXT("</result>"));
	json_decref(value);
	return done;
}
