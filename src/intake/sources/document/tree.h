/* SPDX-License-Identifier: MIT
 * A document of another system, whole and in memory: JSON, XML or form fields, as one tree.
 *
 * It is read as forgivingly as can be done without guessing: a name may come twice, bytes that are
 * not UTF-8 become U+FFFD. What a tree takes is bounded: TREE_BYTES_MAX of text, TREE_NODES_MAX
 * values, JSON_DEPTH_MAX levels. */
#ifndef INTAKE_SOURCES_DOCUMENT_TREE_H
#define INTAKE_SOURCES_DOCUMENT_TREE_H

#include "base/arena.h"

#define TREE_BYTES_MAX ((size_t)2 << 20)
#define TREE_NODES_MAX ((size_t)100000)
/* What an arena needs that such a tree is read into. */
#define TREE_ARENA_BYTES_MAX (20 * TREE_BYTES_MAX)

enum tree_kind {
	TREE_NULL,
	TREE_FALSE,
	TREE_TRUE,
	TREE_NUMBER,
	TREE_STRING,
	TREE_ARRAY,
	TREE_OBJECT,
};

struct tree {
	enum tree_kind kind;
	struct text name;   /* of a member or an element; empty elsewhere */
	struct text value;  /* of a string, unescaped; of a number, as written; of an element */
	struct text source; /* the JSON that it was read from; empty where it was not JSON */
	struct tree *first; /* of an array or object, in their order; NULL: it is empty */
	struct tree *last;
	struct tree *next; /* behind it in the same */
};

/* Reads one JSON value. Texts point into @json, which must be UTF-8 and stay, or @arena.
 * ERROR_INVALID with line and column; ERROR_TOO_LARGE. */
int tree_read_json(struct tree **ret_tree, struct text json, struct arena *arena,
	struct error *err) CHECK_RESULT;

/* Reads an XML document. An element is an object of its attributes and then its children; one that
 * has neither is a string. Document type declarations are refused. Errors as above. */
int tree_read_xml(struct tree **ret_tree, struct text xml, struct arena *arena,
	struct error *err) CHECK_RESULT;

/* Reads `name=value&…`, URL-encoded, as an object of strings. ERROR_INVALID; ERROR_TOO_LARGE. */
int tree_read_form(struct tree **ret_tree, struct text form, struct arena *arena,
	struct error *err) CHECK_RESULT;

/* A new value at the end of @parent, NULL for a root. NULL: @arena is full, or there are too many;
 * @nodes counts them. */
struct tree *tree_add(struct tree *parent, enum tree_kind kind, struct text name,
	struct arena *arena, size_t *nodes) CHECK_RESULT;

/* The first member of @tree of that name; NULL: there is none, or @tree, which may be NULL, is not
 * an object. */
const struct tree *tree_member(const struct tree *tree, const char *name);

/* What @pointer (RFC 6901: empty, or `/` before each name or index) leads to; NULL: nothing. */
const struct tree *tree_at(const struct tree *tree, struct text pointer);

/* The text of a string, a number or an element without children; `true`, `false` of these; empty
 * for anything else, and for NULL. */
struct text tree_text(const struct tree *tree);

/* tree_text() of a member. */
struct text tree_member_text(const struct tree *tree, const char *name);

#endif
