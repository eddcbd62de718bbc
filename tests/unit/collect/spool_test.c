/* SPDX-License-Identifier: MIT
 * The spool, closed and opened again as a crash would leave it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "collect/spool/spool.h"

#define ROOM ((int64_t)64 << 20)

struct spooled {
	char folder[64];
	struct spool *spool;
	struct buffer read;
};

static int set_up(void **state)
{
	struct spooled *spooled = calloc(1, sizeof(*spooled));

	snprintf(spooled->folder, sizeof(spooled->folder), "/tmp/callstep-spool-XXXXXX");
	assert_non_null(mkdtemp(spooled->folder));
	buffer_init(&spooled->read, (size_t)64 << 20);
	assert_int_equal(spool_open(&spooled->spool, spooled->folder, ROOM, NULL), 0);
	*state = spooled;
	return 0;
}

static int tear_down(void **state)
{
	struct spooled *spooled = *state;
	char command[128];

	spool_close(spooled->spool);
	buffer_deinit(&spooled->read);
	snprintf(command, sizeof(command), "rm -r %s", spooled->folder);
	assert_int_equal(system(command), 0);
	free(spooled);
	return 0;
}

static void reopen(struct spooled *spooled, int64_t bytes_max)
{
	spool_close(spooled->spool);
	spooled->spool = NULL;
	assert_int_equal(spool_open(&spooled->spool, spooled->folder, bytes_max, NULL), 0);
}

static void append(struct spooled *spooled, const char *lines)
{
	assert_int_equal(spool_append(spooled->spool, text_of(lines), NULL), 0);
}

static void assert_next(struct spooled *spooled, const char *lines)
{
	assert_true(spool_read(spooled->spool, 1 << 20, 1000, &spooled->read, NULL) >= 0);
	assert_true(text_equal_string(buffer_text(&spooled->read), lines));
}

static bool has_file(const struct spooled *spooled, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", spooled->folder, name);
	return access(path, F_OK) == 0;
}

static void lines_stay_until_they_are_acknowledged(void **state)
{
	struct spooled *spooled = *state;

	append(spooled, "one\ntwo\n");
	append(spooled, "three\n");
	assert_next(spooled, "one\ntwo\nthree\n");
	assert_int_equal(spool_acknowledge(spooled->spool, 4, 1, NULL), 0);
	assert_next(spooled, "two\nthree\n");
	reopen(spooled, ROOM);
	assert_next(spooled, "two\nthree\n");
	assert_int_equal(spool_counts(spooled->spool).bytes, 10);
	assert_int_equal(spool_acknowledge(spooled->spool, 10, 2, NULL), 0);
	assert_next(spooled, "");
	reopen(spooled, ROOM);
	assert_next(spooled, "");
}

static void a_batch_is_whole_lines(void **state)
{
	struct spooled *spooled = *state;

	append(spooled, "a\nbb\nccc\n");
	assert_int_equal(spool_read(spooled->spool, 5, 1000, &spooled->read, NULL), 2);
	assert_true(text_equal_string(buffer_text(&spooled->read), "a\nbb\n"));
	assert_int_equal(spool_read(spooled->spool, 100, 1, &spooled->read, NULL), 1);
	/* One line goes however long it is. */
	assert_int_equal(spool_read(spooled->spool, 1, 1000, &spooled->read, NULL), 1);
	assert_true(text_equal_string(buffer_text(&spooled->read), "a\n"));
}

static void a_torn_line_is_cut(void **state)
{
	struct spooled *spooled = *state;
	char path[128];
	int fd;

	append(spooled, "whole\n");
	snprintf(path, sizeof(path), "%s/0001.ndjson", spooled->folder);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "{\"sess", 6), 6);
	close(fd);
	reopen(spooled, ROOM);
	append(spooled, "next\n");
	assert_next(spooled, "whole\nnext\n");
}

