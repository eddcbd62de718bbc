/* SPDX-License-Identifier: MIT
 * Spilling an arena: its blocks are written into a file, and the file is mapped where they lay.
 * Pointers stay what they are; what was memory of the process becomes pages of a file, which the
 * system reads when they are looked at and drops when memory is short. The kernel puts the new
 * mapping in the place of the old one in one step, so that others may go on reading meanwhile. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/arena_block.h"

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
