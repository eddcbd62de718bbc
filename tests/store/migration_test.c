/* SPDX-License-Identifier: MIT
 * Stores of earlier schemas are brought up to date when they are opened. FIXTURES is the folder of
 * what their programs wrote. */
#include "fixture.h"

#include <sqlite3.h>

#include "base/file.h"

#define SCHEMA_1 FIXTURES "/store-schema-1.sql"

/* Runs SQL in the database of @folder, which is made when it is not there. */
static void run_sql(const char *folder, const char *sql)
{
	char path[256];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/callstep.db", folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A folder with the store that the SQL file @path makes. */
static void make_store(char folder[128], const char *path)
{
	AUTO(arena_deinit) struct arena arena;
	struct text sql;

	arena_init(&arena, SIZE_MAX);
	folder_make(folder);
	assert_int_equal(file_read(path, 1 << 20, &arena, &sql, NULL), 0);
	run_sql(folder, sql.data);
}

static int64_t found_by(
	struct store *store, int64_t account_id, const char *name, const char *value)
{
	AUTO(arena_deinit) struct arena arena;
	struct filter filter;
	struct store_search search = {
		.account_id = account_id,
		.filter = &filter,
		.detail_after = -1,
		.limit = 10,
		.with_packed = true,
		.with_total = true,
	};
	struct store_page page;
	struct error err = {0};

	arena_init(&arena, SIZE_MAX);
	filter_init(&filter);
	if (filter_set(&filter, text_of(name), text_of(value), 0, &arena, &err) != 1 ||
		store_search(store, &search, &arena, &page, &err) < 0) {
		fail_msg("%s", err.message);
	}
	assert_int_equal(page.count, page.total_calls);
	return page.total_calls;
}

static void a_store_of_schema_1_gets_paths_and_words(void **state)
{
	static const struct {
		const char *name, *value;
		int64_t calls;
	} rows[] = {
		{"start", "0", 4},
		{"dest", "6177123001", 3},
		{"dest", "*02", 1},
		{"type", "outbound", 1},
		{"module", "menu", 1},
		{"module", "digits,menu", 2},
		{"last_module", "queue", 1},
		{"class", "prompt", 2},
		{"text", "cafe", 1},
		{"text", "\"your code\"", 1},
		{"text", "\"one executing\"", 0},
	};
	char folder[128];
	struct error err = {0};
	int64_t changes;

	(void)state;
	make_store(folder, SCHEMA_1);
	for (int times = 0; times < 2; times++) { /* what was brought up to date stays so */
		struct store *store;

		if (store_open(&store, folder, NULL, &err) < 0) {
			fail_msg("%s", err.message);
		}
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			assert_int_equal(
				found_by(store, 1, rows[i].name, rows[i].value), rows[i].calls);
		}
		assert_int_equal(found_by(store, 2, "text", "press"), 1);
		assert_int_equal(found_by(store, 2, "start", "0"), 1);
		assert_int_equal(store_change_newest(store, &changes, &err), 0);
		assert_int_equal(changes, 0);
		assert_int_equal(problems_of(store), 0);
		store_close(store);
	}
	folder_remove(folder);
}

/* What a store of schema 3 does not have yet. */
#define WITHOUT_STEP_14 "alter table key drop column of_key; alter table key drop column expires; "
#define WITHOUT_STEP_13 WITHOUT_STEP_14 "alter table call drop column stays; "
#define WITHOUT_STEP_11                                                                            \
	WITHOUT_STEP_13                                                                            \
	"drop table segment; drop table block; drop table late; drop table gone; drop table "      \
	"sealed; "
#define WITHOUT_STEP_10                                                                            \
	WITHOUT_STEP_11 "drop table hook_begun; drop table hook_failure; drop table hook; "
#define WITHOUT_STEP_9                                                                             \
	WITHOUT_STEP_10                                                                            \
	"alter table call drop column outcome; alter table call drop column ended_by; "            \
	"alter table call drop column answered; alter table call drop column talk; "               \
	"alter table call drop column told; "
