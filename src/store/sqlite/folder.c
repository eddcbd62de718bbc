/* SPDX-License-Identifier: MIT
 * The folder of an embedded store: making it, its files and their modes, and its locks. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "store/sqlite/sqlite.h"

#define FILE_MODE 0600

char *sqlite_folder_file(const char *folder, const char *name, struct error *err)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		error_no_memory(err);
		return NULL;
	}
	return path;
}

/* SQLite locks its file by fcntl(). Such locks vanish when the process closes any descriptor of
 * that file. So the file gets the name by which others find it only after the descriptor that
 * made it is closed. */
static int make_database_file(const char *folder, const char *path, struct error *err)
{
	AUTO(sqlite_free_string) char *temporary = NULL;
	int fd, failed;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return error_no_memory(err);
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		return error_set_errno(err, errno, "cannot make a file in the folder '%s'", folder);
	}
	close(fd);
	failed = link(temporary, path) < 0 && errno != EEXIST ? errno : 0;
	unlink(temporary);
	if (failed) {
		return error_set_errno(err, failed, "cannot make '%s'", path);
	}
	return sqlite_folder_sync(folder, err);
}

/* What a store leaves beside its database: its locks, from its first use on, and the log. A
 * journal exists only while the store is made. */
static const char *const traces[] = {
	SQLITE_STORE_LOCK_FILE, SQLITE_STORE_FILE "-wal", SQLITE_STORE_FILE "-shm"};

static bool is_there(const char *folder, const char *name)
{
	AUTO(sqlite_free_string) char *path = sqlite_folder_file(folder, name, NULL);

	return path && access(path, F_OK) == 0;
}

/* Refuses a folder that was a store and has lost its database. An empty database in its place
 * would hide that. */
static int refuse_lost(const char *folder, const char *path, struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(traces); i++) {
		/* Meanwhile another program may have made the database, and then its locks. */
		if (is_there(folder, traces[i]) && access(path, F_OK) < 0) {
			return error_set(err, ERROR_CORRUPT,
				"'%s' was a store, it has '%s', but its database '%s' is missing: "
				"put that back, or give another folder; to begin anew remove what "
				"is left",
				folder, traces[i], SQLITE_STORE_FILE);
		}
	}
	return 0;
}

int sqlite_folder_prepare(const char *folder, const char *path, bool must_exist, struct error *err)
{
	struct stat status;

	if (stat(path, &status) == 0) {
		if (!S_ISREG(status.st_mode)) {
			return error_set(err, ERROR_CORRUPT, "'%s' is not a file", path);
		}
		return access(path, R_OK | W_OK) == 0
			       ? 0
			       : error_set_errno(err, errno, "cannot write to '%s'", path);
	}
	if (errno != ENOENT) {
		return error_set_errno(err, errno, "cannot open '%s'", path);
	}
	if (refuse_lost(folder, path, err) < 0) {
		return -1;
	}
	if (must_exist) {
		return error_set(err, ERROR_NOT_FOUND,
			"there is no store in '%s': name the folder of an existing one", folder);
	}
	if (file_make_folder(folder, err) < 0) {
		return -1;
	}
	return make_database_file(folder, path, err);
}

static int open_lock_file(const char *folder, int *ret_fd, struct error *err)
{
	AUTO(sqlite_free_string)
	char *path = sqlite_folder_file(folder, SQLITE_STORE_LOCK_FILE, err);
	int fd;

	if (!path) {
		return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd < 0) {
		return error_set_errno(err, errno, "cannot open '%s'", path);
	}
	*ret_fd = fd;
	return 0;
}

static int server_is_there(const char *folder, int fd, struct error *err)
{
	char digits[20];
	ssize_t size = pread(fd, digits, sizeof(digits), 0);
	int64_t pid = 0;

	if (size > 1) {
		text_to_int64((struct text){.data = digits, .size = (size_t)size - 1}, &pid);
	}
	return error_set(
		err, ERROR_BUSY, "another server (pid %lld) serves '%s'", (long long)pid, folder);
}

/* The number in the file is for messages only; the lock is what counts. */
static int write_pid(const char *folder, int fd, struct error *err)
{
	char digits[20];
	int size = snprintf(digits, sizeof(digits), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, digits, (size_t)size, 0) != size) {
		return error_set_errno(
			err, errno, "cannot write '%s/" SQLITE_STORE_LOCK_FILE "'", folder);
	}
	return 0;
}

int sqlite_folder_lock(
	const char *folder, enum sqlite_folder_lock lock, bool wait, int *ret_fd, struct error *err)
{
	AUTO(file_close) int fd = -1;
	/* Each lock is a byte of the file. It belongs to the open file, not to the process, so
	 * two handles of one process also exclude each other. */
	struct flock range = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)lock,
		.l_len = 1,
	};
	int status;

	if (open_lock_file(folder, &fd, err) < 0) {
		return -1;
	}
	do {
		status = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &range);
	} while (status < 0 && errno == EINTR);
	if (status < 0 && !wait && (errno == EAGAIN || errno == EACCES)) {
		return server_is_there(folder, fd, err);
	}
	if (status < 0) {
		return error_set_errno(err, errno, "cannot lock the store '%s'", folder);
	}
	if (lock == SQLITE_FOLDER_LOCK_SERVER && write_pid(folder, fd, err) < 0) {
		return -1;
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int sqlite_folder_sync(const char *folder, struct error *err)
{
	AUTO(file_close) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0) {
		return error_set_errno(err, errno, "cannot sync the folder '%s'", folder);
	}
	return 0;
}
