/* SPDX-License-Identifier: MIT
 * What a telephone exchange says in numbers and abbreviations, in words. */
#ifndef INTAKE_SOURCES_CEL_WORDS_H
#define INTAKE_SOURCES_CEL_WORDS_H

#include "base/text.h"

/* The meaning of a hang-up @cause (ITU-T Q.850 §2.2.7, and Asterisk's 0). */
const char *cel_cause_words(int64_t cause);

/* Whether a call that ends with @cause has failed, rather than being over, busy, not answered or
 * answered by another. */
bool cel_cause_is_failure(int64_t cause);

/* Why a parked call was parked no longer: the reason of PARK_END in words; NULL for one that is not
 * known. */
const char *cel_park_words(struct text reason);

#endif
