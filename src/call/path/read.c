/* SPDX-License-Identifier: MIT
 * Reading paths, from their front to their end. docs/paths.md has the grammar. */
#include "base/time_text.h"
#include "call/path/path.h"

#define A_PLACE "a place is expected, as in menu, menu/main_menu or class=error"

#define SHOWN_MAX ((size_t)40) /* bytes of a path in a message */

struct reading {
	struct text text;
	size_t at;
	struct arena *arena;
	struct path_filter path;
	bool begun;  /* an item was read */
	bool ended;  /* the last one was `end` */
	bool denied; /* the last one was `!…` */
	struct error *err;
};

static struct text rest_of(const struct reading *reading)
{
	return text_tail(reading->text, reading->at);
}

/* The byte that comes next; 0: the end, which a path has no byte of. */
static char next_byte(const struct reading *reading)
{
	return reading->at < reading->text.size ? reading->text.data[reading->at] : '\0';
}

static bool take(struct reading *reading, const char *what)
{
	bool there = text_starts_with(rest_of(reading), text_of(what));

	reading->at += there ? strlen(what) : 0;
	return there;
}

static void skip_blanks(struct reading *reading)
{
	while (next_byte(reading) == ' ' || next_byte(reading) == '\t') {
		reading->at++;
	}
}

static bool goes_on(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80; /* in a character of UTF-8 */
}

/* Says where the byte @at stands, counted in characters. */
static int fail_at(const struct reading *reading, size_t at)
{
	size_t character = 1;

	for (size_t i = 0; i < at; i++) {
		character += !goes_on(reading->text.data[i]);
	}
	return error_prefix(reading->err, "character %zu", character);
}

/* "character 8: … is expected, not 'x'". */
static int expected(const struct reading *reading, const char *what)
{
	struct text rest = rest_of(reading);

	if (rest.size > SHOWN_MAX) {
		rest.size = SHOWN_MAX;
		while (goes_on(rest.data[rest.size])) {
			rest.size--;
		}
	}
	if (rest.size == 0) {
		error_set(reading->err, ERROR_INVALID, "%s; the path ends here", what);
	} else {
		error_set(reading->err, ERROR_INVALID, "%s, not '%.*s'", what, TEXT_ARG(rest));
	}
	return fail_at(reading, reading->at);
}

static int refuse(const struct reading *reading, size_t at, const char *why)
{
	error_set(reading->err, ERROR_INVALID, "%s", why);
	return fail_at(reading, at);
}

/* ---- names and words ---- */

static bool is_bare(char byte)
{
	return (unsigned char)byte > ' ' && byte != 0x7f && !strchr("<>!/:,=\"*", byte);
}

static int copy_name(struct reading *reading, struct text name, struct text *ret_name)
{
	*ret_name = arena_copy(reading->arena, name);
	return ret_name->data ? 0 : error_no_memory(reading->err);
}

/* Takes what stands between two quotes, and these. */
static int take_quoted(struct reading *reading, struct text *ret_inside)
{
	struct text rest = text_tail(rest_of(reading), 1);
	const char *end = memchr(rest.data, '"', rest.size);

	if (!end) {
		return refuse(reading, reading->at, "a quote begins here and does not end");
	}
	*ret_inside = text_head(rest, (size_t)(end - rest.data));
	reading->at += ret_inside->size + 2;
	return 0;
}

static struct text take_bare(struct reading *reading)
{
	size_t from = reading->at;

	while (is_bare(next_byte(reading))) {
		reading->at++;
	}
	return text_head(text_tail(reading->text, from), reading->at - from);
}

/* A name, `"a name"`, or `*` for any. @what: what is expected. */
static int read_name(struct reading *reading, const char *what, struct text *ret_name)
{
	struct text name;

	if (take(reading, "*")) {
		if (is_bare(next_byte(reading)) || next_byte(reading) == '*') {
			return refuse(reading, reading->at - 1,
				"a * stands alone, for any name; a name with a * in it stands in "
				"double quotes");
		}
		*ret_name = (struct text){0};
		return 0;
	}
	if (next_byte(reading) == '"') {
		return take_quoted(reading, &name) < 0 ? -1 : copy_name(reading, name, ret_name);
	}
	if (!is_bare(next_byte(reading))) {
		return expected(reading, what);
	}
	name = take_bare(reading);
	if (next_byte(reading) == '*') {
		return refuse(reading, reading->at,
			"a * stands alone, for any name; a name with a * in it stands in double "
			"quotes");
	}
	return copy_name(reading, name, ret_name);
}

