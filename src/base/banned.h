/* SPDX-License-Identifier: MIT
 * Functions that do not compile in callstep, each with what to use instead. Included before every
 * file. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Unbounded copies: buffer_append(), text, snprintf(). With _FORTIFY_SOURCE clang has macros for
 * some. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf gets stpcpy
/* Silent truncation or missing terminator: the same. */
#pragma GCC poison strncpy strncat
/* No error reporting: text_to_int64(). */
#pragma GCC poison atoi atol atoll
/* Hidden static state: strtok_r() or text_split(), gmtime_r(), localtime_r(). */
#pragma GCC poison strtok gmtime localtime ctime asctime
/* Unbounded stack. */
#undef alloca
#pragma GCC poison alloca

#endif
