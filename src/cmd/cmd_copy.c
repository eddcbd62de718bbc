/* SPDX-License-Identifier: MIT
 * callstep copy: everything of one store into another. Both are read in the order of pages, side by
 * side. So what is there already is seen without keeping a list. A copy that was cut short goes on
 * where it was when it is run again. */
#include "base/clock.h"
#include "call/call_json.h"
#include "cmd/copy_days.h"
#include "cmd/copy_trail.h"

#define CALLS_AT_ONCE 500

/* One store's calls of one account, newest first. */
struct side {
	struct store *store;
	int64_t account_id;
	struct filter filter;
	struct arena arena; /* of the page */
	struct store_page page;
	size_t at;
	char session[CALL_SESSION_ID_MAX]; /* of the last one of the page before */
	struct store_place after;
	bool ended;
};

struct tally {
	int64_t same;
	int64_t copied;
	int64_t differing; /* found by the comparison, as is missing */
	int64_t missing;
	int64_t more;	  /* only the other store has them */
	int64_t accounts; /* that differ, or whose keys do */
};

struct copy {
	struct cmd_run *run;
	struct store *from;
	struct store *to;
	struct arena names; /* of the account that is gone through */
	struct side source;
	struct side target;
	/* What is to be written: an entry is one of the puts, or of the amendments. */
	struct store_entry entries[CALLS_AT_ONCE];
	struct store_put puts[CALLS_AT_ONCE];
	struct store_amend amends[CALLS_AT_ONCE]; /* of calls that go on */
	size_t entries_count;
	struct unpacker *unpacker;
	bool comparing; /* nothing is written */
	struct tally tally;
	int same_days; /* both stores keep calls as long */
	struct copy_trail trail;
};

static void side_init(struct side *side, struct store *store)
{
	*side = (struct side){.store = store};
	arena_init(&side->arena, SIZE_MAX);
}

static void copy_close(struct copy *copy)
{
	arena_deinit(&copy->source.arena);
	arena_deinit(&copy->target.arena);
	arena_deinit(&copy->names);
	unpacker_destroyp(&copy->unpacker);
	store_close(copy->from);
	store_close(copy->to);
}

/* ---- reading side by side ---- */

static void side_begin(struct side *side, int64_t account_id)
{
	filter_init(&side->filter);
	side->account_id = account_id;
	side->page = (struct store_page){0};
	side->at = 0;
	side->after = (struct store_place){0};
	side->ended = false;
}

/* Remembers where the page ends before it goes. */
static void remember_place(struct side *side)
{
	const struct call *last;

	if (side->page.count == 0) {
		return;
	}
	last = &side->page.calls[side->page.count - 1].call;
	memcpy(side->session, last->session_id.data, last->session_id.size);
	side->after.start = last->start;
	side->after.session_id =
		(struct text){.data = side->session, .size = last->session_id.size};
}

static int side_read(struct side *side, struct error *err)
{
	struct store_search search = {
		.account_id = side->account_id,
		.filter = &side->filter,
		.detail_after = INT64_MIN,
		.limit = CALLS_AT_ONCE,
		.with_packed = true,
	};

	remember_place(side);
	search.after = side->after;
	arena_deinit(&side->arena);
	side->at = 0;
	side->page = (struct store_page){0};
	if (store_search(side->store, &search, &side->arena, &side->page, err) < 0) {
		return -1;
	}
	side->ended = side->page.count == 0;
	return 0;
}

static const struct store_call *side_call(const struct side *side)
{
	return side->at < side->page.count ? &side->page.calls[side->at] : NULL;
}

/* Negative: @a comes first in the order of pages; NULL comes last. */
static int compare_places(const struct store_call *a, const struct store_call *b)
{
	if (!a || !b) {
		return !a - !b;
	}
	if (a->call.start != b->call.start) {
		return a->call.start > b->call.start ? -1 : 1;
	}
	return text_compare(b->call.session_id, a->call.session_id);
}

/* Steps that only the copy still has are not a difference: the source dropped them since. */
static bool is_same(const struct store_call *source, const struct store_call *copy)
{
	const struct call *a = &source->call, *b = &copy->call;

	if (!text_equal(a->dest, b->dest) || !text_equal(a->src, b->src) || a->end != b->end ||
		a->type != b->type || a->state != b->state) {
		return false;
	}
	return !source->packed.deflate.data ||
	       (b->has_detail && source->packed.size == copy->packed.size &&
		       source->packed.crc32 == copy->packed.crc32);
}