/* Takes a word, or a phrase in quotes, behind a colon. */
static int read_words(struct reading *reading, struct path_place *place)
{
	size_t from;
	struct words_query query;
	struct text inside;

	skip_blanks(reading);
	from = reading->at;
	if (next_byte(reading) == '"') {
		if (take_quoted(reading, &inside) < 0) {
			return -1;
		}
	} else if (is_bare(next_byte(reading))) {
		(void)take_bare(reading);
		(void)take(reading, "*");
	} else {
		return expected(reading, "a word or a phrase in double quotes is expected");
	}
	if (words_query_read(text_head(text_tail(reading->text, from), reading->at - from),
		    reading->arena, &query, reading->err) < 0) {
		return fail_at(reading, from);
	}
	place->words = query.phrases[0];
	reading->path.worded = true;
	return 0;
}

/* ---- places ---- */

static bool is_class(const struct reading *reading)
{
	return text_starts_with(rest_of(reading), TEXT("class="));
}

static int read_step(struct reading *reading, struct path_place *place)
{
	if (text_is_digit(next_byte(reading))) {
		return expected(reading,
			"a place is expected; a time stands behind < or >, as in > <10s end, and a "
			"name that begins with a digit in double quotes");
	}
	if (read_name(reading, A_PLACE, &place->module) < 0) {
		return -1;
	}
	return take(reading, "/")
		       ? read_name(reading, "a result variable is expected", &place->variable)
		       : 0;
}

static int read_place(struct reading *reading, struct path_place *place)
{
	if (!is_class(reading)) {
		if (read_step(reading, place) < 0) {
			return -1;
		}
		skip_blanks(reading);
	}
	if (take(reading, "class=") &&
		read_name(reading, "a class is expected", &place->class_name) < 0) {
		return -1;
	}
	skip_blanks(reading);
	return take(reading, ":") ? read_words(reading, place) : 0;
}

static int add_place(struct reading *reading, struct path_mask mask)
{
	struct path_filter *path = &reading->path;
	struct path_place *place = &path->places[path->places_count];

	if (path->places_count == PATH_PLACES_MAX) {
		error_set(reading->err, ERROR_INVALID, "more than %d places are asked for",
			PATH_PLACES_MAX);
		return fail_at(reading, reading->at);
	}
	place->mask = mask;
	if (read_place(reading, place) < 0) {
		return -1;
	}
	path->places_count++;
	skip_blanks(reading);
	return 0;
}

/* One place or several with commas between, of which a step is any. */
static int read_places(struct reading *reading, struct path_mask mask)
{
	do {
		skip_blanks(reading);
		if (add_place(reading, mask) < 0) {
			return -1;
		}
	} while (take(reading, ","));
	return 0;
}

/* Each call that matches has a line with the words of a place that it has to pass. */
static void note_words(struct reading *reading, size_t first)
{
	struct path_filter *path = &reading->path;
	const struct path_place *place = &path->places[first];

	if (path->places_count == first + 1 && place->words.count > 0) {
		path->words.phrases[path->words.count++] = place->words;
	}
}

/* ---- items ---- */

static int read_limit(struct reading *reading, struct path_limit *limit)
{
	size_t from = reading->at, digits;
	struct text amount;

	limit->than = take(reading, "<") ? PATH_LESS_THAN : PATH_MORE_THAN;
	if (limit->than == PATH_MORE_THAN && !take(reading, ">")) {
		limit->than = PATH_ANY_TIME;
		return 0;
	}
	digits = reading->at;
	amount = take_bare(reading);
	if (amount.size == 0 || !text_is_digit(amount.data[0]) ||
		time_text_parse_duration(amount, &limit->seconds, NULL) < 0) {
		reading->at = digits;
		return expected(reading, "a time is expected, as in <10s or >5m");
	}
	if (!reading->begun) {
		return refuse(reading, from,
			"a time counts from the place before it: write begin > before the time");
	}
	reading->path.limited = true;
	skip_blanks(reading);
	return 0;
}

