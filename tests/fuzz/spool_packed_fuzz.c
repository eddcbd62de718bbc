/* SPDX-License-Identifier: MIT
 * Any bytes as a packed segment of a spool: refused with words, or read in order, and what is read
 * again from any place is the same. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "collect/spool/folder.h"
#include "collect/spool/unpack.h"
#include "fuzz_target.h"

#define READ_MAX ((int64_t)4 << 20) /* of a file that says it has gigabytes */

static void read_again(struct spool_unpack *unpack, int64_t at, const struct text *lines)
{
	struct error err = {0};
	struct text again;
	char last = lines->data[lines->size - 1];

	fuzz_require(spool_unpack_read(unpack, at + (int64_t)lines->size - 1, &again, &err) == 0);
	fuzz_require(again.size == 1 && again.data[0] == last);
}

static void read_all(struct spool_unpack *unpack)
{
	int64_t size = spool_unpack_size(unpack), at = 0;
	struct error err = {0};
	struct text lines;

	while (at < size && at < READ_MAX) {
		if (spool_unpack_read(unpack, at, &lines, &err) < 0) {
			fuzz_require(err.code == ERROR_CORRUPT && err.message[0] != '\0');
			return;
		}
		fuzz_require(lines.size > 0);
		read_again(unpack, at, &lines);
		at += (int64_t)lines.size;
	}
	fuzz_require(at <= size);
	fuzz_require(spool_unpack_read(unpack, size, &lines, &err) == 0 && lines.size == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(spool_unpack_closep) struct spool_unpack *unpack = NULL;
	AUTO(file_close) int fd = memfd_create("segment", MFD_CLOEXEC);
	struct text bytes = {.data = (const char *)data, .size = size};
	struct error err = {0};

	fuzz_require(fd >= 0 && spool_folder_write(fd, bytes) == 0);
	if (spool_unpack_open(&unpack, fd, &err) < 0) {
		fuzz_require(err.code == ERROR_CORRUPT && err.message[0] != '\0');
		return 0;
	}
	read_all(unpack);
	return 0;
}
