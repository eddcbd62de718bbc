/* SPDX-License-Identifier: MIT
 * Counting bad rows by their kind. */
#include "intake/sources/rejects.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static struct rejects_kind *find_kind(struct rejects *rejects, const char *format)
{
	for (size_t i = 0; i < rejects->kind_count; i++) {
		if (rejects->kinds[i].format == format) {
			return &rejects->kinds[i];
		}
	}
	assert(rejects->kind_count < REJECTS_KINDS_MAX);
	rejects->kinds[rejects->kind_count].format = format;
	return &rejects->kinds[rejects->kind_count++];
}

static void keep_session(struct rejects_kind *kind, struct text session_id)
{
	if (session_id.size > 0 && session_id.size <= sizeof(kind->session_id)) {
		memcpy(kind->session_id, session_id.data, session_id.size);
		kind->session_id_size = session_id.size;
	}
}

/* Counts it; the kind whose first this is gets its message from the caller. */
static struct rejects_kind *count_one(
	struct rejects *rejects, const char *format, uint64_t line, struct text session_id)
{
	struct rejects_kind *kind = find_kind(rejects, format);

	rejects->count++;
	if (kind->count < REJECTS_LINES_MAX) {
		kind->lines[kind->count] = line;
	}
	if (kind->count++ > 0) {
		return NULL;
	}
	keep_session(kind, session_id);
	return kind;
}

void rejects_add_words(struct rejects *rejects, uint64_t line, const char *words)
{
	struct rejects_kind *kind = count_one(rejects, words, line, TEXT(""));

	if (kind) {
		snprintf(kind->message, sizeof(kind->message), "%s", words);
	}
}

void rejects_add(
	struct rejects *rejects, uint64_t line, struct text session_id, const char *format, ...)
{
	struct rejects_kind *kind = count_one(rejects, format, line, session_id);
	va_list args;

	if (kind) {
		va_start(args, format);
		vsnprintf(kind->message, sizeof(kind->message), format, args);
		va_end(args);
	}
}

/* `…: what was wrong (4 rows, lines 2, 3, 4, 5)`. */
static void tell(const struct rejects_kind *kind, const struct source_sink *sink)
{
	struct text session_id = {.data = kind->session_id, .size = kind->session_id_size};
	uint64_t shown = kind->count < REJECTS_LINES_MAX ? kind->count : REJECTS_LINES_MAX;
	char message[600];
	size_t used;

	used = (size_t)snprintf(message, sizeof(message), "%s", kind->message);
	if (kind->count > 1) {
		used += (size_t)snprintf(message + used, sizeof(message) - used,
			" (%llu rows, lines", (unsigned long long)kind->count);
		for (uint64_t i = 0; i < shown; i++) {
			used += (size_t)snprintf(message + used, sizeof(message) - used, "%s %llu",
				i ? "," : "", (unsigned long long)kind->lines[i]);
		}
		snprintf(message + used, sizeof(message) - used,
			kind->count > shown ? " and so on)" : ")");
	}
	sink->reject(sink->context, kind->lines[0], session_id, message, kind->count);
}

void rejects_tell(const struct rejects *rejects, const struct source_sink *sink)
{
	for (size_t i = 0; i < rejects->kind_count; i++) {
		tell(&rejects->kinds[i], sink);
	}
}
