/* SPDX-License-Identifier: MIT
 * What all ways of finding calls share. */
#ifndef STORE_FIND_H
#define STORE_FIND_H

#include "store/store.h"

/* Lets @call look as if it had no detail unless it started after @detail_after. */
void store_find_hide_detail(struct store_call *call, int64_t detail_after);

/* ERROR_TOO_LARGE: an arena has no room for a page. */
int store_page_too_large(struct error *err);

/* Before all calls that started before @end: no session_id is empty. */
struct store_place store_place_before(int64_t end);

/* Sets @place, with a copy of @session_id in @arena. */
int store_place_keep(struct store_place *place, int64_t start, struct text session_id,
	struct arena *arena, struct error *err) CHECK_RESULT;

/* Whether @call comes behind @place in the order of pages. */
bool store_find_is_behind(const struct store_place *place, const struct call *call);

/* ERROR_TIMEOUT once the deadline of @search has passed, or it was given up. */
int store_find_check_deadline(const struct store_search *search, struct error *err) CHECK_RESULT;

/* What columns are asked for @search; it lasts as long as @search. */
struct column_question store_find_column_question(const struct store_search *search);

/* Copies what @call points to into @arena. */
int store_call_keep(struct store_call *call, struct arena *arena, struct error *err) CHECK_RESULT;

/* Copies @call into @arena and to the end of @page. */
int store_find_add(struct store_page *page, const struct store_call *call, struct arena *arena,
	struct error *err) CHECK_RESULT;

#endif
