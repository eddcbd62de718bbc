/* SPDX-License-Identifier: MIT
 * The reader: a state that says what may come next, and a function for each kind of token. */
#include "json/json_reader.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "json/json_escape.h"

/* skip()'s own arena, for objects of many names in what it passes over. */
#define SKIP_ARENA_MAX ((size_t)1 << 30)

enum expect {
	EXPECT_VALUE,
	EXPECT_VALUE_OR_END, /* just behind `[` */
	EXPECT_NAME_OR_END,  /* just behind `{` */
	EXPECT_COMMA_OR_END, /* behind an entry or a member */
	EXPECT_NOTHING,
};

void json_stretch_look(struct json_stretch *stretch, struct text input, size_t at)
{
	const char *data = input.data + at;
	char last[JSON_STRETCH_BYTES];
	uint64_t special = 0, high = 0;

	if (input.size - at < JSON_STRETCH_BYTES) {
		memset(last, 0, sizeof(last));
		memcpy(last, data, input.size - at);
		data = last;
	}
	for (size_t i = 0; i < JSON_STRETCH_BYTES; i += JSON_BLOCK_BYTES) {
		uint32_t high_here;

		special |= (uint64_t)json_block_look(data + i, &high_here) << i;
		high |= (uint64_t)high_here << i;
	}
	*stretch = (struct json_stretch){.at = at, .special = special, .high = high};
}

void json_reader_init(struct json_reader *reader, struct text input, struct json_position start)
{
	*reader = (struct json_reader){
		.input = input.data ? input : TEXT(""), .start = start, .expect = EXPECT_VALUE};
	json_stretch_look(&reader->stretch, reader->input, 0);
}

void json_reader_check_names(
	struct json_reader *reader, struct json_names *names, struct arena *arena)
{
	json_names_init(names, arena);
	reader->names = names;
}

/* ---- where and what ---- */

static struct json_position position_of(const struct json_reader *reader, size_t offset)
{
	struct json_position position = reader->start;
	struct text before = text_head(reader->input, offset);
	struct text line;

	if (offset == 0) {
		return position;
	}
	while (text_split(&before, '\n', &line)) {
		if (!before.data) {
			break;
		}
		position.line++;
		position.column = 1;
	}
	position.column += line.size;
	return position;
}

static int fail(const struct json_reader *reader, enum error_code code, size_t offset,
	struct error *err, const char *message)
{
	struct json_position position = position_of(reader, offset);

	return error_set(err, code, "line %llu, column %llu: %s", (unsigned long long)position.line,
		(unsigned long long)position.column, message);
}

int json_reader_error_at(const struct json_reader *reader, size_t token_at, struct error *err,
	const char *format, ...)
{
	char message[sizeof(err->message)];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return fail(reader, ERROR_INVALID, token_at, err, message);
}

static bool starts_with_bom(struct text text)
{
	return text_starts_with(text, TEXT("\xef\xbb\xbf"));
}

__attribute__((cold)) static int unexpected(
	const struct json_reader *reader, struct error *err, const char *expected)
{
	struct text rest = text_tail(reader->input, reader->at);
	unsigned char byte;

	if (rest.size == 0) {
		return json_reader_error_at(
			reader, reader->at, err, "the input ends where %s is expected", expected);
	}
	byte = (unsigned char)rest.data[0];
	if (starts_with_bom(rest)) {
		return json_reader_error_at(
			reader, reader->at, err, "a byte order mark is not JSON, leave it out");
	}
	if (byte > 0x20 && byte < 0x7f) {
		return json_reader_error_at(
			reader, reader->at, err, "%s is expected, not '%c'", expected, byte);
	}
	return json_reader_error_at(
		reader, reader->at, err, "%s is expected, not byte 0x%02x", expected, byte);
}

__attribute__((cold)) static int unexpected_in_container(
	const struct json_reader *reader, struct error *err)
{
	return unexpected(reader, err, reader->is_object & 1 ? "',' or '}'" : "',' or ']'");
}

/* ---- strings ---- */

static bool is_unicode_escape(struct text text)
{
	if (text.size < 6 || text.data[1] != 'u') {
		return false;
	}
	for (size_t i = 2; i < 6; i++) {
		if (text_hex_digit(text.data[i]) < 0) {
			return false;
		}
	}
	return true;
}

__attribute__((cold)) static int bad_in_string(
	const struct json_reader *reader, size_t at, struct error *err)
{
	struct text rest = text_tail(reader->input, at);

	if (rest.size == 0) {
		return fail(reader, ERROR_INVALID, reader->token_at, err, "the string has no end");
	}
	if (rest.data[0] != '\\') {
		return json_reader_error_at(reader, at, err,
			"raw control character 0x%02x in a string, write it as \\u%04x",
			rest.data[0], rest.data[0]);
	}
	if (is_unicode_escape(rest)) {
		return json_reader_error_at(reader, at, err,
			"\\u%.4s is half of a surrogate pair without the other half",
			rest.data + 2);
	}
	return fail(reader, ERROR_INVALID, at, err,
		"a backslash that does not begin an escape of JSON");
}

