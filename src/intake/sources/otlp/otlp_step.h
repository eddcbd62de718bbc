/* SPDX-License-Identifier: MIT
 * A step that is made of a span. Each span makes its steps alone, whatever other spans say, so that
 * neither order nor batches change them. */
#ifndef INTAKE_SOURCES_OTLP_OTLP_STEP_H
#define INTAKE_SOURCES_OTLP_OTLP_STEP_H

#include "base/buffer.h"
#include "intake/sources/otlp/otlp_spans.h"

#define OTLP_VALUE_MAX ((size_t)4096) /* bytes of a line, and of a value in a step's data */

struct otlp_step {
	uint64_t at_ns;
	struct text event_id;
	struct text json; /* canonical */
};

/* Makes the steps of one span after the other. */
struct otlp_maker {
	struct arena *arena;
	bool all; /* spans that only say how long something took make steps, too */
	struct otlp_step *steps;
	size_t count;
	const struct otlp_span *span;
	const char *wrong; /* why the span is set aside; NULL: it is not */

	/* ---- private to otlp_step.c ---- */
	unsigned int made; /* of the span */
	struct text class_name;
	struct text module;
	struct text variable;
	uint64_t at_ns;
	struct buffer line;
	struct buffer data; /* members behind the usual ones */
	struct buffer json;
	size_t cut_bytes;
	bool failed;
	bool starved;
};

void otlp_maker_init(struct otlp_maker *maker, struct arena *arena, bool all);
void otlp_maker_deinit(struct otlp_maker *maker);

/* ---- a step ---- */

/* Begins one at the span's start. @module must stay until it ends. */
void otlp_step_begin(struct otlp_maker *maker, const char *class_name, struct text module);

void otlp_step_variable(struct otlp_maker *maker, struct text variable);
void otlp_step_class(struct otlp_maker *maker, struct text class_name);

/* At the span's end instead of its start. */
void otlp_step_at_end(struct otlp_maker *maker);

/* What it says is wrong, though the span's status is not. */
void otlp_step_failed(struct otlp_maker *maker);

/* Appends to its line. What is longer than OTLP_VALUE_MAX is cut, and the step says how many bytes
 * it lacks. */
void otlp_step_say(struct otlp_maker *maker, struct text text);

/* A member of its data, where @value.data is not NULL: a string, or JSON. */
void otlp_step_add(struct otlp_maker *maker, struct text name, struct text value, bool is_string);

/* The same of the span's attribute @attribute, where it has it. */
void otlp_step_copy(struct otlp_maker *maker, const char *name, const char *attribute);

/* The same of the first of @attributes, ended by NULL, that it has. */
void otlp_step_copy_first(
	struct otlp_maker *maker, const char *name, const char *const *attributes);

void otlp_step_end(struct otlp_maker *maker);

/* `User input: 123 (dtmf)` */
void otlp_step_say_digits(struct otlp_maker *maker, struct text digits);

/* `User input: "one" (voice)` */
void otlp_step_say_words(struct otlp_maker *maker, struct text words);

#endif
