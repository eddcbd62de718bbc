/* SPDX-License-Identifier: MIT
 * Text from other systems made fit for a call. */
#ifndef INTAKE_SOURCES_REPAIR_H
#define INTAKE_SOURCES_REPAIR_H

#include "base/arena.h"

/* A copy of @text in @arena with every byte that is not UTF-8 replaced by U+FFFD; data is NULL when
 * the arena is full. */
struct text repair_utf8(struct arena *arena, struct text text) CHECK_RESULT;

/* A copy of valid @text as a header takes it (API.md §2): control characters replaced by U+FFFD,
 * cut to at most
 * @size_max bytes between characters. */
struct text repair_header(struct arena *arena, struct text text, size_t size_max) CHECK_RESULT;

#endif
