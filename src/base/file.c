/* SPDX-License-Identifier: MIT
 * Reading a small file whole; making folders. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0700

void file_close(int *fd)
{
	if (*fd >= 0) {
		close(*fd);
	}
}

/* Reads until the end or until @size bytes are there; negative with errno set on failure. */
static ssize_t read_full(int fd, char *to, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, to + got, size - got);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -1;
		}
		if (n == 0) {
			break;
		}
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int file_read(const char *path, size_t ceiling_bytes, struct arena *arena, struct text *ret_content,
	struct error *err)
{
	AUTO(file_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *content;
	ssize_t size;

	if (fd < 0) {
		return error_set_errno(err, errno, "cannot open '%s'", path);
	}
	content = arena_alloc(arena, ceiling_bytes + 1);
	if (!content) {
		return error_no_memory(err);
	}
	size = read_full(fd, content, ceiling_bytes + 1);
	if (size < 0) {
		return error_set_errno(err, errno, "cannot read '%s'", path);
	}
	if ((size_t)size > ceiling_bytes) {
		return error_set(
			err, ERROR_TOO_LARGE, "'%s' is larger than %zu bytes", path, ceiling_bytes);
	}
	content[size] = '\0';
	*ret_content = (struct text){.data = content, .size = (size_t)size};
	return 0;
}

static int make_one(const char *folder, struct error *err)
{
	if (mkdir(folder, FOLDER_MODE) < 0 && errno != EEXIST) {
		return error_set_errno(err, errno, "cannot make the folder '%s'", folder);
	}
	return 0;
}

int file_make_folder(const char *folder, struct error *err)
{
	size_t size = strlen(folder);
	char path[PATH_MAX];
	struct stat status;

	if (size == 0 || size >= sizeof(path)) {
		return error_set(err, ERROR_INVALID, "'%s' is not the name of a folder", folder);
	}
	memcpy(path, folder, size + 1);
	for (char *at = path + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		if (make_one(path, err) < 0) {
			return -1;
		}
		*at = '/';
	}
	if (make_one(path, err) < 0) {
		return -1;
	}
	return stat(path, &status) == 0 && !S_ISDIR(status.st_mode)
		       ? error_set(err, ERROR_INVALID, "'%s' is not a folder", folder)
		       : 0;
}
