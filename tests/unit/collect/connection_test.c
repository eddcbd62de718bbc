/* SPDX-License-Identifier: MIT
 * A host that has several addresses. The linker puts __wrap_getaddrinfo() in the place of the
 * resolver, which gives what the test lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collect/asterisk/connection.h"

#define ADDRESSES 3

static struct {
	struct addrinfo entries[ADDRESSES];
	struct sockaddr_in addresses[ADDRESSES];
	size_t freed;
} resolved;

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
	struct addrinfo **ret_addresses);
void __wrap_freeaddrinfo(struct addrinfo *addresses);

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
	struct addrinfo **ret_addresses)
{
	(void)host;
	(void)port;
	(void)hints;
	*ret_addresses = resolved.entries;
	return 0;
}

void __wrap_freeaddrinfo(struct addrinfo *addresses)
{
	assert_ptr_equal(addresses, resolved.entries);
	resolved.freed++;
}

/* A socket of loopback that is bound, and listens or refuses. */
static int bind_socket(bool listens, struct sockaddr_in *ret_address)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t size = sizeof(*ret_address);

	*ret_address = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)ret_address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret_address, &size), 0);
	if (listens) {
		assert_int_equal(listen(fd, 1), 0);
	}
	return fd;
}

/* The host has ADDRESSES of them; only @listening accepts, ADDRESSES: none does. */
static void resolve(int fds[ADDRESSES], size_t listening)
{
	resolved.freed = 0;
	for (size_t i = 0; i < ADDRESSES; i++) {
		fds[i] = bind_socket(i == listening, &resolved.addresses[i]);
		resolved.entries[i] = (struct addrinfo){
			.ai_family = AF_INET,
			.ai_addr = (struct sockaddr *)&resolved.addresses[i],
			.ai_addrlen = sizeof(resolved.addresses[i]),
			.ai_next = i + 1 < ADDRESSES ? &resolved.entries[i + 1] : NULL,
		};
	}
}

static int connect_fully(struct connection **ret_connection, struct error *err)
{
	const struct connection_options options = {.host = "pbx.example", .port = "5038"};
	int ready = connection_open(ret_connection, &options, err);

	while (ready == 0) {
		struct pollfd poller = {.fd = connection_fd(*ret_connection),
			.events = connection_events(*ret_connection)};

		assert_int_equal(poll(&poller, 1, 10000), 1);
		ready = connection_step(*ret_connection, err);
	}
	return ready;
}

static void run(size_t listening, int expected)
{
	struct connection *connection = NULL;
	struct error err = {0};
	int fds[ADDRESSES];

	resolve(fds, listening);
	assert_int_equal(connect_fully(&connection, &err), expected);
	if (expected < 0) {
		assert_non_null(strstr(err.message, "cannot connect to 'pbx.example'"));
	} else {
		assert_true(connection_is_made(connection));
	}
	connection_close(connection);
	assert_int_equal(resolved.freed, 1);
	for (size_t i = 0; i < ADDRESSES; i++) {
		close(fds[i]);
	}
}

static void each_address_is_tried_until_one_accepts(void **state)
{
	(void)state;
	for (size_t listening = 0; listening < ADDRESSES; listening++) {
		run(listening, 1);
	}
}

static void a_host_of_which_no_address_accepts_is_told(void **state)
{
	(void)state;
	run(ADDRESSES, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_is_tried_until_one_accepts),
		cmocka_unit_test(a_host_of_which_no_address_accepts_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
