/* SPDX-License-Identifier: MIT
 * Private to the spool: what opening, appending and reading share. */
#ifndef COLLECT_SPOOL_PRIVATE_H
#define COLLECT_SPOOL_PRIVATE_H

#include "collect/spool/pack.h"
#include "collect/spool/segment.h"
#include "collect/spool/spool.h"

#define SPOOL_STATE_BYTES_MAX (SPOOL_MARK_BYTES_MAX + 4096)

struct spool {
	struct spool_folder folder;
	int lock_fd;
	int64_t bytes_max;
	/* the segment that is read, how far it is acknowledged, and the one that is appended to */
	int64_t first, last;
	int64_t offset;
	struct spool_segment read;
	int last_fd;
	int64_t last_size;
	int64_t behind_bytes; /* that the segments after the first take on the disk */
	/* What is packed now, up to where all is packed, and what was appended since the last
	 * frame. */
	struct spool_pack *pack;
	int64_t packed_to;
	int64_t unpacked_bytes;
	bool pack_failed; /* it waits for the next segment */
	bool unsynced;
	bool rejects_unsynced;
	bool full;	/* by bytes_max */
	bool disk_full; /* an append or the state did not fit on it */
	struct buffer mark;
	struct spool_counts counts;
};

/* Opens the segment @number to append to it; it is made where it is missing. */
int spool_open_last(
	const struct spool *spool, int64_t number, int flags, struct error *err) CHECK_RESULT;

/* Brings to the disk how far it is acknowledged, with the source's mark. */
int spool_write_state(
	struct spool *spool, int64_t first, int64_t offset, struct error *err) CHECK_RESULT;

/* What the lines that are not acknowledged take on the disk. */
int64_t spool_disk_bytes(const struct spool *spool);

/* Lines or bytes went away. */
void spool_note_room(struct spool *spool);

/* The lines that were set aside are not held anywhere else once they are acknowledged. */
int spool_sync_rejects(struct spool *spool, struct error *err) CHECK_RESULT;

#endif