#define WITHOUT_STEP_8 WITHOUT_STEP_9 "drop table live; alter table change drop column first_step; "
#define WITHOUT_STEP_6 WITHOUT_STEP_8 "drop index if exists audit_by_action; drop table keeping; "
#define WITHOUT_STEP_4                                                                             \
	WITHOUT_STEP_6                                                                             \
	"drop table audit; drop table audit_floor; "                                               \
	"alter table account drop column detail_days; "                                            \
	"alter table account drop column header_days; "                                            \
	"alter table account drop column detail_from; "

/* How the calls of before went is not known: whatever is asked of it finds none of them. */
static void expect_unknown(struct store *store)
{
	static const char *const asked[][2] = {{"answered", "true"}, {"answered", "false"},
		{"min_talk", "1"}, {"max_talk", "1000"}, {"outcome", "completed,answered,missed"},
		{"ended_by", "caller,called,system"}};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		assert_int_equal(found_by(store, 2, asked[i][0], asked[i][1]), 0);
	}
	assert_true(found_by(store, 2, "start", "0") > 0);
}

/* What step 3 adds is what the program would have counted itself: verify compares. */
static void a_store_of_schema_2_gets_tallies_of_32_days(void **state)
{
	char folder[128];
	struct error err = {0};
	struct store *store;

	(void)state;
	make_store(folder, SCHEMA_1);
	assert_int_equal(store_open(&store, folder, NULL, &err), 0);
	store_close(store);
	run_sql(folder, WITHOUT_STEP_4 "delete from tally where seconds = 2764800; "
				       "pragma user_version = 2");

	assert_int_equal(store_open(&store, folder, NULL, &err), 0);
	expect_unknown(store);
	assert_int_equal(problems_of(store), 0);
	store_close(store);
	folder_remove(folder);
}

/* As the program of schema 4 kept calls: under what came, where it has more than digits and what
 * stands between them. */
#define WITH_OLD_KEYS                                                                              \
	WITHOUT_STEP_6                                                                             \
	"update call set dest_key = dest where dest glob '*[/:]*';"                                \
	"delete from tally where is_all = 0;"                                                      \
	"insert into tally select account_id, 0, dest_key, value, start - start % value, "         \
	"count(*) from call, json_each('[60, 3600, 86400, 2764800]') group by 1, 3, 4, 5;"         \
	"pragma user_version = 4"

static void put_numbers(struct store *store)
{
	static const char *const numbers[] = {"tel:+617/712-3001", "sip:6177123001@pbx",
		"\"7\" <617/7123001>", "sales/7", "+617-712-3001"};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char session[2] = {(char)('a' + i), 0};
		struct store_put put = {
			.account_id = 2,
			.call = {.dest = text_of(numbers[i]),
				.src = TEXT("1"),
				.session_id = text_of(session),
				.start = 100,
				.end = 200},
		};

		assert_int_equal(store_put_calls(store, &put, 1, NULL), 0);
	}
}

static void a_store_of_schema_4_finds_calls_by_numbers_it_did_not_know(void **state)
{
	char folder[128];
	struct error err = {0};
	struct store *store;

	(void)state;
	make_store(folder, SCHEMA_1);
	assert_int_equal(store_open(&store, folder, NULL, &err), 0);
	put_numbers(store);
	store_close(store);
	run_sql(folder, WITH_OLD_KEYS);

	if (store_open(&store, folder, NULL, &err) < 0) {
		fail_msg("%s", err.message);
	}
	assert_int_equal(found_by(store, 2, "dest", "+617 712 3001"), 5);
	assert_int_equal(found_by(store, 2, "dest", "sales/7"), 1);
	assert_int_equal(problems_of(store), 0);
	store_close(store);
	folder_remove(folder);
}