static void a_state_beyond_its_segment_loses_nothing_that_comes(void **state)
{
	struct spooled *spooled = *state;
	char path[128];

	append(spooled, "one\ntwo\n");
	assert_int_equal(spool_acknowledge(spooled->spool, 8, 2, NULL), 0);
	spool_close(spooled->spool);
	spooled->spool = NULL;
	snprintf(path, sizeof(path), "%s/0001.ndjson", spooled->folder);
	assert_int_equal(truncate(path, 4), 0);
	reopen(spooled, ROOM);
	append(spooled, "three\n");
	assert_next(spooled, "three\n");
}

static void segments_that_are_done_are_removed(void **state)
{
	struct spooled *spooled = *state;
	size_t size = (size_t)1 << 20;
	char *line = malloc(size + 1);

	memset(line, 'x', size);
	line[size - 1] = '\n';
	line[size] = '\0';
	for (int i = 0; i < 20; i++) {
		append(spooled, line);
	}
	assert_true(has_file(spooled, "0002.ndjson"));
	for (int i = 0; i < 16; i++) {
		assert_true(has_file(spooled, "0001.ndjson"));
		assert_int_equal(spool_read(spooled->spool, size, 1000, &spooled->read, NULL), 1);
		assert_int_equal(spool_acknowledge(spooled->spool, size, 1, NULL), 0);
	}
	assert_false(has_file(spooled, "0001.ndjson"));
	reopen(spooled, ROOM);
	assert_int_equal(spool_counts(spooled->spool).bytes, 4 * (int64_t)size);
	free(line);
}

static void a_full_spool_refuses_until_half_is_free(void **state)
{
	struct spooled *spooled = *state;
	struct error err;

	reopen(spooled, 16);
	append(spooled, "1234567\n1234567\n");
	assert_true(spool_has_room(spooled->spool));
	assert_true(spool_append(spooled->spool, TEXT("x\n"), &err) < 0);
	assert_int_equal(err.code, ERROR_NO_SPACE);
	assert_false(spool_has_room(spooled->spool));
	assert_next(spooled, "1234567\n1234567\n");
	assert_int_equal(spool_acknowledge(spooled->spool, 8, 1, NULL), 0);
	assert_true(spool_has_room(spooled->spool));
	append(spooled, "x\n");
}

static void a_second_collector_is_refused(void **state)
{
	struct spooled *spooled = *state;
	struct spool *second = NULL;
	struct error err;

	assert_true(spool_open(&second, spooled->folder, ROOM, &err) < 0);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_non_null(strstr(err.message, "another collector"));
}

static void the_mark_stands_beside_the_state(void **state)
{
	struct spooled *spooled = *state;

	assert_null(spool_mark(spooled->spool).data);
	append(spooled, "one\n");
	assert_int_equal(spool_set_mark(spooled->spool, TEXT("{\"inode\":7}"), NULL), 0);
	assert_int_equal(spool_acknowledge(spooled->spool, 4, 1, NULL), 0);
	reopen(spooled, ROOM);
	assert_true(text_equal(spool_mark(spooled->spool), TEXT("{\"inode\":7}")));
	assert_next(spooled, "");
}

static void what_is_refused_is_kept_with_its_reason(void **state)
{
	struct spooled *spooled = *state;
	AUTO(arena_deinit) struct arena arena;
	struct text content;
	char path[128];

	arena_init(&arena, 1 << 20);
	assert_int_equal(spool_reject(spooled->spool, TEXT("{\"session_id\":\"a\"}\n"),
				 TEXT("too \"large\""), NULL),
		0);
	assert_int_equal(spool_reject(spooled->spool, TEXT(""), TEXT("lost"), NULL), 0);
	snprintf(path, sizeof(path), "%s/rejected.ndjson", spooled->folder);
	assert_int_equal(file_read(path, 4096, &arena, &content, NULL), 0);
	assert_true(text_equal(content, TEXT("{\"error\":\"too \\\"large\\\"\",\"line\":"
					     "{\"session_id\":\"a\"}}\n"
					     "{\"error\":\"lost\",\"line\":null}\n")));
}

