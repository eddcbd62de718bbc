/* SPDX-License-Identifier: MIT
 * A server without memory: each question is asked while the first, the second, … allocation fails.
 * It is answered right, or with a failure, or the connection ends; never wrong. Asked again, with
 * memory, the answer is what it was. */
#include <pthread.h>

#include "../rounds.h"
#include "api/api.h"
#include "api/key.h"
#include "failing_memory.h"
#include "figures.h"
#include "fixture.h"
#include "plain_client.h"

#define CALLS	20
#define NOW	10000
#define REQUEST 2048

static const struct {
	const char *line;
	const char *headers;
	const char *body;
} questions[] = {
	{"GET /api/all_logs/0/99999", "", ""},
	{"GET /api/all_logs/0/99999?limit=5&offset=3", "Accept-Encoding: gzip\r\n", ""},
	{"GET /api/all_logs/0/99999?number=6171", "Accept: text/xml\r\n", ""},
	{"GET /api/all_logs/0/99999", "Accept: text/xml\r\nAccept-Encoding: gzip\r\n", ""},
	{"GET /api/calls/0/99999", "", ""},
	{"GET /api/call/s03", "", ""},
	{"GET /v1/calls?text=%22word+3%22&detail=true", "", ""},
	{"GET /v1/calls?module=Menu&limit=7", "", ""},
	{"GET /v1/calls?dest=*71", "Accept: application/x-ndjson\r\n", ""},
	{"GET /v1/calls?min_duration=1", "Accept: text/csv\r\n", ""},
	{"GET /v1/calls/s04", "", ""},
	{"GET /v1/stats?group=module", "", ""},
	{"GET /v1/stats?group=time&bucket=minute&values=calls", "", ""},
	{"GET /v1/dropoff", "", ""},
	{"GET /v1/places", "", ""},
	{"GET /v1/flow?compare_start=1&compare_end=2000000000", "", ""},
	{"GET /v1/diff/s01/s02", "", ""},
	{"GET /v1/account", "", ""},
	{"GET /v1/keys", "", ""},
	{"POST /v1/calls", "Content-Type: application/json\r\n",
		"{\"calls\":[{\"dest\":\"6170\",\"src\":\"978\",\"start\":1,\"end\":2,"
		"\"session_id\":\"posted\",\"type\":\"inbound\",\"detail\":[{\"event\":{\"line\":"
		"\"a word\",\"data\":{\"module_type\":\"menu\",\"result_variable\":\"m\"}},"
		"\"class\":\"info\",\"timestamp\":1}]}]}"},
	{"GET /readyz", "", ""},
	{"GET /no/such/path", "", ""},
};

#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

struct stand {
	struct fixture f;
	struct key_uses key_uses;
	struct intake *intake;
	struct api *api;
	struct http_server *server;
	char key[KEY_TEXT_SIZE];
	struct plain_answer healthy;
	struct plain_answer answer;
};

static int64_t now(void)
{
	return NOW;
}

static void fill(struct stand *stand)
{
	struct store_key key = {.account_id = stand->f.account, .scopes = 7};
	int64_t id;

	for (int i = 0; i < CALLS; i++) {
		char session_id[16], dest[16], word[16];
		struct store_put put;

		snprintf(session_id, sizeof(session_id), "s%02d", i);
		snprintf(dest, sizeof(dest), "617%d", i % 3);
		snprintf(word, sizeof(word), "word %d", i % 4);
		put = put_of(&stand->f, session_id, dest, 1000 + 7 * i, i % 5, word);
		put_all(&stand->f, &put, 1);
	}
	assert_int_equal(key_make(stand->key, key.hash, NULL), 0);
	assert_int_equal(store_key_add(stand->f.store, &key, &id, NULL), 0);
}

static void open_stand(struct stand *stand)
{
	const struct intake_options intake = {
		.threads = 1,
		.call_size_max = 100000,
		.in_flight_max = 1000000,
		.chore = key_uses_write,
		.chore_context = &stand->key_uses,
	};
	struct api_options api = {
		.page_memory_max = (size_t)64 << 20,
		.query_time_max_ms = 100000,
		.threads = 1,
		.version = "0",
		.now = now,
	};
	struct http_server_options http = {
		.listen = "127.0.0.1:0",
		.threads = 1,
		.connections_max = 100,
		.timeout_s = 60,
		.header_size_max = 8192,
		.request_memory_max = (size_t)16 << 20,
	};
	struct error err = {0};

	fixture_open(&stand->f, "sqlite");
	fill(stand);
	api.store = stand->f.store;
	key_uses_init(&stand->key_uses, stand->f.store);
	api.key_uses = &stand->key_uses;
	if (intake_create(&stand->intake, stand->f.store, &intake, &err) < 0) {
		fail_msg("%s", err.message);
	}
	api.intake = stand->intake;
	if (api_create(&stand->api, &api, &err) < 0) {
		fail_msg("%s", err.message);
	}
	api_attach(stand->api, &http);
	if (http_server_start(&stand->server, &http, &err) < 0) {
		fail_msg("%s", err.message);
	}
}

