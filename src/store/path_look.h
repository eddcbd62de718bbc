/* SPDX-License-Identifier: MIT
 * Which calls take the path of a filter: by the kinds of their steps first. Only where words, times
 * or data of steps are asked for, a call that may match is inflated. */
#ifndef STORE_PATH_LOOK_H
#define STORE_PATH_LOOK_H

#include "store/store.h"

struct store_path_look {
	const struct store_search *search;
	struct path_mask *masks; /* by the ids of kinds */
	size_t masks_count;
	struct unpacker *unpacker;
	struct buffer json;
	struct arena scratch;
	int64_t inflated; /* calls */
};

/* For the path of @search, or the data that it asks for; with all kinds of the account, by their
 * ids. Call store_path_look_deinit() even after a failure, and of one that is all zero. */
int store_path_look_init(struct store_path_look *look, const struct store_search *search,
	const struct store_kind *kinds, size_t count, struct error *err) CHECK_RESULT;
void store_path_look_deinit(struct store_path_look *look);

static inline bool store_path_look_is_asked(const struct store_path_look *look)
{
	return look->masks != NULL;
}

/* The points that are reached behind a step of the kind @id. */
static inline uint64_t store_path_look_step(
	const struct store_path_look *look, uint64_t reached, uint32_t id)
{
	static const struct path_mask unknown;

	return path_step(reached, id < look->masks_count ? look->masks[id] : unknown);
}

/* Whether a call matches whose steps led to the points @reached: 1 or 0 where kinds decide, 2 where
 * store_path_look_inflate() does. */
int store_path_look_end(const struct store_path_look *look, uint64_t reached);

/* 1 when the call that is @packed takes the path and has the data, 0 when not. ERROR_TIMEOUT says
 * how many were inflated. Of @call only start and end matter. */
int store_path_look_inflate(struct store_path_look *look, const struct call *call,
	const struct packed *packed, struct error *err) CHECK_RESULT;

/* Adds the words that each call has which matches to those that are asked for otherwise. */
int store_path_look_words(const struct filter *filter, struct arena *arena,
	struct words_query *ret_words, struct error *err) CHECK_RESULT;

#endif
