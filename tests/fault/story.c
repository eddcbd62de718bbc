/* SPDX-License-Identifier: MIT
 * The steps of the standard run, what each does, and what is there after it. */
#include "story.h"

#include <sqlite3.h>
#include <unistd.h>

#define EMAIL	    "one@example.com"
#define MANY	    12 /* calls m00 to m11 */
#define REPLACED    6  /* the first of them come again, moved to another day, number and words */
#define HEADERS	    3  /* the next ones come again without their steps */
#define DROPPED	    10 /* up to here they lose their detail, where they were not moved */
#define AT_ONE	    12
#define AT_LAST	    13
#define AT_UP	    14 /* calls that go on: this one to the end, */
#define AT_OVER	    15 /* and this one until it ends */
#define DAY	    86400
#define STORY_GIVEN (STORE_AMEND_DEST | STORE_AMEND_START | STORE_AMEND_STATE)

static const char *const dests[] = {"6170", "6171", "6172"};

static int64_t start_of(int number)
{
	return 1000 + 61 * number;
}

/* ---- what is to be there ---- */

static void expect(struct story_call *call, const char *session_id, const char *dest, int64_t start,
	int steps, const char *word)
{
	*call = (struct story_call){
		.there = true, .dest = dest, .start = start, .steps = steps, .word = word};
	snprintf(call->session_id, sizeof(call->session_id), "%s", session_id);
}

static void name_of(int number, char name[8])
{
	snprintf(name, 8, "m%02d", number % 100);
}

static void apply_account(struct story_state *state)
{
	state->account = true;
}

static void apply_key(struct story_state *state)
{
	state->key = true;
}

static void apply_many(struct story_state *state)
{
	for (int i = 0; i < MANY; i++) {
		char name[8];

		name_of(i, name);
		expect(&state->calls[i], name, dests[i % 3], start_of(i), 3, "first");
	}
}

static void apply_one(struct story_state *state)
{
	expect(&state->calls[AT_ONE], "one", "6170", 5000, 1, "first");
}

static void apply_replace(struct story_state *state)
{
	for (int i = 0; i < REPLACED; i++) {
		char name[8];

		name_of(i, name);
		expect(&state->calls[i], name, "6179", start_of(i) + DAY, 2, "second");
	}
}

static void apply_headers(struct story_state *state)
{
	for (int i = REPLACED; i < REPLACED + HEADERS; i++) {
		state->calls[i].dest = "6179";
	}
}

static void apply_drop(struct story_state *state)
{
	for (int i = REPLACED; i <= DROPPED; i++) {
		state->calls[i].steps = -1;
		state->calls[i].word = NULL;
	}
}

static void apply_last(struct story_state *state)
{
	expect(&state->calls[AT_LAST], "last", "6172", 9000, 4, "third");
}

static void apply_begin(struct story_state *state)
{
	expect(&state->calls[AT_UP], "up", "6171", 12000, 2, "third");
	expect(&state->calls[AT_OVER], "over", "6171", 12000, 2, "third");
	state->calls[AT_UP].live = state->calls[AT_OVER].live = true;
}

static void apply_go_on(struct story_state *state)
{
	state->calls[AT_UP].steps = 5;
	state->calls[AT_OVER].steps = 5;
	state->calls[AT_OVER].live = false;
}

/* ---- what is done ---- */

const struct store_options story_options = {.block_calls = 4};

static int run_open(struct story *story, struct error *err)
{
	return story->f.store ? 0
			      : store_open(&story->f.store, story->f.folder, &story_options, err);
}

static int run_account(struct story *story, struct error *err)
{
	int64_t id = 0;

	if (store_account_add(story->f.store, TEXT(EMAIL), 1, &id, err) < 0) {
		return -1;
	}
	assert_int_equal(id, story->f.account);
	return 0;
}

static int run_key(struct story *story, struct error *err)
{
	const struct store_key key = {
		.account_id = story->f.account, .hash = {7}, .scopes = STORE_SCOPE_READ};
	int64_t id;

	return store_key_add(story->f.store, &key, &id, err);
}

static int run_many(struct story *story, struct error *err)
{
	return store_put_calls(story->f.store, story->many, MANY, err);
}

static int run_one(struct story *story, struct error *err)
{
	return store_put_calls(story->f.store, &story->one, 1, err);
}

static int run_replace(struct story *story, struct error *err)
{
	return store_put_calls(story->f.store, story->replace, REPLACED, err);
}

static int run_headers(struct story *story, struct error *err)
{
	return store_put_calls(story->f.store, story->headers, HEADERS, err);
}

