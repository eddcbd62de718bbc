/* SPDX-License-Identifier: MIT
 * The way of a job: let in, prepare, claim, ask, count, answer. */
#include "api/job.h"

#include <stdlib.h>

#include "api/gzip_stream.h"
#include "api/parameters.h"
#include "base/clock.h"

#define BODY_MAX      ((size_t)256 << 20)
#define LOOK_EVERY_US INT64_C(50000)

/* What a job holds while it waits for its turn. */
#define WAITING_BYTES ((size_t)16384)

/* A smaller body stays where it was written. */
#define PLACED_MIN ((size_t)65536)

/* ---- asking, perhaps on a worker's thread ---- */

struct store_view *job_view(struct job *job, struct error *err)
{
	if (!job->view.store && store_view_open(&job->view, job->api->options.store, err) < 0) {
		return NULL;
	}
	return &job->view;
}

int job_missing(struct job *job, struct error *err, const char *format, ...)
{
	va_list values;
	char sentence[512];

	va_start(values, format);
	vsnprintf(sentence, sizeof(sentence), format, values);
	va_end(values);
	job->missing = arena_copy(&job->memory, text_of(sentence));
	return job->missing.data ? 0 : error_no_memory(err);
}

static size_t held_bytes(const struct job *job)
{
	return job->arena.used_bytes + job->body.capacity + job->beside_bytes + 1;
}

int job_afford(struct job *job, size_t beside_bytes, struct error *err)
{
	job->beside_bytes = beside_bytes;
	if (memory_grow(&job->api->memory, &job->claim, held_bytes(job))) {
		return 0;
	}
	job->needed_bytes = held_bytes(job);
	return error_set(err, ERROR_TOO_LARGE, "the answer needs more memory than was claimed");
}

static int compress(struct job *job, struct error *err)
{
	AUTO(buffer_deinit) struct buffer plain = job->body;

	buffer_init(&job->body, BODY_MAX);
	gzip_text(buffer_text(&plain), &job->body);
	return job->body.failed ? error_no_memory(err) : 0;
}

/* A body that is not small takes the place of what it was made of: in the arena it can be moved
 * into a file. */
static int place(struct job *job, struct error *err)
{
	arena_deinit(&job->arena);
	job->arena.ceiling_bytes = SIZE_MAX;
	job->text = buffer_text(&job->body);
	if (job->text.size < PLACED_MIN) {
		return 0;
	}
	job->text = arena_copy(&job->arena, job->text);
	buffer_deinit(&job->body);
	return job->text.data ? 0 : error_no_memory(err);
}

static int place_body(struct job *job, struct error *err)
{
	if (job->body.failed) {
		return error_no_memory(err);
	}
	if (job->body.size == 0) {
		return 0;
	}
	return job->gzip && compress(job, err) < 0 ? -1 : place(job, err);
}

/* Whether nobody waits for the answer any more. The socket is looked at now and then only: a look
 * is a system call. */
static bool given_up(void *context)
{
	struct job *job = context;
	int64_t now_us;
	bool gone;

	if (job->work.cancelled) {
		return true;
	}
	now_us = clock_monotonic_us();
	if (now_us < job->look_at_us) {
		return false;
	}
	job->look_at_us = now_us + LOOK_EVERY_US;
	pthread_mutex_lock(&job->lock);
	gone = job->gone || http_request_gone(job->request);
	pthread_mutex_unlock(&job->lock);
	return gone;
}

/* What was found goes, and what finding it took is told instead. */
static void explain(struct job *job)
{
	explain_end(&job->explain);
	job->pieces = NULL;
	job->piece_count = 0;
	job->pulled = (struct http_body){0};
	job->beside_bytes = 0;
	buffer_clear(&job->body);
	explain_write(&job->body, &job->explain);
}

static int ask_endpoint(struct job *job, struct error *err)
{
	if (job->explains) {
		explain_begin(&job->explain);
		job->search.cost = &job->explain.cost;
	}
	if (job->endpoint->ask(job, err) < 0) {
		return -1;
	}
	if (job->explains) {
		explain(job);
	}
	return 0;
}

