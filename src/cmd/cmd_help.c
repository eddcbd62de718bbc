/* SPDX-License-Identifier: MIT
 * callstep help: what there is. */
#include "cmd/help.h"

static int help_run(struct cmd_run *run, struct error *err)
{
	const struct cmd *cmd;

	(void)err;
	if (run->argc == 0) {
		help_write(stdout);
		return CMD_DONE;
	}
	cmd = cmd_find(run->argv[0]);
	if (!cmd || run->argc > 1) {
		return cmd_wrong_usage(
			run->cmd, "there is no command '%s'", run->argv[run->argc - 1]);
	}
	help_write_command(stdout, cmd);
	return CMD_DONE;
}

static const char *const settings[] = {NULL};

/* clang-format off */
const struct cmd cmd_help = {
	.name = "help",
	.summary = "show how a command is used",
	.arguments = "[COMMAND]",
	.settings = settings,
	.description =
	"Lists the commands, or explains one of them.",
	.operands = CMD_ANY_OPERANDS,
	.run = help_run,
};
/* clang-format on */
