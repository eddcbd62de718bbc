/* SPDX-License-Identifier: MIT
 * Canonical JSON to XML in one pass: a stack of open elements, texts copied in runs. */
#include "call/call_xml.h"

#include <stdlib.h>

#include "json/json_escape.h"
#include "json/json_names.h"

#define PIECE_MAX   ((size_t)16384) /* of a string, between two looks at how much there is */
#define REPLACEMENT "\xef\xbf\xbd"  /* U+FFFD */

/* ---- characters ---- */

enum {
	IN_TEXT = 1,   /* needs a replacement in XML text, or may */
	IN_STRING = 2, /* is one of these, or ends a JSON string or escapes in it */
	IN_NAME = 4,   /* belongs into an XML name, among ASCII */
};

/* What a byte is, so that the bytes between those that matter are copied in runs. 0xef begins
 * U+FFFE and U+FFFF. */
static const unsigned char kinds[256] = {
	[0 ... 0x1f] = IN_TEXT | IN_STRING,
	['&'] = IN_TEXT | IN_STRING,
	['<'] = IN_TEXT | IN_STRING,
	['>'] = IN_TEXT | IN_STRING,
	[0xef] = IN_TEXT | IN_STRING,
	['"'] = IN_STRING,
	['\\'] = IN_STRING,
	['A' ... 'Z'] = IN_NAME,
	['a' ... 'z'] = IN_NAME,
	['0' ... '9'] = IN_NAME,
	['_'] = IN_NAME,
	['-'] = IN_NAME,
	['.'] = IN_NAME,
};

/* How many bytes at the start of @text are @kind, or are not. */
static size_t run_of(struct text text, unsigned char kind, bool is)
{
	size_t run = 0;

	while (run < text.size && ((kinds[(unsigned char)text.data[run]] & kind) != 0) == is) {
		run++;
	}
	return run;
}

/* What a byte that is IN_TEXT becomes; NULL: itself. \r would be read as \n (XML 1.0 §2.11). */
static const char *replacement_of(unsigned char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\r':
		return "&#13;";
	case '\t':
	case '\n':
		return NULL;
	default:
		return byte < 0x20 ? REPLACEMENT : NULL;
	}
}

/* U+FFFE and U+FFFF: valid UTF-8, and no XML (XML 1.0 §2.2). */
static bool is_non_character(struct text text)
{
	return text.size >= 3 && (unsigned char)text.data[0] == 0xef &&
	       (unsigned char)text.data[1] == 0xbf && (unsigned char)text.data[2] >= 0xbe;
}

/* Writes the character that @text begins with, whose first byte is IN_TEXT, and returns how many
 * bytes it has. */
static size_t write_special(struct buffer *buffer, struct text text)
{
	bool is_none = is_non_character(text);
	const char *replacement =
		is_none ? REPLACEMENT : replacement_of((unsigned char)text.data[0]);

	buffer_append(buffer, replacement ? text_of(replacement) : text_head(text, 1));
	return is_none ? 3 : 1;
}

void call_xml_write_text(struct buffer *buffer, struct text string)
{
	while (string.size > 0) {
		size_t run = run_of(string, IN_TEXT, false);

		buffer_append(buffer, text_head(string, run));
		string = text_tail(string, run);
		if (string.size > 0) {
			string = text_tail(string, write_special(buffer, string));
		}
	}
}

/* Writes the character that an escape spells, and returns how many bytes the escape has; 0 when it
 * is none. */
static size_t write_escape(struct buffer *buffer, struct text raw)
{
	char bytes[4];
	uint32_t code;
	size_t taken = json_escape_read(raw, &code);

	if (taken > 0) {
		call_xml_write_text(
			buffer, (struct text){.data = bytes, .size = json_utf8_write(code, bytes)});
	}
	return taken;
}

/* Writes the raw text of a JSON string as XML text until @buffer has @enough; what is left stays in
 * @raw. */
static void write_raw(struct buffer *buffer, struct text *raw, size_t enough)
{
	while (raw->size > 0 && buffer->size < enough) {
		size_t piece = raw->size < PIECE_MAX ? raw->size : PIECE_MAX;
		size_t run = run_of(text_head(*raw, piece), IN_STRING, false);
		size_t taken;

		buffer_append(buffer, text_head(*raw, run));
		*raw = text_tail(*raw, run);
		if (run == piece) {
			continue;
		}
		taken = raw->data[0] == '\\' ? write_escape(buffer, *raw)
					     : write_special(buffer, *raw);
		*raw = taken == 0 ? (struct text){0} : text_tail(*raw, taken);
	}
}

/* ---- names ---- */

struct range {
	uint32_t first;
	uint32_t last;
};

/* NameStartChar of XML 1.0 §2.3 without `:`, which namespaces have taken. */
static const struct range name_start[] = {{'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0xc0, 0xd6},
	{0xd8, 0xf6}, {0xf8, 0x2ff}, {0x370, 0x37d}, {0x37f, 0x1fff}, {0x200c, 0x200d},
	{0x2070, 0x218f}, {0x2c00, 0x2fef}, {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffd},
	{0x10000, 0xeffff}};

/* What NameChar has beside them. */
static const struct range name_more[] = {
	{'-', '.'}, {'0', '9'}, {0xb7, 0xb7}, {0x300, 0x36f}, {0x203f, 0x2040}};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (code >= ranges[i].first && code <= ranges[i].last) {
			return true;
		}
	}
	return false;
}

