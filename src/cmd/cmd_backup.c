/* SPDX-License-Identifier: MIT
 * callstep backup: a consistent copy of the store. */
#include "base/clock.h"
#include "cmd/backup_row.h"
#include "cmd/cmd.h"

static int make(struct cmd_run *run, struct error *err)
{
	int64_t keep = run->settings->keep;

	return keep == 0 ? store_backup(run->store, run->argv[0], err)
			 : backup_row_add(run->store, run->argv[0], keep, clock_now_s(), err);
}

static int backup_run(struct cmd_run *run, struct error *err)
{
	if (make(run, err) < 0) {
		int status = cmd_fail(err);

		return err->code == ERROR_UNSUPPORTED ? CMD_USAGE : status;
	}
	return cmd_record(run->store, 0, "backup", text_of(run->argv[0]), STORE_DONE, -1, err);
}

static const char *const settings[] = {"keep", NULL};

/* clang-format off */
const struct cmd cmd_backup = {
	.name = "backup",
	.summary = "copy the store while others read and write it",
	.arguments = "[OPTION]… DIR",
	.settings = settings,
	.description =
	"Writes a consistent copy of the store into the new folder DIR, which can then be used as "
	"--data. Servers and imports go on meanwhile.\n\n"
	"With --keep, DIR holds a row of backups, each in a folder that is named by its time in "
	"UTC: callstep-2026-12-01T170000Z. The oldest go when the new one is whole. What else is "
	"in DIR stays.\n\n"
	"PostgreSQL's own means back up a store on PostgreSQL: pg_basebackup or pg_dump. For such "
	"a store the command says so, and the exit status is 2.",
	.examples = "callstep backup /mnt/callstep-before-the-upgrade\n"
		    "callstep backup --keep 7 /var/backups/callstep",
	.needs = CMD_NEEDS_STORE,
	.operands = 1,
	.operands_wrong = "name the folder to be made",
	.run = backup_run,
};
/* clang-format on */
