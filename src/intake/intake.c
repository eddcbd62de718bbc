/* SPDX-License-Identifier: MIT
 * The pool that reads and packs, and what is in flight. */
#include "intake/intake.h"

#include "base/clock.h"
#include "intake/intake_private.h"

/* Of memory that chunks leave for later ones: a few chunks of each thread. */
#define POOL_BYTES_MAX ((size_t)8 << 20)

/* Batches that wait are looked at so often. */
#define LOOK_US INT64_C(1000000)

static struct chunk_reader *take_reader(struct intake *intake)
{
	LOCKED(&intake->lock);
	struct chunk_reader *reader = intake->idle_readers;

	if (reader) {
		intake->idle_readers = reader->next;
	}
	return reader;
}

/* ---- what is held ---- */

static struct intake_share *share_of(struct intake *intake, const struct batch *batch)
{
	return &intake->shares[lanes_number(batch->options.account_id)];
}

/* Under the lock. An account has three quarters at most, so that there is always some for another.
 */
static bool has_room(struct intake *intake, struct batch *batch)
{
	struct intake_share *share = share_of(intake, batch);
	size_t max = intake->in_flight_max;

	if (intake->bytes + batch->wanted_bytes < max &&
		share->bytes + batch->wanted_bytes < max - max / 4) {
		share->past = share->past == batch ? NULL : share->past;
		return true;
	}
	share->past = share->past ? share->past : batch;
	return share->past == batch && batch->in_flight == 0;
}

static void count(struct intake *intake, const struct batch *batch, size_t *counted, size_t bytes)
{
	intake->bytes += bytes - *counted;
	share_of(intake, batch)->bytes += bytes - *counted;
	*counted = bytes;
}

/* Under the lock. */
static void count_in_flight(struct intake *intake, struct chunk *chunk, size_t cost_bytes)
{
	chunk->batch->in_flight += cost_bytes - chunk->cost_bytes;
	count(intake, chunk->batch, &chunk->cost_bytes, cost_bytes);
}

static void unlink_batch(struct intake *intake, struct batch *batch)
{
	list_remove(&intake->waiting, &batch->waiting_link);
	batch->waiting = false;
}

/* Unlinks a batch that waits: @wanted, or, when that is NULL, the first that has room now. */
static struct batch *unlink_waiting(struct intake *intake, const struct batch *wanted)
{
	LIST_EACH(struct batch, batch, &intake->waiting, waiting_link) {
		if (wanted ? batch == wanted : has_room(intake, batch)) {
			unlink_batch(intake, batch);
			return batch;
		}
	}
	return NULL;
}

/* Unlinks a batch that has waited for too long, and marks it. Looks once in LOOK_US. */
static struct batch *unlink_late(struct intake *intake)
{
	int64_t now_us = intake->room_wait_us > 0 ? clock_monotonic_us() : 0;

	if (now_us < intake->look_us) {
		return NULL;
	}
	LIST_EACH(struct batch, batch, &intake->waiting, waiting_link) {
		if (now_us - batch->no_room_us >= intake->room_wait_us) {
			struct intake_share *share = share_of(intake, batch);

			unlink_batch(intake, batch);
			share->past = share->past == batch ? NULL : share->past;
			batch->gave_up = true;
			return batch;
		}
	}
	intake->look_us = now_us + LOOK_US;
	return NULL;
}

/* Under the lock. */
static void push_task(struct intake *intake, const struct batch *batch, struct task *task)
{
	lanes_push(
		&intake->to_do, lanes_of(&intake->to_do, batch->options.account_id), &task->link);
	pthread_cond_signal(&intake->work);
}

/* Lets a batch go on that was unlinked. It is not called back under the lock, which is left
 * meanwhile. */
static void go_on(struct intake *intake, struct batch *batch)
{
	if (batch->behind) {
		push_task(intake, batch, &batch->task);
	}
	pthread_mutex_unlock(&intake->lock);
	batch_wake(batch);
	batch_unreference(batch);
	pthread_mutex_lock(&intake->lock);
}

static void wake_waiting(struct intake *intake)
{
	struct batch *woken;

	pthread_mutex_lock(&intake->lock);
	while ((woken = unlink_waiting(intake, NULL))) {
		go_on(intake, woken);
	}
	pthread_mutex_unlock(&intake->lock);
}

