/* SPDX-License-Identifier: MIT
 * The arena: a chain of blocks, each twice the last one up to a limit, and the pool that such
 * blocks go to. */
#include "base/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK_MIN  ((size_t)4096)
#define BLOCK_MAX  ((size_t)2 << 20) /* a huge page of most machines */
#define MAPPED_MIN ((size_t)64 << 10)
#define HUGE_MIN   ((size_t)1 << 20)
#define LARGE_MIN  ((size_t)8 << 20)

struct arena_block {
	alignas(max_align_t) struct arena_block *before; /* in its arena, or in the pool */
	size_t size;					 /* of the whole block */
	size_t used;					 /* this header included */
	bool mapped;
	bool spilled; /* it lies in a file */
};

/* ---- the pool ---- */

void arena_pool_init(struct arena_pool *pool, size_t idle_max_bytes, size_t busy_max_bytes)
{
	*pool = (struct arena_pool){
		.idle_max_bytes = idle_max_bytes, .busy_max_bytes = busy_max_bytes};
	pthread_mutex_init(&pool->lock, NULL);
}

/* Large blocks that come and go are mapped. What the pool does not keep leaves the process at once,
 * where malloc() might hold on to it behind something small that stays. Where the system has huge
 * pages to give, it gives a block of BLOCK_MAX as one. */
static struct arena_block *new_block(size_t size, bool pooled)
{
	struct arena_block *block;

	if (!pooled || size < MAPPED_MIN) {
		block = malloc(size);
		if (block) {
			block->mapped = false;
			block->spilled = false;
		}
		return block;
	}
	block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (block == MAP_FAILED) {
		return NULL;
	}
	if (size >= HUGE_MIN) {
		(void)madvise(block, size, MADV_HUGEPAGE);
	}
	block->mapped = true;
	block->spilled = false;
	return block;
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *before = block->before;

		if (block->mapped) {
			munmap(block, block->size);
		} else {
			free(block);
		}
		block = before;
	}
}

void arena_pool_deinit(struct arena_pool *pool)
{
	for (size_t i = 0; i < ARENA_POOL_SIZES; i++) {
		free_blocks(pool->spare[i]);
	}
	pthread_mutex_destroy(&pool->lock);
}

/* The list of the pool's blocks of @size; NULL for a size that it does not keep. */
static struct arena_block **spare_of(struct arena_pool *pool, size_t size)
{
	for (size_t i = 0; i < ARENA_POOL_SIZES; i++) {
		if (size == BLOCK_MIN << i) {
			return &pool->spare[i];
		}
	}
	return NULL;
}

static struct arena_block *pool_take(struct arena_pool *pool, size_t size)
{
	struct arena_block **spare = spare_of(pool, size);
	struct arena_block *block = NULL;

	pthread_mutex_lock(&pool->lock);
	if (spare && *spare) {
		block = *spare;
		*spare = block->before;
		pool->spare_bytes -= size;
	}
	pool->lent_bytes += size;
	pthread_mutex_unlock(&pool->lock);
	return block;
}

static void move_block(struct arena_block **from, struct arena_block **to)
{
	struct arena_block *block = *from;

	*from = block->before;
	block->before = *to;
	*to = block;
}

/* Takes spare blocks, large ones first, out of the pool until it has no more than @max_bytes. */
static void shrink(struct arena_pool *pool, size_t max_bytes, struct arena_block **taken)
{
	for (size_t i = ARENA_POOL_SIZES; i-- > 0;) {
		while (pool->spare[i] && pool->spare_bytes > max_bytes) {
			pool->spare_bytes -= pool->spare[i]->size;
			move_block(&pool->spare[i], taken);
		}
	}
}

/* Puts @block and those before it into the pool, and returns those that it does not keep. */
static struct arena_block *pool_give(struct arena_pool *pool, struct arena_block *block)
{
	struct arena_block *others = NULL;

