/* SPDX-License-Identifier: MIT
 * The rows of a channel event log, whichever way it is written: finds that out by what is said and
 * by its first lines. */
#ifndef INTAKE_SOURCES_CEL_INPUT_H
#define INTAKE_SOURCES_CEL_INPUT_H

#include "base/arena.h"
#include "intake/sources/asterisk/cel_columns.h"
#include "intake/sources/csv.h"
#include "intake/sources/rejects.h"
#include "intake/sources/source.h"

struct cel_record {
	struct text field[CEL_FIELDS]; /* as recorded; empty where it is not */
	uint64_t hash; /* of all that the row holds, columns without a meaning too */
	uint64_t line;
};

struct cel_input {
	void (*take)(void *context, const struct cel_record *record);
	void *context;
	struct rejects *rejects;
	struct cel_columns columns;
	bool has_columns; /* by --columns */
	bool has_header;
	bool begun;		 /* how it is written is known */
	struct buffer beginning; /* what came before that */
	struct csv_reader csv;
	bool first_row_read;
	struct arena arena; /* of one row */
};

/* Each row goes to @take, which sees it only during the call; what is not a row goes to @rejects.
 * Returns negative when the mapping of options->columns_path cannot be read. Close it in either
 * case. */
int cel_input_open(struct cel_input *input, const struct source_input *opened,
	struct rejects *rejects, void (*take)(void *context, const struct cel_record *record),
	void *context, struct error *err) CHECK_RESULT;
void cel_input_close(struct cel_input *input);

/* Negative when the rest cannot be read either. */
int cel_input_feed(
	struct cel_input *input, const char *data, size_t size, struct error *err) CHECK_RESULT;
int cel_input_end(struct cel_input *input, struct error *err) CHECK_RESULT;

/* Whether @text begins like an event log: with a header row, or with a row that names one of
 * Asterisk's events. */
bool cel_input_looks_like(struct text text);

/* ---- a row that is a JSON object: cel_json.c ---- */

/* Reads @line's members into @field, by the names of columns; what is not recorded, or null, is
 * empty. Texts point into @line or @arena. Names that mean nothing are noted in @columns. False
 * when @line is not such an object. */
bool cel_json_row(struct text line, struct arena *arena, struct cel_columns *columns,
	struct text field[CEL_FIELDS]);

#endif
