/* SPDX-License-Identifier: MIT
 * What the endpoints share. An endpoint has a file named as its route, or shares that of its
 * family. To add one: write its handlers, declare them here, and name the file in meson.build. Add
 * its row to the table in api.c, with the action that the audit trail has for it and the parameters
 * of its query. Describe it in docs/openapi.yaml, and say its scope in tests/api/test_access.py. */
#ifndef API_API_PRIVATE_H
#define API_API_PRIVATE_H

#include "api/api.h"
#include "api/guesses.h"
#include "api/memory.h"
#include "api/tails.h"
#include "api/worker.h"
#include "base/hash.h"

#define API_ROUTES_MAX 32

struct api {
	struct api_options options;
	struct memory memory;
	struct workers *workers;
	struct workers *errands; /* threads of errand.c's that wait for others */
	struct hash_key lines;	 /* of errands */
	struct tails *tails;
	struct guesses *guesses;       /* wrong keys */
	struct permits *permits;       /* of the requests under way */
	struct arena_pool page_blocks; /* what pages lie in */
	struct http_route routes[API_ROUTES_MAX];
};

/* The handlers of a request's route as the table in api.c has them, whatever stands in their place.
 */
const struct http_route *api_handlers(const struct api *api, const struct http_request *request);

/* GET /api/all_logs/{start}/{end} */
enum http_step all_logs_begin(
	void *context, struct http_request *request, struct http_response *response);

/* GET /api/calls/{start}/{end} */
enum http_step calls_begin(
	void *context, struct http_request *request, struct http_response *response);

/* GET /api/call/{session_id} */
enum http_step call_begin(
	void *context, struct http_request *request, struct http_response *response);

/* POST /v1/calls */
enum http_step v1_calls_begin(
	void *context, struct http_request *request, struct http_response *response);
size_t v1_calls_data(void *context, struct http_request *request, const char *data, size_t size);
enum http_step v1_calls_finish(
	void *context, struct http_request *request, struct http_response *response);
void v1_calls_release(void *context, struct http_request *request);

/* GET /v1/calls */
enum http_step v1_list_begin(
	void *context, struct http_request *request, struct http_response *response);
void v1_list_release(void *context, struct http_request *request);

/* GET /v1/calls/{session_id}, GET /v1/diff/{a}/{b} */
enum http_step v1_call_begin(
	void *context, struct http_request *request, struct http_response *response);
enum http_step v1_diff_begin(
	void *context, struct http_request *request, struct http_response *response);

/* GET /v1/stats, GET /v1/dropoff */
enum http_step v1_stats_begin(
	void *context, struct http_request *request, struct http_response *response);
enum http_step v1_dropoff_begin(
	void *context, struct http_request *request, struct http_response *response);

/* GET /v1/tail */
enum http_step v1_tail_begin(
	void *context, struct http_request *request, struct http_response *response);

/* GET /v1/account; GET /v1/keys, POST /v1/keys, DELETE /v1/keys/{id} */
enum http_step v1_account_begin(
	void *context, struct http_request *request, struct http_response *response);
enum http_step v1_keys_begin(
	void *context, struct http_request *request, struct http_response *response);
enum http_step v1_key_delete_begin(
	void *context, struct http_request *request, struct http_response *response);
enum http_step v1_key_add_begin(
	void *context, struct http_request *request, struct http_response *response);
size_t v1_key_add_data(void *context, struct http_request *request, const char *data, size_t size);
enum http_step v1_key_add_finish(
	void *context, struct http_request *request, struct http_response *response);
void v1_key_add_release(void *context, struct http_request *request);

/* GET /v1/audit */
enum http_step v1_audit_begin(
	void *context, struct http_request *request, struct http_response *response);

/* GET /healthz, GET /readyz */
enum http_step healthz_begin(
	void *context, struct http_request *request, struct http_response *response);
enum http_step readyz_begin(
	void *context, struct http_request *request, struct http_response *response);

/* GET / and what the page is made of */
enum http_step page_files_begin(
	void *context, struct http_request *request, struct http_response *response);

#endif
