/* SPDX-License-Identifier: MIT
 * Who did what through the API, for the audit trail. Every request whose endpoint has an action
 * makes a record when it is over; what changes keys makes one before it is answered. */
#ifndef API_AUDIT_H
#define API_AUDIT_H

#include "base/buffer.h"
#include "http/http.h"

struct job;

/* What is known of a request beside what the server knows. */
struct audit_note {
	int64_t key_id;
	int64_t calls;	     /* that were given out or taken in; -1: it is not about calls */
	struct text subject; /* instead of the address; data NULL: the address */
	bool recorded;	     /* there is a record already */
	/* the record is known only after the request is over: `later` has what it is made of then
	 */
	bool waits;
	struct audit_later *later; /* NULL: there is none to make */
};

/* The request was not let in: the e-mail that was tried. Never the key. */
void audit_refused(struct job *job, struct text email);

/* So many calls more were given out or taken in. */
void audit_calls(struct job *job, int64_t calls);

/* Writes the record of a change at once, durably: `make-key`, "key 7". */
int audit_write(
	struct job *job, const char *action, const char *subject, struct error *err) CHECK_RESULT;

/* Makes the record of a request that waited, with the calls that were taken in, and frees @later.
 * From any thread. */
void audit_note_later(struct audit_later *later, int64_t calls);

/* Appends the request's query, decoded, without what rules hide and without digits of words that
 * calls were searched for (upkeep/asked.h). For the audit trail and the log; @context is the API.
 */
void audit_write_query(void *context, struct http_request *request, struct buffer *out);

/* The request is over; @status 0: there was no answer. */
void audit_completed(struct job *job, int status);

#endif
