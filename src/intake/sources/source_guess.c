/* SPDX-License-Identifier: MIT
 * Kinds of inputs, told by their first bytes, by the names in their first JSON object, or by their
 * first line. */
#include "intake/sources/source_guess.h"

#include <stdio.h>

#include "base/array.h"
#include "intake/sources/source.h"

#define CONVERT "convert it, as 'iconv -f UTF-16 -t UTF-8' does"
#define PRINT_ROWS                                                                                 \
	"print the table's rows with a header, as \"mariadb --batch -e 'select * from cel order "  \
	"by id' asteriskcdrdb\" does, and import them with --format asterisk-cel"
#define PRINT_PG_ROWS                                                                              \
	"print the table's rows with a header, as \"psql --csv -c 'select * from cel order by "    \
	"id'\" does, and import them with --format asterisk-cel"
#define PRINT_SQLITE_ROWS                                                                          \
	"print the table's rows with a header, as \"sqlite3 -header -csv FILE 'select * from "     \
	"cel'\" does, and import them with --format asterisk-cel"

static struct text first_line(struct text beginning)
{
	struct text line = TEXT("");

	(void)text_split(&beginning, '\n', &line);
	if (line.size > 0 && line.data[line.size - 1] == '\r') {
		line.size--;
	}
	return line;
}

static bool contains(struct text text, const char *words)
{
	return text.size > 0 && memmem(text.data, text.size, words, strlen(words)) != NULL;
}

/* ---- by the first bytes ---- */

static const struct {
	const char *begin;
	size_t size;
	struct source_guess guess;
} beginnings[] = {
	{"SQLite format 3", 15, {"an SQLite database", PRINT_SQLITE_ROWS}},
	{"\xff\xfe", 2, {"text in UTF-16", CONVERT}},
	{"\xfe\xff", 2, {"text in UTF-16", CONVERT}},
	{"PK\x03\x04", 4, {"a zip archive or a spreadsheet", NULL}},
	{"-- MariaDB dump", 15, {"a dump of a database", PRINT_ROWS}},
	{"-- MySQL dump", 13, {"a dump of a database", PRINT_ROWS}},
	{"/*M!", 4, {"a dump of a database", PRINT_ROWS}},
	{"/*!", 3, {"a dump of a database", PRINT_ROWS}},
	{"INSERT INTO", 11, {"a dump of a database", PRINT_ROWS}},
	{"CREATE TABLE", 12, {"a dump of a database", PRINT_ROWS}},
	{"DROP TABLE", 10, {"a dump of a database", PRINT_ROWS}},
	{"COPY ", 5, {"a dump of a PostgreSQL database", PRINT_PG_ROWS}},
	{"--\n-- PostgreSQL database dump", 30, {"a dump of a PostgreSQL database", PRINT_PG_ROWS}},
	{"PGDMP", 5, {"a dump of a PostgreSQL database", PRINT_PG_ROWS}},
	{"PRAGMA foreign_keys", 19, {"a dump of an SQLite database", PRINT_SQLITE_ROWS}},
	{"Event: ", 7, {"events of Asterisk's manager interface", NULL}},
	{"Asterisk Call Manager", 21, {"events of Asterisk's manager interface", NULL}},
	{"<!DOCTYPE html", 14, {"a web page", NULL}},
	{"<html", 5, {"a web page", NULL}},
};

/* An XML declaration says nothing of what follows it. */
static struct text skip_declaration(struct text text)
{
	const char *end;

	if (!text_starts_with(text, TEXT("<?xml"))) {
		return text;
	}
	end = memmem(text.data, text.size, "?>", 2);
	return end ? source_skip_blank(text_tail(text, (size_t)(end - text.data) + 2)) : text;
}

static bool guess_by_bytes(struct text text, struct source_guess *ret_guess)
{
	text = skip_declaration(text);
	for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
		struct text begin = {.data = beginnings[i].begin, .size = beginnings[i].size};

		if (text_starts_with(text, begin)) {
			*ret_guess = beginnings[i].guess;
			return true;
		}
	}
	return false;
}

/* ---- by the names in the first JSON object ---- */

static const struct {
	const char *names[2]; /* all of them are there */
	struct source_guess guess;
} objects[] = {
	{{"ContactFlowId", NULL}, {"a flow log of Amazon Connect", NULL}},
	{{"session_logs", NULL}, {"session logs of Plum DEV", NULL}},
	{{"conversation_uuid", NULL}, {"an event of a Vonage call", NULL}},
	{{"call_sid", "sip_call_id"}, {"a call record of jambonz", NULL}},
	{{"event", "class"}, {"the detail of one call without the call",
				     "give it as the member 'detail' of its call"}},
};

static bool guess_by_names(struct text text, struct source_guess *ret_guess)
{
	if (text.size == 0 || (text.data[0] != '{' && text.data[0] != '[')) {
		return false;
	}
	if (source_has_members(text, "calls", NULL) ||
		source_has_members(text, "session_id", NULL)) {
		*ret_guess = (struct source_guess){"an array of this API's calls",
			"write {\"calls\":[…]}, or a call a line, as \"jq -c '.[]'\" does"};
		return text.data[0] == '[';
	}
	for (size_t i = 0; i < COUNT_OF(objects); i++) {
		if (source_has_members(text, objects[i].names[0], objects[i].names[1])) {
			*ret_guess = objects[i].guess;
			return true;
		}
	}
	return false;
}

/* ---- by the first line ---- */