	pthread_mutex_lock(&pool->lock);
	while (block) {
		struct arena_block **list = block->spilled ? NULL : spare_of(pool, block->size);

		pool->lent_bytes -= block->size;
		pool->spare_bytes += list ? block->size : 0;
		move_block(&block, list ? list : &others);
	}
	shrink(pool, pool->lent_bytes > 0 ? pool->busy_max_bytes : pool->idle_max_bytes, &others);
	pthread_mutex_unlock(&pool->lock);
	return others;
}

/* ---- the arena ---- */

void arena_init(struct arena *arena, size_t ceiling_bytes)
{
	arena_init_pooled(arena, ceiling_bytes, NULL);
}

void arena_init_pooled(struct arena *arena, size_t ceiling_bytes, struct arena_pool *pool)
{
	*arena = (struct arena){
		.ceiling_bytes = ceiling_bytes, .pool = pool, .first_bytes = BLOCK_MIN};
	/* Of an arena that is going to be large no block is too small for arena_spill(). */
	if (pool && ceiling_bytes >= LARGE_MIN && ceiling_bytes < SIZE_MAX) {
		arena->first_bytes = MAPPED_MIN;
	}
}

void arena_deinit(struct arena *arena)
{
	free_blocks(arena->pool ? pool_give(arena->pool, arena->last) : arena->last);
	arena->last = NULL;
	arena->used_bytes = 0;
}

/* @wanted includes the block's header. */
static size_t next_block_size(const struct arena *arena, size_t wanted)
{
	size_t size = arena->last ? arena->last->size * 2 : arena->first_bytes;

	size = size > BLOCK_MAX ? BLOCK_MAX : size;
	while (size < wanted && size < BLOCK_MAX) {
		size *= 2; /* a size that the pool keeps */
	}
	size = size < wanted ? wanted : size;
	if (size > arena->ceiling_bytes - arena->used_bytes) {
		size = arena->ceiling_bytes - arena->used_bytes;
	}
	return size;
}

static struct arena_block *add_block(struct arena *arena, size_t wanted)
{
	struct arena_block *block;
	size_t whole, size;

	if (__builtin_add_overflow(wanted, sizeof(*block), &whole)) {
		return NULL;
	}
	size = next_block_size(arena, whole);
	if (size < whole) {
		return NULL;
	}
	block = arena->pool ? pool_take(arena->pool, size) : NULL;
	block = block ? block : new_block(size, arena->pool != NULL);
	if (!block) {
		/* that the pool counts it as lent only keeps it from thinking itself idle */
		return NULL;
	}
	block->before = arena->last;
	block->size = size;
	block->used = sizeof(*block);
	arena->last = block;
	arena->used_bytes += size;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t rounded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct arena_block *block = arena->last;
	void *memory;

	if (rounded < size) {
		return NULL;
	}
	if (!block || block->size - block->used < rounded) {
		block = add_block(arena, rounded);
	}
	if (!block) {
		return NULL;
	}
	memory = (char *)block + block->used;
	block->used += rounded;
	return memory;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	size_t total;
	void *memory;

	if (__builtin_mul_overflow(count, size, &total)) {
		return NULL;
	}
	memory = arena_alloc(arena, total);
	if (memory) {
		memset(memory, 0, total);
	}
	return memory;
}

void *arena_list_grow(struct arena *arena, void *list, size_t count, size_t size)
{
	void *grown;

	if (count != 0 && (count < 8 || (count & (count - 1)) != 0)) {
		return list;
	}
	grown = arena_alloc(arena, (count < 8 ? 8 : count * 2) * size);
	if (grown && count > 0) {
		memcpy(grown, list, count * size);
	}
	return grown;
}

struct text arena_copy(struct arena *arena, struct text text)
{
	char *copy = text.size < SIZE_MAX ? arena_alloc(arena, text.size + 1) : NULL;

	if (!copy) {
		return (struct text){0};
	}
	if (text.size > 0) {
		memcpy(copy, text.data, text.size);
	}
	copy[text.size] = '\0';
	return (struct text){.data = copy, .size = text.size};
}

