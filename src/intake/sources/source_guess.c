/* SPDX-License-Identifier: MIT
 * Kinds of inputs, told by their first bytes, by the names in their first JSON object, or by their
 * first line. */
#include "intake/sources/source_guess.h"

#include <stdio.h>

#include "base/arena.h"
#include "intake/sources/asterisk/cel_columns.h"
#include "json/json_reader.h"

#define WHAT_IS_READ                                                                               \
	"what is read is this API's JSON and XML, and Asterisk's channel event log "               \
	"(--format asterisk-cel)"

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

static struct text skip_blank(struct text text)
{
	static const struct text mark = {.data = "\xef\xbb\xbf", .size = 3};

	if (text_starts_with(text, mark)) {
		text = text_tail(text, mark.size);
	}
	while (text.size > 0 && memchr(" \t\r\n", text.data[0], 4)) {
		text = text_tail(text, 1);
	}
	return text;
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
	return end ? skip_blank(text_tail(text, (size_t)(end - text.data) + 2)) : text;
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

#define NAMES_MAX 64

struct names {
	struct text list[NAMES_MAX];
	size_t count;
	bool in_array;
};

/* The names of the first object's own members, as far as the beginning goes. */
static void read_names(struct text text, struct names *names)
{
	AUTO(arena_deinit) struct arena arena;
	struct json_reader reader;
	struct json_token name, value;

	arena_init(&arena, (size_t)1 << 20);
	json_reader_init(&reader, text, (struct json_position){1, 1});
	names->count = 0;
	names->in_array = text.data[0] == '[';
	for (int i = 0; i < 1 + names->in_array; i++) {
		if (json_reader_next(&reader, &value, NULL) <= 0) {
			return;
		}
	}
	while (value.kind == JSON_OBJECT && names->count < NAMES_MAX &&
		json_reader_next_member(&reader, &name, &value, NULL) > 0) {
		names->list[names->count++] = name.raw;
		if (json_reader_skip(&reader, &value, NULL) < 0) {
			return;
		}
		value.kind = JSON_OBJECT;
	}
}

static bool has_name(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (text_equal_string(names->list[i], name)) {
			return true;
		}
	}
	return false;
}

static bool guess_by_names(struct text text, struct source_guess *ret_guess)
{
	struct names names;

	if (text.size == 0 || (text.data[0] != '{' && text.data[0] != '[')) {
		return false;
	}
	read_names(text, &names);
	if (has_name(&names, "calls") || has_name(&names, "session_id")) {
		if (names.in_array) {
			*ret_guess = (struct source_guess){"an array of this API's calls",
				"write {\"calls\":[…]}, or a call a line, as \"jq -c '.[]'\" does"};
		}
		return names.in_array;
	}
	for (size_t i = 0; i < COUNT_OF(objects); i++) {
		const char *second = objects[i].names[1];

		if (has_name(&names, objects[i].names[0]) &&
			(!second || has_name(&names, second))) {
			*ret_guess = objects[i].guess;
			return true;
		}
	}
	return false;
}

/* ---- by the first line ---- */

static size_t count_of(struct text line, char byte)
{
	size_t count = 0;

	for (size_t i = 0; i < line.size; i++) {
		count += line.data[i] == byte;
	}
	return count;
}

static bool is_digits(struct text text, size_t count)
{
	int64_t number;

	return text.size == count && text_to_int64(text, &number);
}

/* `1795490400|1795490400.101|support|NONE|ENTERQUEUE|…` */
static bool is_queue_log(struct text line)
{
	struct text seconds;

	return count_of(line, '|') >= 4 && text_split(&line, '|', &seconds) &&
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
		if (contains(line, dispositions[i]) && count_of(line, ',') >= 13) {
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
		if (contains(line, causes[i]) && count_of(line, '-') >= 4) {
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

/* ---- Asterisk's event log ---- */

static bool has_event_columns(struct text line, char separator)
{
	static const char *const events[] = {"CHAN_START", "CHAN_END", "HANGUP", "ANSWER",
		"APP_START", "APP_END", "BRIDGE_ENTER", "BRIDGE_EXIT", "BRIDGE_START", "BRIDGE_END",
		"LINKEDID_END", "STREAM_BEGIN", "STREAM_END", "DTMF", "USER_DEFINED", "PARK_START",
		"PARK_END", "BLINDTRANSFER", "ATTENDEDTRANSFER", "PICKUP", "FORWARD",
		"LOCAL_OPTIMIZE"};
	struct text field;

	while (text_split(&line, separator, &field)) {
		field = text_trim(field);
		if (field.size >= 2 && field.data[0] == '"') {
			field = text_head(text_tail(field, 1), field.size - 2);
		}
		for (size_t i = 0; i < COUNT_OF(events); i++) {
			if (text_equal_string(field, events[i])) {
				return true;
			}
		}
	}
	return false;
}

bool source_guess_event_log(struct text beginning)
{
	struct text rest = skip_blank(beginning), line;
	struct names names;

	if (rest.size > 0 && rest.data[0] == '{') {
		read_names(rest, &names);
		return has_name(&names, "eventtype") && has_name(&names, "eventtime");
	}
	if (cel_columns_is_header(first_line(rest))) {
		return true;
	}
	while (text_split(&rest, '\n', &line)) {
		if (has_event_columns(line, ',') || has_event_columns(line, '\t')) {
			return true;
		}
	}
	return false;
}

/* ---- together ---- */

bool source_guess_foreign(struct text beginning, struct source_guess *ret_guess)
{
	struct text text = skip_blank(beginning);

	if (guess_by_bytes(text, ret_guess) || guess_by_names(text, ret_guess)) {
		return true;
	}
	return !source_guess_event_log(text) && guess_by_line(text, ret_guess);
}

void source_guess_words(const struct source_guess *guess, char words[SOURCE_GUESS_WORDS_SIZE])
{
	if (guess->advice) {
		snprintf(words, SOURCE_GUESS_WORDS_SIZE,
			"it seems to be %s, and that is not read: %s", guess->what, guess->advice);
	} else {
		snprintf(words, SOURCE_GUESS_WORDS_SIZE,
			"it seems to be %s, and that is not read; " WHAT_IS_READ, guess->what);
	}
}

void source_guess_unknown(struct text beginning, char words[SOURCE_GUESS_WORDS_SIZE])
{
	struct text line = first_line(skip_blank(beginning));
	bool is_csv =
		count_of(line, ',') >= 2 || count_of(line, ';') >= 2 || count_of(line, '\t') >= 2;
	size_t size = line.size < 60 ? line.size : 60;

	if (is_csv) {
		snprintf(words, SOURCE_GUESS_WORDS_SIZE,
			"it seems to be CSV that begins with '%.*s', and that is not "
			"read; " WHAT_IS_READ,
			(int)size, line.data);
	} else {
		snprintf(words, SOURCE_GUESS_WORDS_SIZE,
			"it is of no kind that is known; " WHAT_IS_READ);
	}
}
