/* SPDX-License-Identifier: MIT
 * What a handler asks a request. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>

#include "http/exchange.h"
#include "http/uri.h"

struct last_value {
	struct text name;
	struct text value;
};

static enum MHD_Result keep_value(void *context, enum MHD_ValueKind kind, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	struct last_value *last = context;

	(void)kind;
	if (text_equal_ascii_case(last->name, (struct text){name, name_size})) {
		last->value = value ? (struct text){value, value_size} : TEXT("");
	}
	return MHD_YES;
}

struct text http_header(struct http_request *request, const char *name)
{
	struct last_value last = {.name = text_of(name)};

	MHD_get_connection_values_n(
		exchange_of(request)->connection, MHD_HEADER_KIND, keep_value, &last);
	return last.value;
}

struct text http_query(struct http_request *request, const char *name)
{
	return uri_query_value(exchange_of(request)->query, text_of(name), &request->arena);
}

int http_query_next(
	struct http_request *request, size_t *at, struct text *ret_name, struct text *ret_value)
{
	return uri_query_next(
		exchange_of(request)->query, at, &request->arena, ret_name, ret_value);
}

static struct text network_of_ipv6(struct arena *arena, const struct in6_addr *address)
{
	struct in6_addr network = *address;
	char text[INET6_ADDRSTRLEN] = "";

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		inet_ntop(AF_INET, &address->s6_addr[12], text, sizeof(text));
		return arena_copy(arena, text_of(text));
	}
	memset(&network.s6_addr[8], 0, 8);
	inet_ntop(AF_INET6, &network, text, sizeof(text));
	return arena_printf(arena, "%s/64", text);
}

struct text http_request_network(struct http_request *request)
{
	const union connection_address *client = &exchange_of(request)->client;
	char text[INET_ADDRSTRLEN] = "";

	if (client->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &client->v4.sin_addr, text, sizeof(text));
		return arena_copy(&request->arena, text_of(text));
	}
	if (client->any.sa_family == AF_INET6) {
		return network_of_ipv6(&request->arena, &client->v6.sin6_addr);
	}
	return (struct text){0};
}

struct text http_query_text(const struct http_request *request)
{
	return exchange_of(request)->query;
}

const char *http_address(const struct http_request *request, char buffer[HTTP_ADDRESS_SIZE])
{
	const union connection_address *client = &exchange_of(request)->client;

	buffer[0] = '\0';
	if (client->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &client->v4.sin_addr, buffer, HTTP_ADDRESS_SIZE);
	} else if (client->any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &client->v6.sin6_addr, buffer, HTTP_ADDRESS_SIZE);
	}
	return buffer;
}

bool http_request_gone(struct http_request *request)
{
	struct pollfd polled = {.fd = exchange_of(request)->socket_fd, .events = POLLRDHUP};

	return poll(&polled, 1, 0) > 0;
}

const char *http_request_id(const struct http_request *request, char buffer[HTTP_ID_SIZE])
{
	snprintf(buffer, HTTP_ID_SIZE, "%016llx", (unsigned long long)request->id);
	return buffer;
}
