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

/* The names of an enum's values, from 0 on. */
struct call_names {
	const struct text *items;
	size_t count;
};
extern const struct call_names call_type_names;	 /* inbound, outbound, transfer */
extern const struct call_names call_state_names; /* ended, live */

struct call {
	struct text dest; /* as it came, UTF-8 without control characters */
	struct text src;
	struct text session_id; /* unique within the account */
	int64_t start;		/* UNIX seconds, not negative */
	int64_t end;		/* UNIX seconds, not before start */
	enum call_type type;
	bool has_detail;       /* an array of steps came with it, be it empty */
	uint32_t steps;	       /* how many */
	enum call_state state; /* not in the call's JSON */
};

const char *call_type_name(enum call_type type);
bool call_type_parse(struct text name, enum call_type *ret_type);

const char *call_state_name(enum call_state state);
bool call_state_parse(struct text name, enum call_state *ret_state);

/* The value that @name stands for; negative: it is empty, or not a name. */
int call_names_find(const struct call_names *names, struct text name);

#endif
