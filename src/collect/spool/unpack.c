/* SPDX-License-Identifier: MIT
 * The index is checked whole when it is read, each frame by its checksum. */
#include "collect/spool/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zstd.h>

#include "collect/spool/folder.h"
#include "collect/spool/packed.h"

#define NO_FRAME SIZE_MAX

struct spool_unpack {
	int fd;
	int64_t size; /* of lines */
	size_t frames;
	int64_t *begins; /* of each frame, and where the last one ends */
	size_t frame;	 /* that lines holds */
	char *lines;
	char *packed;
};

static uint64_t number_at(const char *bytes, size_t size)
{
	uint64_t value = 0;

	while (size-- > 0) {
		value = value << 8 | (unsigned char)bytes[size];
	}
	return value;
}

/* Reads @size bytes at @at, which the file has as far as is known. */
static int read_whole(
	const struct spool_unpack *unpack, char *to, size_t size, int64_t at, struct error *err)
{
	ssize_t got = spool_folder_read(unpack->fd, to, size, at);

	if (got < 0) {
		return error_set_errno(err, errno, "it cannot be read");
	}
	return (size_t)got < size ? error_set(err, ERROR_CORRUPT, "it is cut off") : 0;
}

static int read_head(struct spool_unpack *unpack, struct error *err)
{
	char head[PACKED_HEAD_BYTES];
	uint64_t size;

	if (read_whole(unpack, head, sizeof(head), 0, err) < 0) {
		return -1;
	}
	size = number_at(head + 8, 8);
	unpack->frames = size <= PACKED_FRAMES_MAX * PACKED_FRAME_BYTES
				 ? packed_frames((int64_t)size)
				 : PACKED_FRAMES_MAX + 1;
	if (number_at(head, 4) != PACKED_MAGIC || unpack->frames > PACKED_FRAMES_MAX ||
		number_at(head + 4, 4) != packed_index_bytes(unpack->frames) - 8) {
		return error_set(err, ERROR_CORRUPT, "it does not begin with an index");
	}
	unpack->size = (int64_t)size;
	return 0;
}

static int read_sizes(struct spool_unpack *unpack, const char *sizes, struct error *err)
{
	int64_t at = (int64_t)packed_index_bytes(unpack->frames);
	struct stat status;

	for (size_t i = 0; i < unpack->frames; i++) {
		uint64_t size = number_at(sizes + i * PACKED_SIZE_BYTES, PACKED_SIZE_BYTES);

		if (size > ZSTD_COMPRESSBOUND(PACKED_FRAME_BYTES)) {
			return error_set(err, ERROR_CORRUPT, "frame %zu cannot be that large", i);
		}
		unpack->begins[i] = at;
		at += (int64_t)size;
	}
	unpack->begins[unpack->frames] = at;
	if (fstat(unpack->fd, &status) < 0) {
		return error_set_errno(err, errno, "it cannot be read");
	}
	return status.st_size == at
		       ? 0
		       : error_set(err, ERROR_CORRUPT, "it has %lld bytes, and its index says %lld",
				 (long long)status.st_size, (long long)at);
}

static int read_index(struct spool_unpack *unpack, struct error *err)
{
	size_t bytes;
	char *sizes;
	int status;

	if (read_head(unpack, err) < 0) {
		return -1;
	}
	bytes = unpack->frames * PACKED_SIZE_BYTES;
	sizes = malloc(bytes + 1);
	unpack->begins = calloc(unpack->frames + 1, sizeof(*unpack->begins));
	if (!sizes || !unpack->begins) {
		free(sizes);
		return error_no_memory(err);
	}
	status = read_whole(unpack, sizes, bytes, PACKED_HEAD_BYTES, err);
	status = status < 0 ? status : read_sizes(unpack, sizes, err);
	free(sizes);
	return status;
}

int spool_unpack_open(struct spool_unpack **ret_unpack, int fd, struct error *err)
{
	AUTO(spool_unpack_closep) struct spool_unpack *unpack = calloc(1, sizeof(*unpack));

	if (!unpack) {
		return error_no_memory(err);
	}
	unpack->fd = fd;
	unpack->frame = NO_FRAME;
	if (read_index(unpack, err) < 0) {
		return -1;
	}
	*ret_unpack = unpack;
	unpack = NULL;
	return 0;
}

void spool_unpack_close(struct spool_unpack *unpack)
{
	if (!unpack) {
		return;
	}
	free(unpack->begins);
	free(unpack->lines);
	free(unpack->packed);
	free(unpack);
}

int64_t spool_unpack_size(const struct spool_unpack *unpack)
{
	return unpack->size;
}

static int make_room(struct spool_unpack *unpack, struct error *err)
{
	if (!unpack->lines) {
		unpack->lines = malloc(PACKED_FRAME_BYTES);
		unpack->packed = malloc(ZSTD_COMPRESSBOUND(PACKED_FRAME_BYTES));
	}
	return unpack->lines && unpack->packed ? 0 : error_no_memory(err);
}

static int read_frame(struct spool_unpack *unpack, size_t frame, struct error *err)
{
	size_t size = (size_t)(unpack->begins[frame + 1] - unpack->begins[frame]);
	size_t wanted = packed_frame_bytes(unpack->size, frame);
	size_t got;

	if (make_room(unpack, err) < 0 ||
		read_whole(unpack, unpack->packed, size, unpack->begins[frame], err) < 0) {
		return -1;
	}
	unpack->frame = NO_FRAME;
	got = ZSTD_decompress(unpack->lines, PACKED_FRAME_BYTES, unpack->packed, size);
	if (ZSTD_isError(got)) {
		return error_set(err, ERROR_CORRUPT, "frame %zu at byte %lld: %s", frame,
			(long long)unpack->begins[frame], ZSTD_getErrorName(got));
	}
	if (got != wanted) {
		return error_set(err, ERROR_CORRUPT,
			"frame %zu at byte %lld holds %zu bytes of lines instead of %zu", frame,
			(long long)unpack->begins[frame], got, wanted);
	}
	unpack->frame = frame;
	return 0;
}

int spool_unpack_read(
	struct spool_unpack *unpack, int64_t at, struct text *ret_lines, struct error *err)
{
	size_t frame = (size_t)at / PACKED_FRAME_BYTES;
	size_t within = (size_t)at % PACKED_FRAME_BYTES;

	if (at >= unpack->size) {
		*ret_lines = (struct text){0};
		return 0;
	}
	if (frame != unpack->frame && read_frame(unpack, frame, err) < 0) {
		return -1;
	}
	*ret_lines = (struct text){.data = unpack->lines + within,
		.size = packed_frame_bytes(unpack->size, frame) - within};
	return 0;
}
