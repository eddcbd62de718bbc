/* SPDX-License-Identifier: MIT
 * Which calls of a block a filter means, as filter_matches() says. Numbers, steps and places are
 * asked of what is different in the block; then each call takes one look into a table. */
#ifndef COLUMN_MATCH_H
#define COLUMN_MATCH_H

#include "column/block.h"
#include "column/numbers.h"

/* Whether blocks can be asked all that the filter asks for: not words, nor times of a path. */
bool column_can_match(const struct filter *filter);

/* Whether the filter asks how calls went, which blocks before COLUMN_VERSION_COURSE do not say. */
bool column_asks_for_course(const struct filter *filter);

/* A question, made ready for any block; with its working memory of some 1.6 MB. */
struct column_matcher {
	const struct filter *filter;
	int64_t detail_after; /* steps exist only of calls that started later */
	const struct column_kinds *kinds;
	unsigned char *kind_bits; /* by id: what a step of the kind is for the filter */
	size_t kind_bits_size;
	struct path_mask *masks; /* by id, too; NULL: no path is asked for */
	struct column_codes *codes;
	unsigned char *by_call;	    /* COLUMN_CALLS_MAX, as the others */
	unsigned char *by_path;	    /* 1: its calls match */
	unsigned char *by_sequence; /* of shapes, of visits */
	unsigned char *known;	    /* by call: 1 something is known of it */
};

/* The filter and the kinds, which are all that the account's calls have, stay the caller's.
 * ERROR_UNSUPPORTED: column_can_match() says no. */
int column_matcher_init(struct column_matcher *matcher, const struct filter *filter,
	int64_t detail_after, const struct column_kinds *kinds, struct error *err) CHECK_RESULT;
void column_matcher_deinit(struct column_matcher *matcher);

/* The calls that match; valid until the next block is matched. */
struct column_match {
	uint32_t low; /* nothing matches below low or from high on */
	uint32_t high;
	uint32_t calls;		  /* how many match */
	const unsigned char *set; /* by call: 1 it matches, 0 not */
	uint32_t detail;	  /* calls from here on started after detail_after */
};

int column_match(struct column_matcher *matcher, struct column_block *block,
	struct column_match *ret_match, struct error *err) CHECK_RESULT;

/* Whether the same is asked of a call that is not in a block. */
bool column_match_row(const struct column_matcher *matcher, const struct column_row *row);

#endif
