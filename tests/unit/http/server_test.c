/* SPDX-License-Identifier: MIT
 * The server, asked over sockets. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "client.h"
#include "http/loop.h"
#include "toy.h"

#define ANSWER_MAX ((size_t)16 << 20)
#define CLOSE	   "Connection: close\r\n"

static int start(void **state)
{
	static struct toy toy;

	toy_start(&toy, NULL);
	*state = &toy;
	return 0;
}

static int stop(void **state)
{
	toy_stop(*state, 5);
	return 0;
}

/* Asks @toy, and checks that the answer holds @status and @part. */
static void expect(struct toy *toy, const char *request, const char *status, const char *part)
{
	AUTO(buffer_deinit) struct buffer answer;

	buffer_init(&answer, ANSWER_MAX);
	client_ask(http_server_address(toy->server), text_of(request), &answer);
	if (!answer.data || strncmp(answer.data, status, strlen(status)) != 0 ||
		!strstr(answer.data, part)) {
		fail_msg("'%s' was answered by '%.400s', not %s '%s'", request,
			answer.data ? answer.data : "", status, part);
	}
}

static void requests_are_answered(void **state)
{
	static const struct {
		const char *request;
		const char *status;
		const char *part;
	} cases[] = {
		{"GET /text HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200", "\r\n\r\nhello"},
		{"GET /text HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200",
			"\r\nX-Request-Id: "},
		{"GET /text HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200",
			"Options: nosniff\r\n"},
		{"GET /text HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200", "\r\nDate: "},
		{"GET http://h/text HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200", "hello"},
		{"GET /text HTTP/1.0\r\n\r\n", "HTTP/1.1 200", "Connection: close\r\n"},
		{"GET /unknown/10 HTTP/1.0\r\n\r\n", "HTTP/1.1 200", "\r\n\r\nxxxxxxxxxx"},
		{"GET /unknown/10 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200",
			"\r\nA\r\nxxxxxxxxxx\r\n0\r\n\r\n"},
		{"GET /known/10 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200",
			"Content-Length: 10\r\n\r\nxxxxxxxxxx"},
		{"GET /known/0 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200",
			"Content-Length: 0\r\n\r\n"},
		{"GET /pieces/4 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200",
			"Content-Length: 6\r\n\r\n001012"},
		{"GET /pieces/0 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200",
			"Content-Length: 0\r\n\r\n"},
		{"GET /echo/a%2fb+%20?q=1&q=x+%26%20y&r HTTP/1.1\r\nHost: t\r\n" CLOSE
		 "x-eCHO: one\r\nX-Echo: two\r\n\r\n",
			"HTTP/1.1 200", "[/echo/a/b+ ][a/b+ ][x & y][two]"},
		{"GET /self HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200",
			"woken by itself"},
		{"GET /query?a=1&b=x+%26%20y&&a=2&c&%61=&=& HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n",
			"HTTP/1.1 200", "\r\n\r\n[a=1][b=x & y][a=2][c=][a=][=]"},
		{"GET /query HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200",
			"Content-Length: 0\r\n"},
		{"GET /query? HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200",
			"Content-Length: 0\r\n"},
		{"GET /nowhere HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 404",
			"error: no such path"},
		{"GET /text%00 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 404", "error: "},
		{"GET /text% HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 404", "error: "},
		{"PUT /nowhere HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 404", "error: "},
		{"OPTIONS * HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 404", "error: "},
		{"POST /text HTTP/1.1\r\nHost: t\r\nContent-Length: 999999\r\n\r\n", "HTTP/1.1 405",
			"Allow: GET, HEAD\r\n"},
		{"OPTIONS /text HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 405",
			"Allow: GET, HEAD\r\n"},
		{"BREW /text HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 405",
			"Allow: GET, HEAD\r\n"},
		{"GET /sink HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 405",
			"Allow: POST\r\n"},
		{"GET /greedy HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 503",
			"Content-Length: 0"},
		{"GET /empty/42 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 500", "\r\n\r\n"},
		{"GET /empty/204 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 204", "\r\n\r\n"},
		{"GET /text FTP/1.1\r\n\r\n", "HTTP/1.1 400", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect(*state, cases[i].request, cases[i].status, cases[i].part);
	}
}

static void a_body_that_is_offered_is_asked_for(void **state)
{
	struct toy *toy = *state;
	AUTO(buffer_deinit) struct buffer answer;
	AUTO(file_close) int fd = client_connect(http_server_address(toy->server));

	buffer_init(&answer, ANSWER_MAX);
	client_send(fd, TEXT("POST /sink HTTP/1.1\r\nHost: t\r\n" CLOSE
			     "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
	client_read_until(fd, &answer, "HTTP/1.1 100 Continue\r\n\r\n");
	client_send(fd, TEXT("abc"));
	client_read_until(fd, &answer, "3 96354");
}

static void bodies_are_taken_or_refused(void **state)
{
	static const struct {
		const char *request;
		const char *status;
		const char *part;
	} cases[] = {
		{"POST /sink HTTP/1.1\r\nHost: t\r\n" CLOSE "Content-Length: 3\r\n\r\nabc",
			"HTTP/1.1 200", "3 96354"},
		{"POST /sink HTTP/1.1\r\nHost: t\r\n" CLOSE "Content-Length: 0\r\n\r\n",
			"HTTP/1.1 200", "0 0"},
		{"POST /sink HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200", "0 0"},
		{"POST /sink HTTP/1.1\r\nHost: t\r\n" CLOSE
		 "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
			"HTTP/1.1 200", "3 96354"},
		{"POST /sink HTTP/1.1\r\nHost: t\r\n" CLOSE
		 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			"HTTP/1.1 200", "0 0"},
		/* without a byte of the body */
		{"POST /sink HTTP/1.1\r\nHost: t\r\nX-Refuse: 1\r\nContent-Length: 3\r\n\r\n",
			"HTTP/1.1 401", "Connection: close\r\n"},
		{"POST /sink HTTP/1.1\r\nHost: t\r\nX-Refuse: 1\r\nContent-Length: 3\r\n"
		 "Expect: 100-continue\r\n\r\n",
			"HTTP/1.1 401", "Connection: close\r\n"},
		{"POST /sink HTTP/1.1\r\nHost: t\r\nX-Refuse: 1\r\nContent-Length: "
		 "999999\r\n\r\nabc",
			"HTTP/1.1 401", "refused"},
		{"POST /sink HTTP/1.1\r\nHost: t\r\nContent-Length: 100001\r\n\r\n", "HTTP/1.1 413",
			"error: the request's body is too large"},
		{"POST /sink HTTP/1.1\r\nHost: t\r\nContent-Length: 9999999999999999999\r\n\r\n",
			"HTTP/1.1 413", "error: the request's body is too large"},
		{"POST /sink HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: "
		 "100001\r\n\r\n",
			"HTTP/1.1 413", "Connection: close\r\n"},
		{"POST /sink HTTP/1.1\r\nHost: t\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 400", ""},
		{"POST /sink HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: "
		 "4\r\n\r\nabc",
			"HTTP/1.1 400", CLOSE},
		{"POST /sink HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: "
		 "chunked\r\n\r\n",
			"HTTP/1.1 400", CLOSE},
		/* 501; libmicrohttpd 1.0 is first, with 400 */
		{"POST /sink HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
			"HTTP/1.1 ", CLOSE},
		{"POST /sink HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
			"HTTP/1.1 400", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect(*state, cases[i].request, cases[i].status, cases[i].part);
	}
}

static void fill(struct buffer *request, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		buffer_append_byte(request, (char)('a' + i % 26));
	}
}

static void a_body_up_to_the_ceiling_is_taken_whole(void **state)
{
	AUTO(buffer_deinit) struct buffer request;
	AUTO(buffer_deinit) struct buffer answer;
	struct toy *toy = *state;

	buffer_init(&request, ANSWER_MAX);
	buffer_init(&answer, ANSWER_MAX);
	buffer_printf(&request,
		"POST /sink HTTP/1.1\r\nHost: t\r\n" CLOSE "Content-Length: %d\r\n\r\n",
		TOY_BODY_MAX);
	fill(&request, TOY_BODY_MAX);
	client_ask(http_server_address(toy->server), buffer_text(&request), &answer);
	assert_non_null(strstr(answer.data, "\r\n\r\n100000 "));
}

static void a_chunked_body_above_the_ceiling_is_refused_before_its_end(void **state)
{
	AUTO(buffer_deinit) struct buffer request;
	AUTO(buffer_deinit) struct buffer answer;
	struct toy *toy = *state;

	buffer_init(&request, ANSWER_MAX);
	buffer_init(&answer, ANSWER_MAX);
	buffer_append(&request, TEXT("POST /sink HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: "
				     "chunked\r\n\r\nfffff\r\n"));
	fill(&request, TOY_BODY_MAX + 1);
	client_ask(http_server_address(toy->server), buffer_text(&request), &answer);
	assert_int_equal(client_count(&answer, "HTTP/1.1 413"), 1);
	assert_int_equal(client_count(&answer, "error: the request's body is too large"), 1);
	toy_await(toy, &toy->released, toy->begun);
}

/* Asks by HEAD, and for /text behind it; the head, and then that answer or the connection's end,
 * which the head announced. */
static void expect_head_alone(struct toy *toy, const char *head, const char *part)
{
	AUTO(buffer_deinit) struct buffer request;
	AUTO(buffer_deinit) struct buffer answer;
	const char *behind;

	buffer_init(&request, ANSWER_MAX);
	buffer_init(&answer, ANSWER_MAX);
	buffer_printf(&request,
		"%s HTTP/1.1\r\nHost: t\r\n\r\nGET /text HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n",
		head);
	client_ask(http_server_address(toy->server), buffer_text(&request), &answer);
	behind = answer.data ? strstr(answer.data, "\r\n\r\n") : NULL;
	if (!behind || !strstr(answer.data, part) ||
		!(strncmp(behind, "\r\n\r\nHTTP/1.1 200", 16) == 0 ||
			(behind[4] == '\0' && strstr(answer.data, CLOSE)))) {
		fail_msg("%s: %s", head, answer.data);
	}
}

static void head_is_get_without_its_body(void **state)
{
	static const struct {
		const char *head;
		const char *part;
	} cases[] = {
		{"HEAD /text", "Content-Length: 5\r\n"},
		{"HEAD /known/12345", "Content-Length: 12345\r\n"},
		{"HEAD /unknown/12345", "HTTP/1.1 200"},
		{"HEAD /unknown/0", "HTTP/1.1 200"},
		{"HEAD /pieces/400", "Content-Length: 1986\r\n"},
		{"HEAD /pieces/4", "Content-Length: 6\r\n"},
		{"HEAD /nowhere", "Content-Length: 19\r\n"},
		{"GET /empty/304", "HTTP/1.1 304"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_head_alone(*state, cases[i].head, cases[i].part);
	}
}

static void pipelined_requests_are_answered_in_their_order(void **state)
{
	AUTO(buffer_deinit) struct buffer request;
	AUTO(buffer_deinit) struct buffer answer;
	struct toy *toy = *state;

	buffer_init(&request, ANSWER_MAX);
	buffer_init(&answer, ANSWER_MAX);
	for (int i = 0; i < 100; i++) {
		buffer_printf(&request, "GET /echo/%d HTTP/1.1\r\nHost: t\r\n\r\n", i);
		buffer_append(&request,
			TEXT("POST /sink HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc"));
	}
	buffer_append(&request, TEXT("GET /text HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n"));
	client_ask(http_server_address(toy->server), buffer_text(&request), &answer);
	assert_int_equal(client_count(&answer, "HTTP/1.1 200"), 201);
	assert_int_equal(client_count(&answer, "\r\n\r\n3 96354"), 100);
	assert_int_equal(client_count(&answer, "[/echo/99][99]"), 1);
}

static void many_pieces_arrive_whole(void **state)
{
	AUTO(buffer_deinit) struct buffer answer;
	const size_t count = 110000;
	struct toy *toy = *state;
	const char *body;

	buffer_init(&answer, ANSWER_MAX);
	client_ask(http_server_address(toy->server),
		TEXT("GET /pieces/110000 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n"), &answer);
	body = strstr(answer.data, "\r\n\r\n");
	assert_non_null(body);
	body += 4;
	assert_int_equal(answer.size - (size_t)(body - answer.data), count / 11 * 55);
	for (size_t i = 0; i < count / 11; i++) {
		assert_memory_equal(body + i * 55,
			"0010120123012340123450123456012345670123456780123456789", 55);
	}
}

static void a_body_that_cannot_go_on_is_cut(void **state)
{
	AUTO(buffer_deinit) struct buffer answer;
	struct toy *toy = *state;

	buffer_init(&answer, ANSWER_MAX);
	client_ask(http_server_address(toy->server),
		TEXT("GET /broken/1000000 HTTP/1.1\r\nHost: t\r\n\r\n"), &answer);
	assert_int_equal(client_count(&answer, "Content-Length: 1000000"), 1);
	assert_true(answer.size < 1000000);
	toy_await(toy, &toy->closed, 1);
}

static void a_large_header_is_refused(void **state)
{
	static const size_t sizes[] = {9000, 20000, 1000000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		AUTO(buffer_deinit) struct buffer request;
		AUTO(buffer_deinit) struct buffer answer;
		struct toy *toy = *state;

		buffer_init(&request, ANSWER_MAX);
		buffer_init(&answer, ANSWER_MAX);
		buffer_append(&request, TEXT("GET /text HTTP/1.1\r\nHost: t\r\nX-Long: "));
		fill(&request, sizes[i]);
		buffer_append(&request, TEXT("\r\n" CLOSE "\r\n"));
		client_ask(http_server_address(toy->server), buffer_text(&request), &answer);
		assert_int_equal(client_count(&answer, "HTTP/1.1 431"), 1);
	}
}

static void a_waiting_request_goes_on_when_it_is_woken(void **state)
{
	AUTO(buffer_deinit) struct buffer answer;
	struct toy *toy = *state;
	int fd = client_connect(http_server_address(toy->server));

	buffer_init(&answer, ANSWER_MAX);
	client_send(fd, TEXT("GET /wait HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n"));
	for (int i = 1; i <= 100; i++) {
		toy_await(toy, &toy->parked_count, i);
		toy_nudge(toy);
	}
	toy_wake(toy);
	client_read_all(fd, &answer);
	close(fd);
	assert_int_equal(client_count(&answer, "woken"), 1);
}

static void a_body_waits_until_it_is_taken(void **state)
{
	AUTO(buffer_deinit) struct buffer answer;
	struct toy *toy = *state;
	int fd = client_connect(http_server_address(toy->server));

	buffer_init(&answer, ANSWER_MAX);
	client_send(fd,
		TEXT("POST /gate HTTP/1.1\r\nHost: t\r\n" CLOSE "Content-Length: 3\r\n\r\nabc"));
	toy_await(toy, &toy->parked_count, 1);
	toy_wake(toy);
	client_read_all(fd, &answer);
	close(fd);
	assert_int_equal(client_count(&answer, "HTTP/1.1 200"), 1);
}

static void a_pulled_body_waits_for_what_comes_next(void **state)
{
	static const char *const requests[] = {"GET /drip/3 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n",
		"GET /known-drip/3 HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n"};
	struct toy *toy = *state;
	int parked = 0;

	for (int r = 0; r < 2; r++) {
		AUTO(buffer_deinit) struct buffer answer;
		int fd = client_connect(http_server_address(toy->server));

		buffer_init(&answer, ANSWER_MAX);
		client_send(fd, text_of(requests[r]));
		for (int i = 0; i < 3; i++) {
			toy_await(toy, &toy->parked_count, ++parked);
			toy_nudge(toy);
			toy_await(toy, &toy->parked_count, ++parked);
			buffer_clear(&answer);
			toy_wake(toy);
			client_read_until(fd, &answer, "~");
		}
		assert_true(client_read_all(fd, &answer));
		close(fd);
	}
}

static void a_waiting_body_ends_when_its_client_vanishes(void **state)
{
	struct toy *toy = *state;
	int fd = client_connect(http_server_address(toy->server));

	client_send(fd, TEXT("GET /drip/1000000 HTTP/1.1\r\nHost: t\r\n\r\n"));
	toy_await(toy, &toy->parked_count, 1);
	assert_false(toy_gone(toy));
	close(fd);
	while (!toy_gone(toy)) {
		sched_yield();
	}
	/* What is written to a connection that is closed meets a reset, sooner or later. */
	while (toy_released(toy) == 0) {
		toy_wake(toy);
		sched_yield();
	}
}

static void *nudge_often(void *context)
{
	struct toy *toy = context;

	for (int i = 0; i < 20000; i++) {
		toy_nudge(toy);
	}
	toy_wake(toy);
	return NULL;
}

static void wakes_from_many_threads_lose_nothing(void **state)
{
	AUTO(buffer_deinit) struct buffer answer;
	struct toy *toy = *state;
	int fd = client_connect(http_server_address(toy->server));
	pthread_t threads[3];

	buffer_init(&answer, ANSWER_MAX);
	client_send(fd, TEXT("GET /wait HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n"));
	toy_await(toy, &toy->parked_count, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, nudge_often, toy), 0);
	}
	client_read_all(fd, &answer);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
	}
	close(fd);
	assert_int_equal(client_count(&answer, "woken"), 1);
}

static void a_client_that_vanishes_releases_its_request(void **state)
{
	static const char *const requests[] = {
		"GET /wait HTTP/1.1\r\nHost: t\r\n\r\n",
		"POST /gate HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc",
	};
	struct toy *toy = *state;

	for (int i = 0; i < 2; i++) {
		int fd = client_connect(http_server_address(toy->server));

		client_send(fd, text_of(requests[i]));
		toy_await(toy, &toy->parked_count, i + 1);
		shutdown(fd, SHUT_RDWR);
		close(fd);
		toy_wake(toy);
		toy_await(toy, &toy->released, i + 1);
	}
}

static void a_client_that_vanishes_during_a_body_releases_its_request(void **state)
{
	AUTO(buffer_deinit) struct buffer answer;
	struct toy *toy = *state;
	int fd = client_connect(http_server_address(toy->server));

	buffer_init(&answer, ANSWER_MAX);
	client_send(fd, TEXT("GET /known/900000000 HTTP/1.1\r\nHost: t\r\n\r\n"));
	client_read_until(fd, &answer, "xxx");
	close(fd);
	toy_await(toy, &toy->released, 1);
	toy_await(toy, &toy->closed, 1);
	fd = client_connect(http_server_address(toy->server));
	client_send(fd, TEXT("POST /sink HTTP/1.1\r\nHost: t\r\nContent-Length: 90000\r\n\r\nabc"));
	toy_await(toy, &toy->begun, 2);
	close(fd);
	toy_await(toy, &toy->released, 2);
}

static void *wake_later(void *context)
{
	struct toy *toy = context;

	toy_wake(toy);
	return NULL;
}

static void a_stop_waits_for_what_runs(void **state)
{
	AUTO(buffer_deinit) struct buffer answer;
	struct toy toy;
	pthread_t thread;
	int fd;

	(void)state;
	buffer_init(&answer, ANSWER_MAX);
	toy_start(&toy, NULL);
	fd = client_connect(http_server_address(toy.server));
	client_send(fd, TEXT("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n"));
	toy_await(&toy, &toy.parked_count, 1);
	assert_int_equal(pthread_create(&thread, NULL, wake_later, &toy), 0);
	http_server_stop(toy.server, 10);
	pthread_join(thread, NULL);
	client_read_all(fd, &answer);
	close(fd);
	assert_int_equal(client_count(&answer, "woken"), 1);
	assert_int_equal(toy.released, 1);
}

/* As the acceptor does, with a socket that is none: the library cannot wait for it. */
static void a_connection_that_the_library_refuses_is_forgotten(void **state)
{
	struct toy *toy = *state;
	struct http_server *server = toy->server;
	const union connection_address address = {.v4 = {.sin_family = AF_INET}};

	for (int i = 0; i < 200; i++) {
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		struct connection *connection = watch_add(server->watch, fd, &address, server->tls);

		assert_non_null(connection);
		assert_true(loop_give(server->loops[0], connection));
	}
	while (watch_is_full(server->watch, 1)) {
		sched_yield();
	}
	expect(toy, "GET /text HTTP/1.1\r\nHost: t\r\n" CLOSE "\r\n", "HTTP/1.1 200", "hello");
}

static void a_stop_ends_connections_that_were_just_handed_over(void **state)
{
	char byte;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct toy toy;
		int fds[50];

		toy_start(&toy, NULL);
		for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
			fds[i] = client_connect(http_server_address(toy.server));
			client_send(fds[i], TEXT("GET /te"));
		}
		toy_stop(&toy, 0);
		for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
			assert_true(recv(fds[i], &byte, 1, 0) <= 0);
			close(fds[i]);
		}
	}
}

