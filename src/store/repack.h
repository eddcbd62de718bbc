/* SPDX-License-Identifier: MIT
 * Packed calls that are opened again. Their steps go under a new header, or are joined to the other
 * part of their call (call/call_join.h). Or they are cut into what they are found by. Shared by the
 * backends. / */
#ifndef STORE_REPACK_H
#define STORE_REPACK_H

#include "store/index.h"

/* What it takes, kept from call to call; one a thread at a time. */
struct store_repacker {
	struct packer *packer;
	struct unpacker *unpacker;
	struct store_indexer indexer;
	struct buffer held;  /* the JSON as it is held */
	struct buffer added; /* as it is put */
	struct buffer json;  /* as it becomes */
	struct buffer packed;
	struct arena scratch;
};

/* Nothing is allocated before the first use. */
void store_repacker_init(struct store_repacker *repacker);
void store_repacker_deinit(struct store_repacker *repacker);

/* Makes it ready, and forgets what it was used for before. */
int store_repacker_begin(struct store_repacker *repacker, struct error *err) CHECK_RESULT;

/* Packs what stands in repacker->json; @ret_packed is valid until the next use. */
int store_repacker_pack(
	struct store_repacker *repacker, struct packed *ret_packed, struct error *err) CHECK_RESULT;

/* Packs the steps of @held under the header @call: for a later copy of a call that has no detail
 * itself (API.md §2 "Identity"). How the call went is set as its steps say it. @ret_packed is valid
 * until the next use. ERROR_CORRUPT when @held cannot be read. */
int store_rewrap(struct store_repacker *repacker, struct call *call, const struct packed *held,
	struct packed *ret_packed, struct error *err) CHECK_RESULT;

/* Joins @put, a call with steps, to the steps @held of the same session. Returns 1 when *@ret_put,
 * whose texts are in @arena, is to be stored instead of @put; 0 when @put takes the place of what
 * is held. *@ret_others as call_join() has it. ERROR_CORRUPT when @held cannot be read. */
int store_join(struct store_repacker *repacker, const struct packed *held,
	const struct store_put *put, struct arena *arena, struct store_put *ret_put,
	bool *ret_others, struct error *err) CHECK_RESULT;

/* Makes the index of a packed call with @steps steps, in @arena. ERROR_CORRUPT when it cannot be
 * read. */
int store_index_packed(struct store_repacker *repacker, int64_t account_id, uint32_t steps,
	const struct packed *packed, struct arena *arena, struct store_index *ret_index,
	struct error *err) CHECK_RESULT;

#endif
