/* SPDX-License-Identifier: MIT
 * Private to the spool: a segment that is read, plain or packed. Both names may be there after a
 * crash: what is plain counts then, and what is packed is removed. */
#ifndef COLLECT_SPOOL_SEGMENT_H
#define COLLECT_SPOOL_SEGMENT_H

#include "collect/spool/folder.h"
#include "collect/spool/unpack.h"

#define SEGMENT_NAME_BYTES 48
#define SEGMENT_PLAIN	   ""	      /* NNNN.ndjson: lines */
#define SEGMENT_PACKED	   ".zst"     /* NNNN.ndjson.zst, see packed.h */
#define SEGMENT_PACKING	   ".zst.new" /* that is not whole yet */
#define SEGMENT_ASIDE	   ".damaged" /* after either of the first two */

struct spool_segment {
	char name[SEGMENT_NAME_BYTES];
	int fd;			     /* -1: none */
	struct spool_unpack *unpack; /* NULL: plain, or damaged */
	int64_t size;		     /* of lines; 0 where damaged */
	int64_t disk_size;
	struct error damage; /* with a code: it cannot be read on, and why */
};

void spool_segment_name(int64_t number, const char *kind, char name[SEGMENT_NAME_BYTES]);

/* Reads a file's name. False: it is not a segment's. *@ret_kind is what follows `.ndjson`. */
bool spool_segment_parse(const char *name, int64_t *ret_number, struct text *ret_kind);

/* Opens the segment @number. Returns 1, or 0 where there is none. One whose index is damaged opens
 * with `damage`. */
int spool_segment_open(struct spool_segment *segment, const struct spool_folder *folder,
	int64_t number, struct error *err) CHECK_RESULT;
/* One that is closed already is accepted. */
void spool_segment_close(struct spool_segment *segment);

/* Reads lines from byte @at on, less than @size bytes only at the end, or before what is damaged:
 * then `damage` is set. */
ssize_t spool_segment_read(struct spool_segment *segment, int64_t at, char *to, size_t size,
	struct error *err) CHECK_RESULT;

#endif