#define IN(code, ranges) in_ranges(code, ranges, COUNT_OF(ranges))

/* Takes one character of valid UTF-8 or one byte of anything else. */
static uint32_t take_code(struct text *rest)
{
	const unsigned char *bytes = (const unsigned char *)rest->data;
	size_t length = text_utf8_length(*rest);
	uint32_t code = bytes[0];

	if (length >= 2) {
		code = bytes[0] & (0xffU >> (length + 1));
		for (size_t i = 1; i < length; i++) {
			code = code << 6 | (bytes[i] & 0x3fU);
		}
	}
	*rest = text_tail(*rest, length == 0 ? 1 : length);
	return length == 0 ? 0 : code;
}

/* The next character of a JSON string's raw text; 0 for anything else. */
static uint32_t take_raw_code(struct text *raw)
{
	uint32_t code = 0;
	size_t taken;

	if (raw->data[0] != '\\') {
		return take_code(raw);
	}
	taken = json_escape_read(*raw, &code);
	*raw = text_tail(*raw, taken == 0 ? 1 : taken);
	return taken == 0 ? 0 : code;
}

/* Whether @raw, all of whose bytes are IN_NAME, is an XML name as it stands, which nearly every one
 * is. */
static bool begins_a_name(struct text raw)
{
	return raw.size > 0 && raw.data[0] >= 'A';
}

/* A name that has characters which belong into none, or beyond ASCII, or is empty. */
static void write_odd_name(struct buffer *buffer, struct text raw)
{
	bool first = true;

	while (raw.size > 0) {
		uint32_t code = take_raw_code(&raw);
		bool starts = IN(code, name_start);
		bool belongs = starts || IN(code, name_more);
		char bytes[4];

		/* What is replaced by `_` can begin a name already. */
		if (first && belongs && !starts) {
			buffer_append_byte(buffer, '_');
		}
		first = false;
		if (belongs) {
			buffer_append(buffer,
				(struct text){.data = bytes, .size = json_utf8_write(code, bytes)});
		} else {
			buffer_append_byte(buffer, '_');
		}
	}
	if (first) {
		buffer_append_byte(buffer, '_'); /* an empty name */
	}
}

/* ---- elements ---- */

struct element {
	/* the member's name as JSON spells it; data NULL: the outermost value, which has none */
	struct text raw;
	bool plain; /* raw is an XML name as it stands */
};

static const struct element item = {.raw = {.data = "item", .size = 4}, .plain = true};

struct level {
	bool is_array;
	struct element element;
};

struct call_xml {
	struct buffer *buffer;
	struct text rest;
	struct text string; /* raw: what is left of the string that is being written */
	struct element string_element;
	size_t depth;
	struct level levels[JSON_DEPTH_MAX + 1];
	struct element element; /* of the value that comes next */
};

static char *put(char *to, struct text text)
{
	memcpy(to, text.data, text.size);
	return to + text.size;
}

/* `<name>`, `</name>` or `<name/>`. */
static void write_tag(
	struct buffer *buffer, struct text front, const struct element *element, struct text back)
{
	struct text name = element->raw;

	if (!name.data) {
		return;
	}
	buffer_append(buffer, front);
	if (element->plain) {
		buffer_append(buffer, name);
	} else {
		write_odd_name(buffer, name);
	}
	buffer_append(buffer, back);
}

static void open_element(struct call_xml *xml)
{
	write_tag(xml->buffer, TEXT("<"), &xml->element, TEXT(">"));
}

static void empty_element(struct call_xml *xml)
{
	write_tag(xml->buffer, TEXT("<"), &xml->element, TEXT("/>"));
}

static void close_element(struct call_xml *xml, const struct element *element)
{
	write_tag(xml->buffer, TEXT("</"), element, TEXT(">"));
}

/* An element whose name and @content stand in XML as they are, which is most of a call: one look at
 * the buffer. */
static void write_plain(struct buffer *buffer, struct text name, struct text content)
{
	size_t size = 2 * name.size + content.size + 5;
	char *to = buffer_reserve(buffer, size);

	if (!to) {
		return;
	}
	*to++ = '<';
	to = put(to, name);
	*to++ = '>';
	to = put(to, content);
	*to++ = '<';
	*to++ = '/';
	to = put(to, name);
	*to = '>';
	buffer_advance(buffer, size);
}

/* An element with the raw text of a JSON string in it; @simple: all of it stands in XML as it is.
 * Of any other only the beginning is written: write_more() has the rest. */
static void write_content(struct call_xml *xml, struct text raw, bool simple)
{
	if (raw.size == 0) {
		empty_element(xml);
		return;
	}
	if (simple && xml->element.plain && raw.size <= PIECE_MAX) {
		write_plain(xml->buffer, xml->element.raw, raw);
		return;
	}
	open_element(xml);
	xml->string = raw;
	xml->string_element = xml->element;
}