__attribute__((cold)) static int bad_utf8(
	const struct json_reader *reader, size_t at, struct error *err)
{
	return json_reader_error_at(reader, at, err, "byte 0x%02x is not UTF-8 here",
		(unsigned char)reader->input.data[at]);
}

/* Whether the escape with this letter is how json_escape_write() writes its character. `\/` never
 * is; of those with a `u` some are, which is not looked at. */
static bool is_short_escape(char letter)
{
	return letter != 'u' && letter != '/';
}

/* Goes on from *@at, where a string's first plain bytes end, to its closing quote. */
__attribute__((noinline)) static int pass_escapes(
	struct json_reader *reader, size_t *at, uint64_t *high, struct error *err)
{
	struct text input = reader->input;

	while (*at == input.size || input.data[*at] != '"') {
		uint32_t code;
		size_t taken = json_escape_read(text_tail(input, *at), &code);

		if (taken == 0) {
			return bad_in_string(reader, *at, err);
		}
		reader->rewrites += !is_short_escape(input.data[*at + 1]);
		*at += taken;
		*at = json_stretch_find(&reader->stretch, input, *at, high);
	}
	return 0;
}

/* Inline, as are the other parts of a member: most of a document is members with strings. */
static inline int read_string(
	struct json_reader *reader, struct json_token *ret_token, struct error *err)
{
	struct text input = reader->input;
	size_t begin = reader->at + 1;
	uint64_t high = 0;
	size_t at = json_stretch_find(&reader->stretch, input, begin, &high);
	size_t bad;

	ret_token->escaped = at == input.size || input.data[at] != '"';
	if (ret_token->escaped && pass_escapes(reader, &at, &high, err) < 0) {
		return -1;
	}
	ret_token->raw = (struct text){.data = input.data + begin, .size = at - begin};
	if (high && !text_utf8_valid(ret_token->raw, &bad)) {
		return bad_utf8(reader, begin + bad, err);
	}
	reader->at = at + 1;
	return 1;
}

/* ---- numbers and words ---- */

static size_t pass_digits(struct text input, size_t at)
{
	while (text_digit_at(input, at)) {
		at++;
	}
	return at;
}

/* Behind the number at @at; what is wrong goes to *@ret_problem, and the place where is returned.
 */
static size_t pass_number(struct text input, size_t at, const char **ret_problem)
{
	at += input.data[at] == '-';
	if (!text_digit_at(input, at)) {
		*ret_problem = "a digit is expected in the number";
		return at;
	}
	if (input.data[at] == '0' && text_digit_at(input, at + 1)) {
		*ret_problem = "a number has no leading zeros";
		return at;
	}
	at = pass_digits(input, at);
	if (at < input.size && input.data[at] == '.') {
		at++;
		if (!text_digit_at(input, at)) {
			*ret_problem = "a digit is expected behind the number's point";
			return at;
		}
		at = pass_digits(input, at);
	}
	if (at < input.size && (input.data[at] | 0x20) == 'e') {
		at++;
		at += at < input.size && (input.data[at] == '+' || input.data[at] == '-');
		if (!text_digit_at(input, at)) {
			*ret_problem = "a digit is expected in the number's exponent";
			return at;
		}
		at = pass_digits(input, at);
	}
	return at;
}

static int read_number(struct json_reader *reader, struct json_token *ret_token, struct error *err)
{
	const char *problem = NULL;
	size_t end = pass_number(reader->input, reader->at, &problem);

	if (problem) {
		return fail(reader, ERROR_INVALID, end, err, problem);
	}
	ret_token->kind = JSON_NUMBER;
	ret_token->raw = text_head(text_tail(reader->input, reader->at), end - reader->at);
	reader->at = end;
	return 1;
}

static int read_word(struct json_reader *reader, struct json_token *ret_token, struct error *err)
{
	static const struct {
		struct text word;
		enum json_kind kind;
	} words[] = {
		{{"true", 4}, JSON_TRUE},
		{{"false", 5}, JSON_FALSE},
		{{"null", 4}, JSON_NULL},
	};
	struct text rest = text_tail(reader->input, reader->at);

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (text_starts_with(rest, words[i].word)) {
			ret_token->kind = words[i].kind;
			ret_token->raw = text_head(rest, words[i].word.size);
			reader->at += words[i].word.size;
			return 1;
		}
	}
	return unexpected(reader, err, "a value");
}

