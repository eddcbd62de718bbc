/* SPDX-License-Identifier: MIT
 * Follows a file through rotations. */
#include "collect/asterisk/cel_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "collect/asterisk/cel_rotation.h"
#include "intake/sources/asterisk/cel_input.h"
#include "intake/sources/asterisk/cel_time.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

#define TURN_BYTES_MAX ((size_t)4 << 20)
#define PIECE_BYTES    ((size_t)64 << 10)
#define LINE_BYTES_MAX ((size_t)2 << 20)
#define HEAD_BYTES     256
#define KNOWN_MAX      64

/* A file as it is told from others. */
struct identity {
	int64_t device, inode;
	int64_t head_size;  /* of the bytes that head_hash is of */
	int64_t head_hash;  /* not negative */
	int64_t begins;	    /* the place of its first byte */
	int64_t changed_us; /* when it was written to last, as far as it was read */
};

struct cel_file {
	struct cel_file_options options;
	struct cel_file_counts counts;
	char *folder;
	const char *name; /* in options.path */
	int inotify;
	int fd;				  /* -1: no file yet */
	int64_t offset;			  /* up to where lines were fed */
	struct identity known[KNOWN_MAX]; /* the last one is open */
	size_t known_count;
	struct identity left; /* what a mark told of a file that is gone; inode 0: nothing */
	int64_t left_offset, left_again;
	int64_t again_until;   /* the place up to which was read before the mark was written */
	struct buffer pending; /* bytes behind offset that are not a whole line */
	struct cel_input input;
	bool input_open;
	struct rejects rejects;
	uint64_t told_rejects;
	int64_t row_place;
	int64_t time_us; /* of the row before */
};

/* ---- rows ---- */

static int64_t not_before_us(const struct cel_file *file, const struct cel_record *record)
{
	int64_t id_s = 0;

	cel_clock_id_s(record->field[CEL_UNIQUE_ID], &id_s);
	return id_s * 1000000 > file->time_us ? id_s * 1000000 : file->time_us;
}

static void take_record(void *context, const struct cel_record *record)
{
	struct cel_file *file = context;
	struct text time = record->field[CEL_EVENT_TIME];
	bool local = file->options.local_times && !file->input.columns.utc;
	struct ami_row row = {.field = record->field, .hash = record->hash};

	if (record->field[CEL_EVENT_TYPE].size == 0) {
		rejects_add(&file->rejects, record->line, TEXT(""), "the eventtype is empty");
		return;
	}
	if (!cel_time_parse(time, local, not_before_us(file, record), &row.time_us)) {
		rejects_add(&file->rejects, record->line, TEXT(""),
			"eventtime '%.*s' is not a time", (int)(time.size < 40 ? time.size : 40),
			time.data);
		return;
	}
	file->time_us = row.time_us;
	file->counts.rows++;
	file->options.row(
		file->options.context, &row, file->row_place, file->row_place < file->again_until);
}

static void close_input(struct cel_file *file)
{
	if (file->input_open) {
		cel_input_close(&file->input);
		file->input_open = false;
	}
}

static int open_input(struct cel_file *file, struct error *err)
{
	const struct source_option given[] = {{"columns", file->options.columns}, {0}};
	const struct source_input opened = {
		.name = file->options.path,
		.options = file->options.columns ? given : given + 1,
	};

	close_input(file);
	file->input_open = true;
	return cel_input_open(&file->input, &opened, &file->rejects, take_record, file, err);
}

/* Of a file that is read on in its middle the first line may name the columns. */
static int feed_header(struct cel_file *file, struct error *err)
{
	char bytes[PIECE_BYTES];
	ssize_t got = pread(file->fd, bytes, sizeof(bytes), 0);
	const char *feed = got > 0 ? memchr(bytes, '\n', (size_t)got) : NULL;
	struct text line = {.data = bytes, .size = feed ? (size_t)(feed - bytes) + 1 : 0};

	if (file->offset == 0 || !feed || !cel_columns_is_header(text_head(line, line.size - 1))) {
		return 0;
	}
	return cel_input_feed(&file->input, line.data, line.size, err);
}

