/* SPDX-License-Identifier: MIT
 * Which column of a channel event log holds what. */
#ifndef INTAKE_SOURCES_CEL_COLUMNS_H
#define INTAKE_SOURCES_CEL_COLUMNS_H

#include "base/error.h"
#include "base/text.h"
#include "intake/sources/csv.h"

enum cel_field {
	CEL_EVENT_TYPE,
	CEL_EVENT_TIME,
	CEL_CALLER_NAME,
	CEL_CALLER_NUMBER,
	CEL_ANI,
	CEL_RDNIS,
	CEL_DNID,
	CEL_EXTEN,
	CEL_CONTEXT,
	CEL_CHANNEL,
	CEL_APP,
	CEL_APP_DATA,
	CEL_AMA_FLAGS,
	CEL_ACCOUNT,
	CEL_UNIQUE_ID,
	CEL_LINKED_ID,
	CEL_PEER,
	CEL_USER_FIELD,
	CEL_USER_EVENT,
	CEL_EXTRA,
	CEL_FIELDS,
};

struct cel_columns {
	int place[CEL_FIELDS]; /* from 0; -1: not recorded */
	size_t width;	       /* how many columns a row has */
	struct csv_dialect dialect;
	bool json;	   /* a row is a JSON object, whose members have the columns' names */
	bool stands_in;	   /* eventenum's place is eventtype's, which is not recorded */
	bool utc;	   /* the mapping itself writes times in UTC */
	char unknown[160]; /* the names that mean nothing here, with commas; "": none */
};

/* What one input is read by where nothing is said: commas, the order of the mapping in Asterisk's
 * cel_custom.conf.sample. */
void cel_columns_sample(struct cel_columns *ret_columns);

/* Whether @fields are a header row, and what it says. The names are those of cel_custom's
 * expressions and fields, or of the tables that cel_odbc, cel_sqlite3_custom and cel_pgsql write
 * to. Letters may be of either case. The dialect of @ret_columns stays. */
bool cel_columns_header(const struct text *fields, size_t count, struct cel_columns *ret_columns);

/* @field without the spaces and quotes around it. */
struct text cel_columns_unquoted(struct text field);

/* Whether @line is a header row, whichever separator it has. */
bool cel_columns_is_header(struct text line);

/* Finds out how @beginning is written, the first two lines of an input or what there is of them. It
 * is JSON, or a header row with a separator between its names. Sets json and dialect only. */
void cel_columns_guess(struct text beginning, struct cel_columns *columns);

/* Reads a cel_custom.conf: `Master.csv => ${CSV_QUOTE(${eventtype})},…` of [mappings], also with
 * the older `"${eventtype}"` and with bare `${eventtype}`, or a section for each file,
 * with `fields =`, `format =`, `separator_character =` and their like. Of several mappings it takes
 * the one whose file is named like @input_name, a path or NULL, whatever stands behind its name
 * (Master.csv.1). ERROR_INVALID when there is no mapping, or several and no one is named so. */
int cel_columns_config(struct text config, const char *input_name, struct cel_columns *ret_columns,
	struct error *err) CHECK_RESULT;

/* ERROR_INVALID naming what is indispensable and missing: eventtype, eventtime, and linkedid or
 * uniqueid. */
int cel_columns_check(const struct cel_columns *columns, struct error *err) CHECK_RESULT;

/* Which field @name means, in letters of either case. Returns 1, 0 when it is known and means
 * nothing here (an id, a peer's account), and negative when it is not known. */
int cel_columns_field(struct text name, enum cel_field *ret_field);

/* No columns yet, in plain CSV; then the next one, which is passed over when @name means nothing
 * here. */
void cel_columns_clear(struct cel_columns *columns);
void cel_columns_add(struct cel_columns *columns, struct text name);

/* Adds @name to those that mean nothing here, once. */
void cel_columns_note_unknown(struct cel_columns *columns, struct text name);

#endif
