/* SPDX-License-Identifier: MIT
 * Any bytes as what is learnt of a live call, by each of its readers: what is taken is canonical,
 * and is read as the same again; what is not is refused with words. */
#include "call/call_events.h"

#include "call/call_json.h"
#include "fuzz_target.h"
#include "json/json_writer.h"

typedef int read_fn(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call_events *ret_events, struct error *err);

static const struct json_position beginning = {.line = 1, .column = 1};

static int read_header(struct text json, struct json_position position, struct arena *arena,
	struct buffer *canonical, struct call_events *ret_events, struct error *err)
{
	(void)canonical;
	return call_events_read_header(json, position, arena, ret_events, err);
}

/* There are as many canonical steps as were counted, and reading them changes nothing. */
static void check_steps(struct text steps, uint32_t count, struct arena *arena)
{
	AUTO(buffer_deinit) struct buffer again;
	struct call_events events;
	struct call_step step;
	size_t cursor = 0;
	uint32_t walked = 0;
	int more;

	while ((more = call_json_next_step(steps, &cursor, arena, &step, NULL)) > 0) {
		walked++;
	}
	fuzz_require(more == 0 && walked == count);
	buffer_init(&again, SIZE_MAX);
	fuzz_require(call_events_read_steps(steps, beginning, arena, &again, &events, NULL) == 0);
	fuzz_require(events.has_steps && events.call.steps == count && events.from == -1);
	fuzz_require(text_equal(buffer_text(&again), steps));
}

/* `"call":{…}` of the members that are given. */
static void write_header(struct buffer *line, const struct call_events *events)
{
	const struct call *call = &events->call;
	unsigned int given = events->given;

	buffer_append(line, TEXT(",\"call\":{"));
	if (given & CALL_GIVEN_DEST) {
		json_add_string(line, "dest", call->dest);
	}
	if (given & CALL_GIVEN_SRC) {
		json_add_string(line, "src", call->src);
	}
	if (given & CALL_GIVEN_START) {
		json_add_number(line, "start", call->start);
	}
	if (given & CALL_GIVEN_END) {
		json_add_number(line, "end", call->end);
	}
	if (given & CALL_GIVEN_TYPE) {
		json_add_string(line, "type", text_of(call_type_name(call->type)));
	}
	if (given & CALL_GIVEN_STATE) {
		json_add_string(line, "state", text_of(call_state_name(call->state)));
	}
	buffer_append_byte(line, '}');
}

static void check_same(const struct call_events *a, const struct call_events *b)
{
	fuzz_require(a->given == b->given && a->from == b->from && a->has_steps == b->has_steps);
	fuzz_require(text_equal(a->call.session_id, b->call.session_id));
	fuzz_require(text_equal(a->call.dest, b->call.dest) &&
		     text_equal(a->call.src, b->call.src) && a->call.start == b->call.start &&
		     a->call.end == b->call.end && a->call.type == b->call.type &&
		     a->call.state == b->call.state && a->call.steps == b->call.steps);
}

/* The events line that says what @events say is read as them. */
static void check_line(const struct call_events *events, struct text steps, struct arena *arena)
{
	AUTO(buffer_deinit) struct buffer line;
	AUTO(buffer_deinit) struct buffer canonical;
	struct call_events again, named = *events;

	if (!named.call.session_id.data) {
		named.call.session_id = TEXT("s");
	}
	buffer_init(&line, SIZE_MAX);
	buffer_init(&canonical, SIZE_MAX);
	buffer_append_byte(&line, '{');
	json_add_string(&line, "session_id", named.call.session_id);
	write_header(&line, events);
	if (events->from >= 0) {
		json_add_number(&line, "from", events->from);
	}
	if (events->has_steps) {
		buffer_append(&line, TEXT(",\"steps\":"));
		buffer_append(&line, steps);
	}
	buffer_append_byte(&line, '}');
	fuzz_require(call_events_read(
			     buffer_text(&line), beginning, arena, &canonical, &again, NULL) == 0);
	check_same(&named, &again);
	fuzz_require(text_equal(buffer_text(&canonical), steps));
}

static void check_read(read_fn *read, struct text input)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer canonical;
	struct call_events events;
	struct error err = {0};
	struct text steps;

	arena_init(&arena, SIZE_MAX);
	buffer_init(&canonical, SIZE_MAX);
	if (read(input, beginning, &arena, &canonical, &events, &err) < 0) {
		fuzz_require(err.message[0] != '\0');
		fuzz_require(events.call.session_id.size <= 128);
		return;
	}
	steps = buffer_text(&canonical);
	fuzz_require(events.from >= -1 && events.has_steps == (steps.size > 0));
	fuzz_require(events.has_steps || (events.call.steps == 0 && events.from == -1));
	fuzz_require((read == call_events_read) == (events.call.session_id.size > 0));
	if (events.has_steps) {
		check_steps(steps, events.call.steps, &arena);
	}
	check_line(&events, steps, &arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static read_fn *const readers[] = {
		call_events_read, read_header, call_events_read_steps, call_events_read_lines};
	struct text input = {.data = (const char *)data, .size = size};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		check_read(readers[i], input);
	}
	return 0;
}
