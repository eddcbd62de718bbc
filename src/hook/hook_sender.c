/* SPDX-License-Identifier: MIT
 * The thread: it reads the hooks, looks for what their receivers are to be told, and has at most
 * one request to each under way. It waits for the network in one place, and for the store, which no
 * event loop does. */
#include "hook/hook_sender.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "hook/hook_line.h"

#define LIST_US		 INT64_C(250000)  /* between two looks at which hooks there are, at most */
#define LIST_IDLE_US	 INT64_C(2000000) /* where there was none */
#define WAIT_MS		 100		  /* for something to send, while there are hooks */
#define TURN_US		 INT64_C(2000000)
#define TROUBLE_US	 INT64_C(1000000)
#define IN_FLIGHT_MAX	 64
#define LIST_MAX	 ((size_t)64 << 20) /* bytes of all hooks */
#define MEMORY_MAX	 ((size_t)64 << 20) /* of some calls, in any form */
#define CONNECTIONS_KEPT 64L

struct hook_sender {
	struct hook_sender_options options;
	struct thread thread;
	/* of the thread alone */
	CURLM *multi;
	struct store_turn turn;
	struct list lines;
	size_t in_flight;
	struct follow follow;
	struct arena scratch;
	int64_t listed_us; /* 0: never, or anew */
	int64_t turn_us;
	int64_t newest;
	bool failing; /* the store's failure was told */
};

static void tell(struct hook_sender *sender, const struct error *err)
{
	const struct hook_news news = {.kind = HOOK_NEWS_STORE, .cause = err->message};

	if (!sender->failing) {
		sender->options.told(sender->options.context, &news);
	}
	sender->failing = true;
}

/* ---- lines ---- */

static void drop(struct hook_sender *sender, struct hook_line *line)
{
	sender->in_flight -= line->request != NULL;
	list_remove(&sender->lines, &line->link);
	hook_line_destroy(line);
}

static void drop_all(struct hook_sender *sender)
{
	LIST_EACH(struct hook_line, line, &sender->lines, link) {
		drop(sender, line);
	}
	sender->listed_us = 0;
}

static struct hook_line *line_of(const struct hook_sender *sender, const struct store_hook *hook)
{
	LIST_EACH(struct hook_line, line, &sender->lines, link) {
		if (line->hook.id == hook->id && line->hook.account_id == hook->account_id &&
			line->hook.created == hook->created) {
			return line;
		}
	}
	return NULL;
}

/* How far it is the line knows better; a hook that was changed is tried again at once. */
static int define(struct hook_sender *sender, struct hook_line *line, struct store_hook *hook,
	struct error *err)
{
	if (line->hook.version > 0) {
		hook->course.place = line->hook.course.place;
		hook->course.told = line->hook.course.told;
		hook->course.tries = 0;
		hook->course.failing = 0;
		hook->course.next = 0;
		hook->course.reached = 0;
	}
	sender->in_flight -= line->request != NULL;
	return hook_line_define(line, hook, &sender->options, err);
}

static int take(struct hook_sender *sender, struct store_hook *hook, struct error *err)
{
	struct hook_line *line = line_of(sender, hook);

	if (!line) {
		line = hook_line_create(hook);
		if (!line) {
			return error_no_memory(err);
		}
		list_append(&sender->lines, &line->link);
	}
	if (line->hook.version != hook->version && define(sender, line, hook, err) < 0) {
		return -1;
	}
	line->listed = true;
	line->hook.test = hook->test;
	line->hook.kept = hook->kept;
	if (line->hook.due == 0) {
		line->hook.due = hook->due;
	}
	return 0;
}

static int list_hooks(struct hook_sender *sender, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_hook *hooks;
	size_t count;

	arena_init(&arena, LIST_MAX);
	if (store_hook_list(sender->options.store, 0, 0, &arena, &hooks, &count, err) < 0) {
		return -1;
	}
	LIST_EACH(struct hook_line, line, &sender->lines, link) {
		line->listed = false;
	}
	for (size_t i = 0; i < count; i++) {
		if (take(sender, &hooks[i], err) < 0) {
			return -1;
		}
	}
	LIST_EACH(struct hook_line, line, &sender->lines, link) {
		if (!line->listed) {
			if (hook_line_note(line, &sender->options, true, err) < 0) {
				return -1;
			}
			drop(sender, line);
		}
	}
	return 0;
}

/* ---- sending ---- */

static int send_message(struct hook_sender *sender, struct hook_line *line, struct error *err)
{
	const struct hook_request_options options = {
		.url = line->hook.url.data,
		.secret = {.data = (const char *)line->hook.secret,
			.size = sizeof(line->hook.secret)},
		.id = line->message.id,
		.timestamp_s = sender->options.now(),
		.body = buffer_text(&line->message.body),
		.anywhere = sender->options.anywhere,
		.timeout_s = sender->options.timeout_s,
		.user = line,
	};

	if (hook_request_begin(&line->request, sender->multi, &options, err) < 0) {
		return -1;
	}
	sender->in_flight++;
	return 0;
}

/* Returns 1 when it is worth looking again at once. */
static int serve(struct hook_sender *sender, struct hook_line *line, struct error *err)
{
	bool more;
	int found = hook_line_look(line, &sender->options, &sender->follow, &sender->scratch,
		sender->newest, &more, err);

	if (found < 0 || (found > 0 && send_message(sender, line, err) < 0)) {
		return -1;
	}
	return hook_line_note(line, &sender->options, false, err) < 0 ? -1 : more;
}

