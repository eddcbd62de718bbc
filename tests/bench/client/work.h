/* SPDX-License-Identifier: MIT
 * What the connections ask for: the targets in turn, or the bodies of a file, each once. Shared by
 * all threads. */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One address, with what its answer must be. */
struct target {
	const char *path;
	int64_t length; /* of the body as it comes; -1: not known */
	int64_t crc;	/* of the same; -1: not known */
};

struct body {
	const char *data;
	size_t size;
};

struct work {
	struct target *targets;
	size_t targets_count;
	struct body *bodies; /* NULL: there are none, the method is GET */
	size_t bodies_count;
	atomic_size_t next;
};

/* Reads lines "PATH LENGTH CRC", a `-` where it is not known. Returns 0, negative on failure, which
 * it has printed. */
int work_read_targets(struct work *work, const char *path);

/* Maps a file of bodies, each after a line with its length. Returns as above. */
int work_read_bodies(struct work *work, const char *path);

/* Frees what was read; the files stay mapped until the process ends. */
void work_deinit(struct work *work);

/* Takes the next request. Returns 1, or 0 when all bodies were taken. *ret_body is {0} for GET. */
int work_take(struct work *work, const struct target **ret_target, struct body *ret_body);

#endif
