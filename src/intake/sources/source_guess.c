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
	{"<cdr", 4, {"FreeSWITCH's call detail record in XML", NULL}},
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
	{{"core-uuid", NULL}, {"FreeSWITCH's call detail record in JSON", NULL}},
	{{"callflow", "variables"}, {"FreeSWITCH's call detail record in JSON", NULL}},
	{{"ContactFlowId", NULL}, {"a flow log of Amazon Connect", NULL}},
	{{"session_logs", NULL}, {"session logs of Plum DEV", NULL}},
	{{"meta", "steps"}, {"the steps of a Twilio Studio execution", NULL}},
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

static bool is_digits(struct text text, size_t count)
{
	int64_t number;

	return text.size == count && text_to_int64(text, &number);
}

/* `1795490400|1795490400.101|support|NONE|ENTERQUEUE|…` */
static bool is_queue_log(struct text line)
{
	struct text seconds;

	return text_count(line, '|') >= 4 && text_split(&line, '|', &seconds) &&
	       is_digits(seconds, 10);
}

/* `Call 26551,00A1B2C3_3456,00:08:10,…` */
static bool is_3cx(struct text line)
{
	struct text word;
	int64_t number;

	return text_starts_with(line, TEXT("Call ")) && text_split(&line, ',', &word) &&
	       text_to_int64(text_tail(word, 5), &number);
}

static bool is_asterisk_cdr(struct text line)
{
	static const char *const dispositions[] = {
		"\"ANSWERED\"", "\"NO ANSWER\"", "\"BUSY\"", "\"FAILED\"", "\"CONGESTION\""};

	if (contains(line, "dcontext") && contains(line, "disposition")) {
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(dispositions); i++) {
		if (contains(line, dispositions[i]) && text_count(line, ',') >= 13) {
			return true;
		}
	}
	return false;
}

/* A row of mod_cdr_csv: it has a cause's name, and a call's UUID. */
static bool is_freeswitch_cdr(struct text line)
{
	static const char *const causes[] = {"\"NORMAL_CLEARING\"", "\"ORIGINATOR_CANCEL\"",
		"\"NO_ANSWER\"", "\"USER_BUSY\"", "\"NO_USER_RESPONSE\"", "\"CALL_REJECTED\"",
		"\"UNALLOCATED_NUMBER\"", "\"NORMAL_TEMPORARY_FAILURE\"", "\"SUCCESS\"",
		"\"NO_ROUTE_DESTINATION\"", "\"ATTENDED_TRANSFER\"", "\"LOSE_RACE\""};

	for (size_t i = 0; i < COUNT_OF(causes); i++) {
		if (contains(line, causes[i]) && text_count(line, '-') >= 4) {
			return true;
		}
	}
	return false;
}

static bool is_asterisk_log(struct text line)
{
	static const char *const levels[] = {
		"VERBOSE[", "NOTICE[", "WARNING[", "ERROR[", "DEBUG[", "SECURITY[", "] Asterisk "};

	for (size_t i = 0; i < COUNT_OF(levels); i++) {
		if (text_starts_with(line, TEXT("[")) && contains(line, levels[i])) {
			return true;
		}
	}
	return false;
}

static bool is_twilio(struct text line)
{
	return contains(line, "Call Sid") && contains(line, ",");
}

static bool is_own_csv(struct text line)
{
	return text_starts_with(line, TEXT("session_id,start,"));
}

static const struct {
	bool (*is)(struct text line);
	struct source_guess guess;
} lines[] = {
	{is_own_csv, {"calls as this program exports them as CSV",
			     "export them without --format csv: JSON can be imported again"}},
	{is_twilio, {"Twilio's list of calls", NULL}},
	{is_3cx, {"call detail records of 3CX", NULL}},
	{is_queue_log, {"Asterisk's queue_log", NULL}},
	{is_asterisk_log, {"Asterisk's own log", NULL}},
	{is_freeswitch_cdr, {"FreeSWITCH's call detail records", NULL}},
	{is_asterisk_cdr, {"Asterisk's call detail records (CDR)",
				  "give its channel event log (CEL), which has the steps"}},
};

static bool guess_by_line(struct text text, struct source_guess *ret_guess)
{
	struct text line = first_line(text);

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		if (lines[i].is(line)) {
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
	size_t used = strlen(words);

	used += (size_t)snprintf(words + used, SOURCE_GUESS_WORDS_SIZE - used,
		"; what is read is this API's JSON and XML");
	for (size_t i = 0; source_formats[i] && used < SOURCE_GUESS_WORDS_SIZE; i++) {
		if (source_formats[i]->foreign) {
			used += (size_t)snprintf(words + used, SOURCE_GUESS_WORDS_SIZE - used,
				", and %s (--format %s)", source_formats[i]->foreign,
				source_formats[i]->name);
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
