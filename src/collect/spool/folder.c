/* SPDX-License-Identifier: MIT
 * Files of the spool's folder. */
#include "collect/spool/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

int spool_folder_fail(
	const struct spool_folder *folder, const char *what, const char *name, struct error *err)
{
	return error_set_errno(err, errno, "cannot %s '%s/%s'", what, folder->path, name);
}

int spool_folder_open_file(
	const struct spool_folder *folder, const char *name, int flags, struct error *err)
{
	int fd = openat(folder->fd, name, flags | O_CLOEXEC, 0600);

	return fd < 0 ? spool_folder_fail(folder, "open", name, err) : fd;
}

int spool_folder_write(int fd, struct text text)
{
	while (text.size > 0) {
		ssize_t done = write(fd, text.data, text.size);

		if (done < 0 && errno == EINTR) {
			continue;
		}
		if (done < 0) {
			return -1;
		}
		text = text_tail(text, (size_t)done);
	}
	return 0;
}

ssize_t spool_folder_read(int fd, char *to, size_t size, int64_t at)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = pread(fd, to + done, size - done, at + (int64_t)done);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return -1;
		}
		if (got == 0) {
			break;
		}
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int spool_folder_replace(
	const struct spool_folder *folder, const char *name, struct text content, struct error *err)
{
	AUTO(file_close) int fd = -1;
	char beside[64];

	snprintf(beside, sizeof(beside), "%s.new", name);
	fd = spool_folder_open_file(folder, beside, O_WRONLY | O_CREAT | O_TRUNC, err);
	if (fd < 0) {
		return -1;
	}
	if (spool_folder_write(fd, content) < 0 || fsync(fd) < 0) {
		return spool_folder_fail(folder, "write", beside, err);
	}
	if (renameat(folder->fd, beside, folder->fd, name) < 0) {
		return spool_folder_fail(folder, "replace", name, err);
	}
	return fsync(folder->fd) < 0 ? spool_folder_fail(folder, "sync", ".", err) : 0;
}
