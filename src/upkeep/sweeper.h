/* SPDX-License-Identifier: MIT
 * The thread that sweeps while a server runs. */
#ifndef UPKEEP_SWEEPER_H
#define UPKEEP_SWEEPER_H

#include "upkeep/sweep.h"

struct sweeper;

/* What the server's log is told, on the sweeper's thread. */
struct sweeper_news {
	const struct sweep_counts *counts; /* what was dropped or given back; NULL: nothing was */
	const struct error *failure;	   /* NULL: none */
	bool disk_changed;		   /* disk is another than it was */
	enum sweep_disk disk;
	int64_t used_bytes;
};

struct sweeper_options {
	struct sweep_options sweep; /* its pause and context are not looked at */
	int64_t every_s;	    /* how often; 0: only the cap is held */
	void (*told)(void *context, const struct sweeper_news *news);
	void *context;
};

/* Makes it; nothing runs yet, and nothing is dropped. */
int sweeper_create(struct sweeper **ret_sweeper, const struct sweeper_options *options,
	struct error *err) CHECK_RESULT;

/* Sweeps for the first time at once. Nothing runs when there is nothing to do: every_s, the cap and
 * the time of silent calls are 0. */
int sweeper_start(struct sweeper *sweeper, struct error *err) CHECK_RESULT;

/* Waits for the transaction under way. NULL is accepted. */
void sweeper_destroy(struct sweeper *sweeper);
AUTO_POINTER(struct sweeper *, sweeper_destroy);

/* Since the start; as those of struct sweep_counts. */
struct sweeper_figures {
	uint64_t detail, calls, cap_detail, cap_calls;
	uint64_t failures;
	int64_t last_success; /* UNIX seconds when a sweep last ended well; 0: never */
};
/* From any thread. */
void sweeper_figures(struct sweeper *sweeper, struct sweeper_figures *ret_figures);

/* As of the last look, some seconds ago. From any thread. */
enum sweep_disk sweeper_disk(struct sweeper *sweeper);

#endif
