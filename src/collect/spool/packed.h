/* SPDX-License-Identifier: MIT
 * Private to the spool: what a packed segment looks like. `zstd -d` makes the lines of it.
 *
 *   frame to be skipped (RFC 8878 §3.1.2)   magic, length of what follows, each 4 bytes
 *     bytes of lines                        8 bytes
 *     size of each frame that follows       4 bytes each
 *   frames of zstd, with checksums          each PACKED_FRAME_BYTES of lines, the last one the rest
 *
 * All numbers begin with their lowest byte. The index lets a reader begin anywhere, and tells how
 * many bytes of lines there are without a look at them. */
#ifndef COLLECT_SPOOL_PACKED_H
#define COLLECT_SPOOL_PACKED_H

#include <stddef.h>
#include <stdint.h>

#define PACKED_MAGIC	   UINT32_C(0x184d2a50)
#define PACKED_FRAME_BYTES ((size_t)256 << 10)
#define PACKED_FRAMES_MAX  ((size_t)1 << 16)
#define PACKED_HEAD_BYTES  ((size_t)16)
#define PACKED_SIZE_BYTES  ((size_t)4)

static inline size_t packed_frames(int64_t bytes)
{
	return ((size_t)bytes + PACKED_FRAME_BYTES - 1) / PACKED_FRAME_BYTES;
}

/* How many bytes of lines are in the frame @number of those that hold @bytes. */
static inline size_t packed_frame_bytes(int64_t bytes, size_t number)
{
	size_t rest = (size_t)bytes - number * PACKED_FRAME_BYTES;

	return rest < PACKED_FRAME_BYTES ? rest : PACKED_FRAME_BYTES;
}

static inline size_t packed_index_bytes(size_t frames)
{
	return PACKED_HEAD_BYTES + frames * PACKED_SIZE_BYTES;
}

#endif
