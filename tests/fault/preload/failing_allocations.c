/* SPDX-License-Identifier: MIT
 * Memory that runs out now and then, for all of the program and its libraries: while the file named
 * by CALLSTEP_TEST_MEMORY holds a number, one allocation in as many fails. */
#include <errno.h>

#include "control.h"

/* The C library's own, under the names that it keeps for this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static const _Atomic int64_t *one_in;
static _Atomic uint64_t turn;

static void __attribute__((constructor)) begin(void)
{
	one_in = control_open("CALLSTEP_TEST_MEMORY");
}

/* By chance, and the same chance in each run: the multiplier is the golden ratio's. */
static int is_due(void)
{
	int64_t every = one_in ? *one_in : 0;
	uint64_t mixed;

	if (every <= 0) {
		return 0;
	}
	mixed = (atomic_fetch_add(&turn, 1) + 1) * UINT64_C(0x9e3779b97f4a7c15);
	if ((mixed >> 20) % (uint64_t)every != 0) {
		return 0;
	}
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return is_due() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return is_due() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	return is_due() ? NULL : __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(memory, total);
}
