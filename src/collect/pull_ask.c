/* SPDX-License-Identifier: MIT
 * One request of a pull: its pace, and what becomes of answers that are not what was asked for. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "collect/pull_private.h"

#define BACK_OFF_MAX	60 /* times the pace */
#define AFTER_500	60
#define LIMIT_MIN	100
#define FAILURES_MAX	10
#define NOT_FOUND_WORDS "call log not found"

void pull_tell(const struct pull *pull, const char *format, ...)
{
	char said[600];
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	pull->options->tell(pull->options->context, said);
}

/* ---- waiting ---- */

bool pull_is_stopped(void *context)
{
	const struct pull *pull = context;
	struct pollfd fd = {.fd = pull->options->stop_fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

bool pull_wait(const struct pull *pull, int64_t us)
{
	int64_t until_us = clock_monotonic_us() + us;
	struct pollfd fd = {.fd = pull->options->stop_fd, .events = POLLIN};

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

static int64_t pace_us(const struct pull *pull)
{
	return pull->options->pace_ms * 1000;
}

/* ---- addresses ---- */

void pull_url_begin(struct pull *pull, const char *path)
{
	buffer_clear(&pull->url);
	buffer_append(&pull->url, text_of(pull->options->url));
	buffer_append(&pull->url, text_of(path));
}

const char *pull_url_end(struct pull *pull, struct error *err)
{
	buffer_append_byte(&pull->url, '\0');
	if (pull->url.failed) {
		error_set(err, ERROR_TOO_LARGE, "the address is too long");
		return NULL;
	}
	return pull->url.data;
}

/* ---- answers ---- */

/* What an answer says in words: the member `error` or `detail` of its JSON, else its beginning. */
static const char *words_of(struct text text, char *buffer, size_t size)
{
	AUTO(arena_deinit) struct arena arena;
	struct json_reader reader;
	struct json_token name, value;
	struct text found = text_head(text, text.size < 80 ? text.size : 80);

	arena_init(&arena, FETCH_TEXT_MAX);
	json_reader_init(&reader, text, (struct json_position){1, 1});
	if (json_reader_next(&reader, &value, NULL) > 0 && value.kind == JSON_OBJECT) {
		while (json_reader_next_member(&reader, &name, &value, NULL) > 0) {
			if (value.kind == JSON_STRING &&
				(json_token_is(&name, "error") || json_token_is(&name, "detail"))) {
				found = value.raw;
			}
			if (json_reader_skip(&reader, &value, NULL) < 0) {
				break;
			}
		}
	}
	snprintf(buffer, size, "%.*s", found.size < size ? (int)found.size : (int)size - 1,
		found.data ? found.data : "");
	return buffer;
}

static enum pull_asked refuse(const struct pull *pull, const struct fetch_answer *answer,
	const char *hint, struct error *err)
{
	char words[200];

	error_set(err, answer->status == 401 || answer->status == 403 ? ERROR_DENIED : ERROR_SYSTEM,
		"'%s' answers %d '%s'%s", pull->options->url, answer->status,
		words_of(answer->text, words, sizeof(words)), hint);
	return PULL_FAILED;
}

/* Waits before the next try, as long as was asked for or @times the pace. */
static enum pull_asked wait_again(
	struct pull *pull, int64_t asked_s, int64_t times, const char *why, struct error *err)
{
	int64_t us = asked_s >= 0 ? asked_s * 1000000 : times * pace_us(pull);

	pull->failures++;
	if (pull->failures >= FAILURES_MAX && !pull->options->follow) {
		error_set(err, ERROR_TIMEOUT, "given up after %u tries: %s", pull->failures, why);
		return PULL_FAILED;
	}
	pull_tell(pull, "%s; the next try is in %lld s", why, (long long)((us + 999999) / 1000000));
	return pull_wait(pull, us) ? PULL_AGAIN : PULL_STOPPED;
}

static int64_t back_off(const struct pull *pull)
{
	return pull->failures < 6 ? INT64_C(1) << pull->failures : BACK_OFF_MAX;
}

static enum pull_asked take_trouble(
	struct pull *pull, const struct fetch_answer *answer, struct error *err)
{
	char words[200], why[300];
	int64_t times = back_off(pull);

	snprintf(why, sizeof(why), "'%s' answers %d '%s'", pull->options->url, answer->status,
		words_of(answer->text, words, sizeof(words)));
	if (answer->status == 500) {
		times = AFTER_500;
		pull->limit /= 4;
		pull->limit = pull->limit < LIMIT_MIN ? LIMIT_MIN : pull->limit;
	}
	return wait_again(pull, answer->retry_after_s, times, why, err);
}

static bool is_nothing(const struct fetch_answer *answer)
{
	return memmem(answer->text.data ? answer->text.data : "", answer->text.size,
		       NOT_FOUND_WORDS, sizeof(NOT_FOUND_WORDS) - 1) != NULL;
}

static enum pull_asked judge(
	struct pull *pull, const struct fetch_answer *answer, struct error *err)
{
	switch (answer->status) {
	case 200:
		pull->failures = 0;
		return PULL_ANSWERED;
	case 404:
		if (is_nothing(answer)) {
			pull->failures = 0;
			return PULL_NOTHING;
		}
		return refuse(pull, answer, ": is the address right?", err);
	case 401:
	case 403:
		return refuse(pull, answer, ": look at --user and the secret", err);
	default:
		if (answer->status == 429 || answer->status >= 500) {
			return take_trouble(pull, answer, err);
		}
		return refuse(pull, answer, "", err);
	}
}

enum pull_asked pull_ask(struct pull *pull, const struct fetch_request *request,
	struct fetch_answer *ret_answer, struct error *err)
{
	int64_t wait_us = pull->next_us - clock_monotonic_us();
	bool own_failure;
	struct error said;
	int done;

	if (!pull_wait(pull, wait_us > 0 ? wait_us : 0)) {
		return PULL_STOPPED;
	}
	done = fetch_run(pull->fetch, request, ret_answer, &own_failure, &said);
	pull->next_us = clock_monotonic_us() + pace_us(pull);
	if (ret_answer->date >= 0) {
		pull->now = ret_answer->date;
	}
	if (done == 0) {
		return PULL_STOPPED;
	}
	if (done < 0 && own_failure) {
		error_set(err, said.code, "%s", said.message);
		return PULL_FAILED;
	}
	if (done < 0) {
		return wait_again(pull, -1, back_off(pull), said.message, err);
	}
	return judge(pull, ret_answer, err);
}
