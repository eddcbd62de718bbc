/* SPDX-License-Identifier: MIT
 * The pool that reads and packs, and what is in flight. */
#include "intake/intake.h"

#include <unistd.h>

#include "intake/intake_private.h"

/* Of memory that chunks leave for later ones: a few chunks of each thread. */
#define POOL_BYTES_MAX ((size_t)8 << 20)

static struct chunk_reader *take_reader(struct intake *intake)
{
	struct chunk_reader *reader;

	pthread_mutex_lock(&intake->lock);
	reader = intake->idle_readers;
	if (reader) {
		intake->idle_readers = reader->next;
	}
	pthread_mutex_unlock(&intake->lock);
	return reader ? reader : chunk_reader_create(intake->call_size_max, intake->redactor);
}

static bool has_room(const struct intake *intake, const struct batch *batch)
{
	return intake->in_flight < intake->in_flight_max || batch->in_flight == 0;
}

/* Unlinks a batch that waits: @wanted, or, when that is NULL, any that has room now. */
static struct batch *unlink_waiting(struct intake *intake, const struct batch *wanted)
{
	for (struct batch **link = &intake->waiting; *link; link = &(*link)->next_waiting) {
		struct batch *batch = *link;

		if (wanted ? batch == wanted : has_room(intake, batch)) {
			*link = batch->next_waiting;
			batch->waiting = false;
			return batch;
		}
	}
	return NULL;
}

/* Under the lock. */
static void count_in_flight(struct intake *intake, struct chunk *chunk, size_t cost_bytes)
{
	intake->in_flight += cost_bytes - chunk->cost_bytes;
	chunk->batch->in_flight += cost_bytes - chunk->cost_bytes;
	chunk->cost_bytes = cost_bytes;
}

static void wake_waiting(struct intake *intake)
{
	struct batch *woken;

	pthread_mutex_lock(&intake->lock);
	/* One at a time, since none may be called back under the lock. */
	while ((woken = unlink_waiting(intake, NULL))) {
		pthread_mutex_unlock(&intake->lock);
		batch_wake(woken);
		batch_unreference(woken);
		pthread_mutex_lock(&intake->lock);
	}
	pthread_mutex_unlock(&intake->lock);
}

/* Hands the chunks at the front of a batch's order to the committer, as far as they are read. */
static void forward_read_chunks(struct intake *intake, struct batch *batch)
{
	while (batch->first_sent && batch->first_sent->is_read) {
		struct chunk *chunk = batch->first_sent;

		batch->first_sent = chunk->next_of_batch;
		chunk_queue_push(&intake->to_commit, chunk);
		pthread_cond_signal(&intake->commit);
	}
}

static void chunk_was_read(struct intake *intake, struct chunk *chunk, struct chunk_reader *reader)
{
	pthread_mutex_lock(&intake->lock);
	if (reader) {
		reader->next = intake->idle_readers;
		intake->idle_readers = reader;
	}
	chunk->is_read = true;
	count_in_flight(intake, chunk, chunk_cost(chunk));
	forward_read_chunks(intake, chunk->batch);
	pthread_mutex_unlock(&intake->lock);
	wake_waiting(intake);
}

static void read_chunk(struct intake *intake, struct chunk *chunk)
{
	struct chunk_reader *reader = take_reader(intake);
	struct batch *batch = chunk->batch;

	if (reader) {
		chunk_read(chunk, reader, batch->options.account_id, batch_reject);
	} else {
		chunk->out_of_memory = true;
	}
	chunk_was_read(intake, chunk, reader);
}

static void *work(void *argument)
{
	struct intake *intake = argument;

	pthread_mutex_lock(&intake->lock);
	while (true) {
		struct chunk *chunk = chunk_queue_pop(&intake->to_read);

		if (chunk) {
			pthread_mutex_unlock(&intake->lock);
			read_chunk(intake, chunk);
			pthread_mutex_lock(&intake->lock);
		} else if (intake->no_more_work) {
			break;
		} else {
			pthread_cond_wait(&intake->work, &intake->lock);
		}
	}
	pthread_mutex_unlock(&intake->lock);
	return NULL;
}

void intake_send(struct intake *intake, struct chunk *chunk, bool small)
{
	struct batch *batch = chunk->batch;

	pthread_mutex_lock(&intake->lock);
	if (batch->first_sent) {
		batch->last_sent->next_of_batch = chunk;
	} else {
		batch->first_sent = chunk;
	}
	batch->last_sent = chunk;
	count_in_flight(intake, chunk, chunk_cost(chunk));
	if (!small) {
		chunk_queue_push(&intake->to_read, chunk);
		pthread_cond_signal(&intake->work);
	}
	pthread_mutex_unlock(&intake->lock);
	if (small) {
		read_chunk(intake, chunk);
	}
}

