/* SPDX-License-Identifier: MIT
 * Canonical JSON to XML: the vendor's example, the rules one by one, and random calls against a
 * slow model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "call/call_xml.h"
#include "sample.h"
#include "json/json_escape.h"

#define CEILING ((size_t)4 << 20)
#define FFFD	"\xef\xbf\xbd"

/* ---- the example ---- */

/* @json without the white space between its tokens. */
static void append_compact(struct buffer *buffer, struct text json)
{
	bool in_string = false;

	for (size_t i = 0; i < json.size; i++) {
		if (in_string && json.data[i] == '\\') {
			buffer_append(buffer, text_head(text_tail(json, i), 2));
			i++;
			continue;
		}
		if (json.data[i] == '"') {
			in_string = !in_string;
		}
		if (in_string || !memchr(" \t\r\n", json.data[i], 4)) {
			buffer_append_byte(buffer, json.data[i]);
		}
	}
}

/* @xml without the lines' indentation and ends, and with the space that the page's formatting lost.
 */
static void append_joined(struct buffer *buffer, struct text xml)
{
	static const struct text before = TEXT("X plus Y equals:");
	struct text line;

	while (text_split(&xml, '\n', &line)) {
		const char *at;

		line = text_trim(line);
		at = memmem(line.data, line.size, before.data, before.size);
		if (at) {
			size_t size = (size_t)(at - line.data) + before.size;

			buffer_append(buffer, text_head(line, size));
			buffer_append_byte(buffer, ' ');
			line = text_tail(line, size);
		}
		buffer_append(buffer, line);
	}
}

static void the_example_is_the_pages_xml(void **state)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer compact, actual, expected;
	struct text json, xml;

	(void)state;
	arena_init(&arena, 4 * CEILING);
	buffer_init(&compact, CEILING);
	buffer_init(&actual, CEILING);
	buffer_init(&expected, CEILING);
	assert_int_equal(file_read(FIXTURES "/example.json", CEILING, &arena, &json, NULL), 0);
	assert_int_equal(file_read(FIXTURES "/example.xml", CEILING, &arena, &xml, NULL), 0);
	append_compact(&compact, json);
	append_joined(&expected, xml);

	buffer_append(&actual, TEXT("<?xml version=\"1.0\"?><result>"));
	call_xml_write(&actual, buffer_text(&compact));
	buffer_append(&actual, TEXT("</result>"));

	assert_int_equal(actual.size, expected.size);
	assert_memory_equal(actual.data, expected.data, expected.size);
}

/* ---- the rules ---- */

/* A run of a string's text, each byte of it six as XML, and tags. */
#define PIECE_BEYOND ((size_t)6 * 16384 + 1000)

struct rule {
	struct text json;
	struct text xml;
};

/* The same in pieces: what comes before the last piece holds at least @enough bytes, and not much
 * more. */
static void write_in_pieces(struct buffer *whole, struct text json, size_t enough)
{
	struct call_xml *xml = call_xml_create();
	AUTO(buffer_deinit) struct buffer piece;
	bool more = true;

	assert_non_null(xml);
	buffer_init(&piece, CEILING);
	call_xml_begin(xml, json);
	while (more) {
		buffer_clear(&piece);
		more = call_xml_go_on(xml, &piece, enough);
		assert_true(!more || piece.size >= enough);
		assert_true(piece.size <= enough + PIECE_BEYOND);
		buffer_append(whole, buffer_text(&piece));
	}
	call_xml_destroy(xml);
}

static void check_pieces(struct text json, struct text xml)
{
	for (size_t enough = 1; enough < 100000; enough = enough * 7 + 1) {
		AUTO(buffer_deinit) struct buffer whole;

		buffer_init(&whole, CEILING);
		write_in_pieces(&whole, json, enough);
		assert_true(text_equal(buffer_text(&whole), xml));
	}
}

