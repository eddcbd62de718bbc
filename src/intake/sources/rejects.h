/* SPDX-License-Identifier: MIT
 * Bad rows of one kind are told once, with their count and the first of their lines, when the input
 * is over. */
#ifndef INTAKE_SOURCES_REJECTS_H
#define INTAKE_SOURCES_REJECTS_H

#include "call/call.h"
#include "intake/sources/source.h"

#define REJECTS_KINDS_MAX 16
#define REJECTS_LINES_MAX 8

struct rejects_kind {
	const char *format; /* tells the kinds apart: by its address */
	char message[300];  /* of the first */
	char session_id[CALL_SESSION_ID_MAX];
	size_t session_id_size;
	uint64_t lines[REJECTS_LINES_MAX];
	uint64_t count;
};

struct rejects {
	struct rejects_kind kinds[REJECTS_KINDS_MAX];
	size_t kind_count;
	uint64_t count; /* of all kinds */
};

/* Notes that the row at @line was not taken. @format, a literal, is the kind; @session_id may be
 * empty. */
void rejects_add(struct rejects *rejects, uint64_t line, struct text session_id, const char *format,
	...) FORMAT_PRINTF(4, 5);

/* The same with @words, a literal, as they are. */
void rejects_add_words(struct rejects *rejects, uint64_t line, const char *words);

/* Tells @sink of each kind, in the order in which they came first. */
void rejects_tell(const struct rejects *rejects, const struct source_sink *sink);

#endif
