/* SPDX-License-Identifier: MIT
 * Order: which places a call passed one after the other (docs/paths.md has the grammar). A path is
 * read once. Then a call's steps go through it one by one: a bit for each point says whether steps
 * so far lead there, so the work is steps times points, whatever is asked. */
#ifndef CALL_PATH_PATH_H
#define CALL_PATH_PATH_H

#include "base/arena.h"
#include "base/error.h"
#include "call/words.h"

#define PATH_SIZE_MAX	((size_t)4096) /* bytes of a path as it is written */
#define PATH_POINTS_MAX 32	       /* that a call passes, but for its beginning and end */
#define PATH_PLACES_MAX 64	       /* those that it may not pass included */

/* What a step does to the points that steps before it led to. Bit 0 is the call's beginning, the
 * next ones are the points in their order. */
struct path_mask {
	uint64_t enter; /* points that the step may be */
	uint64_t leave; /* points behind which the step may not come before the next one */
};

/* A step that is asked for. A name with data NULL is any; an empty one is a step without it. */
struct path_place {
	struct text class_name;
	struct text module;
	struct text variable;
	struct words_phrase words; /* in its line; count 0: any line */
	struct path_mask mask;
};

enum path_than {
	PATH_ANY_TIME,
	PATH_LESS_THAN,
	PATH_MORE_THAN,
};

/* How long it takes from one point to the next. */
struct path_limit {
	enum path_than than;
	int64_t seconds;
};

struct path_filter {
	struct path_place *places;
	size_t places_count;
	struct path_limit *limits; /* by the point that the time counts from; NULL: no question */
	unsigned int last;	   /* the point before the end */
	uint64_t direct;	   /* points whose next one comes directly after them */
	bool limited;
	/* Phrases that the lines of each call have that matches; count 0: none. */
	struct words_query words;
	bool worded; /* some place asks for words */
};

/* Reads `menu/main_menu:"invalid input" > <10s end`. Everything is copied into @arena.
 * ERROR_INVALID says at which character the path is wrong, and what is expected there. */
int path_filter_read(struct text text, struct arena *arena, struct path_filter *ret_path,
	struct error *err) CHECK_RESULT;

static inline bool path_is_asked(const struct path_filter *path)
{
	return path->limits != NULL;
}

/* Whether it is decided by the classes, modules and variables of a call's steps: it asks for no
 * words and no times. */
static inline bool path_is_of_kinds(const struct path_filter *path)
{
	return !path->limited && !path->worded;
}

/* Whether the steps `[…]` of a call take the path. @start and @end are the call's. @scratch is for
 * what is escaped. 1 yes, 0 no, negative when @detail is not canonical. */
int path_matches(const struct path_filter *path, int64_t start, int64_t end, struct text detail,
	struct arena *scratch, struct error *err) CHECK_RESULT;

/* ---- by the kinds of steps alone: no call is passed over that may match ---- */

#define PATH_BEGIN UINT64_C(1) /* before the first step */

/* What a step of this kind may do, whatever its line and its time are. */
struct path_mask path_mask_of_kind(const struct path_filter *path, struct text class_name,
	struct text module, struct text variable);

/* The points that are reached behind a step; @reached are those before it. */
static inline uint64_t path_step(uint64_t reached, struct path_mask mask)
{
	return (reached & ~mask.leave) | (reached << 1 & mask.enter);
}

/* Whether the call may end, with these points reached. */
static inline bool path_may_end(const struct path_filter *path, uint64_t reached)
{
	return (reached >> path->last & 1) != 0;
}

#endif
