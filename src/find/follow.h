/* SPDX-License-Identifier: MIT
 * What a change of the store is for a client that follows calls by a filter (docs/api.md "Live
 * calls"). */
#ifndef FIND_FOLLOW_H
#define FIND_FOLLOW_H

#include "store/store.h"

/* What looking takes, kept from change to change. */
struct follow {
	struct unpacker *unpacker;
	struct buffer json;    /* one call */
	struct buffer earlier; /* its steps before the change */
	struct arena scratch;
};

int follow_init(struct follow *follow, size_t memory_max, struct error *err) CHECK_RESULT;
void follow_deinit(struct follow *follow);

/* Gives its memory back; it stays usable. */
void follow_forget(struct follow *follow);

/* What is new of a call. */
struct follow_news {
	/* it was stored, began, ended, has another header, or the filter means it only now */
	bool header;
	bool steps;	     /* those from `first` on are new */
	int64_t first;	     /* counted from 0 */
	struct text changed; /* they: `{…},{…}]` */
	struct text detail;  /* all its steps; data NULL: they were not needed, or are not held */
};

/* Looks at @change, whose call is to be taken as @call, as far as @filter means it. Where the
 * filter asks for steps and means the call only since this change, all its steps are new.
 * @with_detail: the steps are needed in any case. Returns 1 when the filter means the call, else 0.
 * Texts are valid until the next change is looked at. */
int follow_look(struct follow *follow, const struct filter *filter,
	const struct store_change *change, const struct store_call *call, bool with_detail,
	struct follow_news *ret_news, struct error *err) CHECK_RESULT;

/* Appends `{"session_id":…,"first":3,"steps":[…],"end":…}`; @changed as in struct follow_news. */
void follow_write_steps(
	struct buffer *buffer, const struct call *call, int64_t first, struct text changed);

#endif