static int ask(struct job *job, struct error *err)
{
	int64_t now_us = clock_monotonic_us();

	job->search.deadline_us = now_us + job->api->options.query_time_max_ms * 1000;
	job->search.given_up = given_up;
	job->search.given_up_context = job;
	job->look_at_us = now_us + LOOK_EVERY_US;
	buffer_init(&job->body, BODY_MAX);
	/* What is composed comes on top, where little is claimed for many calls. */
	arena_init_pooled(&job->arena,
		job->wanted_bytes -
			(job->composed_bytes < job->wanted_bytes / 2 ? job->composed_bytes : 0),
		&job->api->blocks);
	if (ask_endpoint(job, err) < 0 || place_body(job, err) < 0) {
		return -1;
	}
	return job_afford(job, job->beside_bytes, err);
}

/* What most jobs need is claimed when their turn comes, if there is room: so those that wait hold
 * nothing that others' answers wait for. */
static bool claims_all(const struct job *job)
{
	size_t workers = workers_count(job->api->workers);

	return job->quick || job->claims_first ||
	       job->wanted_bytes > job->api->memory.max_bytes / 2 / workers;
}

static void run(struct work *work)
{
	struct job *job = (struct job *)(void *)work;

	job->look_at_us = 0;
	if (given_up(job)) {
		job->result =
			error_set(&job->err, ERROR_BUSY, "nobody waits for the answer any more");
		return;
	}
	job->no_room =
		!claims_all(job) && !memory_grow(&job->api->memory, &job->claim, job->wanted_bytes);
	if (!job->no_room) {
		job->result = ask(job, &job->err);
	}
	store_view_close(&job->view);
}

static void done(struct work *work)
{
	struct job *job = (struct job *)(void *)work;

	http_request_wake(job->request);
}

/* ---- on the connection's thread, or an errand's ---- */

static bool claim(struct job *job)
{
	struct memory *memory = &job->api->memory;

	if (job->wanted_bytes > memory->max_bytes) {
		job->wanted_bytes = memory->max_bytes;
	}
	return memory_claim(memory, &job->claim, job->request,
		claims_all(job) ? job->wanted_bytes : WAITING_BYTES);
}

/* Gives up what was claimed and found. */
static void drop(struct job *job)
{
	memory_release(&job->api->memory, &job->claim);
	arena_deinit(&job->arena);
	buffer_deinit(&job->body);
	job->text = job->missing = (struct text){0};
	job->pieces = NULL;
	job->piece_count = 0;
	job->pulled = (struct http_body){0};
	job->beside_bytes = 0;
	job->needed_bytes = 0;
	job->begun = job->no_room = false;
}

/* Prepares to ask again with more memory, or when there is some. False: that does not help. */
static bool want_more(struct job *job)
{
	size_t wanted = job->wanted_bytes;

	if (job->no_room) {
		job->claims_first = true;
		drop(job);
		return true;
	}
	if (job->err.code != ERROR_TOO_LARGE || wanted >= job->api->memory.max_bytes) {
		return false;
	}
	job->wanted_bytes = job->needed_bytes > 2 * wanted ? job->needed_bytes : 2 * wanted;
	drop(job);
	return true;
}

/* From the claim on. 1 it was asked, 0 it has to wait, negative when it failed. */
static int advance(struct job *job, struct error *err)
{
	struct api *api = job->api;

	do {
		enum claim_state state = memory_state(&api->memory, &job->claim);

		if (state == CLAIM_WAITING || (state == CLAIM_NONE && !claim(job))) {
			return 0;
		}
		if (state == CLAIM_REFUSED) {
			return -1;
		}
		if (!job->begun && job->quick) {
			job->result = ask(job, &job->err);
		} else if (!job->begun && workers_submit(api->workers, &job->work, err) < 0) {
			return -1;
		}
		job->begun = true;
		if (!job->quick && workers_state(api->workers, &job->work) != WORK_DONE) {
			return 0;
		}
		if (job->result == 0 && !job->no_room) {
			memory_settle(&api->memory, &job->claim, held_bytes(job), &job->arena);
			return 1;
		}
	} while (want_more(job));
	*err = job->err;
	return -1;
}

static bool is_refused(struct job *job)
{
	return memory_state(&job->api->memory, &job->claim) == CLAIM_REFUSED;
}

void job_ask_again(struct job *job)
{
	drop(job);
	job->work.follows = true;
	job->quick = false;
}

int job_over(struct job *job, struct error *err)
{
	int done = advance(job, err);

	if (done < 0 && is_refused(job)) {
		/* Its client has a part already, and is not told to come again: it goes on waiting,
		 * and holds nothing. */
		drop(job);
		return advance(job, err);
	}
	return done;
}

