/* SPDX-License-Identifier: MIT
 * What was not watched: gaps of the connection, and restarts of the collector. */
#include "base/clock.h"
#include "base/file.h"
#include "collect/asterisk/live_private.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

#define OPEN_BYTES_MAX ((size_t)64 << 20)
#define SAVE_EVERY_US  LIVE_SECOND_US

void live_calls_begin_status(struct live_calls *live)
{
	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		call->seen = false;
		call->met = true;
	}
}

static void tell_gap(
	struct live_calls *live, struct live_call *call, int64_t gap_us, const char *reason)
{
	long long seconds = (long long)(gap_us + LIVE_SECOND_US / 2) / LIVE_SECOND_US;
	char line[200], data[200];

	snprintf(line, sizeof(line), "Not watched for %lld s: %s", seconds, reason);
	snprintf(data, sizeof(data), "{\"seconds\":%lld,\"reason\":\"%s\"}", seconds, reason);
	live_add_step(live, call, live_now_us(live), line, "gap", data);
	live->counts.gaps++;
}

static void end_unwatched(struct live_calls *live, struct live_call *call)
{
	int64_t last_us = call->last_us;

	live_add_step(live, call, last_us, "Ended while it was not watched", "end", "{}");
	call->gone_s = last_us / LIVE_SECOND_US;
	call->end_us = clock_monotonic_us();
	call->dirty = true;
	live->counts.gaps++;
}

int live_calls_end_status(
	struct live_calls *live, int64_t gap_us, const char *reason, struct error *err)
{
	LIST_EACH(struct live_before, before, &live->before, link) {
		if (live_end_before(live, before, err) < 0) {
			return -1;
		}
		live->counts.gaps++;
		list_remove(&live->before, &before->link);
		free(before);
	}
	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		if (call->end_us > 0 || gap_us <= 0) {
			continue;
		}
		if (call->seen && call->met) {
			tell_gap(live, call, gap_us, reason);
		} else if (!call->seen) {
			end_unwatched(live, call);
		}
	}
	return 0;
}

void live_calls_tell_gap(struct live_calls *live, const char *reason)
{
	char data[200];

	snprintf(data, sizeof(data), "{\"reason\":\"%s\"}", reason);
	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		if (call->end_us == 0) {
			live_add_step(live, call, live_now_us(live), reason, "gap", data);
			live->counts.gaps++;
		}
	}
}

/* ---- across a restart ---- */

static void write_call(struct buffer *out, const struct live_call *call)
{
	buffer_append(out, TEXT("{\"linkedid\":"));
	json_write_string(out, text_of(call->linked_id));
	json_add_number(out, "last", call->last_us / LIVE_SECOND_US);
	buffer_append(out, TEXT("}\n"));
}

int live_calls_save(struct live_calls *live, struct error *err)
{
	AUTO(buffer_deinit) struct buffer out = {0};

	buffer_init(&out, OPEN_BYTES_MAX);
	LIST_EACH(struct live_call, call, &live->by_use, by_use) {
		if (call->final_at == 0 && (call->opened || call->asking)) {
			write_call(&out, call);
		}
	}
	LIST_EACH(struct live_before, before, &live->before, link) {
		buffer_append(&out, TEXT("{\"linkedid\":"));
		json_write_string(&out, text_of(before->linked_id));
		json_add_number(&out, "last", before->last_s);
		buffer_append(&out, TEXT("}\n"));
	}
	if (out.failed) {
		return error_no_memory(err);
	}
	return spool_write_file(live->options.spool, "open", buffer_text(&out), err);
}

/* What the collector before this one had open, as its file and its last lines say. */
static struct live_before *note_before(struct live_calls *live, struct text id, int64_t last_s)
{
	struct live_before *before = NULL;

	LIST_EACH(struct live_before, at, &live->before, link) {
		before = text_equal_string(id, at->linked_id) ? at : before;
	}
	if (!before && id.size > 0 && id.size <= CALL_SESSION_ID_MAX) {
		before = calloc(1, sizeof(*before));
		if (before) {
			memcpy(before->linked_id, id.data, id.size);
			list_append(&live->before, &before->link);
		}
	}
	if (before && last_s > before->last_s) {
		before->last_s = last_s;
	}
	return before;
}

struct told {
	struct text id, state;
	int64_t last_s;
};

/* Takes the value of the member @name, which matters or not, off @reader. */
static bool take_told(struct json_reader *reader, const struct json_token *name,
	struct arena *arena, struct told *told)
{
	bool is_id = reader->depth == 1 &&
		     (json_token_is(name, "linkedid") || json_token_is(name, "session_id"));
	bool is_state = reader->depth == 2 && json_token_is(name, "state");
	bool is_time = json_token_is(name, "last") || json_token_is(name, "timestamp");
	struct json_token value;

	if (!is_id && !is_state && !is_time) {
		return true;
	}
	if (json_reader_next(reader, &value, NULL) <= 0) {
		return false;
	}
	if (is_time) {
		text_to_int64(value.raw, &told->last_s);
	} else {
		*(is_id ? &told->id : &told->state) = json_token_string(&value, arena);
	}
	return true;
}

/* Reads the members that matter of a line of `open`, or of an events line. */
static bool read_told(struct text line, struct arena *arena, struct told *told)
{
	struct json_reader reader;
	struct json_token token;
	int more;

	*told = (struct told){.id = TEXT(""), .state = TEXT("")};
	json_reader_init(&reader, line, (struct json_position){1, 1});
	while ((more = json_reader_next(&reader, &token, NULL)) > 0) {
		if (token.kind == JSON_NAME && !take_told(&reader, &token, arena, told)) {
			return false;
		}
	}
	return more == 0 && told->id.size > 0;
}

static void forget_before(struct live_calls *live, struct text id)
{
	LIST_EACH(struct live_before, before, &live->before, link) {
		if (text_equal_string(id, before->linked_id)) {
			list_remove(&live->before, &before->link);
			free(before);
		}
	}
}

static void load_lines(struct live_calls *live, struct text content)
{
	struct text prefix = text_of(live->options.prefix), line;

	while (text_split(&content, '\n', &line)) {
		AUTO(arena_deinit) struct arena arena = {0};
		struct told told;

		arena_init(&arena, (size_t)64 << 10);
		if (line.size == 0 || !read_told(line, &arena, &told)) {
			continue;
		}
		if (text_starts_with(line, TEXT("{\"session_id\"")) &&
			text_starts_with(told.id, prefix)) {
			told.id = text_tail(told.id, prefix.size);
		}
		if (text_equal(told.state, TEXT("ended"))) {
			forget_before(live, told.id);
		} else {
			note_before(live, told.id, told.last_s);
		}
	}
}

int live_calls_load(struct live_calls *live, struct error *err)
{
	AUTO(arena_deinit) struct arena arena = {0};
	AUTO(buffer_deinit) struct buffer path = {0};
	AUTO(buffer_deinit) struct buffer last = {0};
	struct text content;
	struct error own;

	arena_init(&arena, 2 * OPEN_BYTES_MAX);
	buffer_init(&path, 8192);
	buffer_init(&last, OPEN_BYTES_MAX);
	if (file_read(spool_path(live->options.spool, "open", &path).data, OPEN_BYTES_MAX, &arena,
		    &content, &own) == 0) {
		load_lines(live, content);
	} else if (own.code != ERROR_NOT_FOUND) {
		return error_set(err, own.code, "%s", own.message);
	}
	/* The file is up to a second older than the spool. */
	if (spool_read_last(live->options.spool, &last, err) < 0) {
		return -1;
	}
	load_lines(live, buffer_text(&last));
	return 0;
}
