/* SPDX-License-Identifier: MIT
 * What each fuzz target defines, under the name that libFuzzer calls, and the check it may use. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Takes one input; returns 0. What must hold and does not ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As assert(), whether or not NDEBUG is set. */
static inline void fuzz_require(int holds)
{
	if (!holds) {
		abort();
	}
}

#endif