/* ---- structure ---- */

static int open_container(
	struct json_reader *reader, struct json_token *ret_token, bool is_object, struct error *err)
{
	if (reader->depth == JSON_DEPTH_MAX) {
		return fail(
			reader, ERROR_TOO_LARGE, reader->at, err, "nested deeper than 64 levels");
	}
	if (is_object && reader->names) {
		json_names_open(reader->names);
	}
	reader->depth++;
	reader->is_object = reader->is_object << 1 | is_object;
	reader->expect = is_object ? EXPECT_NAME_OR_END : EXPECT_VALUE_OR_END;
	reader->at++;
	ret_token->kind = is_object ? JSON_OBJECT : JSON_ARRAY;
	return 1;
}

__attribute__((cold)) static int names_failed(const struct json_reader *reader, size_t at,
	enum json_names_result result, struct error *err)
{
	if (result == JSON_NAMES_NO_MEMORY) {
		return error_no_memory(err);
	}
	return fail(
		reader, ERROR_INVALID, at, err, "a member of this name is in the object already");
}

/* Where @name begins when it points into the input (an escaped one does not); @otherwise if not. */
static size_t place_of_name(const struct json_reader *reader, struct text name, size_t otherwise)
{
	uintptr_t begin = (uintptr_t)reader->input.data;
	uintptr_t at = (uintptr_t)name.data;

	return at > begin && at <= begin + reader->input.size ? at - begin - 1 : otherwise;
}

static int close_container(
	struct json_reader *reader, struct json_token *ret_token, struct error *err)
{
	bool is_object = reader->is_object & 1;
	struct text doubled;

	if (is_object && reader->names) {
		enum json_names_result result = json_names_close(reader->names, &doubled);

		if (result != JSON_NAMES_UNIQUE) {
			return names_failed(
				reader, place_of_name(reader, doubled, reader->at), result, err);
		}
	}
	ret_token->kind = is_object ? JSON_OBJECT_END : JSON_ARRAY_END;
	reader->depth--;
	reader->is_object >>= 1;
	reader->expect = reader->depth ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
	reader->at++;
	return 1;
}

