/* SPDX-License-Identifier: MIT
 * The allocation functions of the C library, each with a moment at which it gives nothing. */
#include "failing_memory.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static atomic_long left; /* until the failure; not positive: none is to come */
static atomic_bool keeps_failing;
static atomic_bool held;
static atomic_int failed;
static atomic_long live;

static bool is_due(void)
{
	long now;

	if (held || left <= 0) {
		return false;
	}
	now = atomic_fetch_sub(&left, 1);
	if (now > 1) {
		return false;
	}
	if (now < 1) {
		return false; /* another thread was quicker */
	}
	if (keeps_failing) {
		left = 1;
	}
	failed++;
	errno = ENOMEM;
	return true;
}

void failing_memory_arm(long nth, bool stays)
{
	failed = 0;
	held = false;
	keeps_failing = stays;
	left = nth;
}

int failing_memory_heal(void)
{
	keeps_failing = false;
	left = 0;
	return failed;
}

void failing_memory_hold(bool new_held)
{
	held = new_held;
}

long failing_memory_live(void)
{
	return live;
}

/* ---- the C library's ---- */

/* The linker makes these names of the real ones, and lets every call of the real ones come to the
 * wrappers. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_reallocarray(void *memory, size_t count, size_t size);
char *__real_strdup(const char *string);
void __real_free(void *memory);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
char *__wrap_strdup(const char *string);
int __wrap_asprintf(char **ret, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What asprintf() is called with _FORTIFY_SOURCE. */
int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void __wrap_free(void *memory);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);

static void *counted(void *memory)
{
	live += memory != NULL;
	return memory;
}

void *__wrap_malloc(size_t size)
{
	return is_due() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_due() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
	void *grown = is_due() ? NULL : __real_realloc(memory, size);

	live += grown != NULL && memory == NULL;
	return grown;
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	void *grown = is_due() ? NULL : __real_reallocarray(memory, count, size);

	live += grown != NULL && memory == NULL;
	return grown;
}

char *__wrap_strdup(const char *string)
{
	return is_due() ? NULL : counted(__real_strdup(string));
}

static int print(char **ret, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static int print(char **ret, const char *format, va_list args)
{
	int size = is_due() ? -1 : vasprintf(ret, format, args);

	live += size >= 0;
	return size;
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = print(ret, format, args);
	va_end(args);
	return size;
}

int __wrap___asprintf_chk(char **ret, int flag, const char *format, ...)
{
	va_list args;
	int size;

	(void)flag;
	va_start(args, format);
	size = print(ret, format, args);
	va_end(args);
	return size;
}

void __wrap_free(void *memory)
{
	live -= memory != NULL;
	__real_free(memory);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return is_due() ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

/* ---- SQLite's ---- */

static sqlite3_mem_methods real;

static void *sqlite_malloc(int size)
{
	return is_due() ? NULL : counted(real.xMalloc(size));
}

static void *sqlite_realloc(void *memory, int size)
{
	return is_due() ? NULL : real.xRealloc(memory, size);
}

static void sqlite_free(void *memory)
{
	live -= memory != NULL;
	real.xFree(memory);
}

void failing_memory_register(void)
{
	sqlite3_mem_methods failing;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
	failing = real;
	failing.xMalloc = sqlite_malloc;
	failing.xRealloc = sqlite_realloc;
	failing.xFree = sqlite_free;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
}
