/* SPDX-License-Identifier: MIT
 * The codings in which forms and reports are posted. */
#ifndef INTAKE_SOURCES_DOCUMENT_FORM_H
#define INTAKE_SOURCES_DOCUMENT_FORM_H

#include "base/arena.h"

/* The bytes that @text, base64 of RFC 4648 with or without padding and line ends, stands for.
 * Returns false when it is not base64 or @arena is full. */
bool form_decode_base64(struct arena *arena, struct text text, struct text *ret_bytes) CHECK_RESULT;

#endif
