/* SPDX-License-Identifier: MIT
 * What tests of faults share, and the figures that scripts/torture and docs/reliability.md tell. */
#ifndef TESTS_FAULT_FIGURES_H
#define TESTS_FAULT_FIGURES_H

#include "base/auto.h"

/* Before anything else: stores are made in memory where the system has a disk there. Nothing here
 * is about real disks. */
void figures_begin(void);

/* Prints `figure: WHAT: …`. */
void figures_tell(const char *what, const char *format, ...) FORMAT_PRINTF(2, 3);

#endif
