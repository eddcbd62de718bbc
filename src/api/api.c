/* SPDX-License-Identifier: MIT
 * The table of routes. */
#include "api/api.h"

#include <stdlib.h>

#include "api/posting.h"
#include "base/array.h"
#include "intake/sources/twilio/twilio.h"

#define KEY_BODY_MAX 16384 /* bytes of a POST of a key or a hook */

/* What each question below /v1 may be asked with. Those of /api/ do not mind what they do not know
 * (API.md §1). */
static const char *const nothing[] = {NULL};
static const char *const list_query[] = {FILTER_NAMES "limit", "offset", "cursor", "detail",
	"spreadsheet", "zone", "order", "explain", NULL};
static const char *const stats_query[] = {
	FILTER_NAMES "group", "bucket", "zone", "values", "limit", "explain", NULL};
static const char *const steps_query[] = {"from", NULL};
static const char *const dropoff_query[] = {FILTER_NAMES "limit", "explain", NULL};
static const char *const flow_query[] = {
	FILTER_NAMES "compare_start", "compare_end", "limit", "explain", NULL};
static const char *const tail_query[] = {
	FILTER_NAMES "session_id", "detail", "last_event_id", NULL};
static const char *const keys_query[] = {"limit", "cursor", NULL};
static const char *const audit_query[] = {"start", "end", "action", "limit", "cursor", NULL};

