/* SPDX-License-Identifier: MIT
 * Calls as the rows of a listing, and the line that says which part of all of them that is. */
#ifndef CMD_CALL_LISTING_H
#define CMD_CALL_LISTING_H

#include "call/call.h"
#include "cmd/listing.h"
#include "find/scan.h"

void call_listing_init(struct listing *listing, const struct view *view, struct arena *arena);
void call_listing_add(struct listing *listing, const struct call *call);

/* "1–20 of 12,431 calls": never a cut that is not told. @offset are passed over before the @count
 * that are shown; @what is "calls". Without line feed. */
void call_listing_count(
	const struct view *view, int64_t offset, size_t count, int64_t all, const char *what);

/* "; 5,041 calls, 1,692 of them with steps (3,000 are over their days, 349 never had any)" and a
 * line feed; the second half where some have none. */
void call_listing_steps(const struct view *view, int64_t all, const struct scan_steps *steps);

#endif
