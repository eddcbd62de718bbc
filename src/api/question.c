/* SPDX-License-Identifier: MIT
 * The way of a question: claim, ask, answer. */
#include "api/question.h"

#include "api/access.h"
#include "api/answer.h"
#include "api/gzip_stream.h"
#include "api/query.h"
#include "base/clock.h"

#define BODY_MAX ((size_t)256 << 20)

#define LOOK_EVERY_US INT64_C(50000)

/* What a question holds while it waits for its turn. */
#define WAITING_BYTES ((size_t)16384)

/* Whether memory is claimed before the question waits for a worker. What most need is claimed when its turn comes instead, past the
 * ceiling at need: so those that wait hold nothing that others' pages wait for. It is so little that all workers together stay below half of
 * the ceiling. */
static bool claims_first(const struct question *question)
{
	size_t workers = workers_count(question->api->workers);

	return question->quick ||
	       question->wanted_bytes > question->api->page_memory.max_bytes / 2 / workers;
}

/* ---- on the worker's thread ---- */

static int compress(struct question *question, struct error *err)
{
	AUTO(buffer_deinit) struct buffer plain = question->body;

	buffer_init(&question->body, BODY_MAX);
	gzip_text(buffer_text(&plain), &question->body);
	return question->body.failed ? error_no_memory(err) : 0;
}

/* Whether nobody waits for the answer any more. The socket is looked at now and then only: a look is a system call. */
static bool given_up(void *context)
{
	struct question *question = context;
	int64_t now_us = clock_monotonic_us();

	if (question->job.cancelled) {
		return true;
	}
	if (now_us < question->look_at_us) {
		return false;
	}
	question->look_at_us = now_us + LOOK_EVERY_US;
	return http_request_gone(question->request);
}

static int ask(struct question *question, struct error *err)
{
	int64_t now_us = clock_monotonic_us();

	question->search.deadline_us = now_us + question->api->options.query_time_max_ms * 1000;
	question->search.given_up = given_up;
	question->search.given_up_context = question;
	question->look_at_us = now_us + LOOK_EVERY_US;
	if (question->ask(question, err) < 0) {
		return -1;
	}
	if (question->body.failed) {
		return error_no_memory(err);
	}
	return question->gzip && question->body.size > 0 ? compress(question, err) : 0;
}

static void run(struct worker_job *job)
{
	struct question *question = (struct question *)(void *)job;

	question->look_at_us = 0;
	if (given_up(question)) {
		question->result = error_set(
			&question->err, ERROR_BUSY, "nobody waits for the answer any more");
		return;
	}
	if (!claims_first(question)) {
		page_memory_settle(
			&question->api->page_memory, &question->claim, question->wanted_bytes);
	}
	question->result = ask(question, &question->err);
}

static void done(struct worker_job *job)
{
	struct question *question = (struct question *)(void *)job;

	http_request_wake(question->request);
}

/* ---- on the connection's thread ---- */

struct question *question_create(struct api *api, struct http_request *request,
	struct http_response *response, size_t size, size_t wanted_bytes, bool filtered)
{
	struct retention retention;
	struct question *question;
	struct filter filter;

	filter_init(&filter);
	if (!access_check(api, request, response, STORE_SCOPE_READ, &retention) ||
		(filtered && !query_filter(request, response, api->options.now(),
				     &api->options.prefixes, &filter))) {
		return NULL;
	}
	question = arena_calloc(&request->arena, 1, size);
	if (!question) {
		answer_error(response, 503, "out of memory");
		return NULL;
	}
	question->job.account_id = request->account_id;
	question->job.run = run;
	question->job.done = done;
	question->api = api;
	question->request = request;
	question->gzip = answer_gzip(request);
	question->retention = retention;
	question->filter = filter;
	question->filter.start = retention_start(&retention, filter.start);
	question->search = (struct store_search){
		.account_id = request->account_id,
		.filter = &question->filter,
		.detail_after = retention.detail_after,
	};
	question->wanted_bytes = wanted_bytes;
	request->user = question;
	return question;
}

