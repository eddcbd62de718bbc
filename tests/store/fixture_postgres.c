/* SPDX-License-Identifier: MIT
 * Stores on the PostgreSQL that tests/postgres.py started: each in its own schema. */
#include "fixture.h"

#include <libpq-fe.h>
#include <unistd.h>

void postgres_run_sql(const char *schema, const char *sql)
{
	char location[256];
	PGconn *db;
	PGresult *result;

	postgres_location(schema, location);
	db = PQconnectdb(location);
	result = PQexec(db, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK &&
		PQresultStatus(result) != PGRES_TUPLES_OK) {
		fail_msg("%s: %s", sql, PQerrorMessage(db));
	}
	PQclear(result);
	PQfinish(db);
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
