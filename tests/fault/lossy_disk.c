/* SPDX-License-Identifier: MIT
 * What is synced lies in one buffer a file; what is not waits in a list in its order. */
#include "lossy_disk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "faulty_vfs.h"

#define FILES_MAX 8
#define NAME_SIZE 64
#define FILE_MAX  ((size_t)64 << 20)
#define SECTOR	  ((size_t)512)

/* A write, or a truncation when data is NULL, or the file's removal when size is negative. */
struct pending {
	struct pending *next;
	char *data;
	int64_t size;
	int64_t at;
};

struct lossy_file {
	char name[NAME_SIZE]; /* within the folder */
	bool there;
	bool named; /* its name in the folder is synced, too */
	struct buffer synced;
	struct pending *first;
	struct pending **last;
};

struct lossy_disk {
	char folder[256];
	struct faulty_watch watch;
	void (*sync)(void *context);
	void *context;
	struct lossy_file files[FILES_MAX];
	size_t count;
};

/* ---- what is done to a file ---- */

static void set_size(struct buffer *content, size_t size)
{
	if (size > content->size) {
		size_t more = size - content->size;
		char *at = buffer_reserve(content, more);

		assert(at);
		memset(at, 0, more);
		buffer_advance(content, more);
	}
	content->size = size;
}

static void apply_write(
	struct buffer *content, const struct pending *pending, size_t from, size_t to)
{
	size_t at = (size_t)pending->at;

	if (content->size < at + to) {
		set_size(content, at + to);
	}
	memcpy(content->data + at + from, pending->data + from, to - from);
}

static void apply(struct buffer *content, bool *there, const struct pending *pending)
{
	if (pending->size < 0) {
		*there = false;
		content->size = 0;
		return;
	}
	*there = true;
	if (pending->data) {
		apply_write(content, pending, 0, (size_t)pending->size);
	} else {
		set_size(content, (size_t)pending->size);
	}
}

static void forget(struct pending *pending)
{
	while (pending) {
		struct pending *next = pending->next;

		free(pending->data);
		free(pending);
		pending = next;
	}
}

/* ---- watching ---- */

/* The file at @path; NULL when it is not in the folder itself. */
static struct lossy_file *file_at(struct lossy_disk *disk, const char *path)
{
	size_t size = strlen(disk->folder);
	const char *name = path + size + 1;
	struct lossy_file *file;

	if (strncmp(path, disk->folder, size) != 0 || path[size] != '/' || strchr(name, '/')) {
		return NULL;
	}
	for (size_t i = 0; i < disk->count; i++) {
		if (strcmp(disk->files[i].name, name) == 0) {
			return &disk->files[i];
		}
	}
	assert(disk->count < FILES_MAX && strlen(name) < NAME_SIZE);
	file = &disk->files[disk->count++];
	snprintf(file->name, sizeof(file->name), "%s", name);
	buffer_init(&file->synced, FILE_MAX);
	file->last = &file->first;
	return file;
}

static void add(void *context, const char *path, const void *data, int64_t size, int64_t at)
{
	struct lossy_file *file = file_at(context, path);
	struct pending *pending;

	if (!file) {
		return;
	}
	pending = calloc(1, sizeof(*pending));
	assert(pending);
	pending->size = size;
	pending->at = at;
	if (data) {
		pending->data = malloc((size_t)size + 1);
		assert(pending->data);
		memcpy(pending->data, data, (size_t)size);
	}
	*file->last = pending;
	file->last = &pending->next;
}

static void watch_write(void *context, const char *path, const void *data, size_t size, int64_t at)
{
	add(context, path, data, (int64_t)size, at);
}

static void watch_truncate(void *context, const char *path, int64_t size)
{
	add(context, path, NULL, size, 0);
}

/* What is pending, up to @end and not with it, is synced. */
static void settle_until(struct lossy_file *file, const struct pending *end)
{
	while (file->first != end) {
		struct pending *pending = file->first;

		apply(&file->synced, &file->there, pending);
		file->named = file->named && pending->size >= 0;
		file->first = pending->next;
		pending->next = NULL;
		forget(pending);
	}
	if (!file->first) {
		file->last = &file->first;
	}
}

static void settle(struct lossy_file *file)
{
	settle_until(file, NULL);
}

