/* SPDX-License-Identifier: MIT
 * Subcommands. One subcommand, one file (src/cmd/cmd_NAME.c), one row in cmd_table (src/main.c).
 * To add one: write its file with a `const struct cmd cmd_NAME`, declare it here, add it to cmd_table, name the settings that it
 * takes; its help and its man page come from there. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "cmd/settings.h"

/* Exit statuses (DESIGN §7). */
enum cmd_exit {
	CMD_DONE = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
	CMD_REJECTED = 3, /* done, but some records were rejected, each named on standard error */
};

struct cmd {
	const char *name;    /* "serve" */
	const char *summary; /* one line, lower case, no full stop */
	const char *arguments; /* "[OPTION]… FILE…": what stands after the name in the usage line */
	const char *const
		*settings; /* names of the settings it takes beside the common ones; NULL-ended */
	const char *description; /* paragraphs for --help and the man page */
	const char *examples;	 /* lines for --help and the man page; may be NULL */
	/* Runs with what is left of the arguments after options were taken off: argv[0] is the first operand, argv[argc] NULL. */
	int (*run)(const struct settings *settings, int argc, char **argv);
};

extern const struct cmd cmd_serve, cmd_account, cmd_key, cmd_import, cmd_export, cmd_calls,
	cmd_show, cmd_generate, cmd_backup, cmd_verify, cmd_version;

/* Writes "callstep: …" for @err to standard error; returns the exit status for its code. */
int cmd_fail(const struct error *err);

#endif