static void close_stand(struct stand *stand)
{
	api_finish(stand->api);
	http_server_stop(stand->server, 10);
	intake_destroy(stand->intake);
	api_destroy(stand->api);
	key_uses_deinit(&stand->key_uses);
	assert_int_equal(problems_of(stand->f.store), 0);
	fixture_close(&stand->f);
}

static void ask(struct stand *stand, size_t question, struct plain_answer *answer)
{
	char request[REQUEST];

	snprintf(request, sizeof(request),
		"%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n%s"
		"Content-Length: %zu\r\n\r\n%s",
		questions[question].line, stand->key, questions[question].headers,
		strlen(questions[question].body), questions[question].body);
	plain_ask(http_server_address(stand->server), request, answer);
}

static bool same(const struct plain_answer *a, const struct plain_answer *b)
{
	return a->status == b->status && a->whole == b->whole && a->body_size == b->body_size &&
	       memcmp(a->body, b->body, a->body_size) == 0;
}

/* A failure is told by its status, or shows: the answer is cut off, and what came of it is right.
 */
static bool is_failure(const struct stand *stand)
{
	const struct plain_answer *answer = &stand->answer;

	if (answer->status == 0 || answer->status == 500 || answer->status == 503) {
		return true;
	}
	if (answer->status >= 400 && answer->body_size == 0) {
		return true; /* its sentence had no room */
	}
	return answer->status == stand->healthy.status && !answer->whole &&
	       answer->body_size <= stand->healthy.body_size &&
	       memcmp(answer->body, stand->healthy.body, answer->body_size) == 0;
}

/* Asks with the @nth allocation failing. Whether any did. */
static bool ask_without_memory(
	struct stand *stand, size_t question, long nth, bool stays, int *failures)
{
	int failed;

	failing_memory_arm(nth, stays);
	ask(stand, question, &stand->answer);
	failed = failing_memory_heal();
	if (!same(&stand->answer, &stand->healthy)) {
		if (!is_failure(stand)) {
			fail_msg("%s, allocation %ld: %s, %zu of %zu bytes: %.200s",
				questions[question].line, nth,
				stand->answer.whole ? "whole" : "cut off", stand->answer.body_size,
				stand->healthy.body_size, stand->answer.raw);
		}
		++*failures;
	}
	ask(stand, question, &stand->answer);
	if (!same(&stand->answer, &stand->healthy)) {
		fail_msg("%s, after allocation %ld: %.*s", questions[question].line, nth,
			(int)stand->answer.size, stand->answer.raw);
	}
	return failed > 0;
}

struct sum {
	int points;
	int failures;
};

static void ask_all(struct stand *stand, bool with_faults, struct sum *sum)
{
	int stride = rounds_of("CALLSTEP_FAULT_STRIDE", 1);

	for (size_t i = 0; i < QUESTIONS; i++) {
		/* Twice: the first time what is made once is made, and a posted call is new. */
		ask(stand, i, &stand->healthy);
		ask(stand, i, &stand->healthy);
		assert_true(stand->healthy.status >= 200 && stand->healthy.status < 500);
		for (int stays = 0; with_faults && stays < 2; stays++) {
			for (long nth = 1; ask_without_memory(stand, i, nth, stays, &sum->failures);
				nth += stride) {
				sum->points++;
			}
		}
	}
}

static long run(bool with_faults, struct sum *sum)
{
	struct stand *stand = calloc(1, sizeof(*stand));

	assert_non_null(stand);
	open_stand(stand);
	ask_all(stand, with_faults, sum);
	close_stand(stand);
	free(stand);
	return failing_memory_live();
}

static void a_server_answers_right_or_tells_that_it_cannot(void **state)
{
	struct sum sum = {0};
	long live;

	(void)state;
	run(false, &sum);
	live = run(false, &sum);
	assert_int_equal(run(true, &sum), live);
	assert_true(sum.failures > 0);
	figures_tell("no memory",
		"server, %zu questions: %d faults, %d failures told, 0 wrong, "
		"0 leaked",
		QUESTIONS, sum.points, sum.failures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_answers_right_or_tells_that_it_cannot),
	};

	figures_begin();
	failing_memory_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
