/* SPDX-License-Identifier: MIT
 * Whether two heaps of words are the same, call by call, however they are ordered. One is what the
 * calls' steps say, the other what a text index holds. Memory is bounded: in a large store
 * neighbouring calls share a sum. */
#ifndef STORE_SQLITE_WORD_SUMS_H
#define STORE_SQLITE_WORD_SUMS_H

#include "base/error.h"
#include "base/hash.h"

struct sqlite_word_sums {
	struct hash_key key;
	uint64_t *sums;
	bool *unknown; /* by sum: of a call whose words are not known */
	size_t count;
	int64_t ids_a_sum;
};

/* For calls with ids up to @id_max. */
int sqlite_word_sums_init(
	struct sqlite_word_sums *sums, int64_t id_max, struct error *err) CHECK_RESULT;
void sqlite_word_sums_deinit(struct sqlite_word_sums *sums);

/* The index has @word at @place in the call @id. */
void sqlite_word_sums_held(
	struct sqlite_word_sums *sums, int64_t id, struct text word, int64_t place);

/* The call @id should have @words, each with a space behind it. */
void sqlite_word_sums_wanted(struct sqlite_word_sums *sums, int64_t id, struct text words);

/* What the call @id should have cannot be known: nothing is said about it. */
void sqlite_word_sums_unknown(struct sqlite_word_sums *sums, int64_t id);

/* Calls @differs for each stretch of ids whose words are not the same. */
void sqlite_word_sums_compare(const struct sqlite_word_sums *sums,
	void (*differs)(void *context, int64_t id_first, int64_t id_last), void *context);

#endif
