/* SPDX-License-Identifier: MIT
 * Canonical JSON to XML in one pass: a stack of open elements, texts copied in runs. */
#include "call/call_xml.h"

#include "json/json_escape.h"
#include "json/json_names.h"

#define REPLACEMENT TEXT("\xef\xbf\xbd") /* U+FFFD */

/* ---- characters ---- */

/* What an ASCII byte becomes in XML text; NULL: itself. \r would be read as \n (XML 1.0 §2.11). */
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
		return byte < 0x20 ? "\xef\xbf\xbd" : NULL;
	}
}

/* U+FFFE and U+FFFF: valid UTF-8, and no XML (XML 1.0 §2.2). */
static bool is_non_character(struct text text)
{
	return text.size >= 3 && (unsigned char)text.data[0] == 0xef &&
	       (unsigned char)text.data[1] == 0xbf && (unsigned char)text.data[2] >= 0xbe;
}

/* The bytes at which a character may begin that needs a replacement; the others are copied in runs. */
static const bool special[256] = {
	[0 ... 0x1f] = true, ['&'] = true, ['<'] = true, ['>'] = true, [0xef] = true};

void call_xml_write_text(struct buffer *buffer, struct text string)
{
	while (string.size > 0) {
		const char *replacement;
		size_t run = 0;

		while (run < string.size && !special[(unsigned char)string.data[run]]) {
			run++;
		}
		buffer_append(buffer, text_head(string, run));
		string = text_tail(string, run);
		if (string.size == 0) {
			return;
		}
		if (is_non_character(string)) {
			buffer_append(buffer, REPLACEMENT);
			string = text_tail(string, 3);
			continue;
		}
		replacement = replacement_of((unsigned char)string.data[0]);
		buffer_append(buffer, replacement ? text_of(replacement) : text_head(string, 1));
		string = text_tail(string, 1);
	}
}

/* The size of the JSON string that @json begins with, without its opening quote up to its closing one. */
static size_t raw_size(struct text json)
{
	uint64_t high = 0;
	size_t at = 0;

	for (;;) {
		at += json_plain_length(json.data + at, json.size - at, &high);
		if (at + 1 >= json.size || json.data[at] == '"') {
			return at < json.size ? at : json.size;
		}
		at += json.data[at] == '\\' ? 2 : 1;
	}
}

