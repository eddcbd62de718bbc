/* SPDX-License-Identifier: MIT
 * The course of a hook. */
#include "hook/hook_line.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "hook/hook_threshold.h"

#define DEFINITION_MAX ((size_t)1 << 20)
#define LIMIT_MIN      8   /* changes: after one that was told */
#define LIMIT_MAX      256 /* after many that were not */
#define NOTE_US	       INT64_C(1000000)
#define NOTE_CHANGES   10000 /* that were passed over, none of which is told */
#define COUNT_US       INT64_C(5000000)

struct hook_line *hook_line_create(const struct store_hook *hook)
{
	struct hook_line *line = calloc(1, sizeof(*line));

	if (line) {
		line->hook.id = hook->id;
		line->hook.account_id = hook->account_id;
		line->hook.created = hook->created;
		arena_init(&line->arena, DEFINITION_MAX);
		buffer_init(&line->message.body, HOOK_MESSAGE_MAX);
	}
	return line;
}

void hook_line_destroy(struct hook_line *line)
{
	if (line) {
		hook_request_end(line->request);
		sodium_memzero(line->hook.secret, sizeof(line->hook.secret));
		arena_deinit(&line->arena);
		buffer_deinit(&line->message.body);
		free(line);
	}
}

static void set_error(struct hook_line *line, const char *sentence)
{
	snprintf(
		line->last_error, sizeof(line->last_error), "%.*s", STORE_HOOK_ERROR_MAX, sentence);
	line->hook.course.last_error = text_of(line->last_error);
}

int hook_line_define(struct hook_line *line, const struct store_hook *hook,
	const struct hook_sender_options *options, struct error *err)
{
	struct error said;

	hook_request_end(line->request);
	line->request = NULL;
	line->waits = false;
	line->tries = 0;
	line->gap_told = false;
	line->stopped = false;
	line->limit = LIMIT_MIN;
	arena_deinit(&line->arena);
	line->hook = *hook;
	line->hook.name = arena_copy(&line->arena, hook->name);
	line->hook.url = arena_copy(&line->arena, hook->url);
	line->hook.filter = arena_copy(&line->arena, hook->filter);
	line->noted_place = hook->course.place;
	snprintf(line->last_error, sizeof(line->last_error), "%.*s",
		TEXT_ARG(hook->course.last_error));
	line->hook.course.last_error = text_of(line->last_error);
	if (!line->hook.name.data || !line->hook.url.data || !line->hook.filter.data) {
		return error_no_memory(err);
	}
	line->unreadable = hook_filter(&line->hook, options->prefixes, options->now(), &line->arena,
				   &line->filter, &said) < 0;
	if (line->unreadable) {
		set_error(line, said.message);
	}
	return 0;
}

/* ---- noting ---- */

static int note(struct hook_line *line, const struct hook_sender_options *options,
	struct store_hook_note *note, struct error *err)
{
	note->account_id = line->hook.account_id;
	note->hook_id = line->hook.id;
	note->course = &line->hook.course;
	/* Meanwhile a user may have turned it on or off. */
	note->state = line->stopped ? line->hook.state : STORE_HOOK_ON;
	if (store_hook_note(options->store, note, err) < 0) {
		return -1;
	}
	line->noted_place = line->hook.course.place;
	line->dirty = false;
	line->stopped = false;
	return 0;
}

int hook_line_note(struct hook_line *line, const struct hook_sender_options *options, bool now,
	struct error *err)
{
	int64_t passed = llabs(line->hook.course.place - line->noted_place);
	bool due = line->dirty && (now || clock_monotonic_us() - line->dirty_us >= NOTE_US);
	struct store_hook_note nothing = {0};

	return due || passed >= NOTE_CHANGES ? note(line, options, &nothing, err) : 0;
}

static void soil(struct hook_line *line)
{
	if (!line->dirty) {
		line->dirty = true;
		line->dirty_us = clock_monotonic_us();
	}
}

static void move(struct hook_line *line, int64_t place)
{
	line->gap_told &= place == line->hook.course.place;
	line->hook.course.place = place;
}

/* ---- looking ---- */

