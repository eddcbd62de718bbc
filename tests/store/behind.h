/* SPDX-License-Identifier: MIT
 * SQL in the file of an embedded store, or in a schema, behind the program's back. */
#ifndef TESTS_STORE_BEHIND_H
#define TESTS_STORE_BEHIND_H

#include <sqlite3.h>

#include "fixture.h"

/* Of an embedded store; to be closed by sqlite3_close(). */
sqlite3 *open_behind(const struct fixture *f);

void tamper(const struct fixture *f, const char *sql);

/* The first value of the first row. */
int64_t number_of(const struct fixture *f, const char *sql);

/* The columns of blocks, by the id of their segment. */
struct text segment_of(struct fixture *f, int64_t id);
void put_segment(const struct fixture *f, int64_t id, struct text segment);

#endif
