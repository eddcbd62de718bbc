/* SPDX-License-Identifier: MIT
 * Any bytes as a parameter of a filter, the first byte saying which: taken or refused with words.
 * What a text asks for stands in that text. */
#include "call/filter.h"
#include "fuzz_target.h"

#define NOW INT64_C(1769817600)

static void check_words(const struct words_query *query, struct text text)
{
	size_t words = 0;

	fuzz_require(query->count > 0);
	for (size_t i = 0; i < query->count; i++) {
		fuzz_require(query->phrases[i].count > 0);
		fuzz_require(words_phrase_in(&query->phrases[i], text));
		words += query->phrases[i].count;
	}
	fuzz_require(words <= 32);
}

static void match_something(const struct filter *filter, struct text line)
{
	struct call call = {
		.dest = line, .src = line, .session_id = TEXT("s"), .start = NOW, .end = NOW};
	AUTO(arena_deinit) struct arena scratch;

	arena_init(&scratch, SIZE_MAX);
	fuzz_require(filter_matches(filter, &call, TEXT("[]"), &scratch, NULL) >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_deinit) struct arena arena;
	struct error err = {0};
	struct filter filter;
	struct text value;
	size_t parameters = 0;
	int status;

	arena_init(&arena, SIZE_MAX);
	if (size == 0) {
		return 0;
	}
	filter_init(&filter);
	value = (struct text){.data = (const char *)data + 1, .size = size - 1};
	while (filter_parameters[parameters]) {
		parameters++;
	}
	status = filter_set(&filter, text_of(filter_parameters[data[0] % parameters]), value, NOW,
		&arena, &err);
	fuzz_require(status == 1 || (status == -1 && err.message[0] != '\0'));
	if (status == 1) {
		if (filter.text.count > 0) {
			check_words(&filter.text, value);
		}
		match_something(&filter, value);
	}
	return 0;
}