/* Each round begins with another line, so that no hook waits long where there are many. */
static int serve_all(struct hook_sender *sender, bool *ret_more, struct error *err)
{
	*ret_more = false;
	LIST_EACH(struct hook_line, line, &sender->lines, link) {
		int more;

		if (line->request || sender->in_flight >= IN_FLIGHT_MAX) {
			continue;
		}
		more = serve(sender, line, err);
		if (more < 0) {
			return -1;
		}
		*ret_more |= more > 0;
	}
	list_append(&sender->lines, list_take(&sender->lines));
	arena_deinit(&sender->scratch);
	return 0;
}

static int take_answers(struct hook_sender *sender, bool *ret_more, struct error *err)
{
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(sender->multi, &left))) {
		struct hook_request_result result;
		struct hook_request *request = hook_request_over(message, &result);

		if (!request) {
			continue;
		}
		sender->in_flight--;
		*ret_more = true;
		if (hook_line_finish(hook_request_user(request), &sender->options, &result, err) <
			0) {
			return -1;
		}
	}
	return 0;
}

/* One round. *@ret_more: the next one is to begin at once. */
static int turn_round(struct hook_sender *sender, bool *ret_more, struct error *err)
{
	int64_t now_us = clock_monotonic_us();
	int64_t every_us = sender->lines.first ? LIST_US : LIST_IDLE_US;
	int64_t newest;
	int running;

	if (store_change_newest(sender->options.store, &newest, err) < 0) {
		return -1;
	}
	/* Behind the newest change: a hook that was removed before it is told nothing of it. */
	if (sender->listed_us == 0 || now_us - sender->listed_us >= every_us ||
		(sender->lines.first && newest != sender->newest)) {
		if (list_hooks(sender, err) < 0) {
			return -1;
		}
		sender->listed_us = now_us;
	}
	sender->newest = newest;
	*ret_more = false;
	if (!sender->lines.first) {
		return 0;
	}
	if (serve_all(sender, ret_more, err) < 0) {
		return -1;
	}
	curl_multi_perform(sender->multi, &running);
	return take_answers(sender, ret_more, err);
}

/* ---- the turn, among servers ---- */

/* 1 this server sends, 0 another one does. */
static int have_turn(struct hook_sender *sender, struct error *err)
{
	char holder[STORE_HOLDER_SIZE];
	int64_t now_us = clock_monotonic_us();

	if (!sender->turn.store) {
		return store_turn_take(
			&sender->turn, sender->options.store, STORE_DUTY_HOOKS, holder, err);
	}
	if (now_us - sender->turn_us < TURN_US) {
		return 1;
	}
	if (store_turn_check(&sender->turn, err) < 0) {
		store_turn_end(&sender->turn);
		drop_all(sender);
		return -1;
	}
	sender->turn_us = now_us;
	return 1;
}

/* Waits for answers, or until something may have come. */
static void wait_for_news(struct hook_sender *sender, bool more)
{
	int ready;

	if (sender->lines.first) {
		curl_multi_poll(sender->multi, NULL, 0, more ? 0 : WAIT_MS, &ready);
	}
}

static void *send_all(void *context)
{
	struct hook_sender *sender = context;
	int64_t pause_us = 0;
	bool more = false;
	struct error err;

	while (thread_pause(&sender->thread, pause_us)) {
		int turn = have_turn(sender, &err);

		pause_us = turn == 0 ? TURN_US : 0;
		if (turn > 0) {
			turn = turn_round(sender, &more, &err) < 0 ? -1 : 1;
		}
		if (turn < 0) {
			tell(sender, &err);
			/* What is known of hooks may be half of it. */
			drop_all(sender);
			pause_us = TROUBLE_US;
		} else if (turn > 0) {
			sender->failing = false;
			pause_us = sender->lines.first ? 0 : WAIT_MS * 1000;
			wait_for_news(sender, more);
		}
	}
	return NULL;
}

static void note_all(struct hook_sender *sender)
{
	LIST_EACH(struct hook_line, line, &sender->lines, link) {
		struct error err;

		if (hook_line_note(line, &sender->options, true, &err) < 0) {
			tell(sender, &err);
		}
	}
}

/* ---- ---- */

int hook_sender_start(struct hook_sender **ret_sender, const struct hook_sender_options *options,
	struct error *err)
{
	struct hook_sender *sender = calloc(1, sizeof(*sender));
	int done;

	if (!sender) {
		return error_no_memory(err);
	}
	sender->options = *options;
	thread_init(&sender->thread);
	arena_init(&sender->scratch, MEMORY_MAX);
	done = follow_init(&sender->follow, MEMORY_MAX, err);
	if (done == 0 && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		done = error_set(err, ERROR_SYSTEM, "cannot set up the HTTP client of hooks");
	}
	if (done == 0) {
		sender->multi = curl_multi_init();
		done = sender->multi ? 0 : error_no_memory(err);
	}
	if (done == 0) {
		curl_multi_setopt(sender->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
		done = thread_start(
			&sender->thread, send_all, sender, "the thread that tells receivers", err);
	}
	if (done < 0) {
		hook_sender_stop(sender);
		return -1;
	}
	*ret_sender = sender;
	return 0;
}

void hook_sender_stop(struct hook_sender *sender)
{
	if (!sender) {
		return;
	}
	thread_stop(&sender->thread);
	note_all(sender);
	drop_all(sender);
	store_turn_end(&sender->turn);
	curl_multi_cleanup(sender->multi);
	follow_deinit(&sender->follow);
	arena_deinit(&sender->scratch);
	thread_deinit(&sender->thread);
	free(sender);
}
