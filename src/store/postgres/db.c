/* SPDX-License-Identifier: MIT
 * Connections to PostgreSQL: opening, what went wrong, what was answered. Nothing here knows what
 * the statements are for. */
#include <endian.h>
#include <stdio.h>

#include "store/postgres/postgres.h"

/* ---- failures ---- */

/* Classes and codes of PostgreSQL's SQLSTATE (appendix A). The first that fits counts. */
static const struct {
	const char *sqlstate;
	enum error_code code;
	const char *words; /* NULL: the server's own */
} failures[] = {
	{"25006", ERROR_DENIED, "it is read-only: give the address of the primary"},
	{"40", ERROR_BUSY, "another program changes the same: try again"},
	{"42501", ERROR_DENIED, NULL},
	{"53100", ERROR_NO_SPACE, "its disk is full: free some space"},
	{"53200", ERROR_NO_MEMORY, "it has no memory left"},
	{"53300", ERROR_BUSY, "it has no connection left: raise max_connections"},
	{"54", ERROR_TOO_LARGE, NULL},
	{"55P03", ERROR_BUSY, "another program holds what is needed: try again"},
	{"57014", ERROR_TIMEOUT, "the question took longer than it may: narrow it"},
	{"57", ERROR_BUSY, "it stops or starts: try again"},
	{"XX001", ERROR_CORRUPT, "its data is damaged: restore it from a backup"},
	{"XX002", ERROR_CORRUPT, "an index is damaged: rebuild it"},
};

/* The first line of what libpq says, without the level that stands before it. */
static struct text first_line(const char *message)
{
	struct text rest = text_of(message), line = TEXT("");

	text_split(&rest, '\n', &line);
	if (text_starts_with(line, TEXT("ERROR:  ")) || text_starts_with(line, TEXT("FATAL:  "))) {
		line = text_tail(line, 8);
	}
	return line.data ? line : TEXT("it does not say why");
}

int postgres_fail(struct error *err, const char *sqlstate, const char *message)
{
	struct text words = first_line(message);
	enum error_code code = ERROR_SYSTEM;

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (strncmp(sqlstate, failures[i].sqlstate, strlen(failures[i].sqlstate)) == 0) {
			words = failures[i].words ? text_of(failures[i].words) : words;
			code = failures[i].code;
			break;
		}
	}
	return code == ERROR_NO_MEMORY
		       ? error_no_memory(err)
		       : error_set(err, code, "the PostgreSQL store: %.*s", TEXT_ARG(words));
}

int postgres_fail_connection(struct postgres_connection *connection, struct error *err)
{
	connection->broken = true;
	snprintf(connection->sqlstate, sizeof(connection->sqlstate), "08006");
	return postgres_fail(err, connection->sqlstate, PQerrorMessage(connection->db));
}

bool postgres_failed_with(const struct postgres_connection *connection, const char *sqlstate)
{
	return strcmp(connection->sqlstate, sqlstate) == 0;
}

/* ---- opening ---- */

/* Plans are made once and for any value: then only a way along the indices is a good one, however
 * few rows there are now. */
#define SETTINGS                                                                                   \
	"set client_encoding = 'UTF8'; set jit = off; set max_parallel_workers_per_gather = 0; "   \
	"set plan_cache_mode = force_generic_plan; set enable_seqscan = off; "                     \
	"set enable_hashjoin = off; set enable_mergejoin = off; "                                  \
	"set default_transaction_isolation = 'read committed'; "                                   \
	"set idle_in_transaction_session_timeout = '10min'"

/* libpq takes the last of two equal words: what the location says overrules what stands before it.
 */
static PGconn *connect_to(const char *location)
{
	static const char *const words[] = {"connect_timeout", "application_name",
		"keepalives_idle", "keepalives_interval", "tcp_user_timeout", "dbname", NULL};
	const char *const values[] = {"5", "callstep", "30", "10", "30000", location, NULL};

	return PQconnectdbParams(words, values, 1);
}

/* What libpq says of a location that it cannot read may repeat the whole of it, the password too.
 */
