/* SPDX-License-Identifier: MIT
 * A request on libcurl. */
#include "hook/hook_request.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "hook/hook_address.h"
#include "hook/hook_sign.h"

#define ANSWER_MAX    ((size_t)65536) /* bytes of a body that are waited for */
#define CONNECT_S     10L
#define RECEIVE_BYTES 16384L
#define WAIT_MAX_S    3600
#define HEADER_MAX    256

struct hook_request {
	CURLM *multi;
	CURL *curl;
	struct curl_slist *headers;
	void *user;
	size_t answered; /* bytes */
	bool anywhere;
	char refused[64]; /* the address that is not public; empty: none */
	char said[CURL_ERROR_SIZE];
};

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct hook_request *request = context;

	(void)data;
	request->answered += size * count;
	return request->answered > ANSWER_MAX ? 0 : size * count;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct hook_request *request = context;

	(void)purpose;
	if (!request->anywhere && !hook_address_is_public(&address->addr, address->addrlen)) {
		if (getnameinfo(&address->addr, address->addrlen, request->refused,
			    sizeof(request->refused), NULL, 0, NI_NUMERICHOST) != 0) {
			snprintf(request->refused, sizeof(request->refused), "its address");
		}
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more) {
		*list = more;
	}
	return more != NULL;
}

static bool set_headers(struct hook_request *request, const struct hook_request_options *options)
{
	char signature[HOOK_SIGNATURE_SIZE], id[HEADER_MAX], time[HEADER_MAX], sign[HEADER_MAX];

	hook_sign(options->secret, text_of(options->id), options->timestamp_s, options->body,
		signature);
	snprintf(id, sizeof(id), "webhook-id: %s", options->id);
	snprintf(time, sizeof(time), "webhook-timestamp: %lld", (long long)options->timestamp_s);
	snprintf(sign, sizeof(sign), "webhook-signature: %s", signature);
	return add_line(&request->headers, "Content-Type: application/json") &&
	       add_line(&request->headers, "Expect:") && add_line(&request->headers, id) &&
	       add_line(&request->headers, time) && add_line(&request->headers, sign) &&
	       !curl_easy_setopt(request->curl, CURLOPT_HTTPHEADER, request->headers);
}

static bool set_rules(CURL *curl, const struct hook_request_options *options)
{
	return !curl_easy_setopt(
		       curl, CURLOPT_PROTOCOLS_STR, options->anywhere ? "http,https" : "https") &&
	       !curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(curl, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(curl, CURLOPT_USERAGENT, "callstep/" CALLSTEP_VERSION) &&
	       !curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, RECEIVE_BYTES) &&
	       !curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S) &&
	       !curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)options->timeout_s);
}

static bool set_body(CURL *curl, const struct hook_request_options *options)
{
	return !curl_easy_setopt(curl, CURLOPT_URL, options->url) &&
	       !curl_easy_setopt(curl, CURLOPT_POST, 1L) &&
	       !curl_easy_setopt(
		       curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)options->body.size) &&
	       !curl_easy_setopt(curl, CURLOPT_POSTFIELDS, options->body.data);
}

static bool set_callbacks(struct hook_request *request)
{
	CURL *curl = request->curl;

	return !curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) &&
	       !curl_easy_setopt(curl, CURLOPT_WRITEDATA, request) &&
	       !curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
	       !curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, request) &&
	       !curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, request->said) &&
	       !curl_easy_setopt(curl, CURLOPT_PRIVATE, (char *)request);
}

int hook_request_begin(struct hook_request **ret_request, CURLM *multi,
	const struct hook_request_options *options, struct error *err)
{
	struct hook_request *request = calloc(1, sizeof(*request));

	if (!request) {
		return error_no_memory(err);
	}
	request->user = options->user;
	request->anywhere = options->anywhere;
	request->curl = curl_easy_init();
	if (!request->curl || !set_rules(request->curl, options) || !set_callbacks(request) ||
		!set_body(request->curl, options) || !set_headers(request, options) ||
		curl_multi_add_handle(multi, request->curl) != CURLM_OK) {
		hook_request_end(request);
		return error_set(err, ERROR_NO_MEMORY, "cannot set up a request of a hook");
	}
	request->multi = multi;
	*ret_request = request;
	return 0;
}

static void tell(const struct hook_request *request, CURLcode code, char *error, size_t size)
{
	if (request->refused[0]) {
		snprintf(error, size,
			"%s is not an address of the public internet: only 'callstep serve "
			"--hook-private' sends there",
			request->refused);
		return;
	}
	snprintf(
		error, size, "%.200s", request->said[0] ? request->said : curl_easy_strerror(code));
}

struct hook_request *hook_request_over(
	const CURLMsg *message, struct hook_request_result *ret_result)
{
	struct hook_request *request = NULL;
	curl_off_t wait_s = 0;
	long status = 0;
	char *private = NULL;

	if (message->msg != CURLMSG_DONE) {
		return NULL;
	}
	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
	memcpy(&request, &private, sizeof(request));
	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(message->easy_handle, CURLINFO_RETRY_AFTER, &wait_s);
	*ret_result = (struct hook_request_result){
		.status = (int)status,
		.retry_after_s = wait_s < 0	       ? 0
				 : wait_s > WAIT_MAX_S ? WAIT_MAX_S
						       : wait_s,
	};
	/* An answer of any length counts by its status; one that broke off does not. */
	if (message->data.result != CURLE_OK && request->answered <= ANSWER_MAX) {
		ret_result->status = 0;
		tell(request, message->data.result, ret_result->error, sizeof(ret_result->error));
	}
	return request;
}

void *hook_request_user(const struct hook_request *request)
{
	return request->user;
}

void hook_request_end(struct hook_request *request)
{
	if (request) {
		if (request->multi) {
			curl_multi_remove_handle(request->multi, request->curl);
		}
		curl_easy_cleanup(request->curl);
		curl_slist_free_all(request->headers);
		free(request);
	}
}
