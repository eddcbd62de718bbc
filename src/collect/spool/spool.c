/* SPDX-License-Identifier: MIT
 * Appending and packing, the source's mark, what is set aside. */
#include "collect/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "collect/spool/packed.h"
#include "collect/spool/private.h"
#include "json/json_writer.h"

#define REJECTED_BYTES_MAX ((off_t)16 << 20)
#define DISK_FREE_MIN	   ((fsblkcnt_t)4 << 20)

/* ---- files ---- */

int spool_open_last(const struct spool *spool, int64_t number, int flags, struct error *err)
{
	char name[SEGMENT_NAME_BYTES];

	spool_segment_name(number, SEGMENT_PLAIN, name);
	return spool_folder_open_file(
		&spool->folder, name, O_RDWR | O_CREAT | O_APPEND | flags, err);
}

struct text spool_path(const struct spool *spool, const char *name, struct buffer *buffer)
{
	buffer_clear(buffer);
	buffer_printf(buffer, "%s/%s", spool->folder.path, name);
	buffer_append_byte(buffer, '\0');
	return buffer_text(buffer);
}

int spool_write_file(struct spool *spool, const char *name, struct text content, struct error *err)
{
	return spool_folder_replace(&spool->folder, name, content, err);
}

int spool_write_state(struct spool *spool, int64_t first, int64_t offset, struct error *err)
{
	AUTO(buffer_deinit) struct buffer state = {0};

	buffer_init(&state, SPOOL_STATE_BYTES_MAX);
	buffer_printf(
		&state, "{\"segment\":%lld,\"offset\":%lld", (long long)first, (long long)offset);
	if (spool->mark.size > 0) {
		json_write_name(&state, "mark");
		buffer_append(&state, buffer_text(&spool->mark));
	}
	buffer_append(&state, TEXT("}\n"));
	if (state.failed) {
		return error_no_memory(err);
	}
	return spool_write_file(spool, "state", buffer_text(&state), err);
}

int64_t spool_disk_bytes(const struct spool *spool)
{
	const struct spool_segment *read = &spool->read;
	int64_t rest = read->size - spool->offset;

	if (read->unpack && read->size > 0) {
		rest = (int64_t)((double)read->disk_size * (double)rest / (double)read->size);
	}
	return rest + spool->behind_bytes + (spool->pack ? spool_pack_written(spool->pack) : 0);
}

void spool_note_room(struct spool *spool)
{
	spool->full &= spool_disk_bytes(spool) > spool->bytes_max / 2;
}

/* ---- packing ---- */

/* What is plain can be read as well, so this fails nothing. */
static void leave_plain(struct spool *spool, const struct error *why)
{
	char shown[600];

	log_event(LOG_WARNING, "spool-not-packed", "reason=%s",
		log_value(text_of(why->message), shown, sizeof(shown)));
	spool_pack_close(spool->pack);
	spool->pack = NULL;
	spool->pack_failed = true;
}

/* Whether there is a segment to be packed: behind the one that is read, before the one that is
 * appended to. */
static bool begin_packing(struct spool *spool)
{
	while (!spool->pack_failed) {
		int64_t done = spool->packed_to > spool->first ? spool->packed_to : spool->first;
		struct error err;
		int found;

		if (done + 1 >= spool->last) {
			return false;
		}
		found = spool_pack_open(&spool->pack, &spool->folder, done + 1, &err);
		if (found < 0) {
			leave_plain(spool, &err);
		} else if (found > 0) {
			return true;
		} else {
			spool->packed_to = done + 1;
		}
	}
	return false;
}

/* A frame at a time, which takes about a millisecond: who tells of steps does not wait longer. */
static void pack_some(struct spool *spool)
{
	struct error err;
	int status;

	if (!spool->pack && !begin_packing(spool)) {
		return;
	}
	status = spool_pack_step(spool->pack, &err);
	if (status < 0) {
		leave_plain(spool, &err);
	} else if (status > 0) {
		spool->behind_bytes +=
			spool_pack_written(spool->pack) - spool_pack_size(spool->pack);
		spool->packed_to = spool_pack_number(spool->pack);
		spool_pack_close(spool->pack);
		spool->pack = NULL;
		spool_note_room(spool);
	}
}

/* Twice as fast as it is appended, so that an old spool is packed as well. */
static void pack_as_appended(struct spool *spool, int64_t size)
{
	spool->unpacked_bytes += size;
	if (spool->unpacked_bytes >= (int64_t)PACKED_FRAME_BYTES / 2) {
		spool->unpacked_bytes = 0;
		pack_some(spool);
	}
}

/* ---- appending ---- */

static int begin_segment(struct spool *spool, struct error *err)
{
	int fd;

	if (spool_sync(spool, err) < 0) {
		return -1;
	}
	fd = spool_open_last(spool, spool->last + 1, O_TRUNC, err);
	if (fd < 0) {
		return -1;
	}
	file_close(&spool->last_fd);
	spool->last_fd = fd;
	spool->last++;
	spool->last_size = 0;
	spool->pack_failed = false;
	return 0;
}

