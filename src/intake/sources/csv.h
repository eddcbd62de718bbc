/* SPDX-License-Identifier: MIT
 * Reads CSV record by record (RFC 4180), and its kin with other separators and quotes, in pieces of
 * any size.
 *
 * Beyond the RFC it takes what Asterisk's CSV modules write. Records may end with LF alone, blanks
 * may stand around quotes, and quotes inside a quoted field need not be doubled (`"Bob "The"
 * Builder"`). A quote closes its field only where a separator, the end of the line or the end of
 * the input follows. */
#ifndef INTAKE_SOURCES_CSV_H
#define INTAKE_SOURCES_CSV_H

#include "base/buffer.h"
#include "base/error.h"

#define CSV_FIELDS_MAX	     256
#define CSV_RECORD_MAX	     ((size_t)1 << 20) /* bytes */
#define CSV_RECORD_LINES_MAX 100

struct csv_dialect {
	char separator; /* of fields; a line feed, which no record holds: each line is one field */
	char quote;	/* around fields; NUL: quotes are bytes like all others */
	/* before a quote inside quotes: the quote itself, or another byte, which stands for itself
	 * elsewhere */
	char escape;
	/* `\t`, `\n`, `\0` and `\\` outside of quotes stand for those bytes, as `mariadb --batch`
	 * writes them */
	bool backslashes;
};

/* Commas and double quotes. */
extern const struct csv_dialect csv_plain;

struct csv_handler {
	/* One record; the texts die with the call. A field that is `NULL` or `\N` without quotes
	 * means that there is no value: its data is NULL, its size 0. Negative ends the reading
	 * with @err. */
	int (*record)(void *context, const struct text *fields, size_t count, uint64_t line,
		struct error *err);
	/* What stands at @line was not a record; reading goes on with the line after it. */
	void (*reject)(void *context, uint64_t line, const char *error);
	void *context;
};

#define CSV_STATES 14

struct csv_reader {
	struct csv_handler handler;
	struct csv_dialect dialect;
	unsigned char next[CSV_STATES][256]; /* from a state by a byte; private to csv.c */
	struct buffer pending; /* bytes from the start of the record that is not complete */
	size_t scanned;	       /* how far they were looked at */
	int state;	       /* private to csv.c */
	uint64_t line;	       /* where the record begins, from 1 */
	uint64_t newlines;     /* inside the record so far */
	bool started;	       /* a byte order mark can no longer come */
};

void csv_init(struct csv_reader *reader, const struct csv_dialect *dialect,
	const struct csv_handler *handler);
void csv_deinit(struct csv_reader *reader);

/* Takes the next bytes. Returns 0; negative when the handler's record() failed or memory ran out.
 */
int csv_feed(
	struct csv_reader *reader, const char *data, size_t size, struct error *err) CHECK_RESULT;

/* No more bytes will come: what is pending is the last record, complete without a line's end. */
int csv_end(struct csv_reader *reader, struct error *err) CHECK_RESULT;

#endif
