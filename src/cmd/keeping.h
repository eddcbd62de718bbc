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

/* What of an account is seen now, and would be dropped. */
struct keeping_loss {
	int64_t calls;	/* whole */
	int64_t detail; /* of calls that stay */
	int64_t oldest; /* when the first of all these started */
	int64_t up_to;	/* and what started later stays */
};

/* What @account loses when its days in force become @days. */
int keeping_loss(struct store *store, const struct store_account *account,
	const struct store_days *days, struct keeping_loss *ret_loss,
	struct error *err) CHECK_RESULT;

/* Names on standard error what @account loses, where it loses something. */
void keeping_tell_loss(const struct store_account *account, const struct keeping_loss *loss,
	const struct settings *settings);

/* What is lost altogether. */
struct keeping_sum {
	int64_t calls;
	int64_t detail;
	int64_t records; /* of the audit trail */
};

/* Says how many records of the audit trail go when they are kept for @after_days instead of
 * @before_days, and adds it to *@sum. */
int keeping_tell_records(struct store *store, int64_t before_days, int64_t after_days,
	struct keeping_sum *sum, struct error *err) CHECK_RESULT;

/* Records in the store's audit trail that its days were changed. */
int keeping_record(struct store *store, const struct store_keeping *before,
	const struct store_keeping *after, struct error *err) CHECK_RESULT;

/* Whether to go on: nothing is lost, --yes was given, or who sits at the terminal says yes.
 * Otherwise says that nothing was changed; *ret_status is then the exit status. */
bool keeping_is_wanted(const struct cmd *cmd, const struct settings *settings,
	const struct keeping_sum *sum, int *ret_status);

/* Says what accounts lose when the store's days become @days, and adds it to *@sum. */
int keeping_tell_losses(struct store *store, const struct store_days *days,
	const struct settings *settings, struct keeping_sum *sum, struct error *err) CHECK_RESULT;

#endif
