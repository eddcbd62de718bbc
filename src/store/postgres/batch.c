/* SPDX-License-Identifier: MIT
 * Batches, in libpq's pipeline mode (PostgreSQL 15, chapter 34.5): what is asked together goes
 * out together, and one wait brings all answers. A wait ends when the answer is not needed any
 * more, or when the database is silent for too long. */
#include "store/postgres/batch.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "store/find.h"
#include "store/postgres/postgres.h"

#define IN_BINARY 1

/* No statement that is made by a format is longer. */
#define SQL_SIZE 8192

/* A wait asks so often whether the answer is still needed. */
#define LOOK_MS 50
/* Nobody waits longer than that, however slow the database is. */
#define PATIENCE_US INT64_C(30000000)
/* How long to wait for the end of what was cancelled. */
#define CANCEL_PATIENCE_US INT64_C(5000000)

/* clang-format off */
static const struct postgres_statement begin_read = {
	.sql = "begin isolation level repeatable read read only"};
const struct postgres_statement postgres_begin = {.sql = "begin isolation level read committed"};
const struct postgres_statement postgres_commit = {.sql = "commit"};
const struct postgres_statement postgres_rollback = {.sql = "rollback"};
const struct postgres_statement postgres_plan_each = {
	.sql = "set local plan_cache_mode = force_custom_plan"};

/* Programs that store calls of an account take turns. */
static const struct postgres_statement lock_accounts = {
	.sql = "select account_id, xmin::text::bigint as xmin from account"
	" where account_id = any($account_ids::bigint[])"
	" order by account_id for no key update"};
/* clang-format on */

void postgres_clear(struct postgres_connection *connection)
{
	for (size_t i = 0; i < connection->sent_count; i++) {
		PQclear(connection->sent[i].result);
	}
	connection->sent_count = 0;
	connection->queries = 0;
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
	if (accepted != 1 || !ARRAY_RESERVE(connection->sent, connection->sent_capacity,
				     connection->sent_count + 1)) {
		connection->failed = true;
		return;
	}
	connection->sent[connection->sent_count++] = sent;
	connection->queries += sent.kind == POSTGRES_SENT_QUERY;
}

#define NAME_SIZE 16

static const char *name_of(size_t number, char buffer[NAME_SIZE])
{
	snprintf(buffer, NAME_SIZE, "s%zu", number);
	return buffer;
}

/* The number of the statement among those that the connection has prepared, or prepares now. */
static size_t prepare(
	struct postgres_connection *connection, const struct postgres_statement *statement)
{
	size_t at = 0;
	struct postgres_prepared *prepared;
	char name[NAME_SIZE];

	while (at < connection->prepared_count && connection->prepared[at].statement != statement) {
		at++;
	}
	if (at == connection->prepared_count) {
		if (!ARRAY_RESERVE(connection->prepared, connection->prepared_capacity, at + 1)) {
			connection->failed = true;
			return 0;
		}
		connection->prepared[connection->prepared_count++] =
			(struct postgres_prepared){.statement = statement};
	}
	prepared = &connection->prepared[at];
	if (!prepared->prepared) {
		const struct postgres_sent sent = {POSTGRES_SENT_PREPARE, .prepared = at};

		prepared->prepared = true;
		postgres_names_read(&prepared->names, statement->sql, &connection->sql);
		connection->failed |= connection->sql.failed;
		note_sent(connection, sent,
			!connection->failed && PQsendPrepare(connection->db, name_of(at, name),
						       connection->sql.data, 0, NULL));
	}
	return at;
}

/* Parameters as libpq takes them. */
struct arguments {
	int count;
	const char *values[POSTGRES_PARAMS_MAX];
	int sizes[POSTGRES_PARAMS_MAX];
	int formats[POSTGRES_PARAMS_MAX];
};

static const struct postgres_param *find_param(
	const struct postgres_params *params, struct text name)
{
	for (int i = 0; i < params->count; i++) {
		if (text_equal_string(name, params->items[i].name)) {
			return &params->items[i];
		}
	}
	return NULL;
}

static void take_arguments(struct arguments *arguments, struct postgres_connection *connection,
	const struct postgres_names *names)
{
	const struct postgres_params *params = &connection->params;

	arguments->count = names->count;
	for (int i = 0; i < names->count; i++) {
		const struct postgres_param *param = find_param(params, names->items[i]);
		/* An empty value is one, too. */
		const char *bytes = params->bytes.data ? params->bytes.data : "";

		assert(param);
		arguments->sizes[i] = param->size;
		arguments->values[i] = param->size < 0 ? NULL : bytes + param->offset;
		arguments->formats[i] = IN_BINARY;
	}
}

static void send(struct postgres_connection *connection, const struct postgres_statement *statement,
	enum postgres_sent_kind kind)
{
	struct postgres_names names;
	struct arguments arguments;
	char name[NAME_SIZE];
	size_t at = 0;
	int sent;