/* The folder is synced: no removed file comes back. */
static void settle_removals(struct lossy_disk *disk)
{
	for (size_t i = 0; i < disk->count; i++) {
		struct lossy_file *file = &disk->files[i];
		const struct pending *removal = NULL;

		for (const struct pending *pending = file->first; pending;
			pending = pending->next) {
			removal = pending->size < 0 ? pending : removal;
		}
		if (removal) {
			settle_until(file, removal->next);
		}
	}
}

/* A removal may be synced at once, with the folder. */
static void watch_remove(void *context, const char *path, bool synced)
{
	struct lossy_file *file = file_at(context, path);

	add(context, path, NULL, -1, 0);
	if (file && synced) {
		settle(file);
	}
}

/* SQLite syncs the folder with the first sync of a journal or log that it has made. */
static void watch_sync(void *context, const char *path)
{
	struct lossy_disk *disk = context;
	struct lossy_file *file = file_at(disk, path);

	if (!file) {
		return;
	}
	disk->sync(disk->context);
	settle(file);
	if (!file->named && strchr(file->name, '-')) {
		file->named = true;
		settle_removals(disk);
	}
}

struct lossy_disk *lossy_disk_create(const char *folder, void (*sync)(void *context), void *context)
{
	struct lossy_disk *disk = calloc(1, sizeof(*disk));

	assert(disk);
	snprintf(disk->folder, sizeof(disk->folder), "%s", folder);
	disk->sync = sync;
	disk->context = context;
	disk->watch = (struct faulty_watch){
		.write = watch_write,
		.truncate = watch_truncate,
		.sync = watch_sync,
		.remove = watch_remove,
		.context = disk,
	};
	faulty_vfs_watch(&disk->watch);
	return disk;
}

void lossy_disk_destroy(struct lossy_disk *disk)
{
	faulty_vfs_watch(NULL);
	for (size_t i = 0; i < disk->count; i++) {
		forget(disk->files[i].first);
		buffer_deinit(&disk->files[i].synced);
	}
	free(disk);
}

void lossy_disk_take(struct lossy_disk *disk, const char *path)
{
	struct lossy_file *file = file_at(disk, path);
	FILE *stream = fopen(path, "rb");
	char *at;
	size_t got;

	assert(file && stream);
	while ((at = buffer_reserve(&file->synced, 65536)) &&
		(got = fread(at, 1, 65536, stream)) > 0) {
		buffer_advance(&file->synced, got);
	}
	file->there = true;
	fclose(stream);
}

/* ---- cutting ---- */

static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 16;
}

/* A write comes in any of its sectors, a truncation or removal or not at all. */
static void apply_some(
	struct buffer *content, bool *there, const struct pending *pending, uint32_t *random)
{
	size_t size = pending->size > 0 ? (size_t)pending->size : 0;

	if (!pending->data) {
		if (next_random(random) % 2) {
			apply(content, there, pending);
		}
		return;
	}
	for (size_t from = 0; from < size;) {
		size_t to = from + SECTOR - ((size_t)pending->at + from) % SECTOR;

		to = to < size ? to : size;
		if (next_random(random) % 2) {
			*there = true;
			apply_write(content, pending, from, to);
		}
		from = to;
	}
}

static void write_out(const struct buffer *content, const char *folder, const char *name)
{
	char path[512];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	stream = fopen(path, "wb");
	assert(stream);
	if (content->size > 0 && fwrite(content->data, 1, content->size, stream) != content->size) {
		abort();
	}
	fclose(stream);
}

static void cut_file(
	const struct lossy_file *file, const char *folder, enum lossy_cut cut, uint32_t *random)
{
	AUTO(buffer_deinit) struct buffer content;
	const struct pending *pending = cut == LOSSY_NOTHING ? NULL : file->first;
	bool there = file->there;

	buffer_init(&content, FILE_MAX);
	buffer_append(&content, buffer_text(&file->synced));
	for (; pending; pending = pending->next) {
		if (cut == LOSSY_ALL) {
			apply(&content, &there, pending);
		} else {
			apply_some(&content, &there, pending, random);
		}
	}
	assert(!content.failed);
	if (there) {
		write_out(&content, folder, file->name);
	}
}

void lossy_disk_cut(
	const struct lossy_disk *disk, const char *folder, enum lossy_cut cut, uint32_t seed)
{
	if (mkdir(folder, 0700) < 0) {
		abort();
	}
	for (size_t i = 0; i < disk->count; i++) {
		cut_file(&disk->files[i], folder, cut, &seed);
	}
}
