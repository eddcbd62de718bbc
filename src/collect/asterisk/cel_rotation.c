/* SPDX-License-Identifier: MIT
 * A rotation renames files one after the other, and reading a folder meanwhile may miss one. So the
 * folder is read until it says the same twice. */
#include "collect/asterisk/cel_rotation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"

#define LOOKS_MAX 4

struct rotated {
	const char *name;
	int64_t device, inode, changed_ns;
	int64_t number; /* of the rotation; negative: its name has none, or a date */
	bool is_log;
	bool compressed;
};

struct look {
	const char *name; /* of the log */
	DIR *folder;
	const struct cel_rotation_place *after;
	char after_name[NAME_MAX + 1]; /* "": it is not in the folder */
};

static void close_folder(DIR **folder)
{
	if (*folder) {
		closedir(*folder);
	}
}

/* ---- names ---- */

static bool take_compression(struct text *name)
{
	static const char *const endings[] = {".gz", ".bz2", ".xz", ".zst", ".lz4"};

	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		size_t size = strlen(endings[i]);

		if (name->size > size &&
			memcmp(name->data + name->size - size, endings[i], size) == 0) {
			name->size -= size;
			return true;
		}
	}
	return false;
}

/* What a rotation put into the log's name: `.1`, `-20261129`. */
static bool is_rotation(struct text middle)
{
	if (middle.size < 2 || !memchr(".-_", middle.data[0], 3)) {
		return false;
	}
	for (size_t i = 1; i < middle.size; i++) {
		if (!memchr("0123456789.-_:T", middle.data[i], 15)) {
			return false;
		}
	}
	return middle.data[1] >= '0' && middle.data[1] <= '9';
}

/* Whether @entry is @log, rotated; *@ret_middle is what was put into its name. */
static bool is_of_log(struct text entry, struct text log, struct text *ret_middle)
{
	const char *dot = memrchr(log.data, '.', log.size);
	struct text ending = dot ? text_tail(log, (size_t)(dot - log.data)) : TEXT("");
	struct text stem = text_head(log, log.size - ending.size);

	if (text_starts_with(entry, log)) {
		*ret_middle = text_tail(entry, log.size);
		return is_rotation(*ret_middle);
	}
	if (ending.size == 0 || entry.size <= log.size || !text_starts_with(entry, stem) ||
		!text_equal(text_tail(entry, entry.size - ending.size), ending)) {
		return false;
	}
	*ret_middle = text_tail(text_head(entry, entry.size - ending.size), stem.size);
	return is_rotation(*ret_middle);
}

static bool read_name(const char *log, const char *name, struct rotated *rotated)
{
	struct text entry = text_of(name), middle, number;

	*rotated = (struct rotated){.name = name, .number = -1};
	rotated->is_log = text_equal(entry, text_of(log));
	if (rotated->is_log) {
		return true;
	}
	rotated->compressed = take_compression(&entry);
	if (!is_of_log(entry, text_of(log), &middle)) {
		return false;
	}
	number = text_tail(middle, 1);
	if (middle.data[0] == '.' && number.size <= 6 && text_is_digits(number)) {
		(void)text_to_int64(number, &rotated->number);
	}
	return true;
}

static bool read_entry(const struct look *look, const char *name, struct rotated *rotated)
{
	struct stat status;

	if (!read_name(look->name, name, rotated) ||
		fstatat(dirfd(look->folder), name, &status, 0) < 0 || !S_ISREG(status.st_mode)) {
		return false;
	}
	rotated->device = (int64_t)status.st_dev;
	rotated->inode = (int64_t)status.st_ino;
	rotated->changed_ns = status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
	return true;
}

/* ---- order ---- */

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* Negative: @a is older than @b. */
static int compare_age(const struct rotated *a, const struct rotated *b)
{
	if (a->is_log != b->is_log) {
		return a->is_log ? 1 : -1;
	}
	if (a->changed_ns != b->changed_ns) {
		return compare(a->changed_ns, b->changed_ns);
	}
	return a->number >= 0 && b->number >= 0 ? compare(b->number, a->number)
						: strcmp(a->name, b->name);
}

static bool is_behind(const struct look *look, const struct rotated *rotated)
{
	struct rotated after;

	if (rotated->inode == look->after->inode && rotated->device == look->after->device) {
		return false;
	}
	if (look->after_name[0] == '\0' || !read_name(look->name, look->after_name, &after)) {
		return rotated->is_log || rotated->changed_ns > look->after->changed_ns;
	}
	after.changed_ns = look->after->changed_ns;
	return compare_age(rotated, &after) > 0;
}

static void find_after(struct look *look)
{
	struct dirent *entry;
	struct rotated rotated;

	while ((entry = readdir(look->folder))) {
		if (read_entry(look, entry->d_name, &rotated) &&
			rotated.inode == look->after->inode &&
			rotated.device == look->after->device) {
			memcpy(look->after_name, entry->d_name, strlen(entry->d_name) + 1);
		}
	}
	rewinddir(look->folder);
}

static int64_t missing_between(const struct look *look, const struct rotated *next)
{
	struct rotated after;

	if (look->after_name[0] == '\0' || !read_name(look->name, look->after_name, &after) ||
		after.number < 0 || next->number < 0 || after.number - next->number <= 1) {
		return 0;
	}
	return after.number - next->number - 1;
}

static void find_next(struct look *look, struct cel_rotation_next *next)
{
	char name[NAME_MAX + 1];
	struct rotated rotated, least = {0};
	struct dirent *entry;

	while ((entry = readdir(look->folder))) {
		if (!read_entry(look, entry->d_name, &rotated) || rotated.compressed ||
			!is_behind(look, &rotated) ||
			(least.name && compare_age(&rotated, &least) > 0)) {
			continue;
		}
		memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
		least = rotated;
		least.name = name;
	}
	if (!least.name) {
		return;
	}
	memcpy(next->name, name, strlen(name) + 1);
	next->inode = least.inode;
	rewinddir(look->folder);
	while ((entry = readdir(look->folder))) {
		if (read_entry(look, entry->d_name, &rotated) && rotated.compressed &&
			is_behind(look, &rotated) && compare_age(&rotated, &least) < 0) {
			next->compressed++;
			memcpy(next->last_compressed, entry->d_name, strlen(entry->d_name) + 1);
		}
	}
	next->missing = missing_between(look, &least) - (int64_t)next->compressed;
	next->missing = next->missing > 0 ? next->missing : 0;
}

static int look_once(const char *folder, const char *name, const struct cel_rotation_place *after,
	struct cel_rotation_next *next, struct error *err)
{
	AUTO(close_folder) DIR *opened = opendir(folder);
	struct look look = {.name = name, .folder = opened, .after = after};

	memset(next, 0, sizeof(*next));
	if (!opened) {
		return error_set_errno(err, errno, "cannot read the folder '%s'", folder);
	}
	find_after(&look);
	find_next(&look, next);
	return 0;
}

int cel_rotation_next(const char *folder, const char *name, const struct cel_rotation_place *after,
	struct cel_rotation_next *ret_next, struct error *err)
{
	struct cel_rotation_next before, now;
	bool same = false;

	if (look_once(folder, name, after, &now, err) < 0) {
		return -1;
	}
	for (int i = 1; i < LOOKS_MAX && !same; i++) {
		before = now;
		if (look_once(folder, name, after, &now, err) < 0) {
			return -1;
		}
		same = memcmp(&before, &now, sizeof(now)) == 0;
	}
	if (!same) {
		return 2;
	}
	if (now.name[0] == '\0') {
		return 0;
	}
	*ret_next = now;
	return 1;
}
