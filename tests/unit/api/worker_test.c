/* SPDX-License-Identifier: MIT
 * The workers: turns of accounts, bounded lines, taking jobs back. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/worker.h"

#define WAITING_MAX 64 /* of one account */

/* What the jobs of a test share. */
struct bench {
	struct workers *workers;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int order[256]; /* the numbers of jobs in the order in which they began */
	int begun;
	int done;
	int left;
};

struct task {
	struct work job; /* first */
	struct bench *bench;
	int number;
	bool gated; /* waits until it is opened, or cancelled */
	bool deaf;  /* goes on when it is cancelled */
	atomic_bool open;
};

static void run(struct work *job)
{
	struct task *task = (struct task *)(void *)job;
	struct bench *bench = task->bench;

	pthread_mutex_lock(&bench->lock);
	bench->order[bench->begun++] = task->number;
	pthread_cond_broadcast(&bench->changed);
	pthread_mutex_unlock(&bench->lock);
	while (task->gated && !task->open && (task->deaf || !job->cancelled)) {
		sched_yield();
	}
}

static void done(struct work *job)
{
	struct bench *bench = ((struct task *)(void *)job)->bench;

	pthread_mutex_lock(&bench->lock);
	bench->done++;
	pthread_cond_broadcast(&bench->changed);
	pthread_mutex_unlock(&bench->lock);
}

static int start(void **state)
{
	static struct bench bench;
	struct error err;

	bench = (struct bench){0};
	pthread_mutex_init(&bench.lock, NULL);
	pthread_cond_init(&bench.changed, NULL);
	assert_int_equal(workers_create(&bench.workers, 1, &err), 0);
	assert_int_equal(workers_count(bench.workers), 2);
	*state = &bench;
	return 0;
}

static int stop(void **state)
{
	struct bench *bench = *state;

	workers_destroy(bench->workers);
	pthread_cond_destroy(&bench->changed);
	pthread_mutex_destroy(&bench->lock);
	return 0;
}

static void make(struct bench *bench, struct task *task, int64_t account_id, int number, bool gated)
{
	*task = (struct task){
		.job = {.account_id = account_id, .run = run, .done = done},
		.bench = bench,
		.number = number,
		.gated = gated,
	};
}

static void submit(struct bench *bench, struct task *task)
{
	struct error err;

	assert_int_equal(workers_submit(bench->workers, &task->job, &err), 0);
}

static void await(struct bench *bench, const int *count, int value)
{
	pthread_mutex_lock(&bench->lock);
	while (*count < value) {
		pthread_cond_wait(&bench->changed, &bench->lock);
	}
	pthread_mutex_unlock(&bench->lock);
}

static void one_account_cannot_have_all_threads(void **state)
{
	struct bench *bench = *state;
	struct task tasks[4];

	for (int i = 0; i < 4; i++) {
		make(bench, &tasks[i], i == 3 ? 2 : 1, i, i == 0);
		submit(bench, &tasks[i]);
		await(bench, &bench->begun, 1);
	}
	await(bench, &bench->done, 1);
	assert_int_equal(bench->order[1], 3);
	assert_int_equal(workers_state(bench->workers, &tasks[3].job), WORK_DONE);
	assert_int_equal(workers_state(bench->workers, &tasks[0].job), WORK_RUNNING);
	tasks[0].open = true;
	await(bench, &bench->done, 4);
	for (int i = 0; i < 4; i++) {
		workers_cancel(bench->workers, &tasks[i].job);
	}
}

/* Account 1 hands in all of its jobs before account 2 does. */
static void accounts_take_turns(void **state)
{
	struct bench *bench = *state;
	struct task tasks[16];

	make(bench, &tasks[0], 3, 0, true);
	submit(bench, &tasks[0]);
	await(bench, &bench->begun, 1);
	make(bench, &tasks[1], 1, 1, true);
	submit(bench, &tasks[1]);
	await(bench, &bench->begun, 2);
	for (int i = 2; i < 5; i++) {
		make(bench, &tasks[i], 1, i, false);
		submit(bench, &tasks[i]);
	}
	for (int i = 12; i < 15; i++) {
		make(bench, &tasks[i], 2, i, false);
		submit(bench, &tasks[i]);
	}
	tasks[1].open = true;
	await(bench, &bench->done, 7);
	tasks[0].open = true;
	await(bench, &bench->done, 8);
	/* One thread is kept by the third account: the other serves the two in turn. */
	assert_int_equal(bench->order[2], 12);
	for (int i = 2; i + 1 < 8; i++) {
		assert_int_not_equal(bench->order[i] / 10, bench->order[i + 1] / 10);
	}
	for (int i = 0; i < 15; i++) {
		if (i < 5 || i > 11) {
			workers_cancel(bench->workers, &tasks[i].job);
		}
	}
}