/* The raw text of a JSON string, as XML text. */
static void write_raw(struct buffer *buffer, struct text raw)
{
	while (raw.size > 0) {
		const char *backslash = memchr(raw.data, '\\', raw.size);
		struct text plain =
			backslash ? text_head(raw, (size_t)(backslash - raw.data)) : raw;
		char bytes[4];
		uint32_t code;
		size_t taken;

		call_xml_write_text(buffer, plain);
		raw = text_tail(raw, plain.size);
		taken = json_escape_read(raw, &code);
		if (taken == 0) {
			return;
		}
		call_xml_write_text(
			buffer, (struct text){.data = bytes, .size = json_utf8_write(code, bytes)});
		raw = text_tail(raw, taken);
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

#define IN(code, ranges) in_ranges(code, ranges, sizeof(ranges) / sizeof((ranges)[0]))

/* Takes one character of valid UTF-8 or one byte of what is none. */
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

/* The next character of a JSON string's raw text; 0 for what is none. */
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

/* The ASCII bytes that belong into a name; of them, letters and `_` may begin one. */
static const bool plain_name[256] = {['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
	['0' ... '9'] = true,
	['_'] = true,
	['-'] = true,
	['.'] = true};

/* Whether @raw is an XML name as it stands, which nearly every one is. */
static bool is_plain_name(struct text raw)
{
	if (raw.size == 0 || !plain_name[(unsigned char)raw.data[0]] || raw.data[0] < 'A') {
		return false;
	}
	for (size_t i = 1; i < raw.size; i++) {
		if (!plain_name[(unsigned char)raw.data[i]]) {
			return false;
		}
	}
	return true;
}

static void write_name(struct buffer *buffer, struct text raw)
{
	bool first = true;

	if (is_plain_name(raw)) {
		buffer_append(buffer, raw);
		return;
	}
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

struct level {
	bool is_array;
	struct text name; /* raw, of the member or `item` that is open; data NULL: the outermost */
};

struct transcoder {
	struct buffer *buffer;
	struct text rest;
	size_t depth;
	struct level levels[JSON_DEPTH_MAX + 1];
	struct text name; /* of the value that comes next */
};

static void open_element(struct transcoder *transcoder, struct text name)
{
	if (name.data) {
		buffer_append_byte(transcoder->buffer, '<');
		write_name(transcoder->buffer, name);
		buffer_append_byte(transcoder->buffer, '>');
	}
}

static void close_element(struct transcoder *transcoder, struct text name)
{
	if (name.data) {
		buffer_append(transcoder->buffer, TEXT("</"));
		write_name(transcoder->buffer, name);
		buffer_append_byte(transcoder->buffer, '>');
	}
}

static void empty_element(struct transcoder *transcoder, struct text name)
{
	if (name.data) {
		buffer_append_byte(transcoder->buffer, '<');
		write_name(transcoder->buffer, name);
		buffer_append(transcoder->buffer, TEXT("/>"));
	}
}

/* A container that begins: its element is opened, or written empty. Returns false when it cannot go on. */
static bool begin(struct transcoder *transcoder, bool is_array)
{
	struct text *rest = &transcoder->rest;

	*rest = text_tail(*rest, 1);
	if (rest->size > 0 && rest->data[0] == (is_array ? ']' : '}')) {
		*rest = text_tail(*rest, 1);
		empty_element(transcoder, transcoder->name);
		return true;
	}
	if (transcoder->depth > JSON_DEPTH_MAX) {
		return false;
	}
	open_element(transcoder, transcoder->name);
	transcoder->levels[transcoder->depth++] =
		(struct level){.is_array = is_array, .name = transcoder->name};
	transcoder->name = TEXT("item");
	return true;
}

static bool end(struct transcoder *transcoder)
{
	transcoder->rest = text_tail(transcoder->rest, 1);
	if (transcoder->depth == 0) {
		return false;
	}
	close_element(transcoder, transcoder->levels[--transcoder->depth].name);
	return true;
}

/* Takes a string's raw text off the front, quotes and all. */
static struct text take_raw(struct transcoder *transcoder)
{
	struct text inside = text_tail(transcoder->rest, 1);
	struct text raw = text_head(inside, raw_size(inside));

	transcoder->rest = text_tail(inside, raw.size < inside.size ? raw.size + 1 : raw.size);
	return raw;
}

static void write_string(struct transcoder *transcoder)
{
	struct text raw = take_raw(transcoder);

	if (raw.size == 0) {
		empty_element(transcoder, transcoder->name);
		return;
	}
	open_element(transcoder, transcoder->name);
	write_raw(transcoder->buffer, raw);
	close_element(transcoder, transcoder->name);
}

/* A number, true, false or null. */
static bool write_word(struct transcoder *transcoder)
{
	struct text word = transcoder->rest;
	size_t size = 0;

	while (size < word.size && word.data[size] != ',' && word.data[size] != '}' &&
		word.data[size] != ']') {
		size++;
	}
	word = text_head(word, size);
	transcoder->rest = text_tail(transcoder->rest, size);
	if (text_equal(word, TEXT("null"))) {
		empty_element(transcoder, transcoder->name);
	} else {
		open_element(transcoder, transcoder->name);
		call_xml_write_text(transcoder->buffer, word);
		close_element(transcoder, transcoder->name);
	}
	return size > 0;
}

static bool write_value(struct transcoder *transcoder)
{
	switch (transcoder->rest.data[0]) {
	case '{':
		return begin(transcoder, false);
	case '[':
		return begin(transcoder, true);
	case '"':
		write_string(transcoder);
		return true;
	default:
		return write_word(transcoder);
	}
}

/* A member's name and its colon. */
static bool take_name(struct transcoder *transcoder)
{
	transcoder->name = take_raw(transcoder);
	if (transcoder->rest.size < 2 || transcoder->rest.data[0] != ':') {
		return false;
	}
	transcoder->rest = text_tail(transcoder->rest, 1);
	return true;
}

static bool step(struct transcoder *transcoder)
{
	const struct level *level =
		transcoder->depth > 0 ? &transcoder->levels[transcoder->depth - 1] : NULL;
	char byte = transcoder->rest.data[0];

	if (byte == '}' || byte == ']') {
		return end(transcoder);
	}
	if (byte == ',') {
		transcoder->rest = text_tail(transcoder->rest, 1);
		return true;
	}
	if (level && !level->is_array) {
		return byte == '"' && take_name(transcoder) && write_value(transcoder);
	}
	transcoder->name = level ? TEXT("item") : (struct text){0};
	return write_value(transcoder);
}

void call_xml_write(struct buffer *buffer, struct text json)
{
	struct transcoder transcoder = {.buffer = buffer, .rest = json};

	while (transcoder.rest.size > 0 && step(&transcoder)) {
	}
}