static void a_stop_ends_what_does_not_come_to_an_end(void **state)
{
	static const char *const requests[] = {
		"GET /wait HTTP/1.1\r\nHost: t\r\n\r\n",
		"POST /gate HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc",
		"GET /drip/3 HTTP/1.1\r\nHost: t\r\n\r\n",
		"GET /known-drip/3 HTTP/1.1\r\nHost: t\r\n\r\n",
	};
	struct toy toy;
	int fds[40];

	(void)state;
	toy_start(&toy, NULL);
	for (int i = 0; i < 40; i++) {
		fds[i] = client_connect(http_server_address(toy.server));
		client_send(fds[i], text_of(requests[i % 4]));
	}
	toy_await(&toy, &toy.parked_count, 40);
	toy_stop(&toy, 0);
	for (int i = 0; i < 40; i++) {
		close(fds[i]);
	}
}

/* True as soon as it has turned once; false when ten seconds were not enough. */
static bool turns(struct http_server *server)
{
	const struct timespec a_hundredth = {.tv_nsec = 10000000};

	for (int i = 0; i < 1000; i++) {
		if (http_server_turned(server)) {
			return true;
		}
		nanosleep(&a_hundredth, NULL);
	}
	return false;
}

/* Whether it stands still for a fifth of a second, within ten seconds. */
static bool stands_still(struct http_server *server)
{
	const struct timespec a_tenth = {.tv_nsec = 100000000};
	int still = 0;

	for (int i = 0; i < 100 && still < 2; i++) {
		still = http_server_turned(server) ? 0 : still + 1;
		nanosleep(&a_tenth, NULL);
	}
	return still == 2;
}

