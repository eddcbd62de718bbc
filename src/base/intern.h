/* SPDX-License-Identifier: MIT
 * Gives each different text a number, in the order of their coming. */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/hash_table.h"

struct intern {
	struct arena *arena; /* all memory is from there */
	struct hash_key key;
	struct text *texts; /* by number */
	uint32_t count;
	struct hash_table table;
};

void intern_init(struct intern *intern, struct arena *arena);

/* The number of @text, counted from 0; a new one is copied. False when the arena is full. */
bool intern_number(struct intern *intern, struct text text, uint32_t *ret_number) CHECK_RESULT;

#endif
