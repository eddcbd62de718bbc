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

/* A smaller body stays where it was written. */
#define PLACED_MIN ((size_t)65536)

/* Whether memory is claimed before the question waits for a worker. What most need is claimed when
 * its turn comes instead, if there is room: so those that wait hold nothing that others' pages wait
 * for. */
static bool claims_first(const struct question *question)
{
	size_t workers = workers_count(question->api->workers);

	return question->quick || question->claims_all ||
	       question->wanted_bytes > question->api->memory.max_bytes / 2 / workers;
}

/* ---- on the worker's thread ---- */

static int compress(struct question *question, struct error *err)
{
	AUTO(buffer_deinit) struct buffer plain = question->body;

	buffer_init(&question->body, BODY_MAX);
	gzip_text(buffer_text(&plain), &question->body);
	return question->body.failed ? error_no_memory(err) : 0;
}

/* A body that is not small takes the place of what it was made of: in the arena it can be moved
 * into a file. */
static int place_body(struct question *question, struct error *err)
{
	size_t ceiling = question->arena.ceiling_bytes;
	struct text text = buffer_text(&question->body);
	char *copy;

	arena_deinit(&question->arena);
	question->text = text;
	if (text.size < PLACED_MIN) {
		return 0;
	}
	question->arena.ceiling_bytes = SIZE_MAX;
	copy = arena_alloc(&question->arena, text.size);
	question->arena.ceiling_bytes = ceiling;
	if (!copy) {
		return error_no_memory(err);
	}
	memcpy(copy, text.data, text.size);
	buffer_deinit(&question->body);
	question->text.data = copy;
	return 0;
}

static size_t held_bytes(const struct question *question)
{
	return question->arena.used_bytes + question->body.capacity + question->beside_bytes + 1;
}

/* Counts what the answer holds. */
static int count(struct question *question, struct error *err)
{
	size_t bytes = held_bytes(question);

	if (memory_grow(&question->api->memory, &question->claim, bytes)) {
		return 0;
	}
	question->needed_bytes = bytes;
	return error_set(err, ERROR_TOO_LARGE, "the answer needs more memory than was claimed");
}

/* Whether nobody waits for the answer any more. The socket is looked at now and then only: a look
 * is a system call. */
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
	if (question->body.size > 0 && ((question->gzip && compress(question, err) < 0) ||
					       place_body(question, err) < 0)) {
		return -1;
	}
	return count(question, err);
}

/* Where a question claims nothing before its turn, what it wants is claimed now, or it waits for
 * memory and then for another turn. */
static bool has_room(struct question *question)
{
	question->no_room =
		!claims_first(question) &&
		!memory_grow(&question->api->memory, &question->claim, question->wanted_bytes);
	return !question->no_room;
}

static void run(struct work *job)
{
	struct question *question = (struct question *)(void *)job;

	question->look_at_us = 0;
	if (given_up(question)) {
		question->result = error_set(
			&question->err, ERROR_BUSY, "nobody waits for the answer any more");
		return;
	}
	if (has_room(question)) {
		question->result = ask(question, &question->err);
	}
}

static void done(struct work *job)
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
				     &api->options.prefixes, &request->arena, &filter))) {
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
	struct memory *memory = &question->api->memory;

	if (question->wanted_bytes > memory->max_bytes) {
		question->wanted_bytes = memory->max_bytes;
	}
	return memory_claim(memory, &question->claim, question->request,
		claims_first(question) ? question->wanted_bytes : WAITING_BYTES);
}

static int begin(struct question *question, struct error *err)
{
	arena_init_pooled(&question->arena, question->wanted_bytes, &question->api->page_blocks);
	buffer_init(&question->body, BODY_MAX);
	question->no_room = false;
	if (question->quick) {
		question->result = ask(question, &question->err);
	} else if (workers_submit(question->api->workers, &question->job, err) < 0) {
		return -1;
	}
	question->begun = true;
	return 0;
}

