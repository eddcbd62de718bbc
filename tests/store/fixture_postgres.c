/* SPDX-License-Identifier: MIT
 * Stores on the PostgreSQL that tests/postgres.py started: each in its own schema. */
#include "fixture.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <unistd.h>

/* The first value of the last rows, or NULL; to be freed. */
static char *run(const char *schema, const char *sql)
{
	char location[256], *value = NULL;
	PGconn *db;
	PGresult *result;

	postgres_location(schema, location);
	db = PQconnectdb(location);
	result = PQexec(db, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK &&
		PQresultStatus(result) != PGRES_TUPLES_OK) {
		fail_msg("%s: %s", sql, PQerrorMessage(db));
	}
	if (PQntuples(result) > 0 && !PQgetisnull(result, 0, 0)) {
		value = strdup(PQgetvalue(result, 0, 0));
	}
	PQclear(result);
	PQfinish(db);
	return value;
}

void postgres_run_sql(const char *schema, const char *sql)
{
	free(run(schema, sql));
}

const char *postgres_ask_text(struct fixture *f, const char *sql)
{
	char *value = run(f->schema, sql);
	struct text copy = arena_copy(&f->arena,
		(struct text){.data = value ? value : "", .size = value ? strlen(value) + 1 : 1});

	free(value);
	assert_non_null(copy.data);
	return copy.data;
}

int64_t postgres_ask_number(const char *schema, const char *sql)
{
	char *value = run(schema, sql);
	int64_t number = value ? strtoll(value, NULL, 10) : 0;

	free(value);
	return number;
}

void postgres_location(const char *schema, char location[256])
{
	const char *base = getenv("CALLSTEP_TEST_POSTGRES");

	if (!base) {
		fail_msg("CALLSTEP_TEST_POSTGRES is not set: run this by tests/postgres.py");
	}
	snprintf(location, 256, "%s%s%s", base, schema[0] ? "&options=-csearch_path%3D" : "",
		schema);
}

void postgres_schema_make(char schema[64])
{
	static int made;
	char sql[128];

	snprintf(schema, 64, "test_%d_%d", (int)getpid(), ++made);
	snprintf(sql, sizeof(sql), "create schema %s", schema);
	postgres_run_sql("", sql);
}

void postgres_schema_drop(const char *schema)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "set client_min_messages = error; drop schema %s cascade",
		schema);
	postgres_run_sql("", sql);
}
