/* SPDX-License-Identifier: MIT
 * What a server's answers say (docs/api.md), and finding the line that they speak of. */
#ifndef COLLECT_ANSWER_H
#define COLLECT_ANSWER_H

#include "base/buffer.h"

struct answer_reject {
	uint64_t line; /* of the request, from 1 */
	struct text session_id;
	struct text reason;
	int64_t held; /* steps, where the line stood behind them; negative: not told */
};

/* Reads the rejects of an answer of POST /v1/events. False when it does not list any member
 * "rejected": then nothing was told to @take. */
bool answer_read_rejects(struct text answer,
	void (*take)(void *context, const struct answer_reject *reject), void *context);

/* How many steps the call in an answer of GET /v1/calls/{session_id} has; 0 where it has none. */
int64_t answer_count_steps(struct text answer);

/* The line of @batch with that number, from 1; empty when it has fewer. */
struct text answer_line(struct text batch, uint64_t number);

/* The session of the first events line in @batch, as it is written there. */
struct text answer_session(const struct buffer *batch);

#endif
