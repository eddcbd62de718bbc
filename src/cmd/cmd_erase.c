/* SPDX-License-Identifier: MIT
 * callstep erase: calls for ever gone, and a receipt. */
#include <unistd.h>

#include "cmd/filter_options.h"

#define ROUND_CALLS 1000 /* of one transaction: others wait for it only briefly */

/* What became of it. */
struct receipt {
	int64_t calls;
	int64_t records; /* of the audit trail that do not name them any more */
	bool done;	 /* no file holds anything of them */
};

static int erase_check(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;
	int ways = (settings->number != NULL) + (settings->session != NULL) + settings->finish;

	(void)err;
	if (ways != 1) {
		return cmd_wrong_usage(run->cmd, "give --number, --session or --finish");
	}
	if (settings->finish && (settings->defer || settings->dry_run)) {
		return cmd_wrong_usage(
			run->cmd, "--finish goes with neither --defer nor --dry-run");
	}
	return CMD_DONE;
}

/* Which calls go: of one session, or to and from any of the numbers. */
struct erasure {
	struct store_erase erase;
	struct call_keys numbers;
};

static int read_erasure(struct cmd_run *run, struct erasure *ret_erasure, struct error *err)
{
	const struct settings *settings = run->settings;
	struct erasure erasure = {
		.erase = {.account_id = run->owner.account_id,
			.session_id = text_of(settings->session),
			.limit = ROUND_CALLS},
	};
	struct call_prefixes prefixes;

	if (filter_options_prefixes(settings, &prefixes, err) < 0 ||
		(settings->number && call_keys_add(&erasure.numbers, text_of(settings->number),
					     &prefixes, &run->arena, err) < 0)) {
		return -1;
	}
	*ret_erasure = erasure;
	return 0;
}

/* What is erased as one: a session, or all calls of one number. */
static size_t erasure_rounds(const struct erasure *erasure)
{
	return erasure->numbers.count > 0 ? erasure->numbers.count : 1;
}

static struct store_erase erasure_round(const struct erasure *erasure, size_t round)
{
	struct store_erase erase = erasure->erase;

	if (erasure->numbers.count > 0) {
		erase.number = erasure->numbers.items[round];
	}
	return erase;
}

static int count_calls(
	struct store *store, const struct erasure *erasure, int64_t *ret_calls, struct error *err)
{
	int64_t calls = 0;

	for (size_t i = 0; i < erasure_rounds(erasure); i++) {
		struct store_erase count = erasure_round(erasure, i);
		struct store_erased erased;

		count.count_only = true;
		if (store_erase(store, &count, &erased, err) < 0) {
			return -1;
		}
		calls += erased.calls;
	}
	*ret_calls = calls;
	return 0;
}

/* Whether a person at a terminal says yes. */
static bool is_wanted(int64_t calls)
{
	char number[NUMBER_SIZE];

	fprintf(stderr, "Erase %s calls for ever? Type yes: ", number_format(calls, number));
	return terminal_says_yes();
}

static int erase_calls(struct store *store, const struct erasure *erasure, struct receipt *receipt,
	struct error *err)
{
	for (size_t i = 0; i < erasure_rounds(erasure); i++) {
		struct store_erase erase = erasure_round(erasure, i);
		struct store_erased erased = {.more = true};

		while (erased.more) {
			if (store_erase(store, &erase, &erased, err) < 0) {
				return -1;
			}
			receipt->calls += erased.calls;
			receipt->records += erased.records;
			erase.from = erased.from;
		}
	}
	return 0;
}

/* ---- the receipt ---- */

static void write_calls(const struct settings *settings, const char *what, const char *name,
	const struct receipt *receipt)
{
	if (settings->json) {
		printf("{\"%s\":%lld,\"done\":%s}\n", name, (long long)receipt->calls,
			receipt->done ? "true" : "false");
		return;
	}
	printf("%s %lld %s\n", what, (long long)receipt->calls,
		receipt->calls == 1 ? "call" : "calls");
}

