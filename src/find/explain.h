/* SPDX-License-Identifier: MIT
 * How a question was answered, and what that took: `explain=true` below /v1, `callstep explain`. */
#ifndef FIND_EXPLAIN_H
#define FIND_EXPLAIN_H

#include "base/buffer.h"
#include "store/store.h"

struct explain {
	struct store_cost cost; /* for store_search.cost */
	int64_t us;		/* that passed, and that the processor spent: this thread's */
	int64_t cpu_us;
	bool ended;
};

/* Begins anew. What is asked is asked on this thread until explain_end(), which counts once. */
void explain_begin(struct explain *explain);
void explain_end(struct explain *explain);

/* What answered, the cheapest first; NULL: @at is behind the last one. */
const char *explain_from(const struct explain *explain, size_t at);

/* Writes the document of an answer with `explain=true`. */
void explain_write(struct buffer *buffer, const struct explain *explain);

#endif