/* clang-format off */
static const struct endpoint endpoints[] = {
	{"/api/all_logs/{start}/{end}", HTTP_GET, "read-calls", NULL, STORE_SCOPE_READ,
		&answer_legacy, .prepare = all_logs_prepare, .ask = all_logs_ask,
		.release = all_logs_release},
	{"/api/calls/{start}/{end}", HTTP_GET, "read-calls", NULL, STORE_SCOPE_READ, &answer_legacy,
		.prepare = calls_prepare, .ask = calls_ask},
	{"/api/call/{session_id}", HTTP_GET, "read-call", NULL, STORE_SCOPE_READ, &answer_legacy,
		.prepare = call_prepare, .ask = call_ask},
	{"/v1/calls", HTTP_GET, "read-calls", list_query, STORE_SCOPE_READ, &answer_list,
		.prepare = v1_calls_prepare, .ask = v1_calls_ask, .answer = v1_calls_answer,
		.release = v1_calls_release},
	{"/v1/calls", HTTP_POST, "store-calls", nothing, STORE_SCOPE_WRITE,
		.begin = v1_calls_post_begin, .data = posting_data,
		.finish = v1_calls_post_finish, .release = posting_release},
	{"/v1/in/freeswitch/header", HTTP_POST, "store-calls", NULL, STORE_SCOPE_WRITE,
		.finish_waits = true, .begin = v1_in_header_begin, .data = v1_in_data,
		.finish = v1_in_finish, .release = v1_in_release},
	{"/v1/in/{source}", HTTP_POST, "store-calls", NULL, STORE_SCOPE_WRITE,
		.finish_waits = true, .begin = v1_in_begin, .data = v1_in_data,
		.finish = v1_in_finish, .release = v1_in_release},
	{"/v1/calls/{session_id}", HTTP_GET, "read-call", nothing, STORE_SCOPE_READ, &answer_v1,
		.prepare = v1_call_prepare, .ask = v1_call_ask},
	{"/v1/calls/{session_id}", HTTP_PATCH, "store-events", nothing, STORE_SCOPE_WRITE,
		.begin = v1_call_patch_begin, .data = posting_data, .finish = v1_call_live_finish,
		.release = posting_release},
	{"/v1/calls/{session_id}/events", HTTP_POST, "store-events", steps_query,
		STORE_SCOPE_WRITE, .begin = v1_call_events_begin, .data = posting_data,
		.finish = v1_call_live_finish, .release = posting_release},
	{"/v1/events", HTTP_POST, "store-events", nothing, STORE_SCOPE_WRITE,
		.begin = v1_events_post_begin, .data = posting_data,
		.finish = v1_calls_post_finish, .release = posting_release},
	{"/v1/traces", HTTP_POST, "store-traces", nothing, STORE_SCOPE_WRITE, .finish_waits = true,
		.body_size_max = API_TRACES_BODY_MAX, .begin = v1_traces_begin,
		.data = v1_traces_data, .finish = v1_traces_finish, .release = v1_traces_release},
	{"/v1/diff/{a}/{b}", HTTP_GET, "compare-calls", nothing, STORE_SCOPE_READ, &answer_v1,
		.prepare = v1_diff_prepare, .ask = v1_diff_ask},
	{"/v1/stats", HTTP_GET, "count-calls", stats_query, STORE_SCOPE_READ, &answer_table,
		.prepare = v1_stats_prepare, .ask = v1_stats_ask, .answer = v1_stats_answer},
	{"/v1/dropoff", HTTP_GET, "count-calls", dropoff_query, STORE_SCOPE_READ, &answer_v1,
		.prepare = v1_dropoff_prepare, .ask = v1_dropoff_ask},
	{"/v1/places", HTTP_GET, "count-calls", dropoff_query, STORE_SCOPE_READ, &answer_v1,
		.prepare = v1_places_prepare, .ask = v1_places_ask},
	{"/v1/flow", HTTP_GET, "count-calls", flow_query, STORE_SCOPE_READ, &answer_v1,
		.prepare = v1_flow_prepare, .ask = v1_flow_ask},
	{"/v1/tail", HTTP_GET, "follow-calls", tail_query, STORE_SCOPE_READ,
		.begin = v1_tail_begin},
	{"/v1/account", HTTP_GET, "sign-in", nothing, ENDPOINT_ANY_KEY, .begin = v1_account_begin},
	{"/v1/audit", HTTP_GET, "read-audit", audit_query, STORE_SCOPE_ADMIN, &answer_plain,
		.prepare = v1_audit_prepare, .ask = v1_audit_ask},
	{"/v1/keys", HTTP_GET, "list-keys", keys_query, STORE_SCOPE_ADMIN, &answer_plain,
		.prepare = v1_keys_prepare, .ask = v1_keys_ask},
	{"/v1/keys", HTTP_POST, "make-key", nothing, STORE_SCOPE_ADMIN,
		.finish_waits = true, .body_size_max = KEY_BODY_MAX, .begin = v1_keys_post_begin,
		.data = v1_keys_post_data, .finish = v1_keys_post_finish, .needs_key = true},
	{"/v1/keys/{id}", HTTP_DELETE, "revoke-key", nothing, STORE_SCOPE_ADMIN,
		.waits = ENDPOINT_WAITS_ALWAYS, .begin = v1_keys_delete_begin},
	{"/v1/sessions", HTTP_GET, "list-sessions", keys_query, ENDPOINT_ANY_KEY, &answer_plain,
		.prepare = v1_keys_prepare, .ask = v1_sessions_ask},
	{"/v1/sessions", HTTP_POST, "make-session", nothing, ENDPOINT_ANY_KEY,
		.finish_waits = true, .body_size_max = KEY_BODY_MAX, .begin = v1_keys_post_begin,
		.data = v1_keys_post_data, .finish = v1_sessions_post_finish, .needs_key = true},
	{"/v1/sessions/{id}", HTTP_DELETE, "end-session", nothing, ENDPOINT_ANY_KEY,
		.waits = ENDPOINT_WAITS_ALWAYS, .begin = v1_sessions_delete_begin},
	{"/v1/hooks", HTTP_GET, "list-hooks", nothing, STORE_SCOPE_ADMIN, &answer_plain,
		.prepare = v1_hooks_prepare, .ask = v1_hooks_ask},
	{"/v1/hooks", HTTP_POST, "make-hook", nothing, STORE_SCOPE_ADMIN,
		.finish_waits = true, .body_size_max = KEY_BODY_MAX, .begin = v1_hooks_post_begin,
		.data = v1_hooks_post_data, .finish = v1_hooks_post_finish, .needs_key = true},
	{"/v1/hooks/{id}", HTTP_GET, "list-hooks", nothing, STORE_SCOPE_ADMIN, &answer_plain,
		.prepare = v1_hook_prepare, .ask = v1_hook_ask},
	{"/v1/hooks/{id}", HTTP_PATCH, "change-hook", nothing, STORE_SCOPE_ADMIN,
		.finish_waits = true, .body_size_max = KEY_BODY_MAX, .begin = v1_hooks_post_begin,
		.data = v1_hooks_post_data, .finish = v1_hook_patch_finish, .needs_key = true},
	{"/v1/hooks/{id}", HTTP_DELETE, "remove-hook", nothing, STORE_SCOPE_ADMIN,
		.waits = ENDPOINT_WAITS_ALWAYS, .begin = v1_hook_delete_begin},
	{"/v1/hooks/{id}/test", HTTP_POST, "test-hook", nothing, STORE_SCOPE_ADMIN,
		.finish_waits = true, .body_size_max = KEY_BODY_MAX, .begin = v1_hook_wish_begin,
		.data = v1_hooks_post_data, .finish = v1_hook_test_finish},
	{"/v1/hooks/{id}/failures", HTTP_GET, "list-hooks", keys_query, STORE_SCOPE_ADMIN,
		&answer_plain, .prepare = v1_hook_failures_prepare, .ask = v1_hook_failures_ask},
	{"/v1/hooks/{id}/failures/{failure}/resend", HTTP_POST, "resend-hook", nothing,
		STORE_SCOPE_ADMIN, .finish_waits = true, .body_size_max = KEY_BODY_MAX,
		.begin = v1_hook_wish_begin, .data = v1_hooks_post_data,
		.finish = v1_hook_resend_finish},
	{"/readyz", HTTP_GET, .begin = readyz_begin},
	{"/healthz", HTTP_GET, .waits = ENDPOINT_WAITS_NEVER, .begin = healthz_begin},
	{"/metrics", HTTP_GET, "read-metrics", NULL, STORE_SCOPE_METRICS,
		.begin = metrics_begin, .records_refused = true},
	{"/", HTTP_GET, .waits = ENDPOINT_WAITS_NEVER, .begin = web_files_begin},
	{"/docs", HTTP_GET, .waits = ENDPOINT_WAITS_NEVER, .begin = web_files_begin},
	{"/docs.md", HTTP_GET, .waits = ENDPOINT_WAITS_NEVER, .begin = web_files_begin},
	{"/docs/{name}", HTTP_GET, .waits = ENDPOINT_WAITS_NEVER, .begin = web_files_begin},
	{"/llms.txt", HTTP_GET, .waits = ENDPOINT_WAITS_NEVER, .begin = web_files_begin},
	{"/openapi.json", HTTP_GET, .waits = ENDPOINT_WAITS_NEVER, .begin = web_files_begin},
	{"/assets/{name}", HTTP_GET, .waits = ENDPOINT_WAITS_NEVER, .begin = web_files_begin},
};
/* clang-format on */

