/* SPDX-License-Identifier: MIT
 * Collecting from Twilio: what both kinds of calls need, and the rounds. What is spooled again
 * after a restart changes nothing: each step has an event_id. */
#include "collect/collect_twilio.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/time_text.h"
#include "collect/twilio_private.h"
#include "intake/event_line.h"

#define URL_MAX	      ((size_t)8192)
#define ARENA_MAX     ((size_t)256 << 20)
#define LINE_MAX_SIZE ((size_t)64 << 20)
#define FIRST_S	      INT64_C(3600) /* the first run begins so long ago */
#define SETTLED_S     INT64_C(1200) /* what was created later is always asked for again */

/* ---- asking ---- */

struct twilio_open *twilio_set_find(struct twilio_set *set, struct text sid)
{
	struct twilio_open *item;

	for (size_t i = 0; i < set->count; i++) {
		if (text_equal_string(sid, set->items[i].sid)) {
			return &set->items[i];
		}
	}
	if (sid.size == 0 || sid.size >= TWILIO_SID_SIZE || set->count >= TWILIO_OPEN_MAX ||
		!ARRAY_RESERVE(set->items, set->capacity, set->count + 1)) {
		return NULL;
	}
	item = &set->items[set->count++];
	*item = (struct twilio_open){.created = INT64_MAX};
	memcpy(item->sid, sid.data, sid.size);
	return item;
}

enum asked twilio_ask(struct twilio *twilio, const char *base, struct text path,
	struct fetch_answer *ret_answer, struct error *err)
{
	struct buffer *url = &twilio->url;

	buffer_clear(url);
	buffer_append(url, text_of(base ? base : ""));
	buffer_append(url, path);
	buffer_append_byte(url, '\0');
	if (url->failed) {
		error_set(err, ERROR_TOO_LARGE, "the address is too long");
		return ASKED_FAILED;
	}
	return asker_ask_text(&twilio->asker, url->data, ret_answer, err);
}

/* Studio names the next page by a whole address, the REST API by a path. Other hosts are not asked:
 * the secret is not theirs. */
static enum asked next_page(struct twilio *twilio, const char *base, struct text page,
	struct buffer *path, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct text next;

	arena_init(&arena, ARENA_MAX);
	next = json_find_string(page, "meta.next_page_url", &arena);
	next = next.size > 0 ? next : json_find_string(page, "next_page_uri", &arena);
	buffer_clear(path);
	if (next.size == 0) {
		return ASKED_NOTHING;
	}
	if (text_starts_with(next, text_of(base))) {
		next = text_tail(next, strlen(base));
	}
	if (next.data[0] != '/') {
		error_set(err, ERROR_DENIED, "'%s' names a next page on another server",
			twilio->asker.options.name);
		return ASKED_FAILED;
	}
	buffer_append(path, next);
	return ASKED_ANSWERED;
}

static enum asked take_page(struct text page, const char *key,
	enum asked (*take)(void *context, struct text entry, struct error *err), void *context,
	struct error *err)
{
	struct json_entries entries;
	enum asked asked = ASKED_ANSWERED;
	struct text entry;

	json_entries_init(&entries, json_find(page, key));
	if (!entries.open) {
		error_set(err, ERROR_INVALID, "an answer of Twilio has no list '%s'", key);
		return ASKED_FAILED;
	}
	while (asked == ASKED_ANSWERED && json_entries_next(&entries, &entry)) {
		asked = take(context, entry, err);
		asked = asked == ASKED_NOTHING ? ASKED_ANSWERED : asked;
	}
	return asked;
}

enum asked twilio_list(struct twilio *twilio, const char *base, struct text path, const char *key,
	enum asked (*take)(void *context, struct text entry, struct error *err), void *context,
	struct error *err)
{
	AUTO(buffer_deinit) struct buffer page;
	AUTO(buffer_deinit) struct buffer next;
	struct fetch_answer answer;
	enum asked asked = ASKED_ANSWERED;

	buffer_init(&page, FETCH_TEXT_MAX);
	buffer_init(&next, URL_MAX);
	buffer_append(&next, path);
	while (asked == ASKED_ANSWERED) {
		asked = twilio_ask(twilio, base, buffer_text(&next), &answer, err);
		if (asked != ASKED_ANSWERED) {
			return asked == ASKED_NOTHING ? ASKED_ANSWERED : asked;
		}
		/* The entries may ask for something themselves. */
		buffer_clear(&page);
		buffer_append(&page, answer.text);
		if (page.failed) {
			error_no_memory(err);
			return ASKED_FAILED;
		}
		asked = take_page(buffer_text(&page), key, take, context, err);
		if (asked == ASKED_ANSWERED) {
			asked = next_page(twilio, base, buffer_text(&page), &next, err);
		}
	}
	return asked == ASKED_NOTHING ? ASKED_ANSWERED : asked;
}

/* ---- calls ---- */

int64_t twilio_time(struct text value)
{
	int64_t time_s;

	if (value.size > 4 && text_digit_at(value, 0) && text_digit_at(value, 3)) {
		return time_text_parse(value, 0, &time_s, NULL) == 0 ? time_s : -1;
	}
	return fetch_read_date(value);
}

static int64_t time_of(struct twilio *twilio, struct text json, const char *name)
{
	return twilio_time(json_find_string(json, name, &twilio->arena));
}

bool twilio_call_is_over(struct text call)
{
	static const char *const over[] = {
		"\"completed\"", "\"busy\"", "\"failed\"", "\"no-answer\"", "\"canceled\""};
	struct text status = json_find(call, "status");

	for (size_t i = 0; i < COUNT_OF(over); i++) {
		if (text_equal_string(status, over[i])) {
			return true;
		}
	}
	return false;
}

