/* SPDX-License-Identifier: MIT
 * A channel event log that Asterisk goes on writing: its rows, from file to file as it is rotated.
 *
 * It follows the file by device and inode. When another file has its name, the old one is read to
 * its end first, and then those that came between them (cel_rotation.h). A file that got shorter
 * was cut in place: rows may be missing, which is told. So it is told when a file is gone or
 * compressed.
 */
#ifndef COLLECT_CEL_FILE_H
#define COLLECT_CEL_FILE_H

#include "base/buffer.h"
#include "base/error.h"
#include "intake/sources/ami/ami_rows.h"

struct cel_file;

struct cel_file_options {
	const char *path;
	const char *columns; /* a cel_custom.conf; NULL: told by the file */
	bool local_times;    /* times without a zone are of the process's zone, otherwise of UTC */
	/* @place grows from row to row, across files. @again: it was read before the mark was
	 * written. */
	void (*row)(void *context, const struct ami_row *row, int64_t place, bool again);
	/* Rows may be missing here: a sentence. */
	void (*gap)(void *context, const char *reason);
	void *context;
};

struct cel_file_counts {
	uint64_t rows, rejected, files, gaps;
};

/* @mark: what cel_file_mark() wrote before; empty: from the beginning. */
int cel_file_open(struct cel_file **ret_file, const struct cel_file_options *options,
	struct text mark, struct error *err) CHECK_RESULT;
void cel_file_close(struct cel_file *file);

/* A descriptor that is ready when something in the folder changed. */
int cel_file_fd(const struct cel_file *file);

/* Reads what is there, at most 4 MiB. Returns 1 when there was more or may be, 0 at the end. */
int cel_file_turn(struct cel_file *file, struct error *err) CHECK_RESULT;

/* Where the next row will stand. */
int64_t cel_file_place(const struct cel_file *file);

/* Writes where @place is, and how far was read behind it, to be handed to cel_file_open(). Further
 * members may be put into the object. */
void cel_file_mark(const struct cel_file *file, int64_t place, struct buffer *mark);

/* The last thing that was not a row, in words; NULL where nothing was since the last call. */
const char *cel_file_rejected(struct cel_file *file);

struct cel_file_counts cel_file_counts(const struct cel_file *file);

#endif
