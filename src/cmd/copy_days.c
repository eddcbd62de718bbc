/* SPDX-License-Identifier: MIT
 * The other store may have other calls, and calls of a copy that was made before. None of them goes
 * without a word. */
#include "cmd/copy_days.h"

#include "cmd/keeping.h"

static bool is_same(const struct store_keeping *a, const struct store_keeping *b)
{
	return a->days.detail == b->days.detail && a->days.header == b->days.header &&
	       a->audit_days == b->audit_days;
}

int copy_days(const struct cmd_run *run, struct store *from, struct store *to, struct error *err)
{
	struct store_keeping source, held;
	struct keeping_sum sum = {0};
	int status;

	if (store_keeping(from, &source, err) < 0 || store_keeping(to, &held, err) < 0 ||
		keeping_tell_losses(to, from, &source.days, run->settings, &sum, err) < 0 ||
		keeping_tell_records(to, held.audit_days, source.audit_days, &sum, err) < 0) {
		return -1;
	}
	status = keeping_ask(run, &sum);
	if (status != CMD_DONE || is_same(&source, &held)) {
		return status;
	}
	return store_set_keeping(to, &source, err) < 0 ? -1
						       : keeping_record(to, &held, &source, err);
}

int copy_days_compare(struct store *from, struct store *to, struct error *err)
{
	struct store_keeping source, held;

	if (store_keeping(from, &source, err) < 0 || store_keeping(to, &held, err) < 0) {
		return -1;
	}
	return is_same(&source, &held);
}