/* The header of a call: what its resource says of numbers, times and direction. */
static void fill_header(
	struct twilio *twilio, struct text call, bool ended, struct event_line *line)
{
	struct arena *arena = &twilio->arena;
	int64_t start = time_of(twilio, call, "start_time");
	int64_t end = time_of(twilio, call, "end_time");

	start = start >= 0 ? start : time_of(twilio, call, "date_created");
	line->dest = json_find_string(call, "to", arena);
	line->src = json_find_string(call, "from", arena);
	line->start = start >= 0 ? start : EVENT_LINE_NONE;
	line->has_type = true;
	line->type = text_equal(json_find(call, "direction"), TEXT("\"inbound\"")) ? CALL_INBOUND
										   : CALL_OUTBOUND;
	line->state = ended ? EVENT_LINE_ENDED : EVENT_LINE_STATE_NONE;
	line->end = ended && end >= start ? end : EVENT_LINE_NONE;
}

int twilio_spool_call(struct twilio *twilio, struct text call, const struct twilio_steps *steps,
	bool ended, struct error *err)
{
	AUTO(buffer_deinit) struct buffer out;
	struct arena *arena = &twilio->arena;
	struct text parent = json_find_string(call, "parent_call_sid", arena);
	struct event_line line =
		event_line_of(parent.size > 0 ? parent : json_find_string(call, "sid", arena));

	/* A child's numbers are not those of the call that it belongs to. */
	if (parent.size == 0) {
		fill_header(twilio, call, ended, &line);
	}
	line.steps = steps->list;
	line.step_count = steps->count;
	buffer_init(&out, LINE_MAX_SIZE);
	event_line_write(&out, &line);
	if (steps->failed || out.failed) {
		return error_no_memory(err);
	}
	return poller_append(&twilio->poller, buffer_text(&out), err);
}

/* ---- rounds ---- */

static void earliest(const struct twilio_set *set, int64_t *from)
{
	for (size_t i = 0; i < set->count; i++) {
		if (!set->items[i].done && set->items[i].created < *from) {
			*from = set->items[i].created;
		}
	}
}

/* What is done with, and too old to be listed again, is forgotten. */
static void prune(struct twilio_set *set, int64_t from)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (!set->items[i].done || set->items[i].created >= from) {
			set->items[kept++] = set->items[i];
		}
	}
	set->count = kept;
}

/* What was spooled is on the disk before the mark says so. */
static int end_round(struct twilio *twilio, int64_t began, struct error *err)
{
	char mark[64];
	int64_t from = began - SETTLED_S;

	earliest(&twilio->executions, &from);
	earliest(&twilio->calls, &from);
	twilio->from = from > twilio->from ? from : twilio->from;
	prune(&twilio->executions, twilio->from);
	prune(&twilio->calls, twilio->from);
	twilio->rounds++;
	snprintf(mark, sizeof(mark), "{\"from\":%lld}", (long long)twilio->from);
	return spool_set_mark(twilio->poller.spool, text_of(mark), err);
}

static enum asked run_round(struct twilio *twilio, struct error *err)
{
	int64_t began = twilio->asker.now;
	enum asked asked = twilio_ask_executions(twilio, err);

	if (asked == ASKED_ANSWERED) {
		asked = twilio_ask_calls(twilio, err);
	}
	if (asked == ASKED_ANSWERED && end_round(twilio, began, err) < 0) {
		return ASKED_FAILED;
	}
	return asked;
}

static enum asked run(struct twilio *twilio, struct error *err)
{
	enum asked asked;

	do {
		asked = run_round(twilio, err);
		if (asked == ASKED_ANSWERED && twilio->options->once) {
			return asked;
		}
	} while (asked == ASKED_ANSWERED &&
		 asker_wait(&twilio->asker, twilio->options->every_s * 1000000));
	return asked;
}

/* ---- ---- */

static void twilio_close(struct twilio *twilio)
{
	asker_deinit(&twilio->asker);
	poller_close(&twilio->poller);
	buffer_deinit(&twilio->url);
	arena_deinit(&twilio->arena);
	free(twilio->executions.items);
	free(twilio->calls.items);
}

static int open_all(struct twilio *twilio, struct error *err)
{
	const struct collect_twilio_options *options = twilio->options;
	struct asker_options how = {
		.name = options->api_url,
		.pace_ms = options->pace_ms,
		.for_ever = !options->once,
		.denied_hint = ": look at --user, --account-sid and the secret",
		.wait = poller_wait,
		.tell = poller_tell,
		.context = twilio,
	};
	int64_t begin;

	buffer_init(&twilio->url, URL_MAX);
	arena_init(&twilio->arena, ARENA_MAX);
	if (poller_open(&twilio->poller, &options->poller, err) < 0) {
		return -1;
	}
	how.stop_fd = twilio->poller.stop_fd;
	if (asker_init(&twilio->asker, &how, options->user ? options->user : options->account_sid,
		    options->secret, err) < 0) {
		return -1;
	}
	begin = options->since >= 0 ? options->since : twilio->asker.now - FIRST_S;
	twilio->from = json_find_integer(spool_mark(twilio->poller.spool), "from", begin);
	return 0;
}

int collect_twilio(const struct collect_twilio_options *options, struct error *err)
{
	AUTO(twilio_close) struct twilio twilio = {.options = options};

	/* What is closed before it was opened. */
	twilio.poller.stop_fd = -1;
	if (open_all(&twilio, err) < 0 || run(&twilio, err) == ASKED_FAILED ||
		poller_drain(&twilio.poller, err) < 0) {
		return -1;
	}
	return twilio.poller.told > 0;
}