static void write_more(struct call_xml *xml, size_t enough)
{
	write_raw(xml->buffer, &xml->string, enough);
	if (xml->string.size == 0) {
		close_element(xml, &xml->string_element);
	}
}

/* A container that begins: its element is opened, or written empty. Returns false when it cannot go
 * on. */
static bool begin(struct call_xml *xml, bool is_array)
{
	struct text *rest = &xml->rest;

	*rest = text_tail(*rest, 1);
	if (rest->size > 0 && rest->data[0] == (is_array ? ']' : '}')) {
		*rest = text_tail(*rest, 1);
		empty_element(xml);
		return true;
	}
	if (xml->depth > JSON_DEPTH_MAX) {
		return false;
	}
	open_element(xml);
	xml->levels[xml->depth++] = (struct level){.is_array = is_array, .element = xml->element};
	return true;
}

static bool end(struct call_xml *xml)
{
	xml->rest = text_tail(xml->rest, 1);
	if (xml->depth == 0) {
		return false;
	}
	close_element(xml, &xml->levels[--xml->depth].element);
	return true;
}

/* Takes a string's raw text off the front, quotes and all, of which the first @known bytes hold no
 * quote or backslash. */
static struct text take_raw(struct call_xml *xml, size_t known)
{
	struct text *rest = &xml->rest;
	const char *start = rest->data + 1;
	size_t room = rest->size - 1;
	size_t size = known;
	bool escaped;

	if (known < room && start[known] != '"') {
		size += json_raw_length(start + known, room - known, &escaped);
	}
	rest->data = start + size;
	rest->size = room - size;
	if (rest->size > 0) {
		rest->data++;
		rest->size--;
	}
	return (struct text){.data = start, .size = size};
}

static void write_string(struct call_xml *xml)
{
	struct text inside = text_tail(xml->rest, 1);
	size_t run = run_of(inside, IN_STRING, false);
	struct text raw = take_raw(xml, run);

	write_content(xml, raw, raw.size == run);
}

/* A number, true, false or null. Returns false when it is nothing. */
static bool write_word(struct call_xml *xml)
{
	struct text word = xml->rest;
	size_t size = 0;

	while (size < word.size && word.data[size] != ',' && word.data[size] != '}' &&
		word.data[size] != ']') {
		size++;
	}
	word = text_head(word, size);
	xml->rest = text_tail(xml->rest, size);
	if (text_equal(word, TEXT("null"))) {
		empty_element(xml);
	} else {
		write_content(xml, word, run_of(word, IN_STRING, false) == size);
	}
	return size > 0;
}

static bool write_value(struct call_xml *xml)
{
	switch (xml->rest.data[0]) {
	case '{':
		return begin(xml, false);
	case '[':
		return begin(xml, true);
	case '"':
		write_string(xml);
		return true;
	default:
		return write_word(xml);
	}
}

/* A member's name and its colon; a value has to follow. */
static bool take_name(struct call_xml *xml)
{
	struct text inside = text_tail(xml->rest, 1);
	size_t run = run_of(inside, IN_NAME, true);
	struct text raw = take_raw(xml, run);

	xml->element = (struct element){.raw = raw, .plain = raw.size == run && begins_a_name(raw)};
	if (xml->rest.size < 2 || xml->rest.data[0] != ':') {
		return false;
	}
	xml->rest = text_tail(xml->rest, 1);
	return true;
}

static bool step(struct call_xml *xml)
{
	const struct level *level = xml->depth > 0 ? &xml->levels[xml->depth - 1] : NULL;
	char byte = xml->rest.data[0];

	if (byte == '}' || byte == ']') {
		return end(xml);
	}
	if (byte == ',') {
		xml->rest = text_tail(xml->rest, 1);
		return true;
	}
	if (level && !level->is_array) {
		return byte == '"' && take_name(xml) && write_value(xml);
	}
	xml->element = level ? item : (struct element){0};
	return write_value(xml);
}

/* Whether there was something to write. */
static bool go_on(struct call_xml *xml, size_t enough)
{
	if (xml->string.size > 0) {
		write_more(xml, enough);
		return true;
	}
	return xml->rest.size > 0 && step(xml);
}

struct call_xml *call_xml_create(void)
{
	return calloc(1, sizeof(struct call_xml));
}

void call_xml_destroy(struct call_xml *xml)
{
	free(xml);
}

void call_xml_begin(struct call_xml *xml, struct text json)
{
	*xml = (struct call_xml){.rest = json};
}

bool call_xml_go_on(struct call_xml *xml, struct buffer *buffer, size_t enough)
{
	xml->buffer = buffer;
	while (buffer->size < enough) {
		if (!go_on(xml, enough)) {
			return false;
		}
	}
	return true;
}

void call_xml_write(struct buffer *buffer, struct text json)
{
	struct call_xml xml = {.buffer = buffer, .rest = json};

	while (go_on(&xml, SIZE_MAX)) {
	}
}
