/* SPDX-License-Identifier: MIT
 * callstep verify: reads everything and checks it against itself. */
#include "cmd/cmd.h"
#include "upkeep/sealer.h"

static void tell_problem(void *context, const char *sentence)
{
	progress_clear(context);
	text_write_clean(stdout, text_of(sentence));
	fputc('\n', stdout);
}

static void show_progress(void *context, int64_t done, int64_t all)
{
	struct progress *progress = context;

	progress->all = all;
	progress_update(progress, done, done);
}

static int summarise(const struct store_verdict *verdict, const struct settings *settings)
{
	char accounts[NUMBER_SIZE], calls[NUMBER_SIZE], packed[NUMBER_SIZE], problems[NUMBER_SIZE];

	if (!settings->quiet) {
		fprintf(stderr,
			"checked %s accounts, %s calls, %s of them with detail: %s problems\n",
			number_format(verdict->accounts, accounts),
			number_format(verdict->calls, calls),
			number_format(verdict->packed, packed),
			number_format(verdict->problems, problems));
	}
	return verdict->problems == 0 ? CMD_DONE : CMD_FAILED;
}

/* What the check noted is made anew. */
static int repair(struct cmd_run *run, struct error *err)
{
	char number[NUMBER_SIZE];
	int64_t blocks = 0;

	if (seal_all(run->store, &blocks, err) < 0) {
		return -1;
	}
	if (!run->settings->quiet) {
		fprintf(stderr, "%s blocks of columns made\n", number_format(blocks, number));
	}
	return 0;
}

static int verify_run(struct cmd_run *run, struct error *err)
{
	struct store_verdict verdict = {0};
	int status;

	progress_begin(&run->progress, run->settings, "verify", "calls", 0);
	status = store_verify(
		run->store, tell_problem, show_progress, &run->progress, &verdict, err);
	progress_clear(&run->progress);
	if (status < 0 || (run->settings->repair && repair(run, err) < 0)) {
		return -1;
	}
	return summarise(&verdict, run->settings);
}

static const char *const settings[] = {"repair", "quiet", NULL};

/* clang-format off */
const struct cmd cmd_verify = {
	.name = "verify",
	.summary = "check the store against itself",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Reads everything and checks it: the database's own integrity, every call's detail against "
	"its checksum and its header, and every count. Each problem is a line on standard output; "
	"with any, the exit status is 1.\n\n"
	"Columns are an index of calls, from which questions are answered. What is wrong with them "
	"is passed over, and calls are read instead. With --repair they are made anew.",
	.needs = CMD_NEEDS_STORE,
	.run = verify_run,
};
/* clang-format on */
