/* SPDX-License-Identifier: MIT
 * The thread that looks. */
#include "upkeep/gauge.h"

#include <stdlib.h>

#include "base/thread.h"

#define LOOK_US	   INT64_C(15000000)
#define LIVE_BYTES ((size_t)8 << 20)

struct gauge {
	struct store *store;
	struct thread thread; /* its lock guards the figures */
	struct gauge_figures figures;
};

static const struct gauge_figures unknown = {-1, -1, -1, -1, -1};

static int64_t count_live(struct store *store)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_live *calls;
	struct error ignored;
	size_t count;

	arena_init(&arena, LIVE_BYTES);
	if (store_live_list(store, 0, INT64_MAX, GAUGE_LIVE_MAX, &arena, &calls, &count, &ignored) <
		0) {
		return -1;
	}
	return (int64_t)count;
}

static struct gauge_figures look(struct store *store)
{
	struct gauge_figures figures = unknown;
	struct store_space space;
	struct error ignored;

	if (store_space(store, &space, &ignored) == 0) {
		figures.used_bytes = space.used_bytes;
		figures.free_bytes = space.free_bytes;
		figures.log_bytes = space.log_bytes;
		figures.available_bytes = space.available_bytes;
	}
	figures.live_calls = count_live(store);
	return figures;
}

static void *look_in_turns(void *context)
{
	struct gauge *gauge = context;

	do {
		struct gauge_figures figures = look(gauge->store);

		thread_lock(&gauge->thread);
		gauge->figures = figures;
		thread_unlock(&gauge->thread);
	} while (thread_pause(&gauge->thread, LOOK_US));
	return NULL;
}

int gauge_start(struct gauge **ret_gauge, struct store *store, struct error *err)
{
	struct gauge *gauge = calloc(1, sizeof(*gauge));

	if (!gauge) {
		return error_no_memory(err);
	}
	*gauge = (struct gauge){.store = store, .figures = unknown};
	thread_init(&gauge->thread);
	if (thread_start(&gauge->thread, look_in_turns, gauge, "the thread that looks at the store",
		    err) < 0) {
		gauge_stop(gauge);
		return -1;
	}
	*ret_gauge = gauge;
	return 0;
}

void gauge_stop(struct gauge *gauge)
{
	if (gauge) {
		thread_stop(&gauge->thread);
		thread_deinit(&gauge->thread);
		free(gauge);
	}
}

void gauge_read(struct gauge *gauge, struct gauge_figures *ret_figures)
{
	thread_lock(&gauge->thread);
	*ret_figures = gauge->figures;
	thread_unlock(&gauge->thread);
}