#define ENDPOINTS COUNT_OF(endpoints)

/* Of a server for metrics, which is reached by those alone that may read them. */
static const struct endpoint open_endpoints[] = {
	{"/metrics", HTTP_GET, .waits = ENDPOINT_WAITS_NEVER, .begin = metrics_begin},
	{"/readyz", HTTP_GET, .begin = readyz_begin},
	{"/healthz", HTTP_GET, .waits = ENDPOINT_WAITS_NEVER, .begin = healthz_begin},
};
_Static_assert(COUNT_OF(open_endpoints) < API_OPEN_ROUTES, "API_OPEN_ROUTES is too small");

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
	const struct http_route *route = request->route;

	return route >= api->open_routes && route < api->open_routes + API_OPEN_ROUTES
		       ? &open_endpoints[route - api->open_routes]
		       : &endpoints[route - api->routes];
}

static void fill_routes(const struct api *api, const struct endpoint *table, size_t count,
	struct http_route *ret_routes)
{
	for (size_t i = 0; i < count; i++) {
		const struct endpoint *endpoint = &table[i];

		ret_routes[i] = (struct http_route){
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
	intake_on_stored(api->options.intake, tails_look, api->tails);
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
	fill_routes(api, endpoints, ENDPOINTS, api->routes);
	fill_routes(api, open_endpoints, COUNT_OF(open_endpoints), api->open_routes);
	api->route_count = ENDPOINTS;
	api->started = options->now();
	api->strangers = hash_key_random();
	api->executions = twilio_executions_create();
	if (!api->executions) {
		api_destroy(api);
		return error_no_memory(err);
	}
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
	api->finishing = true;
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
		twilio_executions_destroy(api->executions);
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

void api_attach_metrics(struct api *api, struct http_server_options *options)
{
	api_attach(api, options);
	options->routes = api->open_routes;
}