/* Under the lock. */
static void begin_waiting(struct intake *intake, struct batch *batch)
{
	bool first = !intake->waiting.first;

	batch_reference(batch);
	batch->waiting = true;
	list_append(&intake->waiting, &batch->waiting_link);
	if (first) {
		/* from now on one of the pool looks at the time */
		pthread_cond_signal(&intake->work);
	}
}

bool intake_room(struct intake *intake, struct batch *batch, size_t holds, size_t wants, bool wait)
{
	LOCKED(&intake->lock);
	bool room;

	count(intake, batch, &batch->held_bytes, holds);
	batch->wanted_bytes = wants;
	room = has_room(intake, batch);
	if (room) {
		count(intake, batch, &batch->held_bytes, holds + wants);
		batch->no_room_us = 0;
		return true;
	}
	if (batch->no_room_us == 0) {
		batch->no_room_us = clock_monotonic_us();
	}
	if (wait && !batch->waiting) {
		begin_waiting(intake, batch);
	}
	return false;
}

void intake_leave(struct intake *intake, struct batch *batch, size_t holds)
{
	struct intake_share *share = share_of(intake, batch);
	struct batch *waited;

	pthread_mutex_lock(&intake->lock);
	waited = unlink_waiting(intake, batch);
	count(intake, batch, &batch->held_bytes, holds);
	batch->left = true;
	share->past = share->past == batch ? NULL : share->past;
	pthread_mutex_unlock(&intake->lock);
	if (waited) {
		batch_unreference(waited);
	}
	wake_waiting(intake);
}

void intake_abandon(struct intake *intake, struct batch *batch)
{
	struct batch *waited;

	pthread_mutex_lock(&intake->lock);
	if (batch->left) {
		count(intake, batch, &batch->held_bytes, 0);
	}
	waited = unlink_waiting(intake, batch);
	if (waited && batch->behind) {
		push_task(intake, batch, &batch->task);
	}
	pthread_mutex_unlock(&intake->lock);
	if (waited) {
		batch_unreference(waited);
	}
	wake_waiting(intake);
}

/* ---- what the pool decodes ---- */

bool intake_look(struct intake *intake, const bool *flag)
{
	LOCKED(&intake->lock);

	return *flag;
}

void intake_decode(struct intake *intake, struct batch *batch)
{
	LOCKED(&intake->lock);

	if (!batch->behind) {
		batch->behind = true;
		intake->behind_count++;
		batch_reference(batch);
	}
	push_task(intake, batch, &batch->task);
}

bool intake_end_behind(struct intake *intake, struct batch *batch, bool cut_off)
{
	LOCKED(&intake->lock);

	batch->end_wanted |= batch->behind;
	batch->cut_off |= cut_off;
	return batch->behind;
}

bool intake_caught_up(struct intake *intake, struct batch *batch, size_t holds, bool *ret_cut_off)
{
	LOCKED(&intake->lock);

	count(intake, batch, &batch->held_bytes, holds);
	batch->behind = false;
	intake->behind_count--;
	if (intake->no_more_work) {
		pthread_cond_broadcast(&intake->work);
	}
	*ret_cut_off = batch->cut_off;
	return batch->end_wanted;
}

/* ---- chunks ---- */

