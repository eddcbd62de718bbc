/* SPDX-License-Identifier: MIT
 * What becomes of a call by the amendments and puts of one transaction: worked out in memory, call
 * by call, so that each is packed once. Shared by the backends, which read what is held before and
 * write what comes out. */
#ifndef STORE_AMEND_H
#define STORE_AMEND_H

#include "store/repack.h"

/* The entries of one call in their order. */
struct store_session {
	int64_t account_id;
	struct text session_id;
	const struct store_entry **entries;
	size_t count;
	bool amended; /* at least one is an amendment */
};

/* Sorts @entries by their calls, these in the order of their first entries, into @arena. */
int store_sessions_sort(const struct store_entry *entries, size_t count, struct arena *arena,
	struct store_session **ret_sessions, size_t *ret_count, struct error *err) CHECK_RESULT;

/* Sets what is set of an amendment to nothing. */
void store_amend_forget(struct store_amend *amend);

/* A call as it is held. */
struct store_held {
	bool exists;
	struct call call;
	struct packed packed; /* where it has detail */
	/* of a live call: */
	int64_t heard;
	struct text hidden; /* what the review kept */
};

/* What becomes of it. */
struct store_amended {
	bool exists;	      /* otherwise all was refused, and nothing is held */
	bool changed;	      /* it is to be stored as `put` has it */
	struct store_put put; /* its call has the state; a live call's index has no words */
	int64_t first_step;   /* as struct store_change has it */
	bool header;
	int64_t heard;	    /* of a live call */
	struct text hidden; /* of a live call */
};

/* Applies the entries of @session to @held and sets what is set of them. What @ret_amended points
 * to is in @arena, in @held or in the entries. Uses @repacker. ERROR_CORRUPT when what is held
 * cannot be read and is needed. */
int store_amend_session(struct store_repacker *repacker, const struct store_session *session,
	const struct store_held *held, struct arena *arena, struct store_amended *ret_amended,
	struct error *err) CHECK_RESULT;

#endif
