/* SPDX-License-Identifier: MIT
 * Asking once, at the first call that is over its days, and saying in the end what was left out. */
#include "cmd/import_old.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/time_text.h"
#include "cmd/keeping.h"
#include "cmd/terminal.h"

#define SECONDS_A_DAY 86400

void import_old_init(struct import_old *old, const struct settings *settings,
	const struct cmd_owner *owner, bool reads_standard)
{
	*old = (struct import_old){
		.owner = owner,
		.utc = settings->utc,
		.asks = !settings->old && !reads_standard && isatty(STDIN_FILENO),
		.drops = settings->old && strcmp(settings->old, "drop") == 0,
		.told = settings->old != NULL,
	};
}

/* "detail for 31 days and calls for 365 days". */
static void write_days(const struct store_days *days)
{
	char detail[KEEPING_DAYS_SIZE], header[KEEPING_DAYS_SIZE];

	fprintf(stderr, "detail for %s%s and calls for %s%s",
		keeping_format_days(days->detail, detail), days->detail ? " days" : "",
		keeping_format_days(days->header, header), days->header ? " days" : "");
}

static void ask(struct import_old *old, const char *name, uint64_t line, const struct call *call)
{
	char start[TIME_TEXT_SIZE];

	text_write_clean(stderr, text_of(name));
	fprintf(stderr, ":%" PRIu64 ": session '", line);
	text_write_clean(stderr, call->session_id);
	fprintf(stderr, "' started %s; the store keeps ",
		time_text_format(call->start, old->utc, start));
	write_days(&old->owner->kept);
	fputs(".\nTake such calls without what is not kept of them? Type yes; otherwise they "
	      "are left out: ",
		stderr);
	old->drops = terminal_says_yes();
	old->asks = false;
}

static void note(struct import_old *old, const struct call *call)
{
	bool first = old->refused + old->without_steps + old->left_out == 0;

	old->oldest = first || call->start < old->oldest ? call->start : old->oldest;
	old->newest = first || call->start > old->newest ? call->start : old->newest;
	old->had_steps |= call->has_detail;
}

enum batch_old import_old_judge(struct import_old *old, const char *name, uint64_t line,
	const struct call *call, bool whole)
{
	if (old->asks) {
		ask(old, name, line, call);
	}
	note(old, call);
	if (!old->drops) {
		old->refused++;
		return BATCH_OLD_LEAVE;
	}
	if (whole) {
		old->left_out++;
		return BATCH_OLD_LEAVE;
	}
	old->without_steps++;
	return BATCH_OLD_HEADER;
}

/* ---- in the end ---- */

static void tell_count(uint64_t count, const char *what)
{
	char number[NUMBER_SIZE];

	if (count > 0) {
		fprintf(stderr, "%s %s\n", number_format((int64_t)count, number), what);
	}
}

/* Days that keep the oldest of them until tomorrow. */
static int64_t days_needed(const struct import_old *old)
{
	return (clock_now_s() - old->oldest) / SECONDS_A_DAY + 2;
}

static void tell_why(const struct import_old *old)
{
	const struct cmd_owner *owner = old->owner;
	char oldest[TIME_TEXT_SIZE], newest[TIME_TEXT_SIZE];

	fprintf(stderr, "they started from %s to %s; the store keeps ",
		time_text_format(old->oldest, old->utc, oldest),
		time_text_format(old->newest, old->utc, newest));
	write_days(&owner->kept);
	fputc('\n', stderr);
	if (owner->own_days) {
		fprintf(stderr, "to keep them whole, say 'callstep account set %s", owner->email);
	} else {
		fputs("to keep them whole, say 'callstep retention", stderr);
	}
	fprintf(stderr, " --keep-%s %" PRId64 "' and import again",
		old->had_steps ? "detail" : "headers", days_needed(old));
	fputs(old->drops ? "\n" : "; --old drop takes what is kept of them\n", stderr);
}

void import_old_tell(const struct import_old *old, bool quiet)
{
	if (old->refused + old->without_steps + old->left_out == 0 || (quiet && old->told)) {
		return;
	}
	tell_count(old->refused, "calls were left out: they, or their steps, are over their days");
	tell_count(old->left_out, "calls were left out: they are over their days");
	tell_count(old->without_steps, "calls came without their steps: these are over their days");
	tell_why(old);
}