static struct hook_look look_of(const struct hook_line *line,
	const struct hook_sender_options *options, struct follow *follow)
{
	int64_t now = options->now();

	return (struct hook_look){
		.store = options->store,
		.follow = follow,
		.hook = &line->hook,
		.filter = &line->filter,
		.retention = retention_at(&line->hook.kept, now),
		.now = now,
	};
}

static int load(struct hook_line *line, const struct hook_look *look, struct arena *scratch,
	struct store_changes *changes, struct error *err)
{
	int done;

	do {
		arena_deinit(scratch);
		done = store_changes(look->store, line->hook.account_id, line->hook.course.place,
			line->limit, look->retention.detail_after, scratch, changes, err);
	} while (done < 0 && err->code == ERROR_TOO_LARGE && (line->limit /= 2) > 0);
	if (line->limit == 0) {
		line->limit = 1;
	}
	return done;
}

/* Returns 1 when there is a message. */
static int look_at_change(struct hook_line *line, const struct hook_sender_options *options,
	const struct hook_look *look, const struct store_change *change, struct error *err)
{
	int found = hook_message_of_change(look, change, &line->message, &line->over, err);
	struct store_hook_note over = {.over = change->call.call.session_id};

	if (found != 0) {
		return found;
	}
	move(line, change->id);
	return line->over ? note(line, options, &over, err) : 0;
}

/* Up to @newest alone: what came later may be of a time when the hook was there no longer. */
static int look_at_changes(struct hook_line *line, const struct hook_sender_options *options,
	const struct hook_look *look, int64_t newest, struct arena *scratch, struct error *err)
{
	struct store_changes changes;

	if (load(line, look, scratch, &changes, err) < 0) {
		return -1;
	}
	if (changes.gap && !line->gap_told) {
		return hook_message_gap(look, line->hook.course.place, &line->message, err);
	}
	for (size_t i = 0; i < changes.count && changes.items[i].id <= newest; i++) {
		int found = look_at_change(line, options, look, &changes.items[i], err);

		if (found != 0) {
			line->limit = LIMIT_MIN;
			return found;
		}
	}
	move(line, changes.last < newest ? changes.last : newest);
	line->limit = line->limit * 2 < LIMIT_MAX ? line->limit * 2 : LIMIT_MAX;
	return 0;
}

/* What was asked for by hand: a test, or a failure that is to be sent again. */
static int look_at_wishes(struct hook_line *line, const struct hook_look *look,
	struct arena *scratch, struct error *err)
{
	struct store_hook_failure *failures;
	struct store_hook_note gone = {0};
	size_t count;
	int found;

	if (line->hook.test > 0) {
		return hook_message_test(look, &line->message, err);
	}
	if (line->hook.due == 0) {
		return 0;
	}
	arena_deinit(scratch);
	if (store_hook_failures(look->store, line->hook.account_id, line->hook.id,
		    line->hook.due - 1, 1, true, scratch, &failures, &count, err) < 0) {
		return -1;
	}
	if (count == 0) {
		line->hook.due = 0;
		return 0;
	}
	line->hook.due = failures[0].id + 1;
	found = hook_message_of_failure(look, &failures[0], scratch, &line->message, err);
	if (found == 0) { /* its call is over its days */
		gone.resent = failures[0].id;
		gone.account_id = line->hook.account_id;
		gone.hook_id = line->hook.id;
		gone.course = &line->hook.course;
		return store_hook_note(look->store, &gone, err);
	}
	return found;
}

static int look_at_threshold(
	struct hook_line *line, const struct hook_look *look, struct error *err)
{
	if (line->waits) {
		return 1;
	}
	if (clock_monotonic_us() - line->counted_us < COUNT_US) {
		return 0;
	}
	line->counted_us = clock_monotonic_us();
	return hook_threshold_look(look, &line->message, err);
}

int hook_line_look(struct hook_line *line, const struct hook_sender_options *options,
	struct follow *follow, struct arena *scratch, int64_t newest, bool *ret_more,
	struct error *err)
{
	const struct hook_look look = look_of(line, options, follow);
	const struct store_hook *hook = &line->hook;
	int found = 0;

