/* SPDX-License-Identifier: MIT
 * A disk whose power may be cut: it knows of each file what was synced and what was written since,
 * and makes folders as they may be found afterwards, where any part of what was not synced is
 * missing. */
#ifndef TESTS_FAULT_LOSSY_DISK_H
#define TESTS_FAULT_LOSSY_DISK_H

#include <stdint.h>

struct lossy_disk;

/* Watches the files below @folder through faulty_vfs; they are empty or not there. Called by @sync
 * before each sync is done. */
struct lossy_disk *lossy_disk_create(
	const char *folder, void (*sync)(void *context), void *context);
void lossy_disk_destroy(struct lossy_disk *disk);

/* The file @path is there and synced as it lies on the disk beneath. */
void lossy_disk_take(struct lossy_disk *disk, const char *path);

enum lossy_cut {
	LOSSY_NOTHING, /* of what was not synced is there */
	LOSSY_ALL,     /* is there: as after a kill */
	LOSSY_SOME,    /* of it is there, chosen by @seed, in pieces of 512 bytes */
};

/* Makes the new folder @folder as it may be found when the power is cut now. */
void lossy_disk_cut(
	const struct lossy_disk *disk, const char *folder, enum lossy_cut cut, uint32_t seed);

#endif
