/* SPDX-License-Identifier: MIT
 * Which column of a channel event log holds what. */
#ifndef INTAKE_SOURCES_CEL_COLUMNS_H
#define INTAKE_SOURCES_CEL_COLUMNS_H

#include "base/error.h"
#include "base/text.h"

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
};

/* The order of the mapping in Asterisk's cel_custom.conf.sample. */
void cel_columns_sample(struct cel_columns *ret_columns);

/* Whether @fields are a header row, and what it says: the names of cel_custom's expressions or of the tables that
 * cel_odbc, cel_sqlite3_custom and cel_pgsql write to, letters of either case. */
bool cel_columns_header(const struct text *fields, size_t count, struct cel_columns *ret_columns);

/* Reads the first mapping of a cel_custom.conf: `Master.csv => ${CSV_QUOTE(${eventtype})},…`, also with the older
 * `"${eventtype}"` and with bare `${eventtype}`. ERROR_INVALID when there is none. */
int cel_columns_config(
	struct text config, struct cel_columns *ret_columns, struct error *err) CHECK_RESULT;

/* ERROR_INVALID naming what is indispensable and missing: eventtype, eventtime, and linkedid or uniqueid. */
int cel_columns_check(const struct cel_columns *columns, struct error *err) CHECK_RESULT;

#endif
