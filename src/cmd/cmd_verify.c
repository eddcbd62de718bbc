/* SPDX-License-Identifier: MIT
 * callstep verify: reads everything and checks it against itself. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "cmd/terminal.h"

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

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	struct store_verdict verdict = {0};
	struct progress progress;
	struct error err;
	int status;

	if (argc > 0) {
		return cmd_wrong_usage(&cmd_verify, "'%s' is too much", argv[0]);
	}
	if (cmd_open_store(&store, settings, true, &err) < 0) {
		return cmd_fail(&err);
	}
	progress_begin(&progress, settings, "verify", "calls", 0);
	status = store_verify(store, tell_problem, show_progress, &progress, &verdict, &err);
	progress_clear(&progress);
	return status < 0 ? cmd_fail(&err) : summarise(&verdict, settings);
}

static const char *const settings[] = {"quiet", NULL};

const struct cmd cmd_verify = {
	.name = "verify",
	.summary = "check the store against itself",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description = "Reads everything and checks it: the database's own integrity, every "
		       "call's detail against its checksum and its header, and every count. Each "
		       "problem is a line on standard output; with any, the exit status is 1.",
	.run = run,
};
