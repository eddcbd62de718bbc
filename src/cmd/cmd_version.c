/* SPDX-License-Identifier: MIT
 * callstep version: of the program, its store and what it stands on. */
#include "cmd/cmd.h"
#include "cmd/revision.h"
#include "store/schema.h"

const char *cmd_revision(void)
{
	return strcmp(CALLSTEP_REVISION, "none") != 0 ? CALLSTEP_REVISION : NULL;
}

static int version_run(struct cmd_run *run, struct error *err)
{
	const char *revision = cmd_revision();

	(void)run;
	(void)err;
	printf(revision ? "callstep %s (%s)\n" : "callstep %s\n", CALLSTEP_VERSION, revision);
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
	"libraries that it was built with. In brackets stands the commit that it was built "
	"of, with \"-dirty\" where files of it were changed; a release's sources know none.",
	.run = version_run,
};
/* clang-format on */