struct text arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *copy;
	int size;

	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, again);
	va_end(again);
	copy = size >= 0 ? arena_alloc(arena, (size_t)size + 1) : NULL;
	if (!copy) {
		return (struct text){0};
	}
	vsnprintf(copy, (size_t)size + 1, format, args);
	return (struct text){.data = copy, .size = (size_t)size};
}

struct text arena_decode(struct arena *arena, struct text text, bool plus)
{
	char *out = arena_alloc(arena, text.size + 1);
	size_t size = 0;

	if (!out) {
		return (struct text){0};
	}
	while (text.size > 0) {
		int byte = text.data[0] == '%' ? text_percent_byte(text) : -1;

		out[size++] = byte >= 0			    ? (char)byte
			      : plus && text.data[0] == '+' ? ' '
							    : text.data[0];
		text = text_tail(text, byte >= 0 ? 3 : 1);
	}
	out[size] = '\0';
	return (struct text){.data = out, .size = size};
}

struct text arena_printf(struct arena *arena, const char *format, ...)
{
	struct text text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

/* ---- spilling ----
 *
 * The blocks are written into a file, and the file is mapped where they lay. Pointers stay what
 * they are. What was memory of the process becomes pages of a file. The system reads these when
 * they are looked at, and drops them when memory is short. The kernel puts the new mapping in the
 * place of the old one in one step, so that others may go on reading meanwhile. */

static bool is_spillable(const struct arena_block *block)
{
	return block->mapped && !block->spilled;
}

size_t arena_spillable_bytes(const struct arena *arena)
{
	size_t bytes = 0;

	for (const struct arena_block *block = arena->last; block; block = block->before) {
		bytes += is_spillable(block) ? block->size : 0;
	}
	return bytes;
}

static int write_all(int fd, const char *data, size_t size, off_t at, struct error *err)
{
	while (size > 0) {
		ssize_t written = pwrite(fd, data, size, at);

		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written <= 0) {
			return error_set_errno(err, written < 0 ? errno : ENOSPC,
				"cannot write what a slow client has not taken");
		}
		data += written;
		at += written;
		size -= (size_t)written;
	}
	return 0;
}

/* The block is mapped over itself only when all of it is written. Its own header says so in the
 * file too. */
static int spill_block(struct arena_block *block, int fd, off_t at, struct error *err)
{
	block->spilled = true;
	if (write_all(fd, (const char *)block, block->size, at, err) < 0) {
		block->spilled = false;
		return -1;
	}
	if (mmap(block, block->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, at) ==
		MAP_FAILED) {
		int code = errno;

		block->spilled = false;
		return error_set_errno(err, code, "cannot map what a slow client has not taken");
	}
	return 0;
}

/* Where the next block's bytes begin: mappings begin at whole pages. */
static off_t next_place(off_t at, size_t size)
{
	off_t page = sysconf(_SC_PAGESIZE);

	return (at + (off_t)size + page - 1) / page * page;
}

int arena_spill(struct arena *arena, int fd, size_t *moved_bytes, struct error *err)
{
	struct arena_block *block = arena->last;
	off_t at = 0;

	while (block) {
		struct arena_block *before = block->before;
		size_t size = block->size;

		if (is_spillable(block)) {
			if (spill_block(block, fd, at, err) < 0) {
				return -1;
			}
			/* To look at it now would read it back, in large pages all of it. */
			*moved_bytes += size;
			at = next_place(at, size);
		}
		block = before;
	}
	return 0;
}

size_t arena_places(const struct arena *arena, struct iovec *places, size_t max)
{
	size_t count = 0;

	for (struct arena_block *block = arena->last; block; block = block->before) {
		if (is_spillable(block) && count++ < max) {
			places[count - 1] =
				(struct iovec){.iov_base = block, .iov_len = block->size};
		}
	}
	return count;
}

void arena_drop_pages(const struct iovec *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		(void)madvise(places[i].iov_base, places[i].iov_len, MADV_DONTNEED);
	}
}
