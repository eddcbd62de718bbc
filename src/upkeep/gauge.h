/* SPDX-License-Identifier: MIT
 * What the store is asked now and then for those that watch a server: to look at the figures never
 * waits for the store, which may be what they are looked at for. */
#ifndef UPKEEP_GAUGE_H
#define UPKEEP_GAUGE_H

#include "store/store.h"

/* More live calls are not counted. */
#define GAUGE_LIVE_MAX 10000

/* As of the last look, some seconds ago; each is -1 where it is not known. */
struct gauge_figures {
	int64_t used_bytes;
	int64_t free_bytes;
	int64_t log_bytes;
	int64_t available_bytes;
	int64_t live_calls;
};

struct gauge;

/* Looks for the first time at once. */
int gauge_start(struct gauge **ret_gauge, struct store *store, struct error *err) CHECK_RESULT;

/* Waits for the look under way. NULL is accepted. */
void gauge_stop(struct gauge *gauge);
AUTO_POINTER(struct gauge *, gauge_stop);

/* From any thread. */
void gauge_read(struct gauge *gauge, struct gauge_figures *ret_figures);

#endif
