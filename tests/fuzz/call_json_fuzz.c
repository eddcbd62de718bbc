/* SPDX-License-Identifier: MIT
 * Any bytes as a call: what is taken is canonical and stays so; and as stored JSON that went bad:
 * walked within bounds. */
#include "call/call_json.h"
#include "call/call_steps.h"
#include "fuzz_target.h"

static const struct json_position beginning = {.line = 1, .column = 1};

/* How many steps there are in @canonical, whatever it is; -1 when they are corrupt. */
static int64_t walk(struct text canonical, struct text *ret_detail)
{
	AUTO(arena_deinit) struct arena arena;
	struct call_step step;
	size_t cursor = 0;
	int64_t steps = 0;
	int more;

	arena_init(&arena, SIZE_MAX);
	*ret_detail = call_json_detail(canonical);
	if (!ret_detail->data) {
		return -1;
	}
	while ((more = call_json_next_step(*ret_detail, &cursor, &arena, &step, NULL)) > 0) {
		(void)call_json_data_member(step.data, "module_type", &arena);
		steps++;
	}
	return more < 0 ? -1 : steps;
}

/* The member @name of @object, an object that may be any JSON, by the reader; its string unescaped
 * where it is one. */
static struct text member_of(struct text object, const char *name, struct arena *arena)
{
	struct json_token member, value;
	struct json_reader reader;

	json_reader_init(&reader, object, beginning);
	fuzz_require(json_reader_next(&reader, &value, NULL) == 1 && value.kind == JSON_OBJECT);
	while (json_reader_next_member(&reader, &member, &value, NULL) > 0) {
		size_t begin = reader.token_at;

		fuzz_require(json_reader_skip(&reader, &value, NULL) == 0);
		if (json_token_is(&member, name)) {
			return value.kind == JSON_STRING
				       ? json_token_string(&value, arena)
				       : text_tail(text_head(object, reader.at), begin);
		}
	}
	return (struct text){0};
}

/* The walk, which goes by the shape of steps, sees what the reader sees. */
static void check_looks(struct text detail, struct arena *arena)
{
	struct call_step_look look;
	struct call_steps looks;
	struct call_step step;
	struct text event;
	int64_t timestamp;
	size_t cursor = 0;

	call_steps_init(&looks, detail);
	while (call_json_next_step(detail, &cursor, arena, &step, NULL) > 0) {
		fuzz_require(call_steps_next(&looks, &look, NULL) == 1);
		fuzz_require(text_equal(call_string_text(&look.line, arena), step.line));
		event = member_of(look.json, "event", arena);
		fuzz_require(text_equal(step.line, member_of(event, "line", arena)));
		fuzz_require(text_equal(step.data, member_of(event, "data", arena)));
		fuzz_require(text_equal(step.class_name, member_of(look.json, "class", arena)));
		fuzz_require(text_to_int64(member_of(look.json, "timestamp", arena), &timestamp) &&
			     timestamp == step.timestamp);
		fuzz_require(text_equal(look.class_name, step.class_name));
		fuzz_require(text_equal(call_string_text(&look.module, arena),
			call_json_data_member(step.data, "module_type", arena)));
		fuzz_require(text_equal(call_string_text(&look.variable, arena),
			call_json_data_member(step.data, "result_variable", arena)));
	}
	fuzz_require(call_steps_next(&looks, &look, NULL) == 0);
}

/* Whatever @detail is, the quick look ends within it. */
static void look_at_anything(struct text detail)
{
	struct call_step_look look;
	struct call_steps looks;

	call_steps_init(&looks, detail);
	while (call_steps_next(&looks, &look, NULL) > 0) {
	}
}

/* What was written of @call is read as the same call, and written as the same bytes. */
static void check_again(struct text canonical, const struct call *call, struct arena *arena)
{
	AUTO(buffer_deinit) struct buffer again;
	struct call second;
	struct text detail;

	buffer_init(&again, SIZE_MAX);
	fuzz_require(call_json_read(canonical, beginning, arena, &again, &second, NULL) == 0);
	fuzz_require(text_equal(buffer_text(&again), canonical));
	fuzz_require(second.start == call->start && second.end == call->end &&
		     second.type == call->type && second.steps == call->steps);
	fuzz_require(walk(canonical, &detail) == call->steps);
	check_looks(detail, arena);
	buffer_clear(&again);
	call_json_write(&again, call, detail);
	fuzz_require(text_equal(buffer_text(&again), canonical));
}

static void check_header(const struct call *call, struct arena *arena)
{
	AUTO(buffer_deinit) struct buffer header;
	struct buffer none;
	struct call second;

	buffer_init(&none, 0);
	buffer_init(&header, SIZE_MAX);
	call_json_write_header(&header, call);
	fuzz_require(
		call_json_read(buffer_text(&header), beginning, arena, &none, &second, NULL) == 0);
	fuzz_require(!second.has_detail && text_equal(second.session_id, call->session_id) &&
		     text_equal(second.dest, call->dest) && text_equal(second.src, call->src));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text input = {.data = (const char *)data, .size = size};
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer canonical;
	struct error err = {0};
	struct text detail;
	struct call call;

	arena_init(&arena, SIZE_MAX);
	buffer_init(&canonical, SIZE_MAX);
	(void)walk(input, &detail);
	look_at_anything(input);
	if (call_json_read(input, beginning, &arena, &canonical, &call, &err) < 0) {
		fuzz_require(err.message[0] != '\0');
		return 0;
	}
	check_header(&call, &arena);
	if (call.has_detail) {
		check_again(buffer_text(&canonical), &call, &arena);
	}
	return 0;
}
