/* SPDX-License-Identifier: MIT
 * GET /v1/hooks and /v1/hooks/{id}: who is told of the account's calls. GET
 * /v1/hooks/{id}/failures: what was not taken. DELETE /v1/hooks/{id}. */
#include "api/job.h"
#include "api/parameters.h"
#include "hook/hook.h"

#define FAILURES_MAX 1000 /* in one answer */

/* What one is taken to need before it was read: itself, and in the answer. */
#define HOOK_BYTES_GUESS    ((size_t)16384)
#define FAILURE_BYTES_GUESS ((size_t)1024)
#define BYTES_MIN	    ((size_t)16384)

struct wanted {
	int64_t hook_id;
	int64_t limit;
	int64_t after;
};

/* The id in the address; 0, which no hook has, where it is not a number. */
static int64_t id_of(const struct job *job)
{
	int64_t id = 0;

	(void)text_to_int64(job->request->parameters[0], &id);
	return id;
}

bool v1_hooks_prepare(struct job *job)
{
	job->wanted_bytes = BYTES_MIN + STORE_HOOKS_MAX * HOOK_BYTES_GUESS;
	return true;
}

int v1_hooks_ask(struct job *job, struct error *err)
{
	struct store_hook *hooks;
	size_t count;

	if (store_hook_list(job->api->options.store, job->access.account_id, 0, &job->arena, &hooks,
		    &count, err) < 0) {
		return -1;
	}
	buffer_append(&job->body, TEXT("{\"hooks\":["));
	for (size_t i = 0; i < count; i++) {
		buffer_append(&job->body, i > 0 ? TEXT(",") : TEXT(""));
		hook_write(&job->body, &hooks[i], false);
	}
	buffer_append(&job->body, TEXT("]}"));
	return 0;
}

bool v1_hook_prepare(struct job *job)
{
	struct wanted *wanted = job_own(job, sizeof(*wanted));

	if (!wanted) {
		return false;
	}
	wanted->hook_id = id_of(job);
	job->wanted_bytes = BYTES_MIN + HOOK_BYTES_GUESS;
	return true;
}

/* Returns 1 when it is there. */
static int find(struct job *job, struct store_hook **ret_hook, struct error *err)
{
	const struct wanted *wanted = job->own;
	size_t count = 0;

	if (wanted->hook_id > 0 &&
		store_hook_list(job->api->options.store, job->access.account_id, wanted->hook_id,
			&job->arena, ret_hook, &count, err) < 0) {
		return -1;
	}
	return count > 0 ? 1 : job_missing(job, err, "the account has no such hook");
}

int v1_hook_ask(struct job *job, struct error *err)
{
	struct store_hook *hook;
	int found = find(job, &hook, err);

	if (found > 0) {
		hook_write(&job->body, hook, false);
	}
	return found < 0 ? -1 : 0;
}

bool v1_hook_failures_prepare(struct job *job)
{
	struct wanted *wanted;

	if (!v1_hook_prepare(job)) {
		return false;
	}
	wanted = job->own;
	wanted->limit = FAILURES_MAX;
	if (!parameters_integer(job, "limit", 1, FAILURES_MAX, &wanted->limit) ||
		!parameters_integer(job, "cursor", 0, INT64_MAX, &wanted->after)) {
		return false;
	}
	job->wanted_bytes += (size_t)wanted->limit * FAILURE_BYTES_GUESS;
	return true;
}

static void write_failures(
	struct buffer *body, const struct store_hook_failure *failures, size_t count, size_t limit)
{
	size_t shown = count < limit ? count : limit;

	buffer_append(body, TEXT("{\"failures\":["));
	for (size_t i = 0; i < shown; i++) {
		buffer_append(body, i > 0 ? TEXT(",") : TEXT(""));
		hook_write_failure(body, &failures[i]);
	}
	if (count > shown) {
		buffer_printf(body, "],\"next\":\"%lld\"}", (long long)failures[shown - 1].id);
	} else {
		buffer_append(body, TEXT("],\"next\":null}"));
	}
}

int v1_hook_failures_ask(struct job *job, struct error *err)
{
	const struct wanted *wanted = job->own;
	struct store_hook_failure *failures;
	struct store_hook *hook;
	int found = find(job, &hook, err);
	size_t count;

	if (found <= 0) {
		return found;
	}
	/* One more tells whether there is a next page. */
	if (store_hook_failures(job->api->options.store, job->access.account_id, wanted->hook_id,
		    wanted->after, wanted->limit + 1, false, &job->arena, &failures, &count,
		    err) < 0) {
		return -1;
	}
	write_failures(&job->body, failures, count, (size_t)wanted->limit);
	return 0;
}

enum http_step v1_hook_delete_begin(struct job *job)
{
	int64_t id = id_of(job);
	char subject[64];
	struct error err;
	int done = store_hook_remove(job->api->options.store, job->access.account_id, id, &err);

	if (done < 0) {
		return answer_failure(job->response, &err);
	}
	if (done == 0) {
		return answer_error(job->response, 404, "the account has no such hook");
	}
	snprintf(subject, sizeof(subject), "hook %lld", (long long)id);
	if (audit_write(job, "remove-hook", subject, &err) < 0) {
		return answer_failure(job->response, &err);
	}
	job->response->status = 204;
	return HTTP_DONE;
}
