/* SPDX-License-Identifier: MIT
 * The source fuse: this API's XML back into JSON; and telling what an input is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source_run.h"

static const struct source_input no_options = {0};

#define HEADER	     "<dest>1</dest><src>2</src><start>3</start><end>4</end>" SESSION
#define SESSION	     "<session_id>a</session_id>"
#define TYPE	     "<type>inbound</type><log>true</log>"
#define CALL(detail) "<item>" HEADER detail TYPE "</item>"
#define DOCUMENT(calls)                                                                            \
	"<?xml version=\"1.0\"?><result><calls>" calls                                             \
	"</calls><total_calls>1</total_calls></result>"
#define DATA(data)                                                                                 \
	CALL("<detail><item><event><line>x</line><data>" data                                      \
	     "</data></event><class>info</class><timestamp>3</timestamp></item></detail>")

static struct run *run_text(const char *input, size_t piece)
{
	return run_source("fuse", &no_options, text_of(input), piece);
}

/* The call inside `{"calls":[CALL],"total_calls":1}`, canonical. */
static struct text canonical_example(struct run *run)
{
	struct text json = fixture(&run->arena, "example.json");
	const char *open = memchr(json.data, '[', json.size);
	const char *close = memrchr(json.data, ']', json.size);
	struct buffer canonical;
	struct call call;
	struct error err;
	struct text copy;

	assert_non_null(open);
	assert_non_null(close);
	buffer_init(&canonical, 1 << 20);
	json = (struct text){.data = open + 1, .size = (size_t)(close - open - 1)};
	if (call_json_read(
		    json, (struct json_position){1, 1}, &run->arena, &canonical, &call, &err) < 0) {
		fail_msg("%s", err.message);
	}
	copy = arena_copy(&run->arena, buffer_text(&canonical));
	buffer_deinit(&canonical);
	return copy;
}

static void the_example_in_xml_is_the_example_in_json(void **state)
{
	struct arena arena;
	struct text xml;

	(void)state;
	arena_init(&arena, 1 << 24);
	xml = fixture(&arena, "example.xml");
	for (size_t piece = 1; piece < 1000; piece += 37) {
		struct run *run = run_source("fuse", &no_options, xml, piece);
		struct text json = canonical_example(run);
		/* The page's XML lost the space at the end of this line to its formatting. */
		const char *space = memmem(json.data, json.size, "equals: \"", 9);
		size_t before;

		assert_int_equal(run->result, 0);
		assert_int_equal(run->call_count, 1);
		assert_non_null(space);
		before = (size_t)(space - json.data) + 7;
		assert_int_equal(run->calls[0].canonical.size, json.size - 1);
		assert_memory_equal(run->calls[0].canonical.data, json.data, before);
		assert_memory_equal(run->calls[0].canonical.data + before, json.data + before + 1,
			json.size - before - 1);
		run_free(run);
	}
	arena_deinit(&arena);
}

static void elements_become_what_they_stand_for(void **state)
{
	static const struct {
		const char *xml;
		const char *json; /* that the call must hold */
	} cases[] = {
		{CALL("<detail/>"), "\"detail\":[]"},
		{CALL("<detail>\n </detail>"), "\"detail\":[]"},
		{CALL("<detail>false</detail>"), "\"detail\":false"},
		{CALL(""), "\"type\":\"inbound\",\"log\":true"},
		{DATA(""), "\"data\":{}"},
		{DATA("<a>true</a><b>false</b><c>True</c>"),
			"{\"a\":true,\"b\":false,\"c\":\"True\"}"},
		{DATA("<a>12</a><b/><c> x </c>"), "{\"a\":\"12\",\"b\":\"\",\"c\":\" x \"}"},
		{DATA("<a><item>1</item><item><b>2</b></item></a>"),
			"{\"a\":[\"1\",{\"b\":\"2\"}]}"},
		{DATA("<a>\n<b>\n<c>x</c>\n</b>\n</a>"), "{\"a\":{\"b\":{\"c\":\"x\"}}}"},
		{DATA("<a>&lt;&amp;&quot;&#10;&#xe9;<![CDATA[<]]></a>"),
			"{\"a\":\"<&\\\"\\n\xc3\xa9<\"}"},
		{CALL("<detail><item><event><line>true</line></event><class>info</class>"
		      "<timestamp>007</timestamp></item></detail>"),
			"{\"event\":{\"line\":\"true\"},\"class\":\"info\",\"timestamp\":7}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char document[2000];
		struct run *run;

		snprintf(document, sizeof(document), DOCUMENT("%s"), cases[i].xml);
		run = run_text(document, 0);
		assert_int_equal(run->result, 0);
		assert_int_equal(run->call_count, 1);
		if (!memmem(run->calls[0].json.data, run->calls[0].json.size, cases[i].json,
			    strlen(cases[i].json))) {
			fail_msg("%s does not become %s but %.*s", cases[i].xml, cases[i].json,
				TEXT_ARG(run->calls[0].json));
		}
		run_free(run);
	}
}

static void documents_without_calls_are_empty(void **state)
{
	static const char *const documents[] = {
		DOCUMENT(""),
		"<result/>",
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><result><calls/></result>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		struct run *run = run_text(documents[i], 0);

		assert_int_equal(run->result, 0);
		assert_int_equal(run->call_count, 0);
		run_free(run);
	}
}

static void what_is_no_document_of_this_api_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *document;
		const char *error;
		size_t calls; /* whole before the error */
	} cases[] = {
		{"<!DOCTYPE result [<!ENTITY a \"aaaa\"><!ENTITY b "
		 "\"&a;&a;\">]>\n<result>&b;</result>",
			"a document type declaration is refused", 0},
		{"<result>&b;</result>", "line 1, column 9: not XML: undefined entity", 0},
		{"\n <html/>", "line 2, column 2: <html> where <result> is expected", 0},
		{"<result><error>database error</error></result>",
			"this is an error answer, not calls: 'database error'", 0},
		{"<result><item><event/></item></result>", "the detail of one call", 0},
		{"<result><calls><call/></calls></result>",
			"line 1, column 16: <call> where <item> is expected", 0},
		{"<result>x<calls/></result>", "text stands beside <calls>", 0},
		{"<result><calls>" CALL("") "x</calls></result>", "text stands beside elements", 1},
		{"<result><calls><item><dest><b/></dest></item></calls></result>",
			"<b> stands where no element may be", 0},
		{"<result><calls>" CALL("") "<item></calls>", "mismatched tag", 1},
		{"<result><calls>" CALL("") "<item>" HEADER, "the document is cut off", 1},
		{"<result><calls>" CALL("") CALL("") "</calls", "the document is cut off", 2},
		{"", "the document is cut off", 0},
		{"<result/><result/>", "line 1, column 10: not XML", 0},
		{"{\"calls\":[]}", "line 1, column 1: not XML", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run *run = run_text(cases[i].document, 0);

		assert_int_equal(run->result, -1);
		assert_int_equal(run->err.code, ERROR_INVALID);
		assert_true(text_starts_with(text_of(run->err.message), TEXT("line ")));
		if (!strstr(run->err.message, cases[i].error)) {
			fail_msg("'%s' is not in '%s'", cases[i].error, run->err.message);
		}
		assert_int_equal(run->call_count, cases[i].calls);
		run_free(run);
	}
}

