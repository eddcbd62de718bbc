/* SPDX-License-Identifier: MIT
 * callstep help: what there is. */
#include "cmd/help.h"

static int run(const struct settings *settings, int argc, char **argv)
{
	const struct cmd *cmd;

	(void)settings;
	if (argc == 0) {
		help_write(stdout);
		return CMD_DONE;
	}
	cmd = cmd_find(argv[0]);
	if (!cmd || argc > 1) {
		return cmd_wrong_usage(&cmd_help, "there is no command '%s'", argv[argc - 1]);
	}
	help_write_command(stdout, cmd);
	return CMD_DONE;
}

static const char *const settings[] = {NULL};

const struct cmd cmd_help = {
	.name = "help",
	.summary = "show how a command is used",
	.arguments = "[COMMAND]",
	.settings = settings,
	.description = "Lists the commands, or explains one of them.",
	.run = run,
};
