/* SPDX-License-Identifier: MIT
 * The power is cut: during the standard run, before and after each sync and between the steps. What
 * was synced is there then, of the rest any part. Each acknowledged step must be there whole, the
 * one under way whole or not at all. */
#include <unistd.h>

#include "../rounds.h"
#include "faulty_vfs.h"
#include "figures.h"
#include "lossy_disk.h"
#include "story.h"

struct cutting {
	struct story story;
	struct lossy_disk *disk;
	struct story_state next; /* the state once the step under way is done */
	char folder[160];	 /* where each cut is looked at */
	int cuts;
	int seeds; /* cuts of LOSSY_SOME at each place */
};

/* Opens what the cut left and compares it with both states it may have. */
static void look(struct cutting *cutting)
{
	char problem[STORY_PROBLEM], other[STORY_PROBLEM];
	struct error err = {0};
	struct store *store;

	if (store_open(&store, cutting->folder, &story_options, &err) < 0) {
		fail_msg("cut %d: %s", cutting->cuts, err.message);
	}
	if (!story_holds(&cutting->story.state, store, problem) &&
		!story_holds(&cutting->next, store, other)) {
		fail_msg("cut %d: neither as before (%s) nor as after (%s)", cutting->cuts, problem,
			other);
	}
	assert_int_equal(problems_of(store), 0);
	store_close(store);
	folder_remove(cutting->folder);
	cutting->cuts++;
}

static void cut_here(struct cutting *cutting)
{
	faulty_vfs_hold(true);
	for (int i = 0; i < cutting->seeds + 2; i++) {
		enum lossy_cut cut = i == 0 ? LOSSY_NOTHING : i == 1 ? LOSSY_ALL : LOSSY_SOME;

		lossy_disk_cut(
			cutting->disk, cutting->folder, cut, (uint32_t)(cutting->cuts * 7919 + i));
		look(cutting);
	}
	faulty_vfs_hold(false);
}

static void before_a_sync(void *context)
{
	cut_here(context);
}

static void acknowledged_steps_survive_a_power_cut_at_any_moment(void **state)
{
	struct cutting *cutting = calloc(1, sizeof(*cutting));
	char base[128];
	struct error err = {0};

	(void)state;
	assert_non_null(cutting);
	folder_make(base);
	snprintf(cutting->folder, sizeof(cutting->folder), "%s/cut", base);
	cutting->seeds = rounds_of("CALLSTEP_POWER_SEEDS", 2);
	story_begin(&cutting->story);
	cutting->disk = lossy_disk_create(cutting->story.f.folder, before_a_sync, cutting);
	for (size_t step = 0; step < story_steps; step++) {
		cutting->next = cutting->story.state;
		story_apply(&cutting->next, step);
		if (story_run(&cutting->story, step, &err) < 0) {
			fail_msg("%s: %s", story_step_name(step), err.message);
		}
		story_note(&cutting->story, step);
		cut_here(cutting);
	}
	lossy_disk_destroy(cutting->disk);
	story_end(&cutting->story);
	folder_remove(base);
	assert_true(cutting->cuts > 100);
	figures_tell("power cut", "%d cuts, 0 lost", cutting->cuts);
	free(cutting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acknowledged_steps_survive_a_power_cut_at_any_moment),
	};

	figures_begin();
	faulty_vfs_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
