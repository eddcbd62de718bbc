/* SPDX-License-Identifier: MIT
 * Recognising a store and bringing it to this program's schema, whichever of several programs comes
 * first. */
#include <stdio.h>

#include "store/postgres/postgres.h"

/* The table that says that the tables beside it are a store, and of which schema. */
#define VERSION_TABLE "callstep_store"

/* clang-format off */

/* An advisory lock that ends with the transaction: programs that open the same store meanwhile
 * wait here, and find the work done. Its first number is "CSTP". */
static const struct postgres_statement lock_schema = {
	"select pg_advisory_xact_lock(1129533507, hashtext(current_schema()))", .once = true};

/* Asked of the catalogue's rows, which are of this moment: names may still be remembered as they
 * were when the transaction began. */
static const struct postgres_statement store_is_there = {
	"select exists (select from pg_class where relname = '" VERSION_TABLE "'"
	" and relnamespace = current_schema()::text::regnamespace)", .once = true};

static const struct postgres_statement versions = {
	"select version from " VERSION_TABLE, .once = true};

/* With the extension Citus each table lies with its account, accounts and their keys lie
 * everywhere (Citus 12, "Table types"). A table that is spread already stays as it is. */
#define SPREAD \
	"do $$ declare t text; begin " \
	"if exists (select from pg_proc where proname = 'create_distributed_table') then " \
	"foreach t in array array['account', 'key', 'keeping'] loop " \
	"if not exists (select from pg_dist_partition where logicalrelid = t::regclass) then " \
	"perform create_reference_table(t::regclass); end if; end loop; " \
	"foreach t in array array['call', 'detail', 'detail_gone', 'kind', 'tally', 'change'," \
	" 'live', 'sealed', 'block', 'segment', 'late', 'gone']" \
	" loop if not exists (select from pg_dist_partition where logicalrelid = t::regclass)" \
	" then perform create_distributed_table(t::regclass, 'account_id'); end if; end loop; " \
	"end if; end $$"

/* clang-format on */

/* -1: there is no store. */
static int read_version(
	struct postgres_connection *connection, int64_t *ret_version, struct error *err)
{
	struct postgres_rows rows;
	int64_t there = 0;

	if (postgres_ask_int64(connection, &store_is_there, &there, err) < 0) {
		return -1;
	}
	if (!there) {
		*ret_version = -1;
		return 0;
	}
	if (postgres_ask(connection, &versions, &rows, err) < 0) {
		return -1;
	}
	if (rows.count != 1) {
		return error_set(err, ERROR_CORRUPT,
			"the PostgreSQL store has %d versions: restore it from a backup",
			rows.count);
	}
	*ret_version = postgres_only(&rows);
	return 0;
}

/* 1 when the store can be used as it is, 0 when it needs a step of the schema. */
static int judge(int64_t version, struct error *err)
{
	if (version > postgres_schema_version) {
		return error_set(err, ERROR_UNSUPPORTED,
			"the PostgreSQL store has schema %lld, this program reads up to %d: "
			"use a newer callstep",
			(long long)version, postgres_schema_version);
	}
	return version == postgres_schema_version;
}

static int refuse_missing(struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
		"there is no store in the PostgreSQL database: make one with 'callstep account add "
		"EMAIL'");
}

/* From this schema on the keys of numbers are those of numbers.c. */
#define SCHEMA_OF_NUMBERS 5

static int apply_steps(struct postgres_connection *connection, int64_t version, struct error *err)
{
	char note[128];

	for (int64_t step = version < 0 ? 0 : version; step < postgres_schema_version; step++) {
		if (postgres_exec(connection, postgres_schema_steps[step].sql, err) < 0) {
			return error_prefix(
				err, "schema step '%s'", postgres_schema_steps[step].name);
		}
	}
	snprintf(note, sizeof(note),
		version < 0 ? "create table " VERSION_TABLE " as select %d as version"
			    : "update " VERSION_TABLE " set version = %d",
		postgres_schema_version);
	if (postgres_exec(connection, SPREAD, err) < 0 ||
		(version > 0 && version < SCHEMA_OF_NUMBERS &&
			postgres_numbers_renew(connection, err) < 0)) {
		return -1;
	}
	return postgres_exec(connection, note, err);
}

/* Reads what stands in the store, -1: there is none. Returns as judge() does. */
static int read_usable(
	struct postgres_connection *connection, int64_t *ret_version, struct error *err)
{
	return read_version(connection, ret_version, err) < 0 ? -1 : judge(*ret_version, err);
}

static int bring_up_to_date(struct postgres_connection *connection, struct error *err)
{
	int64_t version;
	int usable;

	postgres_add(connection, &postgres_begin);
	postgres_add(connection, &lock_schema);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	usable = read_usable(connection, &version, err);
	if (usable != 0) {
		return usable < 0 ? -1 : 0;
	}
	if (apply_steps(connection, version, err) < 0) {
		return -1;
	}
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err);
}

int postgres_schema_prepare(
	struct postgres_store *store, const struct store_options *options, struct error *err)
{
	POSTGRES_BORROW(connection, &store->base, err);
	int64_t version;
	int usable = read_usable(connection, &version, err);

	if (usable != 0) {
		return usable < 0 ? -1 : 0;
	}
	if (version < 0 && options->must_exist) {
		return refuse_missing(err);
	}
	if (options->as_it_is) {
		return error_set(err, ERROR_OLD, "the PostgreSQL store has schema %lld of %d",
			(long long)version, postgres_schema_version);
	}
	connection->patient = true;
	return bring_up_to_date(connection, err);
}