static int fail_unfinished(const struct error *err)
{
	int status = cmd_fail(err);

	fputs("callstep: what was erased may still lie in the store's files: "
	      "run 'callstep erase --finish'\n",
		stderr);
	return status;
}

static int scrub(struct store *store, struct receipt *receipt, struct error *err)
{
	int done = store_scrub(store, err);

	if (done == 0) {
		return error_set(err, ERROR_BUSY,
			"cannot clear the store's files: they were being read all the time");
	}
	receipt->done = done > 0;
	return done < 0 ? -1 : 0;
}

/* The number itself would stand in the trail long after its calls have gone. */
static int record(
	struct cmd_run *run, const struct erasure *erasure, int64_t calls, struct error *err)
{
	return cmd_record(run->store, run->owner.account_id, "erase-calls",
		erasure->numbers.count > 0 ? TEXT("of a number") : TEXT("one session"), STORE_DONE,
		calls, err);
}

static int erase_all(struct cmd_run *run, const struct erasure *erasure, struct error *err)
{
	struct receipt receipt = {0};
	int status = erase_calls(run->store, erasure, &receipt, err);

	if (status == 0) {
		status = record(run, erasure, receipt.calls, err);
	}
	if (status == 0 && receipt.calls + receipt.records > 0 && !run->settings->defer) {
		status = scrub(run->store, &receipt, err);
	}
	receipt.done |= receipt.calls + receipt.records == 0 && status == 0;
	write_calls(run->settings, "erased", "erased", &receipt);
	return status < 0 ? fail_unfinished(err) : CMD_DONE;
}

static int erase_run(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;
	struct receipt receipt = {0};
	struct erasure erasure;

	if (settings->finish) {
		return scrub(run->store, &receipt, err) < 0 ? fail_unfinished(err) : CMD_DONE;
	}
	if (cmd_find_owner(run, err) < 0 || read_erasure(run, &erasure, err) < 0 ||
		count_calls(run->store, &erasure, &receipt.calls, err) < 0) {
		return -1;
	}
	if (settings->dry_run) {
		write_calls(settings, "would erase", "found", &receipt);
		return CMD_DONE;
	}
	if (receipt.calls > 0 && !settings->yes && !isatty(STDIN_FILENO)) {
		return cmd_wrong_usage(run->cmd,
			"%lld calls would go for ever: say --yes, or --dry-run to see",
			(long long)receipt.calls);
	}
	if (receipt.calls > 0 && !settings->yes && !is_wanted(receipt.calls)) {
		fputs("callstep: nothing was erased\n", stderr);
		return CMD_FAILED;
	}
	return erase_all(run, &erasure, err);
}

static const char *const settings[] = {"account", "number", "session", "dial-prefix", "yes",
	"dry-run", "defer", "finish", "json", NULL};

/* clang-format off */
const struct cmd cmd_erase = {
	.name = "erase",
	.summary = "erase calls for ever",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Erases the calls to and from a number, or one call, of an account: their rows, their "
	"detail, their words, and what they counted for. Then it writes the store's files anew. "
	"After that neither the database nor its log holds a byte of these calls, not even in "
	"places that are not used. Standard output says how many calls went. In the audit trail "
	"\"(erased)\" stands in the place of the number or the session id; its records stay.\n\n"
	"A server may run meanwhile. Its answers do not have the calls from the first moment on. "
	"What stores calls waits while the database is written anew: as long as a copy of it "
	"takes, with as much room on its disk, twice. --defer leaves this to a later --finish, "
	"which may stand for several erasures.\n\n"
	"Not erased are what other calls say of the number, what was exported or backed up "
	"before, and what lies on the disk outside of the files.",
	.examples =
	"callstep erase --number '+1 617 712-3001' --dry-run\n"
	"callstep erase --number 6177123001 --yes\n"
	"callstep erase --session '100035;000;1575898377' --yes --defer",
	.needs = CMD_NEEDS_STORE,
	.check = erase_check,
	.run = erase_run,
};
/* clang-format on */