static void check(struct text json, struct text xml)
{
	AUTO(buffer_deinit) struct buffer buffer;
	/* Memory of exactly its size, so that a sanitizer sees any step past it. */
	char *exact = malloc(json.size + 1);

	assert_non_null(exact);
	memcpy(exact + 1, json.data, json.size);
	buffer_init(&buffer, CEILING);
	call_xml_write(&buffer, (struct text){.data = exact + 1, .size = json.size});
	if (!text_equal(buffer_text(&buffer), xml)) {
		print_message("json:     %.*s\nxml:      %.*s\nexpected: %.*s\n", TEXT_ARG(json),
			TEXT_ARG(buffer_text(&buffer)), TEXT_ARG(xml));
		fail();
	}
	check_pieces(json, xml);
	free(exact);
}

#define CHECK_ALL(rules)                                                                           \
	for (size_t i = 0; i < sizeof(rules) / sizeof((rules)[0]); i++) {                          \
		check((rules)[i].json, (rules)[i].xml);                                            \
	}

static void members_are_elements_and_entries_are_items(void **state)
{
	static const struct rule rules[] = {
		{TEXT("{\"a\":\"x\",\"b\":{\"c\":1}}"), TEXT("<a>x</a><b><c>1</c></b>")},
		{TEXT("[1,[2,\"3\"],{\"d\":4}]"),
			TEXT("<item>1</item><item><item>2</item><item>3</item></item>"
			     "<item><d>4</d></item>")},
		{TEXT("{\"a\":[{\"b\":[1]},2],\"c\":3}"),
			TEXT("<a><item><b><item>1</item></b></item><item>2</item></a><c>3</c>")},
	};

	(void)state;
	CHECK_ALL(rules);
}

static void strings_numbers_and_booleans_are_text(void **state)
{
	static const struct rule rules[] = {
		{TEXT("{\"a\":-1.50e+3}"), TEXT("<a>-1.50e+3</a>")},
		{TEXT("{\"a\":123456789012345678901234567890}"),
			TEXT("<a>123456789012345678901234567890</a>")},
		{TEXT("{\"a\":true,\"b\":false}"), TEXT("<a>true</a><b>false</b>")},
		{TEXT("{\"a\":\"null\",\"b\":\" \"}"), TEXT("<a>null</a><b> </b>")},
		{TEXT("\"x\""), TEXT("x")},
		{TEXT("17"), TEXT("17")},
	};

	(void)state;
	CHECK_ALL(rules);
}

static void what_is_empty_is_an_empty_element(void **state)
{
	static const struct rule rules[] = {
		{TEXT("{\"a\":null,\"b\":[],\"c\":{},\"d\":\"\"}"), TEXT("<a/><b/><c/><d/>")},
		{TEXT("[null,[],{},\"\"]"), TEXT("<item/><item/><item/><item/>")},
		{TEXT("{}"), TEXT("")},
		{TEXT("[]"), TEXT("")},
		{TEXT("null"), TEXT("")},
		{TEXT("\"\""), TEXT("")},
		{TEXT(""), TEXT("")},
	};

	(void)state;
	CHECK_ALL(rules);
}

static void markup_is_escaped_and_quotes_are_not(void **state)
{
	static const struct rule rules[] = {
		{TEXT("{\"a\":\"<b>&amp;]]>'\"}"), TEXT("<a>&lt;b&gt;&amp;amp;]]&gt;'</a>")},
		{TEXT("{\"a\":\"\\\"q\\\" \\\\ \\/\"}"), TEXT("<a>\"q\" \\ /</a>")},
		{TEXT("{\"a\":\"\\u003cx\\u003E\\u0026\"}"), TEXT("<a>&lt;x&gt;&amp;</a>")},
	};

	(void)state;
	CHECK_ALL(rules);
}

static void white_space_survives_a_parser(void **state)
{
	static const struct rule rules[] = {
		{TEXT("{\"a\":\" x \\t\\n\\r\\n\\u000d \"}"), TEXT("<a> x \t\n&#13;\n&#13; </a>")},
	};

	(void)state;
	CHECK_ALL(rules);
}

