/* SPDX-License-Identifier: MIT
 * Questions to all calls of an account: its blocks, and its fresh rows, which are in no block yet.
 * The answer is the same wherever a call lies. */
#ifndef COLUMN_SEARCH_H
#define COLUMN_SEARCH_H

#include "base/arena.h"
#include "column/match.h"

/* What a store knows of a block without reading it. */
struct column_range {
	int64_t number; /* for messages */
	int64_t first_start;
	int64_t last_start;
	uint32_t calls;
	uint32_t gone; /* of them */
};

struct column_calls {
	const struct column_kinds *kinds;
	/* In the order of time. All calls of a block come before all of the next. */
	const struct column_range *blocks;
	size_t blocks_count;
	struct column_loader loader;
	/* Newest first: the order of pages. No call is here and, not gone, in a block. */
	const struct column_row *fresh;
	size_t fresh_count;
};

struct column_question {
	const struct filter *filter;
	int64_t detail_after; /* steps exist only where call.start > detail_after */
	/* Asked between two blocks; negative ends the question with that error. NULL: never. */
	int (*check)(void *context, struct error *err);
	void *check_context;
};

/* A page of what matches. */
struct column_page_question {
	struct column_question base;
	/* Only calls behind this place, in the order of pages; session_id.data NULL: from the
	 * newest on. */
	int64_t after_start;
	struct text after_session_id;
	int64_t offset; /* calls to pass over, counted behind that place */
	int64_t limit;
	bool with_total; /* otherwise the total is -1, and reading ends where the page is full */
};

struct column_page {
	struct column_row *rows; /* newest first; without kinds and times of steps */
	size_t count;
	int64_t total; /* of the filter, whatever place, offset and limit say */
};

/* Fills a page, with all that it points to in @arena. ERROR_NO_MEMORY when the arena is full,
 * ERROR_CORRUPT naming block, column and byte. Beside the page it takes some 2 MB. */
int column_search(const struct column_calls *calls, const struct column_page_question *question,
	struct arena *arena, struct column_page *ret_page, struct error *err) CHECK_RESULT;

/* ---- what questions to all blocks share ---- */

/* Walks blocks that may have calls of the filter's window, newest first. */
struct column_walk {
	const struct column_calls *calls;
	const struct column_question *question;
	size_t left;
	struct column_matcher matcher;
	struct column_block block;
	struct column_match match;
};
int column_walk_init(struct column_walk *walk, const struct column_calls *calls,
	const struct column_question *question, struct error *err) CHECK_RESULT;
void column_walk_deinit(struct column_walk *walk);

/* The next range that the window meets, its block not opened; NULL: there is none. */
const struct column_range *column_walk_range(struct column_walk *walk);

/* Opens the block of the range and matches it. */
int column_walk_open(
	struct column_walk *walk, const struct column_range *range, struct error *err) CHECK_RESULT;

/* Both, until some call matches: 1; 0: there is no further block. */
int column_walk_next(struct column_walk *walk, struct error *err) CHECK_RESULT;

#endif