static int feed_lines(struct cel_file *file, struct error *err)
{
	struct text rest = buffer_text(&file->pending);
	size_t fed = 0;

	while (fed < rest.size) {
		const char *feed = memchr(rest.data + fed, '\n', rest.size - fed);
		size_t end = feed ? (size_t)(feed - rest.data) + 1 : 0;

		if (!feed) {
			break;
		}
		/* A row may be of several lines; the first ones wait until their form is known. */
		if (file->input.csv.pending.size == 0 && file->input.beginning.size == 0) {
			file->row_place = cel_file_place(file);
		}
		if (cel_input_feed(&file->input, rest.data + fed, end - fed, err) < 0) {
			return -1;
		}
		file->offset += (int64_t)(end - fed);
		fed = end;
	}
	if (fed > 0) {
		memmove(file->pending.data, file->pending.data + fed, file->pending.size - fed);
		file->pending.size -= fed;
	}
	return 0;
}

/* ---- which file it is ---- */

static int64_t hash_head(int fd, int64_t size)
{
	static const struct hash_key key = {{0, 0}};
	char bytes[HEAD_BYTES];
	ssize_t got = size > 0 ? pread(fd, bytes, (size_t)size, 0) : 0;

	if (got != size) {
		return -1;
	}
	return (int64_t)(hash_text(&key, (struct text){.data = bytes, .size = (size_t)got}) >> 8);
}

static int64_t changed_ns(const struct stat *status)
{
	return status->st_mtim.tv_sec * INT64_C(1000000000) + status->st_mtim.tv_nsec;
}

static bool identify(int fd, struct identity *identity)
{
	struct stat status;

	if (fstat(fd, &status) < 0) {
		return false;
	}
	identity->device = (int64_t)status.st_dev;
	identity->inode = (int64_t)status.st_ino;
	identity->changed_us = changed_ns(&status) / 1000;
	identity->head_size = status.st_size < HEAD_BYTES ? status.st_size : HEAD_BYTES;
	identity->head_hash = hash_head(fd, identity->head_size);
	return true;
}

static bool is_same(int fd, const struct identity *identity)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       (int64_t)status.st_dev == identity->device &&
	       (int64_t)status.st_ino == identity->inode && status.st_size >= identity->head_size &&
	       hash_head(fd, identity->head_size) == identity->head_hash;
}

/* ---- from file to file ---- */

static void close_file(struct cel_file *file)
{
	file_close(&file->fd);
	file->fd = -1;
	buffer_clear(&file->pending);
}

/* Reads @fd from @offset on; it becomes the file's own. @begins: the place of its first byte. */
static int use_file(
	struct cel_file *file, int fd, int64_t offset, int64_t begins, struct error *err)
{
	struct identity identity = {.begins = begins};

	close_file(file);
	file->fd = fd;
	file->offset = offset;
	file->counts.files++;
	if (!identify(fd, &identity)) {
		return error_set_errno(err, errno, "cannot look at '%s'", file->options.path);
	}
	if (file->known_count == KNOWN_MAX) {
		memmove(file->known, file->known + 1, (KNOWN_MAX - 1) * sizeof(*file->known));
		file->known_count--;
	}
	file->known[file->known_count++] = identity;
	return open_input(file, err) < 0 ? -1 : feed_header(file, err);
}

static void tell_gap(struct cel_file *file, const char *reason)
{
	file->counts.gaps++;
	file->again_until = 0; /* places are others than they were */
	file->options.gap(file->options.context, reason);
}