static int check_location(const char *location, struct error *err)
{
	char *words = NULL;
	PQconninfoOption *options = PQconninfoParse(location, &words);
	bool good = options != NULL, repeats = words && strstr(words, "://");

	if (!good) {
		error_set(err, ERROR_INVALID,
			"the address of the PostgreSQL store is not one: %.*s: give "
			"postgresql://USER@HOST/DATABASE",
			TEXT_ARG(repeats ? TEXT("it cannot be read") : first_line(words)));
	}
	PQconninfoFree(options);
	PQfreemem(words);
	return good ? 0 : -1;
}

/* What PostgreSQL tells beside its answers is of no interest. */
static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

static int check_encoding(PGconn *db, struct error *err)
{
	const char *encoding = PQparameterStatus(db, "server_encoding");

	if (encoding && strcmp(encoding, "UTF8") == 0) {
		return 0;
	}
	return error_set(err, ERROR_UNSUPPORTED,
		"the PostgreSQL database is of the encoding '%s': make one of UTF8",
		encoding ? encoding : "");
}

int postgres_connection_open(
	struct postgres_connection **ret_connection, const char *location, struct error *err)
{
	AUTO(postgres_connection_closep)
	struct postgres_connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		return error_no_memory(err);
	}
	if (check_location(location, err) < 0) {
		return -1;
	}
	connection->db = connect_to(location);
	if (!connection->db) {
		return error_no_memory(err);
	}
	if (PQstatus(connection->db) != CONNECTION_OK) {
		return error_set(err, ERROR_BUSY, "cannot connect to the PostgreSQL store: %.*s",
			TEXT_ARG(first_line(PQerrorMessage(connection->db))));
	}
	PQsetNoticeProcessor(connection->db, ignore_notice, NULL);
	if (check_encoding(connection->db, err) < 0 ||
		postgres_exec(connection, SETTINGS, err) < 0) {
		return -1;
	}
	if (PQsetnonblocking(connection->db, 1) != 0 || PQenterPipelineMode(connection->db) != 1) {
		return postgres_fail_connection(connection, err);
	}
	*ret_connection = connection;
	connection = NULL;
	return 0;
}

void postgres_connection_close(struct postgres_connection *connection)
{
	if (!connection) {
		return;
	}
	postgres_clear(connection);
	free(connection->sent);
	PQfinish(connection->db);
	free(connection);
}

/* ---- what was answered ---- */

struct postgres_rows postgres_rows(struct postgres_connection *connection, size_t index)
{
	for (size_t i = 0; i < connection->sent_count; i++) {
		const struct postgres_sent *sent = &connection->sent[i];

		if (sent->kind == POSTGRES_SENT_QUERY && index-- == 0) {
			return (struct postgres_rows){sent->result, PQntuples(sent->result)};
		}
	}
	return (struct postgres_rows){0};
}

struct postgres_rows postgres_last_rows(struct postgres_connection *connection)
{
	PGresult *result = connection->sent[connection->sent_count - 1].result;

	return (struct postgres_rows){result, PQntuples(result)};
}

int64_t postgres_changed(struct postgres_connection *connection, size_t index)
{
	int64_t changed = 0;

	text_to_int64(text_of(PQcmdTuples(postgres_rows(connection, index).result)), &changed);
	return changed;
}

int64_t postgres_int64(const struct postgres_rows *rows, int row, int column)
{
	const char *value = PQgetvalue(rows->result, row, column);
	uint16_t small;
	uint32_t medium;
	uint64_t large;

	switch (PQgetlength(rows->result, row, column)) {
	case 1:
		return value[0];
	case sizeof(small):
		memcpy(&small, value, sizeof(small));
		return (int16_t)be16toh(small);
	case sizeof(medium):
		memcpy(&medium, value, sizeof(medium));
		return (int32_t)be32toh(medium);
	case sizeof(large):
		memcpy(&large, value, sizeof(large));
		return (int64_t)be64toh(large);
	default:
		return 0;
	}
}

bool postgres_is_null(const struct postgres_rows *rows, int row, int column)
{
	return PQgetisnull(rows->result, row, column) != 0;
}

struct text postgres_text(const struct postgres_rows *rows, int row, int column)
{
	if (postgres_is_null(rows, row, column)) {
		return (struct text){0};
	}
	return (struct text){
		.data = PQgetvalue(rows->result, row, column),
		.size = (size_t)PQgetlength(rows->result, row, column),
	};
}
