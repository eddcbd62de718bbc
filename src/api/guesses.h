/* SPDX-License-Identifier: MIT
 * Wrong keys, counted by the network that they came from and by the e-mail that they were tried
 * for. A right key is never counted and never refused. So what others try locks nobody out, behind
 * a shared address either. At no rate are 256 random bits guessed. What is bounded is what guessing
 * costs: lines of the log, and the answer's work. */
#ifndef API_GUESSES_H
#define API_GUESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct guesses;

/* @max wrong keys a minute of one network, and for one e-mail, are heard; 0: any number. */
int guesses_create(struct guesses **ret_guesses, unsigned int max, struct error *err) CHECK_RESULT;
/* NULL is accepted. */
void guesses_destroy(struct guesses *guesses);

/* Notes a wrong key at @now_us of clock_monotonic_us(). Either text may have no data. Returns 0
 * while it is within what is heard, otherwise after how many seconds the next one is; *ret_first
 * tells whether it is the first that is not. */
unsigned int guesses_note(struct guesses *guesses, struct text network, struct text email,
	int64_t now_us, bool *ret_first) CHECK_RESULT;

#endif
