/* SPDX-License-Identifier: MIT
 * Records of the audit trail whose subjects name what is being erased, and the same subjects with a
 * mark in its place. */
#ifndef STORE_ERASE_MARKS_H
#define STORE_ERASE_MARKS_H

#include "base/arena.h"
#include "base/error.h"

/* Numbers' keys and session ids, in any order. */
struct erase_names {
	const struct text *items;
	size_t count;
};

struct erase_mark {
	int64_t id; /* of the record */
	struct text subject;
};

struct erase_marks {
	struct arena arena; /* of the names and the subjects */
	struct text *names; /* sorted, each once, as erase_marks.c compares them */
	size_t names_count;
	bool sizes[256]; /* which sizes names have; the last one stands for all that are larger */
	struct erase_mark *records;
	size_t count;
};

int erase_marks_init(
	struct erase_marks *marks, const struct erase_names *names, struct error *err) CHECK_RESULT;
void erase_marks_deinit(struct erase_marks *marks);

/* Notes the record when its subject spells one of the names, however it was written. It may be
 * percent-encoded, and a number may have all that it is written with (call_number_key()). What is a
 * part of a longer word or number does not count. */
int erase_marks_look(
	struct erase_marks *marks, int64_t id, struct text subject, struct error *err) CHECK_RESULT;

#endif
