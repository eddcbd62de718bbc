/* SPDX-License-Identifier: MIT
 * The log: one line an event on standard error, `key=value`. Only cmd/, collect/ and the HTTP
 * server's request log write to it; everything else returns errors. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/auto.h"
#include "base/text.h"

enum log_level {
	LOG_ERROR,
	LOG_WARNING,
	LOG_INFO,
	LOG_DEBUG,
};

/* Lines above @level are dropped. The default is LOG_INFO. */
void log_set_level(enum log_level level);

/* Whether a line is a JSON object instead, one member a pair, behind `time`, `level` and `event`.
 * What
 * @format of log_event() writes by %d or %u is a number, all else a string. The default is not. */
void log_set_json(bool json);

/* Whether a line of @level would be written, to spare making its values. */
bool log_enabled(enum log_level level);

/* Writes `2026-01-31T12:00:00.123Z level event key=value …` in one write(). Where standard error is
 * systemd's journal (JOURNAL_STREAM) the severity `<6>` stands in the place of the time. @format
 * makes the `key=value` pairs and must not hold a value from outside except through log_value(). */
void log_event(enum log_level level, const char *event, const char *format, ...)
	FORMAT_PRINTF(3, 4);

/* @value as it may stand in a line. It is quoted where it is not one plain word. Quotes,
 * backslashes, what text_is_control() names and bytes that are not UTF-8 (\xNN each) are escaped.
 * It is cut to what fits into @buffer, which is larger than 32 bytes. Returns @buffer. */
const char *log_value(struct text value, char *buffer, size_t size);

#endif
