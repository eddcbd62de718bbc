/* SPDX-License-Identifier: MIT
 * callstep: reads the options, runs the command. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/help.h"
#include "cmd/options.h"
#include "cmd/terminal.h"

#define OPTIONS_SIZE_MAX ((size_t)16 << 20)

static int run_command(const struct options *options)
{
	if (options->settings.help) {
		if (options->cmd) {
			help_write_command(stdout, options->cmd);
		} else {
			help_write(stdout);
		}
		return CMD_DONE;
	}
	if (options->settings.version) {
		return cmd_execute(&cmd_version, &options->settings, 0, NULL);
	}
	if (!options->cmd) {
		help_write(stderr);
		return CMD_USAGE;
	}
	return cmd_execute(options->cmd, &options->settings, options->argc, options->argv);
}

/* What was printed may still be in a buffer that a full disk refuses. */
static int flush_output(int status)
{
	struct error err;

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout)) {
		return status;
	}
	if (status == CMD_FAILED) {
		return status; /* it was told why */
	}
	error_set_errno(&err, errno ? errno : EIO, "cannot write to standard output");
	cmd_fail(&err);
	return CMD_FAILED;
}

int main(int argc, char **argv)
{
	AUTO(arena_deinit) struct arena arena;
	struct options_source source = {
		.argc = argc,
		.argv = argv,
		.getenv = getenv,
		.now = clock_now_s(),
		.root = geteuid() == 0,
	};
	struct options options = {0};
	struct error err = {0};

	terminal_init();
	arena_init(&arena, OPTIONS_SIZE_MAX);
	if (options_read(&options, &source, &arena, &err) < 0) {
		return cmd_fail(&err);
	}
	return flush_output(run_command(&options));
}
