/* SPDX-License-Identifier: MIT
 * callstep version: of the program, its store and what it stands on. */
#include "cmd/cmd.h"
#include "store/schema.h"

static int version_run(struct cmd_run *run, struct error *err)
{
	(void)run;
	(void)err;
	printf("callstep %s\n", CALLSTEP_VERSION);
	printf("store schema %d\n", schema_version);
	printf("built with %s\n", CALLSTEP_LIBRARIES);
	return CMD_DONE;
}

static const char *const settings[] = {NULL};

/* clang-format off */
const struct cmd cmd_version = {
	.name = "version",
	.summary = "show the versions of callstep, its store and its libraries",
	.arguments = "",
	.settings = settings,
	.description =
	"Prints the version of callstep, of the store's schema that it writes, and of the "
	"libraries that it was built with.",
	.run = version_run,
};
/* clang-format on */
