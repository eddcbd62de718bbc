/* SPDX-License-Identifier: MIT
 * An arena: memory of one request or one batch, given piece by piece, freed all at once. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/uio.h>

#include "base/auto.h"
#include "base/error.h"
#include "base/text.h"

struct arena_block;

#define ARENA_POOL_SIZES 10 /* powers of two from 4 KiB on */

/* Blocks that arenas hand on to each other, for arenas that are large and short-lived. The system
 * zeroes memory page by page when it is asked for again, which takes longer than the work that is
 * done in it. */
struct arena_pool {
	pthread_mutex_t lock;
	struct arena_block *spare[ARENA_POOL_SIZES];
	size_t spare_bytes;
	size_t lent_bytes; /* of the blocks in arenas */
	size_t idle_max_bytes;
	size_t busy_max_bytes;
};

/* Keeps at most @busy_max_bytes of spare blocks while some are in use, at most @idle_max_bytes
 * while none is. */
void arena_pool_init(struct arena_pool *pool, size_t idle_max_bytes, size_t busy_max_bytes);
void arena_pool_deinit(struct arena_pool *pool);

struct arena {
	struct arena_block *last;
	size_t used_bytes;	 /* of all blocks */
	size_t ceiling_bytes;	 /* no allocation takes used_bytes past it */
	size_t first_bytes;	 /* of its first block */
	struct arena_pool *pool; /* NULL: none */
};

/* An empty arena; nothing is allocated yet. */
void arena_init(struct arena *arena, size_t ceiling_bytes);

/* The same, with blocks out of @pool, which outlives it, where it has some. */
void arena_init_pooled(struct arena *arena, size_t ceiling_bytes, struct arena_pool *pool);

/* Frees everything; the arena may be used again, with the same ceiling. */
void arena_deinit(struct arena *arena);

/* @size bytes aligned for any type, uninitialised; NULL when memory or the ceiling is reached. */
void *arena_alloc(struct arena *arena, size_t size) CHECK_RESULT;

/* As arena_alloc(), all zero, for @count elements of @size. */
void *arena_calloc(struct arena *arena, size_t count, size_t size) CHECK_RESULT;

/* Room for one more entry of @size bytes in a list of @count in @arena. The room doubles, and what
 * is left behind goes with the arena. NULL: the arena is used up. */
void *arena_list_grow(struct arena *arena, void *list, size_t count, size_t size) CHECK_RESULT;

/* ---- spilling ---- */

/* How many bytes arena_spill() would move: those of the blocks of a pooled arena that are not
 * small. */
size_t arena_spillable_bytes(const struct arena *arena);

/* Moves the arena's blocks into @fd, an empty file, block by block; pointers into them stay good.
 * Other threads may read the arena meanwhile, none may allocate or write. The file's space is given
 * back with the arena. @moved_bytes is raised by what was moved, on failure too: what is moved then
 * stays moved. A file that cannot be read back later ends the process by SIGBUS, as memory that was
 * swapped out would. */
int arena_spill(struct arena *arena, int fd, size_t *moved_bytes, struct error *err) CHECK_RESULT;

/* Where the blocks lie that arena_spill() would move: the first @max of them go into @places.
 * Returns how many there are. */
size_t arena_places(const struct arena *arena, struct iovec *places, size_t max);

/* Drops what was read back of blocks, all of which were moved, without looking at them. It is read
 * again when it is looked at again. */
void arena_drop_pages(const struct iovec *places, size_t count);

/* ---- texts ---- */

/* A copy of @text, followed by a NUL that is not counted. Its data is NULL on failure. */
struct text arena_copy(struct arena *arena, struct text text) CHECK_RESULT;

/* @text with each `%HH` replaced by its byte, and each `+` by a space where @plus says so, followed
 * by a NUL that is not counted. A `%` that two digits do not follow stays (WHATWG URL §1.3). Its
 * data is NULL on failure. */
struct text arena_decode(struct arena *arena, struct text text, bool plus) CHECK_RESULT;

/* A formatted text, followed by a NUL that is not counted. Its data is NULL on failure. */
struct text arena_printf(struct arena *arena, const char *format, ...) FORMAT_PRINTF(2, 3);
struct text arena_vprintf(struct arena *arena, const char *format, va_list args)
	FORMAT_PRINTF(2, 0);

#endif
