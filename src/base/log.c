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

void log_set_level(enum log_level level)
{
	atomic_store(&highest_level, (int)level);
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
	used += (size_t)snprintf(line + used, size - used, ".%03ldZ ", now.tv_nsec / 1000000);
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

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	char line[LINE_MAX_BYTES];
	va_list args;
	size_t used;
	int more;

	if (!log_enabled(level)) {
		return;
	}
	used = to_journal() ? append_severity(line, sizeof(line), level)
			    : append_time(line, sizeof(line));
	used += (size_t)snprintf(line + used, sizeof(line) - used, "%s %s ", names[level], event);
	va_start(args, format);
	more = vsnprintf(line + used, sizeof(line) - used, format, args);
	va_end(args);
	used += more > 0 ? (size_t)more : 0;
	used = used < sizeof(line) - 1 ? used : cut(line, sizeof(line) - 1);
	line[used++] = '\n';
	if (write(STDERR_FILENO, line, used) < 0) {
		return; /* there is nowhere left to say so */
	}
}

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
