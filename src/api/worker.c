/* SPDX-License-Identifier: MIT
 * The threads, and a lane of waiting jobs for each account: the lane that was served longest ago
 * comes first. */
#include "api/worker.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

#define ACCOUNT_WAITING_MAX 64
#define WAITING_MAX	    1024
#define WORKER_NICE	    5

/* An account that has jobs waiting or running. */
struct lane {
	int64_t account_id;
	struct worker_job *first;
	struct worker_job *last;
	unsigned int waiting;
	unsigned int running;
	struct lane *next;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t work;	 /* a job came, or the end */
	pthread_cond_t finished; /* a job is over */
	struct lane *lanes;	 /* who was served last stands last */
	unsigned int waiting;
	unsigned int account_max; /* threads that one account may have */
	bool stopping;
	unsigned int thread_count;
	pthread_t threads[];
};

/* ---- lanes ---- */

static struct lane **find_lane(struct workers *workers, int64_t account_id)
{
	struct lane **at = &workers->lanes;

	while (*at && (*at)->account_id != account_id) {
		at = &(*at)->next;
	}
	return at;
}

static void move_to_end(struct lane **at)
{
	struct lane *lane = *at;

	*at = lane->next;
	while (*at) {
		at = &(*at)->next;
	}
	lane->next = NULL;
	*at = lane;
}

static void drop_if_empty(struct lane **at)
{
	struct lane *lane = *at;

	if (lane->waiting == 0 && lane->running == 0) {
		*at = lane->next;
		free(lane);
	}
}

/* The lane whose turn it is: of those that have nothing running if there are any. NULL: nothing may
 * begin now. */
static struct lane **next_lane(struct workers *workers)
{
	struct lane **second = NULL;

	for (struct lane **at = &workers->lanes; *at; at = &(*at)->next) {
		const struct lane *lane = *at;

		if (lane->waiting == 0 || lane->running >= workers->account_max) {
			continue;
		}
		if (lane->running == 0) {
			return at;
		}
		second = second ? second : at;
	}
	return second;
}

static void append(struct lane *lane, struct worker_job *job)
{
	job->next = NULL;
	if (lane->last) {
		lane->last->next = job;
	} else {
		lane->first = job;
	}
	lane->last = job;
	lane->waiting++;
}

static void unlink_job(struct lane *lane, const struct worker_job *job)
{
	struct worker_job *before = NULL;

	for (struct worker_job *at = lane->first; at != job; at = at->next) {
		before = at;
	}
	if (before) {
		before->next = job->next;
	} else {
		lane->first = job->next;
	}
	if (lane->last == job) {
		lane->last = before;
	}
	lane->waiting--;
}

/* ---- threads ---- */

/* Takes the next job, or NULL when it is time to end. Under the lock. */
static struct worker_job *take(struct workers *workers)
{
	struct lane **at;
	struct lane *lane;
	struct worker_job *job;

	while (!(at = next_lane(workers))) {
		if (workers->stopping) {
			return NULL;
		}
		pthread_cond_wait(&workers->work, &workers->lock);
	}
	lane = *at;
	job = lane->first;
	unlink_job(lane, job);
	lane->running++;
	workers->waiting--;
	job->state = WORKER_RUNNING;
	move_to_end(at);
	return job;
}

/* done() is called under the lock, which keeps it before the end of a workers_cancel(). */
static void settle(struct workers *workers, struct worker_job *job)
{
	struct lane **at = find_lane(workers, job->account_id);

	(*at)->running--;
	/* Who came while the job ran has not been served since. */
	move_to_end(at);
	at = find_lane(workers, job->account_id);
	drop_if_empty(at);
	job->state = WORKER_DONE;
	job->done(job);
	pthread_cond_broadcast(&workers->finished);
	/* Its lane may have stood at its ceiling. */
	pthread_cond_signal(&workers->work);
}

/* Where all cores search, who asks for a small page gets a core at once, and not when a search's
 * share of it is over. On Linux each thread has a niceness of its own, which 0 means here. Where it
 * cannot be had, all go on alike. */
static void step_back(void)
{
	(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + WORKER_NICE);
}

static void *work(void *context)
{
	struct workers *workers = context;
	struct worker_job *job;

	step_back();
	pthread_mutex_lock(&workers->lock);
	while ((job = take(workers))) {
		pthread_mutex_unlock(&workers->lock);
		job->run(job);
		pthread_mutex_lock(&workers->lock);
		settle(workers, job);
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

static unsigned int core_count(void)
{
	cpu_set_t cores;

	return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? (unsigned int)CPU_COUNT(&cores)
								: 1;
}

int workers_create(struct workers **ret_workers, unsigned int threads, struct error *err)
{
	unsigned int account_max = threads > 0 ? threads : core_count();
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
	assert(!workers->lanes);
	pthread_cond_destroy(&workers->finished);
	pthread_cond_destroy(&workers->work);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}

/* ---- jobs ---- */

/* Under the lock. */
static int put_in_line(struct workers *workers, struct worker_job *job, struct error *err)
{
	struct lane **at = find_lane(workers, job->account_id);

	assert(job->state == WORKER_IDLE || job->state == WORKER_DONE);
	if (!job->follows && *at && (*at)->waiting >= ACCOUNT_WAITING_MAX) {
		return error_set(err, ERROR_BUSY,
			"%d questions of this account wait already: ask again when some are "
			"answered",
			ACCOUNT_WAITING_MAX);
	}
	if (!job->follows && workers->waiting >= WAITING_MAX) {
		return error_set(err, ERROR_BUSY, "too many questions wait: try again");
	}
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at) {
			return error_no_memory(err);
		}
		(*at)->account_id = job->account_id;
	}
	append(*at, job);
	workers->waiting++;
	job->state = WORKER_WAITING;
	return 0;
}

int workers_submit(struct workers *workers, struct worker_job *job, struct error *err)
{
	int done;

	pthread_mutex_lock(&workers->lock);
	done = put_in_line(workers, job, err);
	if (done == 0) {
		pthread_cond_signal(&workers->work);
	}
	pthread_mutex_unlock(&workers->lock);
	return done;
}

bool workers_done(struct workers *workers, const struct worker_job *job)
{
	bool done;

	pthread_mutex_lock(&workers->lock);
	done = job->state == WORKER_DONE;
	pthread_mutex_unlock(&workers->lock);
	return done;
}

void workers_cancel(struct workers *workers, struct worker_job *job)
{
	job->cancelled = true;
	pthread_mutex_lock(&workers->lock);
	if (job->state == WORKER_WAITING) {
		struct lane **at = find_lane(workers, job->account_id);

		unlink_job(*at, job);
		workers->waiting--;
		drop_if_empty(at);
	}
	while (job->state == WORKER_RUNNING) {
		pthread_cond_wait(&workers->finished, &workers->lock);
	}
	job->state = WORKER_IDLE;
	pthread_mutex_unlock(&workers->lock);
}
