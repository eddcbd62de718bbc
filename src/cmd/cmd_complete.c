/* SPDX-License-Identifier: MIT
 * callstep complete: what shells offer of a store. It is in no list of commands: the files that
 * completion.c writes run it. Where anything fails, or takes long, it says nothing. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/intern.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"

#define SECONDS_MAX  2
#define OFFERED_MAX  100
#define CALLS_LOOKED 50

/* What begins as it was typed, each once. */
struct offer {
	struct cmd_run *run;
	struct text prefix;
	struct intern found;
};

/* A shell takes a line as one word: what could end it, or control a terminal, is not offered. */
static bool is_plain(struct text text)
{
	while (text.size > 0) {
		size_t length = text_utf8_length(text);

		if (length == 0 || text_is_control(text_head(text, length))) {
			return false;
		}
		text = text_tail(text, length);
	}
	return true;
}

static int add(struct offer *offer, struct text word, struct error *err)
{
	uint32_t number;

	if (offer->found.count >= OFFERED_MAX || word.size == 0 ||
		!text_starts_with(word, offer->prefix) || !is_plain(word)) {
		return 0;
	}
	return intern_number(&offer->found, word, &number) ? 0 : error_no_memory(err);
}

/* ---- what there is ---- */

static int find_sessions(struct offer *offer, struct error *err)
{
	struct cmd_run *run = offer->run;
	struct store_page page;

	if (cmd_find_owner(run, err) < 0) {
		return -1;
	}
	filter_init(&run->filter);
	filter_options_search(run);
	run->search.limit = CALLS_LOOKED;
	if (store_search(run->store, &run->search, &run->arena, &page, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < page.count; i++) {
		if (add(offer, page.calls[i].call.session_id, err) < 0) {
			return -1;
		}
	}
	cmd_record_read(run->store, run->owner.account_id, "read-calls", TEXT("complete"),
		(int64_t)offer->found.count);
	return 0;
}

static int find_accounts(struct offer *offer, struct error *err)
{
	struct cmd_run *run = offer->run;
	struct store_account *accounts = NULL;
	size_t count = 0;

	if (store_account_list(run->store, &run->arena, &accounts, &count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (add(offer, accounts[i].email, err) < 0) {
			return -1;
		}
	}
	cmd_record_read(run->store, 0, "list-accounts", TEXT("complete"), -1);
	return 0;
}

/* Those that may still be revoked. */
static int find_keys(struct offer *offer, struct error *err)
{
	struct cmd_run *run = offer->run;
	struct store_key *keys = NULL;
	size_t count = 0;

	if (cmd_find_owner(run, err) < 0 || store_key_list(run->store, run->owner.account_id,
						    &run->arena, &keys, &count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		struct text id = arena_printf(&run->arena, "%lld", (long long)keys[i].id);

		if (!id.data) {
			return error_no_memory(err);
		}
		if (keys[i].revoked == 0 && add(offer, id, err) < 0) {
			return -1;
		}
	}
	cmd_record_read(run->store, run->owner.account_id, "list-keys", TEXT("complete"), -1);
	return 0;
}

static int find_kinds(struct offer *offer, bool modules, struct error *err)
{
	struct cmd_run *run = offer->run;
	struct store_kind *kinds = NULL;
	size_t count = 0;

	if (cmd_find_owner(run, err) < 0 || store_kinds(run->store, run->owner.account_id,
						    &run->arena, &kinds, &count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (add(offer, modules ? kinds[i].module : kinds[i].variable, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int find_modules(struct offer *offer, struct error *err)
{
	return find_kinds(offer, true, err);
}

static int find_variables(struct offer *offer, struct error *err)
{
	return find_kinds(offer, false, err);
}

static const struct {
	const char *name;
	int (*find)(struct offer *offer, struct error *err);
} offers[] = {
	{"sessions", find_sessions},
	{"accounts", find_accounts},
	{"keys", find_keys},
	{"modules", find_modules},
	{"variables", find_variables},
};

/* ---- offering it ---- */

/* The shell waits: nothing is better than what comes late. */
static void give_up(int number)
{
	(void)number;
	_exit(CMD_FAILED);
}

static int find(struct offer *offer, struct error *err)
{
	const struct store_options options = {
		.must_exist = true, .as_it_is = true, .connections = 1};
	struct cmd_run *run = offer->run;

	if (store_open(&run->store, run->settings->data, &options, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < COUNT_OF(offers); i++) {
		if (strcmp(offers[i].name, run->argv[0]) == 0) {
			return offers[i].find(offer, err);
		}
	}
	return -1;
}

static int complete_run(struct cmd_run *run, struct error *err)
{
	struct offer offer = {.run = run, .prefix = text_of(run->argv[1])};

	signal(SIGALRM, give_up);
	alarm(SECONDS_MAX);
	intern_init(&offer.found, &run->arena);
	if (find(&offer, err) < 0) {
		return CMD_FAILED;
	}
	for (uint32_t i = 0; i < offer.found.count; i++) {
		printf("%.*s\n", TEXT_ARG(offer.found.texts[i]));
	}
	return CMD_DONE;
}

static const char *const settings[] = {"account", NULL};

/* clang-format off */
const struct cmd cmd_complete = {
	.name = "complete",
	.summary = "offer what a store has to a shell",
	.arguments = "[OPTION]… sessions|accounts|keys|modules|variables PREFIX",
	.settings = settings,
	.description =
	"Writes what begins with PREFIX, a line each, at most 100: sessions of the 50 newest "
	"calls, accounts, ids of keys that are not revoked, modules, variables. It changes no "
	"schema, ends after two seconds, and says nothing where it fails: the exit status is 1. "
	"Files that shells read for completion run it; sessions, accounts and keys that it shows "
	"are in the audit trail.",
	.operands = 2,
	.operands_wrong = "say what, and how it begins",
	.run = complete_run,
};
/* clang-format on */
