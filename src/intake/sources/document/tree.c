/* SPDX-License-Identifier: MIT
 * Reading JSON into a tree, and finding things in it. */
#include "intake/sources/document/tree.h"

#include "json/json_reader.h"

struct tree *tree_add(struct tree *parent, enum tree_kind kind, struct text name,
	struct arena *arena, size_t *nodes)
{
	struct tree *tree =
		++*nodes <= TREE_NODES_MAX ? arena_calloc(arena, 1, sizeof(*tree)) : NULL;

	if (!tree) {
		return NULL;
	}
	tree->kind = kind;
	tree->name = name;
	if (parent && parent->last) {
		parent->last->next = tree;
	} else if (parent) {
		parent->first = tree;
	}
	if (parent) {
		parent->last = tree;
	}
	return tree;
}

/* ---- JSON ---- */

struct json_tree {
	struct json_reader reader;
	struct arena *arena;
	size_t nodes;
	struct tree *open[JSON_DEPTH_MAX]; /* the arrays and objects that are */
	size_t depth;
	struct text name; /* of the member whose value comes next */
	struct tree *root;
};

static const enum tree_kind kinds[] = {
	[JSON_OBJECT] = TREE_OBJECT,
	[JSON_ARRAY] = TREE_ARRAY,
	[JSON_STRING] = TREE_STRING,
	[JSON_NUMBER] = TREE_NUMBER,
	[JSON_TRUE] = TREE_TRUE,
	[JSON_FALSE] = TREE_FALSE,
	[JSON_NULL] = TREE_NULL,
};

static int too_many(const struct json_tree *reading, struct error *err)
{
	return reading->nodes > TREE_NODES_MAX
		       ? error_set(err, ERROR_TOO_LARGE, "the document has more than %zu values",
				 TREE_NODES_MAX)
		       : error_no_memory(err);
}

static void end_value(struct json_tree *reading, struct tree *tree)
{
	size_t start = (size_t)(tree->source.data - reading->reader.input.data);

	tree->source.size = reading->reader.at - start;
}

static int add_value(struct json_tree *reading, const struct json_token *token, struct error *err)
{
	struct tree *parent = reading->depth > 0 ? reading->open[reading->depth - 1] : NULL;
	struct tree *tree = tree_add(
		parent, kinds[token->kind], reading->name, reading->arena, &reading->nodes);

	if (!tree) {
		return too_many(reading, err);
	}
	reading->name = TEXT("");
	reading->root = reading->root ? reading->root : tree;
	tree->source.data = reading->reader.input.data + reading->reader.token_at;
	if (token->kind == JSON_OBJECT || token->kind == JSON_ARRAY) {
		reading->open[reading->depth++] = tree;
		return 0;
	}
	end_value(reading, tree);
	tree->value = token->kind == JSON_STRING   ? json_token_string(token, reading->arena)
		      : token->kind == JSON_NUMBER ? token->raw
						   : TEXT("");
	return tree->value.data ? 0 : error_no_memory(err);
}

static int take_token(struct json_tree *reading, const struct json_token *token, struct error *err)
{
	switch (token->kind) {
	case JSON_NAME:
		reading->name = json_token_string(token, reading->arena);
		return reading->name.data ? 0 : error_no_memory(err);
	case JSON_OBJECT_END:
	case JSON_ARRAY_END:
		end_value(reading, reading->open[--reading->depth]);
		return 0;
	default:
		return add_value(reading, token, err);
	}
}

int tree_read_json(struct tree **ret_tree, struct text json, struct arena *arena, struct error *err)
{
	struct json_tree reading = {.arena = arena, .name = TEXT("")};
	struct json_token token;
	int more;

	if (json.size > TREE_BYTES_MAX) {
		return error_set(err, ERROR_TOO_LARGE, "the document is larger than %zu MiB",
			TREE_BYTES_MAX >> 20);
	}
	json_reader_init(&reading.reader, json, (struct json_position){1, 1});
	while ((more = json_reader_next(&reading.reader, &token, err)) > 0) {
		if (take_token(&reading, &token, err) < 0) {
			return -1;
		}
	}
	if (more == 0) {
		*ret_tree = reading.root;
	}
	return more;
}

/* ---- finding ---- */

static const struct tree *member(const struct tree *tree, struct text name)
{
	const struct tree *child = tree && tree->kind == TREE_OBJECT ? tree->first : NULL;

	while (child && !text_equal(child->name, name)) {
		child = child->next;
	}
	return child;
}

const struct tree *tree_member(const struct tree *tree, const char *name)
{
	return member(tree, text_of(name));
}

static const struct tree *entry(const struct tree *tree, struct text digits)
{
	const struct tree *child = tree->first;
	int64_t index;

	if (!text_to_int64(digits, &index)) {
		return NULL;
	}
	while (child && index-- > 0) {
		child = child->next;
	}
	return child;
}

/* Whether @part, in which `~1` is a slash and `~0` a tilde, is @name. */
static bool is_name(struct text part, struct text name)
{
	size_t at = 0;

	for (size_t i = 0; i < part.size; i++, at++) {
		char byte = part.data[i];

		if (byte == '~' && i + 1 < part.size) {
			byte = part.data[++i] == '1' ? '/' : '~';
		}
		if (at >= name.size || name.data[at] != byte) {
			return false;
		}
	}
	return at == name.size;
}

const struct tree *tree_at(const struct tree *tree, struct text pointer)
{
	struct text part;

	if (pointer.size == 0) {
		return tree;
	}
	if (!text_take_byte(&pointer, '/')) {
		return NULL;
	}
	while (tree && text_split(&pointer, '/', &part)) {
		if (tree->kind == TREE_ARRAY) {
			tree = entry(tree, part);
			continue;
		}
		tree = tree->kind == TREE_OBJECT ? tree->first : NULL;
		while (tree && !is_name(part, tree->name)) {
			tree = tree->next;
		}
	}
	return tree;
}

struct text tree_text(const struct tree *tree)
{
	if (!tree) {
		return TEXT("");
	}
	switch (tree->kind) {
	case TREE_TRUE:
		return TEXT("true");
	case TREE_FALSE:
		return TEXT("false");
	case TREE_STRING:
	case TREE_NUMBER:
		return tree->value;
	case TREE_OBJECT:
		return tree->value.data ? tree->value : TEXT("");
	default:
		return TEXT("");
	}
}

struct text tree_member_text(const struct tree *tree, const char *name)
{
	return tree_text(tree_member(tree, name));
}
