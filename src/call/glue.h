/* SPDX-License-Identifier: MIT
 * Glues packed calls and plain text into one gzip member without compressing anything again (DESIGN
 * §3).
 *
 * The comma after a packed call takes the place of the empty stored block that ends it. */
#ifndef CALL_GLUE_H
#define CALL_GLUE_H

#include <sys/uio.h>

#include "base/arena.h"
#include "call/pack.h"

struct glue {
	struct arena *arena;
	struct iovec *pieces; /* in the arena; point into the packed calls and into the arena */
	size_t count;
	uint64_t size_bytes; /* of all pieces: the Content-Length */
	uint32_t crc32;	     /* of the text so far */
	uint64_t text_bytes; /* of the text so far */
	bool failed;	     /* memory ran out */
	bool corrupt;	     /* a packed call does not end as it should */
};

/* Starts a gzip member. Everything lives in @arena. */
void glue_init(struct glue *glue, struct arena *arena);

/* Adds a stored block (or several: at most 65,535 bytes each) with @text, which is not copied. */
void glue_text(struct glue *glue, struct text text);

/* Adds a packed call, not copied, and after it @separator (at most 65,535 bytes, copied, may be
 * empty). Where it has room for the separator, that is written into it. Then it is not a packed
 * call any more, and with its neighbours in memory it is one piece. */
void glue_packed(struct glue *glue, const struct packed *packed, struct text separator);

/* Ends the member: final block, CRC, length. Returns 0; negative when the arena was full or when a
 * packed call cannot be followed by anything (ERROR_CORRUPT). Packed calls are not inflated: that
 * their bytes, CRC and size agree is taken on trust. */
int glue_end(struct glue *glue, struct error *err) CHECK_RESULT;

#endif
