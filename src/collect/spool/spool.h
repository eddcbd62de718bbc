/* SPDX-License-Identifier: MIT
 * The spool: a folder that holds events lines from the moment when a source told of something until
 * the server has answered that it is durable there.
 *
 *   DIR/lock             held while a collector works on the folder
 *   DIR/0001.ndjson …    segments of 16 MiB: exactly the lines to be posted, in their order
 *   DIR/0002.ndjson.zst  one that is packed, see packed.h
 *   DIR/state            JSON: up to where they are acknowledged, and the source's own mark
 *   DIR/rejected.ndjson  lines that the server refused for good, each with its reason
 *
 * Segments are packed one by one, behind the first one, which is read, and before the last one,
 * which is appended to. While the server answers there are none. A segment that is damaged is read
 * up to there, set aside as DIR/NAME.damaged, and told in rejected.ndjson.
 *
 * A line is never lost by a crash of the collector: what is appended lies in the file. It is never
 * lost by a crash of the machine once spool_sync() has returned. Lines may come twice after a
 * crash: the state moves last. */
#ifndef COLLECT_SPOOL_H
#define COLLECT_SPOOL_H

#include "base/buffer.h"
#include "base/error.h"

#define SPOOL_SEGMENT_BYTES  ((int64_t)16 << 20)
#define SPOOL_MARK_BYTES_MAX ((size_t)256 << 10)

struct spool;

struct spool_counts {
	uint64_t appended;     /* lines, since it was opened */
	uint64_t acknowledged; /* lines, since it was opened */
	uint64_t rejected;     /* lines, since it was opened */
	int64_t bytes;	       /* of lines that are not acknowledged */
	int64_t disk_bytes;    /* that these take on the disk */
	/* Bytes since it was opened, what it held then counted as appended: a line is acknowledged
	 * when acknowledged_bytes has come to what appended_bytes was behind it. */
	int64_t appended_bytes;
	int64_t acknowledged_bytes;
};

/* Opens the spool in @folder, which is made where it is missing, for its owner alone. @bytes_max:
 * how many bytes its lines may take on the disk. ERROR_BUSY: another collector works on it. */
int spool_open(struct spool **ret_spool, const char *folder, int64_t bytes_max,
	struct error *err) CHECK_RESULT;
void spool_close(struct spool *spool);

/* Appends @lines, whole events lines. From time to time some of what lies there is packed.
 * ERROR_NO_SPACE, by bytes_max or because the disk is full, and any other failure: nothing was
 * appended. */
int spool_append(struct spool *spool, struct text lines, struct error *err) CHECK_RESULT;

/* Brings all that was appended to the disk. Nothing happens where all of it is there. */
int spool_sync(struct spool *spool, struct error *err) CHECK_RESULT;

/* False once an append found no room, until half of bytes_max is free, and the disk has room again:
 * a source that cannot wait is disconnected meanwhile. */
bool spool_has_room(struct spool *spool);

/* The counts as they are now. */
struct spool_counts spool_counts(const struct spool *spool);

/* Puts the first lines that are not acknowledged into @buffer, which it clears: at most @lines_max
 * and @bytes_max, but one whole line in any case. Returns how many lines, negative on failure. */
int spool_read(struct spool *spool, size_t bytes_max, size_t lines_max, struct buffer *buffer,
	struct error *err) CHECK_RESULT;

/* The first @lines lines, @bytes long, are durable on the server, or given up. First the state is
 * brought to the disk, then segments that are done are removed. */
int spool_acknowledge(
	struct spool *spool, size_t bytes, uint64_t lines, struct error *err) CHECK_RESULT;

/* Sets @line, which was refused, aside: {"error":…,"line":{…}}. It is still to be acknowledged,
 * which brings what was set aside to the disk first, all of it at once.
 * From 16 MiB on, rejected.ndjson becomes rejected.ndjson.old, in place of the last such. */
int spool_reject(
	struct spool *spool, struct text line, struct text reason, struct error *err) CHECK_RESULT;

/* Puts all lines of the segment that is appended to into @buffer, acknowledged or not: what was
 * told last. */
int spool_read_last(struct spool *spool, struct buffer *buffer, struct error *err) CHECK_RESULT;

/* The source's mark: how far it has read, its own JSON value. {NULL, 0}: none yet. Valid until
 * spool_set_mark(). */
struct text spool_mark(const struct spool *spool);

/* Brings what was appended to the disk, and then @mark, at most SPOOL_MARK_BYTES_MAX. */
int spool_set_mark(struct spool *spool, struct text mark, struct error *err) CHECK_RESULT;

/* The path of the file @name in the folder, for what a source keeps beside the spool. */
struct text spool_path(const struct spool *spool, const char *name, struct buffer *buffer);

/* Replaces the file @name in the folder by @content: written beside it, brought to the disk,
 * renamed, and the folder brought to the disk. */
int spool_write_file(
	struct spool *spool, const char *name, struct text content, struct error *err) CHECK_RESULT;

#endif
