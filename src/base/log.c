/* SPDX-License-Identifier: MIT
 * The log: lines are made whole and written by one write(), so that threads do not mix them. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static atomic_int highest_level = LOG_INFO;

void log_set_level(enum log_level level)
{
	atomic_store(&highest_level, (int)level);
}

bool log_enabled(enum log_level level)
{
	return (int)level <= atomic_load(&highest_level);
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
	used = append_time(line, sizeof(line));
	used += (size_t)snprintf(line + used, sizeof(line) - used, " %s %s ", names[level], event);
	va_start(args, format);
	more = vsnprintf(line + used, sizeof(line) - used, format, args);
	va_end(args);
	used += more > 0 ? (size_t)more : 0;
	used = used < sizeof(line) - 1 ? used : sizeof(line) - 1;
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

const char *log_value(struct text value, char *buffer, size_t size)
{
	size_t used = 0;

	if (is_plain(value) && value.size < size) {
		memcpy(buffer, value.data, value.size);
		buffer[value.size] = '\0';
		return buffer;
	}
	buffer[used++] = '"';
	/* The longest escape takes 4 bytes; the closing quote and the NUL 2 more. */
	for (size_t i = 0; i < value.size && used + 6 < size; i++) {
		unsigned char byte = (unsigned char)value.data[i];

		if (byte == '"' || byte == '\\') {
			buffer[used++] = '\\';
			buffer[used++] = (char)byte;
		} else if (byte < ' ' || byte == 0x7f) {
			used += (size_t)snprintf(buffer + used, size - used, "\\x%02x", byte);
		} else {
			buffer[used++] = (char)byte;
		}
	}
	buffer[used++] = '"';
	buffer[used] = '\0';
	return buffer;
}
