/* SPDX-License-Identifier: MIT
 * callstep verify: reads everything and checks it against itself. */
#include "cmd/cmd.h"

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

static int verify_run(struct cmd_run *run, struct error *err)
{
	struct store_verdict verdict = {0};
	int status;

	progress_begin(&run->progress, run->settings, "verify", "calls", 0);
	status = store_verify(
		run->store, tell_problem, show_progress, &run->progress, &verdict, err);
	progress_clear(&run->progress);
	return status < 0 ? -1 : summarise(&verdict, run->settings);
}

static const char *const settings[] = {"quiet", NULL};

/* clang-format off */
const struct cmd cmd_verify = {
	.name = "verify",
	.summary = "check the store against itself",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Reads everything and checks it: the database's own integrity, every call's detail against "
	"its checksum and its header, and every count. Each problem is a line on standard output; "
	"with any, the exit status is 1.",
	.needs = CMD_NEEDS_STORE,
	.run = verify_run,
};
/* clang-format on */
