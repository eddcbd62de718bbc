/* SPDX-License-Identifier: MIT
 * Inside of collecting from Twilio. */
#ifndef COLLECT_TWILIO_PRIVATE_H
#define COLLECT_TWILIO_PRIVATE_H

#include "collect/ask.h"
#include "collect/collect_twilio.h"
#include "intake/sources/twilio/twilio_steps.h"
#include "json/json_find.h"

#define TWILIO_SID_SIZE 40

/* A call, or an execution of Studio, that is not done with. Both are bounded by TWILIO_OPEN_MAX. */
struct twilio_open {
	char sid[TWILIO_SID_SIZE];
	int64_t created;
	size_t steps; /* that were spooled */
	bool done;
};

#define TWILIO_OPEN_MAX 20000

struct twilio_set {
	struct twilio_open *items;
	size_t count;
	size_t capacity;
};

struct twilio {
	struct poller poller; /* first: what waits and tells is given its address */
	const struct collect_twilio_options *options;
	struct asker asker;
	struct buffer url;
	struct arena arena; /* of one execution or call */
	unsigned int rounds;
	struct twilio_set executions;
	struct twilio_set calls; /* that an execution has, or that are done with */
	int64_t from;		 /* what was created before is done with */
};

/* The item of @sid, made where it is missing; NULL: memory or room is short. */
struct twilio_open *twilio_set_find(struct twilio_set *set, struct text sid);

/* Asks for @path below @base, or for the whole address @path where @base is NULL. */
enum asked twilio_ask(struct twilio *twilio, const char *base, struct text path,
	struct fetch_answer *ret_answer, struct error *err) CHECK_RESULT;

/* Walks the entries of the list at @path page by page. @key names the list in the answer. @take's
 * entries are valid until it asks for something itself. */
enum asked twilio_list(struct twilio *twilio, const char *base, struct text path, const char *key,
	enum asked (*take)(void *context, struct text entry, struct error *err), void *context,
	struct error *err) CHECK_RESULT;

/* A time of the REST API (RFC 2822) or of Studio (ISO 8601); negative: it is neither. */
int64_t twilio_time(struct text value);

/* What the call resource @call says, as the header of an events line, with @steps. */
int twilio_spool_call(struct twilio *twilio, struct text call, const struct twilio_steps *steps,
	bool ended, struct error *err) CHECK_RESULT;

/* Whether the call resource @call is over. */
bool twilio_call_is_over(struct text call);

/* ---- twilio_studio.c, twilio_calls.c: one round each ---- */

enum asked twilio_ask_executions(struct twilio *twilio, struct error *err) CHECK_RESULT;
enum asked twilio_ask_calls(struct twilio *twilio, struct error *err) CHECK_RESULT;

#endif
