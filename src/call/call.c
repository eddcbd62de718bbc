/* SPDX-License-Identifier: MIT
 * A call's header: the names of its types. */
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