static int open_by_name(struct cel_file *file, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", file->folder, name);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* Behind which file the next one comes. Without a mark only the log itself is read. */
static struct cel_rotation_place place_in_order(const struct cel_file *file)
{
	struct cel_rotation_place place = {.changed_ns = INT64_MAX};
	struct stat status;

	if (file->fd >= 0 && fstat(file->fd, &status) == 0) {
		place.device = (int64_t)status.st_dev;
		place.inode = (int64_t)status.st_ino;
		place.changed_ns = changed_ns(&status);
	} else if (file->left.changed_us > 0) {
		place.changed_ns = file->left.changed_us * 1000;
	}
	return place;
}

/* Steps say how many, the log says which. */
static void tell_skipped(struct cel_file *file, const struct cel_rotation_next *next)
{
	char reason[100], shown[300];

	if (next->compressed > 0) {
		log_event(LOG_WARNING, "log-compressed", "count=%zu last=%s", next->compressed,
			log_value(text_of(next->last_compressed), shown, sizeof(shown)));
		snprintf(reason, sizeof(reason),
			"%zu rotated logs are compressed: rows are missing", next->compressed);
		tell_gap(file, reason);
	}
	if (next->missing > 0) {
		log_event(LOG_WARNING, "log-gone", "count=%lld before=%s", (long long)next->missing,
			log_value(text_of(next->name), shown, sizeof(shown)));
		snprintf(reason, sizeof(reason), "%lld rotated logs are gone: rows are missing",
			(long long)next->missing);
		tell_gap(file, reason);
	}
}

/* The last line of a file that is left may lack its end. */
static int end_last_line(struct cel_file *file, struct error *err)
{
	if (file->pending.size == 0) {
		return 0;
	}
	buffer_append_byte(&file->pending, '\n');
	return feed_lines(file, err);
}

/* A log that was copied and then cut in place begins as the copy does. */
static int64_t known_bytes(const struct cel_file *file, int fd)
{
	struct stat status;
	bool is_copy = file->known_count == 0 && file->left.head_size == HEAD_BYTES &&
		       fstat(fd, &status) == 0 && status.st_size >= file->left_offset &&
		       hash_head(fd, HEAD_BYTES) == file->left.head_hash;

	return is_copy ? file->left_offset : 0;
}

/* Returns 1 when a file follows, 0 when none does yet. */
static int open_next(struct cel_file *file, struct error *err)
{
	struct cel_rotation_place after = place_in_order(file);
	struct cel_rotation_next next;
	struct stat status;
	int found = cel_rotation_next(file->folder, file->name, &after, &next, err);
	int64_t known;
	int fd;

	if (found != 1) {
		return found > 0 ? 1 : found;
	}
	fd = open_by_name(file, next.name);
	if (fd < 0 && errno != ENOENT) {
		return error_set_errno(err, errno, "cannot open '%s/%s'", file->folder, next.name);
	}
	if (fd < 0 || fstat(fd, &status) < 0 || (int64_t)status.st_ino != next.inode) {
		file_close(&fd);
		return 1; /* it was renamed meanwhile */
	}
	if (end_last_line(file, err) < 0) {
		file_close(&fd);
		return -1;
	}
	tell_skipped(file, &next);
	known = known_bytes(file, fd);
	file->again_until = known > 0 ? known + file->left_again : file->again_until;
	return use_file(file, fd, known, cel_file_place(file), err) < 0 ? -1 : 1;
}

/* Whether the file has its name no more. */
static bool was_rotated(const struct cel_file *file)
{
	const struct identity *now = &file->known[file->known_count - 1];
	struct stat status;

	if (stat(file->options.path, &status) < 0) {
		return errno == ENOENT;
	}
	return (int64_t)status.st_ino != now->inode || (int64_t)status.st_dev != now->device;
}

static int check_length(struct cel_file *file, struct error *err)
{
	struct stat status;
	int fd;

	if (fstat(file->fd, &status) < 0) {
		return 0;
	}
	file->known[file->known_count - 1].changed_us = changed_ns(&status) / 1000;
	if (status.st_size >= file->offset + (int64_t)file->pending.size) {
		return 0;
	}
	tell_gap(file, "The log was cut in place: rows may be missing");
	fd = dup(file->fd);
	return fd < 0 ? error_set_errno(err, errno, "cannot open '%s'", file->options.path)
		      : use_file(file, fd, 0, cel_file_place(file), err);
}

/* ---- where it was left ---- */

static bool read_mark(struct text mark, struct identity *identity, int64_t *ret_offset,
	int64_t *ret_again, int64_t *ret_lost)
{
	struct json_reader reader;
	struct json_token name, value;
	struct {
		const char *name;
		int64_t *to;
	} members[] = {{"device", &identity->device}, {"inode", &identity->inode},
		{"head_size", &identity->head_size}, {"head", &identity->head_hash},
		{"changed_us", &identity->changed_us}, {"offset", ret_offset}, {"again", ret_again},
		{"lost", ret_lost}};

	json_reader_init(&reader, mark, (struct json_position){1, 1});
	if (mark.size == 0 || json_reader_next(&reader, &value, NULL) <= 0 ||
		value.kind != JSON_OBJECT) {
		return false;
	}
	while (json_reader_next_member(&reader, &name, &value, NULL) > 0) {
		for (size_t i = 0; i < COUNT_OF(members); i++) {
			if (json_token_is(&name, members[i].name)) {
				text_to_int64(value.raw, members[i].to);
			}
		}
		if (json_reader_skip(&reader, &value, NULL) < 0) {
			return false;
		}
	}
	return identity->inode > 0 && identity->head_size <= HEAD_BYTES;
}

static void close_folder(DIR **folder)
{
	if (*folder) {
		closedir(*folder);
	}
}

/* Opens the file that @identity is of, whatever its name is now; negative: it is not there. */
static int find_file(struct cel_file *file, const struct identity *identity)
{
	AUTO(close_folder) DIR *folder = opendir(file->folder);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		int fd = (int64_t)entry->d_ino == identity->inode
				 ? open_by_name(file, entry->d_name)
				 : -1;

		if (fd >= 0 && is_same(fd, identity)) {
			return fd;
		}
		file_close(&fd);
	}
	return -1;
}

