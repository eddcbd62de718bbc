/* SPDX-License-Identifier: MIT
 * Any bytes as a path, up to a line's end, and behind it a step a byte: read or refused with words
 * and a place; and a call that takes the path is never passed over by the kinds of its steps. */
#include "base/buffer.h"
#include "call/path/path.h"
#include "fuzz_target.h"

#define STEPS_MAX 200

static const char *const classes[] = {"info", "error"};
static const char *const modules[] = {"menu", "Dial", "hangup", ""};
static const char *const variables[] = {"main", ""};
static const char *const lines[] = {"Press one", "Invalid input: 8", "", "203 is b\xc3\xbcsy"};

static const char *class_of(uint8_t byte)
{
	return classes[byte & 1];
}

static const char *module_of(uint8_t byte)
{
	return modules[byte >> 1 & 3];
}

static const char *variable_of(uint8_t byte)
{
	return variables[byte >> 3 & 1];
}

static void write_detail(struct buffer *out, const uint8_t *bytes, size_t count)
{
	buffer_append_byte(out, '[');
	for (size_t i = 0; i < count; i++) {
		buffer_printf(out,
			"%s{\"event\":{\"line\":\"%s\",\"data\":{\"module_type\":\"%s\","
			"\"result_variable\":\"%s\"}},\"class\":\"%s\",\"timestamp\":%u}",
			i > 0 ? "," : "", lines[bytes[i] >> 4 & 3], module_of(bytes[i]),
			variable_of(bytes[i]), class_of(bytes[i]), bytes[i] >> 6);
	}
	buffer_append_byte(out, ']');
}

static bool may_match(const struct path_filter *path, const uint8_t *bytes, size_t count)
{
	uint64_t reached = PATH_BEGIN;

	for (size_t i = 0; i < count; i++) {
		reached = path_step(reached,
			path_mask_of_kind(path, text_of(class_of(bytes[i])),
				text_of(module_of(bytes[i])), text_of(variable_of(bytes[i]))));
	}
	return path_may_end(path, reached);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer detail;
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t length = end ? (size_t)(end - data) : size;
	size_t steps = end ? size - length - 1 : 0;
	struct path_filter path;
	struct error err = {0};
	int matches;

	arena_init(&arena, SIZE_MAX);
	buffer_init(&detail, SIZE_MAX);
	steps = steps < STEPS_MAX ? steps : STEPS_MAX;
	if (path_filter_read((struct text){(const char *)data, length}, &arena, &path, &err) < 0) {
		fuzz_require(err.code == ERROR_INVALID && err.message[0] != '\0');
		return 0;
	}
	fuzz_require(path_is_asked(&path) && path.last <= PATH_POINTS_MAX &&
		     path.places_count <= PATH_PLACES_MAX);
	write_detail(&detail, data + size - steps, steps);
	matches = path_matches(&path, 1, 2, buffer_text(&detail), &arena, &err);
	fuzz_require(matches >= 0);
	if (path_is_of_kinds(&path)) {
		fuzz_require(may_match(&path, data + size - steps, steps) == (matches > 0));
	} else if (matches > 0) {
		fuzz_require(may_match(&path, data + size - steps, steps));
	}
	return 0;
}
