/* SPDX-License-Identifier: MIT
 * From the arguments, the environment and the INI file to settings. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "cmd/cmd.h"

struct options {
	const struct cmd *cmd; /* NULL: no command was named */
	struct settings settings;
	int argc; /* operands, without the command's name */
	char **argv;
};

/* What the process was started with. */
struct options_source {
	int argc;
	char **argv; /* argv[0] is the program */
	char *(*getenv)(const char *name);
	int64_t now;
	bool root;
};

/* Reads it all. Options may stand anywhere, as `--name value` or `--name=value`; `--` ends them,
 * and a flag is `--flag` or
 * `--flag=no`. With --help or --version among them nothing else is looked at. Strings live in
 * @arena or come from @source. Fails with ERROR_INVALID naming the option, the value, its limits
 * and where it came from. */
int options_read(struct options *ret_options, const struct options_source *source,
	struct arena *arena, struct error *err) CHECK_RESULT;

#endif