/* ---- answering ---- */

static enum http_step answer_late(struct job *job)
{
	char sentence[160];

	atomic_fetch_add(&job->api->counts.query_timeouts, 1);
	snprintf(sentence, sizeof(sentence),
		"the question took longer than the %g s that one may (--query-time-max): narrow "
		"it, by start and end for one",
		(double)job->api->options.query_time_max_ms / 1000);
	return answer_error(job->response, 503, sentence);
}

/* What is said of a job that was asked and failed. A page of /api knows fewer reasons. */
static enum http_step answer_asked(struct job *job)
{
	enum error_code code = job->err.code;

	if (code == ERROR_NO_MEMORY) {
		return answer_error(job->response, 503, "out of memory");
	}
	if (code == ERROR_TOO_LARGE) {
		return answer_error(job->response, 503,
			job->is_page
				? "the page needs more memory than the server gives to pages: ask "
				  "with a smaller limit"
				: "the answer needs more memory than the server gives: narrow the "
				  "question, or ask with a smaller limit");
	}
	if (job->is_page) {
		return answer_failure(job->response, &job->err);
	}
	switch (code) {
	case ERROR_TIMEOUT:
		return answer_late(job);
	case ERROR_INVALID:
		parameters_refuse_error(job, &job->err);
		return HTTP_DONE;
	case ERROR_BUSY:
		answer_store_failed(job->request);
		return answer_error(job->response, 503, "the store is busy: try again");
	default:
		return answer_failure(job->response, &job->err);
	}
}

static enum http_step answer_failed(struct job *job, const struct error *err)
{
	if (is_refused(job)) {
		return answer_crowded(job->response);
	}
	if (job->begun) {
		return answer_asked(job);
	}
	/* No worker took it. */
	atomic_fetch_add(&job->api->counts.query_refused, err->code == ERROR_BUSY);
	return answer_error(job->response, err->code == ERROR_BUSY ? 429 : 503, err->message);
}

static enum http_step answer(struct job *job)
{
	struct http_response *response = job->response;

	if (job->calls >= 0) {
		audit_calls(job, job->calls);
	}
	if (job->missing.data) {
		return answer_error(response, 404, job->missing.data);
	}
	response->status = 200;
	response->text = job->text;
	response->pieces = job->pieces;
	response->piece_count = job->piece_count;
	response->body = job->pulled;
	if (job->endpoint->answer) {
		job->endpoint->answer(job);
	}
	answer_as(response, job->endpoint->answers, job->format, job->gzip);
	return HTTP_DONE;
}

/* ---- the handlers ---- */

static bool prepare(struct job *job)
{
	const struct endpoint *endpoint = job->endpoint;

	if (endpoint->scope != ENDPOINT_OPEN && !credentials_check(job, endpoint->scope)) {
		return false;
	}
	job->work.account_id = job->access.account_id;
	job->retention = retention_at(&job->access.days, job->api->options.now());
	if (endpoint->answers) {
		job->format = answer_choose(job->request, endpoint->answers, &job->gzip);
	}
	job->prepared = !endpoint->prepare || endpoint->prepare(job);
	return job->prepared;
}

static enum http_step begin(struct job *job)
{
	struct error err;
	int done;

	if (!job->prepared && (!prepare(job) || !job->quick)) {
		/* A worker opens another one, which is not for this thread to close. */
		store_view_close(&job->view);
	}
	if (!job->prepared) {
		return HTTP_DONE;
	}
	if (!job->endpoint->ask) {
		return job->endpoint->begin(job);
	}
	done = advance(job, &err);
	if (job->quick) {
		store_view_close(&job->view);
	}
	if (done == 0) {
		return HTTP_AGAIN;
	}
	return done > 0 ? answer(job) : answer_failed(job, &err);
}

void *job_own(struct job *job, size_t size)
{
	job->own = arena_calloc(&job->memory, 1, size);
	if (!job->own) {
		answer_error(job->response, 503, "out of memory");
	}
	return job->own;
}

static enum http_step finish(struct job *job)
{
	enum http_step step = job->endpoint->finish(job);

	store_view_close(&job->view);
	return step;
}