/* Hands the chunks at the front of a batch's order to the committer, as far as they are read. */
static void forward_read_chunks(struct intake *intake, struct batch *batch)
{
	LIST_EACH(struct chunk, chunk, &batch->sent, link) {
		if (!chunk->is_read) {
			break;
		}
		list_remove(&batch->sent, &chunk->link);
		list_append(&intake->to_commit, &chunk->link);
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

static void read_chunk(struct task *task)
{
	struct chunk *chunk = (struct chunk *)(void *)task;
	struct batch *batch = chunk->batch;
	struct intake *intake = batch->intake;
	struct chunk_reader *reader = take_reader(intake);

	if (!reader) {
		reader = chunk_reader_create(
			intake->call_size_max, intake->redactor, &intake->review);
	}
	if (reader) {
		chunk_read(chunk, reader, &batch->options);
	} else {
		chunk->out_of_memory = true;
	}
	chunk_was_read(intake, chunk, reader);
}

/* Under the lock. */
static void rest(struct intake *intake)
{
	const struct timespec until = clock_in_us(LOOK_US);

	if (intake->room_wait_us > 0 && intake->waiting.first) {
		pthread_cond_timedwait(&intake->work, &intake->lock, &until);
	} else {
		pthread_cond_wait(&intake->work, &intake->lock);
	}
}

static void *work(void *argument)
{
	struct intake *intake = argument;

	pthread_mutex_lock(&intake->lock);
	while (true) {
		struct lane *lane = lanes_first(&intake->to_do);
		struct batch *late = unlink_late(intake);

		if (late) {
			go_on(intake, late);
		} else if (lane) {
			struct task *task =
				CONTAINER_OF(lanes_take(&intake->to_do, lane), struct task, link);

			pthread_mutex_unlock(&intake->lock);
			task->run(task);
			pthread_mutex_lock(&intake->lock);
		} else if (intake->no_more_work && intake->behind_count == 0) {
			break;
		} else {
			rest(intake);
		}
	}
	pthread_mutex_unlock(&intake->lock);
	return NULL;
}

void intake_send(struct intake *intake, struct chunk *chunk, bool small)
{
	struct batch *batch = chunk->batch;

	pthread_mutex_lock(&intake->lock);
	list_append(&batch->sent, &chunk->link);
	count_in_flight(intake, chunk, chunk_cost(chunk));
	chunk->task.run = read_chunk;
	if (!small) {
		push_task(intake, batch, &chunk->task);
	}
	pthread_mutex_unlock(&intake->lock);
	if (small) {
		read_chunk(&chunk->task);
	}
}

bool intake_under_way(struct intake *intake, struct batch *batch)
{
	LOCKED(&intake->lock);

	return batch->in_flight > 0;
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
	LOCKED(&intake->lock);

	intake->stored = stored;
	intake->stored_context = context;
}

void intake_do_chore(struct intake *intake)
{
	LOCKED(&intake->lock);

	intake->chore_wanted = intake->chore != NULL;
	pthread_cond_signal(&intake->commit);
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

void intake_figures(struct intake *intake, struct intake_figures *ret_figures)
{
	const struct intake_counts *counts = &intake->counts;
	struct intake_figures figures = {
		.new_calls = metric_read(&counts->new_calls),
		.replaced = metric_read(&counts->replaced),
		.expired = metric_read(&counts->expired),
		.rejected = metric_read(&counts->rejected),
		.steps = metric_read(&counts->steps),
		.bytes = metric_read(&counts->bytes),
		.commit_failures = metric_read(&counts->commit_failures),
		.last_call = (int64_t)metric_read(&counts->last_call),
	};

	metric_sum(&figures.commits, &counts->commits);
	pthread_mutex_lock(&intake->lock);
	figures.in_flight_bytes = intake->bytes;
	pthread_mutex_unlock(&intake->lock);
	*ret_figures = figures;
}

int intake_create(struct intake **ret_intake, struct store *store,
	const struct intake_options *options, struct error *err)
{
	unsigned int threads = options->threads ? options->threads : thread_cores();
	AUTO(intake_destroyp) struct intake *intake = calloc(1, sizeof(*intake));

	if (!intake) {
		return error_no_memory(err);
	}
	intake->store = store;
	intake->call_size_max = options->call_size_max;
	intake->redactor = options->redactor;
	intake->in_flight_max = options->in_flight_max;
	intake->room_wait_us = options->room_wait_s * INT64_C(1000000);
	intake->look_us = intake->room_wait_us > 0 ? 0 : INT64_MAX;
	intake->chore = options->chore;
	intake->chore_context = options->chore_context;
	redaction_init(&intake->review, options->redactor && redactor_spans_steps(options->redactor)
						? options->redactor
						: NULL);
	arena_pool_init(&intake->pool, POOL_BYTES_MAX, POOL_BYTES_MAX);
	pthread_mutex_init(&intake->lock, NULL);
	clock_cond_init(&intake->work);
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

static void tell(struct intake *intake, bool *what, pthread_cond_t *changed)
{
	LOCKED(&intake->lock);

	*what = true;
	pthread_cond_broadcast(changed);
}

/* The workers first: what they still read is for the committer. */
static void stop_threads(struct intake *intake)
{
	tell(intake, &intake->no_more_work, &intake->work);
	for (unsigned int i = 0; i < intake->worker_count; i++) {
		pthread_join(intake->workers[i], NULL);
	}
	tell(intake, &intake->no_more_commits, &intake->commit);
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
	for (struct chunk_reader *reader; (reader = take_reader(intake));) {
		chunk_reader_destroy(reader);
	}
	pthread_cond_destroy(&intake->commit);
	pthread_cond_destroy(&intake->work);
	pthread_mutex_destroy(&intake->lock);
	arena_pool_deinit(&intake->pool);
	redaction_deinit(&intake->review);
	group_destroy(intake->group);
	free(intake->workers);
	free(intake);
}
