/* SPDX-License-Identifier: MIT
 * Sockets and TLS. */
#include "collect/asterisk/connection.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define OUT_BYTES_MAX ((size_t)64 << 10)
#define ADDRESS_US    INT64_C(5000000) /* for one address to accept the connection */

struct connection {
	int fd;
	struct addrinfo *addresses; /* of the host */
	struct addrinfo *next;	    /* the one that is tried when this one fails; NULL: none */
	int64_t until_us;	    /* monotonic: the address has to accept before that */
	bool connected;
	bool ready;
	bool wants_write;
	char *host;
	struct buffer out;
	gnutls_session_t session; /* NULL: no TLS */
	gnutls_certificate_credentials_t credentials;
};

static int fail_tls(int code, const char *what, struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "%s: %s", what, gnutls_strerror(code));
}

static int begin_tls(
	struct connection *connection, const struct connection_options *options, struct error *err)
{
	int code = gnutls_certificate_allocate_credentials(&connection->credentials);

	if (code < 0) {
		return fail_tls(code, "TLS cannot be used", err);
	}
	code = options->ca_file ? gnutls_certificate_set_x509_trust_file(connection->credentials,
					  options->ca_file, GNUTLS_X509_FMT_PEM)
				: gnutls_certificate_set_x509_system_trust(connection->credentials);
	if (code <= 0) {
		return error_set(err, ERROR_INVALID, "'%s' has no certificate to trust",
			options->ca_file ? options->ca_file : "the system");
	}
	code = gnutls_init(&connection->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
	code = code < 0 ? code : gnutls_set_default_priority(connection->session);
	code = code < 0 ? code
			: gnutls_credentials_set(connection->session, GNUTLS_CRD_CERTIFICATE,
				  connection->credentials);
	if (code < 0) {
		return fail_tls(code, "TLS cannot be used", err);
	}
	gnutls_session_set_verify_cert(connection->session, connection->host, 0);
	gnutls_server_name_set(
		connection->session, GNUTLS_NAME_DNS, connection->host, strlen(connection->host));
	return 0;
}

/* A peer that vanished without a word is noticed by the system too. */
static void keep_alive(int fd)
{
	int on = 1, idle_s = 20;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
}

static void close_socket(struct connection *connection)
{
	file_close(&connection->fd);
	connection->fd = -1;
}

/* Begins with the next address that can be begun with; false, and errno, where there is none. */
static bool try_next_address(struct connection *connection)
{
	int errnum = errno;

	close_socket(connection);
	while (connection->next) {
		const struct addrinfo *at = connection->next;

		connection->next = at->ai_next;
		connection->fd =
			socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (connection->fd >= 0 &&
			(connect(connection->fd, at->ai_addr, at->ai_addrlen) == 0 ||
				errno == EINPROGRESS)) {
			keep_alive(connection->fd);
			connection->until_us = clock_monotonic_us() + ADDRESS_US;
			return true;
		}
		errnum = errno;
		close_socket(connection);
	}
	errno = errnum;
	return false;
}

static int fail_connecting(const struct connection *connection, struct error *err)
{
	return error_set_errno(err, errno, "cannot connect to '%s'", connection->host);
}

static int begin_connecting(
	struct connection *connection, const struct connection_options *options, struct error *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	int code = getaddrinfo(options->host, options->port, &hints, &connection->addresses);

	if (code != 0) {
		connection->addresses = NULL;
		return error_set(err, ERROR_NOT_FOUND, "cannot find the host '%s': %s",
			options->host, gai_strerror(code));
	}
	connection->next = connection->addresses;
	return try_next_address(connection) ? 0 : fail_connecting(connection, err);
}

AUTO_POINTER(struct connection *, connection_close);

int connection_open(struct connection **ret_connection, const struct connection_options *options,
	struct error *err)
{
	AUTO(connection_closep) struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		return error_no_memory(err);
	}
	connection->fd = -1;
	buffer_init(&connection->out, OUT_BYTES_MAX);
	connection->host = strdup(options->host);
	if (!connection->host) {
		return error_no_memory(err);
	}
	if (begin_connecting(connection, options, err) < 0 ||
		(options->tls && begin_tls(connection, options, err) < 0)) {
		return -1;
	}
	*ret_connection = connection;
	connection = NULL;
	return 0;
}

