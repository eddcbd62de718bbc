/* SPDX-License-Identifier: MIT
 * Private to http/: the request log. */
#ifndef HTTP_REQUEST_LOG_H
#define HTTP_REQUEST_LOG_H

#include "http/figures.h"

/* Keeps the trace id of the header traceparent for the line, where that is as W3C Trace Context
 * has it. */
void request_log_trace(struct exchange *exchange);

/* Writes the line of an exchange that is over:
 *   request id=… method=GET path=/x status=200 bytes=17 us=42 account=7 client=192.0.2.7
 * `client` is the address that a trusted proxy asks for, or else the connection's; `trace=` follows
 * where the request has one.
 * `bytes` are those of the body as they were handed to the library; `end=` follows where the
 * response was not sent to its end. The query, which may hold telephone numbers, is written at
 * LOG_DEBUG only. */
void request_log(struct exchange *exchange, const struct http_done *done);

/* Tells what was counted and not told yet, before the server ends. */
void request_log_end(struct http_server *server);

/* Writes how often there were too many connections, as a warning:
 *   crowded connections=… gave-way=… refused=… surplus=…
 * @figures are those since the start. */
void request_log_crowd(const struct watch_figures *figures, size_t connections);

#endif
