/* SPDX-License-Identifier: MIT
 * Following another callstep: its changes by GET /v1/tail, as they come. What came is committed
 * when a moment has passed, or much has come, and only then counts as taken. */
#include "base/clock.h"
#include "collect/event_stream.h"
#include "collect/pull_private.h"

#define COMMIT_US    INT64_C(200000)
#define COMMIT_BYTES ((size_t)1 << 20)

struct follower {
	struct pull *pull;
	struct event_stream stream;
	struct arena arena;
	int64_t event;	      /* the last change that came */
	size_t pending_bytes; /* that the sink has and that is not committed */
	int64_t pending_us;   /* since when */
	bool wants_place;     /* only the first id is wanted */
	bool gap;
	bool ended; /* by this side */
};

static void follower_deinit(struct follower *follower)
{
	event_stream_deinit(&follower->stream);
	arena_deinit(&follower->arena);
}

/* ---- events ---- */

static void note_pending(struct follower *follower, size_t size)
{
	if (follower->pending_bytes == 0) {
		follower->pending_us = clock_monotonic_us();
	}
	follower->pending_bytes += size;
}

static int hand_on_line(
	struct follower *follower, const struct buffer *line, int made, struct error *err)
{
	const struct pull_sink *sink = &follower->pull->options->sink;

	if (made < 0) {
		asker_tell(&follower->pull->asker, "an event of '%s' is not taken: %s",
			follower->pull->options->url, err->message);
		follower->pull->report.taken.rejected++;
		return 0;
	}
	return sink->event(sink->context, buffer_text(line), err);
}

static int take_call(struct follower *follower, struct text data, struct error *err)
{
	const struct pull_sink *sink = &follower->pull->options->sink;
	AUTO(buffer_deinit) struct buffer line;
	struct pull_call call;

	buffer_init(&line, follower->stream.data.ceiling_bytes);
	if (pull_call_look(data, &follower->arena, &call, err) < 0 || !call.live) {
		return sink->call(sink->context, data, err); /* which tells what is wrong */
	}
	return hand_on_line(
		follower, &line, pull_call_live(data, &follower->arena, &line, err), err);
}

static int take_step(struct follower *follower, struct text data, struct error *err)
{
	AUTO(buffer_deinit) struct buffer line;

	buffer_init(&line, follower->stream.data.ceiling_bytes);
	return hand_on_line(
		follower, &line, pull_call_step(data, &follower->arena, &line, err), err);
}

static int end_stream(struct follower *follower, struct error *err)
{
	follower->ended = true;
	return error_set(err, ERROR_NONE, "the stream is not needed any more");
}

static int take_event(
	void *context, struct text kind, struct text id, struct text data, struct error *err)
{
	struct follower *follower = context;
	int taken = 0;

	arena_deinit(&follower->arena);
	if (text_equal_string(kind, "gap")) {
		follower->gap = true;
		return end_stream(follower, err);
	}
	if (data.size > 0 && !follower->wants_place) {
		note_pending(follower, data.size);
		taken = text_equal_string(kind, "call")	  ? take_call(follower, data, err)
			: text_equal_string(kind, "step") ? take_step(follower, data, err)
							  : 0;
	}
	if (taken == 0 && text_to_int64(id, &follower->event)) {
		follower->pull->asker.failures = 0;
		return follower->wants_place ? end_stream(follower, err) : 0;
	}
	return taken;
}

/* ---- committing ---- */

static int commit(struct follower *follower, struct error *err)
{
	struct pull *pull = follower->pull;

	follower->pending_bytes = 0;
	if (follower->event == pull->state.event) {
		return 0;
	}
	pull->state.event = follower->event;
	return pull_commit(pull, err);
}

static int take_data(void *context, struct text data, struct error *err)
{
	struct follower *follower = context;

	if (event_stream_feed(&follower->stream, data, err) < 0) {
		return -1;
	}
	if (follower->pending_bytes >= COMMIT_BYTES ||
		(follower->pending_bytes > 0 &&
			clock_monotonic_us() - follower->pending_us >= COMMIT_US)) {
		return commit(follower, err);
	}
	return 0;
}

static int look_idle(void *context, struct error *err)
{
	struct follower *follower = context;
	const struct pull_sink *sink = &follower->pull->options->sink;

	if (commit(follower, err) < 0) {
		return -1;
	}
	return sink->idle ? sink->idle(sink->context, err) : 0;
}

/* ---- the request ---- */

static enum asked ask_tail(struct follower *follower, int64_t after, struct error *err)
{
	struct pull *pull = follower->pull;
	struct fetch_request request = {
		.accept = "text/event-stream",
		.last_event_id = after,
		.data = take_data,
		.idle = follower->wants_place ? NULL : look_idle,
		.context = follower,
	};
	struct fetch_answer answer;

	follower->event = after;
	arena_init(&follower->arena, 16 * pull->options->call_size_max);
	event_stream_init(&follower->stream, 4 * pull->options->call_size_max);
	follower->stream.take = take_event;
	follower->stream.context = follower;
	pull_url_begin(pull, "/v1/tail?detail=true");
	if (pull->options->number) {
		buffer_append(&pull->url, TEXT("&dest="));
		fetch_append_encoded(&pull->url, text_of(pull->options->number));
	}
	request.url = pull_url_end(pull, err);
	return request.url ? asker_ask(&pull->asker, &request, &answer, err) : ASKED_FAILED;
}

enum asked pull_tail_begin(struct pull *pull, struct error *err)
{
	AUTO(follower_deinit) struct follower follower = {.pull = pull, .wants_place = true};
	enum asked asked = ask_tail(&follower, PULL_NEVER, err);

	if (!follower.ended) {
		return asked == ASKED_ANSWERED ? ASKED_AGAIN : asked;
	}
	pull->state.event = follower.event;
	return ASKED_ANSWERED;
}

enum asked pull_tail(struct pull *pull, struct error *err)
{
	AUTO(follower_deinit) struct follower follower = {.pull = pull};
	enum asked asked = ask_tail(&follower, pull->state.event, err);
	struct error said;

	if (asked == ASKED_FAILED && !follower.ended) {
		return asked;
	}
	if (commit(&follower, &said) < 0) {
		error_set(err, said.code, "%s", said.message);
		return ASKED_FAILED;
	}
	return follower.gap ? ASKED_NOTHING : asked == ASKED_ANSWERED ? ASKED_AGAIN : asked;
}
