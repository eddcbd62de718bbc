/* SPDX-License-Identifier: MIT
 * The request log: one line a request. */
#include "http/request_log.h"

#include "base/clock.h"
#include "base/log.h"

#define METHOD_SIZE 32
#define PATH_SIZE   512
#define QUERY_SIZE  1024
#define SHOWN_MAX   ((size_t)64 << 10)

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
	/* The library has one code for a request that it refused itself and for a connection that broke. */
	if (exchange->stage == STAGE_HEADER && status >= 400) {
		return " end=malformed";
	}
	return exchange->stopped ? " end=stopped" : exchange->refused ? "" : " end=broken-off";
}

static void log_query(struct exchange *exchange)
{
	AUTO(buffer_deinit) struct buffer shown;
	const struct http_server_options *options = &exchange->server->options;
	char query[QUERY_SIZE];

	buffer_init(&shown, SHOWN_MAX);
	if (options->shown_query) {
		options->shown_query(options->context, &exchange->request, &shown);
	} else {
		buffer_append(&shown, exchange->query);
	}
	log_event(LOG_DEBUG, "request-query", "id=%016llx query=%s",
		(unsigned long long)exchange->request.id,
		log_value(buffer_text(&shown), query, sizeof(query)));
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

	log_event(LOG_INFO, "request",
		"id=%016llx method=%s path=%s status=%d bytes=%lld us=%lld account=%lld%s",
		(unsigned long long)request->id,
		log_value(
			text_of(exchange->method ? exchange->method : "-"), method, sizeof(method)),
		log_value(request->path, path, sizeof(path)), status, (long long)exchange->sent,
		(long long)(clock_monotonic_us() - exchange->started_us),
		(long long)request->account_id, end_of(exchange, code, status));
	if (exchange->query.size > 0 && log_enabled(LOG_DEBUG)) {
		log_query(exchange);
	}
}
