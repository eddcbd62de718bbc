/* SPDX-License-Identifier: MIT
 * Feeds each file of a folder to a fuzz target, without a fuzzer. */
#include <dirent.h>
#include <stdio.h>

#include "base/file.h"
#include "fuzz_target.h"

#define INPUT_MAX ((size_t)1 << 20)

static int feed(const char *folder, const char *name)
{
	AUTO(arena_deinit) struct arena arena;
	struct text path, content;
	struct error err = {0};
	uint8_t *exact;

	arena_init(&arena, 2 * INPUT_MAX);
	path = arena_printf(&arena, "%s/%s", folder, name);
	if (!path.data || file_read(path.data, INPUT_MAX, &arena, &content, &err) < 0) {
		fprintf(stderr, "cannot feed '%s': %s\n", name, err.message);
		return -1;
	}
	/* A copy of exactly its size, so that a sanitizer sees a byte read too far. */
	exact = malloc(content.size ? content.size : 1);
	if (!exact) {
		return -1;
	}
	if (content.size > 0) {
		memcpy(exact, content.data, content.size);
	}
	LLVMFuzzerTestOneInput(exact, content.size);
	free(exact);
	return 0;
}

static void close_folder(DIR **folder)
{
	if (*folder) {
		closedir(*folder);
	}
}

int main(int argc, char **argv)
{
	AUTO(close_folder) DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	unsigned int inputs = 0;

	if (!folder) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.') {
			continue;
		}
		if (feed(argv[1], entry->d_name) < 0) {
			return 1;
		}
		inputs++;
	}
	printf("%u inputs\n", inputs);
	return inputs > 0 ? 0 : 1;
}
