/* SPDX-License-Identifier: MIT
 * The other store may have calls of its own, and calls of a copy that was made before: neither go
 * without a word. */
#include "cmd/copy_days.h"

#include "cmd/keeping.h"

#define ACCOUNTS_MAX ((size_t)256 << 20)

/* What @account of the other store would have for days of its own: those of the account with its
 * e-mail. */
static int own_days(struct store *from, const struct store_account *account, struct arena *arena,
	struct store_days *ret_days, struct error *err)
{
	struct store_account source;
	int found = store_account_find(from, account->email, arena, &source, err);

	if (found < 0) {
		return -1;
	}
	*ret_days = found > 0 ? source.days : account->days;
	return 0;
}

static int tell_losses(struct store *from, struct store *to, const struct store_keeping *keeping,
	const struct settings *settings, struct keeping_sum *sum, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account *accounts;
	size_t count;

	arena_init(&arena, ACCOUNTS_MAX);
	if (store_account_list(to, &arena, &accounts, &count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		struct keeping_loss loss;
		struct store_days days;

		if (own_days(from, &accounts[i], &arena, &days, err) < 0) {
			return -1;
		}
		days = store_days_in_force(&keeping->days, &days);
		if (keeping_loss(to, &accounts[i], &days, &loss, err) < 0) {
			return -1;
		}
		keeping_tell_loss(&accounts[i], &loss, settings);
		sum->calls += loss.calls;
		sum->detail += loss.detail;
	}
	return 0;
}

static bool is_same(const struct store_keeping *a, const struct store_keeping *b)
{
	return a->days.detail == b->days.detail && a->days.header == b->days.header &&
	       a->audit_days == b->audit_days;
}

int copy_days(struct store *from, struct store *to, const struct settings *settings,
	int *ret_status, struct error *err)
{
	struct store_keeping source, held;
	struct keeping_sum sum = {0};

	if (store_keeping(from, &source, err) < 0 || store_keeping(to, &held, err) < 0 ||
		tell_losses(from, to, &source, settings, &sum, err) < 0 ||
		keeping_tell_records(to, held.audit_days, source.audit_days, &sum, err) < 0) {
		return -1;
	}
	if (!keeping_is_wanted(&cmd_copy, settings, &sum, ret_status)) {
		return 1;
	}
	if (is_same(&source, &held)) {
		return 0;
	}
	return store_set_keeping(to, &source, err) < 0 ||
			       keeping_record(to, &held, &source, err) < 0
		       ? -1
		       : 0;
}

int copy_days_compare(struct store *from, struct store *to, struct error *err)
{
	struct store_keeping source, held;

	if (store_keeping(from, &source, err) < 0 || store_keeping(to, &held, err) < 0) {
		return -1;
	}
	return is_same(&source, &held);
}
