/* SPDX-License-Identifier: MIT
 * Subcommands. One subcommand, one file (src/cmd/cmd_NAME.c), one row in cmd_table (src/cmd/cmd.c).
 * To add one: write its file with a `const struct cmd cmd_NAME`, which says what it needs. Declare
 * it here, and add it to cmd_table, to meson.build and to COMMANDS in tests/cli/test_cli_usage.py.
 * Name the settings that it takes: its help, its manual page and what shells complete
 * come from their rows. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/buffer.h"
#include "cmd/progress.h"
#include "cmd/settings.h"
#include "cmd/terminal.h"
#include "find/explain.h"
#include "store/store.h"
#include "upkeep/retention.h"

/* Of one call that is looked at, inflated: far above what a store takes. */
#define CALL_MEMORY_MAX ((size_t)4 << 30)

/* Exit statuses (DESIGN §7). */
enum cmd_exit {
	CMD_DONE = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
	/* Done, but some records were rejected, each named on standard error. */
	CMD_REJECTED = 3,
	/* Done, and what should not be there is there. */
	CMD_FOUND = 3,
};

/* What is made ready before a command runs. Each has what stands before it. */
enum cmd_needs {
	CMD_NEEDS_NOTHING,
	/* The store that the settings name, which has to be there. */
	CMD_NEEDS_STORE,
	/* The account that the settings name. */
	CMD_NEEDS_OWNER,
	/* The filter, and a search for it. The command takes FILTER_OPTIONS. */
	CMD_NEEDS_FILTER,
};

#define CMD_ANY_OPERANDS (-1)

/* An account, and what may be seen of it now. What is over its days is hidden from commands as it
 * is from the API. */
struct cmd_owner {
	int64_t account_id;
	char email[STORE_EMAIL_MAX + 1];
	/* The days in force. */
	struct store_days kept;
	/* Some of them are the account's own. */
	bool own_days;
	struct retention retention;
};

/* One run of a command. What a command does not need is zero. */
struct cmd_run {
	const struct cmd *cmd;
	const struct settings *settings;
	/* What is left of the arguments without options: argv[0] is the first operand, argv[argc]
	 * is NULL. */
	int argc;
	char **argv;
	/* How standard output is written. */
	struct view view;
	struct progress progress;
	/* Of what is read once. It goes when the command ends. */
	struct arena arena;
	struct store *store;
	struct cmd_owner owner;
	struct filter filter;
	struct store_search search;
	/* What the search takes is told there. NULL: nobody asks. */
	struct explain *explain;
	/* A document that is written. */
	struct buffer out;
	/* The call that cmd_unpack_call() unpacked. */
	struct buffer json;
	struct unpacker *unpacker;
};

struct cmd {
	/* "serve" */
	const char *name;
	/* One line, lower case, no full stop. */
	const char *summary;
	/* "[OPTION]… FILE…": what stands after the name in the usage line. */
	const char *arguments;
	/* Names of the settings that it takes beside the common ones. NULL-ended. */
	const char *const *settings;
	/* Paragraphs, separated by empty lines, for --help and the man page. */
	const char *description;
	/* Lines for --help and the man page. May be NULL. */
	const char *examples;
	/* What 'callstep complete' calls its operands: "sessions"; NULL: shells offer files. */
	const char *completes;
	enum cmd_needs needs;
	/* How many operands it takes. CMD_ANY_OPERANDS: it looks at them itself. */
	int operands;
	/* What is said when there are more or fewer; NULL: that the first one is too much. */
	const char *operands_wrong;
	/* May be NULL. Looks at operands and settings before the store is opened. Returns CMD_DONE,
	 * or as run() does. */
	int (*check)(struct cmd_run *run, struct error *err);
	/* Returns an exit status, or negative on failure: @err says why. */
	int (*run)(struct cmd_run *run, struct error *err);
};

extern const struct cmd cmd_serve, cmd_account, cmd_key, cmd_session, cmd_hook, cmd_import,
	cmd_export, cmd_calls, cmd_search, cmd_show, cmd_stats, cmd_dropoff, cmd_places, cmd_flow,
	cmd_tail, cmd_diff, cmd_generate, cmd_backup, cmd_copy, cmd_pull, cmd_collect, cmd_verify,
	cmd_erase, cmd_explain, cmd_privacy_scan, cmd_token, cmd_sweep, cmd_retention, cmd_audit,
	cmd_settings, cmd_ready, cmd_version, cmd_help;

