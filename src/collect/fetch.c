/* SPDX-License-Identifier: MIT
 * The HTTP client on libcurl's easy interface: a blocking request, which asks every second or so
 * whether it is to give up. */
#include "collect/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

#define WAIT_MAX_S    3600
#define CONNECT_S     30L
#define RECEIVE_BYTES 262144L
#define EPOCH_BEGINS  INT64_C(1000000000) /* a reset from here on is a time, not a wait */
#define IDLE_US	      INT64_C(1000000)

struct fetch {
	CURL *curl;
	struct fetch_options options;
	struct buffer text;
	char said[CURL_ERROR_SIZE];
	/* of the request that runs */
	const struct fetch_request *request;
	struct fetch_answer *answer;
	int64_t body_left;
	int64_t idle_us; /* when something came last */
	struct error *err;
	bool own_failure;
	bool stopped;
};

/* ---- headers and addresses ---- */

static int64_t bounded(int64_t wait_s)
{
	return wait_s < 0 ? 0 : wait_s > WAIT_MAX_S ? WAIT_MAX_S : wait_s;
}

int64_t fetch_read_date(struct text value)
{
	char date[64];

	if (value.size == 0 || value.size >= sizeof(date) || memchr(value.data, '\0', value.size)) {
		return -1;
	}
	memcpy(date, value.data, value.size);
	date[value.size] = '\0';
	return (int64_t)curl_getdate(date, NULL);
}

bool fetch_wait_of_header(struct text name, struct text value, int64_t now_s, int64_t *ret_s)
{
	int64_t number;
	bool is_number = text_to_int64(value, &number);

	if (text_equal_ascii_case(name, TEXT("X-RateLimit-Reset")) && is_number) {
		*ret_s = bounded(number >= EPOCH_BEGINS ? number - now_s : number);
		return true;
	}
	if (!text_equal_ascii_case(name, TEXT("Retry-After")) || value.size == 0) {
		return false;
	}
	if (!is_number) {
		number = fetch_read_date(value);
		if (number < 0) {
			return false;
		}
		number -= now_s;
	}
	*ret_s = bounded(number);
	return true;
}

void fetch_append_encoded(struct buffer *url, struct text part)
{
	for (size_t i = 0; i < part.size; i++) {
		char byte = part.data[i];

		if (text_is_alphanumeric(byte) || (byte && strchr("-._~", byte))) {
			buffer_append_byte(url, byte);
		} else {
			buffer_printf(url, "%%%02X", (unsigned int)(unsigned char)byte);
		}
	}
}

/* The host and what follows it; {NULL, 0}: the scheme is another. */
static struct text behind_scheme(const char *url)
{
	struct text text = text_of(url);

	if (text_starts_with(text, TEXT("https://"))) {
		return text_tail(text, 8);
	}
	if (text_starts_with(text, TEXT("http://"))) {
		return text_tail(text, 7);
	}
	return (struct text){0};
}

static bool is_plain(const char *url)
{
	struct text rest = behind_scheme(url);

	if (rest.size == 0 || rest.data[0] == '/') {
		return false;
	}
	for (size_t i = 0; i < rest.size; i++) {
		if ((unsigned char)rest.data[i] <= 0x20 || strchr("@?#\\\"<>", rest.data[i])) {
			return false;
		}
	}
	return true;
}

int fetch_url_take(const char *given, struct arena *arena, struct text *ret_url, struct error *err)
{
	struct text url = text_of(given);

	if (!is_plain(given)) {
		return error_set(err, ERROR_INVALID,
			"'%s' is not an address: write https://HOST, without user, ? or #", given);
	}
	while (url.data[url.size - 1] == '/') {
		url.size--;
	}
	*ret_url = arena_copy(arena, url);
	return ret_url->data ? 0 : error_no_memory(err);
}

bool fetch_url_is_clear(const char *url)
{
	struct text host = behind_scheme(url);

	return !text_starts_with(text_of(url), TEXT("https://")) &&
	       !text_starts_with(host, TEXT("127.")) && !text_starts_with(host, TEXT("[::1]")) &&
	       !text_starts_with(host, TEXT("localhost"));
}

/* ---- a request ---- */

static int give_up(struct fetch *fetch)
{
	fetch->own_failure = true;
	return -1;
}

