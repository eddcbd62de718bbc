/* SPDX-License-Identifier: MIT
 * Recognising a store and bringing it to this program's schema. */
#include <errno.h>
#include <sys/mman.h>

#include "base/file.h"
#include "store/schema.h"
#include "store/sqlite/sqlite.h"

struct identity {
	int64_t application_id;
	int64_t version;
	int64_t tables;
};

static int read_identity(
	struct sqlite_connection *connection, struct identity *ret_identity, struct error *err)
{
	struct identity identity;

	if (sqlite_get_int64(connection, "pragma application_id", &identity.application_id, err) <
			0 ||
		sqlite_get_int64(connection, "pragma user_version", &identity.version, err) < 0 ||
		sqlite_get_int64(connection, "select count(*) from sqlite_schema", &identity.tables,
			err) < 0) {
		return -1;
	}
	*ret_identity = identity;
	return 0;
}

/* The same outside of a transaction. All of it is of one state, also while another process makes
 * a store of a new file. */
static int read_identity_at_once(
	struct sqlite_connection *connection, struct identity *ret_identity, struct error *err)
{
	int status;

	if (sqlite_exec(connection, "begin", err) < 0) {
		return -1;
	}
	status = read_identity(connection, ret_identity, err);
	/* Nothing was written, so a rollback loses nothing. */
	if (sqlite_exec(connection, "rollback", status < 0 ? NULL : err) < 0) {
		return -1;
	}
	return status;
}

/* 1 when the store can be used as it is, 0 when it needs a step of the schema. */
static int judge(const char *folder, const struct identity *identity, struct error *err)
{
	bool empty =
		identity->application_id == 0 && identity->version == 0 && identity->tables == 0;

	if (empty) {
		return 0;
	}
	if (identity->application_id != SQLITE_STORE_APPLICATION_ID) {
		return error_set(err, ERROR_CORRUPT,
			"'%s/" SQLITE_STORE_FILE
			"' is an SQLite database but not a callstep store: "
			"give another folder",
			folder);
	}
	if (identity->version > schema_version) {
		return error_set(err, ERROR_UNSUPPORTED,
			"the store '%s' has schema %lld, this program reads up to %d: "
			"use a newer callstep",
			folder, (long long)identity->version, schema_version);
	}
	return identity->version == schema_version;
}

/* The schema whose calls have neither path nor words. */
#define SCHEMA_WITHOUT_INDEX 1

static int apply_steps(struct sqlite_store *store, int64_t version, struct error *err)
{
	struct sqlite_connection *connection = store->writer;
	char pragma[64];

	for (int64_t step = version; step < schema_version; step++) {
		if (sqlite_exec(connection, schema_steps[step].sql, err) < 0) {
			return error_prefix(err, "schema step '%s'", schema_steps[step].name);
		}
	}
	if (version == SCHEMA_WITHOUT_INDEX && sqlite_index_all(store, err) < 0) {
		return -1;
	}
	snprintf(pragma, sizeof(pragma), "pragma application_id = %d", SQLITE_STORE_APPLICATION_ID);
	if (sqlite_exec(connection, pragma, err) < 0) {
		return -1;
	}
	snprintf(pragma, sizeof(pragma), "pragma user_version = %d", schema_version);
	return sqlite_exec(connection, pragma, err);
}

/* The file keeps all three. Page size and vacuum have to be set before anything is written. With
 * this vacuum, pages that dropped calls leave free can be given back to the disk
 * (store/sqlite/space.c). */
static int set_file_format(struct sqlite_connection *connection, struct error *err)
{
	return sqlite_exec(connection,
		"pragma page_size = 8192; pragma auto_vacuum = incremental; "
		"pragma journal_mode = wal",
		err);
}

