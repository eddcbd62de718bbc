/* SPDX-License-Identifier: MIT
 * Documents that are JSON and documents that are none, each with what it tries. */
#ifndef SYNTAX_CASES_H
#define SYNTAX_CASES_H

#include "base/text.h"

struct syntax_case {
	const char *what;
	struct text input;
};

extern const struct syntax_case syntax_accepted[];
extern const struct syntax_case syntax_rejected[];
extern const size_t syntax_accepted_count;
extern const size_t syntax_rejected_count;

#endif