static int go_on(struct cel_file *file, struct text mark, struct error *err)
{
	struct identity identity = {0};
	int64_t offset = 0, again = 0, lost = 0;
	struct stat status;
	int fd;

	if (!read_mark(mark, &identity, &offset, &again, &lost)) {
		return 0;
	}
	fd = find_file(file, &identity);
	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size < offset) {
		tell_gap(file, "The log that was read before is gone: rows may be missing");
		file_close(&fd);
		file->left = identity;
		file->left_offset = offset;
		file->left_again = again;
		return 0;
	}
	if (lost > 0) {
		tell_gap(file,
			"A call went on in too many rotated logs: its first rows are missing");
	}
	file->again_until = offset + again;
	return use_file(file, fd, offset, 0, err);
}

/* ---- reading ---- */

/* Returns how many bytes came. */
static ssize_t read_piece(struct cel_file *file, struct error *err)
{
	char *to = buffer_reserve(&file->pending, PIECE_BYTES);
	int64_t at = file->offset + (int64_t)file->pending.size;
	ssize_t got = to ? pread(file->fd, to, PIECE_BYTES, at) : 0;

	if (!to) { /* a line without an end */
		file->offset = at;
		buffer_clear(&file->pending);
		tell_gap(file, "A line of the log was too long, and was passed over");
		return 1;
	}
	if (got < 0) {
		return error_set_errno(err, errno, "cannot read '%s'", file->options.path);
	}
	buffer_advance(&file->pending, (size_t)got);
	return feed_lines(file, err) < 0 ? -1 : got;
}

static int read_on(struct cel_file *file, struct error *err)
{
	size_t sum = 0;
	ssize_t got = 1;

	if (check_length(file, err) < 0) {
		return -1;
	}
	while (got > 0 && sum < TURN_BYTES_MAX) {
		got = read_piece(file, err);
		sum += got > 0 ? (size_t)got : 0;
	}
	return got < 0 ? -1 : got > 0;
}