int spool_append(struct spool *spool, struct text lines, struct error *err)
{
	int64_t size = (int64_t)lines.size;

	if (spool_disk_bytes(spool) + size > spool->bytes_max) {
		spool->full = true;
		return error_set(err, ERROR_NO_SPACE,
			"the spool '%s' takes %lld bytes, as many as --spool-max lets it",
			spool->folder.path, (long long)spool_disk_bytes(spool));
	}
	if (spool->last_size >= SPOOL_SEGMENT_BYTES && begin_segment(spool, err) < 0) {
		spool->disk_full = true;
		return -1;
	}
	if (spool_folder_write(spool->last_fd, lines) < 0) {
		int errnum = errno;

		/* What went into the file of the first line is taken out again. */
		(void)!ftruncate(spool->last_fd, spool->last_size);
		spool->disk_full |= errnum == ENOSPC || errnum == EDQUOT;
		errno = errnum;
		return spool_folder_fail(&spool->folder, "append to", "its last segment", err);
	}
	spool->last_size += size;
	*(spool->first == spool->last ? &spool->read.size : &spool->behind_bytes) += size;
	spool->unsynced = true;
	spool->counts.bytes += size;
	spool->counts.appended_bytes += size;
	spool->counts.appended += text_count(lines, '\n');
	pack_as_appended(spool, size);
	return 0;
}

int spool_sync(struct spool *spool, struct error *err)
{
	if (spool->unsynced && fdatasync(spool->last_fd) < 0) {
		return spool_folder_fail(&spool->folder, "sync", "its last segment", err);
	}
	if (spool->unsynced && fsync(spool->folder.fd) < 0) {
		return spool_folder_fail(&spool->folder, "sync", ".", err);
	}
	spool->unsynced = false;
	pack_some(spool);
	return 0;
}

bool spool_has_room(struct spool *spool)
{
	struct statvfs disk;

	if (spool->disk_full && fstatvfs(spool->folder.fd, &disk) == 0 &&
		disk.f_bavail * disk.f_frsize >= DISK_FREE_MIN) {
		spool->disk_full = false;
	}
	return !spool->full && !spool->disk_full;
}

struct spool_counts spool_counts(const struct spool *spool)
{
	struct spool_counts counts = spool->counts;

	counts.disk_bytes = spool_disk_bytes(spool);
	return counts;
}

int spool_read_last(struct spool *spool, struct buffer *buffer, struct error *err)
{
	size_t size = (size_t)spool->last_size;
	char *to;
	ssize_t got;

	buffer_clear(buffer);
	if (size == 0) {
		return 0;
	}
	to = buffer_reserve(buffer, size);
	got = to ? pread(spool->last_fd, to, size, 0) : 0;
	if (!to) {
		return error_no_memory(err);
	}
	if (got != (ssize_t)size) {
		return spool_folder_fail(&spool->folder, "read", "its last segment", err);
	}
	buffer_advance(buffer, size);
	return 0;
}

/* ---- what is set aside ---- */

int spool_sync_rejects(struct spool *spool, struct error *err)
{
	AUTO(file_close) int fd = -1;

	if (!spool->rejects_unsynced) {
		return 0;
	}
	fd = openat(spool->folder.fd, "rejected.ndjson", O_RDONLY | O_CLOEXEC);
	/* It may have been taken away by hand. */
	if (fd < 0 ? errno != ENOENT : fdatasync(fd) < 0) {
		return spool_folder_fail(&spool->folder, "write", "rejected.ndjson", err);
	}
	spool->rejects_unsynced = false;
	return 0;
}

int spool_reject(struct spool *spool, struct text line, struct text reason, struct error *err)
{
	AUTO(buffer_deinit) struct buffer record = {0};
	AUTO(file_close)
	int fd = openat(spool->folder.fd, "rejected.ndjson",
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct stat status;

	buffer_init(&record, line.size + reason.size * 6 + 64);
	buffer_append(&record, TEXT("{\"error\":"));
	json_write_string(&record, reason);
	buffer_append(&record, TEXT(",\"line\":"));
	line = line.size > 0 ? line : TEXT("null");
	buffer_append(
		&record, line.data[line.size - 1] == '\n' ? text_head(line, line.size - 1) : line);
	buffer_append(&record, TEXT("}\n"));
	if (record.failed) {
		return error_no_memory(err);
	}
	if (fd < 0 || spool_folder_write(fd, buffer_text(&record)) < 0 || fstat(fd, &status) < 0) {
		return spool_folder_fail(&spool->folder, "write", "rejected.ndjson", err);
	}
	spool->rejects_unsynced = true;
	if (status.st_size >= REJECTED_BYTES_MAX) {
		if (spool_sync_rejects(spool, err) < 0) {
			return -1;
		}
		renameat(spool->folder.fd, "rejected.ndjson", spool->folder.fd,
			"rejected.ndjson.old");
	}
	spool->counts.rejected++;
	return 0;
}

/* ---- the source's mark ---- */

struct text spool_mark(const struct spool *spool)
{
	return spool->mark.size > 0 ? buffer_text(&spool->mark) : (struct text){0};
}

int spool_set_mark(struct spool *spool, struct text mark, struct error *err)
{
	if (spool_sync(spool, err) < 0) {
		return -1;
	}
	buffer_clear(&spool->mark);
	buffer_append(&spool->mark, mark);
	if (spool->mark.failed) {
		return error_set(err, ERROR_TOO_LARGE, "the source's mark is larger than %zu bytes",
			SPOOL_MARK_BYTES_MAX);
	}
	return spool_write_state(spool, spool->first, spool->offset, err);
}
