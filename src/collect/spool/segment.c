/* SPDX-License-Identifier: MIT
 * Segments that are read. */
#include "collect/spool/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"

void spool_segment_name(int64_t number, const char *kind, char name[SEGMENT_NAME_BYTES])
{
	snprintf(name, SEGMENT_NAME_BYTES, "%04lld.ndjson%s", (long long)number, kind);
}

bool spool_segment_parse(const char *name, int64_t *ret_number, struct text *ret_kind)
{
	struct text rest = text_of(name), number;

	if (!text_split(&rest, '.', &number) || !text_starts_with(rest, TEXT("ndjson")) ||
		!text_to_int64(number, ret_number) || *ret_number <= 0) {
		return false;
	}
	*ret_kind = text_tail(rest, TEXT("ndjson").size);
	return text_equal_string(*ret_kind, SEGMENT_PLAIN) ||
	       text_equal_string(*ret_kind, SEGMENT_PACKED) ||
	       text_equal_string(*ret_kind, SEGMENT_PACKING);
}

/* 0: there is no such file. */
static int open_kind(struct spool_segment *segment, const struct spool_folder *folder,
	int64_t number, const char *kind, struct error *err)
{
	struct stat status;

	spool_segment_name(number, kind, segment->name);
	segment->fd = openat(folder->fd, segment->name, O_RDONLY | O_CLOEXEC);
	if (segment->fd < 0) {
		return errno == ENOENT ? 0 : spool_folder_fail(folder, "open", segment->name, err);
	}
	if (fstat(segment->fd, &status) < 0) {
		return spool_folder_fail(folder, "look at", segment->name, err);
	}
	segment->size = segment->disk_size = status.st_size;
	return 1;
}

/* What is damaged fails nothing yet: what comes before is read first. */
static int note_damage(struct spool_segment *segment, const struct error *own, struct error *err)
{
	if (own->code != ERROR_CORRUPT) {
		return error_set(err, own->code, "'%s': %s", segment->name, own->message);
	}
	segment->damage = *own;
	return 0;
}

static int open_packed(struct spool_segment *segment, struct error *err)
{
	struct error own;

	if (spool_unpack_open(&segment->unpack, segment->fd, &own) < 0) {
		segment->size = 0;
		return note_damage(segment, &own, err) < 0 ? -1 : 1;
	}
	segment->size = spool_unpack_size(segment->unpack);
	return 1;
}

int spool_segment_open(struct spool_segment *segment, const struct spool_folder *folder,
	int64_t number, struct error *err)
{
	struct spool_segment opened = {.fd = -1};
	int found = open_kind(&opened, folder, number, SEGMENT_PLAIN, err);

	if (found == 0) {
		found = open_kind(&opened, folder, number, SEGMENT_PACKED, err);
		found = found > 0 ? open_packed(&opened, err) : found;
	}
	if (found <= 0) {
		spool_segment_close(&opened);
		return found;
	}
	*segment = opened;
	return 1;
}

void spool_segment_close(struct spool_segment *segment)
{
	spool_unpack_close(segment->unpack);
	file_close(&segment->fd);
	segment->unpack = NULL;
	segment->fd = -1;
}

static ssize_t read_packed(
	struct spool_segment *segment, int64_t at, char *to, size_t size, struct error *err)
{
	size_t done = 0;

	while (done < size) {
		struct error own;
		struct text lines;

		if (spool_unpack_read(segment->unpack, at + (int64_t)done, &lines, &own) < 0) {
			return note_damage(segment, &own, err) < 0 ? -1 : (ssize_t)done;
		}
		if (lines.size == 0) {
			break;
		}
		lines = text_head(lines, lines.size < size - done ? lines.size : size - done);
		memcpy(to + done, lines.data, lines.size);
		done += lines.size;
	}
	return (ssize_t)done;
}

ssize_t spool_segment_read(
	struct spool_segment *segment, int64_t at, char *to, size_t size, struct error *err)
{
	ssize_t got = 0;

	if (segment->unpack) {
		return read_packed(segment, at, to, size, err);
	}
	if (segment->damage.code == ERROR_NONE) {
		got = spool_folder_read(segment->fd, to, size, at);
	}
	return got < 0 ? error_set_errno(err, errno, "'%s': it cannot be read", segment->name)
		       : got;
}
