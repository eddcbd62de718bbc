/* SPDX-License-Identifier: MIT
 * JSON to XML against a model: Expat has to read the same elements and texts out of what callstep
 * writes and out of what the model does. */
#include <expat.h>

#include "call/call_xml.h"
#include "fuzz_target.h"
#include "reference.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

static bool is_json(struct text input)
{
	AUTO(arena_deinit) struct arena arena;
	struct json_names names;
	struct json_reader reader;
	struct json_token token;
	int more;

	arena_init(&arena, SIZE_MAX);
	json_reader_init(&reader, input, (struct json_position){.line = 1, .column = 1});
	json_reader_check_names(&reader, &names, &arena);
	while ((more = json_reader_next(&reader, &token, NULL)) > 0) {
	}
	return more == 0;
}

static void note_start(void *context, const char *name, const char **attributes)
{
	(void)attributes;
	buffer_printf(context, "<%s>", name);
}

static void note_end(void *context, const char *name)
{
	(void)name;
	buffer_append(context, TEXT("</>"));
}

static void note_text(void *context, const char *text, int size)
{
	for (int i = 0; i < size; i++) {
		buffer_printf(context, "%02x", (unsigned int)(unsigned char)text[i]);
	}
}

/* What Expat reads out of @xml: elements, and texts by their bytes. */
static void read_events(const struct buffer *xml, struct buffer *events)
{
	XML_Parser parser = XML_ParserCreate("UTF-8");

	fuzz_require(!xml->failed && parser != NULL);
	XML_SetUserData(parser, events);
	XML_SetElementHandler(parser, note_start, note_end);
	XML_SetCharacterDataHandler(parser, note_text);
	fuzz_require(XML_Parse(parser, xml->data, (int)xml->size, XML_TRUE) == XML_STATUS_OK);
	XML_ParserFree(parser);
}

static void write_ours(struct text json, struct buffer *xml)
{
	AUTO(buffer_deinit) struct buffer canonical;

	buffer_init(&canonical, SIZE_MAX);
	json_write_canonical(&canonical, json);
	buffer_append(xml, TEXT("<result>"));
	call_xml_write(xml, buffer_text(&canonical));
	buffer_append(xml, TEXT("</result>"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text input = {.data = (const char *)data, .size = size};
	AUTO(buffer_deinit) struct buffer ours, model, our_events, model_events;

	buffer_init(&ours, SIZE_MAX);
	buffer_init(&model, SIZE_MAX);
	buffer_init(&our_events, SIZE_MAX);
	buffer_init(&model_events, SIZE_MAX);
	if (!is_json(input) || !reference_xml(input, &model)) {
		return 0;
	}
	write_ours(input, &ours);
	read_events(&ours, &our_events);
	read_events(&model, &model_events);
	fuzz_require(text_equal(buffer_text(&our_events), buffer_text(&model_events)));
	return 0;
}
