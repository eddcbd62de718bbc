/* SPDX-License-Identifier: MIT
 * callstep backup: a consistent copy of the store. */
#include "cmd/cmd.h"

static int run(const struct settings *settings, int argc, char **argv)
{
	AUTO(store_closep) struct store *store = NULL;
	struct error err;

	if (argc != 1) {
		return cmd_wrong_usage(&cmd_backup, "name the folder to be made");
	}
	if (cmd_open_store(&store, settings, true, &err) < 0) {
		return cmd_fail(&err);
	}
	if (store_backup(store, argv[0], &err) < 0) {
		int status = cmd_fail(&err);

		return err.code == ERROR_UNSUPPORTED ? CMD_USAGE : status;
	}
	if (cmd_record(store, 0, "backup", text_of(argv[0]), STORE_DONE, -1, &err) < 0) {
		return cmd_fail(&err);
	}
	return CMD_DONE;
}

static const char *const settings[] = {NULL};

const struct cmd cmd_backup = {
	.name = "backup",
	.summary = "copy the store while others read and write it",
	.arguments = "[OPTION]… DIR",
	.settings = settings,
	.description =
		"Writes a consistent copy of the store into the new folder DIR, which can "
		"then be used as --data. Servers and imports go on meanwhile. A store "
		"on PostgreSQL is backed up by PostgreSQL's own means, pg_basebackup or pg_dump: "
		"asked for one of these, it says so, and the exit status is 2.",
	.examples = "callstep backup /var/backups/callstep-$(date +%F)",
	.run = run,
};
