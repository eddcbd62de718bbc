/* SPDX-License-Identifier: MIT
 * One request: its pace, and what becomes of answers that are not what was asked for. */
#include "collect/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "json/json_find.h"

#define BACK_OFF_MAX 60 /* times the pace */
#define AFTER_500    60
#define FAILURES_MAX 10
#define SILENCE_S    120

void asker_tell(const struct asker *asker, const char *format, ...)
{
	char said[600];
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	asker->options.tell(asker->options.context, said);
}

/* ---- waiting ---- */

static bool is_stopped(void *context)
{
	const struct asker *asker = context;
	struct pollfd fd = {.fd = asker->options.stop_fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

bool asker_wait(const struct asker *asker, int64_t us)
{
	int64_t until_us = clock_monotonic_us() + us;
	struct pollfd fd = {.fd = asker->options.stop_fd, .events = POLLIN};

	if (asker->options.wait) {
		return asker->options.wait(asker->options.context, us);
	}
	for (;;) {
		int64_t left_us = until_us - clock_monotonic_us();

		if (poll(&fd, 1, left_us > 0 ? (int)((left_us + 999) / 1000) : 0) > 0) {
			return false;
		}
		if (left_us <= 0) {
			return true;
		}
	}
}

static int64_t pace_us(const struct asker *asker)
{
	return asker->options.pace_ms * 1000;
}

/* ---- answers ---- */

/* What an answer says in words: the member `error`, `detail` or `message` of its JSON, else its
 * beginning. */
static const char *words_of(struct text text, char *buffer, size_t size)
{
	AUTO(arena_deinit) struct arena arena;
	struct text found;

	arena_init(&arena, FETCH_TEXT_MAX);
	found = json_find_string(text, "error", &arena);
	found = found.data ? found : json_find_string(text, "detail", &arena);
	found = found.data ? found : json_find_string(text, "message", &arena);
	found = found.data ? found : text_head(text, text.size < 80 ? text.size : 80);
	snprintf(buffer, size, "%.*s", found.size < size ? (int)found.size : (int)size - 1,
		found.data ? found.data : "");
	return buffer;
}

static enum asked refuse(const struct asker *asker, const struct fetch_answer *answer,
	const char *hint, struct error *err)
{
	char words[200];

	error_set(err, answer->status == 401 || answer->status == 403 ? ERROR_DENIED : ERROR_SYSTEM,
		"'%s' answers %d '%s'%s", asker->options.name, answer->status,
		words_of(answer->text, words, sizeof(words)), hint);
	return ASKED_FAILED;
}

/* Waits before the next try, as long as was asked for or @times the pace. */
static enum asked wait_again(
	struct asker *asker, int64_t asked_s, int64_t times, const char *why, struct error *err)
{
	int64_t us = asked_s >= 0 ? asked_s * 1000000 : times * pace_us(asker);

	asker->failures++;
	if (asker->failures >= FAILURES_MAX && !asker->options.for_ever) {
		error_set(err, ERROR_TIMEOUT, "given up after %u tries: %s", asker->failures, why);
		return ASKED_FAILED;
	}
	asker_tell(
		asker, "%s; the next try is in %lld s", why, (long long)((us + 999999) / 1000000));
	return asker_wait(asker, us) ? ASKED_AGAIN : ASKED_STOPPED;
}

static int64_t back_off(const struct asker *asker)
{
	return asker->failures < 6 ? INT64_C(1) << asker->failures : BACK_OFF_MAX;
}

static enum asked take_trouble(
	struct asker *asker, const struct fetch_answer *answer, struct error *err)
{
	char words[200], why[300];
	int64_t times = back_off(asker);

	snprintf(why, sizeof(why), "'%s' answers %d '%s'", asker->options.name, answer->status,
		words_of(answer->text, words, sizeof(words)));
	times = answer->status == 500 ? AFTER_500 : times;
	return wait_again(asker, answer->retry_after_s, times, why, err);
}

static bool is_nothing(const struct asker *asker, const struct fetch_answer *answer)
{
	const char *words = asker->options.nothing_words;

	return !words || (answer->text.size > 0 && memmem(answer->text.data, answer->text.size,
							   words, strlen(words)) != NULL);
}

static enum asked judge(struct asker *asker, const struct fetch_answer *answer, struct error *err)
{
	switch (answer->status) {
	case 200:
		asker->failures = 0;
		return ASKED_ANSWERED;
	case 404:
		if (is_nothing(asker, answer)) {
			asker->failures = 0;
			return ASKED_NOTHING;
		}
		return refuse(asker, answer, ": is the address right?", err);
	case 401:
	case 403:
		return refuse(asker, answer, asker->options.denied_hint, err);
	default:
		if (answer->status == 429 || answer->status >= 500) {
			return take_trouble(asker, answer, err);
		}
		return refuse(asker, answer, "", err);
	}
}

enum asked asker_ask(struct asker *asker, const struct fetch_request *request,
	struct fetch_answer *ret_answer, struct error *err)
{
	int64_t wait_us = asker->next_us - clock_monotonic_us();
	bool own_failure;
	struct error said;
	int done;

	if (!asker_wait(asker, wait_us > 0 ? wait_us : 0)) {
		return ASKED_STOPPED;
	}
	done = fetch_run(asker->fetch, request, ret_answer, &own_failure, &said);
	asker->next_us = clock_monotonic_us() + pace_us(asker);
	if (ret_answer->date >= 0) {
		asker->now = ret_answer->date;
	}
	if (done == 0) {
		return ASKED_STOPPED;
	}
	if (done < 0 && own_failure) {
		error_set(err, said.code, "%s", said.message);
		return ASKED_FAILED;
	}
	if (done < 0) {
		return wait_again(asker, -1, back_off(asker), said.message, err);
	}
	return judge(asker, ret_answer, err);
}

enum asked asker_ask_text(
	struct asker *asker, const char *url, struct fetch_answer *ret_answer, struct error *err)
{
	const struct fetch_request request = {.url = url, .last_event_id = -1};
	enum asked asked;

	do {
		asked = asker_ask(asker, &request, ret_answer, err);
	} while (asked == ASKED_AGAIN);
	if (asked == ASKED_ANSWERED && ret_answer->text_cut) {
		error_set(err, ERROR_TOO_LARGE, "the answer of '%.*s' is larger than %zu bytes",
			(int)strcspn(url, "?"), url, FETCH_TEXT_MAX);
		return ASKED_FAILED;
	}
	return asked;
}

int asker_init(struct asker *asker, const struct asker_options *options, const char *user,
	const char *secret, struct error *err)
{
	const struct fetch_options how = {
		.user = user,
		.secret = secret,
		.silence_s = SILENCE_S,
		.stopped = is_stopped,
		.context = asker,
	};

	*asker = (struct asker){.options = *options, .now = clock_now_s()};
	return fetch_create(&asker->fetch, &how, err);
}

void asker_deinit(struct asker *asker)
{
	fetch_destroy(asker->fetch);
}
