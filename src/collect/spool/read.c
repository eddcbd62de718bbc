/* SPDX-License-Identifier: MIT
 * Reading and acknowledging: the lines, then the state that says how far they are acknowledged,
 * then the removal of what is done. */
#include "collect/spool/private.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

#define LINE_BYTES_MAX ((size_t)64 << 20)

/* ---- reading and acknowledging ---- */

/* Writes where the spool is acknowledged. On a full disk that has to wait: what is sent twice after
 * a crash does no harm, and what is removed makes room. */
static int move_state(struct spool *spool, int64_t first, int64_t offset, struct error *err)
{
	struct error own;

	if (spool_write_state(spool, first, offset, &own) == 0) {
		return 0;
	}
	if (own.code == ERROR_NO_SPACE) {
		spool->disk_full = true;
		return 0;
	}
	return error_set(err, own.code, "%s", own.message);
}

/* What cannot be read is kept beside the rest under another name, and told. */
static int set_aside(struct spool *spool, struct error *err)
{
	const struct spool_segment *read = &spool->read;
	AUTO(buffer_deinit) struct buffer reason = {0};
	char aside[SEGMENT_NAME_BYTES + sizeof(SEGMENT_ASIDE)], shown[600];

	snprintf(aside, sizeof(aside), "%s%s", read->name, SEGMENT_ASIDE);
	buffer_init(&reason, 2 * sizeof(read->damage.message));
	buffer_printf(&reason,
		"the segment '%s' is damaged from byte %lld of its lines on: %s; it is kept as "
		"'%s'",
		read->name, (long long)spool->offset, read->damage.message, aside);
	if (reason.failed) {
		return error_no_memory(err);
	}
	log_event(LOG_ERROR, "spool-damaged", "reason=%s",
		log_value(buffer_text(&reason), shown, sizeof(shown)));
	if (spool_reject(spool, TEXT(""), buffer_text(&reason), err) < 0) {
		return -1;
	}
	if (renameat(spool->folder.fd, read->name, spool->folder.fd, aside) < 0) {
		return spool_folder_fail(&spool->folder, "rename", read->name, err);
	}
	return 0;
}

static void remove_segment(const struct spool *spool, int64_t number)
{
	char name[SEGMENT_NAME_BYTES];

	spool_segment_name(number, SEGMENT_PLAIN, name);
	unlinkat(spool->folder.fd, name, 0);
	spool_segment_name(number, SEGMENT_PACKED, name);
	unlinkat(spool->folder.fd, name, 0);
}

/* The next one that is there: one may have been taken away by hand. */
static int open_next(
	struct spool *spool, struct spool_segment *ret_next, int64_t *ret_number, struct error *err)
{
	for (int64_t number = spool->first + 1; number <= spool->last; number++) {
		int found = spool_segment_open(ret_next, &spool->folder, number, err);

		if (found != 0) {
			*ret_number = number;
			return found;
		}
	}
	return spool_folder_fail(&spool->folder, "open", "its last segment", err);
}

static int go_to_next(struct spool *spool, struct error *err)
{
	AUTO(spool_segment_close) struct spool_segment next = {.fd = -1};
	int64_t number = spool->last;

	if ((spool->read.damage.code != ERROR_NONE && set_aside(spool, err) < 0) ||
		open_next(spool, &next, &number, err) < 0 ||
		move_state(spool, number, 0, err) < 0) {
		return -1;
	}
	if (spool->pack && spool_pack_number(spool->pack) <= number) {
		spool_pack_close(spool->pack);
		spool->pack = NULL;
	}
	remove_segment(spool, spool->first);
	spool_segment_close(&spool->read);
	spool->read = next;
	next = (struct spool_segment){.fd = -1};
	spool->behind_bytes -= spool->read.disk_size;
	spool->first = number;
	spool->offset = 0;
	return 0;
}

/* Goes on behind segments that are used up, and removes them. */
static int leave_segment(struct spool *spool, struct error *err)
{
	while (spool->first < spool->last && spool->offset >= spool->read.size) {
		if (go_to_next(spool, err) < 0) {
			return -1;
		}
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

static ssize_t read_at(struct spool *spool, size_t size, struct buffer *buffer, struct error *err)
{
	char *to = buffer_reserve(buffer, size);
	ssize_t got = to ? spool_segment_read(&spool->read, spool->offset, to, size, err)
			 : error_no_memory(err);

	if (got > 0) {
		buffer_advance(buffer, (size_t)got);
	}
	return got;
}

static int read_lines(struct spool *spool, size_t bytes_max, size_t lines_max,
	struct buffer *buffer, struct error *err)
{
	for (size_t size = bytes_max; size <= LINE_BYTES_MAX; size *= 4) {
		size_t bytes;
		ssize_t got;
		int lines;

		buffer_clear(buffer);
		got = read_at(spool, size, buffer, err);
		if (got < 0) {
			return -1;
		}
		lines = whole_lines(buffer_text(buffer), lines_max, bytes_max, &bytes);
		buffer->size = bytes;
		if (lines > 0 || (size_t)got < size) {
			return lines;
		}
	}
	return error_set(
		err, ERROR_CORRUPT, "a line of the spool '%s' has no end", spool->folder.path);
}

/* The rest of the segment that is read has no whole line. */
static void lose_rest(struct spool *spool)
{
	int64_t lost = spool->read.size - spool->offset;

	if (spool->read.damage.code == ERROR_NONE) {
		error_set(&spool->read.damage, ERROR_CORRUPT, "its last line has no end");
	}
	spool->read.size = spool->offset;
	spool->counts.bytes -= lost;
	spool->counts.acknowledged_bytes += lost;
}

int spool_read(struct spool *spool, size_t bytes_max, size_t lines_max, struct buffer *buffer,
	struct error *err)
{
	for (;;) {
		int lines;

		if (leave_segment(spool, err) < 0) {
			return -1;
		}
		lines = read_lines(spool, bytes_max, lines_max, buffer, err);
		if (lines != 0 || spool->first == spool->last) {
			return lines;
		}
		lose_rest(spool);
	}
}

int spool_acknowledge(struct spool *spool, size_t bytes, uint64_t lines, struct error *err)
{
	int64_t offset = spool->offset + (int64_t)bytes;

	if (spool_sync_rejects(spool, err) < 0 ||
		move_state(spool, spool->first, offset, err) < 0) {
		return -1;
	}
	spool->offset = offset;
	spool->counts.bytes -= (int64_t)bytes;
	spool->counts.acknowledged_bytes += (int64_t)bytes;
	spool->counts.acknowledged += lines;
	spool_note_room(spool);
	return leave_segment(spool, err);
}
