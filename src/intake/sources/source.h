/* SPDX-License-Identifier: MIT
 * Sources: the formats that calls come in.
 *
 * To add one: write NAME.c here, or a folder with its files, with a `struct source_format`; name
 * the files in src/intake/meson.build and the format in source.c's table. If source_guess.c names
 * such inputs as not read, take that row out. Its line of help stands in cmd_import.c, what it
 * makes of an input in docs/sources.md. Its test runs it by tests/unit/intake/source_run.h, its
 * fuzz target is like tests/fuzz/source_xml_fuzz.c.
 *
 * An option that only it takes: a row in src/cmd/settings_files.c with its member in settings.h,
 * and a name in cmd_import.c's list of settings. Also a name in the format's `options`. */
#ifndef INTAKE_SOURCES_SOURCE_H
#define INTAKE_SOURCES_SOURCE_H

#include "base/error.h"
#include "base/text.h"
#include "intake/stream/stream.h"

struct source_option {
	const char *name; /* of a setting */
	const char *value;
};

/* What an input is opened with. */
struct source_input {
	const char *name; /* a path; NULL: it has no name */
	/* for JSON alone: the format's, and bytes of one call */
	enum stream_shape shape;
	size_t call_size_max;
	/* what was given of the options that the format takes, ended by a row without a name */
	const struct source_option *options;
};

/* NULL: @name was not given. */
const char *source_option(const struct source_input *input, const char *name);

/* Where a source hands what it made. */
struct source_sink {
	/* One call's JSON (as POST /v1/calls takes it), whole; @line is where it began in the
	 * input. */
	void (*call)(void *context, struct text json, uint64_t line);
	/* An events line (intake/event_line.h), whole: a part of what there is to say of a call. */
	void (*events)(void *context, struct text events, uint64_t line);
	/* Something in the input that could not be used, which the source went on after: @count
	 * things of one kind, the first at @line. */
	void (*reject)(void *context, uint64_t line, struct text session_id, const char *error,
		uint64_t count);
	/* What the input's owner should know, though everything was taken: a sentence. */
	void (*warn)(void *context, const char *warning);
	void *context;
};

#define SOURCE_OPTIONS_MAX 8

struct source; /* a source at work on one input, private to each format */

struct source_format {
	const char *name; /* as --format takes it */
	/* what an input of it is, for messages: it is read only where --format names it. NULL: it
	 * is this API's own, and read wherever it looks like it */
	const char *foreign;
	/* Whether an input that begins with @beginning, not with a space, looks like it. */
	bool (*looks_like)(struct text beginning);
	/* The same of an input that is not text, asked first, of its very first bytes; NULL: it
	 * always is. */
	bool (*looks_like_binary)(struct text beginning);
	const char *options[SOURCE_OPTIONS_MAX]; /* that it takes, ended by NULL */
	bool recorded; /* what it makes may be parts of calls: batch_options.recorded */
	bool in_parts; /* it hands over events lines, not calls */
	bool is_json;  /* a batch reads it itself where it is fed in this shape */
	enum stream_shape shape;
	int (*open)(struct source **ret_source, const struct source_input *input,
		const struct source_sink *sink, struct error *err);
	/* Takes the next bytes. Negative: nothing more can be read from this input. */
	int (*feed)(struct source *source, const char *data, size_t size, struct error *err);
	/* The input is at its end: hands over what is still open. */
	int (*end)(struct source *source, struct error *err);
	void (*close)(struct source *source);
};

/* The table of formats, ended by NULL. */
extern const struct source_format *const source_formats[];

/* NULL when there is none of that name. */
const struct source_format *source_format_find(struct text name);

/* The format that an input looks like by @beginning, its first bytes; NULL: by none. */
const struct source_format *source_detect(struct text beginning);

/* @text without a byte order mark and the spaces and lines before its first character. */
struct text source_skip_blank(struct text text);

/* Whether the first object of @text, JSON that may be cut off, has the members @first and @second,
 * NULL for none. The object may be the first of an array. */
bool source_has_members(struct text text, const char *first, const char *second);

#endif