/* All that is given of a row holds of a line of that kind. */
static const struct line_kind {
	const char *start;
	char number_ends_at; /* behind the start stands a number up to this byte */
	size_t digits;	     /* of that number; 0: any */
	char separator;
	size_t separators; /* at least so many */
	const char *all[2];
	const char *any[12];
	struct source_guess guess;
} lines[] = {
	{.start = "session_id,start,",
		.guess = {"calls as this program exports them as CSV",
			"export them without --format csv: JSON can be imported again"}},
	{.all = {"Call Sid", ","}, .guess = {"Twilio's list of calls", NULL}},
	/* `Call 26551,00A1B2C3_3456,00:08:10,…` */
	{.start = "Call ", .number_ends_at = ',', .guess = {"call detail records of 3CX", NULL}},
	{.start = "[",
		.any = {"VERBOSE[", "NOTICE[", "WARNING[", "ERROR[", "DEBUG[", "SECURITY[",
			"] Asterisk "},
		.guess = {"Asterisk's own log", NULL}},
	/* a row of mod_cdr_csv: it has a cause's name, and a call's UUID */
	{.any = {"\"NORMAL_CLEARING\"", "\"ORIGINATOR_CANCEL\"", "\"NO_ANSWER\"", "\"USER_BUSY\"",
		 "\"NO_USER_RESPONSE\"", "\"CALL_REJECTED\"", "\"UNALLOCATED_NUMBER\"",
		 "\"NORMAL_TEMPORARY_FAILURE\"", "\"SUCCESS\"", "\"NO_ROUTE_DESTINATION\"",
		 "\"ATTENDED_TRANSFER\"", "\"LOSE_RACE\""},
		.separator = '-',
		.separators = 4,
		.guess = {"FreeSWITCH's call detail records", NULL}},
};

static bool has_number(const struct line_kind *kind, struct text rest)
{
	struct text number;
	int64_t value;

	return text_split(&rest, kind->number_ends_at, &number) &&
	       (kind->digits == 0 || number.size == kind->digits) && text_to_int64(number, &value);
}

static bool is_line_of(const struct line_kind *kind, struct text line)
{
	struct text start = text_of(kind->start ? kind->start : "");
	bool any = !kind->any[0];

	if (!text_starts_with(line, start) ||
		text_count(line, kind->separator) < kind->separators ||
		(kind->number_ends_at && !has_number(kind, text_tail(line, start.size)))) {
		return false;
	}
	for (size_t i = 0; i < COUNT_OF(kind->all) && kind->all[i]; i++) {
		if (!contains(line, kind->all[i])) {
			return false;
		}
	}
	for (size_t i = 0; i < COUNT_OF(kind->any) && kind->any[i]; i++) {
		any |= contains(line, kind->any[i]);
	}
	return any;
}

static bool guess_by_line(struct text text, struct source_guess *ret_guess)
{
	struct text line = first_line(text);

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		if (is_line_of(&lines[i], line)) {
			*ret_guess = lines[i].guess;
			return true;
		}
	}
	return false;
}

/* ---- together ---- */

/* Whether it looks like a format that --format names. */
static bool is_read(struct text text)
{
	for (size_t i = 0; source_formats[i]; i++) {
		if (source_formats[i]->foreign && text.size > 0 &&
			source_formats[i]->looks_like(text)) {
			return true;
		}
	}
	return false;
}

bool source_guess_foreign(struct text beginning, struct source_guess *ret_guess)
{
	struct text text = source_skip_blank(beginning);

	if (guess_by_bytes(text, ret_guess) || guess_by_names(text, ret_guess)) {
		return true;
	}
	return !is_read(text) && guess_by_line(text, ret_guess);
}

/* Writes "…; what is read is …" behind what @words hold. */
static void add_what_is_read(char words[SOURCE_GUESS_WORDS_SIZE])
{
	const char *before = "; what is read is this API's JSON and XML, and by --format ";
	size_t used = strlen(words);

	for (size_t i = 0; source_formats[i] && used < SOURCE_GUESS_WORDS_SIZE; i++) {
		if (source_formats[i]->foreign) {
			used += (size_t)snprintf(words + used, SOURCE_GUESS_WORDS_SIZE - used,
				"%s%s", before, source_formats[i]->name);
			before = ", ";
		}
	}
}

void source_guess_words(const struct source_guess *guess, char words[SOURCE_GUESS_WORDS_SIZE])
{
	snprintf(words, SOURCE_GUESS_WORDS_SIZE, "it seems to be %s, and that is not read%s%s",
		guess->what, guess->advice ? ": " : "", guess->advice ? guess->advice : "");
	if (!guess->advice) {
		add_what_is_read(words);
	}
}

void source_guess_unknown(struct text beginning, char words[SOURCE_GUESS_WORDS_SIZE])
{
	struct text line = first_line(source_skip_blank(beginning));
	bool is_csv = text_count(line, ',') >= 2 || text_count(line, ';') >= 2 ||
		      text_count(line, '\t') >= 2;

	if (is_csv) {
		snprintf(words, SOURCE_GUESS_WORDS_SIZE,
			"it seems to be CSV that begins with '%.*s', and that is not read",
			(int)(line.size < 60 ? line.size : 60), line.data);
	} else {
		snprintf(words, SOURCE_GUESS_WORDS_SIZE, "it is of no kind that is known");
	}
	add_what_is_read(words);
}

bool source_guess_other(
	struct text beginning, const struct source_format *own, char words[SOURCE_GUESS_WORDS_SIZE])
{
	const struct source_format *format = source_detect(beginning);

	if (!format || format == own || !format->foreign) {
		return false;
	}
	snprintf(words, SOURCE_GUESS_WORDS_SIZE, "it seems to be %s: say --format %s",
		format->foreign, format->name);
	return true;
}
