/* SPDX-License-Identifier: MIT
 * The table of routes. */
#include "api/api.h"

#include <stdlib.h>

#include "api/job.h"

#define KEY_BODY_MAX 16384 /* bytes of a POST of a key */

/* What each question below /v1 may be asked with. Those of /api/ do not mind what they do not know
 * (API.md §1). */
static const char *const nothing[] = {NULL};
static const char *const list_query[] = {
	FILTER_PARAMETERS, "limit", "offset", "cursor", "detail", "spreadsheet", NULL};
static const char *const stats_query[] = {
	FILTER_PARAMETERS, "group", "bucket", "zone", "values", "limit", NULL};
static const char *const dropoff_query[] = {FILTER_PARAMETERS, "limit", NULL};
static const char *const tail_query[] = {FILTER_PARAMETERS, "detail", "last_event_id", NULL};
static const char *const keys_query[] = {"limit", "cursor", NULL};
static const char *const audit_query[] = {"start", "end", "action", "limit", "cursor", NULL};

static const struct endpoint endpoints[] = {
	{.pattern = "/api/all_logs/{start}/{end}",
		.methods = HTTP_GET,
		.action = "read-calls",
		.scope = STORE_SCOPE_READ,
		.answers = &answer_legacy,
		.prepare = all_logs_prepare,
		.ask = all_logs_ask,
		.release = all_logs_release},
	{.pattern = "/api/calls/{start}/{end}",
		.methods = HTTP_GET,
		.action = "read-calls",
		.scope = STORE_SCOPE_READ,
		.answers = &answer_legacy,
		.prepare = calls_prepare,
		.ask = calls_ask},
	{.pattern = "/api/call/{session_id}",
		.methods = HTTP_GET,
		.action = "read-call",
		.scope = STORE_SCOPE_READ,
		.answers = &answer_legacy,
		.prepare = call_prepare,
		.ask = call_ask},
	{.pattern = "/v1/calls",
		.methods = HTTP_POST,
		.action = "store-calls",
		.query = nothing,
		.scope = STORE_SCOPE_WRITE,
		.begin = v1_calls_post_begin,
		.data = v1_calls_post_data,
		.finish = v1_calls_post_finish,
		.release = v1_calls_post_release},
	{.pattern = "/v1/calls",
		.methods = HTTP_GET,
		.action = "read-calls",
		.query = list_query,
		.scope = STORE_SCOPE_READ,
		.answers = &answer_list,
		.prepare = v1_calls_prepare,
		.ask = v1_calls_ask,
		.answer = v1_calls_answer,
		.release = v1_calls_release},
	{.pattern = "/v1/calls/{session_id}",
		.methods = HTTP_GET,
		.action = "read-call",
		.query = nothing,
		.scope = STORE_SCOPE_READ,
		.answers = &answer_v1,
		.prepare = v1_call_prepare,
		.ask = v1_call_ask},
	{.pattern = "/v1/diff/{a}/{b}",
		.methods = HTTP_GET,
		.action = "compare-calls",
		.query = nothing,
		.scope = STORE_SCOPE_READ,
		.answers = &answer_v1,
		.prepare = v1_diff_prepare,
		.ask = v1_diff_ask},
	{.pattern = "/v1/stats",
		.methods = HTTP_GET,
		.action = "count-calls",
		.query = stats_query,
		.scope = STORE_SCOPE_READ,
		.answers = &answer_v1,
		.prepare = v1_stats_prepare,
		.ask = v1_stats_ask},
	{.pattern = "/v1/dropoff",
		.methods = HTTP_GET,
		.action = "count-calls",
		.query = dropoff_query,
		.scope = STORE_SCOPE_READ,
		.answers = &answer_v1,
		.prepare = v1_dropoff_prepare,
		.ask = v1_dropoff_ask},
	{.pattern = "/v1/tail",
		.methods = HTTP_GET,
		.action = "follow-calls",
		.query = tail_query,
		.scope = STORE_SCOPE_READ,
		.begin = v1_tail_begin},
	{.pattern = "/v1/account",
		.methods = HTTP_GET,
		.action = "sign-in",
		.query = nothing,
		.scope = ENDPOINT_ANY_KEY,
		.begin = v1_account_begin},
	{.pattern = "/v1/audit",
		.methods = HTTP_GET,
		.action = "read-audit",
		.query = audit_query,
		.scope = STORE_SCOPE_ADMIN,
		.answers = &answer_plain,
		.prepare = v1_audit_prepare,
		.ask = v1_audit_ask},
	{.pattern = "/v1/keys",
		.methods = HTTP_GET,
		.action = "list-keys",
		.query = keys_query,
		.scope = STORE_SCOPE_ADMIN,
		.answers = &answer_plain,
		.prepare = v1_keys_prepare,
		.ask = v1_keys_ask},
	{.pattern = "/v1/keys",
		.methods = HTTP_POST,
		.action = "make-key",
		.query = nothing,
		.scope = STORE_SCOPE_ADMIN,
		.body_size_max = KEY_BODY_MAX,
		.finish_waits = true,
		.begin = v1_keys_post_begin,
		.data = v1_keys_post_data,
		.finish = v1_keys_post_finish},
	{.pattern = "/v1/keys/{id}",
		.methods = HTTP_DELETE,
		.action = "revoke-key",
		.query = nothing,
		.scope = STORE_SCOPE_ADMIN,
		.waits = ENDPOINT_WAITS_ALWAYS,
		.begin = v1_keys_delete_begin},
	{.pattern = "/healthz",
		.methods = HTTP_GET,
		.waits = ENDPOINT_WAITS_NEVER,
		.begin = healthz_begin},
	{.pattern = "/readyz", .methods = HTTP_GET, .begin = readyz_begin},
	{.pattern = "/",
		.methods = HTTP_GET,
		.waits = ENDPOINT_WAITS_NEVER,
		.begin = web_files_begin},
	{.pattern = "/docs",
		.methods = HTTP_GET,
		.waits = ENDPOINT_WAITS_NEVER,
		.begin = web_files_begin},
	{.pattern = "/openapi.json",
		.methods = HTTP_GET,
		.waits = ENDPOINT_WAITS_NEVER,
		.begin = web_files_begin},
	{.pattern = "/assets/{name}",
		.methods = HTTP_GET,
		.waits = ENDPOINT_WAITS_NEVER,
		.begin = web_files_begin},
};

