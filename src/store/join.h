/* SPDX-License-Identifier: MIT
 * What becomes of a call of a recording that is held already (call_join.h). Shared by the backends.
 */
#ifndef STORE_STORE_JOIN_H
#define STORE_STORE_JOIN_H

#include "store/index.h"

struct store_join {
	struct packer *packer;
	struct unpacker *unpacker;
	struct store_indexer indexer;
	struct buffer held;  /* the JSON as it is held */
	struct buffer added; /* as it is put */
	struct buffer json;  /* of both */
	struct buffer packed;
	struct arena scratch;
};

/* Nothing is allocated before the first use. */
void store_join_init(struct store_join *join);
void store_join_deinit(struct store_join *join);

/* Joins @put, a call with steps, to the steps @held of the same session. Returns 1 when *@ret_put,
 * whose texts are in @arena, is to be stored instead of @put; 0 when @put takes the place of what
 * is held. *@ret_others as call_join() has it. ERROR_CORRUPT when @held cannot be read. */
int store_join(struct store_join *join, const struct packed *held, const struct store_put *put,
	struct arena *arena, struct store_put *ret_put, bool *ret_others,
	struct error *err) CHECK_RESULT;

#endif
