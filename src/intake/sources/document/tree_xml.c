/* SPDX-License-Identifier: MIT
 * Reading XML into a tree. */
#include "base/buffer.h"
#include "intake/sources/document/tree.h"
#include "intake/sources/xml.h"
#include "json/json_names.h"

struct xml_tree {
	XML_Parser parser;
	struct arena *arena;
	size_t nodes;
	struct tree *open[JSON_DEPTH_MAX];
	size_t depth;
	struct tree *root;
	struct buffer text; /* of the element that is open, as long as it has no child */
	struct error failure;
};

static void fail(struct xml_tree *reading, enum error_code code, const char *message)
{
	if (reading->failure.code == ERROR_NONE) {
		XML_StopParser(reading->parser, XML_FALSE);
		error_set(&reading->failure, code, "line %lu: %s",
			(unsigned long)XML_GetCurrentLineNumber64(reading->parser), message);
	}
}

static struct tree *add(
	struct xml_tree *reading, struct tree *parent, const char *name, enum tree_kind kind)
{
	struct text copy = arena_copy(reading->arena, text_of(name));
	struct tree *tree =
		copy.data ? tree_add(parent, kind, copy, reading->arena, &reading->nodes) : NULL;

	if (!tree) {
		fail(reading, ERROR_TOO_LARGE, "the document has too many elements");
	}
	return tree;
}

static void add_attributes(
	struct xml_tree *reading, struct tree *element, const XML_Char **attributes)
{
	for (size_t i = 0; attributes[i]; i += 2) {
		struct tree *tree = add(reading, element, attributes[i], TREE_STRING);

		if (!tree) {
			return;
		}
		element->kind = TREE_OBJECT;
		tree->value = arena_copy(reading->arena, text_of(attributes[i + 1]));
		if (!tree->value.data) {
			fail(reading, ERROR_NO_MEMORY, "out of memory");
			return;
		}
	}
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct xml_tree *reading = context;
	struct tree *parent = reading->depth ? reading->open[reading->depth - 1] : NULL;
	struct tree *element;

	if (reading->failure.code != ERROR_NONE) {
		return;
	}
	if (reading->depth == JSON_DEPTH_MAX) {
		fail(reading, ERROR_TOO_LARGE, "elements are nested too deep");
		return;
	}
	element = add(reading, parent, name, TREE_STRING);
	if (!element) {
		return;
	}
	if (parent) {
		parent->kind = TREE_OBJECT;
	}
	element->value = TEXT("");
	add_attributes(reading, element, attributes);
	reading->root = reading->root ? reading->root : element;
	reading->open[reading->depth++] = element;
	buffer_clear(&reading->text);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
	struct xml_tree *reading = context;
	struct tree *element;

	(void)name;
	if (reading->failure.code != ERROR_NONE) {
		return;
	}
	element = reading->open[--reading->depth];
	if (reading->text.size > 0) {
		element->value = arena_copy(reading->arena, buffer_text(&reading->text));
	}
	if (reading->text.failed || !element->value.data) {
		fail(reading, ERROR_NO_MEMORY, "out of memory");
	}
	buffer_clear(&reading->text);
}

static void XMLCALL on_text(void *context, const XML_Char *data, int size)
{
	struct xml_tree *reading = context;

	buffer_append(&reading->text, (struct text){.data = data, .size = (size_t)size});
}

static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
	const XML_Char *public_id, int has_internal_subset)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_internal_subset;
	fail(context, ERROR_INVALID, "a document type declaration is refused");
}

static int parse(struct xml_tree *reading, struct text xml, struct error *err)
{
	XML_SetUserData(reading->parser, reading);
	XML_SetElementHandler(reading->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reading->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reading->parser, on_doctype);
	if (XML_Parse(reading->parser, xml.data, (int)xml.size, XML_TRUE) != XML_STATUS_OK) {
		fail(reading, ERROR_INVALID, XML_ErrorString(XML_GetErrorCode(reading->parser)));
	}
	if (reading->failure.code != ERROR_NONE && err) {
		*err = reading->failure;
	}
	return reading->failure.code == ERROR_NONE ? 0 : -1;
}

int tree_read_xml(struct tree **ret_tree, struct text xml, struct arena *arena, struct error *err)
{
	struct xml_tree reading = {.arena = arena};
	int result;

	if (xml.size > TREE_BYTES_MAX) {
		return error_set(err, ERROR_TOO_LARGE, "the document is larger than %zu MiB",
			TREE_BYTES_MAX >> 20);
	}
	reading.parser = XML_ParserCreate(NULL);
	if (!reading.parser) {
		return error_no_memory(err);
	}
	buffer_init(&reading.text, TREE_BYTES_MAX);
	result = parse(&reading, xml, err);
	buffer_deinit(&reading.text);
	XML_ParserFree(reading.parser);
	if (result == 0) {
		*ret_tree = reading.root;
	}
	return result;
}
