/* SPDX-License-Identifier: MIT
 * The standard run: what a store goes through in its life, step by step, and what must be in it
 * after each. Tests run it while something fails, run a step that failed again, and compare. */
#ifndef TESTS_FAULT_STORY_H
#define TESTS_FAULT_STORY_H

#include "fixture.h"

#define STORY_CALLS   16
#define STORY_PROBLEM 256

/* What was acknowledged. */
struct story_state {
	bool account;
	bool key;
	struct story_call {
		bool there;
		char session_id[8];
		const char *dest;
		int64_t start;
		int steps;	  /* -1: no detail */
		const char *word; /* that each of its steps says */
		bool live;
	} calls[STORY_CALLS];
};

struct story {
	struct fixture f; /* f.store is NULL while it is closed */
	char copy[160];	  /* a folder for a backup */
	struct story_state state;
	struct store_put many[STORY_CALLS];
	struct store_put one;
	struct store_put replace[STORY_CALLS];
	struct store_put headers[STORY_CALLS];
	struct store_put last;
	struct store_amend begin[2];
	struct store_amend go_on[2];
};

/* Makes a folder and the calls; nothing is opened yet. */
void story_begin(struct story *story);
void story_end(struct story *story);

/* Of its stores: blocks of columns are small. */
extern const struct store_options story_options;

extern const size_t story_steps;
const char *story_step_name(size_t step);

/* Does a step, which may be done again when it failed. */
int story_run(struct story *story, size_t step, struct error *err);

/* The step is acknowledged: from now on what it did must be there. */
void story_note(struct story *story, size_t step);

/* What @state is once @step is done, too. */
void story_apply(struct story_state *state, size_t step);

/* Whether @store has what @state says, by pages, totals, numbers and words; if not, @problem says
 * what differs. */
bool story_holds(const struct story_state *state, struct store *store, char problem[STORY_PROBLEM]);

/* The open store has what was acknowledged and nothing else. */
void story_check(struct story *story);
/* And agrees with itself. */
void story_verify(struct story *story);

#endif
