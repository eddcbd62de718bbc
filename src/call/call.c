/* SPDX-License-Identifier: MIT
 * A call's header: the names of its types and states. */
#include "call/call.h"

static const struct text type_names[] = {
	[CALL_INBOUND] = {"inbound", 7},
	[CALL_OUTBOUND] = {"outbound", 8},
	[CALL_TRANSFER] = {"transfer", 8},
};

const char *call_type_name(enum call_type type)
{
	return type_names[type].data;
}

bool call_type_parse(struct text name, enum call_type *ret_type)
{
	for (size_t i = 0; i < COUNT_OF(type_names); i++) {
		if (text_equal(name, type_names[i])) {
			*ret_type = (enum call_type)i;
			return true;
		}
	}
	return false;
}

static const struct text state_names[] = {
	[CALL_ENDED] = {"ended", 5},
	[CALL_LIVE] = {"live", 4},
};

const char *call_state_name(enum call_state state)
{
	return state_names[state].data;
}

bool call_state_parse(struct text name, enum call_state *ret_state)
{
	for (size_t i = 0; i < COUNT_OF(state_names); i++) {
		if (text_equal(name, state_names[i])) {
			*ret_state = (enum call_state)i;
			return true;
		}
	}
	return false;
}
