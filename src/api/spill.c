/* SPDX-License-Identifier: MIT
 * The thread that makes room while answers wait for memory. What a slow client has not taken is
 * moved into an unlinked file, the largest first. Such files are written and given back here,
 * because both wait for the disk. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "api/memory.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

/* The client of an answer that is taken within this time is not slow. */
#define SLOW_US INT64_C(1000000)
#define LOOK_US INT64_C(100000)
#define DROP_US INT64_C(1000000)

/* What is too small to be worth a file. */
#define SPILLED_MIN ((size_t)64 << 10)
#define TRIM_US	    INT64_C(10000000)

struct spilled {
	struct arena arena; /* the blocks of the claim's arena; its own once they were dropped */
	size_t bytes;
	struct iovec *places; /* of its blocks: looking at these would read them back */
	size_t place_count;
	int64_t unread_us; /* what was read back was dropped then */
	bool busy;	   /* the thread works on it without the lock */
	bool dropped;	   /* nothing reads it any more */
	struct spilled *next;
};

/* ---- moving ---- */

static void tell(struct spill *spill, const char *folder, const struct error *err)
{
	char cause[sizeof(err->message) + 32];

	if (!spill->failing) {
		log_event(LOG_ERROR, "spill-failed", "folder=%s cause=%s", folder,
			log_value(text_of(err->message), cause, sizeof(cause)));
	}
	spill->failing = true;
}

static int open_file(const char *folder, struct error *err)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	return fd < 0 ? error_set_errno(err, errno, "cannot make a file in '%s'", folder) : fd;
}

/* Writing begins at once, so that the system has clean pages to drop when memory gets short. */
static int move(struct spill *spill, struct spilled *spilled, struct error *err)
{
	AUTO(file_close) int fd = open_file(spill->folder, err);
	int done;

	if (fd < 0) {
		return -1;
	}
	done = arena_spill(&spilled->arena, fd, &spilled->bytes, err);
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return done;
}

/* The answer that holds most of those that are taken slowly. What is to be moved counts before it
 * is. */
static struct claim *pick(struct memory *memory, int64_t now_us)
{
	const struct spill *spill = &memory->spill;
	struct claim *largest = NULL;
	size_t largest_bytes = SPILLED_MIN;

	LIST_EACH(struct claim, claim, &memory->sent, sent) {
		size_t bytes = claim->spilled || now_us - claim->since_us < SLOW_US
				       ? 0
				       : arena_spillable_bytes(claim->arena);

		if (bytes >= largest_bytes && bytes <= spill->max_bytes - spill->used_bytes) {
			largest = claim;
			largest_bytes = bytes;
		}
	}
	return largest;
}

static void put_away(struct spill *spill, struct spilled *spilled)
{
	spilled->next = spill->dropped;
	spill->dropped = spilled;
}

/* Moves the answer of @claim, without the lock meanwhile. Returns whether it went. */
static bool spill_one(struct memory *memory, struct claim *claim)
{
	struct spilled *spilled = calloc(1, sizeof(*spilled));
	struct spill *spill = &memory->spill;
	size_t wanted;
	struct error err;
	int done;

	if (!spilled) {
		return false;
	}
	spilled->arena = *claim->arena;
	spilled->place_count = arena_places(&spilled->arena, NULL, 0);
	spilled->places = calloc(spilled->place_count, sizeof(*spilled->places));
	if (!spilled->places) {
		free(spilled);
		return false;
	}
	arena_places(&spilled->arena, spilled->places, spilled->place_count);
	spilled->busy = true;
	claim->spilled = spilled;
	wanted = arena_spillable_bytes(claim->arena);
	spill->used_bytes += wanted;
	thread_unlock(&memory->thread);
	done = move(spill, spilled, &err);
	thread_lock(&memory->thread);
	spilled->busy = false;
	spill->used_bytes -= wanted - spilled->bytes;
	if (done < 0) {
		spilled->place_count = 0; /* some are memory still */
		tell(spill, spill->folder, &err);
	}
	if (spilled->dropped) {
		put_away(spill, spilled);
	} else {
		memory_lessen(memory, claim, spilled->bytes);
	}
	spill->failing &= done < 0;
	return done == 0;
}

void spill_drop(struct memory *memory, struct claim *claim)
{
	struct spilled *spilled = claim->spilled;

	/* The blocks are the thread's now. */
	claim->arena->last = NULL;
	claim->arena->used_bytes = 0;
	claim->spilled = NULL;
	spilled->dropped = true;
	if (!spilled->busy) {
		put_away(&memory->spill, spilled);
	}
	thread_wake(&memory->thread);
}

/* ---- giving back ---- */

static void bury(struct memory *memory)
{
	struct spill *spill = &memory->spill;

	while (spill->dropped) {
		struct spilled *spilled = spill->dropped;

		spill->dropped = spilled->next;
		thread_unlock(&memory->thread);
		arena_deinit(&spilled->arena);
		thread_lock(&memory->thread);
		spill->used_bytes -= spilled->bytes;
		free(spilled->places);
		free(spilled);
	}
}

