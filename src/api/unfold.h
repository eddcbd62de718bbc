/* SPDX-License-Identifier: MIT
 * Undoes the content coding of a body that is there as a whole. */
#ifndef API_UNFOLD_H
#define API_UNFOLD_H

#include "base/buffer.h"
#include "base/error.h"
#include "intake/stream/stream.h"

/* Whether unfolding may hold @bytes in all. */
typedef bool unfold_room(void *context, size_t bytes);

/* Unfolds @body into @plain, which is empty, up to that one's ceiling. Before it holds more it asks
 * @room. ERROR_BUSY: there is none; ERROR_TOO_LARGE: it unfolds to more than the ceiling;
 * ERROR_INVALID, ERROR_UNSUPPORTED: as decoder_step(). It takes as long as unfolding the ceiling
 * does, so it has no place on a connection's thread. */
int unfold(enum stream_coding coding, struct text body, struct buffer *plain, unfold_room *room,
	void *context, struct error *err) CHECK_RESULT;

#endif
