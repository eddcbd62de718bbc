/* SPDX-License-Identifier: MIT
 * Pulling: the calls of a Plum Fuse account, or of another callstep, window by window. Windows are
 * asked for from the oldest on, because its detail is gone first. How far it is outlives the
 * process. */
#ifndef COLLECT_PULL_H
#define COLLECT_PULL_H

#include "base/error.h"
#include "base/text.h"

struct pull_taken {
	uint64_t accepted; /* calls that are durable, and those of them that were there before */
	uint64_t replaced;
	uint64_t rejected; /* calls that were told by pull_sink, and are not taken */
	/* those accepted that the store does not keep, or not with their steps */
	uint64_t old;
};

/* Where calls go. */
struct pull_sink {
	/* One call's JSON as it came, and one events line with its line feed. May wait. */
	int (*call)(void *context, struct text json, struct error *err);
	int (*event)(void *context, struct text line, struct error *err);
	/* Makes durable what was handed in since the last time, and adds up what became of it. */
	int (*commit)(void *context, struct pull_taken *taken, struct error *err);
	/* Called about once a second while another callstep is followed and nothing comes. It may
	 * work for some tenths of a second. May be NULL. */
	int (*idle)(void *context, struct error *err);
	void *context;
};

/* What a pass, or a while of following, came to. */
struct pull_report {
	int64_t from; /* of the pass; both PULL_NEVER while another callstep is followed */
	int64_t to;
	struct pull_taken taken;
	/* calls whose steps were over their days when they were asked for: how many, and when the
	 * first and the last of them started */
	uint64_t bare;
	int64_t bare_from;
	int64_t bare_to;
	uint64_t short_windows; /* windows in which fewer calls came than it says there are */
};

struct pull_options {
	const char *url; /* scheme, host, perhaps a path; no slash at its end */
	const char *user;
	const char *secret;
	const char *number; /* only calls to it; NULL: all */
	int64_t since;	    /* negative: where the state says */
	int64_t overlap_s;  /* of each pass over the one before it */
	int64_t every_s;    /* between two passes that follow each other */
	/* The least time between two requests. Waits after failures are so many times as long. */
	int64_t pace_ms;
	bool follow;
	size_t call_size_max;
	struct pull_sink sink;
	const char *state_path;
	struct text whose; /* pull_state.h */
	int stop_fd;	   /* readable: it is to end */
	/* Waits for so many microseconds; false: it is to end. NULL: it waits itself. */
	bool (*wait)(void *context, int64_t us);
	/* Says what is worth knowing, a sentence. */
	void (*tell)(void *context, const char *sentence);
	/* Told after each pass. A failure ends the pull. */
	int (*passed)(void *context, const struct pull_report *report, struct error *err);
	void *context;
};

/* Pulls until all is there; with `follow` until it is told to end, which is not a failure. Negative
 * when it cannot go on: what was taken stays, and another run goes on from there. */
int pull_run(const struct pull_options *options, struct error *err) CHECK_RESULT;

#endif
