/* SPDX-License-Identifier: MIT
 * What shorter days drop is counted in what is seen today: what is over the days of today is gone
 * already, swept or not. */
#include "cmd/keeping.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/time_text.h"
#include "cmd/terminal.h"

#define ACCOUNTS_MAX	((size_t)256 << 20)
#define RECORDS_AT_ONCE 10000
#define SECONDS_A_DAY	86400

const char *keeping_format_days(int64_t days, char buffer[KEEPING_DAYS_SIZE])
{
	if (days <= 0) {
		return days == 0 ? "ever" : "default";
	}
	snprintf(buffer, KEEPING_DAYS_SIZE, "%" PRId64, days);
	return buffer;
}

int keeping_parse_days(
	const char *option, const char *given, bool has_default, int64_t *days, struct error *err)
{
	struct text text = text_of(given);

	if (!given) {
		return 0;
	}
	if (has_default && text_equal_string(text, "default")) {
		*days = STORE_DAYS_DEFAULT;
		return 0;
	}
	if (!setting_parse_days(text, days)) {
		return error_set(err, ERROR_INVALID,
			"'%s' is not a value for --%s: write a number of days from 1 to %d%s",
			given, option, STORE_DAYS_MAX,
			has_default ? ", ever or default" : ", or ever");
	}
	return 0;
}

/* ---- what is lost ---- */

/* What of an account is seen now, and would be dropped. */
struct loss {
	int64_t calls;	/* whole */
	int64_t detail; /* of calls that stay */
	int64_t oldest; /* when the first of all these started */
	int64_t up_to;	/* what started later stays */
};

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The first second whose calls are not over. */
static int64_t first_kept(int64_t after)
{
	return after < 0 ? 0 : after + 1;
}

static int count_calls(struct store *store, int64_t account_id, int64_t start, int64_t end,
	int64_t *ret_calls, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	const struct store_query query = {
		.account_id = account_id, .start = start, .end = end, .detail_after = INT64_MAX};
	struct store_page page;

	arena_init(&arena, ACCOUNTS_MAX);
	if (store_page(store, &query, &arena, &page, err) < 0) {
		return -1;
	}
	*ret_calls = page.total_calls;
	return 0;
}

static int note_detail(void *context, const struct store_row *row, struct error *err)
{
	struct loss *loss = context;

	(void)err;
	if (row->call.has_detail) {
		loss->detail++;
		loss->oldest = row->call.start; /* newest first: the last one is the oldest */
	}
	return 0;
}

static int count_detail(struct store *store, int64_t account_id, int64_t start, int64_t end,
	struct loss *loss, struct error *err)
{
	struct filter filter;
	const struct store_search search = {
		.account_id = account_id, .filter = &filter, .detail_after = INT64_MIN};

	filter_init(&filter);
	filter.start = start;
	filter.end = end;
	return store_scan(store, &search, note_detail, loss, err);
}

/* What @account loses when its days in force become @days. */
static int find_loss(struct store *store, const struct store_account *account,
	const struct store_days *days, struct loss *ret_loss, struct error *err)
{
	int64_t now = clock_now_s();
	const struct retention before = retention_at(&account->kept, now);
	const struct retention after = retention_at(days, now);
	int64_t calls_from = first_kept(before.header_after);
	int64_t calls_end = first_kept(after.header_after);
	int64_t detail_from = later(first_kept(before.detail_after), calls_end);
	int64_t detail_end = first_kept(after.detail_after);
	struct loss loss = {.up_to = later(calls_end, detail_end) - 1};

	if (detail_from < detail_end &&
		count_detail(store, account->id, detail_from, detail_end, &loss, err) < 0) {
		return -1;
	}
	if (calls_from < calls_end) {
		if (count_calls(store, account->id, calls_from, calls_end, &loss.calls, err) < 0) {
			return -1;
		}
		if (loss.calls > 0 &&
			store_oldest(store, account->id, false, &loss.oldest, err) < 0) {
			return -1;
		}
		loss.oldest = loss.calls > 0 ? later(loss.oldest, calls_from) : loss.oldest;
	}
	*ret_loss = loss;
	return 0;
}

int keeping_tell_loss(struct store *store, const struct store_account *account,
	const struct store_days *days, const struct settings *settings, struct keeping_sum *sum,
	struct error *err)
{
	char calls[NUMBER_SIZE], detail[NUMBER_SIZE];
	char oldest[TIME_TEXT_SIZE], up_to[TIME_TEXT_SIZE];
	struct loss loss;

