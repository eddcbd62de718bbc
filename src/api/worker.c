/* SPDX-License-Identifier: MIT
 * The threads, and the lanes that they serve. */
#include "api/worker.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/thread.h"

#define ACCOUNT_WAITING_MAX 64
#define WAITING_MAX	    1024
#define WORKER_NICE	    5

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t work;	 /* some came, or the end */
	pthread_cond_t finished; /* some is over */
	/* what a lane uses is its threads */
	struct lanes lanes;
	unsigned int account_max; /* threads that one account may have */
	size_t running;
	bool stopping;
	unsigned int thread_count;
	pthread_t threads[];
};

/* ---- threads ---- */

/* The lane whose turn it is: of those that have nothing running if there are any. NULL: nothing may
 * begin now. */
static struct lane *next_lane(const struct workers *workers)
{
	struct lane *second = NULL;

	LIST_EACH(struct lane, lane, &workers->lanes.turns, link) {
		if (lane->used == 0) {
			return lane;
		}
		if (!second && lane->used < workers->account_max) {
			second = lane;
		}
	}
	return second;
}

/* Takes the next work, or NULL when it is time to end. Under the lock. */
static struct work *take(struct workers *workers)
{
	struct lane *lane;
	struct work *work;

	while (!(lane = next_lane(workers))) {
		if (workers->stopping) {
			return NULL;
		}
		pthread_cond_wait(&workers->work, &workers->lock);
	}
	lane->used++;
	workers->running++;
	work = CONTAINER_OF(lanes_take(&workers->lanes, lane), struct work, link);
	work->state = WORK_RUNNING;
	return work;
}

/* done() is called under the lock, which keeps it before the end of a workers_cancel(). What was
 * left is its owner's no more. */
static void settle(struct workers *workers, struct work *work)
{
	struct lane *lane = lanes_of(&workers->lanes, work->account_id);

	lane->used--;
	workers->running--;
	/* What came while the work ran has not been served since. */
	lanes_served(&workers->lanes, lane);
	/* The lane may have stood at its ceiling. */
	pthread_cond_signal(&workers->work);
	if (work->left) {
		pthread_mutex_unlock(&workers->lock);
		work->left(work);
		pthread_mutex_lock(&workers->lock);
		return;
	}
	work->state = WORK_DONE;
	work->done(work);
	pthread_cond_broadcast(&workers->finished);
}

/* Where all cores search, a small page gets a core at once, and not when a search's share of it is
 * over. On Linux each thread has its own niceness, which 0 means here. Where that is refused, all
 * go on alike. */
static void step_back(void)
{
	(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + WORKER_NICE);
}

static void *work(void *context)
{
	struct workers *workers = context;
	struct work *taken;

	step_back();
	pthread_mutex_lock(&workers->lock);
	while ((taken = take(workers))) {
		pthread_mutex_unlock(&workers->lock);
		taken->run(taken);
		pthread_mutex_lock(&workers->lock);
		settle(workers, taken);
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

int workers_create(struct workers **ret_workers, unsigned int threads, struct error *err)
{
	unsigned int account_max = threads > 0 ? threads : thread_cores();
	unsigned int count = account_max + 1;
	struct workers *workers = calloc(1, sizeof(*workers) + count * sizeof(pthread_t));

	if (!workers) {
		return error_no_memory(err);
	}
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->work, NULL);
	pthread_cond_init(&workers->finished, NULL);
	workers->account_max = account_max;
	for (; workers->thread_count < count; workers->thread_count++) {
		int failed = pthread_create(
			&workers->threads[workers->thread_count], NULL, work, workers);

		if (failed) {
			workers_destroy(workers);
			return error_set_errno(err, failed, "cannot start a thread");
		}
	}
	*ret_workers = workers;
	return 0;
}

unsigned int workers_count(const struct workers *workers)
{
	return workers->thread_count;
}

void workers_figures(struct workers *workers, size_t *ret_waiting, size_t *ret_running)
{
	pthread_mutex_lock(&workers->lock);
	*ret_waiting = workers->lanes.waiting;
	*ret_running = workers->running;
	pthread_mutex_unlock(&workers->lock);
}

void workers_destroy(struct workers *workers)
{
	if (!workers) {
		return;
	}
	pthread_mutex_lock(&workers->lock);
	workers->stopping = true;
	pthread_cond_broadcast(&workers->work);
	pthread_mutex_unlock(&workers->lock);
	for (unsigned int i = 0; i < workers->thread_count; i++) {
		pthread_join(workers->threads[i], NULL);
	}
	assert(workers->lanes.waiting == 0);
	pthread_cond_destroy(&workers->finished);
	pthread_cond_destroy(&workers->work);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}

/* ---- from other threads ---- */

/* Under the lock. */
static int put_in_lane(struct workers *workers, struct work *work, struct error *err)
{
	struct lane *lane = lanes_of(&workers->lanes, work->account_id);

	assert(work->state == WORK_IDLE || work->state == WORK_DONE);
	if (!work->follows && lane->waiting >= ACCOUNT_WAITING_MAX) {
		return error_set(err, ERROR_BUSY,
			"%d questions of this account wait already: ask again when some are "
			"answered",
			ACCOUNT_WAITING_MAX);
	}
	if (!work->follows && workers->lanes.waiting >= WAITING_MAX) {
		return error_set(err, ERROR_BUSY, "too many questions wait: try again");
	}
	lanes_push(&workers->lanes, lane, &work->link);
	work->state = WORK_WAITING;
	pthread_cond_signal(&workers->work);
	return 0;
}

int workers_submit(struct workers *workers, struct work *work, struct error *err)
{
	int done;

	pthread_mutex_lock(&workers->lock);
	done = put_in_lane(workers, work, err);
	pthread_mutex_unlock(&workers->lock);
	return done;
}

enum work_state workers_state(struct workers *workers, const struct work *work)
{
	enum work_state state;

	pthread_mutex_lock(&workers->lock);
	state = work->state;
	pthread_mutex_unlock(&workers->lock);
	return state;
}

/* Under the lock. Afterwards it is idle, or runs and is told. */
static void take_back(struct workers *workers, struct work *work)
{
	work->cancelled = true;
	if (work->state == WORK_WAITING) {
		lanes_remove(
			&workers->lanes, lanes_of(&workers->lanes, work->account_id), &work->link);
	}
	if (work->state != WORK_RUNNING) {
		work->state = WORK_IDLE;
	}
}

void workers_cancel(struct workers *workers, struct work *work)
{
	pthread_mutex_lock(&workers->lock);
	take_back(workers, work);
	while (work->state == WORK_RUNNING) {
		pthread_cond_wait(&workers->finished, &workers->lock);
	}
	work->state = WORK_IDLE;
	pthread_mutex_unlock(&workers->lock);
}

void workers_leave(struct workers *workers, struct work *work, void (*left)(struct work *work))
{
	bool running;

	pthread_mutex_lock(&workers->lock);
	take_back(workers, work);
	running = work->state == WORK_RUNNING;
	if (running) {
		work->left = left;
	}
	pthread_mutex_unlock(&workers->lock);
	if (!running) {
		left(work);
	}
}
