/* SPDX-License-Identifier: MIT
 * A row of Asterisk's call detail records: which column holds what, and what the row says. */
#ifndef INTAKE_SOURCES_CDR_RECORD_H
#define INTAKE_SOURCES_CDR_RECORD_H

#include "base/arena.h"
#include "intake/sources/csv.h"

enum cdr_field {
	CDR_ACCOUNT,
	CDR_SRC,
	CDR_DST,
	CDR_CONTEXT,
	CDR_CLID,
	CDR_CHANNEL,
	CDR_DST_CHANNEL,
	CDR_APP,
	CDR_APP_DATA,
	CDR_START,
	CDR_ANSWER,
	CDR_END,
	CDR_DURATION,
	CDR_BILLSEC,
	CDR_DISPOSITION,
	CDR_AMA_FLAGS,
	CDR_UNIQUE_ID,
	CDR_USER_FIELD,
	CDR_PEER_ACCOUNT,
	CDR_LINKED_ID,
	CDR_SEQUENCE,
	CDR_DID,
	CDR_FIELDS,
};

struct cdr_columns {
	int place[CDR_FIELDS]; /* from 0; -1: not recorded */
	size_t width;
	bool has_header; /* the places are those of a header row */
	struct csv_dialect dialect;
};

struct cdr_record {
	struct cdr_record *next;
	struct text field[CDR_FIELDS]; /* what is not recorded has size 0 */
	int64_t start_us, end_us;
	int64_t answer_us;  /* 0: it was not answered, or that is not recorded */
	int64_t sequence;   /* 0 where it is not recorded */
	int64_t duration_s; /* from start to end */
	int64_t answered_s; /* the part of it behind the answer */
	bool is_main;	    /* it is of the channel that gave the call its id */
	char id[64];	    /* the same whichever way the record is written */
	uint64_t line;	    /* of the input */
};

/* Whether @line, in any of the separators that are known, is a header row with the columns dst,
 * disposition, and calldate or start. Then *@ret_columns, unless NULL, has the places, and the
 * dialect's separator. */
bool cdr_columns_header(struct text line, struct cdr_columns *ret_columns);

/* How @beginning is written, an input's first two lines or what there is of them: below a header
 * row, or as cdr_csv writes it (cdr.conf: 16 columns, and those that loguniqueid, loguserfield and
 * newcdrcolumns add). */
void cdr_columns_guess(struct text beginning, struct cdr_columns *ret_columns);

/* Reads @fields into @record, whose texts are those of @fields. @local: times without a zone are of
 * the process's zone. Negative when it is not a row of such records; @ret_reason, a literal, says
 * why. */
int cdr_record_read(struct cdr_record *record, const struct cdr_columns *columns,
	const struct text *fields, size_t count, bool local, const char **ret_reason) CHECK_RESULT;

/* Whether @text begins like such records: with their header row, or with a row of cdr_csv. */
bool cdr_looks_like(struct text text);

#endif
