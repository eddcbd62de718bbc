/* SPDX-License-Identifier: MIT
 * Parking reasons. */
#include "intake/sources/asterisk/cel_walk.h"

const char *cel_park_words(struct text reason)
{
	static const struct {
		const char *reason;
		const char *words;
	} reasons[] = {
		{"ParkedCallTimeOut", "nobody took the call in time"},
		{"ParkedCallGiveUp", "the parked party hung up"},
		{"ParkedCallUnparked", "the call was taken"},
		{"UnParkedCall", "the call was taken"},
		{"ParkedCallFailed", "parking failed"},
		{"ParkedCallSwap", "another channel took its place"},
	};

	for (size_t i = 0; i < COUNT_OF(reasons); i++) {
		if (text_equal_string(reason, reasons[i].reason)) {
			return reasons[i].words;
		}
	}
	return NULL;
}
