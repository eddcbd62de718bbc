/* SPDX-License-Identifier: MIT
 * What a call is: types, numbers, how long detail is served. */
#include "call/call.h"

static const char *const type_names[] = {
	[CALL_INBOUND] = "inbound",
	[CALL_OUTBOUND] = "outbound",
	[CALL_TRANSFER] = "transfer",
};

const char *call_type_name(enum call_type type)
{
	return type_names[type];
}

bool call_type_parse(struct text name, enum call_type *ret_type)
{
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
		if (text_equal_string(name, type_names[i])) {
			*ret_type = (enum call_type)i;
			return true;
		}
	}
	return false;
}

bool call_detail_served(int64_t start, int64_t now, int64_t detail_seconds)
{
	return detail_seconds == 0 || start > now - detail_seconds;
}

static bool is_punctuation(char byte)
{
	return byte == ' ' || byte == '(' || byte == ')' || byte == '-' || byte == '.';
}

struct text call_number_key(struct text number, char buffer[CALL_NUMBER_MAX])
{
	struct text key = {.data = buffer};
	bool first = true;

	if (number.size > CALL_NUMBER_MAX) {
		return number;
	}
	for (size_t i = 0; i < number.size; i++) {
		char byte = number.data[i];

		if (is_punctuation(byte)) {
			continue;
		}
		if (byte >= '0' && byte <= '9') {
			buffer[key.size++] = byte;
		} else if (byte != '+' || !first) {
			return number;
		}
		first = false;
	}
	return key.size > 0 ? key : number;
}
