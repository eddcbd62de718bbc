/* SPDX-License-Identifier: MIT
 * Checks a stored call against itself, for store_verify(), and tells of problems. Shared by the
 * backends. */
#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include "base/buffer.h"
#include "store/index.h"
#include "store/tally.h"

struct store_check {
	store_problem_fn *problem;
	store_progress_fn *progress; /* NULL: none */
	void *context;
	struct store_verdict verdict;
	struct store_indexer indexer;
	struct unpacker *unpacker;
	struct arena arena;
	struct buffer json;	 /* inflated */
	struct buffer canonical; /* read and written again */
};

/* What is told goes to @problem and is counted in the verdict. */
int store_check_init(struct store_check *check, store_problem_fn *problem,
	store_progress_fn *progress, void *context, struct error *err) CHECK_RESULT;
void store_check_deinit(struct store_check *check);

/* Counts a problem and tells it. */
void FORMAT_PRINTF(2, 3) store_check_tell(struct store_check *check, const char *format, ...);

/* Compares @call's header with whether it is packed and @has_path. Where it is packed, inflates its
 * JSON and compares size, CRC, operator, ending, header and number of steps. Returns 1 when it is
 * packed and all is well. Returns 0 when there is nothing more to look at, after what is wrong was
 * told. Negative when it could not be checked. */
int store_check_call(struct store_check *check, const struct store_call *call, bool has_path,
	struct error *err) CHECK_RESULT;

/* Makes what the call that was found to be well has to be found by, in @arena. */
int store_check_index(struct store_check *check, int64_t account_id, const struct call *call,
	struct arena *arena, struct store_index *ret_index, struct error *err) CHECK_RESULT;

/* Tells where a call is kept under keys that are not its numbers'; @src_key: data NULL: it is not
 * kept by that. */
void store_check_keys(struct store_check *check, const struct call *call, struct text dest_key,
	struct text src_key);

void store_check_tell_path(struct store_check *check, struct text session_id);

/* The tally @said does not say how many calls there are. */
void store_check_tell_tally(
	struct store_check *check, const struct tally_delta *said, int64_t counted);

/* Tells where the audit trail has not as many records as its numbers say. */
void store_check_records(struct store_check *check, int64_t wanted);

/* How many of the calls in all are checked. */
void store_check_show_progress(const struct store_check *check, int64_t all);

#endif
