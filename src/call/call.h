/* SPDX-License-Identifier: MIT
 * What a call is: its header. Its steps travel as canonical JSON (call_json.h) or packed (pack.h).
 */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "base/text.h"

#define CALL_SESSION_ID_MAX 128 /* bytes; API.md §2 */
#define CALL_TIME_END                                                                              \
	INT64_C(100000000000) /* UNIX seconds from here on are milliseconds; API.md §3 "Times" */
#define CALL_NUMBER_MAX	      128		/* bytes of dest and of src */
#define CALL_SIZE_MAX_DEFAULT ((size_t)1 << 20) /* bytes of a call's JSON; a setting */

enum call_type {
	CALL_INBOUND,
	CALL_OUTBOUND,
	CALL_TRANSFER,
};

enum call_state {
	CALL_ENDED,
	CALL_LIVE, /* it goes on, as far as the store knows */
};

/* How a call ended: docs/outcome.md. */
enum call_outcome {
	CALL_NO_OUTCOME, /* it is not known, or the call goes on */
	CALL_ANSWERED,
	CALL_MISSED,
	CALL_ABANDONED,
	CALL_BUSY,
	CALL_FAILED,
	CALL_VOICEMAIL,
	CALL_TRANSFERRED,
	CALL_COMPLETED,
};

/* Which side ended a call. */
enum call_ended_by {
	CALL_ENDED_BY_NONE, /* it is not known, or the call goes on */
	CALL_ENDED_BY_CALLER,
	CALL_ENDED_BY_CALLED,
	CALL_ENDED_BY_SYSTEM,
};

/* Which of these members a sender told: its word stands, the others come from the steps. */
enum call_told {
	CALL_TOLD_OUTCOME = 1,
	CALL_TOLD_ANSWERED = 2,
	CALL_TOLD_TALK = 4,
	CALL_TOLD_ENDED_BY = 8,
};

/* The names of an enum's values, from 0 on. */
struct call_names {
	const struct text *items;
	size_t count;
};
extern const struct call_names call_type_names;	 /* inbound, outbound, transfer */
extern const struct call_names call_state_names; /* ended, live */
/* Of these two the value 0 has an empty name. */
extern const struct call_names call_outcome_names;  /* answered, missed, … */
extern const struct call_names call_ended_by_names; /* caller, called, system */

struct call {
	struct text dest; /* as it came, UTF-8 without control characters */
	struct text src;
	struct text session_id; /* unique within the account */
	int64_t start;		/* UNIX seconds, not negative */
	int64_t end;		/* UNIX seconds, not before start */
	enum call_type type;
	bool has_detail;       /* an array of steps came with it, be it empty */
	uint32_t steps;	       /* how many */
	enum call_state state; /* not in the call's JSON, as all below */
	enum call_outcome outcome;
	enum call_ended_by ended_by;
	int64_t answered; /* UNIX seconds: when a person answered; 0: not known, or nobody did */
	int64_t talk;	  /* seconds that persons talked, all talks together */
	int64_t told;	  /* enum call_told, or-ed */
};

const char *call_type_name(enum call_type type);
bool call_type_parse(struct text name, enum call_type *ret_type);

const char *call_state_name(enum call_state state);
bool call_state_parse(struct text name, enum call_state *ret_state);

/* Whether it is known whether a person answered, and whether one did. */
bool call_knows_answer(const struct call *call);
bool call_is_answered(const struct call *call);

/* Whether it is known for how long persons talked. */
bool call_knows_talk(const struct call *call);

/* The value that @name stands for; negative: it is empty, or not a name. */
int call_names_find(const struct call_names *names, struct text name);

#endif
