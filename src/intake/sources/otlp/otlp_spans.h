/* SPDX-License-Identifier: MIT
 * Spans as OTLP brings them (opentelemetry.io, OTLP specification 1.x), read from protobuf or JSON
 * into one form. A request is read as a whole: its memory is the caller's arena, which has a
 * ceiling. */
#ifndef INTAKE_SOURCES_OTLP_OTLP_SPANS_H
#define INTAKE_SOURCES_OTLP_OTLP_SPANS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#define OTLP_TRACE_ID_SIZE 32 /* hexadecimal digits, in lower case */
#define OTLP_SPAN_ID_SIZE  16

/* What reading and translating a request takes at most, for each byte of its body, and at least. */
#define OTLP_MEMORY_TIMES 16
#define OTLP_MEMORY_MIN	  ((size_t)256 << 10)

struct otlp_attribute {
	struct text name;
	struct text value; /* of a string its characters, of all else its JSON text */
	bool is_string;
};

struct otlp_attributes {
	struct otlp_attribute *items;
	size_t count;
};

struct otlp_span {
	struct text trace_id;
	struct text span_id;
	struct text name;
	uint64_t start_ns; /* UNIX nanoseconds */
	uint64_t end_ns;
	struct otlp_attributes attributes;
	const struct otlp_attributes *resource;
	struct text message; /* of its status */
	bool is_root;
	bool failed; /* its status is an error */
};

struct otlp_request {
	struct arena *arena;
	struct otlp_span *spans;
	size_t count;
	/* spans that are set aside, and why: the first few reasons, a sentence each */
	uint64_t rejected;
	char reasons[480];
};

/* @arena outlives the request. */
void otlp_request_init(struct otlp_request *request, struct arena *arena);

/* Reads an ExportTraceServiceRequest; the spans' texts point into @body and the arena. A span that
 * is not one (its ids, its times, its UTF-8) is set aside. Negative: nothing of @body can be used:
 * ERROR_INVALID, it is not such a message; ERROR_NO_MEMORY, the arena is full. */
int otlp_read_protobuf(
	struct otlp_request *request, struct text body, struct error *err) CHECK_RESULT;

/* The same of its JSON, in lowerCamelCase; @body is one object, whose first byte stands in
 * @line. */
int otlp_read_json(struct otlp_request *request, struct text body, uint64_t line,
	struct error *err) CHECK_RESULT;

/* Sets @count spans aside, because of @reason, a sentence. */
void otlp_reject(struct otlp_request *request, uint64_t count, const char *reason);

/* What is wrong with @span, whose members are read; NULL: nothing. */
const char *otlp_span_check(const struct otlp_span *span);

/* The attribute @name; NULL: there is none. */
const struct otlp_attribute *otlp_find(const struct otlp_attributes *attributes, const char *name);

/* The value of the attribute @name, whatever its kind; {NULL, 0}: there is none. */
struct text otlp_get(const struct otlp_attributes *attributes, const char *name);

/* The first of @names, ended by NULL, that @span has, else its resource; {NULL, 0}: none. */
struct text otlp_first(const struct otlp_span *span, const char *const *names);

#endif