bool intake_room(struct intake *intake, struct batch *batch, bool wait)
{
	bool room;

	pthread_mutex_lock(&intake->lock);
	room = has_room(intake, batch);
	if (!room && wait && !batch->waiting) {
		batch_reference(batch);
		batch->waiting = true;
		batch->next_waiting = intake->waiting;
		intake->waiting = batch;
	}
	pthread_mutex_unlock(&intake->lock);
	return room;
}

bool intake_under_way(struct intake *intake, struct batch *batch)
{
	bool under_way;

	pthread_mutex_lock(&intake->lock);
	under_way = batch->in_flight > 0;
	pthread_mutex_unlock(&intake->lock);
	return under_way;
}

void intake_stop_waiting(struct intake *intake, struct batch *batch)
{
	struct batch *waited;

	pthread_mutex_lock(&intake->lock);
	waited = unlink_waiting(intake, batch);
	pthread_mutex_unlock(&intake->lock);
	if (waited) {
		batch_unreference(waited);
	}
}

void intake_release(struct intake *intake, struct chunk *chunk)
{
	pthread_mutex_lock(&intake->lock);
	count_in_flight(intake, chunk, 0);
	pthread_mutex_unlock(&intake->lock);
	wake_waiting(intake);
}

void intake_on_stored(struct intake *intake, void (*stored)(void *context), void *context)
{
	pthread_mutex_lock(&intake->lock);
	intake->stored = stored;
	intake->stored_context = context;
	pthread_mutex_unlock(&intake->lock);
}

void intake_key_used(struct intake *intake, int64_t key_id, int64_t now)
{
	if (!key_uses_note(&intake->key_uses, key_id, now)) {
		return;
	}
	pthread_mutex_lock(&intake->lock);
	intake->key_used = true;
	pthread_cond_signal(&intake->commit);
	pthread_mutex_unlock(&intake->lock);
}

static int start_threads(struct intake *intake, unsigned int threads, struct error *err)
{
	int failed = pthread_create(&intake->committer, NULL, committer_run, intake);

	intake->committer_started = failed == 0;
	for (unsigned int i = 0; i < threads && failed == 0; i++) {
		failed = pthread_create(&intake->workers[i], NULL, work, intake);
		intake->worker_count += failed == 0;
	}
	return failed ? error_set_errno(err, failed, "cannot start a thread") : 0;
}

static unsigned int core_count(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores > 0 ? (unsigned int)cores : 1;
}

int intake_create(struct intake **ret_intake, struct store *store,
	const struct intake_options *options, struct error *err)
{
	unsigned int threads = options->threads ? options->threads : core_count();
	AUTO(intake_destroyp) struct intake *intake = calloc(1, sizeof(*intake));

	if (!intake) {
		return error_no_memory(err);
	}
	intake->store = store;
	intake->call_size_max = options->call_size_max;
	intake->redactor = options->redactor;
	intake->in_flight_max = options->in_flight_max;
	key_uses_init(&intake->key_uses);
	arena_pool_init(&intake->pool, POOL_BYTES_MAX, POOL_BYTES_MAX);
	pthread_mutex_init(&intake->lock, NULL);
	pthread_cond_init(&intake->work, NULL);
	pthread_cond_init(&intake->commit, NULL);
	intake->workers = calloc(threads, sizeof(*intake->workers));
	intake->group = group_create();
	if (!intake->workers || !intake->group) {
		return error_no_memory(err);
	}
	if (start_threads(intake, threads, err) < 0) {
		return -1;
	}
	*ret_intake = intake;
	intake = NULL;
	return 0;
}

/* The workers first: what they still read is for the committer. */
static void stop_threads(struct intake *intake)
{
	pthread_mutex_lock(&intake->lock);
	intake->no_more_work = true;
	pthread_cond_broadcast(&intake->work);
	pthread_mutex_unlock(&intake->lock);
	for (unsigned int i = 0; i < intake->worker_count; i++) {
		pthread_join(intake->workers[i], NULL);
	}
	pthread_mutex_lock(&intake->lock);
	intake->no_more_commits = true;
	pthread_cond_broadcast(&intake->commit);
	pthread_mutex_unlock(&intake->lock);
	if (intake->committer_started) {
		pthread_join(intake->committer, NULL);
	}
}

void intake_destroy(struct intake *intake)
{
	if (!intake) {
		return;
	}
	stop_threads(intake);
	while (intake->idle_readers) {
		struct chunk_reader *reader = intake->idle_readers;

		intake->idle_readers = reader->next;
		chunk_reader_destroy(reader);
	}
	pthread_cond_destroy(&intake->commit);
	pthread_cond_destroy(&intake->work);
	pthread_mutex_destroy(&intake->lock);
	arena_pool_deinit(&intake->pool);
	key_uses_deinit(&intake->key_uses);
	group_destroy(intake->group);
	free(intake->workers);
	free(intake);
}