/* ---- writing ---- */

static int write_entries(struct copy *copy, struct error *err)
{
	if (store_amend_calls(copy->to, copy->entries, copy->entries_count, err) < 0) {
		return -1;
	}
	copy->tally.copied += (int64_t)copy->entries_count;
	copy->entries_count = 0;
	return 0;
}

/* A call that goes on does so in the copy. */
static int take_live(struct copy *copy, const struct store_call *call, struct error *err)
{
	struct store_amend *amend = &copy->amends[copy->entries_count];
	const struct packed *packed = &call->packed;
	char *json;

	*amend = (struct store_amend){
		.account_id = copy->target.account_id,
		.session_id = call->call.session_id,
		.given = STORE_AMEND_DEST | STORE_AMEND_SRC | STORE_AMEND_START | STORE_AMEND_TYPE |
			 STORE_AMEND_STATE,
		.call = call->call,
		.heard = clock_now_s(),
		.detail_after = packed->deflate.data ? -1 : INT64_MAX,
		.size_max = SIZE_MAX,
	};
	copy->entries[copy->entries_count++] = (struct store_entry){.amend = amend};
	if (!packed->deflate.data) {
		return 0;
	}
	json = arena_alloc(&copy->source.arena, packed->size);
	if (!copy->unpacker) {
		copy->unpacker = unpacker_create();
	}
	if (!json || !copy->unpacker) {
		return error_no_memory(err);
	}
	if (unpacker_unpack(copy->unpacker, packed, json, err) < 0) {
		return -1;
	}
	amend->steps = call_json_detail((struct text){.data = json, .size = packed->size});
	return 0;
}

/* The call stays where it is as long as the source's page. Detail that went with its day may still
 * be told of by its header. */
static int take(struct copy *copy, const struct store_call *call, struct error *err)
{
	struct store_put *put = &copy->puts[copy->entries_count];

	if (call->call.state == CALL_LIVE) {
		return take_live(copy, call, err);
	}
	*put = (struct store_put){
		.account_id = copy->target.account_id,
		.call = call->call,
		.packed = call->packed,
	};
	put->call.has_detail = call->packed.deflate.data != NULL;
	put->call.steps = put->call.has_detail ? call->call.steps : 0;
	copy->entries[copy->entries_count++] = (struct store_entry){.put = put};
	return 0;
}

static int take_missing(struct copy *copy, const struct store_call *call, struct error *err)
{
	if (copy->comparing) {
		copy->tally.missing++;
		return 0;
	}
	return take(copy, call, err);
}

static int take_both(struct copy *copy, const struct store_call *source,
	const struct store_call *target, struct error *err)
{
	if (is_same(source, target)) {
		copy->tally.same++;
	} else if (copy->comparing) {
		copy->tally.differing++;
	} else {
		return take(copy, source, err);
	}
	return 0;
}

/* ---- one account ---- */

/* Before the source's page goes, what was taken of it is written. */
static int refill(struct copy *copy, struct error *err)
{
	if (!side_call(&copy->source) && !copy->source.ended &&
		((copy->entries_count > 0 && write_entries(copy, err) < 0) ||
			side_read(&copy->source, err) < 0)) {
		return -1;
	}
	return side_call(&copy->target) || copy->target.ended ? 0 : side_read(&copy->target, err);
}

static int go_through(struct copy *copy, struct error *err)
{
	struct progress *progress = &copy->run->progress;

	for (;;) {
		const struct store_call *source, *target;
		int order, failed = 0;

		if (refill(copy, err) < 0) {
			return -1;
		}
		source = side_call(&copy->source);
		target = side_call(&copy->target);
		if (!source && !target) {
			return 0;
		}
		order = compare_places(source, target);
		if (order < 0) {
			failed = take_missing(copy, source, err);
		} else if (order == 0) {
			failed = take_both(copy, source, target, err);
		} else {
			copy->tally.more++;
		}
		if (failed < 0) {
			return -1;
		}
		copy->source.at += order <= 0;
		copy->target.at += order >= 0;
		progress->done += order <= 0;
		progress_update(progress, progress->done, progress->done);
	}
}

/* Copies or compares a key. 1: both stores have the same, 0: they do not. */
static int pass_key(
	struct copy *copy, const struct store_key *key, int64_t to_id, struct error *err)
{
	struct store_key held, added = *key;
	struct store_account account;
	int64_t id;
	int found = store_key_find(copy->to, key->hash, &copy->names, &held, &account, err);

