/* SPDX-License-Identifier: MIT
 * Any two calls, one behind the other with an empty line between. What they are together is
 * canonical, has each step of both, and is the same in whichever order they come; joining one of
 * them again changes nothing. */
#include "call/call_join.h"
#include "call/call_json.h"
#include "fuzz_target.h"

#define MEMORY_MAX ((size_t)256 << 20)

static const struct json_position beginning = {.line = 1, .column = 1};

static bool read_call(struct text json, struct arena *arena, struct text *ret_canonical)
{
	AUTO(buffer_deinit) struct buffer canonical;
	struct call call;

	buffer_init(&canonical, MEMORY_MAX);
	if (call_json_read(json, beginning, arena, &canonical, &call, NULL) < 0 ||
		!call.has_detail) {
		return false;
	}
	*ret_canonical = arena_copy(arena, buffer_text(&canonical));
	return ret_canonical->data != NULL;
}

/* Returns 1 and the two together, or 0 when @added takes the place of @held. */
static int join(struct text held, struct text added, struct arena *arena, struct text *ret_both)
{
	AUTO(buffer_deinit) struct buffer out;
	struct call_joined joined;
	int parts;

	buffer_init(&out, MEMORY_MAX);
	parts = call_join(held, added, arena, &out, &joined, NULL);
	fuzz_require(parts >= 0);
	*ret_both = parts > 0 ? arena_copy(arena, buffer_text(&out)) : added;
	return parts;
}

static bool is_of_part(const struct call_step *step)
{
	return text_equal(step->line, TEXT(CALL_BEGINS_BEFORE_LINE)) ||
	       text_equal(step->line, TEXT(CALL_GOES_ON_LINE)) ||
	       (step->data.size > 0 && (memmem(step->data.data, step->data.size, ":true", 5)));
}

static void require_steps(struct text both, struct text part, struct arena *arena)
{
	struct text detail = call_json_detail(part);
	struct call_step step;
	size_t at = 0, from = 0;

	while (call_json_next_step(detail, &at, arena, &step, NULL) > 0) {
		struct text json = text_tail(text_head(detail, at), from + 1);

		from = at;
		fuzz_require(is_of_part(&step) ||
			     memmem(both.data, both.size, json.data, json.size) != NULL);
	}
}

static void check(struct text held, struct text added, struct arena *arena)
{
	struct text both, turned, again, canonical;

	if (join(held, added, arena, &both) == 0) {
		return;
	}
	fuzz_require(read_call(both, arena, &canonical) && text_equal(canonical, both));
	require_steps(both, held, arena);
	require_steps(both, added, arena);
	if (join(added, held, arena, &turned) > 0) {
		fuzz_require(text_equal(turned, both));
	}
	if (join(both, added, arena, &again) > 0) {
		require_steps(again, both, arena);
		require_steps(both, again, arena);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_deinit) struct arena arena;
	struct text input = {.data = (const char *)data, .size = size};
	const char *cut = size > 0 ? memmem(data, size, "\n\n", 2) : NULL;
	struct text held, added;

	arena_init(&arena, MEMORY_MAX);
	if (cut && read_call(text_head(input, (size_t)(cut - input.data)), &arena, &held) &&
		read_call(text_tail(input, (size_t)(cut - input.data) + 2), &arena, &added)) {
		check(held, added, &arena);
		check(added, held, &arena);
	}
	return 0;
}
