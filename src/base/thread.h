/* SPDX-License-Identifier: MIT
 * A thread with a lock, a wake-up and the word to end: what each thread of the background has. Also
 * how many threads can run at once. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"

struct thread {
	pthread_mutex_t lock; /* of what the thread and its users share */
	pthread_cond_t wake;
	pthread_t id;
	bool started;
	/* under the lock */
	bool woken;
	bool stopping; /* it is to end */
};

/* A thread that does not run yet. */
void thread_init(struct thread *thread);

/* Frees a thread that does not run: one that was not started, or was stopped. */
void thread_deinit(struct thread *thread);

/* Runs @run on it. A failure says that it cannot start @what: "the thread that sweeps". */
int thread_start(struct thread *thread, void *(*run)(void *context), void *context,
	const char *what, struct error *err) CHECK_RESULT;

/* Tells it to end, and waits until it has. Nothing happens when it was not started. */
void thread_stop(struct thread *thread);

static inline void thread_lock(struct thread *thread)
{
	pthread_mutex_lock(&thread->lock);
}

static inline void thread_unlock(struct thread *thread)
{
	pthread_mutex_unlock(&thread->lock);
}

/* Under the lock: ends a thread_wait(), the one under way or the next. */
void thread_wake(struct thread *thread);

/* On the thread, under the lock, which others may take meanwhile: waits for thread_wake(), but @us
 * microseconds at most; negative: however long it takes. False when the thread is to end. */
bool thread_wait(struct thread *thread, int64_t us);

/* The same without a look at thread_wake(): waits for @us microseconds, or until @until by the
 * monotonic clock. */
bool thread_rest(struct thread *thread, int64_t us);
bool thread_rest_until(struct thread *thread, const struct timespec *until);

/* thread_rest() for one that does not hold the lock. */
bool thread_pause(struct thread *thread, int64_t us);

static inline pthread_mutex_t *mutex_lock(pthread_mutex_t *mutex)
{
	pthread_mutex_lock(mutex);
	return mutex;
}

static inline void mutex_unlock(pthread_mutex_t **mutex)
{
	pthread_mutex_unlock(*mutex);
}

/* Holds the lock @mutex from here to the end of the block, by whichever way it ends. */
#define LOCKED(mutex)                                                                              \
	AUTO(mutex_unlock) __attribute__((unused)) pthread_mutex_t *locked = mutex_lock(mutex)

/* How many threads can run at once: the cores that this process may run on (sched_getaffinity(2)).
 * A container's cpuset, taskset and systemd's CPUAffinity= may leave it fewer than the machine has
 * online, which sysconf(_SC_NPROCESSORS_ONLN) counts. A thread more than that only waits for the
 * others. A quota of time (CPUQuota=) leaves all cores, so it does not count here. */
unsigned int thread_cores(void);

#endif
