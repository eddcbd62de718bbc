/* SPDX-License-Identifier: MIT
 * Any bytes as canonical JSON: transcoded within bounds. What the JSON reader takes becomes XML
 * that Expat takes, and so does any text. */
#include <expat.h>

#include "call/call_xml.h"
#include "fuzz_target.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

static bool is_json(struct text input)
{
	struct json_reader reader;
	struct json_token token;
	int more;

	json_reader_init(&reader, input, (struct json_position){.line = 1, .column = 1});
	while ((more = json_reader_next(&reader, &token, NULL)) > 0) {
	}
	return more == 0;
}

/* Expat holds names to the fourth edition of XML 1.0, which knows fewer letters than the fifth. */
static bool is_ascii(struct text input)
{
	for (size_t i = 0; i < input.size; i++) {
		if ((unsigned char)input.data[i] >= 0x80) {
			return false;
		}
	}
	return !memmem(input.data, input.size, "\\u", 2);
}

static void check_xml(const struct buffer *xml)
{
	XML_Parser parser = XML_ParserCreateNS("UTF-8", '|');

	fuzz_require(!xml->failed && parser != NULL);
	fuzz_require(XML_Parse(parser, xml->data, (int)xml->size, XML_TRUE) == XML_STATUS_OK);
	XML_ParserFree(parser);
}

static void take_as_json(struct text json)
{
	AUTO(buffer_deinit) struct buffer canonical, xml;

	buffer_init(&canonical, SIZE_MAX);
	buffer_init(&xml, SIZE_MAX);
	json_write_canonical(&canonical, json);
	buffer_append(&xml, TEXT("<result>"));
	call_xml_write(&xml, buffer_text(&canonical));
	buffer_append(&xml, TEXT("</result>"));
	check_xml(&xml);
}

static void take_as_text(struct text text)
{
	AUTO(buffer_deinit) struct buffer xml;

	buffer_init(&xml, SIZE_MAX);
	buffer_append(&xml, TEXT("<error>"));
	call_xml_write_text(&xml, text);
	buffer_append(&xml, TEXT("</error>"));
	check_xml(&xml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text input = {.data = (const char *)data, .size = size};
	AUTO(buffer_deinit) struct buffer xml;

	buffer_init(&xml, SIZE_MAX);
	call_xml_write(&xml, input);
	fuzz_require(!xml.failed);
	if (is_ascii(input) && is_json(input)) {
		take_as_json(input);
	}
	if (text_utf8_valid(input, NULL)) {
		take_as_text(input);
	}
	return 0;
}
