/* SPDX-License-Identifier: MIT
 * Changing how long calls are kept: reading and writing days, what shorter ones drop, and whether
 * that is wanted. */
#ifndef CMD_KEEPING_H
#define CMD_KEEPING_H

#include "cmd/cmd.h"

#define KEEPING_DAYS_SIZE 32

/* "31", "ever", "default". Returns @buffer. */
const char *keeping_format_days(int64_t days, char buffer[KEEPING_DAYS_SIZE]);

/* Reads what --@option was given as; @given NULL leaves *@days as it is. "default" is for accounts
 * only. */
int keeping_parse_days(const char *option, const char *given, bool has_default, int64_t *days,
	struct error *err) CHECK_RESULT;

/* What is lost altogether. */
struct keeping_sum {
	int64_t calls;
	int64_t detail;
	int64_t records; /* of the audit trail */
};

/* Says on standard error what @account loses when its days in force become @days, where it loses
 * something, and adds it to *@sum. */
int keeping_tell_loss(struct store *store, const struct store_account *account,
	const struct store_days *days, const struct settings *settings, struct keeping_sum *sum,
	struct error *err) CHECK_RESULT;

/* The same for all accounts of @store, when its days become @days. @from: another store; accounts
 * get the days of its accounts with their e-mails. NULL: they keep their own. */
int keeping_tell_losses(struct store *store, struct store *from, const struct store_days *days,
	const struct settings *settings, struct keeping_sum *sum, struct error *err) CHECK_RESULT;

/* Says how many records of the audit trail go when they are kept for @after_days instead of
 * @before_days, and adds it to *@sum. */
int keeping_tell_records(struct store *store, int64_t before_days, int64_t after_days,
	struct keeping_sum *sum, struct error *err) CHECK_RESULT;

/* Records in the store's audit trail that its days were changed. */
int keeping_record(struct store *store, const struct store_keeping *before,
	const struct store_keeping *after, struct error *err) CHECK_RESULT;

/* Whether to go on. CMD_DONE: nothing is lost, --yes was given, or the user at the terminal says
 * yes. Otherwise says that nothing was changed and returns the exit status. */
int keeping_ask(const struct cmd_run *run, const struct keeping_sum *sum);

#endif
