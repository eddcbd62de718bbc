/* SPDX-License-Identifier: MIT
 * Backups in one folder. A backup is made, and dropped, under another name: a folder that is named
 * as a backup is whole, whenever the program is killed. What is left of one goes with the next. */
#include "cmd/backup_row.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define WHOLE	   "callstep-####-##-##T######Z" /* # is a digit */
#define UNFINISHED ".unfinished"
#define NAME_SIZE  64

/* A folder that is open and locked. */
struct row {
	int fd;
	const char *folder;
};

static void close_row(struct row *row)
{
	file_close(&row->fd);
}

/* Names, the oldest first. */
struct names {
	struct dirent **entries;
	int count;
};

static void free_names(struct names *names)
{
	for (int i = 0; i < names->count; i++) {
		free(names->entries[i]);
	}
	free(names->entries);
}

static bool fits(const char *name, const char *pattern)
{
	for (; *pattern; name++, pattern++) {
		if (*pattern == '#' ? *name < '0' || *name > '9' : *name != *pattern) {
			return false;
		}
	}
	return *name == '\0';
}

static int is_whole(const struct dirent *entry)
{
	return fits(entry->d_name, WHOLE);
}

static int is_unfinished(const struct dirent *entry)
{
	return fits(entry->d_name, WHOLE UNFINISHED);
}

static int is_inside(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Returns -1 with errno set. */
static int list(int fd, int (*is_meant)(const struct dirent *), struct names *ret_names)
{
	struct names names;

	names.count = scandirat(fd, ".", &names.entries, is_meant, alphasort);
	if (names.count < 0) {
		return -1;
	}
	*ret_names = names;
	return 0;
}

/* Removes a folder that has files in it and no folders. Returns -1 with errno set. */
static int remove_folder(int parent, const char *name)
{
	AUTO(file_close)
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(free_names) struct names files = {0};

	if (fd < 0 || list(fd, is_inside, &files) < 0) {
		return -1;
	}
	for (int i = 0; i < files.count; i++) {
		if (unlinkat(fd, files.entries[i]->d_name, 0) < 0) {
			return -1;
		}
	}
	return unlinkat(parent, name, AT_REMOVEDIR);
}

static void unfinished_name(char buffer[NAME_SIZE], const char *name)
{
	snprintf(buffer, NAME_SIZE, "%.*s" UNFINISHED, (int)strlen(WHOLE), name);
}

static int fail(const struct row *row, const char *what, const char *name, struct error *err)
{
	return error_set_errno(err, errno, "cannot %s '%s/%s'", what, row->folder, name);
}

static int drop_unfinished(const struct row *row, struct error *err)
{
	AUTO(free_names) struct names names = {0};

	if (list(row->fd, is_unfinished, &names) < 0) {
		return fail(row, "read", ".", err);
	}
	for (int i = 0; i < names.count; i++) {
		if (remove_folder(row->fd, names.entries[i]->d_name) < 0) {
			return fail(row, "remove", names.entries[i]->d_name, err);
		}
	}
	return 0;
}

/* Gives the oldest beyond @keep, but @made, the name of what is unfinished. */
static int retire_oldest(const struct row *row, int64_t keep, const char *made, struct error *err)
{
	AUTO(free_names) struct names names = {0};
	char unfinished[NAME_SIZE];
	int64_t too_many;

	if (list(row->fd, is_whole, &names) < 0) {
		return fail(row, "read", ".", err);
	}
	too_many = names.count - keep;
	for (int i = 0; i < names.count && too_many > 0; i++) {
		const char *name = names.entries[i]->d_name;

		if (strcmp(name, made) == 0) {
			continue; /* the clock was set back */
		}
		unfinished_name(unfinished, name);
		if (renameat(row->fd, name, row->fd, unfinished) < 0) {
			return fail(row, "remove", name, err);
		}
		too_many--;
	}
	return 0;
}

static int open_row(struct row *row, struct error *err)
{
	if (file_make_folder(row->folder, err) < 0) {
		return -1;
	}
	row->fd = open(row->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (row->fd < 0) {
		return fail(row, "read", ".", err);
	}
	if (flock(row->fd, LOCK_EX | LOCK_NB) == 0) {
		return 0;
	}
	return errno == EWOULDBLOCK
		       ? error_set(err, ERROR_BUSY,
				 "another backup is being made in '%s': wait for it", row->folder)
		       : fail(row, "lock", ".", err);
}

/* The backup has its name on the disk before an older one goes. */
static int publish(
	const struct row *row, const char *unfinished, const char *name, struct error *err)
{
	if (renameat(row->fd, unfinished, row->fd, name) < 0 || fsync(row->fd) < 0) {
		return fail(row, "make", name, err);
	}
	return 0;
}

static void free_path(char **path)
{
	free(*path);
}

static int make(struct store *store, const struct row *row, const char *name, struct error *err)
{
	AUTO(free_path) char *path = NULL;
	char unfinished[NAME_SIZE];

	if (faccessat(row->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		return error_set(err, ERROR_EXISTS, "there is '%s/%s' already", row->folder, name);
	}
	unfinished_name(unfinished, name);
	if (asprintf(&path, "%s/%s", row->folder, unfinished) < 0) {
		path = NULL;
		return error_no_memory(err);
	}
	return store_backup(store, path, err) < 0 ? -1 : publish(row, unfinished, name, err);
}

int backup_row_add(
	struct store *store, const char *folder, int64_t keep, int64_t now_s, struct error *err)
{
	AUTO(close_row) struct row row = {.fd = -1, .folder = folder};
	char name[NAME_SIZE];
	time_t now = (time_t)now_s;
	struct tm utc;

	if (!gmtime_r(&now, &utc) ||
		strftime(name, sizeof(name), "callstep-%Y-%m-%dT%H%M%SZ", &utc) == 0) {
		return error_set(err, ERROR_INVALID, "the clock shows no time");
	}
	if (open_row(&row, err) < 0 || drop_unfinished(&row, err) < 0 ||
		make(store, &row, name, err) < 0) {
		return -1;
	}
	return retire_oldest(&row, keep, name, err) < 0 ? -1 : drop_unfinished(&row, err);
}