static void expect_days(const char *folder, int64_t detail_days, int64_t header_days,
	int64_t audit_days, int64_t kept_detail, int64_t kept_header)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(store_closep) struct store *store = NULL;
	struct store_account *accounts;
	struct store_keeping keeping;
	size_t count;

	arena_init(&arena, SIZE_MAX);
	assert_int_equal(store_open(&store, folder, NULL, NULL), 0);
	assert_int_equal(store_keeping(store, &keeping, NULL), 0);
	assert_int_equal(keeping.days.detail, detail_days);
	assert_int_equal(keeping.days.header, header_days);
	assert_int_equal(keeping.audit_days, audit_days);
	assert_int_equal(store_account_list(store, &arena, &accounts, &count, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(accounts[i].kept.detail, kept_detail);
		assert_int_equal(accounts[i].kept.header, kept_header);
	}
	assert_int_equal(problems_of(store), 0);
}

/* How long its programs were told to keep calls is not known: it drops nothing until it is told
 * itself. Accounts had their own days. */
static void a_store_from_before_it_had_days_keeps_everything_for_ever(void **state)
{
	char folder[128];

	(void)state;
	make_store(folder, SCHEMA_1);
	expect_days(folder, 0, 0, 0, 0, 0);
	run_sql(folder, WITHOUT_STEP_6
		"update account set detail_days = 8, header_days = 9; pragma user_version = 5");
	expect_days(folder, 0, 0, 0, 8, 9);
	folder_remove(folder);
}

static void a_store_without_accounts_gets_the_days_of_a_new_one(void **state)
{
	char folder[128];
	struct store *store;

	(void)state;
	folder_make(folder);
	assert_int_equal(store_open(&store, folder, NULL, NULL), 0);
	store_close(store);
	run_sql(folder, WITHOUT_STEP_6 "pragma user_version = 5");
	expect_days(folder, 31, 365, 365, 31, 365);
	folder_remove(folder);
}

static int64_t vacuum_of(const char *folder)
{
	char path[256];
	sqlite3 *db;
	sqlite3_stmt *statement;
	int64_t vacuum;

	snprintf(path, sizeof(path), "%s/callstep.db", folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "pragma auto_vacuum", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	vacuum = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return vacuum;
}

/* Stores made before schema 4 keep free pages, until their files are written anew. */
static void an_old_store_gives_pages_back_once_it_was_scrubbed(void **state)
{
	char folder[128];
	struct store *store;

	(void)state;
	make_store(folder, SCHEMA_1);
	assert_int_equal(store_open(&store, folder, NULL, NULL), 0);
	assert_int_equal(vacuum_of(folder), 0);
	assert_int_equal(store_scrub(store, NULL), 1);
	assert_int_equal(vacuum_of(folder), 2);
	assert_int_equal(problems_of(store), 0);
	store_close(store);
	folder_remove(folder);
}

static void a_damaged_call_does_not_keep_a_store_from_being_opened(void **state)
{
	char folder[128];
	struct error err = {0};
	struct store *store;

	(void)state;
	make_store(folder, SCHEMA_1);
	run_sql(folder, "update packed set crc32 = 1 where call_id = 1");

	if (store_open(&store, folder, NULL, &err) < 0) {
		fail_msg("%s", err.message);
	}
	assert_int_equal(found_by(store, 1, "text", "code"), 1);
	assert_int_equal(found_by(store, 1, "text", "press"), 0);
	assert_int_equal(problems_of(store), 1);
	store_close(store);
	folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_of_schema_1_gets_paths_and_words),
		cmocka_unit_test(a_store_of_schema_2_gets_tallies_of_32_days),
		cmocka_unit_test(a_store_of_schema_4_finds_calls_by_numbers_it_did_not_know),
		cmocka_unit_test(a_store_from_before_it_had_days_keeps_everything_for_ever),
		cmocka_unit_test(a_store_without_accounts_gets_the_days_of_a_new_one),
		cmocka_unit_test(an_old_store_gives_pages_back_once_it_was_scrubbed),
		cmocka_unit_test(a_damaged_call_does_not_keep_a_store_from_being_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
