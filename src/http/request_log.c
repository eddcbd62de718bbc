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

static const char *end_of(
	const struct exchange *exchange, enum MHD_RequestTerminationCode code, int status)
{
	if (exchange->ended) {
		return " end=no-longer-allowed";
	}
	if (exchange->watched && exchange->watched->slow) {
		return " end=too-slow";
	}
	switch (code) {
	case MHD_REQUEST_TERMINATED_COMPLETED_OK:
		return "";
	case MHD_REQUEST_TERMINATED_TIMEOUT_REACHED:
		return " end=timeout";
	case MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN:
		return " end=stopped";
	case MHD_REQUEST_TERMINATED_READ_ERROR:
	case MHD_REQUEST_TERMINATED_CLIENT_ABORT:
		return " end=client-gone";
	case MHD_REQUEST_TERMINATED_WITH_ERROR:
		break;
	}
	/* The library has one code for a request that it refused itself and for a connection that
	 * broke. */
	if (exchange->stage == STAGE_HEADER && status >= 400) {
		return " end=malformed";
	}
	return exchange->stopped ? " end=stopped" : exchange->refused ? "" : " end=broken-off";
}

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

void request_log(struct exchange *exchange, struct MHD_Connection *connection,
	enum MHD_RequestTerminationCode code)
{
	const struct http_request *request = &exchange->request;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
	int status = exchange->answered ? exchange->response.status
		     : info		? (int)info->http_status
					: 0;
	char method[METHOD_SIZE];
	char path[PATH_SIZE];
	char id[HTTP_ID_SIZE];

	if (request->quiet) {
		atomic_fetch_add(&exchange->server->quiet_count, 1);
	}
	tell_quiet(exchange->server, QUIET_EVERY_US);
	if (request->quiet) {
		return;
	}
	log_event(LOG_INFO, "request",
		"id=%s method=%s path=%s status=%d bytes=%lld us=%lld account=%lld%s",
		http_request_id(request, id),
		log_value(
			text_of(exchange->method ? exchange->method : "-"), method, sizeof(method)),
		log_value(request->path, path, sizeof(path)), status, (long long)exchange->sent,
		(long long)(clock_monotonic_us() - exchange->started_us),
		(long long)request->account_id, end_of(exchange, code, status));
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
