/* SPDX-License-Identifier: MIT
 * Copying a store while it is in use. */
#include <errno.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"

/* The copy gets its name when it is whole, so that a backup that was cut short is not mistaken
 * for one. */
#define UNFINISHED_FILE SQLITE_STORE_FILE ".unfinished"

/* Copies the state that the reader's transaction holds. Writers do not wait, and do not make the
 * copy start again. */
static int copy_pages(
	struct sqlite_connection *from, struct sqlite_connection *to, struct error *err)
{
	sqlite3_backup *backup;
	bool done = false;

	if (sqlite_read_one(from, err) < 0) {
		return -1;
	}
	backup = sqlite3_backup_init(to->db, "main", from->db, "main");
	if (backup) {
		done = sqlite3_backup_step(backup, -1) == SQLITE_DONE;
		/* Only now the destination knows what went wrong. */
		done = sqlite3_backup_finish(backup) == SQLITE_OK && done;
	}
	if (!done) {
		return sqlite_fail(to, err, "write a backup to");
	}
	return 0;
}

static int write_copy(
	struct store *base, const char *destination, const char *path, struct error *err)
{
	AUTO(sqlite_reader_close)
	struct sqlite_reader reader = sqlite_reader_open_snapshot(base, err);
	AUTO(sqlite_connection_closep) struct sqlite_connection *copy = NULL;

	if (!reader.connection ||
		sqlite_connection_open(&copy, path, destination, SQLITE_TO_WRITE, err) < 0) {
		return -1;
	}
	return copy_pages(reader.connection, copy, err);
}

static int publish(
	const char *destination, const char *unfinished, const char *path, struct error *err)
{
	if (link(unfinished, path) < 0) {
		return error_set_errno(err, errno, "cannot make '%s'", path);
	}
	if (unlink(unfinished) < 0) {
		return error_set_errno(err, errno, "cannot remove '%s'", unfinished);
	}
	return sqlite_folder_sync(destination, err);
}

int sqlite_backup(struct store *base, const char *destination, struct error *err)
{
	AUTO(sqlite_free_string)
	char *path = sqlite_folder_file(destination, SQLITE_STORE_FILE, err);
	AUTO(sqlite_free_string)
	char *unfinished = sqlite_folder_file(destination, UNFINISHED_FILE, err);

	if (!path || !unfinished) {
		return -1;
	}
	if (access(path, F_OK) == 0) {
		return error_set(err, ERROR_EXISTS,
			"there is a store in '%s' already: name another folder", destination);
	}
	/* Left over from a backup that was cut short. */
	if (unlink(unfinished) < 0 && errno != ENOENT && errno != ENOTDIR) {
		return error_set_errno(err, errno, "cannot remove '%s'", unfinished);
	}
	if (sqlite_folder_prepare(destination, unfinished, false, err) < 0) {
		return -1;
	}
	if (write_copy(base, destination, unfinished, err) < 0) {
		unlink(unfinished);
		return -1;
	}
	return publish(destination, unfinished, path, err);
}
