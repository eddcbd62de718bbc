/* SPDX-License-Identifier: MIT
 * A disk that fails on purpose: SQLite's own file layer, with an operation that goes wrong when
 * asked to. Nothing is written through to the disk beneath: its syncs are counted, not done. */
#ifndef TESTS_FAULT_FAULTY_VFS_H
#define TESTS_FAULT_FAULTY_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum faulty_op {
	FAULTY_WRITE = 1,
	FAULTY_TRUNCATE = 2,
	FAULTY_SYNC = 4,
	FAULTY_OPEN = 8,
	FAULTY_DELETE = 16,
	FAULTY_READ = 32,
	FAULTY_SHARED = 64, /* making the shared memory larger */
};

struct faulty_plan {
	unsigned int ops; /* enum faulty_op, or-ed */
	int status;	  /* what SQLite is told */
	int errnum;	  /* and the system's reason */
	bool half;	  /* a write: its first half is written all the same */
	bool stays; /* all that follow fail too, until it is healed; otherwise that one only */
};

/* What is told of the operations that went well, before they are done; for disks that lose what was
 * not synced. */
struct faulty_watch {
	void (*write)(void *context, const char *path, const void *data, size_t size, int64_t at);
	void (*truncate)(void *context, const char *path, int64_t size);
	void (*sync)(void *context, const char *path);
	void (*remove)(void *context, const char *path, bool synced);
	void *context;
};

/* Makes it the layer of every database opened from now on. */
void faulty_vfs_register(void);

/* Lets the @nth operation of @plan, counted from now on, fail. */
void faulty_vfs_arm(const struct faulty_plan *plan, int nth);

/* Lets all go well again; returns how many operations failed. */
int faulty_vfs_heal(void);

/* How many operations have failed since it was armed. */
int faulty_vfs_failed(void);

/* While held, nothing fails and nothing is counted: for looking at the store in between. */
void faulty_vfs_hold(bool held);

/* NULL: no longer. */
void faulty_vfs_watch(const struct faulty_watch *watch);

#endif
