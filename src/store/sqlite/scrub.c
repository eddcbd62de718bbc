/* SPDX-License-Identifier: MIT
 * Leaving nothing in the files but what is held. SQLite marks what is deleted as free and leaves
 * its bytes where they are. They stand in free pages, in gaps within pages, in older segments of
 * the text index, in the log. SQLite can overwrite bytes when they become free (secure_delete), but
 * that misses what was moved before. Writing all of the database again misses nothing. */
#include "store/sqlite/sqlite.h"

#include <time.h>

#include "base/clock.h"

#define PAUSE_MAX_US 50000
#define EMPTY_LOG_US INT64_C(10000000) /* as long as SQLite waits for a lock */

/* Lets other writers in. Those of other processes look only now and then whether the lock is
 * free. */
static void pause_for(int64_t worked_us)
{
	int64_t pause_us = worked_us < PAUSE_MAX_US ? worked_us : PAUSE_MAX_US;
	const struct timespec pause = {.tv_nsec = pause_us * 1000};

	nanosleep(&pause, NULL);
}

static int merge_words(struct sqlite_store *store, struct error *err)
{
	enum sqlite_merge what = SQLITE_MERGE_ALL;
	int more;

	do {
		int64_t began_us = clock_monotonic_us();

		more = sqlite_words_merge(store, what, err);
		what = SQLITE_MERGE_ON;
		pause_for(more > 0 ? clock_monotonic_us() - began_us : 0);
	} while (more > 0);
	return more;
}

/* ---- the database and its log ---- */

static void free_text(char **text)
{
	sqlite3_free(*text);
}

/* The copy that SQLite makes for this lies beside the store, not in a folder that all users
 * share. */
static int stay_in_folder(struct sqlite_connection *connection, struct error *err)
{
	AUTO(free_text)
	char *sql = sqlite3_mprintf("pragma temp_store_directory = %Q", connection->folder);

	return sql ? sqlite_exec(connection, sql, err) : error_no_memory(err);
}

static int rewrite(struct sqlite_store *store, struct error *err)
{
	int status;

	pthread_mutex_lock(&store->write_mutex);
	status = stay_in_folder(store->writer, err);
	if (status == 0) {
		/* From now on a store of an earlier schema can also give free pages back to the
		 * disk. */
		status =
			sqlite_exec(store->writer, "pragma auto_vacuum = incremental; vacuum", err);
	}
	pthread_mutex_unlock(&store->write_mutex);
	return status;
}

/* Copies the log into the database and empties it. It waits for readers as long as for any lock.
 * 1 done; 0 when a reader still needs the log, or another program copies it. */
static int copy_log(struct sqlite_store *store, struct error *err)
{
	int done = 1;
	int status;

	pthread_mutex_lock(&store->write_mutex);
	status = sqlite3_wal_checkpoint_v2(
		store->writer->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (status != SQLITE_OK) {
		done = (status & 0xff) == SQLITE_BUSY
			       ? 0
			       : sqlite_fail(store->writer, err, "empty the log of");
	}
	pthread_mutex_unlock(&store->write_mutex);
	return done;
}

/* SQLite does not wait for another program that copies the log
 * (https://www.sqlite.org/c3ref/wal_checkpoint_v2.html), so it is asked again. */
static int empty_log(struct sqlite_store *store, struct error *err)
{
	int64_t until_us = clock_monotonic_us() + EMPTY_LOG_US;
	int done;

	while ((done = copy_log(store, err)) == 0 && clock_monotonic_us() < until_us) {
		pause_for(PAUSE_MAX_US);
	}
	return done;
}

int sqlite_scrub(struct store *base, struct error *err)
{
	struct sqlite_store *store = (struct sqlite_store *)base;

	if (merge_words(store, err) < 0 || sqlite_kinds_blank(base, err) < 0 ||
		rewrite(store, err) < 0) {
		return -1;
	}
	return empty_log(store, err);
}