static void characters_that_xml_cannot_hold_are_replaced(void **state)
{
	static const struct rule rules[] = {
		{TEXT("{\"a\":\"\\b\\f\\u0000\\u001f|\\u007f\"}"),
			TEXT("<a>" FFFD FFFD FFFD FFFD "|\x7f</a>")},
		{TEXT("{\"a\":\"\\ufffe\\uffff\\ufffd\"}"), TEXT("<a>" FFFD FFFD FFFD "</a>")},
		{TEXT("{\"a\":\"\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd\xef\xbb\xbf\xef\xbf\"}"),
			TEXT("<a>" FFFD FFFD FFFD "\xef\xbb\xbf\xef\xbf</a>")},
		{TEXT("{\"a\":\"\xc2\x85\xe2\x80\xa8\"}"), TEXT("<a>\xc2\x85\xe2\x80\xa8</a>")},
	};

	(void)state;
	CHECK_ALL(rules);
}

static void escapes_become_their_characters(void **state)
{
	static const struct rule rules[] = {
		{TEXT("{\"a\":\"\\u00e9\\u20AC\\ud83d\\udcde!\"}"),
			TEXT("<a>\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\x9e!</a>")},
		{TEXT("{\"\\u0061\\u00e9\":1}"), TEXT("<a\xc3\xa9>1</a\xc3\xa9>")},
	};

	(void)state;
	CHECK_ALL(rules);
}

static void names_that_are_none_are_repaired(void **state)
{
	static const struct {
		const char *name;
		const char *element;
	} names[] = {
		{"a-b.c_9", "a-b.c_9"},
		{"first name", "first_name"},
		{"1st", "_1st"},
		{"-x", "_-x"},
		{".x", "_.x"},
		{" x", "_x"},
		{"$", "_"},
		{"", "_"},
		{"a:b", "a_b"},
		{"<&>", "___"},
		{"xml", "xml"},
		{"\\\"q\\\"\\n", "_q__"},
		{"\\u0000", "_"},
		{"Jos\xc3\xa9", "Jos\xc3\xa9"},
		{"\xc3\x97\xc3\xb7", "__"}, /* × and ÷ are signs */
		{"\xc2\xb7x", "_\xc2\xb7x"},
		{"\xcc\x80y", "_\xcc\x80y"}, /* a combining accent */
		{"\xe7\x95\xaa\xe5\x8f\xb7", "\xe7\x95\xaa\xe5\x8f\xb7"},
		{"\\ud83d\\udcde", "\xf0\x9f\x93\x9e"},
		{"\xf3\xb0\x80\x80", "_"}, /* U+F0000, for private use */
		{"a\xef\xbf\xbe", "a_"},
	};
	char json[64], xml[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(json, sizeof(json), "{\"%s\":0}", names[i].name);
		snprintf(xml, sizeof(xml), "<%s>0</%s>", names[i].element, names[i].element);
		check(text_of(json), text_of(xml));
		snprintf(json, sizeof(json), "{\"%s\":null}", names[i].name);
		snprintf(xml, sizeof(xml), "<%s/>", names[i].element);
		check(text_of(json), text_of(xml));
	}
}

static void a_text_is_written_alone(void **state)
{
	AUTO(buffer_deinit) struct buffer buffer;

	(void)state;
	buffer_init(&buffer, CEILING);
	call_xml_write_text(&buffer, TEXT("a \"call\" <1> & \\n\r\x01"));
	call_xml_write_text(&buffer, TEXT(""));
	assert_true(
		text_equal(buffer_text(&buffer), TEXT("a \"call\" &lt;1&gt; &amp; \\n&#13;" FFFD)));
}

static void a_full_buffer_is_marked(void **state)
{
	static const struct text json =
		TEXT("{\"a\":\"xxxxxxxx\",\"b c\":[1,\"<\\u00e9\",null],\"d\":{\"e\":2}}");

	const size_t whole =
		sizeof("<a>xxxxxxxx</a><b_c><item>1</item><item>&lt;..</item><item/></b_c>"
		       "<d><e>2</e></d>") -
		1;

	(void)state;
	for (size_t ceiling = 0; ceiling < 2 * whole; ceiling++) {
		AUTO(buffer_deinit) struct buffer buffer;

		buffer_init(&buffer, ceiling);
		call_xml_write(&buffer, json);
		assert_true(buffer.failed || buffer.size == whole);
		assert_true(buffer.size <= ceiling);
	}
}

