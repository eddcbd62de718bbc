/* SPDX-License-Identifier: MIT
 * Subcommands. One subcommand, one file (src/cmd/cmd_NAME.c), one row in cmd_table (src/cmd/cmd.c).
 * To add one: write its file with a `const struct cmd cmd_NAME`, declare it here, add it to
 * cmd_table and to meson.build, name the settings that it takes; its help and its part of the man
 * page come from there. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "cmd/settings.h"
#include "store/store.h"
#include "upkeep/retention.h"

/* Of one call at hand, inflated: far above what a store takes. */
#define CALL_MEMORY_MAX ((size_t)4 << 30)

/* Exit statuses (DESIGN §7). */
enum cmd_exit {
	CMD_DONE = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
	CMD_REJECTED = 3, /* done, but some records were rejected, each named on standard error */
	CMD_FOUND = 3,	  /* done, and what should not be there is */
};

struct cmd {
	const char *name;    /* "serve" */
	const char *summary; /* one line, lower case, no full stop */
	const char *arguments; /* "[OPTION]… FILE…": what stands after the name in the usage line */
	/* names of the settings it takes beside the common ones; NULL-ended */
	const char *const *settings;
	/* paragraphs, parted by empty lines, for --help and the man page */
	const char *description;
	const char *examples; /* lines for --help and the man page; may be NULL */
	/* Runs with what is left of the arguments after options were taken off: argv[0] is the
	 * first operand, argv[argc] NULL. */
	int (*run)(const struct settings *settings, int argc, char **argv);
};

extern const struct cmd cmd_serve, cmd_account, cmd_key, cmd_import, cmd_export, cmd_calls,
	cmd_search, cmd_show, cmd_stats, cmd_dropoff, cmd_tail, cmd_diff, cmd_generate, cmd_backup,
	cmd_copy, cmd_verify, cmd_erase, cmd_privacy_scan, cmd_token, cmd_sweep, cmd_retention,
	cmd_audit, cmd_version, cmd_help;

/* Every command, in the order of the help; NULL-ended. */
extern const struct cmd *const cmd_table[];

/* NULL when there is none of that name. */
const struct cmd *cmd_find(const char *name);

/* Writes "callstep: …" for @err to standard error; returns the exit status for its code: CMD_USAGE
 * for ERROR_INVALID, CMD_FAILED for all else. */
int cmd_fail(const struct error *err);

/* Writes "callstep NAME: …" and where help is to standard error; returns CMD_USAGE. */
int cmd_wrong_usage(const struct cmd *cmd, const char *format, ...) FORMAT_PRINTF(2, 3);

/* Opens the store that @settings name. @must_exist: do not make a new one. */
int cmd_open_store(struct store **ret_store, const struct settings *settings, bool must_exist,
	struct error *err) CHECK_RESULT;

/* The location of a store as it may be shown: without a password. Returns @buffer. */
const char *cmd_shown_location(const char *location, char *buffer, size_t size);

/* Finds the account that @settings name, or else the only one of the store. */
int cmd_find_account(struct store *store, const struct settings *settings, int64_t *ret_account_id,
	struct error *err) CHECK_RESULT;

/* An account, and what may be seen of it now: what is over its days is hidden from commands as from
 * the API. */
struct cmd_owner {
	int64_t account_id;
	char email[STORE_EMAIL_MAX + 1];
	struct store_days kept; /* the days in force */
	bool own_days;		/* some of them are the account's own */
	struct retention retention;
};

/* The settings of commands that show calls: what cmd_find_owner() looks at. */
#define OWNER_OPTIONS "account"

/* The same account with what may be seen of it. */
int cmd_find_owner(struct store *store, const struct settings *settings,
	struct cmd_owner *ret_owner, struct error *err) CHECK_RESULT;

/* Whether --disk-max is none, or a cap that a store fits below. */
int cmd_check_disk_max(const struct settings *settings, struct error *err) CHECK_RESULT;

#define CMD_USER_SIZE 128

/* Who runs the program: "ann", "root (sudo ann)". Returns @buffer. */
const char *cmd_user(char buffer[CMD_USER_SIZE]);

/* Records in the audit trail what a command did. @subject is cut where it is too long; @calls -1:
 * it was not about a number of calls. */
int cmd_record(struct store *store, int64_t account_id, const char *action, struct text subject,
	enum store_outcome outcome, int64_t calls, struct error *err) CHECK_RESULT;

/* The same for a command that showed, or is about to show, what is stored: where it cannot be
 * written (a database that is read-only) that is told on standard error, and the command goes on.
 */
void cmd_record_read(struct store *store, int64_t account_id, const char *action,
	struct text subject, int64_t calls);

/* Appends @call's canonical JSON to @json, which was cleared: its packed form inflated, or the
 * header alone. */
int cmd_unpack_call(struct unpacker *unpacker, const struct store_call *call, struct buffer *json,
	struct error *err) CHECK_RESULT;

#endif
