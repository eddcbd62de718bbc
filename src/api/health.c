/* SPDX-License-Identifier: MIT
 * GET /healthz: the process is there. GET /readyz: it goes on, and its store answers. Neither asks
 * for credentials. */
#include "api/job.h"

static enum http_step say(struct http_response *response, int status, struct text body)
{
	response->status = status;
	response->text = body;
	answer_as(response, &answer_plain, 0, false);
	return HTTP_DONE;
}

enum http_step healthz_begin(struct job *job)
{
	return say(job->response, 200, TEXT("{\"status\":\"ok\"}"));
}

/* How near the disk's cap is, in a word: how much the store holds is not told without
 * a key. */
static struct text ready_body(const struct api *api)
{
	static const char *const bodies[] = {
		[SWEEP_DISK_OK] = "{\"status\":\"ok\"}",
		[SWEEP_DISK_NEAR] = "{\"status\":\"ok\",\"disk\":\"near the cap\"}",
		[SWEEP_DISK_FULL] = "{\"status\":\"ok\",\"disk\":\"above the cap\"}",
	};

	return text_of(
		bodies[api->options.sweeper ? sweeper_disk(api->options.sweeper) : SWEEP_DISK_OK]);
}

enum http_step readyz_begin(struct job *job)
{
	struct error err;

	if (job->api->finishing) {
		return say(job->response, 503, TEXT("{\"status\":\"stopping\"}"));
	}
	if (store_ping(job->api->options.store, &err) == 0) {
		return say(job->response, 200, ready_body(job->api));
	}
	answer_store_failed(job->request);
	answer_log("store-not-ready", job->request, &err);
	http_response_header(job->response, "Retry-After", TEXT("1"));
	return say(job->response, 503, TEXT("{\"status\":\"unavailable\"}"));
}
