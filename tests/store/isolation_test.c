/* SPDX-License-Identifier: MIT
 * What one account's questions cost does not depend on another's calls: SQLite's own count of the
 * operations that a statement ran is the same, to the last one, whether the other account has one
 * call or thousands. */
#include "fixture.h"

#include <pthread.h>
#include <sqlite3.h>

#include "base/clock.h"

#define OURS		60
#define THEIRS		3000
#define AT_ONCE		100
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Operations of all statements that ended on this thread. */
static pthread_t counted_thread;
static int64_t operations;

static int count_operations(unsigned int event, void *context, void *statement, void *nanoseconds)
{
	const char *sql = sqlite3_sql(statement);
	int count = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);

	(void)event;
	(void)context;
	(void)nanoseconds;
	/* The text index reads blocks of tables that it keeps: how many depends on how they were
	 * merged, whichever account has the words. */
	if (pthread_equal(pthread_self(), counted_thread) && !strstr(sql, "words_")) {
		operations += count;
	}
	return 0;
}

static int watch_connection(sqlite3 *db, const char **message, const void *api)
{
	(void)message;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, count_operations, NULL);
}

static int set_up(void **state)
{
	counted_thread = pthread_self();
	sqlite3_auto_extension((void (*)(void))(uintptr_t)watch_connection);
	return fixture_new(state, "sqlite");
}

static int tear_down(void **state)
{
	fixture_tear_down(state);
	sqlite3_reset_auto_extension();
	return 0;
}

/* Calls of @account: the same sessions, numbers, words and minutes, whosever they are. */
static void put_calls(struct fixture *f, int64_t account, int count)
{
	struct store_put puts[AT_ONCE];
	char session[32];

	for (int i = 0; i < count; i += AT_ONCE) {
		int some = count - i < AT_ONCE ? count - i : AT_ONCE;

		for (int j = 0; j < some; j++) {
			snprintf(session, sizeof(session), "s%05d", i + j);
			puts[j] = put_of(f, session, (i + j) % 3 == 0 ? "6177123001" : "100",
				MIDNIGHT + (i + j) * 37 % 90000, 3, "invalid");
			puts[j].account_id = account;
		}
		put_all(f, puts, (size_t)some);
	}
}

static void read_filter(
	struct fixture *f, const char *name, const char *value, struct filter *filter)
{
	struct error err = {0};

	filter_init(filter);
	if (name) {
		assert_int_equal(filter_set(filter, text_of(name), text_of(value), MIDNIGHT,
					 &f->arena, &err),
			1);
	}
}

static int pass_over(void *context, const struct store_row *row, struct error *err)
{
	(void)context;
	(void)row;
	(void)err;
	return 0;
}

static const struct {
	const char *name;
	const char *value;
} filters[] = {{NULL, NULL}, {"text", "invalid"}, {"text", "inv*"}, {"text", "absent"},
	{"dest", "6177123001"}, {"dest", "*3001"}, {"class", "info"}, {"module", "menu"},
	{"type", "transfer"}, {"min_duration", "1"}, {"session", "s0000*"}};
#define BY_SESSION (COUNT_OF(filters) - 1)

#define PAGES	  4
#define SESSIONS  3
#define QUESTIONS (COUNT_OF(filters) * 2 + PAGES + SESSIONS + 1)

static int64_t cost_of_search(struct fixture *f, size_t i, bool scan)
{
	struct filter filter;
	struct store_search search = {.account_id = f->account,
		.filter = &filter,
		.detail_after = -1,
		.limit = 10,
		.with_total = true};
	struct store_page page;
	struct error err = {0};

	read_filter(f, filters[i].name, filters[i].value, &filter);
	operations = 0;
	if (scan) {
		assert_int_equal(store_scan(f->store, &search, pass_over, NULL, &err), 0);
	} else {
		assert_int_equal(store_search(f->store, &search, &f->arena, &page, &err), 0);
	}
	return operations;
}

static int64_t cost_of_page(struct fixture *f, size_t i)
{
	static const struct {
		int64_t offset, limit;
		const char *number;
	} pages[PAGES] = {{0, 10, NULL}, {40, 100, NULL}, {0, 10, "6177123001"}, {0, 10, "999"}};
	struct store_query query = query_all(f);

	query.offset = pages[i].offset;
	query.limit = pages[i].limit;
	query.number = text_of(pages[i].number);
	operations = 0;
	(void)page_of(f, &query);
	return operations;
}

static int64_t cost_of_find(struct fixture *f, size_t i)
{
	static const char *const sessions[SESSIONS] = {"s00007", "s02900", "nobody"};
	struct store_call call;
	struct error err = {0};

	operations = 0;
	assert_int_equal(
		store_find(f->store, f->account, text_of(sessions[i]), &f->arena, &call, &err),
		i == 0 ? 1 : 0);
	return operations;
}

static int64_t cost_of_buckets(struct fixture *f)
{
	struct store_bucket *buckets;
	struct filter filter;
	struct error err = {0};
	size_t count;

	read_filter(f, NULL, NULL, &filter);
	operations = 0;
	assert_int_equal(store_count_buckets(f->store, f->account, &filter, 3600, &f->arena,
				 &buckets, &count, &err),
		0);
	return operations;
}

static void measure(struct fixture *f, int64_t costs[QUESTIONS])
{
	size_t at = 0;

	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		costs[at++] = cost_of_search(f, i, false);
		costs[at++] = cost_of_search(f, i, true);
	}
	for (size_t i = 0; i < PAGES; i++) {
		costs[at++] = cost_of_page(f, i);
	}
	for (size_t i = 0; i < SESSIONS; i++) {
		costs[at++] = cost_of_find(f, i);
	}
	costs[at++] = cost_of_buckets(f);
	assert_int_equal(at, QUESTIONS);
}

