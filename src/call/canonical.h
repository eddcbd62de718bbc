/* SPDX-License-Identifier: MIT
 * Writing canonical JSON from JSON that was checked: the pieces that call_json.c is made of. */
#ifndef CALL_CANONICAL_H
#define CALL_CANONICAL_H

#include "base/buffer.h"
#include "call/call.h"

/* Appends @json, a valid JSON value, without white space and with its strings escaped minimally. */
void canonical_write(struct buffer *buffer, struct text json);

/* Appends `,"name":value` for each member of the valid @object whose name is not among @known,
 * NULL-ended. */
void canonical_write_members(struct buffer *buffer, struct text object, const char *const *known);

/* Puts the header of @call round the steps `[…]` that are all of @buffer so far. */
void canonical_wrap(struct buffer *buffer, const struct call *call);

#endif