static int run_drop(struct story *story, struct error *err)
{
	const struct store_audit record = {
		.account_id = story->f.account, .action = TEXT("expire-detail"), .times = 1};
	const struct store_drop drop = {
		.account_id = story->f.account,
		.up_to = start_of(DROPPED),
		.limit = 100,
		.record = &record,
	};
	int64_t dropped;

	return store_drop(story->f.store, &drop, &dropped, err);
}

static int run_last(struct story *story, struct error *err)
{
	return store_put_calls(story->f.store, &story->last, 1, err);
}

/* @count steps that say "third", from the one numbered @from on. */
static struct store_amend amend_of(
	struct story *story, const char *session_id, int64_t from, int count, enum call_state state)
{
	AUTO(buffer_deinit) struct buffer detail;
	struct store_amend amend = {
		.account_id = story->f.account,
		.session_id = text_of(session_id),
		.given = STORY_GIVEN,
		.call = {.dest = TEXT("6171"), .start = 12000, .state = state},
		.from = from,
		.heard = 12000,
		.detail_after = -1,
		.size_max = SIZE_MAX,
	};

	buffer_init(&detail, SIZE_MAX);
	for (int i = 0; i < count; i++) {
		buffer_printf(&detail,
			"%s{\"event\":{\"line\":\"third\"},\"class\":\"info\",\"timestamp\":%lld}",
			i == 0 ? "[" : ",", (long long)(12000 + from + i));
	}
	buffer_append_byte(&detail, ']');
	amend.steps = arena_copy(&story->f.arena, buffer_text(&detail));
	assert_non_null(amend.steps.data);
	return amend;
}

static int run_amends(struct story *story, struct store_amend *amends, struct error *err)
{
	const struct store_entry entries[] = {{.amend = &amends[0]}, {.amend = &amends[1]}};

	if (store_amend_calls(story->f.store, entries, 2, err) < 0) {
		return -1;
	}
	assert_int_equal(amends[0].result, STORE_AMENDED);
	assert_int_equal(amends[1].result, STORE_AMENDED);
	return 0;
}

static int run_begin(struct story *story, struct error *err)
{
	return run_amends(story, story->begin, err);
}

static int run_go_on(struct story *story, struct error *err)
{
	return run_amends(story, story->go_on, err);
}

/* As the sealer does until there is nothing more to do. */
static int run_seal(struct story *story, struct error *err)
{
	struct store_sealed sealed;
	int more;

	do {
		more = store_seal(story->f.store, &sealed, err);
		assert_true(more < 0 || !sealed.damaged);
	} while (more > 0);
	return more;
}

/* As the checkpointer does when the log has grown: its failure does not count. */
static int run_checkpoint(struct story *story, struct error *err)
{
	char path[192];
	sqlite3 *db;

	(void)err;
	snprintf(path, sizeof(path), "%s/callstep.db", story->f.folder);
	if (sqlite3_open(path, &db) == SQLITE_OK) {
		sqlite3_exec(db, "pragma wal_checkpoint(truncate)", NULL, NULL, NULL);
	}
	sqlite3_close(db);
	return 0;
}

static int run_reopen(struct story *story, struct error *err)
{
	store_close(story->f.store);
	story->f.store = NULL;
	return run_open(story, err);
}

/* What is cut short is never taken for a backup. */
static int run_backup(struct story *story, struct error *err)
{
	char path[192];

	if (store_backup(story->f.store, story->copy, err) == 0) {
		return 0;
	}
	snprintf(path, sizeof(path), "%s/callstep.db", story->copy);
	assert_int_not_equal(access(path, F_OK), 0);
	return -1;
}

static void note_backup(struct story *story)
{
	const struct store_options options = {.must_exist = true};
	char problem[STORY_PROBLEM];
	struct error err = {0};
	struct store *copy;

	if (store_open(&copy, story->copy, &options, &err) < 0) {
		fail_msg("%s", err.message);
	}
	if (!story_holds(&story->state, copy, problem)) {
		fail_msg("the backup: %s", problem);
	}
	assert_int_equal(problems_of(copy), 0);
	store_close(copy);
	folder_remove(story->copy);
}

static const struct {
	const char *name;
	int (*run)(struct story *story, struct error *err);
	void (*apply)(struct story_state *state);
	void (*note)(struct story *story);
} steps[] = {
	{"make the store", run_open, NULL, NULL},
	{"add an account", run_account, apply_account, NULL},
	{"put calls", run_many, apply_many, NULL},
	{"put a call", run_one, apply_one, NULL},
	{"bring calls into columns", run_seal, NULL, NULL},
	{"replace calls", run_replace, apply_replace, NULL},
	{"add a key", run_key, apply_key, NULL},
	{"copy the log back", run_checkpoint, NULL, NULL},
	{"replace headers", run_headers, apply_headers, NULL},
	{"drop detail", run_drop, apply_drop, NULL},
	{"close and open", run_reopen, NULL, NULL},
	{"put a last call", run_last, apply_last, NULL},
	{"bring changed calls into columns", run_seal, NULL, NULL},
	{"begin calls that go on", run_begin, apply_begin, NULL},
	{"make a backup", run_backup, NULL, note_backup},
	{"close and open again", run_reopen, NULL, NULL},
	{"go on, and end one", run_go_on, apply_go_on, NULL},
};

