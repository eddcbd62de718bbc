/* SPDX-License-Identifier: MIT
 * callstep version: of the program, its store and what it stands on. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "store/schema.h"

static int run(const struct settings *settings, int argc, char **argv)
{
	(void)settings;
	if (argc > 0) {
		return cmd_wrong_usage(&cmd_version, "'%s' is too much", argv[0]);
	}
	printf("callstep %s\n", CALLSTEP_VERSION);
	printf("store schema %d\n", schema_version);
	printf("built with %s\n", CALLSTEP_LIBRARIES);
	return CMD_DONE;
}

static const char *const settings[] = {NULL};

const struct cmd cmd_version = {
	.name = "version",
	.summary = "show the versions of callstep, its store and its libraries",
	.arguments = "",
	.settings = settings,
	.description = "Prints the version of callstep, of the store's schema that it writes, and "
		       "of the libraries that it was built with.",
	.run = run,
};
