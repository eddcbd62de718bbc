/* SPDX-License-Identifier: MIT
 * Calls on their way to a server: written as lines into a file, posted as a whole. */
#include "collect/post.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "collect/fetch.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

#define FILE_BYTES_MAX ((int64_t)16 << 20) /* a request is sent when there is so much */
#define LINE_BYTES_MAX ((size_t)1 << 30)
#define SILENCE_S      300
#define FAILURES_MAX   10
#define BACK_OFF_MAX   60
#define URL_MAX	       4096

enum post_kind { POST_CALLS, POST_EVENTS };

static const char *const paths[] = {[POST_CALLS] = "/v1/calls", [POST_EVENTS] = "/v1/events"};

struct post {
	struct post_options options;
	struct fetch *fetch;
	struct buffer line;
	int fd;
	int64_t size; /* of the file */
	enum post_kind kind;
	struct pull_taken taken; /* since the last commit */
	unsigned int failures;
};

static void say(const struct post *post, const char *format, ...) FORMAT_PRINTF(2, 3);

static void say(const struct post *post, const char *format, ...)
{
	char said[600];
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	post->options.tell(post->options.context, said);
}

/* ---- answers ---- */

struct reject {
	struct text session_id;
	struct text error;
};

static int read_reject(struct json_reader *reader, struct reject *reject)
{
	struct json_token name, value;
	int more;

	while ((more = json_reader_next_member(reader, &name, &value, NULL)) > 0) {
		if (json_token_is(&name, "session_id")) {
			reject->session_id = value.raw;
		} else if (json_token_is(&name, "error")) {
			reject->error = value.raw;
		}
		if (json_reader_skip(reader, &value, NULL) < 0) {
			return -1;
		}
	}
	return more;
}

static int read_rejects(struct json_reader *reader, struct pull_taken *taken,
	void (*rejected)(void *context, struct text session_id, struct text error), void *context)
{
	struct json_token token;
	int more;

	while ((more = json_reader_next(reader, &token, NULL)) > 0 &&
		token.kind != JSON_ARRAY_END) {
		struct reject reject = {0};

		if (token.kind != JSON_OBJECT || read_reject(reader, &reject) < 0) {
			return -1;
		}
		taken->rejected++;
		rejected(context, reject.session_id, reject.error);
	}
	return more > 0 ? 0 : -1;
}

static bool take_count(const struct json_token *value, uint64_t *ret_count)
{
	int64_t number;

	if (value->kind != JSON_NUMBER || !text_to_int64(value->raw, &number)) {
		return false;
	}
	*ret_count = (uint64_t)number;
	return true;
}

bool post_read_answer(struct text answer, struct pull_taken *ret_taken,
	void (*rejected)(void *context, struct text session_id, struct text error), void *context)
{
	struct pull_taken taken = {0};
	struct json_reader reader;
	struct json_token name, value;
	bool known = false;
	int more;

	json_reader_init(&reader, answer, (struct json_position){1, 1});
	if (json_reader_next(&reader, &value, NULL) <= 0 || value.kind != JSON_OBJECT) {
		return false;
	}
	while ((more = json_reader_next_member(&reader, &name, &value, NULL)) > 0) {
		int read;

		if (json_token_is(&name, "accepted")) {
			known |= take_count(&value, &taken.accepted);
		} else if (json_token_is(&name, "replaced")) {
			(void)take_count(&value, &taken.replaced);
		}
		read = json_token_is(&name, "rejected") && value.kind == JSON_ARRAY
			       ? read_rejects(&reader, &taken, rejected, context)
			       : json_reader_skip(&reader, &value, NULL);
		if (read < 0) {
			return false;
		}
	}
	if (more < 0 || !known) {
		return false;
	}
	*ret_taken = taken;
	return true;
}

static void tell_reject(void *context, struct text session_id, struct text error)
{
	const struct post *post = context;

	say(post, "session '%.*s' is not taken by '%s': %.*s", TEXT_ARG(session_id),
		post->options.url, TEXT_ARG(error));
}

/* ---- sending ---- */

