/* SPDX-License-Identifier: MIT
 * The harness of the sources' tests. */
#include "source_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"

#define ARENA_BYTES ((size_t)256 << 20)

static void keep_call(void *context, struct text json, uint64_t line)
{
	struct run *run = context;
	struct run_call *call = &run->calls[run->call_count++];
	struct buffer canonical;
	struct error err;

	assert_true(run->call_count < RUN_MAX);
	buffer_init(&canonical, ARENA_BYTES);
	call->json = arena_copy(&run->arena, json);
	call->line = line;
	if (call_json_read(call->json, (struct json_position){1, 1}, &run->arena, &canonical,
		    &call->header, &err) < 0) {
		fail_msg("the intake refuses this call: %s", err.message);
	}
	call->canonical = arena_copy(&run->arena, buffer_text(&canonical));
	buffer_deinit(&canonical);
}

static void keep_events(void *context, struct text events, uint64_t line)
{
	struct run *run = context;

	assert_true(run->event_count < RUN_MAX);
	run->events[run->event_count++] = (struct run_events){
		.line = line,
		.text = arena_copy(&run->arena, events),
	};
}

static void keep_reject(
	void *context, uint64_t line, struct text session_id, const char *error, uint64_t count)
{
	struct run *run = context;

	assert_true(run->reject_count < RUN_MAX);
	run->rejects[run->reject_count++] = (struct run_reject){
		.line = line,
		.session_id = arena_copy(&run->arena, session_id),
		.error = arena_copy(&run->arena, text_of(error)),
		.count = count,
	};
}

static void keep_warning(void *context, const char *warning)
{
	struct run *run = context;

	assert_true(run->warning_count < RUN_WARNINGS_MAX);
	run->warnings[run->warning_count++] = arena_copy(&run->arena, text_of(warning));
}

struct run *run_source(
	const char *format, const struct source_input *options, struct text input, size_t piece)
{
	const struct source_format *source_format = source_format_find(text_of(format));
	struct run *run = calloc(1, sizeof(*run));
	struct source_sink sink = {
		.call = keep_call,
		.events = keep_events,
		.reject = keep_reject,
		.warn = keep_warning,
		.context = run,
	};
	struct source *source = NULL;

	assert_non_null(source_format);
	assert_non_null(run);
	arena_init(&run->arena, ARENA_BYTES);
	run->result = source_format->open(&source, options, &sink, &run->err);
	if (run->result < 0) {
		return run;
	}
	piece = piece ? piece : input.size;
	for (size_t at = 0; at < input.size && run->result >= 0; at += piece) {
		size_t left = input.size - at;
		size_t size = left < piece ? left : piece;

		/* A separate copy lets the sanitizer see a read past the piece. */
		char *copy = malloc(size);

		memcpy(copy, input.data + at, size);
		run->result = source_format->feed(source, copy, size, &run->err);
		free(copy);
	}
	if (run->result >= 0) {
		run->result = source_format->end(source, &run->err);
	}
	source_format->close(source);
	return run;
}

void run_free(struct run *run)
{
	arena_deinit(&run->arena);
	free(run);
}

const struct run_call *run_find(const struct run *run, const char *session_id)
{
	for (size_t i = 0; i < run->call_count; i++) {
		if (text_equal_string(run->calls[i].header.session_id, session_id)) {
			return &run->calls[i];
		}
	}
	fail_msg("there is no call '%s'", session_id);
	return NULL;
}

size_t count_steps(const struct run_call *call, const char *line)
{
	struct arena arena;
	struct call_step step;
	size_t cursor = 0, count = 0;

	arena_init(&arena, ARENA_BYTES);
	while (call_json_next_step(
		       call_json_detail(call->canonical), &cursor, &arena, &step, NULL) > 0) {
		count += text_equal_string(step.line, line);
	}
	arena_deinit(&arena);
	return count;
}

void assert_step(const struct run_call *call, const char *line)
{
	if (count_steps(call, line) != 1) {
		fail_msg("the step '%s' is there %zu times in %.*s", line, count_steps(call, line),
			TEXT_ARG(call->json));
	}
}

bool step_at(struct run *run, const struct run_call *call, int index, struct call_step *ret_step)
{
	struct text detail = call_json_detail(call->canonical);
	int wanted = index < 0 ? (int)call->header.steps + index : index;
	size_t cursor = 0;

	for (int i = 0; i <= wanted; i++) {
		if (call_json_next_step(detail, &cursor, &run->arena, ret_step, NULL) <= 0) {
			return false;
		}
	}
	return wanted >= 0;
}

const char *fixture_path(const char *name)
{
	static char path[1024];
	const char *folder = getenv("CALLSTEP_FIXTURES");

	assert_non_null(folder);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

struct text fixture(struct arena *arena, const char *name)
{
	struct text content;
	struct error err;

	if (file_read(fixture_path(name), (size_t)8 << 20, arena, &content, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return content;
}