void connection_close(struct connection *connection)
{
	if (!connection) {
		return;
	}
	if (connection->session) {
		gnutls_deinit(connection->session);
	}
	if (connection->credentials) {
		gnutls_certificate_free_credentials(connection->credentials);
	}
	file_close(&connection->fd);
	if (connection->addresses) {
		freeaddrinfo(connection->addresses);
	}
	buffer_deinit(&connection->out);
	free(connection->host);
	free(connection);
}

int connection_fd(const struct connection *connection)
{
	return connection->fd;
}

short connection_events(const struct connection *connection)
{
	bool writes = !connection->connected || connection->wants_write ||
		      (connection->ready && connection->out.size > 0);

	return (short)((connection->connected ? POLLIN : 0) | (writes ? POLLOUT : 0));
}

/* ---- connecting ---- */

static int finish_connecting(struct connection *connection, struct error *err)
{
	struct pollfd poller = {.fd = connection->fd, .events = POLLOUT};
	int errnum = 0;
	socklen_t size = sizeof(errnum);

	if (poll(&poller, 1, 0) > 0) {
		if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &errnum, &size) < 0) {
			errnum = errno;
		}
		connection->connected = errnum == 0;
	} else if (clock_monotonic_us() >= connection->until_us) {
		errnum = ETIMEDOUT;
	}
	errno = errnum;
	if (errnum != 0 && !try_next_address(connection)) {
		return fail_connecting(connection, err);
	}
	if (connection->connected && connection->session) {
		gnutls_transport_set_int(connection->session, connection->fd);
	}
	return connection->connected;
}

bool connection_is_made(const struct connection *connection)
{
	return connection->connected;
}

static int shake_hands(struct connection *connection, struct error *err)
{
	int code = gnutls_handshake(connection->session);

	connection->wants_write = code < 0 && gnutls_error_is_fatal(code) == 0 &&
				  gnutls_record_get_direction(connection->session) == 1;
	if (code < 0 && gnutls_error_is_fatal(code) != 0) {
		return fail_tls(code, "the host's certificate or its TLS is not accepted", err);
	}
	return code == 0 ? 1 : 0;
}

static ssize_t write_some(struct connection *connection)
{
	struct text out = buffer_text(&connection->out);
	ssize_t done;

	if (connection->session) {
		done = gnutls_record_send(connection->session, out.data, out.size);
		return done == GNUTLS_E_AGAIN || done == GNUTLS_E_INTERRUPTED ? 0 : done;
	}
	done = send(connection->fd, out.data, out.size, MSG_NOSIGNAL);
	return done < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : done;
}

static int flush(struct connection *connection, struct error *err)
{
	while (connection->out.size > 0) {
		ssize_t done = write_some(connection);

		if (done < 0) {
			return error_set(
				err, ERROR_SYSTEM, "cannot write to '%s'", connection->host);
		}
		if (done == 0) {
			return 0;
		}
		connection->out.size -= (size_t)done;
		memmove(connection->out.data, connection->out.data + done, connection->out.size);
	}
	return 0;
}

int connection_step(struct connection *connection, struct error *err)
{
	int done = 1;

	if (!connection->connected) {
		done = finish_connecting(connection, err);
	}
	if (done > 0 && !connection->ready && connection->session) {
		done = shake_hands(connection, err);
	}
	if (done <= 0) {
		return done;
	}
	connection->ready = true;
	return flush(connection, err) < 0 ? -1 : 1;
}

/* ---- bytes ---- */

static int closed(const struct connection *connection, struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "'%s' closed the connection", connection->host);
}

ssize_t connection_read(struct connection *connection, char *to, size_t size, struct error *err)
{
	ssize_t got;

	if (connection->session) {
		got = gnutls_record_recv(connection->session, to, size);
		if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED) {
			return 0;
		}
		return got > 0	  ? got
		       : got == 0 ? closed(connection, err)
				  : fail_tls((int)got, "the connection broke", err);
	}
	got = recv(connection->fd, to, size, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		return 0;
	}
	if (got < 0) {
		return error_set_errno(err, errno, "cannot read from '%s'", connection->host);
	}
	return got > 0 ? got : closed(connection, err);
}

int connection_write(struct connection *connection, struct text text, struct error *err)
{
	buffer_append(&connection->out, text);
	if (connection->out.failed) {
		return error_set(err, ERROR_TOO_LARGE, "'%s' does not read", connection->host);
	}
	return 0;
}