static void a_call_knows_the_line_it_began_on(void **state)
{
	struct run *run =
		run_text("<result>\n<calls>\n" CALL("") "\n" CALL("") "</calls></result>", 3);

	(void)state;
	assert_int_equal(run->call_count, 2);
	assert_int_equal(run->calls[0].line, 3);
	assert_int_equal(run->calls[1].line, 4);
	run_free(run);
}

static void elements_without_end_are_refused(void **state)
{
	struct buffer document;
	struct run *run;

	(void)state;
	buffer_init(&document, 64 << 20);
	buffer_append(
		&document, TEXT("<result><calls><item>" HEADER "<detail><item><event><data>"));
	for (int i = 0; i < 1000; i++) {
		buffer_append(&document, TEXT("<a>"));
	}
	run = run_source("fuse", &no_options, buffer_text(&document), 0);
	assert_int_equal(run->result, -1);
	assert_non_null(strstr(run->err.message, "nested deeper"));
	run_free(run);

	buffer_clear(&document);
	buffer_append(&document, TEXT("<result><calls>" CALL("") "<item>" HEADER "<type>"));
	for (int i = 0; i < (5 << 20); i++) {
		buffer_append_byte(&document, 'x');
	}
	buffer_append(&document, TEXT("</type></item>" CALL("") "</calls></result>"));
	run = run_source("fuse", &no_options, buffer_text(&document), 0);
	assert_int_equal(run->result, 0);
	assert_int_equal(run->call_count, 2);
	assert_int_equal(run->reject_count, 1);
	assert_true(text_equal_string(run->rejects[0].session_id, "a"));
	run_free(run);
	buffer_deinit(&document);
}

static void an_input_is_known_by_its_first_bytes(void **state)
{
	static const struct {
		const char *beginning;
		const char *name; /* of the format; NULL: none */
	} cases[] = {
		{"{\"calls\":[{\"dest\":\"1\"}]}", "json"},
		{"{\"calls\":[{\"dest\":\"1\"", "json"},
		{"{\n  \"calls\": [", "json"},
		{"{\"total_calls\":0,\"calls\":[", "json"},
		{"{\"dest\":\"}\\\"\"}", "json"},
		{"{\"dest\":\n\"1\",", "json"},
		{"{\"dest\":\"1\"}\n{\"dest\"", "ndjson"},
		{"{\"dest\":\"1\",\"src\":\"2", "ndjson"},
		{"\xef\xbb\xbf<?xml version=\"1.0\"?>", "fuse"},
		{" \n<result>", "fuse"},
		{"\"CHAN_START\",\"1795459153.369728\",\"Ann\"", "asterisk-cel"},
		{"eventtype,eventtime,linkedid\nCHAN_START,1,a\n", "asterisk-cel"},
		{"id\teventtype\teventtime\n", "asterisk-cel"},
		{"{\"eventtype\":\"HANGUP\",\"eventtime\":1}\n", "asterisk-cel"},
		{"a,b,c\n1,2,3\n", NULL},
		{"", NULL},
		{"\n\n", NULL},
		{"[1,2,3]", NULL},
		{"hello\nworld", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct source_format *found = source_detect(text_of(cases[i].beginning));

		if (cases[i].name) {
			assert_non_null(found);
			assert_string_equal(found->name, cases[i].name);
		} else {
			assert_null(found);
		}
	}
}

static void formats_are_found_by_name(void **state)
{
	(void)state;
	assert_non_null(source_format_find(TEXT("fuse")));
	assert_non_null(source_format_find(TEXT("asterisk-cel")));
	assert_null(source_format_find(TEXT("asterisk")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_in_xml_is_the_example_in_json),
		cmocka_unit_test(elements_become_what_they_stand_for),
		cmocka_unit_test(documents_without_calls_are_empty),
		cmocka_unit_test(what_is_no_document_of_this_api_is_refused_with_its_place),
		cmocka_unit_test(a_call_knows_the_line_it_began_on),
		cmocka_unit_test(elements_without_end_are_refused),
		cmocka_unit_test(an_input_is_known_by_its_first_bytes),
		cmocka_unit_test(formats_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
