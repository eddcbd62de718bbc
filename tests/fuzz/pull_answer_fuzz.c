/* SPDX-License-Identifier: MIT
 * Any bytes as what another server answers: a call, a step event, the outcome of a POST, a header.
 * Taken or refused with words; what is taken as an events line is one line. */
#include "collect/fetch.h"
#include "collect/post.h"
#include "collect/pull_call.h"
#include "fuzz_target.h"

#define NOW INT64_C(1795459157)

static void count(void *context, struct text session_id, struct text error)
{
	(void)session_id;
	(void)error;
	++*(uint64_t *)context;
}

static void check_line(int made, const struct buffer *line, const struct error *err)
{
	if (made < 0) {
		fuzz_require(err->message[0] != '\0');
		return;
	}
	fuzz_require(line->size > 1 && line->data[line->size - 1] == '\n');
	fuzz_require(text_count(buffer_text(line), '\n') == 1);
}

static void try_call(struct text text, struct arena *arena)
{
	AUTO(buffer_deinit) struct buffer out;
	struct error err = {0};
	struct pull_call call;

	buffer_init(&out, 16 * text.size + 4096);
	if (pull_call_look(text, arena, &call, &err) == 0) {
		fuzz_require(call.start >= -1);
	} else {
		fuzz_require(err.message[0] != '\0');
	}
	check_line(pull_call_live(text, arena, &out, &err), &out, &err);
	buffer_clear(&out);
	check_line(pull_call_step(text, arena, &out, &err), &out, &err);
	buffer_clear(&out);
	(void)!pull_call_complete(text, TEXT("[]"), arena, &out, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_deinit) struct arena arena;
	struct text text = {.data = (const char *)data, .size = size};
	struct pull_taken taken = {0};
	uint64_t rejected = 0;
	int64_t wait_s = -1;

	arena_init(&arena, (size_t)64 << 20);
	try_call(text, &arena);
	if (post_read_answer(text, &taken, count, &rejected)) {
		fuzz_require(taken.rejected == rejected);
	}
	if (fetch_wait_of_header(TEXT("Retry-After"), text, NOW, &wait_s) ||
		fetch_wait_of_header(TEXT("x-ratelimit-reset"), text, NOW, &wait_s)) {
		fuzz_require(wait_s >= 0 && wait_s <= 3600);
	}
	return 0;
}
