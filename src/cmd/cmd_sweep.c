/* SPDX-License-Identifier: MIT
 * callstep sweep: drops what is over its days, once. */
#include <time.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "upkeep/sealer.h"
#include "upkeep/sweep.h"

/* A server that works on the same store gets as much of it as the sweep. */
static bool pause_sweep(void *context, int64_t busy_us)
{
	const struct timespec time = {
		.tv_sec = busy_us / 1000000, .tv_nsec = busy_us % 1000000 * 1000};

	(void)context;
	nanosleep(&time, NULL);
	return true;
}

static void tell(const char *what, int64_t count)
{
	char number[NUMBER_SIZE];

	if (count > 0) {
		fprintf(stderr, "%s %s\n", number_format(count, number), what);
	}
}

static void summarise(const struct sweep_counts *counts)
{
	char dropped[NUMBER_SIZE], whole[NUMBER_SIZE];

	fprintf(stderr, "dropped the detail of %s calls, and %s calls whole\n",
		number_format(counts->detail + counts->cap_detail, dropped),
		number_format(counts->calls + counts->cap_calls, whole));
	tell("of these had their detail dropped to stay below --disk-max", counts->cap_detail);
	tell("of these were dropped to stay below --disk-max", counts->cap_calls);
	tell("records of the audit trail dropped", counts->records);
	tell("bytes given back to the disk", counts->freed_bytes);
}

static int sweep_check(struct cmd_run *run, struct error *err)
{
	return cmd_check_disk_max(run->settings, err);
}

static int sweep_once(struct cmd_run *run, struct error *err)
{
	char user[CMD_USER_SIZE];
	const struct sweep_options options = {
		.store = run->store,
		.disk_max_bytes = run->settings->disk_max,
		.user = text_of(cmd_user(user)),
		.now = clock_now_s,
		.pause = pause_sweep,
	};
	struct sweep_counts counts = {0};
	int64_t blocks = 0;
	int done = sweep_run(&options, &counts, err);

	if (done == 0) {
		done = seal_all(run->store, &blocks, err);
	}
	if (done <= 0 && !run->settings->quiet) {
		summarise(&counts);
		tell("blocks of calls brought into columns", blocks);
	}
	return done == 0 ? CMD_DONE : -1;
}

static const char *const settings[] = {"disk-max", "quiet", NULL};

/* clang-format off */
const struct cmd cmd_sweep = {
	.name = "sweep",
	.summary = "drop what is over its days",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Drops the detail of calls, and the calls, that are over the days for which the store or "
	"their account keeps them ('callstep retention'). Then, while the store takes more than "
	"--disk-max of the disk, it drops the oldest detail and the oldest calls of all accounts. "
	"Space that is not used again soon is given back to the disk. The audit trail has what "
	"was dropped. Then calls are brought into columns, from which questions are answered.\n\n"
	"A server does the same by itself every --sweep-every. This is for stores without a "
	"server, and for cron. It works beside a server, in short steps. What it drops is "
	"gone.\n\n"
	"On PostgreSQL one program at a time sweeps, however many servers there are. Where "
	"another one does, the command says so, and the exit status is 1. The detail of a day "
	"that is over for all accounts goes with its partition, up to a day after the last of it "
	"was served.",
	.examples =
	"callstep sweep\n"
	"callstep sweep --disk-max 40G",
	.needs = CMD_NEEDS_STORE,
	.check = sweep_check,
	.run = sweep_once,
};
/* clang-format on */
