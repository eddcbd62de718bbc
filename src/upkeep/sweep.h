/* SPDX-License-Identifier: MIT
 * The sweep drops what is over the days that the store keeps it, or does not fit below the cap of
 * the disk any more. It gives the space back. It works in short transactions with pauses between
 * them, so that neither answers nor intake wait. One program at a time sweeps a store, however many
 * work on it. */
#ifndef UPKEEP_SWEEP_H
#define UPKEEP_SWEEP_H

#include "upkeep/retention.h"

struct sweep_options {
	struct store *store;
	int64_t disk_max_bytes; /* 0: no cap */
	int64_t live_timeout_s; /* of live calls of which nothing is heard; 0: they go on */
	struct text user;	/* in whose name, for the audit trail */
	int64_t (*now)(void);
	/* Called after each transaction with how long it took: may wait as long. False: the sweep
	 * is to end. NULL: neither. */
	bool (*pause)(void *context, int64_t busy_us);
	void *context;
};

struct sweep_counts {
	int64_t detail;	    /* calls whose detail was over its days */
	int64_t calls;	    /* calls that were over theirs */
	int64_t cap_detail; /* the same for the cap's sake */
	int64_t cap_calls;
	int64_t records; /* of the audit trail */
	int64_t freed_bytes;
	int64_t ended; /* live calls of which nothing was heard */
};

/* Sweeps once. *counts tells what was done, in a failure as well. 1: another program sweeps this
 * store, which @err says; nothing was done. */
int sweep_run(const struct sweep_options *options, struct sweep_counts *counts,
	struct error *err) CHECK_RESULT;

/* The part of it that holds the cap alone. */
int sweep_hold_cap(const struct sweep_options *options, struct sweep_counts *counts,
	struct error *err) CHECK_RESULT;

/* The part of it that ends live calls of which nothing was heard for live_timeout_s, each with a
 * last step that says so. */
int sweep_end_silent(const struct sweep_options *options, struct sweep_counts *counts,
	struct error *err) CHECK_RESULT;

/* How near the store is to the cap. */
enum sweep_disk {
	SWEEP_DISK_OK,
	SWEEP_DISK_NEAR, /* above SWEEP_NEAR_PERCENT of it */
	SWEEP_DISK_FULL, /* above it: calls are being dropped */
};
#define SWEEP_NEAR_PERCENT 80
enum sweep_disk sweep_disk(int64_t used_bytes, int64_t disk_max_bytes);

#endif
