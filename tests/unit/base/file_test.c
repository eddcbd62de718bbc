/* SPDX-License-Identifier: MIT
 * Folders that are made with those above them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

struct place {
	char folder[64];
	char path[128];
};

static const char *in(struct place *place, const char *name)
{
	snprintf(place->path, sizeof(place->path), "%s/%s", place->folder, name);
	return place->path;
}

static void begin(struct place *place)
{
	*place = (struct place){.folder = "/tmp/callstep-file-test-XXXXXX"};
	assert_non_null(mkdtemp(place->folder));
}

static void end(struct place *place)
{
	rmdir(in(place, "a/b/c"));
	rmdir(in(place, "a/b"));
	rmdir(in(place, "a"));
	unlink(in(place, "file"));
	assert_int_equal(rmdir(place->folder), 0);
}

static void a_folder_is_made_with_those_above_it_for_its_owner_alone(void **state)
{
	struct place place;
	struct stat status;
	struct error err;

	(void)state;
	begin(&place);
	assert_int_equal(file_make_folder(in(&place, "a/b/c"), &err), 0);
	assert_int_equal(stat(in(&place, "a/b/c"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(stat(in(&place, "a"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(file_make_folder(in(&place, "a/b/"), &err), 0);
	assert_int_equal(file_make_folder(in(&place, "a//b"), &err), 0);
	end(&place);
}

static void what_is_not_a_folder_is_told(void **state)
{
	struct place place;
	struct error err;
	int fd;

	(void)state;
	begin(&place);
	fd = open(in(&place, "file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(file_make_folder(in(&place, "file"), &err), -1);
	assert_int_equal(err.code, ERROR_INVALID);
	assert_non_null(strstr(err.message, "is not a folder"));
	assert_int_equal(file_make_folder(in(&place, "file/below"), &err), -1);
	assert_non_null(strstr(err.message, "file/below': Not a directory"));
	assert_int_equal(file_make_folder("", &err), -1);
	assert_int_equal(err.code, ERROR_INVALID);
	end(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_is_made_with_those_above_it_for_its_owner_alone),
		cmocka_unit_test(what_is_not_a_folder_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
