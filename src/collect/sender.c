/* SPDX-License-Identifier: MIT
 * One request at a time, by libcurl's multi interface: the next batch of lines, or a question. */
#include "collect/sender.h"

#include <curl/curl.h>
#include <errno.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "collect/answer.h"
#include "collect/secret_file.h"

#define MS		 INT64_C(1000)
#define SECOND_US	 INT64_C(1000000)
#define RETRY_FIRST_US	 SECOND_US
#define RETRY_LAST_US	 (60 * SECOND_US)
#define RETRY_AFTER_MAX	 INT64_C(3600)
#define REFUSED_RETRY_US (60 * SECOND_US) /* of a key or an address that is wrong */
#define CONNECT_MS	 10000L
#define REQUEST_S	 120L
#define ANSWER_BYTES_MAX ((size_t)8 << 20)
#define BATCH_BYTES_MAX	 ((size_t)80 << 20)
#define QUESTIONS_MAX	 10000
#define URL_BYTES_MAX	 4096

struct question {
	struct list_link link;
	int64_t after; /* acknowledged_bytes has to come to this first */
	struct text session_id;
	char bytes[];
};

struct sender {
	struct sender_options options;
	struct arena arena;
	struct text url; /* without a slash at its end */
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct buffer batch; /* that is in flight */
	int batch_lines;
	size_t lines_max; /* of the next batch: fewer where one of them is wrong */
	struct buffer answer;
	struct list questions;
	size_t question_count;
	struct question *asking;
	bool in_flight;
	bool hurry;
	int64_t next_us;  /* not before */
	int64_t since_us; /* lines wait since then; 0: none do */
	int64_t retry_us;
	struct sender_counts counts;
};

/* ---- opening ---- */

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
	struct sender *sender = context;

	buffer_append(&sender->answer, (struct text){.data = data, .size = size * count});
	return sender->answer.failed ? 0 : size * count;
}

static int check_url(struct sender *sender, const char *url, struct error *err)
{
	struct text text = text_of(url);

	if (!text_starts_with(text, TEXT("http://")) && !text_starts_with(text, TEXT("https://"))) {
		return error_set(err, ERROR_INVALID,
			"'%s' is not the address of a server: write https://HOST or http://HOST",
			url);
	}
	while (text.size > 0 && text.data[text.size - 1] == '/') {
		text.size--;
	}
	sender->url = arena_copy(&sender->arena, text);
	return sender->url.data ? 0 : error_no_memory(err);
}

static bool add_header(struct sender *sender, const char *header)
{
	struct curl_slist *headers = curl_slist_append(sender->headers, header);

	sender->headers = headers ? headers : sender->headers;
	return headers != NULL;
}

static int make_headers(struct sender *sender, struct error *err)
{
	struct text key = text_of(sender->options.key), header;

	if (sender->options.key_file &&
		secret_file_read(sender->options.key_file, &sender->arena, &key, err) < 0) {
		return -1;
	}
	header = arena_printf(&sender->arena, "Authorization: Bearer %.*s", TEXT_ARG(key));
	if (!header.data || !add_header(sender, header.data) ||
		!add_header(sender, "Content-Type: application/x-ndjson") ||
		!add_header(sender, "Accept: application/json") || !add_header(sender, "Expect:")) {
		return error_no_memory(err);
	}
	return 0;
}

static int make_handle(struct sender *sender, struct error *err)
{
	CURL *easy = sender->easy;

	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, sender->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, sender);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, REQUEST_S);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	if (curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK ||
		(sender->options.ca_file && curl_easy_setopt(easy, CURLOPT_CAINFO,
						    sender->options.ca_file) != CURLE_OK)) {
		return error_set(err, ERROR_UNSUPPORTED, "the library for HTTP lacks TLS");
	}
	return 0;
}

AUTO_POINTER(struct sender *, sender_close);

int sender_open(struct sender **ret_sender, const struct sender_options *options, struct error *err)
{
	AUTO(sender_closep) struct sender *sender = calloc(1, sizeof(*sender));

	if (!sender) {
		return error_no_memory(err);
	}
	sender->options = *options;
	sender->retry_us = RETRY_FIRST_US;
	sender->lines_max = SENDER_BATCH_LINES;
	arena_init(&sender->arena, 64 << 10);
	buffer_init(&sender->batch, BATCH_BYTES_MAX);
	buffer_init(&sender->answer, ANSWER_BYTES_MAX);
	if (check_url(sender, options->url, err) < 0 || make_headers(sender, err) < 0) {
		return -1;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		return error_set(err, ERROR_SYSTEM, "the library for HTTP cannot be used");
	}
	sender->multi = curl_multi_init();
	sender->easy = curl_easy_init();
	if (!sender->multi || !sender->easy) {
		return error_no_memory(err);
	}
	if (make_handle(sender, err) < 0) {
		return -1;
	}
	*ret_sender = sender;
	sender = NULL;
	return 0;
}