static struct job *create(
	struct api *api, struct http_request *request, struct http_response *response)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job) {
		job->work.run = run;
		job->work.done = done;
		job->api = api;
		job->endpoint = api_endpoint(api, request);
		job->request = request;
		job->response = response;
		job->calls = -1;
		job->note.calls = -1;
		pthread_mutex_init(&job->lock, NULL);
		arena_init(&job->memory, request->arena.ceiling_bytes);
		request->user = job;
	}
	return job;
}

/* ---- errands: handlers on a thread that may wait. Meanwhile that thread alone works with the
 * request: nothing ends it (http_request.busy) ---- */

static void run_errand(struct work *work)
{
	struct job *job = CONTAINER_OF(work, struct job, errand);

	job->step = job->handler(job);
}

static void errand_done(struct work *work)
{
	struct job *job = CONTAINER_OF(work, struct job, errand);

	job->request->busy = false;
	http_request_wake(job->request);
}

/* An embedded store is asked whose key it is, which is short. Asking one behind a network is what
 * the errand is for: there each key has a lane. */
static int64_t lane_of(const struct job *job)
{
	struct text header = http_header(job->request, "Authorization");
	int64_t account_id;

	if (!store_is_remote(job->api->options.store) &&
		credentials_account(job->api, job->request, &account_id)) {
		return account_id;
	}
	return -1 - (int64_t)(hash_text(&job->api->strangers, header) % LANES_STRANGERS);
}

/* Whether the job waits for memory or a worker: its handler has nothing to do. */
static bool is_waiting(struct job *job)
{
	enum work_state state = workers_state(job->api->workers, &job->work);

	return state == WORK_WAITING || state == WORK_RUNNING ||
	       memory_state(&job->api->memory, &job->claim) == CLAIM_WAITING;
}

static enum http_step run_on_errand(struct job *job, endpoint_step *handler)
{
	struct workers *errands = job->api->errands;
	enum work_state state = workers_state(errands, &job->errand);
	struct error err;

	if (state == WORK_WAITING || state == WORK_RUNNING) {
		return HTTP_AGAIN;
	}
	if (state == WORK_DONE && job->handler == handler &&
		(job->step != HTTP_AGAIN || is_waiting(job))) {
		return job->step;
	}
	job->handler = handler;
	job->errand.account_id = lane_of(job);
	job->errand.run = run_errand;
	job->errand.done = errand_done;
	/* There are no more than connections. */
	job->errand.follows = true;
	job->request->busy = true;
	if (workers_submit(errands, &job->errand, &err) < 0) {
		job->request->busy = false;
		return answer_error(job->response, 503, err.message);
	}
	return HTTP_AGAIN;
}

/* ---- what the HTTP server calls ---- */

enum http_step job_begin(
	void *context, struct http_request *request, struct http_response *response)
{
	struct api *api = context;
	struct job *job = request->user ? request->user : create(api, request, response);
	enum endpoint_waits waits;

	if (!job) {
		return answer_error(response, 503, "out of memory");
	}
	waits = job->endpoint->waits;
	return waits == ENDPOINT_WAITS_ALWAYS || (waits == ENDPOINT_WAITS_REMOTE &&
							 store_is_remote(api->options.store))
		       ? run_on_errand(job, begin)
		       : begin(job);
}

size_t job_data(void *context, struct http_request *request, const char *data, size_t size)
{
	struct job *job = request->user;

	(void)context;
	return job->endpoint->data(job, data, size);
}

enum http_step job_finish(
	void *context, struct http_request *request, struct http_response *response)
{
	struct job *job = request->user;

	(void)context;
	(void)response;
	return job->endpoint->finish_waits ? run_on_errand(job, finish) : finish(job);
}

/* On any thread: the request may be over for long. */
static void free_job(struct work *work)
{
	struct job *job = (struct job *)(void *)work;

	drop(job);
	if (job->endpoint->release) {
		job->endpoint->release(job);
	}
	arena_deinit(&job->memory);
	pthread_mutex_destroy(&job->lock);
	free(job);
}

void job_release(void *context, struct http_request *request)
{
	struct api *api = context;
	struct job *job = request->user;

	if (!job) {
		return;
	}
	if (job->handler) {
		/* It waits only where the server stops. */
		workers_cancel(api->errands, &job->errand);
	}
	pthread_mutex_lock(&job->lock);
	job->gone = true;
	pthread_mutex_unlock(&job->lock);
	workers_leave(api->workers, &job->work, free_job);
}
