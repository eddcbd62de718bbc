/* SPDX-License-Identifier: MIT
 * The sweeper's thread: looks at the disk every few seconds, sweeps when it is time. */
#include "upkeep/sweeper.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "metric/metric.h"

#define LOOK_US	     INT64_C(5000000)  /* between two looks at the disk */
#define SILENT_US    INT64_C(30000000) /* between two looks for silent calls, at most */
#define PAUSE_MIN_US INT64_C(1000)
#define PAUSE_MAX_US INT64_C(1000000)

struct sweeper {
	struct sweeper_options options;
	struct thread thread;
	atomic_int disk; /* enum sweep_disk */
	_Atomic uint64_t detail, calls, cap_detail, cap_calls, failures, last_success;
	bool has_heard;
};

/* As long as the writer was held it is left to others, so that calls come in meanwhile. */
static bool pause_sweep(void *context, int64_t busy_us)
{
	struct sweeper *sweeper = context;
	int64_t us = busy_us > PAUSE_MIN_US ? busy_us : PAUSE_MIN_US;

	return thread_pause(&sweeper->thread, us < PAUSE_MAX_US ? us : PAUSE_MAX_US);
}

static void tell(struct sweeper *sweeper, const struct sweeper_news *news)
{
	sweeper->options.told(sweeper->options.context, news);
}

static void tell_counts(struct sweeper *sweeper, const struct sweep_counts *counts)
{
	const struct sweep_counts none = {0};
	const struct sweeper_news news = {.counts = counts};

	if (memcmp(counts, &none, sizeof(none)) != 0) {
		tell(sweeper, &news);
	}
}

static void tell_failure(struct sweeper *sweeper, const struct error *err)
{
	const struct sweeper_news news = {.failure = err};

	metric_add(&sweeper->failures, 1);
	tell(sweeper, &news);
}

static void look_at_disk(struct sweeper *sweeper)
{
	int64_t max_bytes = sweeper->options.sweep.disk_max_bytes;
	struct sweeper_news news = {.disk_changed = true};
	struct store_space space;
	struct error err;

	if (max_bytes == 0) {
		return;
	}
	if (store_space(sweeper->options.sweep.store, &space, &err) < 0) {
		tell_failure(sweeper, &err);
		return;
	}
	news.disk = sweep_disk(space.used_bytes, max_bytes);
	news.used_bytes = space.used_bytes;
	if ((int)news.disk != sweeper->disk) {
		sweeper->disk = news.disk;
		tell(sweeper, &news);
	}
}

static void count(struct sweeper *sweeper, const struct sweep_counts *counts)
{
	metric_add(&sweeper->detail, (uint64_t)counts->detail);
	metric_add(&sweeper->calls, (uint64_t)counts->calls);
	metric_add(&sweeper->cap_detail, (uint64_t)counts->cap_detail);
	metric_add(&sweeper->cap_calls, (uint64_t)counts->cap_calls);
}

static void sweep(struct sweeper *sweeper, int (*run)(const struct sweep_options *options,
						   struct sweep_counts *counts, struct error *err))
{
	struct sweep_options options = sweeper->options.sweep;
	struct sweep_counts counts = {0};
	struct error err;
	int done;

	options.pause = pause_sweep;
	options.context = sweeper;
	done = run(&options, &counts, &err);
	count(sweeper, &counts);
	tell_counts(sweeper, &counts);
	if (done < 0) {
		tell_failure(sweeper, &err);
	} else if (run == sweep_run) {
		atomic_store(&sweeper->last_success, (uint64_t)options.now());
	}
}

/* While no server ran, nothing could be heard of live calls. So none of them is ended before the
 * store has taken down that they are heard from now on. A store that cannot be written to is asked
 * again. */
static void end_silent(struct sweeper *sweeper)
{
	const struct sweep_options *options = &sweeper->options.sweep;
	struct error err;

	if (!sweeper->has_heard) {
		if (store_live_hear(options->store, options->now(), &err) < 0) {
			tell_failure(sweeper, &err);
			return;
		}
		sweeper->has_heard = true;
	}
	sweep(sweeper, sweep_end_silent);
}

/* How often silent calls are looked for; 0: never. */
static int64_t silent_every_us(const struct sweeper *sweeper)
{
	int64_t us = sweeper->options.sweep.live_timeout_s * 1000000 / 4;

	return us < SILENT_US ? us : SILENT_US;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What is waited for between two looks at what is due. */
static int64_t pause_of(const struct sweeper *sweeper)
{
	const struct sweeper_options *options = &sweeper->options;
	int64_t silent_us = silent_every_us(sweeper), us = LOOK_US;

	if (options->sweep.disk_max_bytes == 0 && options->every_s > 0) {
		us = smaller(us, options->every_s * 1000000);
	}
	return silent_us > 0 ? smaller(us, silent_us) : us;
}

static void *sweep_in_turns(void *context)
{
	struct sweeper *sweeper = context;
	int64_t every_us = sweeper->options.every_s * 1000000;
	int64_t next_us = every_us > 0 ? clock_monotonic_us() : INT64_MAX;
	int64_t silent_us = silent_every_us(sweeper);
	int64_t silent_next_us = silent_us > 0 ? clock_monotonic_us() : INT64_MAX;
	int64_t pause_us = pause_of(sweeper);

	do {
		look_at_disk(sweeper);
		if (clock_monotonic_us() >= next_us) {
			sweep(sweeper, sweep_run);
			next_us = clock_monotonic_us() + every_us;
			look_at_disk(sweeper);
		} else if (sweeper->disk == SWEEP_DISK_FULL) {
			sweep(sweeper, sweep_hold_cap);
			look_at_disk(sweeper);
		}
		if (clock_monotonic_us() >= silent_next_us) {
			end_silent(sweeper);
			silent_next_us = clock_monotonic_us() + silent_us;
		}
	} while (thread_pause(&sweeper->thread, pause_us));
	return NULL;
}

int sweeper_create(
	struct sweeper **ret_sweeper, const struct sweeper_options *options, struct error *err)
{
	struct sweeper *sweeper = calloc(1, sizeof(*sweeper));

	if (!sweeper) {
		return error_no_memory(err);
	}
	sweeper->options = *options;
	atomic_init(&sweeper->disk, SWEEP_DISK_OK);
	thread_init(&sweeper->thread);
	*ret_sweeper = sweeper;
	return 0;
}

int sweeper_start(struct sweeper *sweeper, struct error *err)
{
	const struct sweeper_options *options = &sweeper->options;

	if (options->every_s == 0 && options->sweep.disk_max_bytes == 0 &&
		options->sweep.live_timeout_s == 0) {
		return 0;
	}
	return thread_start(
		&sweeper->thread, sweep_in_turns, sweeper, "the thread that sweeps", err);
}

void sweeper_destroy(struct sweeper *sweeper)
{
	if (!sweeper) {
		return;
	}
	thread_stop(&sweeper->thread);
	thread_deinit(&sweeper->thread);
	free(sweeper);
}

void sweeper_figures(struct sweeper *sweeper, struct sweeper_figures *ret_figures)
{
	*ret_figures = (struct sweeper_figures){
		.detail = metric_read(&sweeper->detail),
		.calls = metric_read(&sweeper->calls),
		.cap_detail = metric_read(&sweeper->cap_detail),
		.cap_calls = metric_read(&sweeper->cap_calls),
		.failures = metric_read(&sweeper->failures),
		.last_success = (int64_t)metric_read(&sweeper->last_success),
	};
}

enum sweep_disk sweeper_disk(struct sweeper *sweeper)
{
	return (enum sweep_disk)sweeper->disk;
}
