/* SPDX-License-Identifier: MIT
 * The log: lines are made whole and written by one write(), so that threads do not mix them. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048
#define CHARACTER_MAX  16 /* bytes of one in a value: four of them escaped */

static atomic_int highest_level = LOG_INFO;
static atomic_bool as_json;

void log_set_level(enum log_level level)
{
	atomic_store(&highest_level, (int)level);
}

void log_set_json(bool json)
{
	atomic_store(&as_json, json);
}

bool log_enabled(enum log_level level)
{
	return (int)level <= atomic_load(&highest_level);
}

/* Whether standard error is the journal, whose device and inode systemd names: "8:4711". */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[48];
	struct stat status;

	if (!stream || fstat(STDERR_FILENO, &status) < 0) {
		return false;
	}
	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)status.st_dev,
		(unsigned long long)status.st_ino);
	return strcmp(stream, own) == 0;
}

static bool to_journal(void)
{
	static atomic_int known; /* 0: not yet; 1: no; 2: yes */

	if (atomic_load(&known) == 0) {
		atomic_store(&known, is_journal() ? 2 : 1);
	}
	return atomic_load(&known) == 2;
}

/* As sd-daemon(3) has it; the journal adds the time. */
static size_t append_severity(char *line, size_t size, enum log_level level)
{
	static const int severities[] = {3, 4, 6, 7};

	return (size_t)snprintf(line, size, "<%d>", severities[level]);
}

static size_t append_time(char *line, size_t size)
{
	struct timespec now;
	struct tm tm;
	size_t used;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	used = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &tm);
	used += (size_t)snprintf(line + used, size - used, ".%03ldZ", now.tv_nsec / 1000000);
	return used;
}

/* Where a line that is too long ends: not within a character. */
static size_t cut(const char *line, size_t size)
{
	while (size > 0 && ((unsigned char)line[size - 1] & 0xc0) == 0x80) {
		size--;
	}
	return size > 0 && ((unsigned char)line[size - 1] & 0x80) != 0 ? size - 1 : size;
}

/* ---- as JSON ---- */

/* Whether @format writes the value of @name by %d or %u. */
static bool is_number(const char *format, struct text name)
{
	struct text rest = text_of(format);
	struct text pair, before;

	while (text_split(&rest, ' ', &pair)) {
		if (text_split(&pair, '=', &before) && text_equal(before, name)) {
			return pair.size > 1 && pair.data[0] == '%' &&
			       (pair.data[pair.size - 1] == 'd' || pair.data[pair.size - 1] == 'u');
		}
	}
	return false;
}

/* Takes a value off the front of @rest, and the space behind it: one word, or what stands between
 * quotes. Where the line was cut the last quote is missing. */
static struct text take_value(struct text *rest)
{
	bool quoted = rest->size > 0 && rest->data[0] == '"';
	size_t size = quoted ? 1 : 0;
	struct text value;

	while (size < rest->size && rest->data[size] != (quoted ? '"' : ' ')) {
		size += quoted && rest->data[size] == '\\' && size + 1 < rest->size ? 2 : 1;
	}
	value = text_tail(text_head(*rest, size), quoted ? 1 : 0);
	size += quoted && size < rest->size ? 1 : 0;
	*rest = text_tail(*rest, size < rest->size ? size + 1 : size);
	return value;
}

/* Quotes and backslashes are escaped already as JSON has them; what log_value() writes as \xNN is
 * told by these four characters. */
static void write_string(FILE *out, struct text value)
{
	fputc('"', out);
	for (size_t i = 0; i < value.size; i++) {
		bool escape = value.data[i] == '\\';
		char next = escape && i + 1 < value.size ? value.data[i + 1] : '\0';

		if (escape && (next == '"' || next == '\\')) {
			fprintf(out, "\\%c", next);
			i++;
		} else if (escape || value.data[i] == '"') {
			fprintf(out, "\\%c", value.data[i]);
		} else {
			fputc(value.data[i], out);
		}
	}
	fputc('"', out);
}

/* Writes the pairs of @text, "key=value key=\"a value\"", as members behind others. */
static void write_members(FILE *out, struct text text, const char *format)
{
	struct text name;

	while (text.size > 0 && text_split(&text, '=', &name)) {
		struct text value = take_value(&text);

		fprintf(out, ",\"%.*s\":", TEXT_ARG(name));
		if (is_number(format, name) && value.size > 0) {
			fprintf(out, "%.*s", TEXT_ARG(value));
		} else {
			write_string(out, value);
		}
	}
}