/* ---- a slow model, by random calls ---- */

struct pair {
	struct buffer json;
	struct buffer xml;
	uint64_t seed;
};

static uint64_t random_below(struct pair *pair, uint64_t limit)
{
	return sample_random(&pair->seed) % limit;
}

static uint32_t random_code(struct pair *pair)
{
	static const uint32_t picked[] = {'&', '<', '>', '"', '\\', '/', '\r', '\n', '\t', ' ', ':',
		'-', '.', '0', '9', 0, 1, 0x1f, 0x7f, 0x80, 0xb7, 0xbf, 0xc0, 0xd7, 0xf7, 0x2ff,
		0x300, 0x36f, 0x370, 0x37e, 0x1fff, 0x2000, 0x200c, 0x203f, 0x2070, 0x218f, 0x2190,
		0x3001, 0xd7ff, 0xe000, 0xf900, 0xfdd0, 0xfdf0, 0xfeff, 0xfffd, 0xfffe, 0xffff,
		0x10000, 0xeffff, 0xf0000, 0x10ffff};
	uint32_t code;

	switch (random_below(pair, 4)) {
	case 0:
		return picked[random_below(pair, sizeof(picked) / sizeof(*picked))];
	case 1:
		code = (uint32_t)random_below(pair, 0x110000);
		return code >= 0xd800 && code < 0xe000 ? 'x' : code;
	default:
		return 'a' + (uint32_t)random_below(pair, 26);
	}
}

static void append_unit(struct buffer *json, uint32_t unit)
{
	buffer_printf(json, "\\u%04x", unit);
}

/* As itself where JSON allows it, or as an escape. */
static void spell_json(struct pair *pair, uint32_t code)
{
	char bytes[4];

	if (code >= 0x20 && code != '"' && code != '\\' && random_below(pair, 3) > 0) {
		buffer_append(&pair->json,
			(struct text){.data = bytes, .size = json_utf8_write(code, bytes)});
	} else if (code >= 0x10000) {
		append_unit(&pair->json, 0xd800 + ((code - 0x10000) >> 10));
		append_unit(&pair->json, 0xdc00 + ((code - 0x10000) & 0x3ff));
	} else {
		append_unit(&pair->json, code);
	}
}

