/* SPDX-License-Identifier: MIT
 * Segments, their state, and the order in which they reach the disk: lines, then the state that
 * says how far they are acknowledged, then the removal of what is done. */
#include "collect/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

#define STATE_BYTES_MAX	   (SPOOL_MARK_BYTES_MAX + 4096)
#define REJECTED_BYTES_MAX ((off_t)16 << 20)
#define PATH_BYTES_MAX	   4096
#define LINE_BYTES_MAX	   ((size_t)64 << 20)
#define DISK_FREE_MIN	   ((fsblkcnt_t)4 << 20)

struct spool {
	char *folder;
	int folder_fd;
	int lock_fd;
	int64_t bytes_max;
	/* the segment that is read, how far it is acknowledged, and the one that is appended to */
	int64_t first, last;
	int64_t offset;
	int first_fd, last_fd;
	int64_t last_size;
	bool unsynced;
	bool rejects_unsynced;
	bool full;	/* by bytes_max */
	bool disk_full; /* an append or the state did not fit on it */
	struct buffer mark;
	struct spool_counts counts;
};

/* ---- files ---- */

static void segment_name(int64_t number, char name[32])
{
	snprintf(name, 32, "%04lld.ndjson", (long long)number);
}

static int fail(const struct spool *spool, const char *what, const char *name, struct error *err)
{
	return error_set_errno(err, errno, "cannot %s '%s/%s'", what, spool->folder, name);
}

static int open_segment(struct spool *spool, int64_t number, int flags, struct error *err)
{
	char name[32];
	int fd;

	segment_name(number, name);
	fd = openat(spool->folder_fd, name, flags | O_CLOEXEC, 0600);
	return fd < 0 ? fail(spool, "open", name, err) : fd;
}

static void close_fd(int *fd)
{
	file_close(fd);
	*fd = -1;
}

static int write_all(int fd, struct text text)
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

struct text spool_path(const struct spool *spool, const char *name, struct buffer *buffer)
{
	buffer_clear(buffer);
	buffer_printf(buffer, "%s/%s", spool->folder, name);
	buffer_append_byte(buffer, '\0');
	return buffer_text(buffer);
}

int spool_write_file(struct spool *spool, const char *name, struct text content, struct error *err)
{
	AUTO(file_close) int fd = -1;
	char beside[64];

	snprintf(beside, sizeof(beside), "%s.new", name);
	fd = openat(spool->folder_fd, beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		return fail(spool, "open", beside, err);
	}
	if (write_all(fd, content) < 0 || fsync(fd) < 0) {
		return fail(spool, "write", beside, err);
	}
	if (renameat(spool->folder_fd, beside, spool->folder_fd, name) < 0) {
		return fail(spool, "replace", name, err);
	}
	return fsync(spool->folder_fd) < 0 ? fail(spool, "sync", ".", err) : 0;
}

/* ---- the state ---- */

