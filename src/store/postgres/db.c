/* SPDX-License-Identifier: MIT
 * Connections to PostgreSQL: opening, what went wrong, what was answered. Nothing here knows what
 * the statements are for. */
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

/* Sets @err from the SQLSTATE of the last failure, and the server's own words @message. */
static int explain(
	const struct postgres_connection *connection, const char *message, struct error *err)
{
	struct text words = first_line(message);
	enum error_code code = ERROR_SYSTEM;

	for (size_t i = 0; i < COUNT_OF(failures); i++) {
		if (postgres_failed_with(connection, failures[i].sqlstate)) {
			words = failures[i].words ? text_of(failures[i].words) : words;
			code = failures[i].code;
			break;
		}
	}
	return code == ERROR_NO_MEMORY
		       ? error_no_memory(err)
		       : error_set(err, code, "the PostgreSQL store: %.*s", TEXT_ARG(words));
}

int postgres_fail(struct postgres_connection *connection, const PGresult *result, struct error *err)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	snprintf(connection->sqlstate, sizeof(connection->sqlstate), "%s",
		sqlstate ? sqlstate : "08006");
	return explain(connection,
		result ? PQresultErrorMessage(result) : PQerrorMessage(connection->db), err);
}

int postgres_fail_connection(struct postgres_connection *connection, struct error *err)
{
	connection->broken = true;
	return postgres_fail(connection, NULL, err);
}

bool postgres_failed_with(const struct postgres_connection *connection, const char *sqlstate)
{
	return connection && strncmp(connection->sqlstate, sqlstate, strlen(sqlstate)) == 0;
}

/* ---- opening ---- */

/* No statement is longer. */
#define SQL_MAX ((size_t)1 << 20)

/* A plan is made once, for any value. Then only a way along the indices is good, however few
 * rows there are now. */
/* clang-format off */
#define SETTINGS \
	"set client_encoding = 'UTF8'; set jit = off; set max_parallel_workers_per_gather = 0; " \
	"set plan_cache_mode = force_generic_plan; set enable_seqscan = off; " \
	"set enable_hashjoin = off; set enable_mergejoin = off; " \
	"set default_transaction_isolation = 'read committed'; " \
	"set idle_in_transaction_session_timeout = '10min'"
/* clang-format on */

/* Of two equal words libpq takes the last: what the location says overrules what stands before
 * it. */
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
	postgres_params_init(&connection->params);
	buffer_init(&connection->sql, SQL_MAX);
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
	postgres_params_deinit(&connection->params);
	buffer_deinit(&connection->sql);
	free(connection->prepared);
	free(connection->sent);
	PQfinish(connection->db);
	free(connection);
}
