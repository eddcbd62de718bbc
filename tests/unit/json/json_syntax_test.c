/* SPDX-License-Identifier: MIT
 * What is JSON and what is not, document by document (RFC 8259; API.md §2 for doubled names and
 * depth). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "syntax_cases.h"
#include "json/json_reader.h"

static const struct json_position beginning = {.line = 1, .column = 1};

/* Reads a copy of exactly its size, so that a sanitizer sees a byte read too far. */
static int read_all(struct text input, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct json_names names;
	struct json_reader reader;
	struct json_token token;
	char *copy = malloc(input.size ? input.size : 1);
	int result;

	assert_non_null(copy);
	memcpy(copy, input.data, input.size);
	arena_init(&arena, 1 << 20);
	json_reader_init(&reader, (struct text){.data = copy, .size = input.size}, beginning);
	json_reader_check_names(&reader, &names, &arena);
	do {
		result = json_reader_next(&reader, &token, err);
	} while (result > 0);
	free(copy);
	return result;
}

static int skip_all(struct text input, struct error *err)
{
	struct json_reader reader;
	struct json_token token;

	json_reader_init(&reader, input, beginning);
	if (json_reader_next(&reader, &token, err) < 0 ||
		json_reader_skip(&reader, &token, err) < 0) {
		return -1;
	}
	return json_reader_next(&reader, &token, err);
}

static void what_is_json_is_read_to_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < syntax_accepted_count; i++) {
		const struct syntax_case *row = &syntax_accepted[i];
		struct error err = {0};

		if (read_all(row->input, &err) != 0 || skip_all(row->input, &err) != 0) {
			fail_msg("%s is rejected: %s", row->what, err.message);
		}
	}
}

static void what_is_none_is_an_error_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < syntax_rejected_count; i++) {
		const struct syntax_case *row = &syntax_rejected[i];
		struct error err = {0};

		if (read_all(row->input, &err) >= 0) {
			fail_msg("%s is accepted when read", row->what);
		}
		if (strncmp(err.message, "line ", 5) != 0 || !strstr(err.message, ", column ")) {
			fail_msg("%s: no place in '%s'", row->what, err.message);
		}
		if (skip_all(row->input, &err) >= 0) {
			fail_msg("%s is accepted when skipped", row->what);
		}
	}
}

static void every_document_cut_off_is_an_error_or_a_shorter_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < syntax_accepted_count; i++) {
		struct text input = syntax_accepted[i].input;
		char first = input.data[0];

		for (size_t size = 0; size < input.size && strchr("[{\"tfn", first); size++) {
			struct error err = {0};
			bool whole = read_all(text_head(input, size), &err) == 0;
			bool only_space_cut = text_trim(text_tail(input, size)).data[0] == '\n';

			assert_true(!whole || only_space_cut);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_json_is_read_to_its_end),
		cmocka_unit_test(what_is_none_is_an_error_with_its_place),
		cmocka_unit_test(every_document_cut_off_is_an_error_or_a_shorter_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