static void drop_events(const struct cel_file *file)
{
	char events[4096];

	while (read(file->inotify, events, sizeof(events)) > 0) {
	}
}

int cel_file_turn(struct cel_file *file, struct error *err)
{
	bool rotated;
	int more;

	drop_events(file);
	if (file->fd < 0) {
		return open_next(file, err);
	}
	/* What is written between the look at the name and the reading is read. */
	rotated = was_rotated(file);
	more = read_on(file, err);
	return more != 0 || !rotated ? more : open_next(file, err);
}

/* ---- the file ---- */

AUTO_POINTER(struct cel_file *, cel_file_close);

static int watch_folder(struct cel_file *file, struct error *err)
{
	const char *slash = strrchr(file->options.path, '/');

	file->name = slash ? slash + 1 : file->options.path;
	file->folder =
		slash ? strndup(file->options.path, slash == file->options.path
							    ? 1
							    : (size_t)(slash - file->options.path))
		      : strdup(".");
	if (!file->folder) {
		return error_no_memory(err);
	}
	file->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (file->inotify < 0 ||
		inotify_add_watch(file->inotify, file->folder,
			IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_CLOSE_WRITE) < 0) {
		return error_set_errno(err, errno, "cannot watch the folder '%s'", file->folder);
	}
	return 0;
}

int cel_file_open(struct cel_file **ret_file, const struct cel_file_options *options,
	struct text mark, struct error *err)
{
	AUTO(cel_file_closep) struct cel_file *file = calloc(1, sizeof(*file));

	if (!file) {
		return error_no_memory(err);
	}
	file->options = *options;
	file->fd = file->inotify = -1;
	buffer_init(&file->pending, LINE_BYTES_MAX);
	/* Wrong columns are told before anything is waited for. */
	if (watch_folder(file, err) < 0 || open_input(file, err) < 0 ||
		go_on(file, mark, err) < 0) {
		return -1;
	}
	*ret_file = file;
	file = NULL;
	return 0;
}

void cel_file_close(struct cel_file *file)
{
	if (!file) {
		return;
	}
	close_input(file);
	close_file(file);
	file_close(&file->inotify);
	buffer_deinit(&file->pending);
	free(file->folder);
	free(file);
}

int cel_file_fd(const struct cel_file *file)
{
	return file->inotify;
}

int64_t cel_file_place(const struct cel_file *file)
{
	return file->known_count > 0 ? file->known[file->known_count - 1].begins + file->offset : 0;
}

void cel_file_mark(const struct cel_file *file, int64_t place, struct buffer *mark)
{
	const struct identity *in = file->known_count > 0 ? file->known : NULL;
	int64_t offset;

	buffer_clear(mark);
	if (!in) {
		return;
	}
	for (size_t i = 1; i < file->known_count && file->known[i].begins <= place; i++) {
		in = &file->known[i];
	}
	offset = place > in->begins ? place - in->begins : 0;
	buffer_append_byte(mark, '{');
	json_add_number(mark, "device", in->device);
	json_add_number(mark, "inode", in->inode);
	json_add_number(mark, "head_size", in->head_size);
	json_add_number(mark, "head", in->head_hash);
	json_add_number(mark, "changed_us", in->changed_us);
	json_add_number(mark, "offset", offset);
	json_add_number(mark, "again", cel_file_place(file) - in->begins - offset);
	if (place < in->begins) { /* in a file that is not known any more */
		json_add_number(mark, "lost", 1);
	}
	buffer_append_byte(mark, '}');
}

const char *cel_file_rejected(struct cel_file *file)
{
	size_t last = file->rejects.kind_count;

	file->counts.rejected = file->rejects.count;
	if (file->rejects.count == file->told_rejects || last == 0) {
		return NULL;
	}
	file->told_rejects = file->rejects.count;
	return file->rejects.kinds[last - 1].message;
}

struct cel_file_counts cel_file_counts(const struct cel_file *file)
{
	struct cel_file_counts counts = file->counts;

	counts.rejected = file->rejects.count;
	return counts;
}