static void a_line_is_bounded_but_not_for_what_follows(void **state)
{
	static struct task tasks[WAITING_MAX + 3];
	struct bench *bench = *state;
	struct error err;

	for (int i = 0; i <= WAITING_MAX; i++) {
		make(bench, &tasks[i], 1, i, i == 0);
		submit(bench, &tasks[i]);
		await(bench, &bench->begun, 1);
	}
	make(bench, &tasks[WAITING_MAX + 1], 1, WAITING_MAX + 1, false);
	assert_int_equal(workers_submit(bench->workers, &tasks[WAITING_MAX + 1].job, &err), -1);
	assert_int_equal(err.code, ERROR_BUSY);
	tasks[WAITING_MAX + 1].job.follows = true;
	submit(bench, &tasks[WAITING_MAX + 1]);
	make(bench, &tasks[WAITING_MAX + 2], 2, WAITING_MAX + 2, false);
	submit(bench, &tasks[WAITING_MAX + 2]);
	tasks[0].open = true;
	await(bench, &bench->done, WAITING_MAX + 3);
	for (int i = 0; i < WAITING_MAX + 3; i++) {
		workers_cancel(bench->workers, &tasks[i].job);
	}
}

static void a_job_that_is_taken_back_does_not_run(void **state)
{
	struct bench *bench = *state;
	struct task tasks[4];

	for (int i = 0; i < 4; i++) {
		make(bench, &tasks[i], 1, i, i == 0);
		submit(bench, &tasks[i]);
	}
	await(bench, &bench->begun, 1);
	workers_cancel(bench->workers, &tasks[3].job);
	workers_cancel(bench->workers, &tasks[1].job);
	/* Running: it is told, and waited for. */
	workers_cancel(bench->workers, &tasks[0].job);
	await(bench, &bench->done, 2);
	assert_int_equal(bench->begun, 2);
	assert_int_equal(bench->order[1], 2);
	workers_cancel(bench->workers, &tasks[2].job);
}

static void a_job_may_be_handed_in_again(void **state)
{
	struct bench *bench = *state;
	struct task task;

	make(bench, &task, 1, 0, false);
	for (int i = 1; i <= 50; i++) {
		submit(bench, &task);
		await(bench, &bench->done, i);
		while (workers_state(bench->workers, &task.job) != WORK_DONE) {
			sched_yield();
		}
	}
	workers_cancel(bench->workers, &task.job);
}

static void count_left(struct work *job)
{
	struct bench *bench = ((struct task *)(void *)job)->bench;

	pthread_mutex_lock(&bench->lock);
	bench->left++;
	pthread_cond_broadcast(&bench->changed);
	pthread_mutex_unlock(&bench->lock);
}

static void what_is_left_is_told_so_and_nobody_waits_for_it(void **state)
{
	struct bench *bench = *state;
	struct task tasks[3];

	for (int i = 0; i < 3; i++) {
		make(bench, &tasks[i], 1, i, i == 0);
		tasks[i].deaf = i == 0;
		submit(bench, &tasks[i]);
	}
	await(bench, &bench->begun, 1);
	/* It waits: it is over at once. */
	workers_leave(bench->workers, &tasks[2].job, count_left);
	assert_int_equal(bench->left, 1);
	/* It runs, and does not listen. */
	workers_leave(bench->workers, &tasks[0].job, count_left);
	assert_int_equal(bench->left, 1);
	assert_true(tasks[0].job.cancelled);
	tasks[0].open = true;
	await(bench, &bench->left, 2);
	await(bench, &bench->done, 1);
	assert_int_equal(bench->begun, 2);
	/* It is over. */
	workers_leave(bench->workers, &tasks[1].job, count_left);
	assert_int_equal(bench->left, 3);
	assert_int_equal(bench->done, 1);
}

static void *hand_in(void *context)
{
	struct bench *bench = context;
	struct task task;

	for (int i = 0; i < 200; i++) {
		make(bench, &task, i % 5 + 1, 0, i % 3 == 0);
		submit(bench, &task);
		if (i % 2) {
			task.open = true;
			while (workers_state(bench->workers, &task.job) != WORK_DONE) {
				sched_yield();
			}
		}
		workers_cancel(bench->workers, &task.job);
		pthread_mutex_lock(&bench->lock);
		bench->begun = 0;
		pthread_mutex_unlock(&bench->lock);
	}
	return NULL;
}

static void many_threads_hand_in_and_take_back(void **state)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, hand_in, *state), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_account_cannot_have_all_threads, start, stop),
		cmocka_unit_test_setup_teardown(accounts_take_turns, start, stop),
		cmocka_unit_test_setup_teardown(
			a_line_is_bounded_but_not_for_what_follows, start, stop),
		cmocka_unit_test_setup_teardown(a_job_that_is_taken_back_does_not_run, start, stop),
		cmocka_unit_test_setup_teardown(
			what_is_left_is_told_so_and_nobody_waits_for_it, start, stop),
		cmocka_unit_test_setup_teardown(a_job_may_be_handed_in_again, start, stop),
		cmocka_unit_test_setup_teardown(many_threads_hand_in_and_take_back, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
