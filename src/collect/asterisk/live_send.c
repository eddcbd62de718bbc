/* SPDX-License-Identifier: MIT
 * What changed of a call since the spool was told last, as an events line. */
#include "base/array.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "call/call_json.h"
#include "call/call_steps.h"
#include "collect/asterisk/live_private.h"
#include "intake/event_line.h"
#include "intake/sources/asterisk/cel_write.h"

#define STEPS_MAX      ((size_t)1 << 20)
#define LIST_BYTES_MAX ((size_t)64 << 20)

/* A walk may take its time: it rests ten times as long. */
#define WALK_SHARE 10

struct made {
	struct arena arena;
	struct call header;
	struct text *steps;
	size_t count;
};

static void made_deinit(struct made *made)
{
	arena_deinit(&made->arena);
}

struct text live_session_id(struct live_calls *live, const char *linked_id)
{
	buffer_clear(&live->scratch);
	buffer_printf(&live->scratch, "%s%s", live->options.prefix, linked_id);
	return buffer_text(&live->scratch);
}

/* ---- walking ---- */

static bool add_step(struct made *made, struct text step)
{
	struct text *grown =
		arena_list_grow(&made->arena, made->steps, made->count, sizeof(*made->steps));

	if (!grown || made->count >= STEPS_MAX) {
		return false;
	}
	made->steps = grown;
	made->steps[made->count++] = step;
	return true;
}

/* Rows that did not fit are told in the call itself. */
static bool add_omission(struct live_calls *live, const struct live_call *call, struct made *made)
{
	AUTO(buffer_deinit) struct buffer step = {0};
	struct text line;

	(void)live;
	if (call->left_out == 0) {
		return true;
	}
	buffer_init(&step, 4096);
	line = arena_printf(&made->arena,
		"%llu more rows of the exchange are left out: the log is too long",
		(unsigned long long)call->left_out);
	call_json_write_step(&step, &(struct call_step){
					    .line = line,
					    .class_name = TEXT("error"),
					    .timestamp = made->header.end,
					    .data = TEXT("{\"module_type\":\"collect\","
							 "\"result_variable\":\"\"}"),
				    });
	return !step.failed && add_step(made, arena_copy(&made->arena, buffer_text(&step)));
}

static int make_steps(
	struct live_calls *live, struct live_call *call, struct made *made, struct error *err)
{
	const char *contexts = live->options.inbound_contexts;
	const struct cel_write_options options = {
		.inbound_contexts = contexts ? contexts : CEL_INBOUND_CONTEXTS};
	struct call_steps steps;
	struct call_step_look step;
	int more, status;

	buffer_clear(&live->detail);
	cel_call_order(call->rows, false);
	status = cel_write_parts(
		&live->detail, &made->header, &made->arena, call->rows, &options, NULL, err);
	cel_call_reopen(call->rows);
	if (status < 0) {
		return -1;
	}
	call_steps_init(&steps, buffer_text(&live->detail));
	while ((more = call_steps_next(&steps, &step, err)) > 0) {
		if (!add_step(made, step.json)) {
			return error_no_memory(err);
		}
	}
	if (more == 0 && !add_omission(live, call, made)) {
		return error_no_memory(err);
	}
	return more;
}

/* ---- the difference ---- */

static size_t first_change(const struct live_call *call, const struct made *made)
{
	size_t at = 0;

	while (at < call->told && at < made->count &&
		call->hashes[at] == live_hash(made->steps[at])) {
		at++;
	}
	return at;
}

static uint64_t hash_header(const struct call *header)
{
	static const struct hash_key key = {{0, 0}};
	uint64_t hash = hash_pair(&key, live_hash(header->dest), live_hash(header->src));

	return hash_pair(&key, hash, (uint64_t)header->start * 4 + (uint64_t)header->type);
}

static int note_told(struct live_call *call, const struct made *made, size_t from)
{
	if (!ARRAY_RESERVE(call->hashes, call->room, made->count)) {
		return -1;
	}
	for (size_t i = from; i < made->count; i++) {
		call->hashes[i] = live_hash(made->steps[i]);
	}
	call->told = made->count;
	return 0;
}

static void give_header(struct event_line *line, const struct call *header)
{
	line->dest = header->dest;
	line->src = header->src;
	line->start = header->start;
	line->has_type = true;
	line->type = header->type;
}

