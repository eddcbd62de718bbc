/* SPDX-License-Identifier: MIT
 * What tests of blocks of columns share: calls, sealing, and what must not change by it. */
#ifndef TESTS_STORE_SEALING_H
#define TESTS_STORE_SEALING_H

#include "answers.h"

/* Seals until nothing is left; whether any block was damaged. */
bool seal_all(struct fixture *f);

/* The call with that number, which says other things than its neighbours. */
struct store_put make_put(struct fixture *f, int number, int64_t start);
void put_one(struct fixture *f, int number, int64_t start);
/* One every ten seconds from MIDNIGHT on; the first of them has the number @from. */
void put_many(struct fixture *f, int from, int count);

/* Compares answers_of() with what it was. */
void expect_answers(struct fixture *f, struct text wanted, const char *when);

#endif
