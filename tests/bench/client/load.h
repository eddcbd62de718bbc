/* SPDX-License-Identifier: MIT
 * The load client: N connections that ask as fast as they are answered, or at a given rate, and
 * check every answer's status and length. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <netinet/in.h>

#include "latency.h"
#include "work.h"

#define NS_PER_S UINT64_C(1000000000)

struct load_options {
	struct sockaddr_in address;
	const char *host;
	char headers[4096]; /* each with its line end */
	int connections;
	int threads;
	double seconds; /* no request begins later; 0: as long as there are bodies */
	double rate;	/* requests/s of all together; 0: as fast as answers come */
	int status;	/* that an answer must have */
	const char *sum;
};

/* What a thread saw. */
struct tally {
	uint64_t answers;
	uint64_t wrong;	 /* answers with another status, length or CRC than they must have */
	uint64_t broken; /* connections that failed */
	uint64_t bytes;	 /* of bodies, as they came */
	uint64_t sum;
	uint64_t last_ns; /* when the last answer ended */
	struct latency latency;
};

/* Loads with @connections connections from one thread. Returns 0, negative when it could not begin.
 */
int worker_run(const struct load_options *options, struct work *work, int connections,
	uint64_t began_ns, struct tally *tally);

uint64_t now_ns(void);

#endif
