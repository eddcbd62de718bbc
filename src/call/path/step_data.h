/* SPDX-License-Identifier: MIT
 * What the data of steps say beside module and variable (API.md §1 `event.data`): digits that were
 * entered, a prompt's language, a status. No index has them, so calls are looked into one by one.
 */
#ifndef CALL_PATH_STEP_DATA_H
#define CALL_PATH_STEP_DATA_H

#include "base/arena.h"
#include "base/error.h"

#define STEP_DATA_MAX ((size_t)8) /* of a question */

/* A member of the data. A string is told by what it spells; anything else, as `12` and `true`, by
 * how it is written. */
struct step_datum {
	struct text name;
	struct text value;
};

/* Each stands in the data of some step, one for itself. count 0: no question. */
struct step_data_query {
	struct step_datum *items;
	size_t count;
};

/* Adds one, copied into @arena. ERROR_INVALID: there is no name, or there are STEP_DATA_MAX. */
int step_data_add(struct step_data_query *query, const struct step_datum *datum,
	struct arena *arena, struct error *err) CHECK_RESULT;

/* Adds those of `NAME=VALUE,NAME="VALUE"`: in double quotes a comma is one of the value, which may
 * be empty. ERROR_INVALID likewise, and where there is no `=`. */
int step_data_read(struct step_data_query *query, struct text pairs, struct arena *arena,
	struct error *err) CHECK_RESULT;

/* Whether the steps `[…]` of a call have all of it: 1 yes, 0 no, negative when @detail is not
 * canonical. @scratch is for what is escaped. */
int step_data_matches(const struct step_data_query *query, struct text detail,
	struct arena *scratch, struct error *err) CHECK_RESULT;

#endif