static int append(struct live_calls *live, const struct event_line *line, struct error *err)
{
	buffer_clear(&live->line);
	event_line_write(&live->line, line);
	if (live->line.failed) {
		return error_set(err, ERROR_TOO_LARGE, "the call's log is too long to be sent");
	}
	return spool_append(live->options.spool, buffer_text(&live->line), err);
}

static int tell(struct live_calls *live, struct live_call *call, const struct made *made,
	bool final, struct error *err)
{
	uint64_t header_hash = hash_header(&made->header);
	size_t from = first_change(call, made);
	struct event_line line = event_line_of(live_session_id(live, call->linked_id));
	bool changed = from < made->count || from < call->told;
	bool header_changed = call->base == 0 && header_hash != call->header_hash;

	if (!changed && !final && !header_changed && call->opened) {
		return 0;
	}
	if (changed) {
		line.from = call->base + (int64_t)from;
		line.steps = made->steps + from;
		line.step_count = made->count - from;
	}
	/* Of a call that others told of first, they know the header. */
	if (header_changed) {
		give_header(&line, &made->header);
	}
	line.state = final	    ? EVENT_LINE_ENDED
		     : call->opened ? EVENT_LINE_STATE_NONE
				    : EVENT_LINE_LIVE;
	line.end = !final ? EVENT_LINE_NONE : call->gone_s > 0 ? call->gone_s : made->header.end;
	if (append(live, &line, err) < 0) {
		return -1;
	}
	call->header_hash = header_hash;
	call->opened = true;
	call->told_us = clock_monotonic_us();
	return note_told(call, made, from) < 0 ? error_no_memory(err) : 0;
}

static void note_position(struct live_calls *live, struct live_call *call, bool final)
{
	int64_t at = spool_counts(live->options.spool).appended_bytes;

	call->final_at = final ? at : call->final_at;
	call->corrected_at = call->correcting ? at : call->corrected_at;
	call->correcting = false;
	call->dirty = false;
}

/* It is told no more: what it holds cannot be written. */
static void give_up(struct live_calls *live, struct live_call *call, const struct error *err)
{
	char id[200], reason[400];

	live->counts.broken += !call->broken;
	call->broken = true;
	log_event(LOG_ERROR, "call-not-told", "session=%s reason=%s",
		log_value(text_of(call->linked_id), id, sizeof(id)),
		log_value(text_of(err->message), reason, sizeof(reason)));
}

int live_send(struct live_calls *live, struct live_call *call, bool final, struct error *err)
{
	AUTO(made_deinit) struct made made = {0};
	int64_t begun_us = clock_monotonic_us();
	struct error own = {0};
	int status;

	arena_init(&made.arena, LIST_BYTES_MAX + CEL_WALK_BYTES_MAX);
	if (call->broken || !call->rows || !call->rows->first || !call->rows->is_call) {
		note_position(live, call, final);
		return 0;
	}
	status = make_steps(live, call, &made, &own);
	if (status < 0) {
		give_up(live, call, &own);
		note_position(live, call, final);
		return 0;
	}
	if (tell(live, call, &made, final, err) < 0) {
		return -1;
	}
	note_position(live, call, final);
	call->next_us = begun_us + LIVE_CALLS_WALK_MS * 1000 +
			WALK_SHARE * (clock_monotonic_us() - begun_us);
	return 0;
}

int live_heartbeat(struct live_calls *live, struct live_call *call, struct error *err)
{
	struct event_line line = event_line_of(live_session_id(live, call->linked_id));

	call->told_us = clock_monotonic_us();
	return append(live, &line, err);
}

int live_end_before(struct live_calls *live, const struct live_before *before, struct error *err)
{
	AUTO(buffer_deinit) struct buffer step = {0};
	struct event_line line = event_line_of(live_session_id(live, before->linked_id));
	struct text text;

	buffer_init(&step, 4096);
	call_json_write_step(
		&step, &(struct call_step){
			       .line = TEXT("Ended while it was not watched"),
			       .class_name = TEXT("info"),
			       .timestamp = before->last_s,
			       .data = TEXT("{\"module_type\":\"end\",\"result_variable\":\"\","
					    "\"event_id\":\"ended-unwatched\"}"),
		       });
	text = buffer_text(&step);
	line.steps = &text;
	line.step_count = 1;
	line.state = EVENT_LINE_ENDED;
	return append(live, &line, err);
}
