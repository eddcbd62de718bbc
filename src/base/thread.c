/* SPDX-License-Identifier: MIT
 * Threads: starting, waiting, ending. */
#include "base/thread.h"

#include <sched.h>

#include "base/clock.h"

void thread_init(struct thread *thread)
{
	*thread = (struct thread){0};
	pthread_mutex_init(&thread->lock, NULL);
	clock_cond_init(&thread->wake);
}

void thread_deinit(struct thread *thread)
{
	pthread_cond_destroy(&thread->wake);
	pthread_mutex_destroy(&thread->lock);
}

int thread_start(struct thread *thread, void *(*run)(void *context), void *context,
	const char *what, struct error *err)
{
	int failed = pthread_create(&thread->id, NULL, run, context);

	thread->started = failed == 0;
	return failed ? error_set_errno(err, failed, "cannot start %s", what) : 0;
}

void thread_stop(struct thread *thread)
{
	thread_lock(thread);
	thread->stopping = true;
	pthread_cond_broadcast(&thread->wake);
	thread_unlock(thread);
	if (thread->started) {
		pthread_join(thread->id, NULL);
		thread->started = false;
	}
}

void thread_wake(struct thread *thread)
{
	thread->woken = true;
	pthread_cond_signal(&thread->wake);
}

bool thread_wait(struct thread *thread, int64_t us)
{
	struct timespec until = clock_in_us(us > 0 ? us : 0);
	int waited = 0;

	while (!thread->woken && !thread->stopping && waited == 0) {
		waited = us < 0 ? pthread_cond_wait(&thread->wake, &thread->lock)
				: pthread_cond_timedwait(&thread->wake, &thread->lock, &until);
	}
	thread->woken = false;
	return !thread->stopping;
}

bool thread_rest_until(struct thread *thread, const struct timespec *until)
{
	while (!thread->stopping &&
		pthread_cond_timedwait(&thread->wake, &thread->lock, until) == 0) {
	}
	return !thread->stopping;
}

bool thread_rest(struct thread *thread, int64_t us)
{
	const struct timespec until = clock_in_us(us);

	return thread_rest_until(thread, &until);
}

bool thread_pause(struct thread *thread, int64_t us)
{
	bool goes_on;

	thread_lock(thread);
	goes_on = thread_rest(thread, us);
	thread_unlock(thread);
	return goes_on;
}

unsigned int thread_cores(void)
{
	cpu_set_t cores;

	return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? (unsigned int)CPU_COUNT(&cores)
								: 1;
}
