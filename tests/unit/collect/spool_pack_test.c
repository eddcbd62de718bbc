/* SPDX-License-Identifier: MIT
 * Packed segments: that they hold what was appended, wherever the process ended, and that what is
 * damaged is told and keeps nothing else back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "collect/spool/spool.h"

#define ROOM	  ((int64_t)1 << 30)
#define LINE_MAX  ((size_t)300 << 10)
#define STEPS_MAX 200

struct spooled {
	char folder[64];
	struct spool *spool;
	struct buffer read;
	struct buffer line;
};

/* ---- the system's calls, which the linker gives to these ---- */

static int dies_at; /* at which call the process ends; 0: none */
static bool disk_is_full;

static void count_call(void)
{
	if (dies_at > 0 && --dies_at == 0) {
		_exit(9);
	}
}

ssize_t __real_write(int fd, const void *data, size_t size);
int __real_renameat(int from, const char *old, int to, const char *name);
int __real_unlinkat(int fd, const char *name, int flags);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_renameat(int from, const char *old, int to, const char *name);
int __wrap_unlinkat(int fd, const char *name, int flags);

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	count_call();
	if (disk_is_full) {
		errno = ENOSPC;
		return -1;
	}
	/* A call that is broken off has written a part. */
	if (dies_at == 1 && size > 1) {
		return __real_write(fd, data, size / 2);
	}
	return __real_write(fd, data, size);
}

int __wrap_fsync(int fd)
{
	(void)fd; /* The system lives on: what was written stays. */
	count_call();
	return 0;
}

int __wrap_fdatasync(int fd)
{
	(void)fd;
	count_call();
	return 0;
}

int __wrap_renameat(int from, const char *old, int to, const char *name)
{
	count_call();
	return __real_renameat(from, old, to, name);
}

int __wrap_unlinkat(int fd, const char *name, int flags)
{
	count_call();
	return __real_unlinkat(fd, name, flags);
}

/* ---- lines ---- */

