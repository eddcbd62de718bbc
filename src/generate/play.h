/* SPDX-License-Identifier: MIT
 * Plays one call of a made-up application and writes it as canonical JSON. */
#ifndef GENERATE_PLAY_H
#define GENERATE_PLAY_H

#include "base/buffer.h"
#include "generate/random.h"

#define PLAY_STEPS_MIN 5
#define PLAY_STEPS_MAX 60

/* Appends the call that @random makes, starting at @start_s; @session_id needs no escaping.
 * @scratch is working memory. */
void play_call(struct buffer *out, struct buffer *scratch, struct random *random, int64_t start_s,
	struct text session_id);

#endif
