/* SPDX-License-Identifier: MIT
 * callstep explain: how a question is answered, and what it costs. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/listing.h"

static const struct cmd *const questions[] = {
	&cmd_calls, &cmd_search, &cmd_stats, &cmd_dropoff, &cmd_places, &cmd_flow};

static bool is_question(const struct cmd *cmd)
{
	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		if (questions[i] == cmd) {
			return true;
		}
	}
	return false;
}

static int check(struct cmd_run *run, struct error *err)
{
	(void)err;
	if (run->argc == 0) {
		return cmd_wrong_usage(run->cmd, "a question is expected: calls, search, stats, "
						 "dropoff, places or flow");
	}
	if (!is_question(cmd_find(run->argv[0]))) {
		return cmd_wrong_usage(run->cmd,
			"'%s' is not a question: calls, search, stats, dropoff, places and flow "
			"are",
			run->argv[0]);
	}
	return CMD_DONE;
}

/* Lets standard output go to nowhere; returns where it went, or -1. */
static int hush(void)
{
	AUTO(file_close) int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int before = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (fflush(stdout) != 0 || before < 0 || nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) {
		file_close(&before);
		return -1;
	}
	return before;
}

/* Asks the question, and shows nothing of what it finds. */
static int ask(struct cmd_run *run, struct explain *explain, struct error *err)
{
	struct settings settings = *run->settings;
	AUTO(file_close) int before = hush();
	int status;

	if (before < 0) {
		return error_set(err, ERROR_SYSTEM, "cannot open /dev/null");
	}
	/* A document has its count inside. */
	settings.json = true;
	status = cmd_execute_explained(
		cmd_find(run->argv[0]), &settings, run->argc - 1, run->argv + 1, explain);
	if (fflush(stdout) != 0 || dup2(before, STDOUT_FILENO) < 0) {
		return error_set(err, ERROR_SYSTEM, "cannot write to standard output");
	}
	explain_end(explain);
	return status;
}

static void add(struct listing *listing, const char *what, int64_t number)
{
	if (number > 0) {
		listing_cell(listing, text_of(what));
		listing_grouped(listing, number);
	}
}

static void add_ms(struct listing *listing, const char *what, int64_t us)
{
	listing_cell(listing, text_of(what));
	listing_printf(listing, "%.1f", (double)us / 1000);
}

static int write_listing(struct cmd_run *run, const struct explain *explain, struct error *err)
{
	static const struct listing_column columns[] = {{"WHAT IT TOOK", false}, {"", true}};
	const struct store_cost *cost = &explain->cost;
	struct listing listing;

	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	add(&listing, "totals that tallies told", cost->tallies);
	add(&listing, "calls that the index of words named", cost->words);
	add(&listing, "blocks of columns", cost->blocks);
	add(&listing, "bytes of columns", cost->column_bytes);
	add(&listing, "conditions that PostgreSQL looked at", cost->database);
	add(&listing, "rows of calls", cost->rows);
	add(&listing, "calls inflated for their steps", cost->packed);
	add_ms(&listing, "milliseconds", explain->us);
	add_ms(&listing, "of these, of the processor", explain->cpu_us);
	return listing_write(&listing, err) < 0 ? -1 : CMD_DONE;
}

static int explain_run(struct cmd_run *run, struct error *err)
{
	struct explain explain = {0};
	int status = ask(run, &explain, err);

	if (status != CMD_DONE) {
		return status;
	}
	if (run->settings->json) {
		explain_write(&run->out, &explain);
		return cmd_write_document(run, err);
	}
	return write_listing(run, &explain, err);
}

static const char *const settings[] = {"json", "color", NULL};

/* clang-format off */
const struct cmd cmd_explain = {
	.name = "explain",
	.summary = "show how a question is answered, and what that takes",
	.arguments = "QUESTION [OPTION]…",
	.settings = settings,
	.description =
	"Asks a question as calls, search, stats, dropoff, places or flow would, shows nothing "
	"of what it finds, and says what it looked at: tallies, the index of words, columns, rows, "
	"and calls whose steps had to be inflated. What is not named was not needed. The options "
	"are those of the question.\n\n"
	"Blocks of columns are counted each time that one is opened. On PostgreSQL what the "
	"database does by itself is one line, and its processor's time is not counted.\n\n"
	"The question leaves its record in the audit trail. --json writes what the API answers "
	"with explain=true.",
	.examples =
	"callstep explain search --module menu --min-duration 60\n"
	"callstep explain stats --group outcome,time --bucket day\n"
	"callstep explain search 'invalid input' --start -1d --json",
	.needs = CMD_NEEDS_NOTHING,
	.operands = CMD_ANY_OPERANDS,
	.check = check,
	.run = explain_run,
};
/* clang-format on */