/* The last row of an account's is followed by the end of the table or by another's row: to see
 * which costs an operation or two, once for each range of rows and tallies that a question reads.
 */
#define NEIGHBOUR 16

static void another_accounts_calls_cost_this_one_nothing(void **state)
{
	struct fixture *f = *state;
	int64_t first[QUESTIONS], alone[QUESTIONS], beside_one[QUESTIONS], crowded[QUESTIONS];

	put_calls(f, f->account, OURS);
	measure(f, first); /* prepares the statements */
	measure(f, alone);
	put_calls(f, f->other, 1);
	measure(f, beside_one);
	put_calls(f, f->other, THEIRS);
	measure(f, crowded);
	for (size_t i = 0; i < QUESTIONS; i++) {
		assert_true(alone[i] > 0);
		assert_in_range(beside_one[i], alone[i], alone[i] + NEIGHBOUR);
		if (beside_one[i] != crowded[i]) {
			fail_msg("question %zu: %lld operations beside one call, %lld beside many",
				i, (long long)beside_one[i], (long long)crowded[i]);
		}
	}
}

/* The count can tell: the account's own calls change it. */
static void its_own_calls_do_cost(void **state)
{
	struct fixture *f = *state;
	int64_t few[QUESTIONS], many[QUESTIONS];

	put_calls(f, f->account, OURS);
	measure(f, few);
	put_calls(f, f->account, 2 * OURS);
	measure(f, many);
	assert_true(many[1] > few[1]);
}

static int64_t cost_of_key(struct fixture *f, unsigned char byte, int found)
{
	unsigned char hash[STORE_KEY_HASH_SIZE];
	struct store_account account;
	struct store_key key;
	struct error err = {0};

	memset(hash, byte, sizeof(hash));
	operations = 0;
	assert_int_equal(store_key_find(f->store, hash, &f->arena, &key, &account, &err), found);
	return operations;
}

/* A wrong key is looked up by its hash alone, and costs the same whichever other accounts have
 * keys, in whatever state. */
static void a_wrong_key_costs_the_same_whoever_has_keys(void **state)
{
	struct fixture *f = *state;
	struct store_key row = {
		.account_id = f->other, .scopes = STORE_SCOPE_READ, .label = TEXT("")};
	struct error err = {0};
	int64_t id, before;

	(void)cost_of_key(f, 1, 0);
	before = cost_of_key(f, 1, 0);
	memset(row.hash, 2, sizeof(row.hash));
	assert_int_equal(store_key_add(f->store, &row, &id, &err), 0);
	assert_int_equal(cost_of_key(f, 1, 0), before);
	assert_int_equal(cost_of_key(f, 3, 0), before);
	(void)cost_of_key(f, 2, 1);
	before = cost_of_key(f, 2, 1);
	assert_int_equal(store_key_revoke(f->store, f->other, id, 1, &err), 1);
	assert_int_equal(store_account_set_disabled(f->store, f->other, 1, &err), 1);
	assert_int_equal(cost_of_key(f, 2, 1), before);
}

static void add_records(struct fixture *f, const char *action, int count)
{
	struct store_audit records[AT_ONCE];
	struct error err = {0};

	for (int i = 0; i < count; i += AT_ONCE) {
		for (int j = 0; j < AT_ONCE; j++) {
			records[j] = (struct store_audit){.time = MIDNIGHT + i + j,
				.account_id = f->account,
				.address = TEXT(""),
				.user = TEXT(""),
				.action = text_of(action),
				.subject = TEXT(""),
				.times = 1};
		}
		assert_int_equal(store_audit_add(f->store, records, AT_ONCE, &err), 0);
	}
}

static int64_t cost_of_records(struct fixture *f, const char *action)
{
	const struct store_audit_query query = {.account_id = f->account,
		.end = INT64_MAX,
		.action = text_of(action),
		.limit = AT_ONCE};
	struct store_audit *records;
	struct error err = {0};
	size_t count;

	operations = 0;
	assert_int_equal(store_audit_list(f->store, &query, &f->arena, &records, &count, &err), 0);
	return operations;
}

/* A pass over the calls that were added would take some 20 operations for each. */
static void a_beginning_of_a_session_reads_no_other_calls(void **state)
{
	struct fixture *f = *state;
	int64_t few, many;

	put_calls(f, f->account, OURS);
	(void)cost_of_search(f, BY_SESSION, false);
	few = cost_of_search(f, BY_SESSION, false);
	put_calls(f, f->account, THEIRS);
	many = cost_of_search(f, BY_SESSION, false);
	assert_in_range(many, few - NEIGHBOUR, few + NEIGHBOUR);
}

/* Nor does what an account did otherwise make its records of one kind dearer. */
static void what_was_done_otherwise_costs_nothing(void **state)
{
	static const char *const actions[] = {"make-key", "absent"};
	struct fixture *f = *state;

	add_records(f, "make-key", AT_ONCE);
	add_records(f, "read-calls", AT_ONCE);
	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		int64_t few;

		(void)cost_of_records(f, actions[i]);
		few = cost_of_records(f, actions[i]);
		add_records(f, "read-calls", THEIRS);
		assert_in_range(cost_of_records(f, actions[i]), few - NEIGHBOUR, few + NEIGHBOUR);
	}
}

#define TEST_OF(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_OF(another_accounts_calls_cost_this_one_nothing),
		TEST_OF(its_own_calls_do_cost),
		TEST_OF(a_beginning_of_a_session_reads_no_other_calls),
		TEST_OF(what_was_done_otherwise_costs_nothing),
		TEST_OF(a_wrong_key_costs_the_same_whoever_has_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
