/* SPDX-License-Identifier: MIT
 * One request to a receiver, among others on one thread (libcurl's multi interface). It goes to the
 * public internet only, checked for the address that is really connected to, so that a name which
 * leads elsewhere the second time gains nothing. Redirects are not followed, proxies of the
 * environment are not asked, and of an answer little more than its status is read. */
#ifndef HOOK_HOOK_REQUEST_H
#define HOOK_HOOK_REQUEST_H

#include <curl/curl.h>

#include "base/error.h"
#include "base/text.h"

struct hook_request;

struct hook_request_options {
	const char *url;
	struct text secret;
	const char *id;	     /* of the message: webhook-id */
	int64_t timestamp_s; /* webhook-timestamp: now */
	struct text body;    /* JSON; outlives the request */
	bool anywhere;	     /* private addresses and http:// too */
	int64_t timeout_s;   /* for all of it */
	void *user;
};

struct hook_request_result {
	int status;	       /* of HTTP; 0: there was no whole head of an answer */
	int64_t retry_after_s; /* what the receiver asked to wait; 0: nothing */
	char error[256];       /* why there is no status */
};

/* Begins it on @multi. */
int hook_request_begin(struct hook_request **ret_request, CURLM *multi,
	const struct hook_request_options *options, struct error *err) CHECK_RESULT;

/* The request that is over, if @message of curl_multi_info_read() says so of one. */
struct hook_request *hook_request_over(
	const CURLMsg *message, struct hook_request_result *ret_result);
void *hook_request_user(const struct hook_request *request);

/* Breaks it off where it is not over. NULL is accepted. */
void hook_request_end(struct hook_request *request);

#endif