static inline bool is_space(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* The next byte that is not white space; NUL, which JSON never holds, at the end. */
static inline char next_byte(struct json_reader *reader)
{
	const char *data = reader->input.data;
	size_t size = reader->input.size;
	size_t at = reader->at;

	if (at < size && is_space(data[at])) {
		reader->rewrites++;
		while (at < size && is_space(data[at])) {
			at++;
		}
		reader->at = at;
	}
	return at < size ? data[at] : '\0';
}

static inline int add_name(
	struct json_reader *reader, const struct json_token *token, struct error *err)
{
	struct text name = json_token_string(token, reader->names->arena);
	enum json_names_result result =
		name.data ? json_names_add(reader->names, name) : JSON_NAMES_NO_MEMORY;

	return result == JSON_NAMES_UNIQUE ? 1
					   : names_failed(reader, reader->token_at, result, err);
}

static inline int read_name(
	struct json_reader *reader, struct json_token *ret_token, struct error *err)
{
	reader->token_at = reader->at;
	if (read_string(reader, ret_token, err) < 0) {
		return -1;
	}
	ret_token->kind = JSON_NAME;
	if (reader->names && add_name(reader, ret_token, err) < 0) {
		return -1;
	}
	if (next_byte(reader) != ':') {
		return unexpected(reader, err, "':'");
	}
	reader->at++;
	reader->expect = EXPECT_VALUE;
	return 1;
}

static inline int read_value(
	struct json_reader *reader, struct json_token *ret_token, char byte, struct error *err)
{
	reader->token_at = reader->at;
	if (byte == '{' || byte == '[') {
		return open_container(reader, ret_token, byte == '{', err);
	}
	reader->expect = reader->depth ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
	if (byte == '"') {
		ret_token->kind = JSON_STRING;
		return read_string(reader, ret_token, err);
	}
	ret_token->escaped = false;
	if (byte == '-' || text_is_digit(byte)) {
		return read_number(reader, ret_token, err);
	}
	return read_word(reader, ret_token, err);
}

enum next {
	NEXT_FAILED = -1,
	NEXT_END,
	NEXT_NAME,
	NEXT_VALUE,
};

/* Passes over a comma that is due, up to *@ret_byte, which what comes next begins with. */
static inline enum next find_next(struct json_reader *reader, char *ret_byte, struct error *err)
{
	*ret_byte = next_byte(reader);
	if (reader->expect == EXPECT_COMMA_OR_END && *ret_byte == ',') {
		reader->at++;
		*ret_byte = next_byte(reader);
		if (!(reader->is_object & 1)) {
			return NEXT_VALUE;
		}
		if (*ret_byte != '"') {
			unexpected(reader, err, "a member's name in quotes");
			return NEXT_FAILED;
		}
		return NEXT_NAME;
	}
	if (reader->expect == EXPECT_NAME_OR_END && *ret_byte == '"') {
		return NEXT_NAME;
	}
	if (reader->expect == EXPECT_VALUE ||
		(reader->expect == EXPECT_VALUE_OR_END && *ret_byte != ']')) {
		return NEXT_VALUE;
	}
	return NEXT_END;
}

/* Neither a name nor a value follows, but @byte. */
static int read_end(
	struct json_reader *reader, struct json_token *ret_token, char byte, struct error *err)
{
	if (reader->expect == EXPECT_NAME_OR_END && byte != '}') {
		return unexpected(reader, err, "a member's name in quotes or '}'");
	}
	if (reader->expect != EXPECT_NOTHING) {
		if (byte != (reader->is_object & 1 ? '}' : ']')) {
			return unexpected_in_container(reader, err);
		}
		reader->token_at = reader->at;
		return close_container(reader, ret_token, err);
	}
	reader->token_at = reader->at;
	if (reader->at < reader->input.size) {
		return unexpected(reader, err, "nothing more");
	}
	ret_token->kind = JSON_END;
	return 0;
}

int json_reader_next(struct json_reader *reader, struct json_token *ret_token, struct error *err)
{
	char byte;

	switch (find_next(reader, &byte, err)) {
	case NEXT_NAME:
		return read_name(reader, ret_token, err);
	case NEXT_VALUE:
		return read_value(reader, ret_token, byte, err);
	case NEXT_END:
		return read_end(reader, ret_token, byte, err);
	default:
		return -1;
	}
}

int json_reader_next_member(struct json_reader *reader, struct json_token *ret_name,
	struct json_token *ret_value, struct error *err)
{
	char byte;

	assert(reader->is_object & 1);
	switch (find_next(reader, &byte, err)) {
	case NEXT_NAME:
		if (read_name(reader, ret_name, err) < 0) {
			return -1;
		}
		return read_value(reader, ret_value, next_byte(reader), err);
	case NEXT_END:
		return read_end(reader, ret_name, byte, err) < 0 ? -1 : 0;
	default:
		return -1;
	}
}

/* In an object member by member, which is faster than token by token. */
static int skip_to_depth(struct json_reader *reader, uint32_t depth, struct error *err)
{
	struct json_token name, value;

	while (reader->depth > depth) {
		int result = reader->is_object & 1
				     ? json_reader_next_member(reader, &name, &value, err)
				     : json_reader_next(reader, &value, err);

		if (result < 0) {
			return -1;
		}
	}
	return 0;
}

int json_reader_skip(struct json_reader *reader, const struct json_token *token, struct error *err)
{
	AUTO(arena_deinit) struct arena arena = {0};
	struct json_names names;
	int result;

	if (token->kind != JSON_OBJECT && token->kind != JSON_ARRAY) {
		return 0;
	}
	if (reader->names) {
		return skip_to_depth(reader, reader->depth - 1, err);
	}
	arena_init(&arena, SKIP_ARENA_MAX);
	json_reader_check_names(reader, &names, &arena);
	if (token->kind == JSON_OBJECT) {
		json_names_open(&names);
	}
	result = skip_to_depth(reader, reader->depth - 1, err);
	reader->names = NULL;
	return result;
}

/* ---- tokens ---- */

/* Puts the next character of @rest, a token's raw text, into @out. */
static size_t unescape(struct text *rest, char out[4])
{
	uint32_t code;
	size_t taken = json_escape_read(*rest, &code);

	if (taken == 0) {
		out[0] = rest->data[0];
		*rest = text_tail(*rest, 1);
		return 1;
	}
	*rest = text_tail(*rest, taken);
	return json_utf8_write(code, out);
}

struct text json_token_unescape(const struct json_token *token, struct arena *arena)
{
	struct text rest = token->raw;
	size_t size = 0;
	char *string;

	string = arena_alloc(arena, rest.size);
	if (!string) {
		return (struct text){0};
	}
	while (rest.size > 0) {
		size += unescape(&rest, string + size);
	}
	return (struct text){.data = string, .size = size};
}

bool json_token_unescapes_to(const struct json_token *token, struct text string)
{
	struct text rest = token->raw;
	struct text expected = string;
	char bytes[4];

	while (rest.size > 0) {
		struct text character = {.data = bytes, .size = unescape(&rest, bytes)};

		if (!text_starts_with(expected, character)) {
			return false;
		}
		expected = text_tail(expected, character.size);
	}
	return expected.size == 0;
}
