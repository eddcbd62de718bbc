/* SPDX-License-Identifier: MIT
 * Endpoints: what a row of the table in api.c says, and the functions that rows name.
 *
 * To add one: write its file, named as its route, and name that in meson.build. Declare its
 * functions here, and add its row, with the action that the audit trail has for it and the
 * parameters of its query. Describe it in docs/openapi.yaml, and say its scope in
 * tests/api/test_access.py. */
#ifndef API_ENDPOINT_H
#define API_ENDPOINT_H

#include "api/answer.h"
#include "http/http.h"

struct job;

/* What a key needs: one of enum store_scope, or one of these. */
#define ENDPOINT_OPEN	 0U
#define ENDPOINT_ANY_KEY 0x100U

/* Reads the parameters once the key is let in. False: the response is filled in. */
typedef bool endpoint_prepare(struct job *job);
/* Asks the store, perhaps on a worker's thread, perhaps again with more memory.
 * ERROR_TOO_LARGE where job->arena is too small, ERROR_INVALID "parameter: …". */
typedef int endpoint_ask(struct job *job, struct error *err);
/* Adds headers to an answer that was asked for. */
typedef void endpoint_answer(struct job *job);
/* As those of http_route. */
typedef enum http_step endpoint_step(struct job *job);
typedef size_t endpoint_data(struct job *job, const char *data, size_t size);
/* Frees what the job's endpoint holds, on any thread, when the request is over. */
typedef void endpoint_release(struct job *job);

/* What waits runs on no connection's thread: docs/decisions/0011-loops.md has the list. */
enum endpoint_waits {
	/* where the store is behind a network */
	ENDPOINT_WAITS_REMOTE,
	/* for a lock, even where it is embedded */
	ENDPOINT_WAITS_ALWAYS,
	/* it never asks the store */
	ENDPOINT_WAITS_NEVER,
};

struct endpoint {
	const char *pattern;
	unsigned int methods;
	/* what its requests do, for the audit trail; NULL: they make no record */
	const char *action;
	/* names of its query, NULL-ended; NULL: it does not mind others */
	const char *const *query;
	unsigned int scope;
	const struct representation *answers;
	enum endpoint_waits waits;
	/* the same of finish(), where it waits for a lock even of an embedded store */
	bool finish_waits;
	/* bytes of a body on the wire; 0: the server's */
	int64_t body_size_max;
	endpoint_prepare *prepare;
	/* either ask, or begin */
	endpoint_ask *ask;
	endpoint_answer *answer;
	endpoint_step *begin;
	endpoint_data *data;
	endpoint_step *finish;
	endpoint_release *release;
	/* what it makes outlives a session: it needs the key itself */
	bool needs_key;
	/* of its requests those alone that are refused make a record */
	bool records_refused;
};

/* Named as their routes, and by their methods where a route has several. */
endpoint_prepare all_logs_prepare, calls_prepare, call_prepare, v1_calls_prepare, v1_call_prepare,
	v1_diff_prepare, v1_stats_prepare, v1_dropoff_prepare, v1_places_prepare, v1_flow_prepare,
	v1_audit_prepare, v1_keys_prepare, v1_hooks_prepare, v1_hook_prepare,
	v1_hook_failures_prepare;
endpoint_ask all_logs_ask, calls_ask, call_ask, v1_calls_ask, v1_call_ask, v1_diff_ask,
	v1_stats_ask, v1_dropoff_ask, v1_places_ask, v1_flow_ask, v1_audit_ask, v1_keys_ask,
	v1_sessions_ask, v1_hooks_ask, v1_hook_ask, v1_hook_failures_ask;
endpoint_answer v1_calls_answer, v1_stats_answer;
endpoint_step healthz_begin, readyz_begin, metrics_begin, web_files_begin, v1_account_begin,
	v1_tail_begin, v1_calls_post_begin, v1_events_post_begin, v1_call_patch_begin,
	v1_call_events_begin, v1_in_begin, v1_in_header_begin, v1_keys_post_begin,
	v1_keys_delete_begin, v1_sessions_delete_begin, v1_hooks_post_begin, v1_hook_wish_begin,
	v1_hook_delete_begin;
endpoint_data v1_in_data, v1_keys_post_data, v1_hooks_post_data;
endpoint_step v1_calls_post_finish, v1_call_live_finish, v1_in_finish, v1_keys_post_finish,
	v1_sessions_post_finish, v1_hooks_post_finish, v1_hook_patch_finish, v1_hook_test_finish,
	v1_hook_resend_finish;
endpoint_release all_logs_release, v1_calls_release, v1_in_release;

/* POST /v1/traces */
#define API_TRACES_BODY_MAX ((size_t)4 << 20) /* bytes on the wire */
endpoint_step v1_traces_begin, v1_traces_finish;
endpoint_data v1_traces_data;
endpoint_release v1_traces_release;

#endif