	*ret_more = false;
	line->over = false;
	if (line->unreadable) {
		return 0;
	}
	/* It waits in line->message, which others would overwrite. */
	if (!line->waits) {
		found = look_at_wishes(line, &look, scratch, err);
	}
	if (found != 0 || hook->state != STORE_HOOK_ON || hook->course.next > look.now) {
		return found;
	}
	if (hook->event == STORE_HOOK_THRESHOLD) {
		return look_at_threshold(line, &look, err);
	}
	if (hook->course.place >= newest) {
		return 0;
	}
	found = look_at_changes(line, options, &look, newest, scratch, err);
	*ret_more = found == 0 && hook->course.place < newest;
	return found;
}

/* ---- finishing ---- */

enum verdict {
	TAKEN,
	REFUSED, /* this event, for ever */
	FAILED,	 /* at this event, perhaps */
	LATER,	 /* whatever it is */
	GONE,
};

static enum verdict verdict_of(int status)
{
	switch (status) {
	case 400:
	case 413:
	case 415:
	case 422:
		return REFUSED;
	case 410:
		return GONE;
	case 0:
	case 408:
	case 425:
	case 429:
	case 502:
	case 503:
	case 504:
		return LATER;
	default:
		return status >= 200 && status < 300 ? TAKEN : FAILED;
	}
}

static void tell(const struct hook_sender_options *options, const struct hook_line *line,
	enum hook_news_kind kind)
{
	const struct hook_news news = {
		.hook_id = line->hook.id, .kind = kind, .cause = line->last_error};

	options->told(options->context, &news);
}

/* Seconds until the next try: doubled each time, and not the same for hooks that failed together.
 */
static int64_t wait_of(const struct hook_line *line, int64_t asked_s)
{
	int64_t tries = line->hook.course.tries;
	int64_t wait_s = tries > 12 ? HOOK_WAIT_MAX_S : INT64_C(1) << (tries - 1);

	wait_s += (int64_t)randombytes_uniform((uint32_t)(wait_s / 4 + 1));
	wait_s = wait_s > asked_s ? wait_s : asked_s;
	return wait_s < HOOK_WAIT_MAX_S ? wait_s : HOOK_WAIT_MAX_S;
}

/* What ends a hook is on record. */
static int stop(struct hook_line *line, const struct hook_sender_options *options,
	enum store_hook_state state, struct error *err)
{
	struct store_audit record = {
		.time = options->now(),
		.account_id = line->hook.account_id,
		.address = TEXT(""),
		.user = options->user,
		.action = TEXT("pause-hook"),
		.outcome = STORE_DONE,
		.calls = -1,
		.times = 1,
	};
	char subject[80];

	snprintf(subject, sizeof(subject), "hook %lld: %s", (long long)line->hook.id,
		state == STORE_HOOK_GONE ? "its receiver answered 410"
					 : "its receiver failed for three days");
	record.subject = text_of(subject);
	line->hook.state = state;
	line->stopped = true;
	tell(options, line, state == STORE_HOOK_GONE ? HOOK_NEWS_GONE : HOOK_NEWS_PAUSED);
	return store_audit_add(options->store, &record, 1, err);
}

/* Goes on behind the message. Returns whether the store is to be told at once. */
static bool pass(struct hook_line *line, struct store_hook_note *note, int64_t now)
{
	const struct hook_message *message = &line->message;
	struct text session = text_of(message->session_id);

	line->tries = 0;
	line->waits = false;
	switch (message->kind) {
	case HOOK_GAP:
		line->gap_told = true;
		return false;
	case HOOK_REACHED:
	case HOOK_OVER:
		line->hook.course.reached = message->kind == HOOK_REACHED ? now : 0;
		return true;
	default:
		break;
	}
	move(line, message->change_id);
	if (line->over) {
		note->over = session;
	} else if (message->live && message->kind != HOOK_ENDED) {
		note->begun = session;
		note->begun_steps = message->steps;
	}
	return note->over.data || note->begun.data;
}

static struct store_hook_failure failure_of(
	const struct hook_line *line, const struct hook_request_result *result, int64_t now)
{
	const struct hook_message *message = &line->message;

	return (struct store_hook_failure){
		.id = message->failure_id,
		.session_id = text_of(message->session_id),
		.kind = message->kind,
		.change_id = message->change_id,
		.first_step = message->first_step,
		.time = now,
		.tries = message->tries + (message->failure_id ? 1 : line->tries),
		.status = result->status,
		.error = text_of(line->last_error),
	};
}

