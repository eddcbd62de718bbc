/* SPDX-License-Identifier: MIT
 * A number that a test writes into a file and a preloaded library reads at any time: 8 bytes,
 * mapped. */
#ifndef TESTS_FAULT_PRELOAD_CONTROL_H
#define TESTS_FAULT_PRELOAD_CONTROL_H

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the file that the environment's @name names holds; NULL where there is none. */
static inline const _Atomic int64_t *control_open(const char *name)
{
	const char *path = getenv(name);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *mapped;

	if (fd < 0) {
		return NULL;
	}
	mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return mapped == MAP_FAILED ? NULL : mapped;
}

#endif
