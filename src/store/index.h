/* SPDX-License-Identifier: MIT
 * What a call's steps are found by, made of them once: by the thread that fills a store_put, or by
 * the store. */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include "base/buffer.h"
#include "call/call_steps.h"
#include "column/column.h"
#include "store/store.h"

/* The line's words follow each other as `12:press 12:one`, 12 being the account; this separates
 * lines.
 */
#define STORE_INDEX_LINE_END "."

/* What making takes, kept from call to call; one a thread at a time. */
struct store_indexer {
	struct buffer words;
	struct buffer kinds; /* struct store_kind */
	struct buffer path;  /* uint32_t */
	struct column_stays_writer stays;
	struct arena scratch;
	/* is shown each step of the call that is indexed; NULL: nothing is */
	void (*look)(void *context, const struct call_step_look *step);
	void *context;
};

void store_indexer_init(struct store_indexer *indexer);
void store_indexer_deinit(struct store_indexer *indexer);

/* Makes the index of a call of @account_id with the canonical steps @detail (call_json_detail()),
 * @steps of them, in @arena. ERROR_CORRUPT when
 * @detail is not that. */
int store_index_make(struct store_indexer *indexer, int64_t account_id, struct text detail,
	uint32_t steps, struct arena *arena, struct store_index *ret_index,
	struct error *err) CHECK_RESULT;

/* The same without words, for a live call: no text index has it. */
int store_index_make_kinds(struct store_indexer *indexer, struct text detail, uint32_t steps,
	struct arena *arena, struct store_index *ret_index, struct error *err) CHECK_RESULT;

#endif
