/* SPDX-License-Identifier: MIT
 * Batches, in libpq's pipeline mode (PostgreSQL 15, chapter 34.5): what is asked together goes out
 * together, and one wait brings all answers. A wait ends when nobody needs the answer any more, or
 * the database is silent for too long. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "store/find.h"
#include "store/postgres/postgres.h"

#define IN_BINARY 1

/* Who waits looks up so often whether it is worth it. */
#define LOOK_MS 50
/* What nobody waits for longer, however slow the database is; and how long for the end of what was
 * cancelled. */
#define PATIENCE_US	   INT64_C(30000000)
#define CANCEL_PATIENCE_US INT64_C(5000000)

void postgres_clear(struct postgres_connection *connection)
{
	for (size_t i = 0; i < connection->sent_count; i++) {
		PQclear(connection->sent[i].result);
	}
	connection->sent_count = 0;
	connection->failed = false;
	connection->ran = false;
	connection->cancelled_us = 0;
	connection->sqlstate[0] = '\0';
}

/* ---- adding ---- */

/* @accepted: libpq took it. */
static void note_sent(
	struct postgres_connection *connection, struct postgres_sent sent, int accepted)
{
	if (accepted == 1 && connection->sent_count == connection->sent_room) {
		size_t room = connection->sent_room ? 2 * connection->sent_room : 16;
		struct postgres_sent *grown =
			reallocarray(connection->sent, room, sizeof(*connection->sent));

		if (grown) {
			connection->sent = grown;
			connection->sent_room = room;
		}
	}
	if (accepted != 1 || connection->sent_count == connection->sent_room) {
		connection->failed = true;
		return;
	}
	connection->sent[connection->sent_count++] = sent;
}

static const char *name_of(enum postgres_sql sql, char buffer[16])
{
	snprintf(buffer, 16, "s%d", (int)sql);
	return buffer;
}

static void prepare(struct postgres_connection *connection, enum postgres_sql sql)
{
	const struct postgres_sent sent = {.kind = POSTGRES_SENT_PREPARE, .sql = sql};
	char name[16];

	if (connection->readiness[sql] == POSTGRES_UNPREPARED) {
		connection->readiness[sql] = POSTGRES_PREPARING;
		note_sent(connection, sent,
			PQsendPrepare(connection->db, name_of(sql, name), postgres_sql_texts[sql],
				0, NULL));
	}
}

/* Parameters as libpq takes them. */
struct arguments {
	int count;
	const char *values[POSTGRES_PARAMS_MAX];
	const int *sizes;
	int formats[POSTGRES_PARAMS_MAX];
};

static struct arguments arguments_of(
	struct postgres_connection *connection, const struct postgres_params *params)
{
	struct arguments arguments = {0};

	if (!params) {
		return arguments;
	}
	connection->failed = connection->failed || params->bytes.failed;
	arguments.count = params->count;
	arguments.sizes = params->sizes;
	for (int i = 0; i < params->count; i++) {
		/* An empty value is one, too. */
		const char *value =
			params->bytes.data ? params->bytes.data + params->offsets[i] : "";

		arguments.values[i] = params->sizes[i] < 0 ? NULL : value;
		arguments.formats[i] = IN_BINARY;
	}
	return arguments;
}

static void send_prepared(struct postgres_connection *connection, enum postgres_sql sql,
	const struct postgres_params *params, enum postgres_sent_kind kind)
{
	const struct arguments arguments = arguments_of(connection, params);
	char name[16];

	prepare(connection, sql);
	if (!connection->failed) {
		note_sent(connection, (struct postgres_sent){.kind = kind},
			PQsendQueryPrepared(connection->db, name_of(sql, name), arguments.count,
				arguments.values, arguments.sizes, arguments.formats, IN_BINARY));
	}
}

/* A view begins its transaction with the first question, which costs no round trip. */
static void begin(struct postgres_connection *connection)
{
	if (connection->ran) {
		postgres_clear(connection);
	}
	if (connection->begin_read) {
		connection->begin_read = false;
		send_prepared(connection, POSTGRES_BEGIN_READ, NULL, POSTGRES_SENT_BEGIN);
	}
}

void postgres_add(struct postgres_connection *connection, enum postgres_sql sql,
	const struct postgres_params *params)
{
	begin(connection);
	send_prepared(connection, sql, params, POSTGRES_SENT_QUERY);
}

void postgres_add_text(struct postgres_connection *connection, const char *sql,
	const struct postgres_params *params)
{
	struct arguments arguments;

	begin(connection);
	arguments = arguments_of(connection, params);
	if (!connection->failed) {
		note_sent(connection, (struct postgres_sent){.kind = POSTGRES_SENT_QUERY},
			PQsendQueryParams(connection->db, sql, arguments.count, NULL,
				arguments.values, arguments.sizes, arguments.formats, IN_BINARY));
	}
}

/* ---- waiting ---- */

/* The server ends the question; where it cannot be told, waiting ends all the same. */
static void cancel(struct postgres_connection *connection)
{
	PGcancel *handle = PQgetCancel(connection->db);
	char words[256];

	connection->cancelled_us = clock_monotonic_us();
	if (handle) {
		PQcancel(handle, words, sizeof(words));
		PQfreeCancel(handle);
	}
}

static int keep_waiting(struct postgres_connection *connection, int64_t since_us, struct error *err)
{
	int64_t now_us = clock_monotonic_us();

	if (connection->cancelled_us != 0) {
		if (now_us - connection->cancelled_us < CANCEL_PATIENCE_US) {
			return 0;
		}
		connection->broken = true;
		return error_set(
			err, ERROR_TIMEOUT, "the PostgreSQL store: it does not answer: try again");
	}
	if ((connection->search && store_find_check_deadline(connection->search, NULL) < 0) ||
		(!connection->patient && now_us - since_us > PATIENCE_US)) {
		cancel(connection);
	}
	return 0;
}

