/* SPDX-License-Identifier: MIT
 * Opening: what a crash left, and where to go on. */
#include "collect/spool/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "json/json_reader.h"

#define PATH_BYTES_MAX 4096

/* ---- the state ---- */

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

	arena_init(&arena, 2 * SPOOL_STATE_BYTES_MAX);
	buffer_init(&path, PATH_BYTES_MAX);
	if (faccessat(spool->folder.fd, "state", F_OK, 0) < 0) {
		return 0;
	}
	if (file_read(spool_path(spool, "state", &path).data, SPOOL_STATE_BYTES_MAX, &arena, &state,
		    err) < 0) {
		return -1;
	}
	if (!read_state_members(spool, state)) {
		return error_set(err, ERROR_CORRUPT,
			"'%s/state' is not a spool's state: move the folder away, or restore it",
			spool->folder.path);
	}
	return 0;
}

/* ---- opening ---- */

static void close_folder(DIR **folder)
{
	if (*folder) {
		closedir(*folder);
	}
}

struct found {
	int64_t least, last, last_plain;
};

/* Removes what a crash left of what was done, or half done. */
static void look_at_file(const struct spool *spool, const char *name, struct found *found)
{
	char plain[SEGMENT_NAME_BYTES];
	struct text kind;
	int64_t number;
	bool is_plain;

	if (!spool_segment_parse(name, &number, &kind)) {
		return;
	}
	spool_segment_name(number, SEGMENT_PLAIN, plain);
	is_plain = text_equal_string(kind, SEGMENT_PLAIN);
	if (number < spool->first || text_equal_string(kind, SEGMENT_PACKING) ||
		(!is_plain && faccessat(spool->folder.fd, plain, F_OK, 0) == 0)) {
		unlinkat(spool->folder.fd, name, 0);
		return;
	}
	found->least = number < found->least ? number : found->least;
	found->last = number > found->last ? number : found->last;
	if (is_plain && number > found->last_plain) {
		found->last_plain = number;
	}
}

/* Finds the last segment; what is acknowledged of the first is known from the state. */
static int find_segments(struct spool *spool, struct error *err)
{
	AUTO(close_folder) DIR *folder = opendir(spool->folder.path);
	struct found found = {.least = INT64_MAX};
	struct dirent *entry;

	if (!folder) {
		return spool_folder_fail(&spool->folder, "read", ".", err);
	}
	while ((entry = readdir(folder))) {
		look_at_file(spool, entry->d_name, &found);
	}
	if (found.last == 0) { /* none: the next number is fresh */
		spool->first++;
		spool->last = spool->first;
		spool->offset = 0;
		return 0;
	}
	if (found.least > spool->first) {
		spool->first = found.least;
		spool->offset = 0;
	}
	/* What is packed is not appended to. */
	spool->last = found.last_plain == found.last ? found.last : found.last + 1;
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
			return spool_folder_fail(&spool->folder, "read", "its last segment", err);
		}
		whole -= (off_t)piece;
		found = feed != NULL;
		whole += feed ? feed - bytes + 1 : 0;
	}
	if (whole < size && ftruncate(spool->last_fd, whole) < 0) {
		return spool_folder_fail(&spool->folder, "cut", "its last segment", err);
	}
	spool->last_size = whole;
	return 0;
}

static int open_first(struct spool *spool, struct error *err)
{
	int found = spool_segment_open(&spool->read, &spool->folder, spool->first, err);

	if (found == 0) {
		return spool_folder_fail(&spool->folder, "open", "its first segment", err);
	}
	/* After a loss of power a segment may be shorter than what was acknowledged of it. */
	if (found > 0 && spool->read.size < spool->offset) {
		spool->offset = spool->read.size;
	}
	return found;
}

static int measure(struct spool *spool, struct error *err)
{
	int64_t bytes = spool->read.size - spool->offset;

	for (int64_t number = spool->first + 1; number <= spool->last; number++) {
		struct spool_segment segment = {.fd = -1};
		int found = spool_segment_open(&segment, &spool->folder, number, err);

		if (found < 0) {
			return -1;
		}
		if (found > 0) {
			bytes += segment.size;
			spool->behind_bytes += segment.disk_size;
		}
		spool_segment_close(&segment);
	}
	spool->counts.bytes = spool->counts.appended_bytes = bytes;
	return 0;
}

static int open_folder(struct spool *spool, struct error *err)
{
	if (file_make_folder(spool->folder.path, err) < 0) {
		return -1;
	}
	spool->folder.fd = open(spool->folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->folder.fd < 0) {
		return error_set_errno(
			err, errno, "cannot open the spool '%s'", spool->folder.path);
	}
	spool->lock_fd = openat(spool->folder.fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (spool->lock_fd < 0) {
		return spool_folder_fail(&spool->folder, "open", "lock", err);
	}
	if (flock(spool->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		return errno == EWOULDBLOCK
			       ? error_set(err, ERROR_BUSY,
					 "another collector works on the spool '%s': give each "
					 "its own --spool",
					 spool->folder.path)
			       : spool_folder_fail(&spool->folder, "lock", "lock", err);
	}
	return 0;
}

static int open_segments(struct spool *spool, struct error *err)
{
	if (read_state(spool, err) < 0 || find_segments(spool, err) < 0) {
		return -1;
	}
	spool->last_fd = spool_open_last(spool, spool->last, 0, err);
	if (spool->last_fd < 0 || cut_torn_line(spool, err) < 0 || open_first(spool, err) < 0) {
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
	spool->folder.fd = spool->lock_fd = spool->read.fd = spool->last_fd = -1;
	spool->bytes_max = bytes_max;
	buffer_init(&spool->mark, SPOOL_MARK_BYTES_MAX);
	spool->folder.path = strdup(folder);
	if (!spool->folder.path) {
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
	spool_pack_close(spool->pack);
	spool_segment_close(&spool->read);
	file_close(&spool->last_fd);
	file_close(&spool->lock_fd);
	file_close(&spool->folder.fd);
	buffer_deinit(&spool->mark);
	free(spool->folder.path);
	free(spool);
}
