/* SPDX-License-Identifier: MIT
 * Private to the spool: reads a packed segment, a frame at a time. */
#ifndef COLLECT_SPOOL_UNPACK_H
#define COLLECT_SPOOL_UNPACK_H

#include "base/error.h"
#include "base/text.h"

struct spool_unpack;

/* Reads the index of the packed segment @fd, which stays the caller's. ERROR_CORRUPT: the message
 * says what is wrong with it, without the file's name. */
int spool_unpack_open(struct spool_unpack **ret_unpack, int fd, struct error *err) CHECK_RESULT;
void spool_unpack_close(struct spool_unpack *unpack);
AUTO_POINTER(struct spool_unpack *, spool_unpack_close);

/* Bytes of lines. */
int64_t spool_unpack_size(const struct spool_unpack *unpack);

/* Gives the lines from byte @at on, as many as the frame there has; none at the end. Valid until
 * the next call. ERROR_CORRUPT as above. */
int spool_unpack_read(struct spool_unpack *unpack, int64_t at, struct text *ret_lines,
	struct error *err) CHECK_RESULT;

#endif