#define ENDPOINTS (sizeof(endpoints) / sizeof(endpoints[0]))

/* The list of routes ends with a row of nothing. */
_Static_assert(ENDPOINTS < API_ROUTES_MAX, "API_ROUTES_MAX is too small");

/* What pages leave behind for the next ones, beside what --page-memory-max gives to those under
 * way. */
#define BLOCKS_IDLE_MAX ((size_t)24 << 20)
#define BLOCKS_BUSY_MAX ((size_t)96 << 20)

/* Errands at once of one account; there is a thread more. */
#define ERRANDS_MAX 8

const struct endpoint *api_endpoint(const struct api *api, const struct http_request *request)
{
	return &endpoints[request->route - api->routes];
}

static void fill_routes(struct api *api)
{
	for (size_t i = 0; i < ENDPOINTS; i++) {
		const struct endpoint *endpoint = &endpoints[i];

		api->routes[i] = (struct http_route){
			.pattern = endpoint->pattern,
			.methods = endpoint->methods,
			.begin = job_begin,
			.data = endpoint->data ? job_data : NULL,
			.finish = endpoint->finish ? job_finish : NULL,
			.release = job_release,
			.body_size_max = endpoint->body_size_max > 0 ? endpoint->body_size_max
								     : api->options.body_size_max,
		};
	}
}

static void look(void *context)
{
	struct api *api = context;

	tails_look(api->tails);
}

static int start_tails(struct api *api, struct error *err)
{
	const struct tails_options options = {
		.store = api->options.store,
		.memory = &api->memory,
		.now = api->options.now,
	};

	if (tails_create(&api->tails, &options, err) < 0) {
		return -1;
	}
	intake_on_stored(api->options.intake, look, api);
	return 0;
}

int api_create(struct api **ret_api, const struct api_options *options, struct error *err)
{
	struct api *api = calloc(1, sizeof(*api));

	if (!api) {
		return error_no_memory(err);
	}
	api->options = *options;
	memory_init(&api->memory, options->page_memory_max);
	arena_pool_init(&api->blocks, BLOCKS_IDLE_MAX, BLOCKS_BUSY_MAX);
	fill_routes(api);
	api->strangers = hash_key_random();
	if (spill_start(&api->memory, options->spill_folder, options->spill_max, err) < 0 ||
		permits_create(&api->permits, options->store, err) < 0 ||
		guesses_create(&api->guesses, options->wrong_keys_max, err) < 0 ||
		workers_create(&api->workers, options->threads, err) < 0 ||
		workers_create(&api->errands, ERRANDS_MAX, err) < 0 || start_tails(api, err) < 0) {
		api_destroy(api);
		return -1;
	}
	*ret_api = api;
	return 0;
}

void api_finish(struct api *api)
{
	tails_finish(api->tails);
}

void api_destroy(struct api *api)
{
	if (api) {
		tails_destroy(api->tails);
		guesses_destroy(api->guesses);
		permits_destroy(api->permits);
		workers_destroy(api->errands);
		workers_destroy(api->workers);
		spill_stop(&api->memory);
		arena_pool_deinit(&api->blocks);
		memory_deinit(&api->memory);
		free(api);
	}
}

static void write_error(void *context, struct http_request *request, struct http_response *response,
	const char *sentence)
{
	(void)context;
	(void)request;
	answer_error(response, response->status, sentence);
}

static void completed(void *context, struct http_request *request, int status)
{
	const struct api *api = context;
	struct job *job = request->user;

	if (job) {
		permits_remove(api->permits, &job->permit);
		audit_completed(job, status);
	}
}

void api_attach(struct api *api, struct http_server_options *options)
{
	options->routes = api->routes;
	options->error = write_error;
	options->completed = completed;
	options->shown_query = audit_write_query;
	options->context = api;
}