static void what_is_refused_is_bounded_by_two_files(void **state)
{
	struct spooled *spooled = *state;
	size_t size = (size_t)9 << 20;
	char *line = malloc(size);

	memset(line, '1', size);
	assert_int_equal(
		spool_reject(spooled->spool, (struct text){line, size}, TEXT("a"), NULL), 0);
	assert_false(has_file(spooled, "rejected.ndjson.old"));
	assert_int_equal(
		spool_reject(spooled->spool, (struct text){line, size}, TEXT("b"), NULL), 0);
	assert_true(has_file(spooled, "rejected.ndjson.old"));
	assert_false(has_file(spooled, "rejected.ndjson"));
	assert_int_equal(spool_reject(spooled->spool, TEXT("2"), TEXT("c"), NULL), 0);
	assert_true(has_file(spooled, "rejected.ndjson"));
	assert_true(has_file(spooled, "rejected.ndjson.old"));
	assert_int_equal(spool_counts(spooled->spool).rejected, 3);
	free(line);
}

/* The linker puts these in the place of the system's calls. */
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
static int sync_count;

int __wrap_fsync(int fd)
{
	sync_count++;
	return __real_fsync(fd);
}

int __wrap_fdatasync(int fd)
{
	sync_count++;
	return __real_fdatasync(fd);
}

/* docs/sources.md says how long a collector may not read: as long as these take. */
static void the_spool_is_brought_to_the_disk_a_few_times_at_once(void **state)
{
	struct spooled *spooled = *state;
	int counts[4];

	for (int i = 0; i < 1000; i++) {
		append(spooled, "{}\n");
	}
	sync_count = 0;
	assert_int_equal(spool_sync(spooled->spool, NULL), 0);
	counts[0] = sync_count;
	assert_int_equal(spool_write_file(spooled->spool, "open", TEXT("x"), NULL), 0);
	counts[1] = sync_count;
	assert_int_equal(spool_acknowledge(spooled->spool, 1500, 500, NULL), 0);
	counts[2] = sync_count;
	for (int i = 0; i < 500; i++) {
		assert_int_equal(
			spool_reject(spooled->spool, TEXT("{}\n"), TEXT("wrong"), NULL), 0);
	}
	assert_int_equal(spool_acknowledge(spooled->spool, 1500, 500, NULL), 0);
	counts[3] = sync_count;
	assert_int_equal(counts[0], 2);
	assert_int_equal(counts[1], 4);
	assert_int_equal(counts[2], 6);
	assert_int_equal(counts[3], 9);
}

static void a_state_that_is_not_one_is_told(void **state)
{
	struct spooled *spooled = *state;
	struct error err;
	char path[128];
	FILE *file;

	spool_close(spooled->spool);
	spooled->spool = NULL;
	snprintf(path, sizeof(path), "%s/state", spooled->folder);
	file = fopen(path, "w");
	fputs("not json", file);
	fclose(file);
	assert_true(spool_open(&spooled->spool, spooled->folder, ROOM, &err) < 0);
	assert_int_equal(err.code, ERROR_CORRUPT);
}

static void files_are_for_their_owner_alone(void **state)
{
	struct spooled *spooled = *state;
	struct stat status;
	char path[128];

	snprintf(path, sizeof(path), "%s/0001.ndjson", spooled->folder);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & (S_IRWXG | S_IRWXO), 0);
}

#define SPOOLED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOLED(lines_stay_until_they_are_acknowledged),
		SPOOLED(a_batch_is_whole_lines),
		SPOOLED(a_torn_line_is_cut),
		SPOOLED(a_state_beyond_its_segment_loses_nothing_that_comes),
		SPOOLED(segments_that_are_done_are_removed),
		SPOOLED(a_full_spool_refuses_until_half_is_free),
		SPOOLED(a_second_collector_is_refused),
		SPOOLED(the_mark_stands_beside_the_state),
		SPOOLED(what_is_refused_is_kept_with_its_reason),
		SPOOLED(what_is_refused_is_bounded_by_two_files),
		SPOOLED(the_spool_is_brought_to_the_disk_a_few_times_at_once),
		SPOOLED(a_state_that_is_not_one_is_told),
		SPOOLED(files_are_for_their_owner_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