/* For the steps of the schema: a number as it is compared. */
static void number_key(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct text number = {.data = sqlite3_value_blob(values[0])};
	char buffer[CALL_NUMBER_MAX];
	struct text key;

	(void)count;
	number.size = (size_t)sqlite3_value_bytes(values[0]);
	key = call_number_key(number, buffer);
	sqlite3_result_text64(
		context, key.size ? key.data : "", key.size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

int sqlite_schema_functions(sqlite3 *db)
{
	return sqlite3_create_function_v2(db, "callstep_number_key", 1,
		SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, number_key, NULL,
		NULL, NULL);
}

static int bring_up_to_date(struct sqlite_store *store, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	struct identity identity;
	int usable;

	if (sqlite_writer_begin(&writer, &store->base, err) < 0 ||
		read_identity(store->writer, &identity, err) < 0) {
		return -1;
	}
	usable = judge(store->folder, &identity, err);
	if (usable != 0) {
		return usable;
	}
	if (sqlite_schema_functions(store->writer->db) != SQLITE_OK) {
		return error_no_memory(err);
	}
	if (apply_steps(store, identity.version, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}

/* A server that began before this program came knows the older schema alone. */
static int lock_server_out(const char *folder, int *ret_lock, struct error *err)
{
	if (sqlite_folder_lock(folder, SQLITE_FOLDER_LOCK_SERVER, false, ret_lock, err) < 0) {
		return error_prefix(err,
			"the store '%s' is of an older callstep, and this program does not change "
			"its schema while it is served",
			folder);
	}
	return 0;
}

int sqlite_schema_prepare(
	struct sqlite_store *store, const struct store_options *options, struct error *err)
{
	AUTO(file_close) int server_lock = -1;
	AUTO(file_close) int lock = -1;
	struct identity identity;
	int usable;

	if (read_identity_at_once(store->writer, &identity, err) < 0) {
		return -1;
	}
	usable = judge(store->folder, &identity, err);
	if (usable < 0) {
		return -1;
	}
	if (usable) {
		/* Another program may have changed the journal. All other code needs the
		 * write-ahead log; the first read opens it. */
		return sqlite_exec(store->writer,
			"pragma journal_mode = wal; select 1 from sqlite_schema limit 1", err);
	}
	if (options->as_it_is) {
		return error_set(err, ERROR_OLD, "the store '%s' has schema %lld of %d",
			store->folder, (long long)identity.version, schema_version);
	}
	if (identity.version > 0 && !options->for_server &&
		lock_server_out(store->folder, &server_lock, err) < 0) {
		return -1;
	}
	/* One process at a time: one that waited finds the work done. */
	if (sqlite_folder_lock(store->folder, SQLITE_FOLDER_LOCK_SCHEMA, true, &lock, err) < 0 ||
		set_file_format(store->writer, err) < 0 ||
		/* A step replaces a table that others refer to: their rows must not go with the
		 * old one. SQLite does not change this setting inside of a transaction. */
		sqlite_exec(store->writer, "pragma foreign_keys = 0", err) < 0 ||
		bring_up_to_date(store, err) < 0) {
		return -1;
	}
	return sqlite_exec(store->writer, "pragma foreign_keys = 1", err);
}

/* The first part of the index: as much as SQLite maps at once
 * (https://www.sqlite.org/walformat.html, 2.2). */
#define LOG_INDEX_BYTES 32768

int sqlite_log_index_reserve(struct sqlite_connection *connection, struct error *err)
{
	sqlite3_file *file = NULL;
	void volatile *index = NULL;

	if (sqlite3_file_control(connection->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
			SQLITE_OK ||
		!file || !file->pMethods || file->pMethods->iVersion < 2) {
		return 0;
	}
	/* SQLite writes one byte to each page of the system. Where the disk's blocks are
	 * smaller, that does not reserve all of the page. */
	if (file->pMethods->xShmMap(file, 0, LOG_INDEX_BYTES, 1, &index) == SQLITE_OK && index &&
		madvise((void *)(uintptr_t)index, LOG_INDEX_BYTES, MADV_POPULATE_WRITE) < 0 &&
		errno == EFAULT) {
		return error_set(err, ERROR_NO_SPACE,
			"cannot open the store '%s': the disk is full: free some space",
			connection->folder);
	}
	return 0;
}