const size_t story_steps = sizeof(steps) / sizeof(steps[0]);

const char *story_step_name(size_t step)
{
	return steps[step].name;
}

int story_run(struct story *story, size_t step, struct error *err)
{
	return steps[step].run(story, err);
}

void story_apply(struct story_state *state, size_t step)
{
	if (steps[step].apply) {
		steps[step].apply(state);
	}
}

void story_note(struct story *story, size_t step)
{
	story_apply(&story->state, step);
	if (steps[step].note) {
		steps[step].note(story);
	}
}

/* ---- its beginning and end ---- */

static void make_puts(struct story *story)
{
	for (int i = 0; i < MANY; i++) {
		char name[8];

		name_of(i, name);
		story->many[i] = put_of(&story->f, name, dests[i % 3], start_of(i), 3, "first");
	}
	for (int i = 0; i < REPLACED; i++) {
		char name[8];

		name_of(i, name);
		story->replace[i] = put_of(&story->f, name, "6179", start_of(i) + DAY, 2, "second");
		/* both are read, to see whether they are parts */
		story->replace[i].recorded = i % 2;
	}
	for (int i = 0; i < HEADERS; i++) {
		char name[8];

		name_of(REPLACED + i, name);
		story->headers[i] = put_of(&story->f, name, "6179", start_of(REPLACED + i), -1, "");
	}
	story->one = put_of(&story->f, "one", "6170", 5000, 1, "first");
	story->last = put_of(&story->f, "last", "6172", 9000, 4, "third");
	story->begin[0] = amend_of(story, "up", 0, 2, CALL_LIVE);
	story->begin[1] = amend_of(story, "over", 0, 2, CALL_LIVE);
	story->go_on[0] = amend_of(story, "up", 2, 3, CALL_LIVE);
	story->go_on[1] = amend_of(story, "over", 2, 3, CALL_ENDED);
}

void story_begin(struct story *story)
{
	*story = (struct story){.f = {.packer = packer_create(), .account = 1}};
	arena_init(&story->f.arena, SIZE_MAX);
	folder_make(story->f.folder);
	snprintf(story->copy, sizeof(story->copy), "%s/copy", story->f.folder);
	make_puts(story);
}

void story_end(struct story *story)
{
	fixture_close(&story->f);
}

/* ---- comparing ---- */

static const struct story_call *find(const struct story_state *state, struct text session_id)
{
	for (size_t i = 0; i < STORY_CALLS; i++) {
		const struct story_call *call = &state->calls[i];

		if (call->there && text_equal_string(session_id, call->session_id)) {
			return call;
		}
	}
	return NULL;
}

/* How many calls @state has of @dest (NULL: any) and with @word (NULL: any). */
static int64_t count_of(const struct story_state *state, const char *dest, const char *word)
{
	int64_t count = 0;

	for (size_t i = 0; i < STORY_CALLS; i++) {
		const struct story_call *call = &state->calls[i];

		if (call->there && (!dest || strcmp(call->dest, dest) == 0) &&
			(!word || (call->word && strcmp(call->word, word) == 0))) {
			count++;
		}
	}
	return count;
}

static bool FORMAT_PRINTF(2, 3) differs(char problem[STORY_PROBLEM], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem, STORY_PROBLEM, format, args);
	va_end(args);
	return false;
}

static bool says(const struct packed *packed, const char *word, struct arena *arena)
{
	AUTO(unpacker_destroyp) struct unpacker *unpacker = unpacker_create();
	char *json = arena_alloc(arena, packed->size + 1);
	struct error err = {0};

	if (unpacker_unpack(unpacker, packed, json, &err) < 0) {
		fail_msg("%s", err.message);
	}
	json[packed->size] = '\0';
	return strstr(json, word) != NULL;
}

static bool same_call(const struct story_call *wanted, const struct store_call *call,
	struct arena *arena, char problem[STORY_PROBLEM])
{
	struct text session_id = call->call.session_id;

