/* SPDX-License-Identifier: MIT
 * Connections keep pages of the database to be quick: the writer up to 32 MiB, each reader up to 8.
 * A server gives back what a connection keeps once nobody used it for a while. The kernel still has
 * the pages of the file, so the next use costs little more. */
#include <malloc.h>

#include "store/sqlite/sqlite.h"

#define ROUND_US INT64_C(10000000)
/* What malloc() has free goes back to the system when a round freed as much. */
#define TRIM_MIN (1 << 20)

int sqlite_connection_kept(const struct sqlite_connection *connection)
{
	int kept = 0;
	int highest = 0;

	sqlite3_db_status(connection->db, SQLITE_DBSTATUS_CACHE_USED, &kept, &highest, 0);
	return kept;
}

/* Returns how many bytes were freed. */
static int give_back(struct sqlite_connection *connection)
{
	int kept = sqlite_connection_kept(connection);

	sqlite3_db_release_memory(connection->db);
	return kept - sqlite_connection_kept(connection);
}

/* Has a round passed since its last use? Each round asks once. */
static bool is_at_rest(struct sqlite_connection *connection)
{
	bool rests = !connection->used;

	connection->used = false;
	return rests;
}

static int writer_gives_back(struct sqlite_store *store)
{
	int freed = 0;

	/* Who holds it uses it. */
	if (pthread_mutex_trylock(&store->write_mutex) != 0) {
		return 0;
	}
	if (is_at_rest(store->writer)) {
		freed = give_back(store->writer);
	}
	pthread_mutex_unlock(&store->write_mutex);
	return freed;
}

static int readers_give_back(struct sqlite_store *store)
{
	int freed = 0;

	LOCKED(&store->pool_mutex);
	for (struct sqlite_connection *idle = store->idle; idle; idle = idle->next) {
		if (is_at_rest(idle)) {
			freed += give_back(idle);
		}
	}
	return freed;
}

int sqlite_rest_round(struct sqlite_store *store)
{
	int freed = writer_gives_back(store) + readers_give_back(store);

	if (freed >= TRIM_MIN) {
		(void)malloc_trim(0);
	}
	return freed;
}

static void *run_rounds(void *argument)
{
	struct sqlite_store *store = argument;

	thread_lock(&store->rest);
	while (thread_rest(&store->rest, ROUND_US)) {
		thread_unlock(&store->rest);
		sqlite_rest_round(store);
		thread_lock(&store->rest);
	}
	thread_unlock(&store->rest);
	return NULL;
}

int sqlite_rest_start(struct sqlite_store *store, struct error *err)
{
	return thread_start(&store->rest, run_rounds, store,
		"the thread that gives memory of the store back", err);
}
