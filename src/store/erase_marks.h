/* SPDX-License-Identifier: MIT
 * Records of the audit trail whose subjects name what is being erased, and the same subjects with a mark in its place. */
#ifndef STORE_ERASE_MARKS_H
#define STORE_ERASE_MARKS_H

#include "base/arena.h"
#include "base/error.h"

struct erase_mark {
	int64_t id; /* of the record */
	struct text subject;
};

struct erase_marks {
	struct text erased; /* a number's key or a session id */
	struct arena arena; /* of the subjects */
	struct erase_mark *records;
	size_t count;
};

/* @erased stays valid for as long as the marks are used. */
void erase_marks_init(struct erase_marks *marks, struct text erased);
void erase_marks_deinit(struct erase_marks *marks);

/* Notes the record when its subject spells what was erased, however it was written there. */
int erase_marks_look(
	struct erase_marks *marks, int64_t id, struct text subject, struct error *err) CHECK_RESULT;

#endif
