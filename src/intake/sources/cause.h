/* SPDX-License-Identifier: MIT
 * Why a call ended: the hang-up causes that exchanges share. */
#ifndef INTAKE_SOURCES_CAUSE_H
#define INTAKE_SOURCES_CAUSE_H

#include <stdbool.h>
#include <stdint.h>

/* The meaning of a hang-up @cause (ITU-T Q.850 §2.2.7, and 0, which exchanges use for none). */
const char *cause_words(int64_t cause);

/* Whether a call that ends with @cause has failed, rather than being over, busy, not answered or
 * answered by another. */
bool cause_is_failure(int64_t cause);

#endif
