/* SPDX-License-Identifier: MIT
 * callstep backup: a consistent copy of the store. */
#include "cmd/cmd.h"

static int backup_run(struct cmd_run *run, struct error *err)
{
	if (store_backup(run->store, run->argv[0], err) < 0) {
		int status = cmd_fail(err);

		return err->code == ERROR_UNSUPPORTED ? CMD_USAGE : status;
	}
	return cmd_record(run->store, 0, "backup", text_of(run->argv[0]), STORE_DONE, -1, err);
}

static const char *const settings[] = {NULL};

/* clang-format off */
const struct cmd cmd_backup = {
	.name = "backup",
	.summary = "copy the store while others read and write it",
	.arguments = "[OPTION]… DIR",
	.settings = settings,
	.description =
	"Writes a consistent copy of the store into the new folder DIR, which can then be used as "
	"--data. Servers and imports go on meanwhile.\n\n"
	"PostgreSQL's own means back up a store on PostgreSQL: pg_basebackup or pg_dump. For such "
	"a store the command says so, and the exit status is 2.",
	.examples = "callstep backup /var/backups/callstep-$(date +%F)",
	.needs = CMD_NEEDS_STORE,
	.operands = 1,
	.operands_wrong = "name the folder to be made",
	.run = backup_run,
};
/* clang-format on */
