/* SPDX-License-Identifier: MIT
 * The request log: one line a request. */
#include "http/request_log.h"

#include "base/clock.h"
#include "base/log.h"

#define METHOD_SIZE    32
#define PATH_SIZE      512
#define QUERY_SIZE     1024
#define QUIET_EVERY_US INT64_C(1000000)
#define SHOWN_MAX      ((size_t)64 << 10)

static void log_query(struct exchange *exchange)
{
	AUTO(buffer_deinit) struct buffer shown;
	const struct http_server_options *options = &exchange->server->options;
	char query[QUERY_SIZE], id[HTTP_ID_SIZE];

	buffer_init(&shown, SHOWN_MAX);
	if (options->shown_query) {
		options->shown_query(options->context, &exchange->request, &shown);
	} else {
		buffer_append(&shown, exchange->query);
	}
	log_event(LOG_DEBUG, "request-query", "id=%s query=%s",
		http_request_id(&exchange->request, id),
		log_value(buffer_text(&shown), query, sizeof(query)));
}

static bool is_hex(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (!strchr("0123456789abcdef", text.data[i]) || text.data[i] == '\0') {
			return false;
		}
	}
	return true;
}

/* "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"; later versions may be longer. */
void request_log_trace(struct exchange *exchange)
{
	struct text rest = http_header(&exchange->request, "traceparent");
	struct text version, trace, parent, flags;

	if (!text_split(&rest, '-', &version) || !text_split(&rest, '-', &trace) ||
		!text_split(&rest, '-', &parent) || !text_split(&rest, '-', &flags)) {
		return;
	}
	if (version.size == 2 && trace.size == TRACE_ID_SIZE - 1 && parent.size == 16 &&
		flags.size == 2 && is_hex(version) && is_hex(trace) && is_hex(parent) &&
		is_hex(flags) && !text_equal(version, TEXT("ff")) &&
		!text_equal(trace, TEXT("00000000000000000000000000000000"))) {
		memcpy(exchange->trace_id, trace.data, trace.size);
	}
}

/* Tells how many requests had no line, unless that was told within the last @every_us. */
static void tell_quiet(struct http_server *server, int64_t every_us)
{
	int64_t now_us = clock_monotonic_us();
	int64_t told_us = atomic_load(&server->quiet_told_us);
	uint64_t count;

	if (atomic_load(&server->quiet_count) == 0 || now_us - told_us < every_us ||
		!atomic_compare_exchange_strong(&server->quiet_told_us, &told_us, now_us)) {
		return;
	}
	count = atomic_exchange(&server->quiet_count, 0);
	if (count > 0) {
		log_event(LOG_INFO, "requests-not-listed", "count=%llu", (unsigned long long)count);
	}
}

void request_log_end(struct http_server *server)
{
	tell_quiet(server, 0);
}

void request_log(struct exchange *exchange, const struct http_done *done)
{
	const struct http_request *request = &exchange->request;
	char method[METHOD_SIZE];
	char path[PATH_SIZE];
	char id[HTTP_ID_SIZE], client[HTTP_ADDRESS_SIZE];

	if (request->quiet) {
		atomic_fetch_add(&exchange->server->quiet_count, 1);
	}
	tell_quiet(exchange->server, QUIET_EVERY_US);
	if (request->quiet) {
		return;
	}
	log_event(LOG_INFO, "request",
		"id=%s method=%s path=%s status=%d bytes=%lld us=%lld account=%lld "
		"client=%s%s%s%s%s",
		http_request_id(request, id),
		log_value(
			text_of(exchange->method ? exchange->method : "-"), method, sizeof(method)),
		log_value(request->path, path, sizeof(path)), done->status,
		(long long)exchange->sent, (long long)done->us, (long long)request->account_id,
		*http_address(request, client) ? client : "-", *exchange->trace_id ? " trace=" : "",
		exchange->trace_id,
		done->end == HTTP_END_WHOLE ? "" : " end=", http_end_names[done->end]);
	if (exchange->query.size > 0 && log_enabled(LOG_DEBUG)) {
		log_query(exchange);
	}
}

void request_log_crowd(const struct watch_figures *figures, size_t connections)
{
	log_event(LOG_WARNING, "crowded", "connections=%zu gave-way=%llu refused=%llu surplus=%llu",
		connections, (unsigned long long)figures->gave_way,
		(unsigned long long)figures->refused, (unsigned long long)figures->surplus);
}