	if (find_loss(store, account, days, &loss, err) < 0) {
		return -1;
	}
	sum->calls += loss.calls;
	sum->detail += loss.detail;
	if (loss.calls + loss.detail > 0) {
		fprintf(stderr,
			"%.*s: drops %s calls, and the detail of %s more, "
			"that started from %s to %s\n",
			TEXT_ARG(account->email), number_format(loss.calls, calls),
			number_format(loss.detail, detail),
			time_text_format(loss.oldest, settings->utc, oldest),
			time_text_format(loss.up_to, settings->utc, up_to));
	}
	return 0;
}

/* The days that @account is to have: those of the account with its e-mail in @from. */
static int own_days(struct store *from, const struct store_account *account, struct arena *arena,
	struct store_days *ret_days, struct error *err)
{
	struct store_account source;
	int found = from ? store_account_find(from, account->email, arena, &source, err) : 0;

	if (found < 0) {
		return -1;
	}
	*ret_days = found > 0 ? source.days : account->days;
	return 0;
}

int keeping_tell_losses(struct store *store, struct store *from, const struct store_days *days,
	const struct settings *settings, struct keeping_sum *sum, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account *accounts;
	size_t count;

	arena_init(&arena, ACCOUNTS_MAX);
	if (store_account_list(store, &arena, &accounts, &count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		struct store_days kept;

		if (own_days(from, &accounts[i], &arena, &kept, err) < 0) {
			return -1;
		}
		kept = store_days_in_force(days, &kept);
		if (keeping_tell_loss(store, &accounts[i], &kept, settings, sum, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- the audit trail ---- */

/* The records that are over @after days and not over @before. */
static int count_records(
	struct store *store, int64_t before, int64_t after, int64_t *ret_count, struct error *err)
{
	int64_t now = clock_now_s();
	struct store_audit_query query = {
		.account_id = -1,
		.start = before == 0 ? 0 : now - before * SECONDS_A_DAY,
		.end = after == 0 ? 0 : now - after * SECONDS_A_DAY,
		.limit = RECORDS_AT_ONCE,
	};
	size_t found = RECORDS_AT_ONCE;

	*ret_count = 0;
	while (query.start < query.end && found == RECORDS_AT_ONCE) {
		AUTO(arena_deinit) struct arena arena;
		struct store_audit *records;

		arena_init(&arena, ACCOUNTS_MAX);
		if (store_audit_list(store, &query, &arena, &records, &found, err) < 0) {
			return -1;
		}
		*ret_count += (int64_t)found;
		if (found > 0) {
			query.after_time = records[found - 1].time;
			query.after_id = records[found - 1].id;
		}
	}
	return 0;
}

int keeping_tell_records(struct store *store, int64_t before_days, int64_t after_days,
	struct keeping_sum *sum, struct error *err)
{
	char number[NUMBER_SIZE];

	if (count_records(store, before_days, after_days, &sum->records, err) < 0) {
		return -1;
	}
	if (sum->records > 0) {
		fprintf(stderr, "the audit trail: drops %s records\n",
			number_format(sum->records, number));
	}
	return 0;
}

int keeping_record(struct store *store, const struct store_keeping *before,
	const struct store_keeping *after, struct error *err)
{
	char buffers[6][KEEPING_DAYS_SIZE], subject[256];

	snprintf(subject, sizeof(subject),
		"keeps detail %s, headers %s, audit %s; before: detail %s, headers %s, audit %s",
		keeping_format_days(after->days.detail, buffers[0]),
		keeping_format_days(after->days.header, buffers[1]),
		keeping_format_days(after->audit_days, buffers[2]),
		keeping_format_days(before->days.detail, buffers[3]),
		keeping_format_days(before->days.header, buffers[4]),
		keeping_format_days(before->audit_days, buffers[5]));
	return cmd_record(store, 0, "set-retention", text_of(subject), STORE_DONE, -1, err);
}

/* ---- whether it is wanted ---- */

int keeping_ask(const struct cmd_run *run, const struct keeping_sum *sum)
{
	char calls[NUMBER_SIZE], detail[NUMBER_SIZE];

	if (run->settings->yes || sum->calls + sum->detail + sum->records == 0) {
		return CMD_DONE;
	}
	if (!isatty(STDIN_FILENO)) {
		return cmd_wrong_usage(run->cmd,
			"%s calls and the detail of %s more would be dropped; "
			"nothing was changed: say --yes",
			number_format(sum->calls, calls), number_format(sum->detail, detail));
	}
	fputs("The next sweep drops this for ever. Type yes: ", stderr);
	if (terminal_says_yes()) {
		return CMD_DONE;
	}
	fputs("callstep: nothing was changed\n", stderr);
	return CMD_FAILED;
}