void sender_close(struct sender *sender)
{
	if (!sender) {
		return;
	}
	if (sender->in_flight) {
		curl_multi_remove_handle(sender->multi, sender->easy);
	}
	curl_easy_cleanup(sender->easy);
	if (sender->multi) {
		curl_multi_cleanup(sender->multi);
		curl_global_cleanup();
	}
	curl_slist_free_all(sender->headers);
	LIST_EACH(struct question, question, &sender->questions, link) {
		free(question);
	}
	free(sender->asking);
	buffer_deinit(&sender->batch);
	buffer_deinit(&sender->answer);
	arena_deinit(&sender->arena);
	free(sender);
}

/* ---- what to ask for ---- */

int sender_ask(struct sender *sender, struct text session_id, struct error *err)
{
	struct question *question;

	if (sender->question_count >= QUESTIONS_MAX) {
		return error_set(err, ERROR_BUSY, "too many questions wait for the server");
	}
	question = malloc(sizeof(*question) + session_id.size);
	if (!question) {
		return error_no_memory(err);
	}
	memcpy(question->bytes, session_id.data, session_id.size);
	*question = (struct question){
		.after = spool_counts(sender->options.spool).appended_bytes,
		.session_id = {.data = question->bytes, .size = session_id.size},
	};
	list_append(&sender->questions, &question->link);
	sender->question_count++;
	return 0;
}

void sender_hurry(struct sender *sender)
{
	sender->hurry = true;
}

static int start(struct sender *sender, struct error *err)
{
	buffer_clear(&sender->answer);
	if (curl_multi_add_handle(sender->multi, sender->easy) != CURLM_OK) {
		return error_no_memory(err);
	}
	sender->in_flight = true;
	sender->counts.requests++;
	return 0;
}

