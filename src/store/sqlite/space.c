/* SPDX-License-Identifier: MIT
 * What the database takes of the disk, and giving back what it does not use. */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "store/sqlite/sqlite.h"

#define VACUUM_INCREMENTAL 2 /* of PRAGMA auto_vacuum: free pages can be given back */

struct pages {
	int64_t size_bytes;
	int64_t all;
	int64_t spare;
	int64_t vacuum;
};

static int read_pages(
	struct sqlite_connection *connection, struct pages *ret_pages, struct error *err)
{
	struct pages pages;

	if (sqlite_get_int64(connection, "pragma page_size", &pages.size_bytes, err) < 0 ||
		sqlite_get_int64(connection, "pragma page_count", &pages.all, err) < 0 ||
		sqlite_get_int64(connection, "pragma freelist_count", &pages.spare, err) < 0 ||
		sqlite_get_int64(connection, "pragma auto_vacuum", &pages.vacuum, err) < 0) {
		return -1;
	}
	*ret_pages = pages;
	return 0;
}

/* What is not known of the files stays as it is. */
static void look_at_files(sqlite3 *db, struct store_space *space)
{
	const char *file = sqlite3_db_filename(db, "main");
	const char *log = file ? sqlite3_filename_wal(file) : NULL;
	struct statvfs disk;
	struct stat status;

	if (log && *log && stat(log, &status) == 0) {
		space->log_bytes = status.st_size;
	}
	if (file && *file && statvfs(file, &disk) == 0) {
		space->available_bytes = (int64_t)(disk.f_bavail * disk.f_frsize);
	}
}

int sqlite_space(struct store *base, struct store_space *ret_space, struct error *err)
{
	AUTO(sqlite_reader_close)
	struct sqlite_reader reader = sqlite_reader_open_snapshot(base, err);
	struct pages pages;

	if (!reader.connection || read_pages(reader.connection, &pages, err) < 0) {
		return -1;
	}
	*ret_space = (struct store_space){
		.used_bytes = (pages.all - pages.spare) * pages.size_bytes,
		.free_bytes = pages.spare * pages.size_bytes,
		.available_bytes = -1,
	};
	look_at_files(reader.connection->db, ret_space);
	return 0;
}

int sqlite_shrink(struct store *base, int64_t keep_bytes, int64_t limit_bytes, int64_t *ret_freed,
	struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	struct pages before, after;
	char pragma[64];
	int64_t count;

	if (sqlite_writer_begin(&writer, base, err) < 0 ||
		read_pages(writer.connection, &before, err) < 0) {
		return -1;
	}
	count = before.spare - keep_bytes / before.size_bytes;
	count = count < limit_bytes / before.size_bytes ? count : limit_bytes / before.size_bytes;
	*ret_freed = 0;
	if (count <= 0 || before.vacuum != VACUUM_INCREMENTAL) {
		return 0;
	}
	snprintf(pragma, sizeof(pragma), "pragma incremental_vacuum(%lld)", (long long)count);
	if (sqlite_exec(writer.connection, pragma, err) < 0 ||
		read_pages(writer.connection, &after, err) < 0 ||
		sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	*ret_freed = (before.all - after.all) * before.size_bytes;
	return 0;
}
