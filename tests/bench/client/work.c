/* SPDX-License-Identifier: MIT
 * Targets and bodies, read from files. */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROWTH 1024

static int fail(const char *path, const char *what)
{
	fprintf(stderr, "load: %s '%s'\n", what, path);
	return -1;
}

static char *map(const char *path, size_t *ret_size)
{
	struct stat status;
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0 || fstat(file, &status) < 0 || status.st_size == 0) {
		return NULL;
	}
	*ret_size = (size_t)status.st_size;
	/* Private and writable, so that lines can be ended in place. */
	char *data =
		mmap(NULL, *ret_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE, file, 0);
	close(file);
	return data == MAP_FAILED ? NULL : data;
}

static void *grow(void *array, size_t count, size_t size)
{
	if (count % GROWTH != 0) {
		return array;
	}
	void *larger = realloc(array, (count + GROWTH) * size);
	if (!larger) {
		fprintf(stderr, "load: no memory\n");
		exit(1);
	}
	return larger;
}

static int64_t number_or_none(const char *word)
{
	return word && strcmp(word, "-") != 0 ? strtoll(word, NULL, 10) : -1;
}

int work_read_targets(struct work *work, const char *path)
{
	size_t size = 0;
	char *data = map(path, &size), *rest = NULL;

	if (!data || data[size - 1] != '\n') {
		return fail(path, "no lines in");
	}
	data[size - 1] = '\0';
	for (char *line = strtok_r(data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *words = NULL;
		struct target target = {.path = strtok_r(line, " ", &words)};

		target.length = number_or_none(strtok_r(NULL, " ", &words));
		target.crc = number_or_none(strtok_r(NULL, " ", &words));
		work->targets = grow(work->targets, work->targets_count, sizeof(target));
		work->targets[work->targets_count++] = target;
	}
	return work->targets_count > 0 ? 0 : fail(path, "no targets in");
}

int work_read_bodies(struct work *work, const char *path)
{
	size_t size = 0;
	char *data = map(path, &size);

	if (!data) {
		return fail(path, "no bodies in");
	}
	for (char *at = data; at < data + size;) {
		char *after = NULL;
		size_t length = strtoull(at, &after, 10);

		if (*after != '\n' || length > size - (size_t)(after + 1 - data)) {
			return fail(path, "no length before a body in");
		}
		work->bodies = grow(work->bodies, work->bodies_count, sizeof(struct body));
		work->bodies[work->bodies_count++] =
			(struct body){.data = after + 1, .size = length};
		at = after + 1 + length;
	}
	return 0;
}

void work_deinit(struct work *work)
{
	free(work->targets);
	free(work->bodies);
	*work = (struct work){0};
}

int work_take(struct work *work, const struct target **ret_target, struct body *ret_body)
{
	size_t number = atomic_fetch_add(&work->next, 1);

	if (work->bodies && number >= work->bodies_count) {
		return 0;
	}
	*ret_target = &work->targets[number % work->targets_count];
	*ret_body = work->bodies ? work->bodies[number] : (struct body){0};
	return 1;
}