static bool claim(struct question *question)
{
	struct page_memory *memory = &question->api->page_memory;

	if (question->claim.bytes > 0) {
		return page_memory_held(memory, &question->claim);
	}
	if (question->wanted_bytes > memory->max_bytes) {
		question->wanted_bytes = memory->max_bytes;
	}
	return page_memory_claim(memory, &question->claim, question->request,
		claims_first(question) ? question->wanted_bytes : WAITING_BYTES);
}

static int begin(struct question *question, struct http_response *response)
{
	struct error err;

	arena_init_pooled(&question->arena, question->wanted_bytes, &question->api->page_blocks);
	buffer_init(&question->body, BODY_MAX);
	question->begun = true;
	if (question->quick) {
		question->result = ask(question, &question->err);
		return 0;
	}
	if (workers_submit(question->api->workers, &question->job, &err) < 0) {
		answer_error(response, err.code == ERROR_BUSY ? 429 : 503, err.message);
		return -1;
	}
	return 0;
}

static void answer_late(struct http_response *response, const struct api *api)
{
	char sentence[160];

	snprintf(sentence, sizeof(sentence),
		"the question took longer than the %g s that one may (--query-time-max): narrow "
		"it, by start and end for one",
		(double)api->options.query_time_max_ms / 1000);
	answer_error(response, 503, sentence);
}

/* Answers for a question that failed, unless a larger claim may help: then returns true. */
static bool want_more(struct question *question, struct http_response *response)
{
	struct page_memory *memory = &question->api->page_memory;

	switch (question->err.code) {
	case ERROR_TOO_LARGE:
		break;
	case ERROR_TIMEOUT:
		answer_late(response, question->api);
		return false;
	case ERROR_INVALID:
		return query_refuse_error(response, &question->err);
	case ERROR_BUSY:
		answer_error(response, 503, "the store is busy: try again");
		return false;
	default:
		answer_failure(response, &question->err);
		return false;
	}
	if (question->wanted_bytes >= memory->max_bytes) {
		answer_error(response, 503,
			"the answer needs more memory than the server gives: narrow the question, "
			"or ask with a smaller limit");
		return false;
	}
	arena_deinit(&question->arena);
	buffer_deinit(&question->body);
	page_memory_release(memory, &question->claim);
	question->wanted_bytes *= 2;
	question->begun = false;
	return true;
}

int question_run(struct question *question, struct http_response *response)
{
	do {
		if (!claim(question)) {
			return 0;
		}
		if (!question->begun && begin(question, response) < 0) {
			return -1;
		}
		if (!question->quick && !workers_done(question->api->workers, &question->job)) {
			return 0;
		}
		if (question->result == 0) {
			page_memory_settle(&question->api->page_memory, &question->claim,
				question->arena.used_bytes + question->body.capacity + 1);
			return 1;
		}
	} while (want_more(question, response));
	return -1;
}

int question_ask_again(struct question *question, struct error *err)
{
	question->job.follows = true;
	return workers_submit(question->api->workers, &question->job, err);
}

int question_over(struct question *question, struct error *err)
{
	if (!workers_done(question->api->workers, &question->job)) {
		return 0;
	}
	if (question->result < 0) {
		*err = question->err;
		return -1;
	}
	return 1;
}

enum http_step question_answer(struct question *question, struct http_response *response)
{
	response->status = 200;
	response->text = buffer_text(&question->body);
	answer_typed(response, "application/json", question->gzip);
	return HTTP_DONE;
}

void question_release(void *context, struct http_request *request)
{
	struct api *api = context;
	struct question *question = request->user;

	if (question) {
		workers_cancel(api->workers, &question->job);
		arena_deinit(&question->arena);
		buffer_deinit(&question->body);
		page_memory_release(&api->page_memory, &question->claim);
	}
}