static void a_thread_that_stands_still_shows(void **state)
{
	struct toy *toy = *state;
	AUTO(file_close) int fd = client_connect(http_server_address(toy->server));
	bool still;

	assert_true(turns(toy->server));
	assert_true(turns(toy->server));
	/* Its handler waits for the lock. */
	pthread_mutex_lock(&toy->lock);
	client_send(fd, TEXT("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n"));
	still = stands_still(toy->server);
	pthread_mutex_unlock(&toy->lock);
	assert_true(still);
	assert_true(turns(toy->server));
	toy_await(toy, &toy->parked_count, 1);
	toy_wake(toy);
}

static void a_port_in_use_has_its_error(void **state)
{
	struct toy *toy = *state;
	struct http_server_options options = {.listen = http_server_address(toy->server)};
	struct http_server *server = NULL;
	struct error err = {0};
	char message[128];

	snprintf(message, sizeof(message), "cannot listen on '%s': address already in use",
		http_server_address(toy->server));
	assert_true(http_server_start(&server, &options, &err) < 0);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_string_equal(err.message, message);
}

static void an_address_that_is_none_has_its_error(void **state)
{
	static const char *const addresses[] = {"", ":", "127.0.0.1", "127.0.0.1:", ":80",
		"127.0.0.1:x", "127.0.0.1:65536", "localhost:80", "::1:80", "[::1]", "[]:80",
		"300.0.0.1:80", "[127.0.0.1:80"};

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct http_server_options options = {.listen = addresses[i]};
		struct http_server *server = NULL;
		struct error err = {0};

		assert_true(http_server_start(&server, &options, &err) < 0);
		assert_int_equal(err.code, ERROR_INVALID);
		assert_non_null(strstr(err.message, "write a numeric address"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_are_answered, start, stop),
		cmocka_unit_test_setup_teardown(a_body_that_is_offered_is_asked_for, start, stop),
		cmocka_unit_test_setup_teardown(bodies_are_taken_or_refused, start, stop),
		cmocka_unit_test_setup_teardown(
			a_body_up_to_the_ceiling_is_taken_whole, start, stop),
		cmocka_unit_test_setup_teardown(
			a_chunked_body_above_the_ceiling_is_refused_before_its_end, start, stop),
		cmocka_unit_test_setup_teardown(head_is_get_without_its_body, start, stop),
		cmocka_unit_test_setup_teardown(
			pipelined_requests_are_answered_in_their_order, start, stop),
		cmocka_unit_test_setup_teardown(many_pieces_arrive_whole, start, stop),
		cmocka_unit_test_setup_teardown(a_body_that_cannot_go_on_is_cut, start, stop),
		cmocka_unit_test_setup_teardown(a_large_header_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(
			a_waiting_request_goes_on_when_it_is_woken, start, stop),
		cmocka_unit_test_setup_teardown(a_body_waits_until_it_is_taken, start, stop),
		cmocka_unit_test_setup_teardown(
			a_pulled_body_waits_for_what_comes_next, start, stop),
		cmocka_unit_test_setup_teardown(
			a_waiting_body_ends_when_its_client_vanishes, start, stop),
		cmocka_unit_test_setup_teardown(wakes_from_many_threads_lose_nothing, start, stop),
		cmocka_unit_test_setup_teardown(
			a_client_that_vanishes_releases_its_request, start, stop),
		cmocka_unit_test_setup_teardown(
			a_client_that_vanishes_during_a_body_releases_its_request, start, stop),
		cmocka_unit_test_setup_teardown(
			a_connection_that_the_library_refuses_is_forgotten, start, stop),
		cmocka_unit_test(a_stop_ends_connections_that_were_just_handed_over),
		cmocka_unit_test(a_stop_waits_for_what_runs),
		cmocka_unit_test(a_stop_ends_what_does_not_come_to_an_end),
		cmocka_unit_test_setup_teardown(a_thread_that_stands_still_shows, start, stop),
		cmocka_unit_test_setup_teardown(a_port_in_use_has_its_error, start, stop),
		cmocka_unit_test(an_address_that_is_none_has_its_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
