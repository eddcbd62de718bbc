/* SPDX-License-Identifier: MIT
 * callstep collect fuse: as callstep pull, with a spool between what is fetched and the server. */
#ifndef COLLECT_COLLECT_FUSE_H
#define COLLECT_COLLECT_FUSE_H

#include "collect/poller.h"

struct collect_fuse_options {
	struct poller_options poller;
	const char *url; /* that is asked */
	const char *user;
	const char *secret;
	const char *number; /* only calls to it; NULL: all */
	int64_t overlap_s;
	int64_t every_s;
	int64_t pace_ms;
	bool once; /* ends when all is there and sent */
};

/* Works until a signal, or with `once` until all is sent. Returns 1 when calls came without their
 * steps, or some were not taken; 0 otherwise. */
int collect_fuse(const struct collect_fuse_options *options, struct error *err) CHECK_RESULT;

#endif
