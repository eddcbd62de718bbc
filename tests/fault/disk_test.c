/* SPDX-License-Identifier: MIT
 * A failing disk: the standard run, again and again, with the first, the second, … operation of a
 * kind failing, once or until the disk is healed. Each failure is told, nothing acknowledged is
 * lost, nothing is half there, and the same store goes on when it is healed. */
#include <errno.h>
#include <sqlite3.h>

#include "../rounds.h"
#include "faulty_vfs.h"
#include "figures.h"
#include "story.h"

/* What the store can do without: it goes on answering while these fail. */
#define ONLY_WRITING (FAULTY_WRITE | FAULTY_TRUNCATE | FAULTY_SYNC | FAULTY_DELETE)

struct trouble {
	const char *name;
	struct faulty_plan plan;
	enum error_code code;
};

static const struct trouble troubles[] = {
	{"write: no space", {.ops = FAULTY_WRITE, .status = SQLITE_FULL, .errnum = ENOSPC},
		ERROR_NO_SPACE},
	{"write: input/output error",
		{.ops = FAULTY_WRITE, .status = SQLITE_IOERR_WRITE, .errnum = EIO}, ERROR_SYSTEM},
	{"write: half of it",
		{.ops = FAULTY_WRITE, .status = SQLITE_FULL, .errnum = ENOSPC, .half = true},
		ERROR_NO_SPACE},
	{"truncate", {.ops = FAULTY_TRUNCATE, .status = SQLITE_IOERR_TRUNCATE, .errnum = EIO},
		ERROR_SYSTEM},
	{"sync", {.ops = FAULTY_SYNC, .status = SQLITE_IOERR_FSYNC, .errnum = EIO}, ERROR_SYSTEM},
	{"open", {.ops = FAULTY_OPEN, .status = SQLITE_CANTOPEN, .errnum = EMFILE}, ERROR_SYSTEM},
	{"delete", {.ops = FAULTY_DELETE, .status = SQLITE_IOERR_DELETE, .errnum = EIO},
		ERROR_SYSTEM},
	{"read", {.ops = FAULTY_READ, .status = SQLITE_IOERR_READ, .errnum = EIO}, ERROR_SYSTEM},
	{"shared memory: no space",
		{.ops = FAULTY_SHARED, .status = SQLITE_IOERR_SHMSIZE, .errnum = ENOSPC},
		ERROR_NO_SPACE},
};

#define TROUBLES (sizeof(troubles) / sizeof(troubles[0]))

static void expect_told(const struct story *story, const struct trouble *trouble, size_t step,
	const struct error *err)
{
	if (err->code != trouble->code || !strstr(err->message, story->f.folder)) {
		fail_msg("%s, %s: error %d '%s'", trouble->name, story_step_name(step), err->code,
			err->message);
	}
}

/* The step failed: all is as it was before, and after healing it can be done. */
static void heal_and_repeat(struct story *story, const struct trouble *trouble, size_t step)
{
	struct error err = {0};

	faulty_vfs_hold((trouble->plan.ops & ~(unsigned int)ONLY_WRITING) != 0);
	story_check(story);
	faulty_vfs_heal();
	if (story_run(story, step, &err) < 0) {
		fail_msg("%s, %s: not healed: %s", trouble->name, story_step_name(step),
			err.message);
	}
}

/* Runs it with the @nth operation failing. Returns how many errors were told, negative when nothing
 * failed. */
static int run_with(const struct trouble *trouble, const struct faulty_plan *plan, int nth)
{
	struct story story;
	int told = 0, failed;

	story_begin(&story);
	faulty_vfs_arm(plan, nth);
	for (size_t step = 0; step < story_steps; step++) {
		struct error err = {0};

		if (story_run(&story, step, &err) < 0) {
			expect_told(&story, trouble, step, &err);
			told++;
			heal_and_repeat(&story, trouble, step);
		}
		faulty_vfs_hold(true);
		story_note(&story, step);
		story_check(&story);
		faulty_vfs_hold(false);
	}
	failed = faulty_vfs_heal();
	story_verify(&story);
	story_end(&story);
	return failed > 0 ? told : -1;
}

static void run_all(const struct trouble *trouble, bool stays)
{
	struct faulty_plan plan = trouble->plan;
	int points = 0, told = 0, stride = rounds_of("CALLSTEP_FAULT_STRIDE", 1);

	plan.stays = stays;
	for (int nth = 1;; nth += stride) {
		int errors = run_with(trouble, &plan, nth);

		if (errors < 0) {
			break;
		}
		points++;
		told += errors;
	}
	assert_true(points > 0);
	figures_tell("failing disk", "%s, %s: %d faults, %d errors told, 0 lost", trouble->name,
		stays ? "until healed" : "once", points, told);
}

static void nothing_is_lost_when_it_fails_once(void **state)
{
	run_all(*state, false);
}

static void nothing_is_lost_when_it_fails_until_it_is_healed(void **state)
{
	run_all(*state, true);
}

int main(void)
{
	struct CMUnitTest tests[2 * TROUBLES];
	char names[2 * TROUBLES][64];

	for (size_t i = 0; i < 2 * TROUBLES; i++) {
		const struct trouble *trouble = &troubles[i / 2];
		bool stays = i % 2 != 0;

		snprintf(names[i], sizeof(names[i]), "%s (%s)", trouble->name,
			stays ? "until healed" : "once");
		tests[i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = stays ? nothing_is_lost_when_it_fails_until_it_is_healed
					   : nothing_is_lost_when_it_fails_once,
			.initial_state = (void *)(uintptr_t)trouble,
		};
	}
	figures_begin();
	faulty_vfs_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
