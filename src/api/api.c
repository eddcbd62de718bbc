/* SPDX-License-Identifier: MIT
 * The table of routes. */
#include "api/api.h"

#include <stdlib.h>

#include "api/answer.h"
#include "api/api_private.h"
#include "api/audit.h"
#include "api/errand.h"
#include "api/page.h"
#include "api/question.h"

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

static const struct http_route routes[] = {
	{.pattern = "/api/all_logs/{start}/{end}",
		.methods = HTTP_GET,
		.action = "read-calls",
		.begin = all_logs_begin,
		.release = page_release},
	{.pattern = "/api/calls/{start}/{end}",
		.methods = HTTP_GET,
		.action = "read-calls",
		.begin = calls_begin,
		.release = page_release},
	{.pattern = "/api/call/{session_id}",
		.methods = HTTP_GET,
		.action = "read-call",
		.begin = call_begin,
		.release = page_release},
	{.pattern = "/v1/calls",
		.methods = HTTP_POST,
		.action = "store-calls",
		.query = nothing,
		.begin = v1_calls_begin,
		.data = v1_calls_data,
		.finish = v1_calls_finish,
		.release = v1_calls_release},
	{.pattern = "/v1/calls",
		.methods = HTTP_GET,
		.action = "read-calls",
		.query = list_query,
		.begin = v1_list_begin,
		.release = v1_list_release},
	{.pattern = "/v1/calls/{session_id}",
		.methods = HTTP_GET,
		.action = "read-call",
		.query = nothing,
		.begin = v1_call_begin,
		.release = question_release},
	{.pattern = "/v1/diff/{a}/{b}",
		.methods = HTTP_GET,
		.action = "compare-calls",
		.query = nothing,
		.begin = v1_diff_begin,
		.release = question_release},
	{.pattern = "/v1/stats",
		.methods = HTTP_GET,
		.action = "count-calls",
		.query = stats_query,
		.begin = v1_stats_begin,
		.release = question_release},
	{.pattern = "/v1/dropoff",
		.methods = HTTP_GET,
		.action = "count-calls",
		.query = dropoff_query,
		.begin = v1_dropoff_begin,
		.release = question_release},
	{.pattern = "/v1/tail",
		.methods = HTTP_GET,
		.action = "follow-calls",
		.query = tail_query,
		.begin = v1_tail_begin},
	{.pattern = "/v1/account",
		.methods = HTTP_GET,
		.action = "sign-in",
		.query = nothing,
		.begin = v1_account_begin},
	{.pattern = "/v1/audit",
		.methods = HTTP_GET,
		.action = "read-audit",
		.query = audit_query,
		.begin = v1_audit_begin},
	{.pattern = "/v1/keys",
		.methods = HTTP_GET,
		.action = "list-keys",
		.query = keys_query,
		.begin = v1_keys_begin},
	{.pattern = "/v1/keys",
		.methods = HTTP_POST,
		.action = "make-key",
		.query = nothing,
		.begin = v1_key_add_begin,
		.data = v1_key_add_data,
		.finish = v1_key_add_finish,
		.release = v1_key_add_release,
		.body_size_max = KEY_BODY_MAX},
	{.pattern = "/v1/keys/{id}",
		.methods = HTTP_DELETE,
		.action = "revoke-key",
		.query = nothing,
		.begin = v1_key_delete_begin},
	{.pattern = "/healthz", .methods = HTTP_GET, .begin = healthz_begin},
	{.pattern = "/readyz", .methods = HTTP_GET, .begin = readyz_begin},
	{.pattern = "/", .methods = HTTP_GET, .begin = page_files_begin},
	{.pattern = "/docs", .methods = HTTP_GET, .begin = page_files_begin},
	{.pattern = "/openapi.json", .methods = HTTP_GET, .begin = page_files_begin},
	{.pattern = "/assets/{name}", .methods = HTTP_GET, .begin = page_files_begin},
	{.pattern = NULL},
};

/* What pages leave behind for the next ones, beside what --page-memory-max gives to those under
 * way. */
#define PAGE_BLOCKS_IDLE_MAX ((size_t)24 << 20)
#define PAGE_BLOCKS_BUSY_MAX ((size_t)96 << 20)

_Static_assert(sizeof(routes) / sizeof(routes[0]) <= API_ROUTES_MAX, "API_ROUTES_MAX is too small");

/* Errands at once of one account; there is a thread more. */
#define ERRANDS_MAX 8

/* What never asks the store. */
static bool asks_nothing(const struct http_route *route)
{
	return route->begin == healthz_begin || route->begin == page_files_begin;
}

/* What waits for a lock or looks at many rows even where the store is embedded:
 * docs/decisions/0011-loops.md has the list. */
static bool always_waits(const struct http_route *route)
{
	return route->begin == v1_audit_begin || route->begin == v1_keys_begin ||
	       route->begin == v1_key_delete_begin;
}

/* Puts an errand in the place of handlers that wait. */
static void replace_handlers(struct http_route *route, bool remote)
{
	bool begins = always_waits(route) || (remote && !asks_nothing(route));
	bool finishes = route->finish == v1_key_add_finish;

	route->begin = begins ? errand_begin : route->begin;
	route->finish = finishes ? errand_finish : route->finish;
	route->release = begins || finishes ? errand_release : route->release;
}

const struct http_route *api_handlers(const struct api *api, const struct http_request *request)
{
	return &routes[request->route - api->routes];
}

static void fill_routes(struct api *api)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		api->routes[i] = routes[i];
		replace_handlers(&api->routes[i], store_is_remote(api->options.store));
		if (routes[i].body_size_max == 0) {
			api->routes[i].body_size_max = api->options.body_size_max;
		}
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
	arena_pool_init(&api->page_blocks, PAGE_BLOCKS_IDLE_MAX, PAGE_BLOCKS_BUSY_MAX);
	fill_routes(api);
	api->lines = hash_key_random();
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
		arena_pool_deinit(&api->page_blocks);
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
	struct audit_note *note = request->note;

	if (note) {
		permits_remove(api->permits, &note->permit);
	}
	audit_completed(context, request, status);
}

void api_attach(struct api *api, struct http_server_options *options)
{
	options->routes = api->routes;
	options->error = write_error;
	options->completed = completed;
	options->shown_query = audit_write_query;
	options->context = api;
}
