/* SPDX-License-Identifier: MIT
 * Reads JSON token by token: strictly RFC 8259 in valid UTF-8, member order and number text kept.
 */
#ifndef JSON_JSON_READER_H
#define JSON_JSON_READER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "json/json_block.h"
#include "json/json_names.h"

enum json_kind {
	JSON_END, /* the value is complete and nothing but white space follows */
	JSON_OBJECT,
	JSON_OBJECT_END,
	JSON_ARRAY,
	JSON_ARRAY_END,
	JSON_NAME, /* a member's name; its value is the next token */
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

struct json_token {
	enum json_kind kind;
	struct text raw; /* JSON_NAME, JSON_STRING: between the quotes, escapes as written;
			    JSON_NUMBER: as written. Points into the input. */
	bool escaped;	 /* raw holds a backslash */
};

/* Where the input stands in a larger one, for messages: both count from 1. */
struct json_position {
	uint64_t line;
	uint64_t column; /* bytes */
};

struct json_reader {
	struct text input;
	size_t at;	 /* behind the last token */
	size_t token_at; /* where the last token begins */
	struct json_stretch stretch;
	struct json_position start;
	struct json_names *names; /* NULL: doubled names are not looked for */
	size_t rewrites; /* what was read so far that is not written the shortest way: white space,
			    and strings with an escape that may not be needed */
	uint32_t depth;
	uint64_t is_object; /* a bit a level, the innermost lowest */
	int expect;	    /* what may come next; private to json_reader.c */
};

/* Reads the single JSON value that @input is. @start is where its first byte stands (1, 1 for a
 * whole document). @input must outlive the reader and its tokens. */
void json_reader_init(struct json_reader *reader, struct text input, struct json_position start);

/* Before the first token: from now on json_reader_next() fails with ERROR_INVALID when an object
 * has a name twice. It fails at the name, or at the end of an object of more than
 * JSON_NAMES_SEARCHED members. @names is uninitialised memory of the caller; more than it holds,
 * and names with escapes, go to @arena. */
void json_reader_check_names(
	struct json_reader *reader, struct json_names *names, struct arena *arena);

/* The next token. Returns 1 with a token, 0 at the end (JSON_END), negative when the input is not
 * JSON: ERROR_INVALID with "line 3, column 17: …", ERROR_TOO_LARGE when nested deeper than
 * JSON_DEPTH_MAX. */
int json_reader_next(
	struct json_reader *reader, struct json_token *ret_token, struct error *err) CHECK_RESULT;

/* The member of the open object that comes next, its name and the beginning of its value. Returns
 * 1, 0 at the object's end, negative as above. */
int json_reader_next_member(struct json_reader *reader, struct json_token *ret_name,
	struct json_token *ret_value, struct error *err) CHECK_RESULT;

/* Passes over the value that begins with @token, which was just read (doubled names inside it are
 * an error, with json_reader_check_names() or without). Returns 0; negative as above. */
int json_reader_skip(
	struct json_reader *reader, const struct json_token *token, struct error *err) CHECK_RESULT;

/* Sets "line L, column C: …" for a token whose token_at was kept; returns -1. */
int json_reader_error_at(const struct json_reader *reader, size_t token_at, struct error *err,
	const char *format, ...) FORMAT_PRINTF(4, 5);

/* The same for the last token. */
#define json_reader_error(reader, err, ...)                                                        \
	json_reader_error_at((reader), (reader)->token_at, (err), __VA_ARGS__)

/* The string that @token spells, escapes resolved: UTF-8, possibly with NUL bytes. Points into the
 * input where nothing is escaped, into @arena otherwise; data is NULL when the arena is full. */
struct text json_token_unescape(const struct json_token *token, struct arena *arena) CHECK_RESULT;
static inline struct text CHECK_RESULT json_token_string(
	const struct json_token *token, struct arena *arena)
{
	return token->escaped ? json_token_unescape(token, arena) : token->raw;
}

/* Whether @token, which is escaped, spells @string. */
bool json_token_unescapes_to(const struct json_token *token, struct text string);

/* Whether @token spells @string. Inline, so that the size of a literal is known where it is
 * compared. */
static inline bool json_token_is(const struct json_token *token, const char *string)
{
	return token->escaped ? json_token_unescapes_to(token, text_of(string))
			      : text_equal_string(token->raw, string);
}

#endif