	if (!wanted) {
		return differs(problem, "'%.*s' is there", TEXT_ARG(session_id));
	}
	if (call->call.start != wanted->start || (call->call.state == CALL_LIVE) != wanted->live ||
		!text_equal_string(call->call.dest, wanted->dest) ||
		call->call.has_detail != (wanted->steps >= 0) ||
		(wanted->steps >= 0 && call->call.steps != (uint32_t)wanted->steps)) {
		return differs(problem, "'%.*s' is another version", TEXT_ARG(session_id));
	}
	if (wanted->steps >= 0 && !says(&call->packed, wanted->word, arena)) {
		return differs(problem, "'%.*s' has other steps", TEXT_ARG(session_id));
	}
	return true;
}

static struct store_page read_page(
	struct store *store, int64_t account_id, const char *number, struct arena *arena)
{
	const struct store_query query = {
		.account_id = account_id,
		.end = INT64_MAX,
		.number = text_of(number),
		.limit = 100,
		.detail_after = -1,
	};
	struct store_page page;
	struct error err = {0};

	if (store_page(store, &query, arena, &page, &err) < 0) {
		fail_msg("reading: %s", err.message);
	}
	return page;
}

static int64_t count_with(struct store *store, int64_t account_id, const char *parameter,
	const char *value, struct arena *arena)
{
	struct filter filter;
	const struct store_search search = {
		.account_id = account_id,
		.filter = &filter,
		.detail_after = -1,
		.limit = 100,
		.with_total = true,
	};
	struct store_page page;
	struct error err = {0};

	filter_init(&filter);
	if (filter_set(&filter, text_of(parameter), text_of(value), 0, arena, &err) != 1 ||
		store_search(store, &search, arena, &page, &err) < 0) {
		fail_msg("searching: %s", err.message);
	}
	return page.total_calls;
}

static bool same_counts(const struct story_state *state, struct store *store, int64_t account_id,
	struct arena *arena, char problem[STORY_PROBLEM])
{
	static const char *const numbers[] = {"6170", "6171", "6172", "6179"};
	static const char *const words[] = {"first", "second", "third"};
	int64_t total;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		total = read_page(store, account_id, numbers[i], arena).total_calls;
		if (total != count_of(state, numbers[i], NULL)) {
			return differs(problem, "%lld calls to %s", (long long)total, numbers[i]);
		}
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		total = count_with(store, account_id, "text", words[i], arena);
		if (total != count_of(state, NULL, words[i])) {
			return differs(problem, "%lld calls with '%s'", (long long)total, words[i]);
		}
	}
	/* Columns are asked where they are there. */
	total = count_with(store, account_id, "dest", "617*", arena);
	return total == count_of(state, NULL, NULL) ||
	       differs(problem, "%lld calls to 617*", (long long)total);
}

static bool same_key(const struct story_state *state, struct store *store, int64_t account_id,
	struct arena *arena, char problem[STORY_PROBLEM])
{
	struct store_key *keys;
	struct error err = {0};
	size_t count;

	if (store_key_list(store, account_id, arena, &keys, &count, &err) < 0) {
		fail_msg("reading keys: %s", err.message);
	}
	return count == (size_t)state->key || differs(problem, "%zu keys", count);
}

static bool same_calls(const struct story_state *state, struct store *store, int64_t account_id,
	struct arena *arena, char problem[STORY_PROBLEM])
{
	struct store_page page = read_page(store, account_id, NULL, arena);
	int64_t wanted = count_of(state, NULL, NULL);

	if (page.total_calls != wanted || (int64_t)page.count != wanted) {
		return differs(problem, "%lld calls, %zu on the page, not %lld",
			(long long)page.total_calls, page.count, (long long)wanted);
	}
	for (size_t i = 0; i < page.count; i++) {
		const struct store_call *call = &page.calls[i];

		if (!same_call(find(state, call->call.session_id), call, arena, problem)) {
			return false;
		}
	}
	return true;
}

bool story_holds(const struct story_state *state, struct store *store, char problem[STORY_PROBLEM])
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account account;
	struct error err = {0};
	int found;

	arena_init(&arena, SIZE_MAX);
	found = store_account_find(store, TEXT(EMAIL), &arena, &account, &err);
	if (found < 0) {
		fail_msg("reading accounts: %s", err.message);
	}
	if (found != state->account) {
		return differs(problem, "the account is %s", found ? "there" : "lost");
	}
	return found == 0 || (same_calls(state, store, account.id, &arena, problem) &&
				     same_counts(state, store, account.id, &arena, problem) &&
				     same_key(state, store, account.id, &arena, problem));
}

void story_check(struct story *story)
{
	char problem[STORY_PROBLEM];

	if (story->f.store && !story_holds(&story->state, story->f.store, problem)) {
		fail_msg("%s", problem);
	}
}

void story_verify(struct story *story)
{
	story_check(story);
	assert_int_equal(problems_of(story->f.store), 0);
}