static uint64_t mixed(uint64_t value)
{
	value = (value ^ (value >> 31)) * UINT64_C(0x9e3779b97f4a7c15);
	return (value ^ (value >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* The line @number: its bytes follow from its number. Every 50th is long. */
static struct text make_line(struct buffer *line, uint64_t number)
{
	size_t size = mixed(number) % (number % 50 == 0 ? LINE_MAX : 2000);

	buffer_clear(line);
	buffer_printf(line, "{\"n\":%llu,\"text\":\"", (unsigned long long)number);
	for (size_t i = 0; i < size; i += 64) {
		buffer_printf(line, "%016llx: the caller pressed a key at the prompt, number",
			(unsigned long long)mixed(number * 7919 + i));
	}
	buffer_append(line, TEXT("\"}\n"));
	assert_false(line->failed);
	return buffer_text(line);
}

static void append(struct spooled *spooled, uint64_t number)
{
	assert_int_equal(spool_append(spooled->spool, make_line(&spooled->line, number), NULL), 0);
}

/* Expects the lines from @number on in what was read; returns how many there are. */
static uint64_t assert_lines(struct spooled *spooled, uint64_t number)
{
	struct text rest = buffer_text(&spooled->read);
	uint64_t count = 0;

	while (rest.size > 0) {
		struct text line = make_line(&spooled->line, number + count);

		assert_true(text_starts_with(rest, line));
		rest = text_tail(rest, line.size);
		count++;
	}
	return count;
}

/* Reads and acknowledges all; returns the number of the first line that is not there. */
static uint64_t assert_rest(struct spooled *spooled, uint64_t number)
{
	int lines;

	while ((lines = spool_read(spooled->spool, 100000, 1000, &spooled->read, NULL)) > 0) {
		number += assert_lines(spooled, number);
		assert_int_equal(spool_acknowledge(
					 spooled->spool, spooled->read.size, (uint64_t)lines, NULL),
			0);
	}
	assert_int_equal(lines, 0);
	assert_int_equal(spool_counts(spooled->spool).bytes, 0);
	return number;
}

/* ---- folders ---- */

static const char *path_of(const struct spooled *spooled, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", spooled->folder, name);
	return path;
}

static bool has_file(const struct spooled *spooled, const char *name)
{
	return access(path_of(spooled, name), F_OK) == 0;
}

static int64_t size_of(const struct spooled *spooled, const char *name)
{
	struct stat status;

	assert_int_equal(stat(path_of(spooled, name), &status), 0);
	return status.st_size;
}

static void set_folder(struct spooled *spooled)
{
	snprintf(spooled->folder, sizeof(spooled->folder), "/tmp/callstep-packed-XXXXXX");
	assert_non_null(mkdtemp(spooled->folder));
}

static int set_up(void **state)
{
	struct spooled *spooled = calloc(1, sizeof(*spooled));

	log_set_level(LOG_ERROR);
	set_folder(spooled);
	buffer_init(&spooled->read, (size_t)64 << 20);
	buffer_init(&spooled->line, 4 * LINE_MAX);
	*state = spooled;
	return 0;
}

static void remove_folder(const struct spooled *spooled)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", spooled->folder);
	assert_int_equal(system(command), 0);
}

static int tear_down(void **state)
{
	struct spooled *spooled = *state;

	disk_is_full = false;
	spool_close(spooled->spool);
	remove_folder(spooled);
	buffer_deinit(&spooled->read);
	buffer_deinit(&spooled->line);
	free(spooled);
	return 0;
}

static void open_spool(struct spooled *spooled, int64_t bytes_max)
{
	spool_close(spooled->spool);
	spooled->spool = NULL;
	assert_int_equal(spool_open(&spooled->spool, spooled->folder, bytes_max, NULL), 0);
}

/* A plain segment, as an older callstep left it: the lines from @number on, @bytes or a little
 * more. Returns the number of the next line. */
static uint64_t write_plain(
	struct spooled *spooled, const char *name, uint64_t number, size_t bytes)
{
	FILE *file = fopen(path_of(spooled, name), "w");
	size_t written = 0;

	assert_non_null(file);
	while (written < bytes) {
		struct text line = make_line(&spooled->line, number++);

		assert_int_equal(fwrite(line.data, 1, line.size, file), line.size);
		written += line.size;
	}
	assert_int_equal(fclose(file), 0);
	return number;
}

/* Four segments, of which the second and the third are to be packed. Returns how many lines they
 * have. */
static uint64_t write_old_spool(struct spooled *spooled)
{
	uint64_t next = write_plain(spooled, "0001.ndjson", 0, 60000);

	next = write_plain(spooled, "0002.ndjson", next, 800000);
	next = write_plain(spooled, "0003.ndjson", next, 400000);
	return write_plain(spooled, "0004.ndjson", next, 20000);
}

static void pack_all(struct spooled *spooled)
{
	for (int i = 0; i < STEPS_MAX; i++) {
		assert_int_equal(spool_sync(spooled->spool, NULL), 0);
	}
}

static uint64_t open_packed(struct spooled *spooled)
{
	uint64_t lines = write_old_spool(spooled);

	open_spool(spooled, ROOM);
	pack_all(spooled);
	return lines;
}

/* ---- tests ---- */

static void what_is_closed_and_not_read_is_packed(void **state)
{
	struct spooled *spooled = *state;
	int64_t plain, disk;
	uint64_t lines;

	lines = write_old_spool(spooled);
	open_spool(spooled, ROOM);
	plain = spool_counts(spooled->spool).bytes;
	assert_int_equal(spool_counts(spooled->spool).disk_bytes, plain);
	pack_all(spooled);
	assert_true(has_file(spooled, "0001.ndjson"));
	assert_false(has_file(spooled, "0002.ndjson"));
	assert_true(has_file(spooled, "0002.ndjson.zst"));
	assert_false(has_file(spooled, "0003.ndjson"));
	assert_true(has_file(spooled, "0003.ndjson.zst"));
	assert_true(has_file(spooled, "0004.ndjson"));
	disk = size_of(spooled, "0001.ndjson") + size_of(spooled, "0002.ndjson.zst") +
	       size_of(spooled, "0003.ndjson.zst") + size_of(spooled, "0004.ndjson");
	assert_int_equal(spool_counts(spooled->spool).bytes, plain);
	assert_int_equal(spool_counts(spooled->spool).disk_bytes, disk);
	open_spool(spooled, ROOM);
	assert_int_equal(spool_counts(spooled->spool).bytes, plain);
	assert_int_equal(spool_counts(spooled->spool).disk_bytes, disk);
	assert_int_equal(assert_rest(spooled, 0), lines);
	assert_int_equal(spool_counts(spooled->spool).disk_bytes, 0);
	assert_false(has_file(spooled, "0002.ndjson.zst"));
}

static void it_is_packed_while_it_is_appended_to(void **state)
{
	struct spooled *spooled = *state;
	uint64_t number = 0;

	open_spool(spooled, ROOM);
	while (!has_file(spooled, "0005.ndjson")) {
		append(spooled, number++);
	}
	assert_true(has_file(spooled, "0002.ndjson.zst"));
	assert_true(has_file(spooled, "0003.ndjson.zst"));
	assert_true(spool_counts(spooled->spool).disk_bytes <
		    spool_counts(spooled->spool).bytes * 3 / 4);
	assert_int_equal(assert_rest(spooled, 0), number);
}

static void a_full_spool_has_room_once_it_is_packed(void **state)
{
	struct spooled *spooled = *state;
	struct error err;

	write_old_spool(spooled);
	open_spool(spooled, 1300000);
	assert_int_equal(spool_append(spooled->spool, TEXT("{}\n"), &err), -1);
	assert_int_equal(err.code, ERROR_NO_SPACE);
	assert_false(spool_has_room(spooled->spool));
	pack_all(spooled);
	assert_true(spool_has_room(spooled->spool));
	assert_int_equal(spool_append(spooled->spool, TEXT("{}\n"), NULL), 0);
}

static void where_it_cannot_be_packed_it_stays_plain(void **state)
{
	struct spooled *spooled = *state;
	uint64_t lines = write_old_spool(spooled);

	open_spool(spooled, ROOM);
	disk_is_full = true;
	pack_all(spooled);
	disk_is_full = false;
	assert_true(has_file(spooled, "0002.ndjson"));
	assert_false(has_file(spooled, "0002.ndjson.zst"));
	assert_false(has_file(spooled, "0002.ndjson.zst.new"));
	assert_int_equal(assert_rest(spooled, 0), lines);
}

static void what_is_read_meanwhile_is_not_packed(void **state)
{
	struct spooled *spooled = *state;
	uint64_t lines = write_old_spool(spooled), number = 0;

	open_spool(spooled, ROOM);
	assert_int_equal(spool_sync(spooled->spool, NULL), 0);
	assert_true(has_file(spooled, "0002.ndjson.zst.new"));
	while (has_file(spooled, "0001.ndjson")) {
		int count = spool_read(spooled->spool, 10000, 1000, &spooled->read, NULL);

		assert_true(count > 0);
		number += assert_lines(spooled, number);
		assert_int_equal(spool_acknowledge(
					 spooled->spool, spooled->read.size, (uint64_t)count, NULL),
			0);
	}
	assert_false(has_file(spooled, "0002.ndjson.zst.new"));
	pack_all(spooled);
	assert_true(has_file(spooled, "0002.ndjson"));
	assert_true(has_file(spooled, "0003.ndjson.zst"));
	assert_int_equal(assert_rest(spooled, number), lines);
}

static void a_segment_that_was_taken_away_is_passed_over(void **state)
{
	struct spooled *spooled = *state;
	uint64_t third;
	int lines;

	third = write_plain(spooled, "0001.ndjson", 0, 1000);
	write_plain(spooled, "0003.ndjson", third, 1000);
	open_spool(spooled, ROOM);
	lines = spool_read(spooled->spool, 100000, 1000, &spooled->read, NULL);
	assert_int_equal(assert_lines(spooled, 0), third);
	assert_int_equal(
		spool_acknowledge(spooled->spool, spooled->read.size, (uint64_t)lines, NULL), 0);
	assert_rest(spooled, third);
}

/* ---- damage ---- */

static void write_byte(const struct spooled *spooled, const char *name, int64_t at, int xor)
{
	int fd = open(path_of(spooled, name), O_RDWR);
	char byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte = (char)(byte ^ xor);
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

/* Lines are missing, and none comes that was not appended. Returns how many came. */
static uint64_t read_with_gap(struct spooled *spooled, uint64_t lines)
{
	uint64_t number = 0, found = 0;
	int count;

	while ((count = spool_read(spooled->spool, 100000, 1000, &spooled->read, NULL)) > 0) {
		struct text rest = buffer_text(&spooled->read);

		while (rest.size > 0) {
			struct text line = make_line(&spooled->line, number++);

			assert_true(number <= lines);
			if (text_starts_with(rest, line)) {
				rest = text_tail(rest, line.size);
				found++;
			}
		}
		assert_int_equal(spool_acknowledge(
					 spooled->spool, spooled->read.size, (uint64_t)count, NULL),
			0);
	}
	assert_int_equal(count, 0);
	assert_int_equal(number, lines);
	assert_int_equal(spool_counts(spooled->spool).bytes, 0);
	assert_int_equal(spool_counts(spooled->spool).acknowledged_bytes,
		spool_counts(spooled->spool).appended_bytes);
	return found;
}

static void assert_told(const struct spooled *spooled, const char *name)
{
	AUTO(arena_deinit) struct arena arena;
	struct text content;
	char aside[64];

	arena_init(&arena, 1 << 20);
	snprintf(aside, sizeof(aside), "%s.damaged", name);
	assert_true(has_file(spooled, aside));
	assert_false(has_file(spooled, name));
	assert_int_equal(
		file_read(path_of(spooled, "rejected.ndjson"), 1 << 16, &arena, &content, NULL), 0);
	assert_non_null(memmem(content.data, content.size, name, strlen(name)));
	assert_non_null(memmem(content.data, content.size, "is damaged", 10));
	assert_int_equal(spool_counts(spooled->spool).rejected, 1);
}

/* Changes the byte @at of the second segment, or cuts it there. */
static void damage(struct spooled *spooled, int64_t at, bool cut)
{
	uint64_t lines = open_packed(spooled), found;

	if (cut) {
		assert_int_equal(truncate(path_of(spooled, "0002.ndjson.zst"), at), 0);
	} else {
		write_byte(spooled, "0002.ndjson.zst", at, 0x41);
	}
	open_spool(spooled, ROOM);
	found = read_with_gap(spooled, lines);
	assert_true(found < lines);
	assert_told(spooled, "0002.ndjson.zst");
	open_spool(spooled, ROOM);
	assert_int_equal(spool_counts(spooled->spool).bytes, 0);
	spool_close(spooled->spool);
	spooled->spool = NULL;
	remove_folder(spooled);
	set_folder(spooled);
}

static void what_is_damaged_is_told_and_the_rest_is_read(void **state)
{
	static const int64_t bytes[] = {0, 3, 4, 8, 10, 15, 16, 18, 19, 20, 40, 5000, 30000};
	struct spooled *spooled = *state;

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		damage(spooled, bytes[i], false);
		damage(spooled, bytes[i], true);
	}
}

static void what_comes_before_the_damage_is_read(void **state)
{
	struct spooled *spooled = *state;
	uint64_t lines = open_packed(spooled);
	int64_t size = size_of(spooled, "0002.ndjson.zst");

	write_byte(spooled, "0002.ndjson.zst", size - 100, 0x41);
	assert_true(read_with_gap(spooled, lines) > lines / 2);
	assert_told(spooled, "0002.ndjson.zst");
}

static void a_plain_segment_without_an_end_is_told_as_well(void **state)
{
	struct spooled *spooled = *state;
	uint64_t lines = write_old_spool(spooled);

	assert_int_equal(truncate(path_of(spooled, "0001.ndjson"), 50000), 0);
	open_spool(spooled, ROOM);
	read_with_gap(spooled, lines);
	assert_told(spooled, "0001.ndjson");
}

/* ---- the process ends ---- */

struct progress {
	uint64_t acknowledging; /* lines that may be acknowledged */
	uint64_t appended;
};

static void work(struct spooled *spooled, volatile struct progress *progress, uint64_t number)
{
	uint64_t read = 0;
	int lines;

	open_spool(spooled, ROOM);
	for (int i = 0; i < 12; i++) {
		append(spooled, number++);
		progress->appended = number;
		assert_int_equal(spool_sync(spooled->spool, NULL), 0);
	}
	while ((lines = spool_read(spooled->spool, 300000, 1000, &spooled->read, NULL)) > 0) {
		read += (uint64_t)lines;
		progress->acknowledging = read;
		assert_int_equal(spool_acknowledge(
					 spooled->spool, spooled->read.size, (uint64_t)lines, NULL),
			0);
	}
}

/* Runs work() in a process that ends before its call @at. Returns its exit status. */
static int work_until(
	struct spooled *spooled, volatile struct progress *progress, uint64_t lines, int at)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		dies_at = at;
		work(spooled, progress, lines);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static uint64_t first_number(struct spooled *spooled)
{
	unsigned long long number = 0;

	if (spool_read(spooled->spool, 1, 1, &spooled->read, NULL) == 0) {
		return UINT64_MAX;
	}
	buffer_append_byte(&spooled->read, '\0');
	assert_int_equal(sscanf(spooled->read.data, "{\"n\":%llu", &number), 1);
	return number;
}

static void it_loses_nothing_wherever_the_process_ends(void **state)
{
	struct spooled *spooled = *state;
	struct progress *progress = mmap(
		NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ended = 9, at;

	assert_true(progress != MAP_FAILED);
	for (at = 1; ended == 9; at++) {
		uint64_t lines = write_old_spool(spooled), first;

		*progress = (struct progress){.appended = lines};
		ended = work_until(spooled, progress, lines, at);
		open_spool(spooled, ROOM);
		first = first_number(spooled);
		assert_true(first == UINT64_MAX ? progress->acknowledging >= progress->appended
						: first <= progress->acknowledging);
		if (first != UINT64_MAX) {
			assert_true(assert_rest(spooled, first) >= progress->appended);
		}
		assert_false(has_file(spooled, "rejected.ndjson"));
		spool_close(spooled->spool);
		spooled->spool = NULL;
		remove_folder(spooled);
		set_folder(spooled);
	}
	assert_int_equal(ended, 0);
	assert_true(at > 60);
	munmap(progress, sizeof(*progress));
}

/* ---- any order of things ---- */

static uint64_t seed;

static uint64_t chosen(uint64_t below)
{
	seed = mixed(seed + 1);
	return (seed >> 20) % below;
}

/* Acknowledges some of what can be read; returns how many lines. */
static uint64_t take_some(struct spooled *spooled, uint64_t first)
{
	int lines = spool_read(spooled->spool, (size_t)1 << chosen(21), 1 + (size_t)chosen(1000),
		&spooled->read, NULL);
	uint64_t taken = lines > 0 ? chosen((uint64_t)lines + 1) : 0;
	size_t bytes = 0;

	assert_true(lines >= 0);
	assert_int_equal(assert_lines(spooled, first), lines);
	for (uint64_t i = 0; i < taken; i++) {
		bytes += make_line(&spooled->line, first + i).size;
	}
	assert_int_equal(spool_acknowledge(spooled->spool, bytes, taken, NULL), 0);
	return taken;
}

static void it_gives_the_lines_in_their_order_whatever_is_done(void **state)
{
	struct spooled *spooled = *state;
	uint64_t first = 0, next = 0, packed = 0;

	open_spool(spooled, ROOM);
	for (int i = 0; i < 6000; i++) {
		bool away = i / 2000 % 2 == 0;
		uint64_t what = chosen(100);

		if (what < (away ? 80 : 10)) {
			for (uint64_t n = chosen(20); n > 0; n--) {
				append(spooled, next++);
			}
		} else if (what < (away ? 85 : 90)) {
			first += take_some(spooled, first);
		} else {
			assert_int_equal(spool_sync(spooled->spool, NULL), 0);
		}
		if (chosen(1000) == 0) {
			open_spool(spooled, ROOM);
		}
		packed += has_file(spooled, "0002.ndjson.zst");
	}
	assert_true(packed > 0);
	assert_int_equal(assert_rest(spooled, first), next);
}

#define SPOOLED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOLED(what_is_closed_and_not_read_is_packed),
		SPOOLED(it_is_packed_while_it_is_appended_to),
		SPOOLED(a_full_spool_has_room_once_it_is_packed),
		SPOOLED(where_it_cannot_be_packed_it_stays_plain),
		SPOOLED(what_is_read_meanwhile_is_not_packed),
		SPOOLED(a_segment_that_was_taken_away_is_passed_over),
		SPOOLED(what_is_damaged_is_told_and_the_rest_is_read),
		SPOOLED(what_comes_before_the_damage_is_read),
		SPOOLED(a_plain_segment_without_an_end_is_told_as_well),
		SPOOLED(it_loses_nothing_wherever_the_process_ends),
		SPOOLED(it_gives_the_lines_in_their_order_whatever_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
