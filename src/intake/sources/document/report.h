/* SPDX-License-Identifier: MIT
 * What a document of another system says about one call: members of its header, and steps. It is
 * written as an events line, which POST /v1/events takes. */
#ifndef INTAKE_SOURCES_DOCUMENT_REPORT_H
#define INTAKE_SOURCES_DOCUMENT_REPORT_H

#include "base/arena.h"
#include "intake/event_line.h"

/* Of a line or a value; what is longer is cut, and ends in `…`. */
#define REPORT_TEXT_MAX ((size_t)8192)

#define REPORT_TIME_NONE INT64_MIN

struct report_member {
	struct report_member *next;
	struct text name;
	struct text value;
	bool is_json; /* it stands as it is; otherwise it is a string */
};

struct report_step {
	struct report_step *next;
	int64_t time_us;
	struct text class_name;
	struct text line;
	struct text module;
	struct text variable;
	/* tells the step from all others of its call, however often it comes; empty: nothing does
	 */
	struct text event_id;
	struct report_member *first, *last;
};

struct report {
	struct arena *arena;
	struct text session_id;
	/* what is not said has data NULL, or is REPORT_TIME_NONE */
	struct text dest, src;
	int64_t start_us, end_us;
	bool has_type;
	enum call_type type;
	enum event_line_state state;
	bool replaces; /* the steps take the place of all that are held: from=0 */
	struct report_step *first, *last;
	size_t count;
	bool failed;		   /* out of memory */
	struct report_step unseen; /* for what there was no memory for */
};

/* Nothing is said yet. Everything lies in @arena. */
void report_init(struct report *report, struct arena *arena);

/* A new step behind the others, whose texts are the caller's and need not be UTF-8. Never NULL:
 * without memory it is one that nobody sees. */
struct report_step *report_add(struct report *report, int64_t time_us, const char *class_name,
	const char *module, struct text line);

/* `data` of @step gets a member; an empty @value adds none. @name stays. */
void report_set(
	struct report *report, struct report_step *step, const char *name, struct text value);
void report_set_number(
	struct report *report, struct report_step *step, const char *name, int64_t value);
/* The same of any name; @is_json: the value is one valid JSON value. */
void report_set_as(struct report *report, struct report_step *step, struct text name,
	struct text value, bool is_json);

/* A text in its arena; a short one without memory, and then `failed` is set. */
struct text report_text(struct report *report, const char *format, ...) FORMAT_PRINTF(2, 3);

/* Appends the report to @out, with a line feed: the steps in the order of their times, those of
 * one time as they were added. What a header cannot hold is replaced or cut. ERROR_INVALID when the
 * session_id or a time cannot be one, ERROR_NO_MEMORY. */
int report_write(struct report *report, struct buffer *out, struct error *err) CHECK_RESULT;

#endif
