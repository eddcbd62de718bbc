/* SPDX-License-Identifier: MIT
 * How long calls are kept: what may be seen of them at a moment, whether or not the sweep has come
 * by. */
#ifndef UPKEEP_RETENTION_H
#define UPKEEP_RETENTION_H

#include "store/store.h"

struct retention {
	/* a call has detail only when it started after this; INT64_MIN: for ever */
	int64_t detail_after;
	int64_t header_after; /* a call that did not start after this is not there at all */
};

/* What @days, those in force for an account (store_account.kept), mean at the moment @now. */
struct retention retention_at(const struct store_days *days, int64_t now);

/* What of @kept is seen where detail is served for @detail_days only, 0: for as long as it is kept.
 */
struct retention retention_served(const struct retention *kept, int64_t detail_days, int64_t now);

/* @start of a window, or the first second whose calls are seen when that is later. */
int64_t retention_start(const struct retention *retention, int64_t start);

/* Lets @call look as it is seen. False: it is not. */
bool retention_show(const struct retention *retention, struct store_call *call);

#endif
