/* SPDX-License-Identifier: MIT
 * Sources: where calls come from other than this API's own JSON. One file a source, one row in
 * source_table. To add one: write src/intake/sources/NAME.c with a `struct source_format`, and put
 * it into source.c's table. */
#ifndef INTAKE_SOURCES_SOURCE_H
#define INTAKE_SOURCES_SOURCE_H

#include "base/error.h"
#include "base/text.h"

/* What the command line may say to a source; a source ignores what is not for it. */
struct source_options {
	const char *input_name;	  /* a path; NULL: the input has no name */
	const char *columns_path; /* --columns FILE; NULL: not given */
	/* comma-separated dialplan contexts whose calls are inbound */
	const char *inbound_contexts;
	/* goes before the ids of the calls, with a hyphen; NULL: they stay as they are */
	const char *system;
	bool local_times; /* times without a zone are in the process's zone (TZ); otherwise UTC */
};

/* Where a source hands what it made. */
struct source_sink {
	/* One call's JSON (as POST /v1/calls takes it), whole; @line is where it began in the
	 * input. */
	void (*call)(void *context, struct text json, uint64_t line);
	/* Something in the input that could not be used, which the source went on after: @count
	 * things of one kind, the first at
	 * @line. */
	void (*reject)(void *context, uint64_t line, struct text session_id, const char *error,
		uint64_t count);
	/* What the input's owner should know, though everything was taken: a sentence. */
	void (*warn)(void *context, const char *warning);
	void *context;
};

struct source; /* a source at work on one input, private to each format */

struct source_format {
	const char *name; /* as --format takes it */
	const char *summary;
	bool recorded; /* what it makes may be parts of calls: batch_options.recorded */
	int (*open)(struct source **ret_source, const struct source_options *options,
		const struct source_sink *sink, struct error *err);
	/* Takes the next bytes. Negative: nothing more can be read from this input. */
	int (*feed)(struct source *source, const char *data, size_t size, struct error *err);
	/* The input is at its end: hands over what is still open. */
	int (*end)(struct source *source, struct error *err);
	void (*close)(struct source *source);
};

/* The table of formats, ended by a row whose name is NULL. */
extern const struct source_format *const source_formats[];

/* What an input is, by how it begins. */
enum source_kind {
	SOURCE_UNKNOWN,
	SOURCE_JSON,   /* one document: BATCH_DOCUMENT */
	SOURCE_NDJSON, /* a call a line: BATCH_NDJSON */
	SOURCE_XML,    /* for the source fuse */
	SOURCE_ASTERISK_CEL,
};

/* @beginning: the first bytes of the input, 4 KiB or all of it where it is shorter. */
enum source_kind source_detect(struct text beginning);

/* NULL when there is none of that name. */
const struct source_format *source_format_find(struct text name);

#endif
