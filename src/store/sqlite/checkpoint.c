/* SPDX-License-Identifier: MIT
 * Checkpoints: a thread copies the log's pages into the database, so that the writer waits neither
 * for that nor for its fsync. The log starts anew only when all of it was copied, which may never
 * be the case while calls pour in. So beyond a length the writer waits for one round. */
#include "store/sqlite/sqlite.h"

#define ROUND_PAGES   3000  /* 24 MiB: copy as much at a time */
#define LOG_PAGES_MAX 12000 /* 96 MiB and what one transaction adds: copy all of it */

void sqlite_checkpointer_init(struct sqlite_checkpointer *checkpointer)
{
	*checkpointer = (struct sqlite_checkpointer){.due_pages = ROUND_PAGES};
	thread_init(&checkpointer->thread);
	pthread_cond_init(&checkpointer->ended, NULL);
}

void sqlite_checkpointer_deinit(struct sqlite_checkpointer *checkpointer)
{
	thread_stop(&checkpointer->thread);
	pthread_cond_destroy(&checkpointer->ended);
	thread_deinit(&checkpointer->thread);
}

/* A failure is not told: nothing is lost, the log grows, and the next round tries again. */
static void copy_log(struct sqlite_store *store, struct sqlite_connection **connection)
{
	if (!*connection && sqlite_connection_open(connection, store->path, store->folder,
				    SQLITE_TO_WRITE, NULL) < 0) {
		return;
	}
	sqlite3_wal_checkpoint_v2((*connection)->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void *run_rounds(void *argument)
{
	AUTO(sqlite_connection_closep) struct sqlite_connection *connection = NULL;
	struct sqlite_store *store = argument;
	struct sqlite_checkpointer *checkpointer = &store->checkpointer;

	thread_lock(&checkpointer->thread);
	while (thread_wait(&checkpointer->thread, -1)) {
		checkpointer->running = true;
		thread_unlock(&checkpointer->thread);
		copy_log(store, &connection);
		thread_lock(&checkpointer->thread);
		checkpointer->running = false;
		checkpointer->rounds++;
		pthread_cond_broadcast(&checkpointer->ended);
	}
	thread_unlock(&checkpointer->thread);
	return NULL;
}

/* SQLite's callback behind each commit of the writer. */
static int note_commit(void *context, sqlite3 *db, const char *name, int pages)
{
	struct sqlite_store *store = context;
	struct sqlite_checkpointer *checkpointer = &store->checkpointer;
	struct thread *thread = &checkpointer->thread;

	(void)db;
	(void)name;
	thread_lock(thread);
	if (pages < checkpointer->log_pages) {
		checkpointer->due_pages = ROUND_PAGES; /* it began anew */
	}
	checkpointer->log_pages = pages;
	if (pages >= checkpointer->due_pages) {
		checkpointer->due_pages = pages + ROUND_PAGES;
		if (thread->started ||
			thread_start(thread, run_rounds, store, "checkpoints", NULL) == 0) {
			thread_wake(thread);
		}
	}
	thread_unlock(thread);
	return SQLITE_OK;
}

void sqlite_checkpointer_watch(struct sqlite_store *store)
{
	sqlite3_wal_hook(store->writer->db, note_commit, store);
}

void sqlite_checkpointer_wait(struct sqlite_checkpointer *checkpointer)
{
	struct thread *thread = &checkpointer->thread;
	uint64_t enough;

	thread_lock(thread);
	/* A round under way may have begun before the last commit. */
	enough = checkpointer->rounds + 1 + checkpointer->running;
	if (thread->started && checkpointer->log_pages >= LOG_PAGES_MAX) {
		thread_wake(thread);
		while (checkpointer->rounds < enough) {
			pthread_cond_wait(&checkpointer->ended, &thread->lock);
		}
	}
	thread_unlock(thread);
}
