/* SPDX-License-Identifier: MIT
 * Any application, the first line, and what it is given. What is shown is what was given with marks
 * in the place of some of it; nothing of what a password's application is given. */
#include "fuzz_target.h"
#include "intake/sources/asterisk/cel_secret.h"

static const struct text mark = {.data = CEL_SECRET_MARK, .size = sizeof(CEL_SECRET_MARK) - 1};

/* Whether the bytes of @shown but its marks stand in @given in their order. */
static bool is_part(struct text shown, struct text given)
{
	size_t at = 0;

	while (shown.size > 0) {
		size_t begin = at;

		if (text_starts_with(shown, mark)) {
			shown = text_tail(shown, mark.size);
			continue;
		}
		while (at < given.size && given.data[at] != shown.data[0]) {
			at++;
		}
		if (at == given.size) {
			return begin == given.size && shown.size == 0;
		}
		at++;
		shown = text_tail(shown, 1);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_deinit) struct arena arena;
	struct text given = {.data = (const char *)data, .size = size};
	struct text app, shown;

	arena_init(&arena, (size_t)64 << 20);
	if (!text_split(&given, '\n', &app) || !given.data) {
		return 0;
	}
	shown = cel_secret_hide(&arena, app, given);
	fuzz_require(shown.data != NULL);
	fuzz_require(is_part(shown, given) || memmem(given.data, given.size, mark.data, mark.size));
	shown = cel_secret_hide(&arena, TEXT("Authenticate"), given);
	fuzz_require(given.size == 0 ? shown.size == 0 : text_equal(shown, mark));
	cel_secret_is_name(given);
	return 0;
}
