/* SPDX-License-Identifier: MIT
 * A call's header: the names of its values. */
#include "call/call.h"

static const struct text type_names[] = {
	[CALL_INBOUND] = {"inbound", 7},
	[CALL_OUTBOUND] = {"outbound", 8},
	[CALL_TRANSFER] = {"transfer", 8},
};
static const struct text state_names[] = {
	[CALL_ENDED] = {"ended", 5},
	[CALL_LIVE] = {"live", 4},
};
static const struct text outcome_names[] = {
	[CALL_NO_OUTCOME] = {"", 0},
	[CALL_ANSWERED] = {"answered", 8},
	[CALL_MISSED] = {"missed", 6},
	[CALL_ABANDONED] = {"abandoned", 9},
	[CALL_BUSY] = {"busy", 4},
	[CALL_FAILED] = {"failed", 6},
	[CALL_VOICEMAIL] = {"voicemail", 9},
	[CALL_TRANSFERRED] = {"transferred", 11},
	[CALL_COMPLETED] = {"completed", 9},
};
static const struct text ended_by_names[] = {
	[CALL_ENDED_BY_NONE] = {"", 0},
	[CALL_ENDED_BY_CALLER] = {"caller", 6},
	[CALL_ENDED_BY_CALLED] = {"called", 6},
	[CALL_ENDED_BY_SYSTEM] = {"system", 6},
};

const struct call_names call_type_names = {type_names, COUNT_OF(type_names)};
const struct call_names call_state_names = {state_names, COUNT_OF(state_names)};
const struct call_names call_outcome_names = {outcome_names, COUNT_OF(outcome_names)};
const struct call_names call_ended_by_names = {ended_by_names, COUNT_OF(ended_by_names)};

const char *call_type_name(enum call_type type)
{
	return type_names[type].data;
}

bool call_type_parse(struct text name, enum call_type *ret_type)
{
	int type = call_names_find(&call_type_names, name);

	if (type < 0) {
		return false;
	}
	*ret_type = (enum call_type)type;
	return true;
}

const char *call_state_name(enum call_state state)
{
	return state_names[state].data;
}

bool call_state_parse(struct text name, enum call_state *ret_state)
{
	int state = call_names_find(&call_state_names, name);

	if (state < 0) {
		return false;
	}
	*ret_state = (enum call_state)state;
	return true;
}

bool call_is_answered(const struct call *call)
{
	return call->answered > 0 || call->outcome == CALL_ANSWERED;
}

bool call_knows_answer(const struct call *call)
{
	return call->answered > 0 || call->outcome != CALL_NO_OUTCOME;
}

bool call_knows_talk(const struct call *call)
{
	return call->answered > 0 || call->talk > 0 || (call->told & CALL_TOLD_TALK) != 0;
}

int call_names_find(const struct call_names *names, struct text name)
{
	for (size_t i = 0; name.size > 0 && i < names->count; i++) {
		if (text_equal(name, names->items[i])) {
			return (int)i;
		}
	}
	return -1;
}
