/* SPDX-License-Identifier: MIT
 * Cursors: a place in the order of pages as one word of a URL. */
#ifndef API_CURSOR_H
#define API_CURSOR_H

#include "store/store.h"

#define CURSOR_TEXT_SIZE 200 /* of the longest, and the NUL */

/* Writes the place behind @call. Returns @buffer. */
const char *cursor_write(const struct call *call, char buffer[CURSOR_TEXT_SIZE]);

/* Reads what cursor_write() wrote; the session is copied into @arena. False when it is anything
 * else. */
bool cursor_read(struct text text, struct arena *arena, struct store_place *ret_place) CHECK_RESULT;

#endif