static bool is_stopped(void *context)
{
	const struct post *post = context;
	struct pollfd fd = {.fd = post->options.stop_fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

static int stopped(struct error *err)
{
	return error_set(err, ERROR_TIMEOUT, "it was told to end");
}

/* Waits before the next try. */
static int wait_again(
	struct post *post, const struct fetch_answer *answer, const char *why, struct error *err)
{
	struct pollfd fd = {.fd = post->options.stop_fd, .events = POLLIN};
	int64_t times = post->failures < 6 ? INT64_C(1) << post->failures : BACK_OFF_MAX;
	int64_t ms = answer->retry_after_s >= 0 ? answer->retry_after_s * 1000
						: times * post->options.pace_ms;

	post->failures++;
	if (post->failures >= FAILURES_MAX && !post->options.for_ever) {
		return error_set(
			err, ERROR_TIMEOUT, "given up after %u tries: %s", post->failures, why);
	}
	say(post, "%s; the next try is in %lld s", why, (long long)((ms + 999) / 1000));
	return poll(&fd, 1, (int)ms) > 0 ? stopped(err) : 0;
}

/* Returns 1 when the server has taken it, 0 when it is to be sent again. */
static int judge(struct post *post, const struct fetch_answer *answer, struct error *err)
{
	struct pull_taken taken;
	char why[400];

	snprintf(why, sizeof(why), "'%s' answers %d '%.*s'", post->options.url, answer->status,
		answer->text.size < 200 ? (int)answer->text.size : 200,
		answer->text.data ? answer->text.data : "");
	/* 422: nothing of it was a good call, and the answer says of each why. */
	if ((answer->status == 200 || answer->status == 422) &&
		post_read_answer(answer->text, &taken, tell_reject, post)) {
		post->taken.accepted += taken.accepted;
		post->taken.replaced += taken.replaced;
		post->taken.rejected += taken.rejected;
		post->failures = 0;
		return 1;
	}
	if (answer->status == 429 || answer->status >= 500) {
		return wait_again(post, answer, why, err);
	}
	return error_set(err, answer->status == 401 ? ERROR_DENIED : ERROR_SYSTEM, "%s%s", why,
		answer->status == 401 || answer->status == 403 ? ": look at --to and --key-file"
							       : "");
}

static int send_once(struct post *post, struct error *err)
{
	char url[URL_MAX];
	const struct fetch_request request = {
		.url = url,
		.last_event_id = -1,
		.body_type = "application/x-ndjson",
		.body = post->fd,
		.body_size = post->size,
	};
	struct fetch_answer answer;
	bool own_failure;
	struct error said;
	int done;

	snprintf(url, sizeof(url), "%s%s", post->options.url, paths[post->kind]);
	done = fetch_run(post->fetch, &request, &answer, &own_failure, &said);
	if (done == 0) {
		return stopped(err);
	}
	if (done < 0 && own_failure) {
		return error_set(err, said.code, "%s", said.message);
	}
	return done < 0 ? wait_again(post, &answer, said.message, err) : judge(post, &answer, err);
}

/* Sends what is in the file until the server has it. */
static int send_all(struct post *post, struct error *err)
{
	int sent = 0;

	while (post->size > 0 && sent == 0) {
		sent = send_once(post, err);
	}
	if (sent < 0) {
		return -1;
	}
	post->size = 0;
	return ftruncate(post->fd, 0) < 0 ? error_set_errno(err, errno, "cannot empty a file") : 0;
}

/* ---- taking ---- */

static int write_line(struct post *post, struct text line, struct error *err)
{
	while (line.size > 0) {
		ssize_t written = pwrite(post->fd, line.data, line.size, post->size);

		if (written < 0 && errno == EINTR) {
			continue;
		}
		if (written < 0) {
			return error_set_errno(
				err, errno, "cannot write in '%s'", post->options.folder);
		}
		post->size += written;
		line = text_tail(line, (size_t)written);
	}
	return post->size >= FILE_BYTES_MAX ? send_all(post, err) : 0;
}

/* Calls and events go to different addresses, and keep their order. */
static int begin_kind(struct post *post, enum post_kind kind, struct error *err)
{
	if (post->kind != kind && send_all(post, err) < 0) {
		return -1;
	}
	post->kind = kind;
	return 0;
}

static bool is_json(struct text json, struct error *err)
{
	struct json_reader reader;
	struct json_token token;

	json_reader_init(&reader, json, (struct json_position){1, 1});
	return json_reader_next(&reader, &token, err) > 0 &&
	       json_reader_skip(&reader, &token, err) == 0 &&
	       json_reader_next(&reader, &token, err) == 0;
}

static int take_call(void *context, struct text json, struct error *err)
{
	struct post *post = context;
	struct error said;

	if (!is_json(json, &said)) {
		say(post, "a call is not taken: %s", said.message);
		post->taken.rejected++;
		return 0;
	}
	buffer_clear(&post->line);
	json_write_canonical(&post->line, json);
	buffer_append_byte(&post->line, '\n');
	if (post->line.failed) {
		return error_no_memory(err);
	}
	return begin_kind(post, POST_CALLS, err) < 0
		       ? -1
		       : write_line(post, buffer_text(&post->line), err);
}

static int take_event(void *context, struct text line, struct error *err)
{
	struct post *post = context;

	return begin_kind(post, POST_EVENTS, err) < 0 ? -1 : write_line(post, line, err);
}

static int commit(void *context, struct pull_taken *taken, struct error *err)
{
	struct post *post = context;
	int sent = send_all(post, err);

	taken->accepted += post->taken.accepted;
	taken->replaced += post->taken.replaced;
	taken->rejected += post->taken.rejected;
	post->taken = (struct pull_taken){0};
	return sent;
}

struct pull_sink post_sink(struct post *post)
{
	return (struct pull_sink){
		.call = take_call, .event = take_event, .commit = commit, .context = post};
}

/* ---- ---- */

int post_create(struct post **ret_post, const struct post_options *options, struct error *err)
{
	struct post *post = calloc(1, sizeof(*post));
	const struct fetch_options how = {
		.secret = options->key,
		.silence_s = SILENCE_S,
		.stopped = is_stopped,
		.context = post,
	};

	if (!post) {
		return error_no_memory(err);
	}
	post->options = *options;
	buffer_init(&post->line, LINE_BYTES_MAX);
	post->fd = open(options->folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (post->fd < 0) {
		post_destroy(post);
		return error_set_errno(err, errno, "cannot make a file in '%s'", options->folder);
	}
	if (fetch_create(&post->fetch, &how, err) < 0) {
		post_destroy(post);
		return -1;
	}
	*ret_post = post;
	return 0;
}

void post_destroy(struct post *post)
{
	if (post) {
		fetch_destroy(post->fetch);
		file_close(&post->fd);
		buffer_deinit(&post->line);
		free(post);
	}
}
