/* SPDX-License-Identifier: MIT
 * The embedded store: opening, closing, and which thread uses which connection. */
#include "store/sqlite/sqlite.h"

#include <unistd.h>

#include "base/file.h"

static const struct sqlite_statement begin_read = {"begin"};
static const struct sqlite_statement begin_write = {"begin immediate"};
static const struct sqlite_statement commit = {"commit"};
static const struct sqlite_statement rollback = {"rollback"};

struct sqlite_reader sqlite_reader_open(struct store *base, struct error *err)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	struct sqlite_reader reader = {.store = store};

	pthread_mutex_lock(&store->pool_mutex);
	reader.connection = store->idle;
	if (reader.connection) {
		store->idle = reader.connection->next;
	}
	pthread_mutex_unlock(&store->pool_mutex);
	if (!reader.connection && sqlite_connection_open(&reader.connection, store->path,
					  store->folder, SQLITE_TO_READ, err) < 0) {
		reader.connection = NULL;
	}
	return reader;
}

struct sqlite_reader sqlite_reader_open_snapshot(struct store *base, struct error *err)
{
	struct sqlite_reader reader = sqlite_reader_open(base, err);

	if (sqlite_run(reader.connection, &begin_read, BIND_NOTHING, err) < 0) {
		sqlite_reader_close(&reader);
		reader.connection = NULL;
	}
	return reader;
}

/* A connection that cannot leave its transaction is of no use to the next one. */
static bool leave_transaction(struct sqlite_connection *connection)
{
	return sqlite3_get_autocommit(connection->db) ||
	       sqlite_run(connection, &rollback, BIND_NOTHING, NULL) == 0;
}

void sqlite_reader_close(struct sqlite_reader *reader)
{
	struct sqlite_store *store = reader->store;

	if (!reader->connection) {
		return;
	}
	if (!leave_transaction(reader->connection)) {
		sqlite_connection_close(reader->connection);
		return;
	}
	reader->connection->used = true;
	pthread_mutex_lock(&store->pool_mutex);
	reader->connection->next = store->idle;
	store->idle = reader->connection;
	pthread_mutex_unlock(&store->pool_mutex);
}

/* When the disk or an allocation fails, the text index of SQLite 3.40 may go on with what it had
 * read by half. Then it calls the database damaged once. A new connection has read nothing. */
static bool is_doubtful(struct sqlite_connection *connection)
{
	int status = sqlite3_errcode(connection->db) & 0xff;

	return status == SQLITE_IOERR || status == SQLITE_NOMEM || status == SQLITE_CORRUPT;
}

static int renew_writer(struct sqlite_store *store, struct error *err)
{
	struct sqlite_connection *renewed;

	if (sqlite_connection_open(&renewed, store->path, store->folder, SQLITE_TO_WRITE, err) <
		0) {
		return -1;
	}
	sqlite_connection_close(store->writer);
	store->writer = renewed;
	store->writer_is_doubtful = false;
	sqlite_checkpointer_watch(store);
	return 0;
}

int sqlite_writer_begin(struct sqlite_writer *writer, struct store *base, struct error *err)
{
	struct sqlite_store *store = (struct sqlite_store *)base;

	pthread_mutex_lock(&store->write_mutex);
	sqlite_checkpointer_wait(&store->checkpointer);
	*writer = (struct sqlite_writer){.store = store, .connection = store->writer};
	if (store->writer_is_doubtful && renew_writer(store, err) < 0) {
		return -1;
	}
	writer->connection = store->writer;
	writer->connection->used = true;
	/* Memory may have been short for leaving the last transaction. */
	if (!leave_transaction(writer->connection)) {
		return sqlite_fail(writer->connection, err, "write to");
	}
	return sqlite_run(writer->connection, &begin_write, BIND_NOTHING, err);
}

int sqlite_writer_commit(struct sqlite_writer *writer, struct error *err)
{
	writer->committed = sqlite_run(writer->connection, &commit, BIND_NOTHING, err) == 0;
	return writer->committed ? 0 : -1;
}

void sqlite_writer_end(struct sqlite_writer *writer)
{
	if (!writer->store) {
		return;
	}
	if (!writer->committed) {
		writer->store->writer_is_doubtful |= is_doubtful(writer->connection);
		/* Kinds that the transaction numbered are not there. */
		kind_ids_forget(&writer->store->kinds.ids);
	}
	/* A transaction that cannot be rolled back now is rolled back before the next one
	 * begins. */
	leave_transaction(writer->connection);
	pthread_mutex_unlock(&writer->store->write_mutex);
}

int sqlite_change(struct store *base, const struct sqlite_statement *statement,
	struct sqlite_values values, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int changed;

	if (sqlite_writer_begin(&writer, base, err) < 0 ||
		sqlite_run(writer.connection, statement, values, err) < 0) {
		return -1;
	}
	changed = sqlite3_changes(writer.connection->db);
	return sqlite_writer_commit(&writer, err) < 0 ? -1 : changed;
}

bool sqlite_failed_with(const struct sqlite_connection *connection, int status)
{
	return sqlite3_extended_errcode(connection->db) == status;
}

