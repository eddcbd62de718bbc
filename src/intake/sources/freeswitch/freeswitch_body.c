/* SPDX-License-Identifier: MIT
 * Six codings, told apart by the first bytes. Source: mod_json_cdr.c and mod_xml_cdr.c: a body is
 * plain, or `cdr=` and the document URL-encoded or in base64; files of err-log-dir lack the `cdr=`.
 */
#include "intake/sources/freeswitch/freeswitch_body.h"

#include "intake/sources/document/form.h"
#include "intake/sources/repair.h"
#include "intake/sources/source.h"

static const char prefix[] = "cdr=";

static bool is_document(struct text text)
{
	return text.size > 0 && (text.data[0] == '{' || text.data[0] == '<');
}

static bool is_encoded(struct text text)
{
	int byte = text.size > 0 && text.data[0] == '%' ? text_percent_byte(text) : -1;

	return byte == '{' || byte == '<';
}

static struct text strip(struct text body)
{
	body = source_skip_blank(body);
	if (text_starts_with(body, text_of(prefix))) {
		body = source_skip_blank(text_tail(body, sizeof(prefix) - 1));
	}
	return body;
}

/* The document in @body; data NULL: there is none, or no memory. */
static struct text unwrap(struct text body, struct arena *arena)
{
	struct text inner;

	body = strip(body);
	if (is_encoded(body)) {
		body = arena_decode(arena, body, true);
	} else if (!is_document(body) && form_decode_base64(arena, body, &inner)) {
		body = source_skip_blank(inner);
	}
	return is_document(body) ? body : (struct text){0};
}

/* ---- values ---- */

/* What the modules' encoder leaves as it is. */
static bool is_safe(char byte)
{
	return byte > ' ' && byte <= '~' && !memchr("\"#%&+:;<=>?@[\\]^`{|}", byte, 20);
}

/* Whether @value may come out of the encoder; *@ret_codes counts its `%HH`. */
static bool may_be_encoded(struct text value, size_t *ret_codes)
{
	while (value.size > 0) {
		bool code = value.data[0] == '%' && text_percent_byte(value) >= 0;

		if (!code && !is_safe(value.data[0])) {
			return false;
		}
		*ret_codes += code;
		value = text_tail(value, code ? 3 : 1);
	}
	return true;
}

static bool values_are_encoded(const struct tree *root)
{
	const struct tree *variables = tree_member(root, "variables");
	size_t codes = 0;

	for (const struct tree *tree = variables ? variables->first : NULL; tree;
		tree = tree->next) {
		if (!may_be_encoded(tree_text(tree), &codes)) {
			return false;
		}
	}
	return codes > 0;
}

static int decode_values(struct tree *root, struct arena *arena, struct error *err)
{
	struct tree *tree = root;
	struct tree *above[64]; /* as many as a tree has levels */
	size_t depth = 0;

	while (tree) {
		if (tree->value.size > 0 && tree->kind != TREE_NUMBER) {
			tree->value = arena_decode(arena, tree->value, false);
			if (!tree->value.data) {
				return error_no_memory(err);
			}
		}
		if (tree->first && depth < sizeof(above) / sizeof(above[0])) {
			above[depth++] = tree;
			tree = tree->first;
			continue;
		}
		while (!tree->next && depth > 0) {
			tree = above[--depth];
		}
		tree = tree->next;
	}
	return 0;
}

int freeswitch_body_read(
	struct tree **ret_tree, struct text body, struct arena *arena, struct error *err)
{
	struct text document = unwrap(body, arena);
	struct tree *tree;

	if (!document.data) {
		return error_set(err, ERROR_INVALID,
			"the body is not a call detail record of FreeSWITCH: neither JSON nor "
			"XML, as it is, URL-encoded or in base64");
	}
	document = repair_utf8(arena, document);
	if (!document.data) {
		return error_no_memory(err);
	}
	if ((document.data[0] == '{' ? tree_read_json(&tree, document, arena, err)
				     : tree_read_xml(&tree, document, arena, err)) < 0) {
		return -1;
	}
	if (values_are_encoded(tree) && decode_values(tree, arena, err) < 0) {
		return -1;
	}
	*ret_tree = tree;
	return 0;
}

/* ---- files ---- */

static bool has(struct text text, const char *what)
{
	return text.size > 0 && memmem(text.data, text.size, what, strlen(what)) != NULL;
}

bool freeswitch_body_looks_like(struct text beginning)
{
	AUTO(arena_deinit) struct arena arena;
	struct text body = text_head(beginning, beginning.size < 4096 ? beginning.size : 4096);

	arena_init(&arena, 64 << 10);
	/* A beginning may end within four digits of base64. */
	if (!is_document(strip(body)) && !is_encoded(strip(body))) {
		body = strip(body);
		body.size -= body.size % 4;
	}
	body = unwrap(body, &arena);
	if (!body.data) {
		return false;
	}
	return body.data[0] == '<' ? has(body, "<cdr")
				   : source_has_members(body, "core-uuid", NULL) ||
					     source_has_members(body, "callflow", "variables");
}
