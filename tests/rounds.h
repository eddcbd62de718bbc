/* SPDX-License-Identifier: MIT
 * How thorough a test is: sanitizers and quick runs do fewer rounds, scripts/torture more. */
#ifndef TESTS_ROUNDS_H
#define TESTS_ROUNDS_H

#include <stdlib.h>

#include "base/text.h"

#define ROUNDS_MAX 1000000000

/* A number of rounds: the environment's @name, or @usual. */
static inline int rounds_of(const char *name, int usual)
{
	int64_t number;

	if (!text_to_int64(text_of(getenv(name)), &number) || number < 1 || number > ROUNDS_MAX) {
		return usual;
	}
	return (int)number;
}

#endif
