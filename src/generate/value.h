/* SPDX-License-Identifier: MIT
 * What callers type and services answer. */
#ifndef GENERATE_VALUE_H
#define GENERATE_VALUE_H

#include "generate/random.h"
#include "generate/script.h"

/* Where a value is made: the texts that the functions return lie in it until the next one. */
struct value_maker {
	struct random *random;
	char text[32];
};

/* @digit_count as struct op has it. */
struct text value_make(struct value_maker *maker, enum value value, unsigned int digit_count);

/* @value in decimal. */
struct text value_number(struct value_maker *maker, uint32_t value);

#endif
