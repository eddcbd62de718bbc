/* SPDX-License-Identifier: MIT
 * Memory that runs out on purpose. The program's own calls of malloc() and its like are linked to
 * come here (--wrap, meson.build), and SQLite is told to; those of other libraries are not. Counts
 * what is allocated, so that a leak shows without a sanitizer. */
#ifndef TESTS_FAULT_FAILING_MEMORY_H
#define TESTS_FAULT_FAILING_MEMORY_H

#include <stdbool.h>

/* Before SQLite is used. */
void failing_memory_register(void);

/* Lets the @nth allocation from now on fail, and, when it @stays, all after it. */
void failing_memory_arm(long nth, bool stays);

/* Lets all go well again; returns how many failed. */
int failing_memory_heal(void);

/* While held, nothing fails and nothing is counted. */
void failing_memory_hold(bool held);

/* How many allocations there are that were not freed: of the program's own, and of SQLite. */
long failing_memory_live(void);

#endif