	if (statement->once) {
		postgres_names_read(&names, statement->sql, &connection->sql);
	} else {
		at = prepare(connection, statement);
	}
	connection->failed |= connection->sql.failed || connection->params.bytes.failed;
	if (connection->failed) {
		return;
	}
	take_arguments(
		&arguments, connection, statement->once ? &names : &connection->prepared[at].names);
	if (statement->once) {
		sent = PQsendQueryParams(connection->db, connection->sql.data, arguments.count,
			NULL, arguments.values, arguments.sizes, arguments.formats, IN_BINARY);
	} else {
		sent = PQsendQueryPrepared(connection->db, name_of(at, name), arguments.count,
			arguments.values, arguments.sizes, arguments.formats, IN_BINARY);
	}
	note_sent(connection, (struct postgres_sent){.kind = kind}, sent);
}

size_t postgres_add(
	struct postgres_connection *connection, const struct postgres_statement *statement)
{
	if (!connection) {
		return 0;
	}
	if (connection->ran) {
		postgres_clear(connection);
	}
	if (connection->params.stale) {
		postgres_params_clear(&connection->params);
	}
	/* A view begins its transaction with the first question, which costs no round trip. */
	if (connection->begin_read) {
		connection->begin_read = false;
		send(connection, &begin_read, POSTGRES_SENT_BEGIN);
	}
	send(connection, statement, POSTGRES_SENT_QUERY);
	return connection->queries - 1;
}

size_t postgres_add_printf(struct postgres_connection *connection, const char *format, ...)
{
	char sql[SQL_SIZE];
	va_list values;

	va_start(values, format);
	vsnprintf(sql, sizeof(sql), format, values);
	va_end(values);
	return postgres_add(connection, POSTGRES_ONCE(sql));
}

size_t postgres_add_lock(
	struct postgres_connection *connection, const int64_t *account_ids, size_t count)
{
	BIND(connection, ARRAY(account_ids, POSTGRES_BIGINT, account_ids, count));
	postgres_add(connection, &postgres_begin);
	return postgres_add(connection, &lock_accounts);
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

static bool is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* The first statement that failed says why; those behind it were not run. */
static bool judge(
	struct postgres_connection *connection, const struct postgres_sent *sent, struct error *err)
{
	bool good = is_good(sent->result);

	if (sent->kind == POSTGRES_SENT_PREPARE) {
		connection->prepared[sent->prepared].prepared = good;
	}
	if (!good && PQresultStatus(sent->result) != PGRES_PIPELINE_ABORTED) {
		postgres_fail(connection, sent->result, err);
	}
	return good;
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
	if (!connection) {
		return -1;
	}
	if (connection->ran) {
		/* Nothing was added. */
		return 0;
	}
	connection->ran = true;
	connection->params.stale = true;
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

int postgres_ask(struct postgres_connection *connection, const struct postgres_statement *statement,
	struct postgres_rows *ret_rows, struct error *err)
{
	size_t index = postgres_add(connection, statement);

	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	*ret_rows = postgres_rows(connection, index);
	return ret_rows->count > 0;
}

int postgres_ask_int64(struct postgres_connection *connection,
	const struct postgres_statement *statement, int64_t *ret, struct error *err)
{
	struct postgres_rows rows;
	int found = postgres_ask(connection, statement, &rows, err);

	if (found > 0) {
		*ret = postgres_only(&rows);
	}
	return found;
}

int postgres_list(struct postgres_connection *connection,
	const struct postgres_statement *statement, const struct postgres_layout *layout,
	struct arena *arena, void *ret_items, size_t *ret_count, struct error *err)
{
	struct postgres_rows rows;

	return postgres_ask(connection, statement, &rows, err) < 0
		       ? -1
		       : postgres_read_all(&rows, layout, arena, ret_items, ret_count, err);
}

int postgres_change(struct postgres_connection *connection,
	const struct postgres_statement *statement, struct error *err)
{
	size_t index = postgres_add(connection, statement);

	return postgres_run(connection, err) < 0 ? -1 : postgres_changed(connection, index) > 0;
}

/* ---- what was answered ---- */

static PGresult *result_of(struct postgres_connection *connection, size_t index)
{
	for (size_t i = 0; i < connection->sent_count; i++) {
		const struct postgres_sent *sent = &connection->sent[i];

		if (sent->kind == POSTGRES_SENT_QUERY && index-- == 0) {
			return sent->result;
		}
	}
	return NULL;
}

struct postgres_rows postgres_rows(struct postgres_connection *connection, size_t index)
{
	return postgres_rows_of(result_of(connection, index));
}

int64_t postgres_changed(struct postgres_connection *connection, size_t index)
{
	int64_t changed = 0;

	text_to_int64(text_of(PQcmdTuples(result_of(connection, index))), &changed);
	return changed;
}

/* ---- several statements ---- */

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
	if (!is_good(result)) {
		status = postgres_fail(connection, result, err);
	}
	PQclear(result);
	if (piped && PQenterPipelineMode(connection->db) != 1) {
		return postgres_fail_connection(connection, err);
	}
	return status;
}
