/* SPDX-License-Identifier: MIT
 * Private to the arena: what it is made of. */
#ifndef BASE_ARENA_BLOCK_H
#define BASE_ARENA_BLOCK_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

struct arena_block {
	alignas(max_align_t) struct arena_block *before; /* in its arena, or in the pool */
	size_t size;					 /* of the whole block */
	size_t used;					 /* this header included */
	bool mapped;
	bool spilled; /* it lies in a file */
};

#endif