static long status_of(struct fetch *fetch)
{
	long status = 0;

	curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct fetch *fetch = context;
	const struct fetch_request *request = fetch->request;
	struct text text = {.data = data, .size = size * count};
	size_t room = FETCH_TEXT_MAX - fetch->text.size;

	fetch->idle_us = clock_monotonic_us();
	if (request->data && status_of(fetch) == 200) {
		return request->data(request->context, text, fetch->err) < 0
			       ? (size_t)give_up(fetch)
			       : text.size;
	}
	fetch->answer->text_cut |= text.size > room;
	buffer_append(&fetch->text, text_head(text, text.size < room ? text.size : room));
	if (fetch->text.failed) {
		error_no_memory(fetch->err);
		return (size_t)give_up(fetch);
	}
	return text.size;
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
	struct fetch *fetch = context;
	struct text value = {.data = data, .size = size * count}, name;
	int64_t wait_s;

	while (value.size > 0 && strchr("\r\n", value.data[value.size - 1])) {
		value.size--;
	}
	if (text_starts_with(value, TEXT("HTTP/"))) {
		fetch->answer->retry_after_s = -1; /* an interim answer's do not count */
	} else if (text_split(&value, ':', &name) && value.data) {
		value = text_trim(value);
		if (text_equal_ascii_case(name, TEXT("Date"))) {
			fetch->answer->date = fetch_read_date(value);
		} else if (fetch_wait_of_header(name, value, clock_now_s(), &wait_s) &&
			   wait_s > fetch->answer->retry_after_s) {
			fetch->answer->retry_after_s = wait_s;
		}
	}
	return size * count;
}

static size_t give_body(char *to, size_t size, size_t count, void *context)
{
	struct fetch *fetch = context;
	size_t max = size * count;
	ssize_t got;

	if ((int64_t)max > fetch->body_left) {
		max = (size_t)fetch->body_left;
	}
	if (max == 0) {
		return 0;
	}
	got = pread(fetch->request->body, to, max, fetch->request->body_size - fetch->body_left);
	if (got <= 0) {
		error_set_errno(fetch->err, got < 0 ? errno : EIO, "cannot read what is posted");
		give_up(fetch);
		return CURL_READFUNC_ABORT;
	}
	fetch->body_left -= got;
	return (size_t)got;
}

/* libcurl goes back to the beginning when a connection that it kept turns out to be closed. */
static int rewind_body(void *context, curl_off_t offset, int origin)
{
	struct fetch *fetch = context;

	if (origin != SEEK_SET || offset < 0 || offset > fetch->request->body_size) {
		return CURL_SEEKFUNC_CANTSEEK;
	}
	fetch->body_left = fetch->request->body_size - offset;
	return CURL_SEEKFUNC_OK;
}

static int look_up(void *context, curl_off_t download_all, curl_off_t downloaded,
	curl_off_t upload_all, curl_off_t uploaded)
{
	struct fetch *fetch = context;
	int64_t now_us = clock_monotonic_us();

	(void)download_all;
	(void)downloaded;
	(void)upload_all;
	(void)uploaded;
	if (fetch->options.stopped && fetch->options.stopped(fetch->options.context)) {
		fetch->stopped = true;
		return 1;
	}
	if (fetch->request->idle && now_us - fetch->idle_us >= IDLE_US) {
		fetch->idle_us = now_us;
		if (fetch->request->idle(fetch->request->context, fetch->err) < 0) {
			give_up(fetch);
			return 1;
		}
	}
	return 0;
}

static bool set_credentials(struct fetch *fetch)
{
	CURL *curl = fetch->curl;

	if (!fetch->options.secret) {
		return true;
	}
	if (fetch->options.user) {
		return !curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) &&
		       !curl_easy_setopt(curl, CURLOPT_USERNAME, fetch->options.user) &&
		       !curl_easy_setopt(curl, CURLOPT_PASSWORD, fetch->options.secret);
	}
	return !curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) &&
	       !curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, fetch->options.secret);
}

static bool set_callbacks(struct fetch *fetch)
{
	CURL *curl = fetch->curl;

	return !curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) &&
	       !curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch) &&
	       !curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header) &&
	       !curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetch) &&
	       !curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body) &&
	       !curl_easy_setopt(curl, CURLOPT_READDATA, fetch) &&
	       !curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body) &&
	       !curl_easy_setopt(curl, CURLOPT_SEEKDATA, fetch) &&
	       !curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up) &&
	       !curl_easy_setopt(curl, CURLOPT_XFERINFODATA, fetch) &&
	       !curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) &&
	       !curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fetch->said);
}

static bool set_rules(struct fetch *fetch)
{
	CURL *curl = fetch->curl;

	return !curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") &&
	       !curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip") &&
	       !curl_easy_setopt(curl, CURLOPT_USERAGENT, "callstep/" CALLSTEP_VERSION) &&
	       !curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, RECEIVE_BYTES) &&
	       !curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L) &&
	       !curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, fetch->options.unix_path) &&
	       !curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S) &&
	       !curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L) &&
	       !curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)fetch->options.silence_s);
}

