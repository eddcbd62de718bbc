/* SPDX-License-Identifier: MIT
 * The sealer's thread looks every few seconds whether there is anything to seal. It rests after
 * each step as long as that took, and is nicer than those that answer. */
#include "upkeep/sealer.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/thread.h"

/* Between two looks for something to do, and after a failure: a full disk stays so for a while. */
#define LOOK_US	    INT64_C(5000000)
#define FAILED_US   INT64_C(60000000)
#define SEALER_NICE 10

int seal_all(struct store *store, int64_t *blocks, struct error *err)
{
	struct store_sealed sealed;
	int more;

	while ((more = store_seal(store, &sealed, err)) > 0) {
		*blocks += sealed.blocks;
	}
	return more;
}

struct sealer {
	struct sealer_options options;
	struct thread thread;
};

static void tell(struct sealer *sealer, const struct sealer_news *news)
{
	if (news->blocks > 0 || news->damage || news->failure) {
		sealer->options.told(sealer->options.context, news);
	}
}

/* Does what there is. How long to wait then; negative: the thread is to end. */
static int64_t seal(struct sealer *sealer)
{
	struct sealer_news news = {0};
	struct store_sealed sealed;
	struct error err;
	int more;

	do {
		int64_t began_us = clock_monotonic_us();

		more = store_seal(sealer->options.store, &sealed, &err);
		news.blocks += sealed.blocks;
		if (sealed.damaged) {
			tell(sealer, &(struct sealer_news){.damage = &sealed.damage});
		}
		if (more > 0 && !thread_pause(&sealer->thread, clock_monotonic_us() - began_us)) {
			tell(sealer, &news);
			return -1;
		}
	} while (more > 0);
	news.failure = more < 0 ? &err : NULL;
	tell(sealer, &news);
	return more < 0 ? FAILED_US : LOOK_US;
}

static void *seal_in_turns(void *context)
{
	struct sealer *sealer = context;
	int64_t wait_us;

	/* On Linux each thread has its own niceness, which 0 means here. */
	(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + SEALER_NICE);
	do {
		wait_us = seal(sealer);
	} while (wait_us >= 0 && thread_pause(&sealer->thread, wait_us));
	return NULL;
}

int sealer_create(
	struct sealer **ret_sealer, const struct sealer_options *options, struct error *err)
{
	struct sealer *sealer = calloc(1, sizeof(*sealer));

	if (!sealer) {
		return error_no_memory(err);
	}
	sealer->options = *options;
	thread_init(&sealer->thread);
	*ret_sealer = sealer;
	return 0;
}

int sealer_start(struct sealer *sealer, struct error *err)
{
	if (!store_keeps_columns(sealer->options.store)) {
		return 0;
	}
	return thread_start(&sealer->thread, seal_in_turns, sealer,
		"the thread that brings calls into columns", err);
}

void sealer_destroy(struct sealer *sealer)
{
	if (!sealer) {
		return;
	}
	thread_stop(&sealer->thread);
	thread_deinit(&sealer->thread);
	free(sealer);
}