/* XML 1.0 §2.2, production 2. */
static bool model_is_char(uint32_t c)
{
	return c == 9 || c == 10 || c == 13 || (c >= 0x20 && c <= 0xd7ff) ||
	       (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

static void model_text(struct buffer *xml, uint32_t code)
{
	char bytes[4];

	if (!model_is_char(code)) {
		buffer_append(xml, TEXT(FFFD));
	} else if (code == '&') {
		buffer_append(xml, TEXT("&amp;"));
	} else if (code == '<') {
		buffer_append(xml, TEXT("&lt;"));
	} else if (code == '>') {
		buffer_append(xml, TEXT("&gt;"));
	} else if (code == '\r') {
		buffer_append(xml, TEXT("&#13;"));
	} else {
		buffer_append(
			xml, (struct text){.data = bytes, .size = json_utf8_write(code, bytes)});
	}
}

/* XML 1.0 §2.3, productions 4 and 4a, as the text has them, without the colon. */
static int model_name_kind(uint32_t c)
{
	static const uint32_t start[][2] = {{'A', 'Z'}, {'_', '_'}, {'a', 'z'}, {0xc0, 0xd6},
		{0xd8, 0xf6}, {0xf8, 0x2ff}, {0x370, 0x37d}, {0x37f, 0x1fff}, {0x200c, 0x200d},
		{0x2070, 0x218f}, {0x2c00, 0x2fef}, {0x3001, 0xd7ff}, {0xf900, 0xfdcf},
		{0xfdf0, 0xfffd}, {0x10000, 0xeffff}};
	static const uint32_t more[][2] = {
		{'-', '-'}, {'.', '.'}, {'0', '9'}, {0xb7, 0xb7}, {0x300, 0x36f}, {0x203f, 0x2040}};

	for (size_t i = 0; i < sizeof(start) / sizeof(*start); i++) {
		if (c >= start[i][0] && c <= start[i][1]) {
			return 2;
		}
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		if (c >= more[i][0] && c <= more[i][1]) {
			return 1;
		}
	}
	return 0;
}

/* A member's name into the JSON; the element's into @name. */
static void random_name(struct pair *pair, struct buffer *name)
{
	size_t length = random_below(pair, 6);

	buffer_append_byte(&pair->json, '"');
	for (size_t i = 0; i < length; i++) {
		uint32_t code = random_code(pair);
		int kind = model_name_kind(code);
		char bytes[4];

		spell_json(pair, code);
		if (kind == 0) {
			code = '_';
		} else if (kind == 1 && i == 0) {
			buffer_append_byte(name, '_');
		}
		buffer_append(
			name, (struct text){.data = bytes, .size = json_utf8_write(code, bytes)});
	}
	if (length == 0) {
		buffer_append_byte(name, '_');
	}
	buffer_append(&pair->json, TEXT("\":"));
}

/* The element @name, empty when nothing is @inside. */
static void model_element(struct buffer *xml, struct text name, struct text inside)
{
	buffer_append_byte(xml, '<');
	buffer_append(xml, name);
	if (inside.size == 0) {
		buffer_append(xml, TEXT("/>"));
		return;
	}
	buffer_append_byte(xml, '>');
	buffer_append(xml, inside);
	buffer_append(xml, TEXT("</"));
	buffer_append(xml, name);
	buffer_append_byte(xml, '>');
}

static void random_string(struct pair *pair)
{
	size_t length = random_below(pair, 12);

	buffer_append_byte(&pair->json, '"');
	for (size_t i = 0; i < length; i++) {
		uint32_t code = random_code(pair);

		spell_json(pair, code);
		model_text(&pair->xml, code);
	}
	buffer_append_byte(&pair->json, '"');
}

static void random_word(struct pair *pair)
{
	static const char *const words[] = {"0", "-1.5E+10", "1575898386", "true", "false", "null"};
	const char *word = words[random_below(pair, sizeof(words) / sizeof(*words))];

	buffer_append(&pair->json, text_of(word));
	if (!text_equal_string(TEXT("null"), word)) {
		buffer_append(&pair->xml, text_of(word));
	}
}

static void random_value(struct pair *pair, int depth);

/* The entries of an array or the members of an object. */
static void random_children(struct pair *pair, bool is_array, int depth)
{
	size_t count = random_below(pair, 4);

	buffer_append_byte(&pair->json, is_array ? '[' : '{');
	for (size_t i = 0; i < count; i++) {
		AUTO(buffer_deinit) struct buffer name;
		struct buffer outer = pair->xml;

		buffer_init(&name, CEILING);
		buffer_append(&pair->json, i > 0 ? TEXT(",") : TEXT(""));
		if (is_array) {
			buffer_append(&name, TEXT("item"));
		} else {
			random_name(pair, &name);
		}
		buffer_init(&pair->xml, CEILING);
		random_value(pair, depth + 1);
		model_element(&outer, buffer_text(&name), buffer_text(&pair->xml));
		buffer_deinit(&pair->xml);
		pair->xml = outer;
	}
	buffer_append_byte(&pair->json, is_array ? ']' : '}');
}

/* Its JSON to pair->json, what XML has of it to pair->xml. */
static void random_value(struct pair *pair, int depth)
{
	uint64_t kind = random_below(pair, depth < 5 ? 5 : 2);

	if (kind == 0) {
		random_string(pair);
	} else if (kind == 1) {
		random_word(pair);
	} else {
		random_children(pair, kind == 2, depth);
	}
}

static void random_json_is_what_a_slow_model_says(void **state)
{
	struct pair pair = {.seed = 20260131};

	(void)state;
	buffer_init(&pair.json, CEILING);
	buffer_init(&pair.xml, CEILING);
	for (size_t i = 0; i < 4000; i++) {
		buffer_clear(&pair.json);
		buffer_clear(&pair.xml);
		random_value(&pair, 0);
		assert_false(pair.json.failed || pair.xml.failed);
		check(buffer_text(&pair.json), buffer_text(&pair.xml));
	}
	buffer_deinit(&pair.json);
	buffer_deinit(&pair.xml);
}

/* ---- what is not JSON ---- */

static void write_exact(const char *bytes, size_t size)
{
	AUTO(buffer_deinit) struct buffer buffer;
	char *exact = malloc(size + 1);

	assert_non_null(exact);
	memcpy(exact + 1, bytes, size);
	buffer_init(&buffer, CEILING);
	call_xml_write(&buffer, (struct text){.data = exact + 1, .size = size});
	assert_false(buffer.failed);
	free(exact);
}

static void any_bytes_end_somewhere(void **state)
{
	static const char alphabet[] = "{}[]\",:\\u0d8nx& <\xef\xbf\xbe\xc3\x80";
	uint64_t seed = 99;
	char bytes[64];

	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		size_t size = sample_random(&seed) % sizeof(bytes);

		for (size_t at = 0; at < size; at++) {
			bytes[at] = alphabet[sample_random(&seed) % (sizeof(alphabet) - 1)];
		}
		write_exact(bytes, size);
	}
}

static void a_call_cut_off_or_damaged_ends_somewhere(void **state)
{
	static const char call[] = "{\"dest\":\"1\",\"detail\":[{\"event\":{\"line\":\"a \\\"b\\\" "
				   "\\ud83d\\udcde\",\"data\":{\"a b\":null,\"c\":[1,true]}},"
				   "\"class\":\"info\",\"timestamp\":1}],\"type\":\"inbound\"}";
	char bytes[sizeof(call)];

	(void)state;
	for (size_t size = 0; size < sizeof(call); size++) {
		write_exact(call, size);
	}
	for (size_t at = 0; at < sizeof(call) - 1; at++) {
		for (int byte = 0; byte < 256; byte++) {
			memcpy(bytes, call, sizeof(call));
			bytes[at] = (char)byte;
			write_exact(bytes, sizeof(call) - 1);
		}
	}
}

static void nesting_beyond_the_limit_ends_the_output(void **state)
{
	AUTO(buffer_deinit) struct buffer json;

	(void)state;
	buffer_init(&json, CEILING);
	for (size_t i = 0; i < 100000; i++) {
		buffer_append_byte(&json, '[');
	}
	write_exact(json.data, json.size);
}

static void a_long_string_comes_in_pieces(void **state)
{
	AUTO(buffer_deinit) struct buffer json;
	AUTO(buffer_deinit) struct buffer xml;

	(void)state;
	buffer_init(&json, CEILING);
	buffer_init(&xml, CEILING);
	buffer_append(&json, TEXT("{\"line\":\""));
	for (int i = 0; i < 20000; i++) {
		buffer_append(&json, i % 100 == 0 ? TEXT("\\u00e9\\n")
						  : TEXT("&\xef\xbf\xbf"
							 "plain"));
	}
	buffer_append(&json, TEXT("\",\"next\":1}"));
	call_xml_write(&xml, buffer_text(&json));
	assert_true(xml.size > json.size);
	check_pieces(buffer_text(&json), buffer_text(&xml));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_string_comes_in_pieces),
		cmocka_unit_test(the_example_is_the_pages_xml),
		cmocka_unit_test(members_are_elements_and_entries_are_items),
		cmocka_unit_test(strings_numbers_and_booleans_are_text),
		cmocka_unit_test(what_is_empty_is_an_empty_element),
		cmocka_unit_test(markup_is_escaped_and_quotes_are_not),
		cmocka_unit_test(white_space_survives_a_parser),
		cmocka_unit_test(characters_that_xml_cannot_hold_are_replaced),
		cmocka_unit_test(escapes_become_their_characters),
		cmocka_unit_test(names_that_are_none_are_repaired),
		cmocka_unit_test(a_text_is_written_alone),
		cmocka_unit_test(a_full_buffer_is_marked),
		cmocka_unit_test(random_json_is_what_a_slow_model_says),
		cmocka_unit_test(any_bytes_end_somewhere),
		cmocka_unit_test(a_call_cut_off_or_damaged_ends_somewhere),
		cmocka_unit_test(nesting_beyond_the_limit_ends_the_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