static int write_state(struct spool *spool, int64_t first, int64_t offset, struct error *err)
{
	AUTO(buffer_deinit) struct buffer state = {0};

	buffer_init(&state, STATE_BYTES_MAX);
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

static bool read_state_members(struct spool *spool, struct text text)
{
	struct json_reader reader;
	struct json_token name, value;
	int more;

	json_reader_init(&reader, text, (struct json_position){1, 1});
	if (json_reader_next(&reader, &value, NULL) <= 0 || value.kind != JSON_OBJECT) {
		return false;
	}
	while ((more = json_reader_next_member(&reader, &name, &value, NULL)) > 0) {
		size_t begin = reader.token_at;

		if (json_reader_skip(&reader, &value, NULL) < 0) {
			return false;
		}
		if (json_token_is(&name, "segment") && !text_to_int64(value.raw, &spool->first)) {
			return false;
		}
		if (json_token_is(&name, "offset") && !text_to_int64(value.raw, &spool->offset)) {
			return false;
		}
		if (json_token_is(&name, "mark")) {
			buffer_append(
				&spool->mark, text_head(text_tail(text, begin), reader.at - begin));
		}
	}
	return more == 0;
}

static int read_state(struct spool *spool, struct error *err)
{
	AUTO(arena_deinit) struct arena arena = {0};
	AUTO(buffer_deinit) struct buffer path = {0};
	struct text state;

	arena_init(&arena, 2 * STATE_BYTES_MAX);
	buffer_init(&path, PATH_BYTES_MAX);
	if (faccessat(spool->folder_fd, "state", F_OK, 0) < 0) {
		return 0;
	}
	if (file_read(spool_path(spool, "state", &path).data, STATE_BYTES_MAX, &arena, &state,
		    err) < 0) {
		return -1;
	}
	if (!read_state_members(spool, state)) {
		return error_set(err, ERROR_CORRUPT,
			"'%s/state' is not a spool's state: move the folder away, or restore it",
			spool->folder);
	}
	return 0;
}

/* ---- opening ---- */

static bool segment_number(const char *name, int64_t *ret_number)
{
	struct text rest = text_of(name), number;

	return text_split(&rest, '.', &number) && text_equal(rest, TEXT("ndjson")) &&
	       text_to_int64(number, ret_number) && *ret_number > 0;
}

static void close_folder(DIR **folder)
{
	if (*folder) {
		closedir(*folder);
	}
}

/* Finds the last segment; what is acknowledged of the first is known from the state. */
static int find_segments(struct spool *spool, struct error *err)
{
	AUTO(close_folder) DIR *folder = opendir(spool->folder);
	int64_t least = INT64_MAX, number;
	struct dirent *entry;

	if (!folder) {
		return fail(spool, "read", ".", err);
	}
	while ((entry = readdir(folder))) {
		if (!segment_number(entry->d_name, &number)) {
			continue;
		}
		if (number < spool->first) { /* done, but a crash came before its removal */
			unlinkat(spool->folder_fd, entry->d_name, 0);
			continue;
		}
		least = number < least ? number : least;
		spool->last = number > spool->last ? number : spool->last;
	}
	if (spool->last == 0) { /* none: the next number is fresh */
		spool->first++;
		spool->last = spool->first;
		spool->offset = 0;
	} else if (least > spool->first) {
		spool->first = least;
		spool->offset = 0;
	}
	return 0;
}

/* A crash may have left half a line at the end. */
static int cut_torn_line(struct spool *spool, struct error *err)
{
	off_t size = lseek(spool->last_fd, 0, SEEK_END);
	off_t whole = size;
	char bytes[4096];
	bool found = size == 0;

	while (!found && whole > 0) {
		size_t piece = whole < (off_t)sizeof(bytes) ? (size_t)whole : sizeof(bytes);
		ssize_t got = pread(spool->last_fd, bytes, piece, whole - (off_t)piece);
		const char *feed = got == (ssize_t)piece ? memrchr(bytes, '\n', piece) : NULL;

		if (got != (ssize_t)piece) {
			return fail(spool, "read", "its last segment", err);
		}
		whole -= (off_t)piece;
		found = feed != NULL;
		whole += feed ? feed - bytes + 1 : 0;
	}
	if (whole < size && ftruncate(spool->last_fd, whole) < 0) {
		return fail(spool, "cut", "its last segment", err);
	}
	spool->last_size = whole;
	return 0;
}

/* After a loss of power a segment may be shorter than what was acknowledged of it. */
static int skip_lost_segment(struct spool *spool, struct error *err)
{
	struct stat status;

	if (fstat(spool->first_fd, &status) < 0) {
		return fail(spool, "look at", "its first segment", err);
	}
	if (status.st_size >= spool->offset) {
		return 0;
	}
	spool->offset = status.st_size;
	return 0;
}

static int measure(struct spool *spool, struct error *err)
{
	int64_t bytes = -spool->offset;

	for (int64_t number = spool->first; number <= spool->last; number++) {
		struct stat status;
		char name[32];

		segment_name(number, name);
		if (fstatat(spool->folder_fd, name, &status, 0) == 0) {
			bytes += status.st_size;
		} else if (errno != ENOENT) {
			return fail(spool, "look at", name, err);
		}
	}
	spool->counts.bytes = spool->counts.appended_bytes = bytes;
	return 0;
}

static int open_folder(struct spool *spool, struct error *err)
{
	if (file_make_folder(spool->folder, err) < 0) {
		return -1;
	}
	spool->folder_fd = open(spool->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->folder_fd < 0) {
		return error_set_errno(err, errno, "cannot open the spool '%s'", spool->folder);
	}
	spool->lock_fd = openat(spool->folder_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (spool->lock_fd < 0) {
		return fail(spool, "open", "lock", err);
	}
	if (flock(spool->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		return errno == EWOULDBLOCK
			       ? error_set(err, ERROR_BUSY,
					 "another collector works on the spool '%s': give each "
					 "its own --spool",
					 spool->folder)
			       : fail(spool, "lock", "lock", err);
	}
	return 0;
}

static int open_segments(struct spool *spool, struct error *err)
{
	if (read_state(spool, err) < 0 || find_segments(spool, err) < 0) {
		return -1;
	}
	spool->last_fd = open_segment(spool, spool->last, O_RDWR | O_CREAT | O_APPEND, err);
	if (spool->last_fd < 0 || cut_torn_line(spool, err) < 0) {
		return -1;
	}
	spool->first_fd = open_segment(spool, spool->first, O_RDONLY, err);
	if (spool->first_fd < 0 || skip_lost_segment(spool, err) < 0) {
		return -1;
	}
	return measure(spool, err);
}

AUTO_POINTER(struct spool *, spool_close);

int spool_open(struct spool **ret_spool, const char *folder, int64_t bytes_max, struct error *err)
{
	AUTO(spool_closep) struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool) {
		return error_no_memory(err);
	}
	spool->folder_fd = spool->lock_fd = spool->first_fd = spool->last_fd = -1;
	spool->bytes_max = bytes_max;
	buffer_init(&spool->mark, SPOOL_MARK_BYTES_MAX);
	spool->folder = strdup(folder);
	if (!spool->folder) {
		return error_no_memory(err);
	}
	if (open_folder(spool, err) < 0 || open_segments(spool, err) < 0) {
		return -1;
	}
	*ret_spool = spool;
	spool = NULL;
	return 0;
}

void spool_close(struct spool *spool)
{
	if (!spool) {
		return;
	}
	close_fd(&spool->first_fd);
	close_fd(&spool->last_fd);
	close_fd(&spool->lock_fd);
	close_fd(&spool->folder_fd);
	buffer_deinit(&spool->mark);
	free(spool->folder);
	free(spool);
}

/* ---- appending ---- */

static int begin_segment(struct spool *spool, struct error *err)
{
	int fd;

	if (spool_sync(spool, err) < 0) {
		return -1;
	}
	fd = open_segment(spool, spool->last + 1, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, err);
	if (fd < 0) {
		return -1;
	}
	close_fd(&spool->last_fd);
	spool->last_fd = fd;
	spool->last++;
	spool->last_size = 0;
	return 0;
}

int spool_append(struct spool *spool, struct text lines, struct error *err)
{
	int64_t size = (int64_t)lines.size;

	if (spool->counts.bytes + size > spool->bytes_max) {
		spool->full = true;
		return error_set(err, ERROR_NO_SPACE,
			"the spool '%s' holds %lld bytes, as many as --spool-max lets it",
			spool->folder, (long long)spool->counts.bytes);
	}
	if (spool->last_size >= SPOOL_SEGMENT_BYTES && begin_segment(spool, err) < 0) {
		spool->disk_full = true;
		return -1;
	}
	if (write_all(spool->last_fd, lines) < 0) {
		int errnum = errno;

		/* What went into the file of the first line is taken out again. */
		(void)!ftruncate(spool->last_fd, spool->last_size);
		spool->disk_full |= errnum == ENOSPC || errnum == EDQUOT;
		errno = errnum;
		return fail(spool, "append to", "its last segment", err);
	}
	spool->last_size += size;
	spool->unsynced = true;
	spool->counts.bytes += size;
	spool->counts.appended_bytes += size;
	spool->counts.appended += text_count(lines, '\n');
	return 0;
}

int spool_sync(struct spool *spool, struct error *err)
{
	if (spool->unsynced && fdatasync(spool->last_fd) < 0) {
		return fail(spool, "sync", "its last segment", err);
	}
	if (spool->unsynced && fsync(spool->folder_fd) < 0) {
		return fail(spool, "sync", ".", err);
	}
	spool->unsynced = false;
	return 0;
}

bool spool_has_room(struct spool *spool)
{
	struct statvfs disk;

	if (spool->disk_full && fstatvfs(spool->folder_fd, &disk) == 0 &&
		disk.f_bavail * disk.f_frsize >= DISK_FREE_MIN) {
		spool->disk_full = false;
	}
	return !spool->full && !spool->disk_full;
}

struct spool_counts spool_counts(const struct spool *spool)
{
	return spool->counts;
}

/* ---- reading and acknowledging ---- */

/* Writes where the spool is acknowledged. On a full disk that has to wait: what is sent twice after
 * a crash does no harm, and what is removed makes room. */
static int move_state(struct spool *spool, int64_t first, int64_t offset, struct error *err)
{
	struct error own;

	if (write_state(spool, first, offset, &own) == 0) {
		return 0;
	}
	if (own.code == ERROR_NO_SPACE) {
		spool->disk_full = true;
		return 0;
	}
	return error_set(err, own.code, "%s", own.message);
}

/* Whether the segment that is read is used up and another one follows; then it is removed. */
static int leave_segment(struct spool *spool, struct error *err)
{
	struct stat status;
	char name[32];
	int fd;

	while (spool->first < spool->last) {
		if (fstat(spool->first_fd, &status) < 0) {
			return fail(spool, "look at", "its first segment", err);
		}
		if (spool->offset < status.st_size) {
			return 0;
		}
		fd = open_segment(spool, spool->first + 1, O_RDONLY, err);
		if (fd < 0 || move_state(spool, spool->first + 1, 0, err) < 0) {
			file_close(&fd);
			return -1;
		}
		segment_name(spool->first, name);
		unlinkat(spool->folder_fd, name, 0);
		close_fd(&spool->first_fd);
		spool->first_fd = fd;
		spool->first++;
		spool->offset = 0;
	}
	return 0;
}

/* How many of the first bytes of @text are whole lines, at most @lines_max, but one in any case. */
static int whole_lines(struct text text, size_t lines_max, size_t bytes_max, size_t *ret_bytes)
{
	size_t at = 0;
	int lines = 0;

	while ((size_t)lines < lines_max && at < text.size) {
		const char *feed = memchr(text.data + at, '\n', text.size - at);
		size_t end = feed ? (size_t)(feed - text.data) + 1 : 0;

		if (!feed || (lines > 0 && end > bytes_max)) {
			break;
		}
		at = end;
		lines++;
	}
	*ret_bytes = at;
	return lines;
}

static ssize_t read_at(struct spool *spool, size_t size, struct buffer *buffer)
{
	char *to = buffer_reserve(buffer, size);
	ssize_t got = to ? pread(spool->first_fd, to, size, spool->offset) : -1;

	if (!to) {
		errno = ENOMEM;
	}
	if (got > 0) {
		buffer_advance(buffer, (size_t)got);
	}
	return got;
}

int spool_read(struct spool *spool, size_t bytes_max, size_t lines_max, struct buffer *buffer,
	struct error *err)
{
	if (leave_segment(spool, err) < 0) {
		return -1;
	}
	for (size_t size = bytes_max; size <= LINE_BYTES_MAX; size *= 4) {
		size_t bytes;
		ssize_t got;
		int lines;

		buffer_clear(buffer);
		got = read_at(spool, size, buffer);
		if (got < 0) {
			return fail(spool, "read", "its first segment", err);
		}
		lines = whole_lines(buffer_text(buffer), lines_max, bytes_max, &bytes);
		buffer->size = bytes;
		if (lines > 0 || (size_t)got < size) {
			return lines;
		}
	}
	return error_set(err, ERROR_CORRUPT, "a line of the spool '%s' has no end", spool->folder);
}

/* The lines that were set aside are not held anywhere else once they are acknowledged. */
static int sync_rejects(struct spool *spool, struct error *err)
{
	AUTO(file_close) int fd = -1;

	if (!spool->rejects_unsynced) {
		return 0;
	}
	fd = openat(spool->folder_fd, "rejected.ndjson", O_RDONLY | O_CLOEXEC);
	/* It may have been taken away by hand. */
	if (fd < 0 ? errno != ENOENT : fdatasync(fd) < 0) {
		return fail(spool, "write", "rejected.ndjson", err);
	}
	spool->rejects_unsynced = false;
	return 0;
}

int spool_acknowledge(struct spool *spool, size_t bytes, uint64_t lines, struct error *err)
{
	int64_t offset = spool->offset + (int64_t)bytes;

	if (sync_rejects(spool, err) < 0 || move_state(spool, spool->first, offset, err) < 0) {
		return -1;
	}
	spool->offset = offset;
	spool->counts.bytes -= (int64_t)bytes;
	spool->counts.acknowledged_bytes += (int64_t)bytes;
	spool->counts.acknowledged += lines;
	spool->full &= spool->counts.bytes > spool->bytes_max / 2;
	return leave_segment(spool, err);
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
		return fail(spool, "read", "its last segment", err);
	}
	buffer_advance(buffer, size);
	return 0;
}

/* ---- what is set aside ---- */

int spool_reject(struct spool *spool, struct text line, struct text reason, struct error *err)
{
	AUTO(buffer_deinit) struct buffer record = {0};
	AUTO(file_close)
	int fd = openat(spool->folder_fd, "rejected.ndjson",
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
	if (fd < 0 || write_all(fd, buffer_text(&record)) < 0 || fstat(fd, &status) < 0) {
		return fail(spool, "write", "rejected.ndjson", err);
	}
	spool->rejects_unsynced = true;
	if (status.st_size >= REJECTED_BYTES_MAX) {
		if (sync_rejects(spool, err) < 0) {
			return -1;
		}
		renameat(spool->folder_fd, "rejected.ndjson", spool->folder_fd,
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
	return write_state(spool, spool->first, spool->offset, err);
}