/* Sends what is still to be sent and waits until there is an answer. */
static int wait_for_answer(
	struct postgres_connection *connection, int64_t since_us, struct error *err)
{
	for (;;) {
		int unsent = PQflush(connection->db);
		struct pollfd socket = {
			.fd = PQsocket(connection->db),
			.events = (short)(POLLIN | (unsent > 0 ? POLLOUT : 0)),
		};
		int ready;

		if (unsent < 0) {
			return postgres_fail_connection(connection, err);
		}
		if (!PQisBusy(connection->db)) {
			return 0;
		}
		ready = poll(&socket, 1, LOOK_MS);
		if (ready < 0 && errno != EINTR) {
			connection->broken = true;
			return error_set_errno(err, errno, "cannot wait for PostgreSQL");
		}
		if (ready > 0 && (socket.revents & ~POLLOUT) != 0 &&
			PQconsumeInput(connection->db) != 1) {
			return postgres_fail_connection(connection, err);
		}
		if (ready <= 0 && keep_waiting(connection, since_us, err) < 0) {
			return -1;
		}
	}
}

/* Reads the answer to one statement, and the nothing that ends it. */
static int read_answer(struct postgres_connection *connection, PGresult **ret_result,
	int64_t since_us, struct error *err)
{
	PGresult *end;

	if (wait_for_answer(connection, since_us, err) < 0) {
		return -1;
	}
	*ret_result = PQgetResult(connection->db);
	if (!*ret_result) {
		return postgres_fail_connection(connection, err);
	}
	if (PQresultStatus(*ret_result) == PGRES_PIPELINE_SYNC) {
		return 0;
	}
	if (wait_for_answer(connection, since_us, err) < 0) {
		return -1;
	}
	end = PQgetResult(connection->db);
	if (end) {
		PQclear(end);
		connection->broken = true;
		return error_set(err, ERROR_SYSTEM, "PostgreSQL answered more than was asked for");
	}
	return 0;
}

/* The first statement that failed says why; those behind it were not run. */
static bool judge(
	struct postgres_connection *connection, const struct postgres_sent *sent, struct error *err)
{
	ExecStatusType status = PQresultStatus(sent->result);
	bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	const char *sqlstate;

	if (sent->kind == POSTGRES_SENT_PREPARE) {
		connection->readiness[sent->sql] = good ? POSTGRES_READY : POSTGRES_UNPREPARED;
	}
	if (good || status == PGRES_PIPELINE_ABORTED) {
		return good;
	}
	sqlstate = PQresultErrorField(sent->result, PG_DIAG_SQLSTATE);
	snprintf(connection->sqlstate, sizeof(connection->sqlstate), "%s",
		sqlstate ? sqlstate : "08006");
	postgres_fail(err, connection->sqlstate, PQresultErrorMessage(sent->result));
	return false;
}

static int collect(struct postgres_connection *connection, struct error *err)
{
	int64_t since_us = clock_monotonic_us();
	PGresult *end = NULL;
	bool good = true;

	for (size_t i = 0; i < connection->sent_count; i++) {
		struct postgres_sent *sent = &connection->sent[i];
		struct error *first = good ? err : NULL;

		if (read_answer(connection, &sent->result, since_us, first) < 0) {
			return -1;
		}
		good = judge(connection, sent, first) && good;
	}
	if (read_answer(connection, &end, since_us, good ? err : NULL) < 0) {
		return -1;
	}
	PQclear(end);
	return good ? 0 : -1;
}

/* Why a search's question failed is better known here. */
static int explain(struct postgres_connection *connection, struct error *err)
{
	if (connection->search && connection->cancelled_us != 0 && !connection->broken) {
		(void)!store_find_check_deadline(connection->search, err);
	}
	return -1;
}

int postgres_run(struct postgres_connection *connection, struct error *err)
{
	connection->ran = true;
	if (connection->broken || PQstatus(connection->db) != CONNECTION_OK) {
		return postgres_fail_connection(connection, err);
	}
	if (connection->failed) {
		/* What was sent of it is never run: without a sync nothing is committed. */
		connection->broken = true;
		return error_no_memory(err);
	}
	if (PQpipelineSync(connection->db) != 1) {
		return postgres_fail_connection(connection, err);
	}
	return collect(connection, err) < 0 ? explain(connection, err) : 0;
}

int postgres_run_one(struct postgres_connection *connection, enum postgres_sql sql,
	const struct postgres_params *params, struct error *err)
{
	postgres_add(connection, sql, params);
	return postgres_run(connection, err);
}

/* Only outside of the pipeline can one text hold several statements. */
int postgres_exec(struct postgres_connection *connection, const char *sql, struct error *err)
{
	bool piped = PQpipelineStatus(connection->db) != PQ_PIPELINE_OFF;
	PGresult *result;
	int status = 0;

	postgres_clear(connection);
	if (piped && PQexitPipelineMode(connection->db) != 1) {
		return postgres_fail_connection(connection, err);
	}
	result = PQexec(connection->db, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK &&
		PQresultStatus(result) != PGRES_TUPLES_OK) {
		const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

		snprintf(connection->sqlstate, sizeof(connection->sqlstate), "%s",
			sqlstate ? sqlstate : "08006");
		status = postgres_fail(err, connection->sqlstate, PQerrorMessage(connection->db));
	}
	PQclear(result);
	if (piped && PQenterPipelineMode(connection->db) != 1) {
		return postgres_fail_connection(connection, err);
	}
	return status;
}