static struct spilled *find_read(const struct memory *memory, int64_t now_us)
{
	LIST_EACH(struct claim, claim, &memory->sent, sent) {
		if (claim->spilled && claim->spilled->unread_us != now_us) {
			return claim->spilled;
		}
	}
	return NULL;
}

/* What was read back for a client that has gone on since need not stay. */
static void drop_pages(struct memory *memory, int64_t now_us)
{
	struct spilled *spilled;

	while ((spilled = find_read(memory, now_us))) {
		spilled->unread_us = now_us;
		spilled->busy = true;
		thread_unlock(&memory->thread);
		arena_drop_pages(spilled->places, spilled->place_count);
		thread_lock(&memory->thread);
		spilled->busy = false;
		if (spilled->dropped) {
			put_away(&memory->spill, spilled);
		}
	}
}

/* What malloc() keeps behind something small that stays goes back too, once it is worth it. That is
 * when nothing more was given back for a while, or after TRIM_US at the latest. */
static void trim(struct memory *memory, int64_t now_us)
{
	struct spill *spill = &memory->spill;
	bool busy = spill->freed_bytes != spill->freed_seen_bytes;

	spill->freed_seen_bytes = spill->freed_bytes;
	if (spill->freed_bytes < MEMORY_TRIM_MIN ||
		(busy && now_us - spill->trimmed_us < TRIM_US)) {
		return;
	}
	spill->freed_bytes = 0;
	spill->freed_seen_bytes = 0;
	spill->trimmed_us = now_us;
	thread_unlock(&memory->thread);
	(void)malloc_trim(0);
	thread_lock(&memory->thread);
}

/* ---- the thread ---- */

/* Makes room. Returns whether there is more to do at once. */
static bool make_room(struct memory *memory)
{
	int64_t now_us = clock_monotonic_us();
	struct claim *claim;

	if (!memory_is_short(memory)) {
		return false;
	}
	claim = memory->spill.folder ? pick(memory, now_us) : NULL;
	if (claim && spill_one(memory, claim)) {
		return true;
	}
	memory_refuse_stuck(memory, now_us);
	return false;
}

/* Waits for work. False: it is to end. */
static bool wait_for_work(struct memory *memory)
{
	const struct spill *spill = &memory->spill;
	bool is_short = memory_is_short(memory);
	bool idle = !is_short && spill->used_bytes == 0 && spill->freed_bytes < MEMORY_TRIM_MIN;

	if (spill->dropped) {
		return !memory->thread.stopping;
	}
	return thread_wait(&memory->thread, idle ? -1 : is_short ? LOOK_US : DROP_US);
}

static void *work(void *context)
{
	struct memory *memory = context;
	int64_t dropped_us = 0;
	bool going_on = true;

	thread_lock(&memory->thread);
	while (going_on) {
		int64_t now_us;

		bury(memory);
		if (make_room(memory)) {
			going_on = !memory->thread.stopping;
			continue;
		}
		now_us = clock_monotonic_us();
		if (now_us - dropped_us >= DROP_US) {
			dropped_us = now_us;
			drop_pages(memory, now_us);
			trim(memory, now_us);
		}
		going_on = wait_for_work(memory);
	}
	bury(memory);
	thread_unlock(&memory->thread);
	return NULL;
}

/* Whether files of @folder are memory. */
static bool is_memory(const char *folder)
{
	struct statfs system;

	return statfs(folder, &system) == 0 &&
	       (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

/* That nothing can be moved is told at the start: a file system may know no unlinked files, or be
 * memory itself. */
static int choose_folder(struct spill *spill, const char *folder, struct error *err)
{
	struct error cause;
	int fd;

	if (is_memory(folder)) {
		error_set(&cause, ERROR_UNSUPPORTED,
			"'%s' lies in memory: name a folder on a disk by --spill-folder", folder);
		tell(spill, folder, &cause);
		return 0;
	}
	fd = open_file(folder, &cause);
	file_close(&fd);
	if (fd < 0) {
		tell(spill, folder, &cause);
		return 0;
	}
	spill->folder = strdup(folder);
	return spill->folder ? 0 : error_no_memory(err);
}

int spill_start(struct memory *memory, const char *folder, size_t max_bytes, struct error *err)
{
	struct spill *spill = &memory->spill;

	spill->max_bytes = max_bytes;
	if (folder && max_bytes > 0 && choose_folder(spill, folder, err) < 0) {
		return -1;
	}
	return thread_start(
		&memory->thread, work, memory, "the thread that makes room for answers", err);
}

void spill_stop(struct memory *memory)
{
	thread_stop(&memory->thread);
	free(memory->spill.folder);
	memory->spill.folder = NULL;
}