static int start_question(struct sender *sender, struct error *err)
{
	AUTO(buffer_deinit) struct buffer url = {0};
	struct question *question = LIST_TAKE(&sender->questions, struct question, link);
	char *escaped = curl_easy_escape(
		sender->easy, question->session_id.data, (int)question->session_id.size);

	sender->question_count--;
	sender->asking = question;
	buffer_init(&url, URL_BYTES_MAX);
	buffer_printf(&url, "%.*s/v1/calls/%s", TEXT_ARG(sender->url), escaped ? escaped : "");
	buffer_append_byte(&url, '\0');
	curl_free(escaped);
	if (url.failed || !escaped) {
		return error_no_memory(err);
	}
	curl_easy_setopt(sender->easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(sender->easy, CURLOPT_URL, url.data);
	return start(sender, err);
}

static int start_batch(struct sender *sender, struct error *err)
{
	AUTO(buffer_deinit) struct buffer url = {0};

	sender->batch_lines = spool_read(
		sender->options.spool, SENDER_BATCH_BYTES, sender->lines_max, &sender->batch, err);
	if (sender->batch_lines <= 0) {
		return sender->batch_lines;
	}
	buffer_init(&url, URL_BYTES_MAX);
	buffer_printf(&url, "%.*s/v1/events", TEXT_ARG(sender->url));
	buffer_append_byte(&url, '\0');
	if (url.failed) {
		return error_no_memory(err);
	}
	curl_easy_setopt(sender->easy, CURLOPT_URL, url.data);
	curl_easy_setopt(sender->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(sender->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)sender->batch.size);
	curl_easy_setopt(sender->easy, CURLOPT_POSTFIELDS, sender->batch.data);
	return start(sender, err);
}

/* When the next request is due, by the monotonic clock; negative: nothing is to be sent. */
static int64_t due_us(struct sender *sender, int64_t now_us)
{
	struct spool_counts counts = spool_counts(sender->options.spool);
	int64_t due = -1;

	if (sender->in_flight) {
		return -1;
	}
	if (counts.bytes > 0) {
		sender->since_us = sender->since_us ? sender->since_us : now_us;
		due = sender->since_us + SENDER_BATCH_MS * MS;
		if (sender->hurry || counts.bytes >= (int64_t)SENDER_BATCH_BYTES) {
			due = now_us;
		}
	}
	if (sender->questions.first &&
		CONTAINER_OF(sender->questions.first, struct question, link)->after <=
			counts.acknowledged_bytes) {
		due = now_us;
	}
	return due >= 0 && due < sender->next_us ? sender->next_us : due;
}

static int begin_what_is_due(struct sender *sender, struct error *err)
{
	int64_t now_us = clock_monotonic_us();
	int64_t due = due_us(sender, now_us);
	struct question *first = CONTAINER_OF(sender->questions.first, struct question, link);

	if (due < 0 || due > now_us) {
		return 0;
	}
	if (first && first->after <= spool_counts(sender->options.spool).acknowledged_bytes) {
		return start_question(sender, err);
	}
	sender->hurry = false;
	sender->since_us = 0;
	return start_batch(sender, err);
}

/* ---- what is answered ---- */

static void try_again(struct sender *sender, int64_t in_us)
{
	sender->next_us = clock_monotonic_us() + in_us;
	sender->counts.failures++;
	sender->counts.failing = true;
	if (sender->asking) {
		list_prepend(&sender->questions, &sender->asking->link);
		sender->question_count++;
		sender->asking = NULL;
	}
}

/* Says it once, until another thing is wrong or all is well again. */
static void tell_failure(const struct sender *sender, enum log_level level, const char *why)
{
	char shown[400];

	log_event(sender->counts.failing ? LOG_DEBUG : level, "send-failed", "reason=%s",
		log_value(text_of(why), shown, sizeof(shown)));
}

static void tell_status(const struct sender *sender, enum log_level level, long status)
{
	char why[300];
	char answer[200];

	snprintf(why, sizeof(why), "status %ld: %s", status,
		log_value(text_head(buffer_text(&sender->answer),
				  sender->answer.size < 150 ? sender->answer.size : 150),
			answer, sizeof(answer)));
	tell_failure(sender, level, why);
}

static void back_off(struct sender *sender)
{
	curl_off_t after_s = 0;
	int64_t in_us = sender->retry_us;

	curl_easy_getinfo(sender->easy, CURLINFO_RETRY_AFTER, &after_s);
	if (after_s > 0) {
		in_us = (after_s < RETRY_AFTER_MAX ? after_s : RETRY_AFTER_MAX) * SECOND_US;
	}
	try_again(sender, in_us);
	sender->retry_us *= 2;
	sender->retry_us = sender->retry_us < RETRY_LAST_US ? sender->retry_us : RETRY_LAST_US;
}

static int acknowledge(struct sender *sender, struct error *err)
{
	sender->lines_max = sender->lines_max * 2 < SENDER_BATCH_LINES ? sender->lines_max * 2
								       : SENDER_BATCH_LINES;
	return spool_acknowledge(
		sender->options.spool, sender->batch.size, (uint64_t)sender->batch_lines, err);
}

struct taking {
	struct sender *sender;
	struct error *err;
	bool failed;
};

static int give_up(struct sender *sender, struct text line, struct text session_id,
	struct text reason, struct error *err)
{
	sender->counts.given_up++;
	if (sender->options.given_up) {
		sender->options.given_up(sender->options.context, session_id, reason);
	}
	return spool_reject(sender->options.spool, line, reason, err);
}

static void take_reject(void *context, const struct answer_reject *reject)
{
	struct taking *taking = context;
	struct sender *sender = taking->sender;

	sender->counts.conflicts += reject->held >= 0;
	if (reject->held >= 0 && sender->options.conflict(sender->options.context,
					 reject->session_id, reject->held)) {
		return;
	}
	taking->failed |= give_up(sender, answer_line(buffer_text(&sender->batch), reject->line),
				  reject->session_id, reject->reason, taking->err) < 0;
}

/* Of a request that was refused whole, the line that is wrong is looked for. */
static int refused(struct sender *sender, long status, struct error *err)
{
	struct text reason = buffer_text(&sender->answer);

	if (sender->batch_lines > 1) {
		sender->lines_max = (size_t)sender->batch_lines / 2;
		sender->hurry = true;
		return 0;
	}
	tell_status(sender, LOG_ERROR, status);
	if (give_up(sender, buffer_text(&sender->batch), answer_session(&sender->batch), reason,
		    err) < 0) {
		return -1;
	}
	return acknowledge(sender, err);
}

static int take_batch_answer(struct sender *sender, long status, struct error *err)
{
	struct taking taking = {.sender = sender, .err = err};
	bool listed = (status == 200 || status == 409 || status == 422) &&
		      answer_read_rejects(buffer_text(&sender->answer), take_reject, &taking);

	if (listed) {
		return taking.failed ? -1 : acknowledge(sender, err);
	}
	return status == 200 ? acknowledge(sender, err) : refused(sender, status, err);
}

static int take_held(struct sender *sender, long status, struct error *err)
{
	struct question *question = sender->asking;
	int64_t held = status == 404 ? -1 : answer_count_steps(buffer_text(&sender->answer));

	(void)err;
	sender->asking = NULL;
	sender->options.held(sender->options.context, question->session_id, held);
	free(question);
	return 0;
}

static bool is_for_good(const struct sender *sender, long status)
{
	return sender->asking ? status == 200 || status == 404
			      : status == 200 || status == 400 || status == 409 || status == 413 ||
					status == 422;
}

static int take_answer_whole(struct sender *sender, CURLcode result, struct error *err)
{
	long status = 0;

	curl_easy_getinfo(sender->easy, CURLINFO_RESPONSE_CODE, &status);
	if (result != CURLE_OK) {
		tell_failure(sender, LOG_WARNING, curl_easy_strerror(result));
		back_off(sender);
		return 0;
	}
	if (is_for_good(sender, status)) {
		if (sender->counts.failing) {
			log_event(LOG_INFO, "send-works", "failures=%llu",
				(unsigned long long)sender->counts.failures);
		}
		sender->retry_us = RETRY_FIRST_US;
		sender->counts.failing = false;
		return sender->asking ? take_held(sender, status, err)
				      : take_batch_answer(sender, status, err);
	}
	if (status >= 400 && status < 500 && status != 408 && status != 429) {
		tell_status(sender, LOG_ERROR, status);
		try_again(sender, REFUSED_RETRY_US);
		return 0;
	}
	tell_status(sender, LOG_WARNING, status);
	back_off(sender);
	return 0;
}

static int take_what_is_done(struct sender *sender, struct error *err)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(sender->multi, &left))) {
		CURLcode result = message->data.result;

		if (message->msg != CURLMSG_DONE) {
			continue;
		}
		curl_multi_remove_handle(sender->multi, sender->easy);
		sender->in_flight = false;
		if (take_answer_whole(sender, result, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- waiting ---- */

static int wait_ms(struct sender *sender, int timeout_ms)
{
	int64_t now_us = clock_monotonic_us();
	int64_t due = due_us(sender, now_us);
	int64_t in_ms = due < 0 ? timeout_ms : (due - now_us + MS - 1) / MS;

	in_ms = in_ms < 0 ? 0 : in_ms;
	return in_ms < timeout_ms ? (int)in_ms : timeout_ms;
}

#define WAIT_FDS_MAX 8

int sender_wait(
	struct sender *sender, struct pollfd *fds, size_t count, int timeout_ms, struct error *err)
{
	struct curl_waitfd waits[WAIT_FDS_MAX] = {0};
	int running, ready, found = 0;

	count = count < WAIT_FDS_MAX ? count : WAIT_FDS_MAX;
	if (begin_what_is_due(sender, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		waits[i].fd = fds[i].fd;
		waits[i].events = (short)((fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
					  (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0));
	}
	if (curl_multi_perform(sender->multi, &running) != CURLM_OK ||
		curl_multi_poll(sender->multi, waits, (unsigned int)count,
			wait_ms(sender, timeout_ms), &ready) != CURLM_OK ||
		curl_multi_perform(sender->multi, &running) != CURLM_OK) {
		return error_set(err, ERROR_SYSTEM, "the library for HTTP failed");
	}
	if (take_what_is_done(sender, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		fds[i].revents = (short)((waits[i].revents & CURL_WAIT_POLLIN ? POLLIN : 0) |
					 (waits[i].revents & CURL_WAIT_POLLOUT ? POLLOUT : 0));
		found += fds[i].revents != 0;
	}
	return found;
}

struct sender_counts sender_counts(const struct sender *sender)
{
	struct sender_counts counts = sender->counts;

	counts.is_idle = !sender->in_flight && !sender->questions.first &&
			 spool_counts(sender->options.spool).bytes == 0;
	return counts;
}