int sqlite_read_one(struct sqlite_connection *connection, struct error *err)
{
	static const struct sqlite_statement one = {"select max(id) from account"};

	return sqlite_run(connection, &one, BIND_NOTHING, err);
}

static void close_store(struct store *base)
{
	struct sqlite_store *store = (struct sqlite_store *)base;

	thread_stop(&store->rest);
	thread_deinit(&store->rest);
	sqlite_checkpointer_deinit(&store->checkpointer);
	while (store->idle) {
		struct sqlite_connection *connection = store->idle;

		store->idle = connection->next;
		sqlite_connection_close(connection);
	}
	sqlite_connection_close(store->writer);
	store_repacker_deinit(&store->repacker);
	sqlite_kinds_deinit(&store->kinds);
	file_close(&store->lock_fd);
	pthread_mutex_destroy(&store->pool_mutex);
	pthread_mutex_destroy(&store->write_mutex);
	free(store->path);
	free(store->folder);
	free(store);
}

static int view_open(struct store_view *view, struct store *base, struct error *err)
{
	view->state = sqlite_reader_open_snapshot(base, err).connection;
	return view->state ? 0 : -1;
}

static void view_close(struct store_view *view)
{
	struct sqlite_reader reader = {
		.store = (struct sqlite_store *)view->store, .connection = view->state};

	sqlite_reader_close(&reader);
}

static int ping(struct store *base, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);

	return sqlite_read_one(reader.connection, err);
}

static const struct store_backend backend = {
	.close = close_store,
	.ping = ping,
	.view_open = view_open,
	.view_close = view_close,
	.account_add = sqlite_account_add,
	.account_find = sqlite_account_find,
	.account_list = sqlite_account_list,
	.account_set_disabled = sqlite_account_set_disabled,
	.account_set_days = sqlite_account_set_days,
	.keeping = sqlite_keeping,
	.set_keeping = sqlite_set_keeping,
	.key_add = sqlite_key_add,
	.key_page = sqlite_key_page,
	.session_page = sqlite_session_page,
	.key_revoke = sqlite_key_revoke,
	.key_find = sqlite_key_find,
	.key_touch = sqlite_key_touch,
	.put_calls = sqlite_put_calls,
	.amend_calls = sqlite_amend_calls,
	.live_list = sqlite_live_list,
	.live_hear = sqlite_live_hear,
	.page = sqlite_page,
	.find = sqlite_find,
	.walk = sqlite_walk,
	.search = sqlite_search,
	.scan = sqlite_scan,
	.columns = sqlite_columns_use,
	.kinds = sqlite_kinds_list,
	.count_buckets = sqlite_count_buckets,
	.change_newest = sqlite_change_newest,
	.changes = sqlite_changes_read,
	.erase = sqlite_erase,
	.audit_erase = sqlite_audit_erase,
	.scrub = sqlite_scrub,
	.audit_add = sqlite_audit_add,
	.audit_list = sqlite_audit_list,
	.audit_drop = sqlite_audit_drop,
	.drop = sqlite_drop,
	.oldest = sqlite_oldest,
	.space = sqlite_space,
	.tidy = sqlite_tidy,
	.seal = sqlite_seal,
	.shrink = sqlite_shrink,
	.backup = sqlite_backup,
	.verify = sqlite_verify,
	.hooks = &sqlite_hooks,
};

/* Without its statistics SQLite takes no lock for each piece of memory, which is 7% of what
 * storing a call takes. This is set once, before SQLite is used. */
static void configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int store_sqlite_open(struct store **ret_store, const char *folder,
	const struct store_options *options, struct error *err)
{
	AUTO(store_closep) struct store *owned = NULL;
	static pthread_once_t configured = PTHREAD_ONCE_INIT;
	struct sqlite_store *store = calloc(1, sizeof(*store));

	if (!store) {
		return error_no_memory(err);
	}
	pthread_once(&configured, configure);
	store->base.backend = &backend;
	store->lock_fd = -1;
	store->block_calls = options->block_calls > 0 ? options->block_calls : COLUMN_CALLS_MAX;
	pthread_mutex_init(&store->write_mutex, NULL);
	pthread_mutex_init(&store->pool_mutex, NULL);
	sqlite_checkpointer_init(&store->checkpointer);
	thread_init(&store->rest);
	store_repacker_init(&store->repacker);
	sqlite_kinds_init(&store->kinds);
	owned = &store->base;

	store->folder = strdup(folder);
	store->path = sqlite_folder_file(folder, SQLITE_STORE_FILE, err);
	if (!store->folder || !store->path) {
		return error_no_memory(err);
	}
	if (sqlite_folder_prepare(folder, store->path, options->must_exist, err) < 0 ||
		(options->for_server && sqlite_folder_lock(folder, SQLITE_FOLDER_LOCK_SERVER, false,
						&store->lock_fd, err) < 0) ||
		sqlite_connection_open(
			&store->writer, store->path, store->folder, SQLITE_TO_WRITE, err) < 0 ||
		sqlite_schema_prepare(store, options, err) < 0 ||
		sqlite_log_index_reserve(store->writer, err) < 0 ||
		(options->for_server && sqlite_rest_start(store, err) < 0)) {
		return -1;
	}
	sqlite_checkpointer_watch(store);
	*ret_store = owned;
	owned = NULL;
	return 0;
}
