/* SPDX-License-Identifier: MIT
 * Base64, and fields of a form as a tree. */
#include "intake/sources/document/form.h"

#include "intake/sources/document/tree.h"
#include "intake/sources/repair.h"

static int base64_digit(char byte)
{
	if (byte >= 'A' && byte <= 'Z') {
		return byte - 'A';
	}
	if (byte >= 'a' && byte <= 'z') {
		return byte - 'a' + 26;
	}
	if (text_is_digit(byte)) {
		return byte - '0' + 52;
	}
	return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

bool form_decode_base64(struct arena *arena, struct text text, struct text *ret_bytes)
{
	char *out = arena_alloc(arena, text.size / 4 * 3 + 4);
	unsigned int bits = 0, held = 0;
	size_t size = 0, digits = 0;
	bool padded = false;

	for (size_t i = 0; out && i < text.size; i++) {
		int digit = base64_digit(text.data[i]);

		if (text.data[i] == '\r' || text.data[i] == '\n') {
			continue;
		}
		padded |= text.data[i] == '=';
		if (padded) {
			if (text.data[i] != '=') {
				return false;
			}
			continue;
		}
		if (digit < 0) {
			return false;
		}
		digits++;
		bits = (bits << 6 | (unsigned int)digit) & 0xffffff;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[size++] = (char)(bits >> held & 0xff);
		}
	}
	if (!out || digits % 4 == 1) {
		return false;
	}
	*ret_bytes = (struct text){.data = out, .size = size};
	return true;
}

static int add_field(
	struct tree *root, struct text field, struct arena *arena, size_t *nodes, struct error *err)
{
	struct text value = field, name = TEXT("");
	struct tree *tree;

	text_split(&value, '=', &name);
	name = arena_decode(arena, name, true);
	value = arena_decode(arena, value, true);
	name = name.data ? repair_utf8(arena, name) : name;
	value = value.data ? repair_utf8(arena, value) : value;
	tree = name.data && value.data ? tree_add(root, TREE_STRING, name, arena, nodes) : NULL;
	if (!tree) {
		return *nodes > TREE_NODES_MAX
			       ? error_set(err, ERROR_TOO_LARGE,
					 "the form has more than %zu fields", TREE_NODES_MAX)
			       : error_no_memory(err);
	}
	tree->value = value;
	return 0;
}

int tree_read_form(struct tree **ret_tree, struct text form, struct arena *arena, struct error *err)
{
	struct text field;
	size_t nodes = 0;
	struct tree *root = tree_add(NULL, TREE_OBJECT, TEXT(""), arena, &nodes);

	if (form.size > TREE_BYTES_MAX) {
		return error_set(err, ERROR_TOO_LARGE, "the form is larger than %zu MiB",
			TREE_BYTES_MAX >> 20);
	}
	if (!root) {
		return error_no_memory(err);
	}
	while (text_split(&form, '&', &field)) {
		if (field.size > 0 && add_field(root, field, arena, &nodes, err) < 0) {
			return -1;
		}
	}
	*ret_tree = root;
	return 0;
}