/* Whether the word @name comes next, and not a name that begins with it. */
static bool take_word(struct reading *reading, const char *name)
{
	size_t from = reading->at;
	struct text word = take_bare(reading);
	char next = next_byte(reading);

	if (text_equal_string(word, name) && next != '/' && next != '=' && next != '*') {
		return true;
	}
	reading->at = from;
	return false;
}

static int read_denied(struct reading *reading, bool direct)
{
	const struct path_mask mask = {.leave = UINT64_C(1) << reading->path.last};

	if (direct) {
		return refuse(reading, reading->at - 1,
			"between >> and the next place there is nothing: ! stands behind >");
	}
	reading->denied = true;
	return read_places(reading, mask);
}

static int read_point(struct reading *reading)
{
	struct path_filter *path = &reading->path;
	size_t first = path->places_count;

	if (path->last == PATH_POINTS_MAX) {
		error_set(reading->err, ERROR_INVALID, "more than %d places follow one another",
			PATH_POINTS_MAX);
		return fail_at(reading, reading->at);
	}
	if (read_places(reading, (struct path_mask){.enter = UINT64_C(2) << path->last}) < 0) {
		return -1;
	}
	note_words(reading, first);
	path->last++;
	return 0;
}

/* What stands between two arrows. @direct: the one before it is >>. */
static int read_item(struct reading *reading, bool direct)
{
	struct path_limit *limit = &reading->path.limits[reading->path.last];
	size_t from = reading->at;

	if (read_limit(reading, limit) < 0) {
		return -1;
	}
	if (next_byte(reading) == '!' && limit->than != PATH_ANY_TIME) {
		return refuse(reading, from,
			"a time stands before a place that is passed, or end; not before !");
	}
	if (take(reading, "!")) {
		return read_denied(reading, direct);
	}
	if (direct && reading->denied) {
		return refuse(reading, from,
			"what >> leads to comes directly after another place; not after !");
	}
	reading->path.direct |= direct ? UINT64_C(1) << reading->path.last : 0;
	reading->denied = false;
	if (take_word(reading, "end")) {
		reading->ended = true;
		return 0;
	}
	if (take_word(reading, "begin")) {
		return reading->begun ? refuse(reading, from, "begin stands at the front") : 0;
	}
	return read_point(reading);
}

static int read_path(struct reading *reading)
{
	bool direct = false;

	for (;;) {
		skip_blanks(reading);
		if (read_item(reading, direct) < 0) {
			return -1;
		}
		reading->begun = true;
		skip_blanks(reading);
		if (reading->at == reading->text.size) {
			return 0;
		}
		if (next_byte(reading) != '>') {
			return expected(reading, "> or >> is expected");
		}
		if (reading->ended) {
			return refuse(reading, reading->at, "nothing comes after end");
		}
		direct = take(reading, ">>") || !take(reading, ">");
	}
}

int path_filter_read(
	struct text text, struct arena *arena, struct path_filter *ret_path, struct error *err)
{
	struct reading reading = {.text = text, .arena = arena, .err = err};
	struct path_filter *path = &reading.path;

	if (text.size > PATH_SIZE_MAX) {
		return error_set(err, ERROR_INVALID, "a path has at most %zu bytes, not %zu",
			PATH_SIZE_MAX, text.size);
	}
	/* One more, for a place that is one too many to be begun. */
	path->places = arena_calloc(arena, PATH_PLACES_MAX + 1, sizeof(*path->places));
	path->limits = arena_calloc(arena, PATH_POINTS_MAX + 1, sizeof(*path->limits));
	path->words.phrases = arena_calloc(arena, PATH_POINTS_MAX, sizeof(*path->words.phrases));
	if (!path->places || !path->limits || !path->words.phrases) {
		return error_no_memory(err);
	}
	if (read_path(&reading) < 0) {
		return -1;
	}
	*ret_path = *path;
	return 0;
}
