/* SPDX-License-Identifier: MIT
 * Checkpoints: a thread of their own copies the log's pages into the database, so that the writer
 * waits neither for that nor for its fsync. The log starts anew only when all of it was copied,
 * which may never be the case while calls pour in: beyond a length the writer waits for one round.
 */
#include "store/sqlite/sqlite.h"

#define ROUND_PAGES   3000  /* 24 MiB: copy as much at a time */
#define LOG_PAGES_MAX 12000 /* 96 MiB and what one transaction adds: copy all of it */

void sqlite_checkpointer_init(struct sqlite_checkpointer *checkpointer)
{
	*checkpointer = (struct sqlite_checkpointer){
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.due_pages = ROUND_PAGES,
	};
}

void sqlite_checkpointer_deinit(struct sqlite_checkpointer *checkpointer)
{
	pthread_mutex_lock(&checkpointer->mutex);
	checkpointer->stopping = true;
	pthread_cond_broadcast(&checkpointer->changed);
	pthread_mutex_unlock(&checkpointer->mutex);
	if (checkpointer->started) {
		pthread_join(checkpointer->thread, NULL);
	}
	pthread_cond_destroy(&checkpointer->changed);
	pthread_mutex_destroy(&checkpointer->mutex);
}

/* A failure is no one's failure: nothing is lost, the log grows, and the next round tries again. */
static void run_round(struct sqlite_store *store, struct sqlite_connection **connection)
{
	if (!*connection && sqlite_connection_open(connection, store->path, store->folder,
				    SQLITE_TO_WRITE, NULL) < 0) {
		return;
	}
	sqlite3_wal_checkpoint_v2((*connection)->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void *run(void *argument)
{
	AUTO(sqlite_connection_closep) struct sqlite_connection *connection = NULL;
	struct sqlite_store *store = argument;
	struct sqlite_checkpointer *checkpointer = &store->checkpointer;

	pthread_mutex_lock(&checkpointer->mutex);
	while (!checkpointer->stopping) {
		if (!checkpointer->wanted) {
			pthread_cond_wait(&checkpointer->changed, &checkpointer->mutex);
			continue;
		}
		checkpointer->wanted = false;
		checkpointer->running = true;
		pthread_mutex_unlock(&checkpointer->mutex);
		run_round(store, &connection);
		pthread_mutex_lock(&checkpointer->mutex);
		checkpointer->running = false;
		checkpointer->rounds++;
		pthread_cond_broadcast(&checkpointer->changed);
	}
	pthread_mutex_unlock(&checkpointer->mutex);
	return NULL;
}

/* SQLite's callback behind each commit of the writer. */
static int note_commit(void *context, sqlite3 *db, const char *name, int pages)
{
	struct sqlite_store *store = context;
	struct sqlite_checkpointer *checkpointer = &store->checkpointer;

	(void)db;
	(void)name;
	pthread_mutex_lock(&checkpointer->mutex);
	if (pages < checkpointer->log_pages) {
		checkpointer->due_pages = ROUND_PAGES; /* it began anew */
	}
	checkpointer->log_pages = pages;
	if (pages >= checkpointer->due_pages) {
		checkpointer->due_pages = pages + ROUND_PAGES;
		checkpointer->started =
			checkpointer->started ||
			pthread_create(&checkpointer->thread, NULL, run, store) == 0;
		checkpointer->wanted = true;
		pthread_cond_broadcast(&checkpointer->changed);
	}
	pthread_mutex_unlock(&checkpointer->mutex);
	return SQLITE_OK;
}

void sqlite_checkpointer_watch(struct sqlite_store *store)
{
	sqlite3_wal_hook(store->writer->db, note_commit, store);
}

void sqlite_checkpointer_wait(struct sqlite_checkpointer *checkpointer)
{
	uint64_t enough;

	pthread_mutex_lock(&checkpointer->mutex);
	/* A round under way may have begun before the last commit. */
	enough = checkpointer->rounds + 1 + checkpointer->running;
	if (checkpointer->started && checkpointer->log_pages >= LOG_PAGES_MAX) {
		checkpointer->wanted = true;
		pthread_cond_broadcast(&checkpointer->changed);
		while (checkpointer->rounds < enough) {
			pthread_cond_wait(&checkpointer->changed, &checkpointer->mutex);
		}
	}
	pthread_mutex_unlock(&checkpointer->mutex);
}
