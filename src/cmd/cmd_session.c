/* SPDX-License-Identifier: MIT
 * callstep session: the browsers that stay signed in. */
#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/listing.h"

static int list(struct cmd_run *run, struct error *err)
{
	static const struct listing_column columns[] = {{"ID", true}, {"KEY", true},
		{"CREATED", false}, {"LAST USED", false}, {"ENDS", false}, {"LABEL", false}};
	int64_t account_id = run->owner.account_id;
	struct store_key *sessions = NULL;
	struct listing listing;
	size_t count = 0;

	if (store_session_page(run->store, account_id, clock_now_s(), 0, INT64_MAX, &run->arena,
		    &sessions, &count, err) < 0) {
		return -1;
	}
	cmd_record_read(run->store, account_id, "list-sessions", TEXT("session list"), -1);
	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	for (size_t i = 0; i < count; i++) {
		const struct store_key *session = &sessions[i];

		listing_number(&listing, session->id);
		listing_number(&listing, session->of_key);
		listing_time(&listing, session->created);
		if (session->last_used > 0) {
			listing_time(&listing, session->last_used);
		} else {
			listing_cell(&listing, TEXT("-"));
		}
		listing_time(&listing, session->expires);
		listing_cell(&listing, session->label);
	}
	return listing_write(&listing, err);
}

/* 1 it is a session that is not over, 0 there is none of this id. */
static int find(struct cmd_run *run, int64_t id, struct error *err)
{
	struct store_key *sessions;
	size_t count;

	if (store_session_page(run->store, run->owner.account_id, clock_now_s(), id - 1, 1,
		    &run->arena, &sessions, &count, err) < 0) {
		return -1;
	}
	return count > 0 && sessions[0].id == id;
}

static int end(struct cmd_run *run, struct error *err)
{
	int64_t id, account_id = run->owner.account_id;
	const char *operand = run->argv[1];
	char subject[64];
	int found;

	if (!text_to_int64(text_of(operand), &id) || id <= 0) {
		return error_set(err, ERROR_INVALID,
			"'%s' is not the id of a session: 'callstep session list' shows them",
			operand);
	}
	found = find(run, id, err);
	if (found > 0) {
		found = store_key_revoke(run->store, account_id, id, clock_now_s(), err);
	}
	if (found == 0) {
		return error_set(err, ERROR_NOT_FOUND,
			"the account has no session %s: 'callstep session list' shows them",
			operand);
	}
	snprintf(subject, sizeof(subject), "session %lld", (long long)id);
	return found < 0 ? -1
			 : cmd_record(run->store, account_id, "end-session", text_of(subject),
				   STORE_DONE, -1, err);
}

static const struct cmd_action actions[] = {{"list", 0, list}, {"end", 1, end}, {NULL, 0, NULL}};

static int session_check(struct cmd_run *run, struct error *err)
{
	(void)err;
	if (!cmd_find_action(actions, run)) {
		return cmd_wrong_usage(run->cmd, "write list, or end with a session's id");
	}
	return CMD_DONE;
}

static int session_run(struct cmd_run *run, struct error *err)
{
	return cmd_find_action(actions, run)->run(run, err);
}

static const char *const settings[] = {"account", "utc", "color", NULL};

/* clang-format off */
const struct cmd cmd_session = {
	.name = "session",
	.summary = "list and end an account's sessions",
	.arguments = "list|end [OPTION]… [ID]",
	.settings = settings,
	.description =
	"A session is a browser that stays signed in on the web page. It may do what its key may, "
	"but make keys, hooks and sessions. It ends with its key or its account, and by itself "
	"after serve's --session-age.\n\n"
	"list shows those that are not over, with the id of their key. end ends one from that "
	"moment on; its requests under way are broken off within a second.",
	.examples =
	"callstep session list --account ann@example.org\n"
	"callstep session end 12",
	.needs = CMD_NEEDS_OWNER,
	.operands = CMD_ANY_OPERANDS,
	.check = session_check,
	.run = session_run,
};
/* clang-format on */