/* Appends a header line; false: out of memory, and *@list is freed. */
static bool add_line(struct curl_slist **list, const char *name, const char *value)
{
	char line[256];
	struct curl_slist *more;

	snprintf(line, sizeof(line), "%s: %s", name, value);
	more = curl_slist_append(*list, line);
	if (!more) {
		curl_slist_free_all(*list);
		*list = NULL;
		return false;
	}
	*list = more;
	return true;
}

static struct curl_slist *header_lines(const struct fetch_request *request)
{
	struct curl_slist *list = NULL;
	char id[24];

	if (!add_line(&list, "Accept", request->accept ? request->accept : "application/json") ||
		(request->body_type && (!add_line(&list, "Content-Type", request->body_type) ||
					       !add_line(&list, "Expect", "")))) {
		return NULL;
	}
	if (request->last_event_id >= 0) {
		snprintf(id, sizeof(id), "%lld", (long long)request->last_event_id);
		if (!add_line(&list, "Last-Event-ID", id)) {
			return NULL;
		}
	}
	return list;
}

static bool set_request(struct fetch *fetch, struct curl_slist *headers)
{
	const struct fetch_request *request = fetch->request;
	CURL *curl = fetch->curl;

	if (curl_easy_setopt(curl, CURLOPT_URL, request->url) ||
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers)) {
		return false;
	}
	if (!request->body_type) {
		return !curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	}
	return !curl_easy_setopt(curl, CURLOPT_POST, 1L) &&
	       !curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
}

/* What of an address may be told: no query, which may name a caller. */
static int tell(struct fetch *fetch, CURLcode code, struct error *err)
{
	const char *said = fetch->said[0] ? fetch->said : curl_easy_strerror(code);
	const char *url = fetch->request->url;
	enum error_code kind = code == CURLE_OPERATION_TIMEDOUT ? ERROR_TIMEOUT
			       : code == CURLE_OUT_OF_MEMORY	? ERROR_NO_MEMORY
								: ERROR_SYSTEM;

	return error_set(err, kind, "cannot ask '%.*s': %s", (int)strcspn(url, "?"), url, said);
}

static int perform(struct fetch *fetch, struct error *err)
{
	CURLcode code = curl_easy_perform(fetch->curl);

	fetch->answer->status = (int)status_of(fetch);
	fetch->answer->text = buffer_text(&fetch->text);
	if (fetch->stopped) {
		return 0;
	}
	if (fetch->own_failure) {
		return -1;
	}
	return code == CURLE_OK ? 1 : tell(fetch, code, err);
}

int fetch_run(struct fetch *fetch, const struct fetch_request *request,
	struct fetch_answer *ret_answer, bool *ret_own_failure, struct error *err)
{
	struct curl_slist *headers = header_lines(request);
	struct error ignored;
	int done;

	*ret_answer = (struct fetch_answer){.date = -1, .retry_after_s = -1};
	buffer_clear(&fetch->text);
	fetch->request = request;
	fetch->answer = ret_answer;
	fetch->err = err ? err : &ignored;
	fetch->body_left = request->body_type ? request->body_size : 0;
	fetch->idle_us = clock_monotonic_us();
	fetch->own_failure = false;
	fetch->stopped = false;
	fetch->said[0] = '\0';
	if (!headers || !set_request(fetch, headers)) {
		fetch->own_failure = true;
		done = error_no_memory(err);
	} else {
		done = perform(fetch, err);
	}
	*ret_own_failure = fetch->own_failure;
	curl_easy_setopt(fetch->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return done;
}

/* ---- ---- */

int fetch_create(struct fetch **ret_fetch, const struct fetch_options *options, struct error *err)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch) {
		return error_no_memory(err);
	}
	fetch->options = *options;
	buffer_init(&fetch->text, FETCH_TEXT_MAX);
	fetch->curl = curl_easy_init();
	if (!fetch->curl || !set_callbacks(fetch) || !set_rules(fetch) || !set_credentials(fetch)) {
		fetch_destroy(fetch);
		return error_set(err, ERROR_SYSTEM, "cannot set up the HTTP client");
	}
	*ret_fetch = fetch;
	return 0;
}

void fetch_destroy(struct fetch *fetch)
{
	if (fetch) {
		curl_easy_cleanup(fetch->curl);
		buffer_deinit(&fetch->text);
		free(fetch);
	}
}
