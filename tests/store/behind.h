/* SPDX-License-Identifier: MIT
 * SQL in the file of an embedded store, behind the program's back. */
#ifndef TESTS_STORE_BEHIND_H
#define TESTS_STORE_BEHIND_H

#include <sqlite3.h>

#include "fixture.h"

/* To be closed by sqlite3_close(). */
sqlite3 *open_behind(const struct fixture *f);

void tamper(const struct fixture *f, const char *sql);

/* The first value of the first row. */
int64_t number_of(const struct fixture *f, const char *sql);

#endif