/* Gives up what was claimed and found. */
static void drop(struct question *question)
{
	memory_release(&question->api->memory, &question->claim);
	arena_deinit(&question->arena);
	buffer_deinit(&question->body);
	question->text = (struct text){0};
	question->needed_bytes = 0;
	question->begun = false;
}

/* Prepares to ask again with more memory, or when there is some. Returns false where that does not
 * help. */
static bool want_more(struct question *question)
{
	size_t wanted = question->wanted_bytes;

	if (question->no_room) {
		question->claims_all = true;
		drop(question);
		return true;
	}
	if (question->err.code != ERROR_TOO_LARGE || wanted >= question->api->memory.max_bytes) {
		return false;
	}
	question->wanted_bytes =
		question->needed_bytes > 2 * wanted ? question->needed_bytes : 2 * wanted;
	drop(question);
	return true;
}

/* Goes on with what is begun. 1 it was asked, 0 it has to wait, negative when it failed. */
static int go_on(struct question *question, struct error *err)
{
	if (!question->begun && begin(question, err) < 0) {
		return -1;
	}
	if (!question->quick &&
		workers_state(question->api->workers, &question->job) != WORK_DONE) {
		return 0;
	}
	if (question->result == 0 && !question->no_room) {
		memory_settle(&question->api->memory, &question->claim, held_bytes(question),
			&question->arena);
		return 1;
	}
	*err = question->err;
	return -1;
}

/* From the claim on. 1 it was asked, 0 it has to wait, negative when it failed. */
static int advance(struct question *question, struct error *err)
{
	int done;

	for (;;) {
		switch (memory_state(&question->api->memory, &question->claim)) {
		case CLAIM_NONE:
			if (!claim(question)) {
				return 0;
			}
			break;
		case CLAIM_WAITING:
			return 0;
		case CLAIM_REFUSED:
			return -1;
		case CLAIM_HELD:
			break;
		}
		done = go_on(question, err);
		if (done >= 0 || !question->begun || !want_more(question)) {
			return done;
		}
	}
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

/* Answers for a question that was asked and failed. */
static void answer_failed(struct question *question, struct http_response *response)
{
	switch (question->err.code) {
	case ERROR_TOO_LARGE:
		answer_error(response, 503,
			"the answer needs more memory than the server gives: narrow the question, "
			"or ask with a smaller limit");
		return;
	case ERROR_TIMEOUT:
		answer_late(response, question->api);
		return;
	case ERROR_INVALID:
		query_refuse_error(response, &question->err);
		return;
	case ERROR_BUSY:
		answer_error(response, 503, "the store is busy: try again");
		return;
	default:
		answer_failure(response, &question->err);
	}
}

static bool is_refused(const struct question *question)
{
	return memory_state(&question->api->memory, &question->claim) == CLAIM_REFUSED;
}

int question_run(struct question *question, struct http_response *response)
{
	struct error err;
	int done = advance(question, &err);

	if (done >= 0) {
		return done;
	}
	if (is_refused(question)) {
		answer_crowded(response);
	} else if (!question->begun) {
		/* No worker took it. */
		answer_error(response, err.code == ERROR_BUSY ? 429 : 503, err.message);
	} else {
		answer_failed(question, response);
	}
	return -1;
}

void question_ask_again(struct question *question)
{
	drop(question);
	question->job.follows = true;
	question->quick = false;
}

int question_over(struct question *question, struct error *err)
{
	int done = advance(question, err);

	if (done < 0 && is_refused(question)) {
		/* Its client has a part already, and is not told to come again: it goes on waiting,
		 * and holds nothing. */
		drop(question);
		return advance(question, err);
	}
	return done;
}

enum http_step question_answer(struct question *question, struct http_response *response)
{
	response->status = 200;
	response->text = question->text;
	answer_typed(response, "application/json", question->gzip);
	return HTTP_DONE;
}

void question_release(void *context, struct http_request *request)
{
	struct api *api = context;
	struct question *question = request->user;

	if (question) {
		workers_cancel(api->workers, &question->job);
		drop(question);
	}
}