/* Every command, in the order of the help; NULL-ended. */
extern const struct cmd *const cmd_table[];

/* Found by its name, and in no list: shells run it. */
extern const struct cmd cmd_complete;

/* NULL when no command has that name. */
const struct cmd *cmd_find(const char *name);

/* Makes ready what @cmd needs and runs it. Returns the exit status; a failure was told. */
int cmd_execute(const struct cmd *cmd, const struct settings *settings, int argc, char **argv);

/* The same, and tells @explain what its search took: NULL where nobody asks. */
int cmd_execute_explained(const struct cmd *cmd, const struct settings *settings, int argc,
	char **argv, struct explain *explain);

/* Writes "callstep: …" for @err to standard error; returns the exit status for its code: CMD_USAGE
 * for ERROR_INVALID, CMD_FAILED for all else. */
int cmd_fail(const struct error *err);

/* Writes "callstep NAME: …" and where help is to standard error; returns CMD_USAGE. */
int cmd_wrong_usage(const struct cmd *cmd, const char *format, ...) FORMAT_PRINTF(2, 3);

/* The commit that the program was built of, as CALLSTEP_REVISION has it. NULL: it is not known. */
const char *cmd_revision(void);

/* Something that a command does when its name is the first operand. */
struct cmd_action {
	const char *name;
	/* How many operands stand behind the name. */
	int operands;
	/* As struct cmd has it. */
	int (*run)(struct cmd_run *run, struct error *err);
};

/* The one of @actions, which end with a row without a name, that the operands name. NULL: none. */
const struct cmd_action *cmd_find_action(
	const struct cmd_action *actions, const struct cmd_run *run);

/* Opens the store that the settings name. @must_exist: does not make a new one. */
int cmd_open_store(struct cmd_run *run, bool must_exist, struct error *err) CHECK_RESULT;

/* The location of a store as it may be shown: without a password. Returns @buffer. */
const char *cmd_shown_location(const char *location, char *buffer, size_t size);

/* Finds the account @email, which has to be there. Its texts are in the arena of @run. */
int cmd_find_account(struct cmd_run *run, const char *email, struct store_account *ret_account,
	struct error *err) CHECK_RESULT;

/* The settings of commands that show calls: what cmd_find_owner() looks at. */
#define OWNER_OPTIONS "account"

/* Sets the owner of @run to the account that the settings name, or else to the only one of the
 * store, as it is now. */
int cmd_find_owner(struct cmd_run *run, struct error *err) CHECK_RESULT;

/* Whether --disk-max is 0, or a cap that a store fits below. */
int cmd_check_disk_max(const struct settings *settings, struct error *err) CHECK_RESULT;

/* Sets level and format of the log: settings log-level and log-format. */
void cmd_set_log(const struct settings *settings);

#define CMD_USER_SIZE 128

/* The user that runs the program: "ann", "root (sudo ann)". Returns @buffer. */
const char *cmd_user(char buffer[CMD_USER_SIZE]);

/* Records in the audit trail what a command did. @subject is cut where it is too long; @calls -1:
 * it was not about a number of calls. */
int cmd_record(struct store *store, int64_t account_id, const char *action, struct text subject,
	enum store_outcome outcome, int64_t calls, struct error *err) CHECK_RESULT;

/* The same for a command that showed, or is about to show, what is stored. Where the record cannot
 * be written (a database that is read-only) that is told on standard error, and the command goes
 * on. */
void cmd_record_read(struct store *store, int64_t account_id, const char *action,
	struct text subject, int64_t calls);

/* The canonical JSON of @call: its packed form inflated, or the header alone. It is valid until the
 * next one is unpacked. */
int cmd_unpack_call(struct cmd_run *run, const struct store_call *call, struct text *ret_json,
	struct error *err) CHECK_RESULT;

/* Writes the document in run->out, and a line feed, to standard output, and clears it. Returns
 * CMD_DONE. */
int cmd_write_document(struct cmd_run *run, struct error *err) CHECK_RESULT;

#endif