	if (found < 0) {
		return -1;
	}
	if (copy->comparing) {
		return found > 0 && held.account_id == to_id && held.scopes == key->scopes &&
		       !held.revoked == !key->revoked && text_equal(held.label, key->label);
	}
	if (found == 0) {
		added.account_id = to_id;
		return store_key_add(copy->to, &added, &id, err) < 0 ? -1 : 1;
	}
	if (key->revoked != 0 && held.revoked == 0 &&
		store_key_revoke(copy->to, held.account_id, held.id, key->revoked, err) < 0) {
		return -1;
	}
	return 1;
}

/* All keys of an account: as pass_key(). */
static int pass_keys(struct copy *copy, int64_t from_id, int64_t to_id, struct error *err)
{
	struct store_key *keys;
	size_t count;
	int same = 1;

	if (store_key_list(copy->from, from_id, &copy->names, &keys, &count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count && same > 0; i++) {
		same = pass_key(copy, &keys[i], to_id, err);
	}
	return same;
}

/* Finds or makes the account in the other store. 1: it is there, as is its number. */
static int copy_account(
	struct copy *copy, const struct store_account *account, int64_t *ret_id, struct error *err)
{
	struct store_account held = {0};
	int found = store_account_find(copy->to, account->email, &copy->names, &held, err);

	if (found < 0 || (found == 0 && store_account_add(copy->to, account->email,
						account->created, &held.id, err) < 0)) {
		return -1;
	}
	if (held.disabled != account->disabled &&
		store_account_set_disabled(copy->to, held.id, account->disabled, err) < 0) {
		return -1;
	}
	if (store_account_set_days(copy->to, held.id, &account->days, err) < 0) {
		return -1;
	}
	*ret_id = held.id;
	return pass_keys(copy, account->id, held.id, err);
}

static int compare_account(
	struct copy *copy, const struct store_account *account, int64_t *ret_id, struct error *err)
{
	struct store_account held = {0};
	int same = store_account_find(copy->to, account->email, &copy->names, &held, err);

	if (same > 0) {
		*ret_id = held.id;
		same = pass_keys(copy, account->id, held.id, err);
	}
	if (same < 0) {
		return -1;
	}
	if (same == 0 || held.disabled != account->disabled ||
		held.days.detail != account->days.detail ||
		held.days.header != account->days.header) {
		copy->tally.accounts++;
	}
	return held.id != 0;
}

/* ---- the whole ---- */

static int count_calls(
	struct copy *copy, const struct store_account *accounts, size_t count, struct error *err)
{
	int64_t all = 0;

	for (size_t i = 0; i < count; i++) {
		const struct store_query query = {
			.account_id = accounts[i].id, .end = INT64_MAX, .detail_after = INT64_MAX};
		struct store_page page;

		if (store_page(copy->from, &query, &copy->names, &page, err) < 0) {
			return -1;
		}
		all += page.total_calls;
	}
	progress_begin(&copy->run->progress, copy->run->settings,
		copy->comparing ? "compare" : "copy", "calls", all);
	return 0;
}

/* Goes through all accounts and their calls once: copies, or compares. */
static int pass_calls(struct copy *copy, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account *accounts;
	size_t count;
	int status = 0;

	arena_init(&arena, SIZE_MAX);
	if (store_account_list(copy->from, &arena, &accounts, &count, err) < 0 ||
		count_calls(copy, accounts, count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count && status >= 0; i++) {
		int64_t to_id = 0;

		arena_deinit(&copy->names);
		status = (copy->comparing ? compare_account : copy_account)(
			copy, &accounts[i], &to_id, err);
		if (status > 0) {
			side_begin(&copy->source, accounts[i].id);
			side_begin(&copy->target, to_id);
			status = go_through(copy, err);
		}
	}
	progress_clear(&copy->run->progress);
	return status;
}

static void tell_accounts(int64_t accounts)
{
	char number[NUMBER_SIZE];

	if (accounts > 0) {
		fprintf(stderr, "%s accounts differ in their keys, their days or their state\n",
			number_format(accounts, number));
	}
}

static void tell_trail(const struct copy_trail *trail)
{
	char a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE];

	fprintf(stderr, "copied %s records of the audit trail; compared: %s the same, %s missing\n",
		number_format(trail->copied, a), number_format(trail->same, b),
		number_format(trail->missing, c));
}

static int pass(struct copy *copy, struct error *err)
{
	copy->trail.comparing = copy->comparing;
	copy->trail.same = 0;
	return pass_calls(copy, err) < 0 ? -1 : copy_trail(&copy->trail, err);
}

static int summarise(const struct copy *copy, int64_t copied)
{
	const struct tally *tally = &copy->tally;
	char a[NUMBER_SIZE], b[NUMBER_SIZE], c[NUMBER_SIZE], d[NUMBER_SIZE], e[NUMBER_SIZE];

	if (!copy->run->settings->quiet) {
		fprintf(stderr,
			"copied %s calls; compared: %s the same, %s missing, %s different, %s only "
			"in the copy\n",
			number_format(copied, a), number_format(tally->same, b),
			number_format(tally->missing, c), number_format(tally->differing, d),
			number_format(tally->more, e));
		tell_trail(&copy->trail);
		tell_accounts(tally->accounts);
		fputs(copy->same_days ? "" : "the stores keep calls for different days\n", stderr);
	}
	return tally->missing + tally->differing + tally->accounts + copy->trail.missing +
				       !copy->same_days ==
			       0
		       ? CMD_DONE
		       : CMD_FAILED;
}

static int open_stores(struct copy *copy, struct error *err)
{
	const struct store_options must_exist = {.must_exist = true};

	if (store_open(&copy->from, copy->run->settings->from, &must_exist, err) < 0 ||
		store_open(&copy->to, copy->run->settings->to, NULL, err) < 0) {
		return -1;
	}
	copy->trail.from = copy->from;
	copy->trail.to = copy->to;
	side_init(&copy->source, copy->from);
	side_init(&copy->target, copy->to);
	arena_init(&copy->names, SIZE_MAX);
	return 0;
}

/* Before the trail is copied, so that both stores have it. */
static void record(const struct copy *copy)
{
	char location[512];

	cmd_record_read(copy->from, 0, "copy",
		text_of(cmd_shown_location(copy->run->settings->to, location, sizeof(location))),
		-1);
}

static int copy_check(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;

	(void)err;
	if (!settings->from || !settings->to) {
		return cmd_wrong_usage(run->cmd, "name both stores: --from STORE --to STORE");
	}
	if (strcmp(settings->from, settings->to) == 0) {
		return cmd_wrong_usage(run->cmd, "--from and --to name the same store");
	}
	return CMD_DONE;
}

static int copy_run(struct cmd_run *run, struct error *err)
{
	AUTO(copy_close) struct copy copy = {.run = run};
	int64_t copied;
	int status;

	if (open_stores(&copy, err) < 0) {
		return -1;
	}
	status = copy_days(run, copy.from, copy.to, err);
	if (status > CMD_DONE) {
		return status;
	}
	record(&copy);
	if (status < 0 || pass(&copy, err) < 0) {
		return -1;
	}
	copied = copy.tally.copied;
	copy.tally = (struct tally){0};
	copy.comparing = true;
	copy.same_days = copy_days_compare(copy.from, copy.to, err);
	if (copy.same_days < 0 || pass(&copy, err) < 0) {
		return -1;
	}
	return summarise(&copy, copied);
}

static const char *const settings[] = {"from", "to", "yes", "utc", "quiet", NULL};

/* clang-format off */
const struct cmd cmd_copy = {
	.name = "copy",
	.summary = "copy a store into another one",
	.arguments = "--from STORE --to STORE",
	.settings = settings,
	.description =
	"Copies into another store how long calls are kept, all accounts with their days and "
	"their keys' hashes, all calls with their detail, and the audit trail. Then it compares "
	"both stores. STORE is a folder or a URL. The other store is made where it is missing.\n\n"
	"Calls that are there already and are the same are passed over. So a copy that was cut "
	"short goes on when it is run again, and one more run brings over what came in meanwhile. "
	"The exit status is 1 when something is missing or different in the end.\n\n"
	"Where the other store has calls that its new days would drop, the command says so first, "
	"and asks. Where there is no terminal it wants --yes. Keys keep their secrets and get new "
	"numbers, by which the records of the audit trail then name them. Records get new "
	"numbers, too. Hooks are not copied: two stores would tell their receivers.",
	.examples =
	"callstep copy --from /srv/calls --to postgresql://callstep@db/calls\n"
	"callstep copy --from postgresql://callstep@db/calls --to /srv/calls",
	.check = copy_check,
	.run = copy_run,
};
/* clang-format on */
