/* SPDX-License-Identifier: MIT
 * The columns of a call's header, which every store with tables has.
 *
 * Each backend makes its lists of columns, its values and what it reads from this table. So a
 * column is written and read everywhere once its row stands here. Not in the table is what
 * statements name themselves. That is account, session_id and start, by which calls are found in
 * order, the steps, and what only one backend has. */
#ifndef STORE_COLUMNS_H
#define STORE_COLUMNS_H

#include "call/call.h"

/* COLUMN(member, sql, kind, with): the member of struct call, its column as SQL has to write it,
 * and what it is. @with is what the user of the table hands through. Null is read as 0, or a text
 * without data. The kinds:
 *
 * text: a struct text. What keeps calls copies it: store_call_keep() in store/find.c and
 * copy_header() in store/sqlite/page.c.
 *
 * int64: an int64_t. Where a call may lack it, a choice beside it says so.
 *
 * choice: an enum whose values are numbered from 0 on and have names in call_MEMBER_names. The
 * column has the number; one without a name is read as 0. Where a call may lack the column, 0 says
 * so, and its name is empty. A yes or no is a choice too. */
/* clang-format off */
#define STORE_COLUMNS(COLUMN, with) \
	STORE_CONTRACT_COLUMNS(COLUMN, with) STORE_OUTCOME_COLUMNS(COLUMN, with)
/* Those that the contract's header has (API.md §1), and those that it lacks. */
#define STORE_CONTRACT_COLUMNS(COLUMN, with) \
	COLUMN(dest, "dest",    text,   with) \
	COLUMN(src,  "src",     text,   with) \
	COLUMN(end,  "\"end\"", int64,  with) \
	COLUMN(type, "type",    choice, with)
#define STORE_OUTCOME_COLUMNS(COLUMN, with) \
	COLUMN(outcome,  "outcome",  choice, with) \
	COLUMN(ended_by, "ended_by", choice, with) \
	COLUMN(answered, "answered", int64,  with) \
	COLUMN(talk,     "talk",     int64,  with) \
	COLUMN(told,     "told",     int64,  with)

/* In a list of columns, behind what the statement names itself. @of is what the table is called,
 * with a dot, or "". */
#define STORE_COLUMN_NAME(member, sql, kind, of) ", " of sql
/* clang-format on */

/* What the number of a choice stands for. */
#define STORE_CHOICE(member, number) store_choice((number), &call_##member##_names)

static inline unsigned int store_choice(int64_t number, const struct call_names *names)
{
	return number >= 0 && (uint64_t)number < names->count ? (unsigned int)number : 0;
}

#endif
