/* SPDX-License-Identifier: MIT
 * What a store answers, as a text that is compared. */
#ifndef TESTS_STORE_ANSWERS_H
#define TESTS_STORE_ANSWERS_H

#include "fixture.h"

/* The answers to questions that read each column of blocks. */
struct text answers_of(struct fixture *f);

#endif
