/* SPDX-License-Identifier: MIT
 * What tests of faults share: how thorough they are, and the figures that scripts/torture and
 * docs/reliability.md tell. */
#ifndef TESTS_FAULT_FIGURES_H
#define TESTS_FAULT_FIGURES_H

#include "base/auto.h"

/* Before anything else: stores are made in memory where the system has a disk there. Nothing here
 * is about real disks. */
void figures_begin(void);

/* A number of rounds: the environment's @name, or @usual. */
int figures_rounds(const char *name, int usual);

/* Prints `figure: WHAT: …`. */
void figures_tell(const char *what, const char *format, ...) FORMAT_PRINTF(2, 3);

#endif