static int finish_taken(
	struct hook_line *line, const struct hook_sender_options *options, struct error *err)
{
	struct store_hook_course *course = &line->hook.course;
	struct store_hook_note taken = {0};
	bool failed = course->failing > 0;
	bool at_once = pass(line, &taken, course->last_time) || failed;

	course->told++;
	course->tries = 0;
	course->failing = 0;
	course->next = 0;
	if (failed) {
		tell(options, line, HOOK_NEWS_WELL);
	}
	soil(line);
	return at_once ? note(line, options, &taken, err)
		       : hook_line_note(line, options, false, err);
}

/* It goes onto the list of failures, and the next one comes. */
static int give_up(struct hook_line *line, const struct hook_sender_options *options,
	const struct hook_request_result *result, struct error *err)
{
	struct store_hook_failure failure = failure_of(line, result, line->hook.course.last_time);
	struct store_hook_note given_up = {0};

	tell(options, line, HOOK_NEWS_REFUSED);
	(void)pass(line, &given_up, line->hook.course.last_time);
	if (failure.session_id.size > 0) {
		given_up.failure = &failure;
	}
	return note(line, options, &given_up, err);
}

static int finish_failed(struct hook_line *line, const struct hook_sender_options *options,
	const struct hook_request_result *result, enum verdict verdict, struct error *err)
{
	struct store_hook_course *course = &line->hook.course;
	struct store_hook_note failed = {0};

	line->tries++;
	line->waits = line->message.kind == HOOK_REACHED || line->message.kind == HOOK_OVER;
	if (verdict == REFUSED) {
		course->tries = 0;
		course->failing = 0;
		course->next = 0;
		return give_up(line, options, result, err);
	}
	if (course->failing == 0) {
		course->failing = course->last_time;
		tell(options, line, HOOK_NEWS_FAILING);
	}
	course->tries++;
	course->next = course->last_time + wait_of(line, result->retry_after_s);
	if (course->last_time - course->failing >= HOOK_PAUSE_S &&
		stop(line, options, STORE_HOOK_PAUSED, err) < 0) {
		return -1;
	}
	return verdict == FAILED && line->tries >= HOOK_GIVE_UP_TRIES
		       ? give_up(line, options, result, err)
		       : note(line, options, &failed, err);
}

/* Of a failure that was sent again, or a test, which say nothing of what comes next. */
static int finish_wish(struct hook_line *line, const struct hook_sender_options *options,
	const struct hook_request_result *result, bool taken, struct error *err)
{
	struct store_hook_failure failure = failure_of(line, result, line->hook.course.last_time);
	struct store_hook_note wish = {.test = line->hook.test};

	if (line->message.kind != HOOK_TEST) {
		wish.test = 0;
		wish.resent = taken ? line->message.failure_id : 0;
		wish.failure = taken ? NULL : &failure;
	}
	if (note(line, options, &wish, err) < 0) {
		return -1;
	}
	line->hook.test = wish.test ? 0 : line->hook.test;
	return 0;
}

int hook_line_finish(struct hook_line *line, const struct hook_sender_options *options,
	const struct hook_request_result *result, struct error *err)
{
	enum verdict verdict = verdict_of(result->status);
	char answered[64];

	hook_request_end(line->request);
	line->request = NULL;
	line->hook.course.last_time = options->now();
	line->hook.course.last_status = result->status;
	snprintf(answered, sizeof(answered), "its receiver answered %d", result->status);
	set_error(line, verdict == TAKEN ? "" : result->status ? answered : result->error);
	if (verdict == GONE && stop(line, options, STORE_HOOK_GONE, err) < 0) {
		return -1;
	}
	if (line->message.kind == HOOK_TEST || line->message.failure_id > 0) {
		return finish_wish(line, options, result, verdict == TAKEN, err);
	}
	return verdict == TAKEN ? finish_taken(line, options, err)
				: finish_failed(line, options, result, verdict, err);
}