/* ---- a line ---- */

static const char *const level_names[] = {"error", "warning", "info", "debug"};

struct line {
	enum log_level level;
	const char *event;
	const char *format;
	struct text pairs;
};

static size_t write_text(const struct line *line, char *to, size_t size)
{
	size_t used = to_journal() ? append_severity(to, size, line->level) : append_time(to, size);

	used += (size_t)snprintf(to + used, size - used, "%s%s %s %.*s", to_journal() ? "" : " ",
		level_names[line->level], line->event, TEXT_ARG(line->pairs));
	return used < size ? used : cut(to, size - 1);
}

static size_t write_json(const struct line *line, char *to, size_t size)
{
	FILE *out = fmemopen(to, size, "w");
	char time[32];
	long used;

	if (!out) {
		return 0;
	}
	if (to_journal()) {
		append_severity(time, sizeof(time), line->level);
		fprintf(out, "%s{", time);
	} else {
		append_time(time, sizeof(time));
		fprintf(out, "{\"time\":\"%s\",", time);
	}
	fprintf(out, "\"level\":\"%s\",\"event\":\"%s\"", level_names[line->level], line->event);
	write_members(out, line->pairs, line->format);
	fputc('}', out);
	used = ftell(out);
	fclose(out);
	return used > 0 ? (size_t)used : 0;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	char pairs[LINE_MAX_BYTES], bytes[2 * LINE_MAX_BYTES + 256];
	struct line line = {.level = level, .event = event, .format = format};
	va_list args;
	size_t used;
	int size;

	if (!log_enabled(level)) {
		return;
	}
	va_start(args, format);
	size = vsnprintf(pairs, sizeof(pairs), format, args);
	va_end(args);
	line.pairs.data = pairs;
	line.pairs.size = size < 0 ? 0 : (size_t)size;
	if (line.pairs.size >= sizeof(pairs)) {
		line.pairs.size = cut(pairs, sizeof(pairs) - 1);
	}
	used = atomic_load(&as_json) ? write_json(&line, bytes, sizeof(bytes) - 1)
				     : write_text(&line, bytes, sizeof(bytes) - 1);
	bytes[used++] = '\n';
	if (write(STDERR_FILENO, bytes, used) < 0) {
		return; /* there is nowhere left to say so */
	}
}

/* ---- values ---- */

static bool is_plain(struct text value)
{
	for (size_t i = 0; i < value.size; i++) {
		unsigned char byte = (unsigned char)value.data[i];

		if (byte <= ' ' || byte >= 0x7f || byte == '"' || byte == '\\' || byte == '=') {
			return false;
		}
	}
	return value.size > 0;
}

/* Returns how many bytes it takes, CHARACTER_MAX at most. */
static size_t write_character(char *to, struct text character, bool valid)
{
	size_t used = 0;

	if (character.data[0] == '"' || character.data[0] == '\\') {
		to[0] = '\\';
		to[1] = character.data[0];
		return 2;
	}
	if (valid && !text_is_control(character)) {
		memcpy(to, character.data, character.size);
		return character.size;
	}
	for (size_t i = 0; i < character.size; i++) {
		used += (size_t)snprintf(to + used, CHARACTER_MAX + 1 - used, "\\x%02x",
			(unsigned char)character.data[i]);
	}
	return used;
}

const char *log_value(struct text value, char *buffer, size_t size)
{
	size_t used = 0;

	if (is_plain(value) && value.size < size) {
		memcpy(buffer, value.data, value.size);
		buffer[value.size] = '\0';
		return buffer;
	}
	buffer[used++] = '"';
	/* The longest character takes 16 bytes; the closing quote and the NUL 2 more. */
	while (value.size > 0 && used + CHARACTER_MAX + 2 <= size) {
		size_t length = text_utf8_length(value);

		used += write_character(
			buffer + used, text_head(value, length > 0 ? length : 1), length > 0);
		value = text_tail(value, length > 0 ? length : 1);
	}
	buffer[used++] = '"';
	buffer[used] = '\0';
	return buffer;
}
