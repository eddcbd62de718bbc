/* SPDX-License-Identifier: MIT
 * Made-up paths for tests that compare stores with a reference. */
#ifndef TESTS_CALL_RANDOM_PATH_H
#define TESTS_CALL_RANDOM_PATH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define RANDOM_PATH_SIZE 300

/* A number below @sides. */
typedef uint32_t random_path_throw(void *dice, uint32_t sides);

struct random_path {
	random_path_throw *throw;
	void *dice;
	bool kinds; /* no words and no times */
	char text[RANDOM_PATH_SIZE];
};

static inline void random_path_add(struct random_path *path, const char *text)
{
	size_t used = strlen(path->text);

	snprintf(path->text + used, RANDOM_PATH_SIZE - used, "%s", text);
}

static inline void random_path_place(struct random_path *path)
{
	static const char *const places[] = {"menu", "menu/main", "queue", "digits/pin", "*",
		"*/help", "class=error", "*/main class=prompt", "hangup", "\"\"", "nowhere",
		"menu,queue/help", "digits class=info,queue", "queue , */pin"};
	static const char *const words[] = {":one", ":\"press one\"", ":inv*", ": 203"};

	random_path_add(path, places[path->throw(path->dice, 14)]);
	if (!path->kinds && path->throw(path->dice, 3) == 0) {
		random_path_add(path, words[path->throw(path->dice, 4)]);
	}
}

static inline bool random_path_throw_one(struct random_path *path, uint32_t sides)
{
	return path->throw(path->dice, sides) == 0;
}

/* What stands behind an arrow; returns whether it is `!…`. */
static inline bool random_path_item(struct random_path *path, bool timed, bool may_deny)
{
	static const char *const limits[] = {"<2s ", ">1s ", "<1m ", ">0s ", "<0s "};
	bool denied = may_deny && random_path_throw_one(path, 4);

	if (timed && !path->kinds && !denied && random_path_throw_one(path, 3)) {
		random_path_add(path, limits[path->throw(path->dice, 5)]);
	}
	random_path_add(path, denied ? "!" : "");
	random_path_place(path);
	return denied;
}

/* Begins with begin, ends with end, or neither. */
static inline const char *random_path_make(struct random_path *path)
{
	uint32_t count = path->throw(path->dice, 4);
	bool begun = random_path_throw_one(path, 4), denied = false;

	path->text[0] = '\0';
	random_path_add(path, begun ? "begin" : "");
	for (uint32_t i = 0; i <= count; i++) {
		bool direct = begun && !denied && random_path_throw_one(path, 3);

		random_path_add(path, !begun ? "" : direct ? " >> " : " > ");
		denied = random_path_item(path, begun, !direct);
		begun = true;
	}
	random_path_add(path, random_path_throw_one(path, 3) ? " > end" : "");
	return path->text;
}

#endif
