/* SPDX-License-Identifier: MIT
 * An upgrade that is cut off: a store of each earlier schema is opened, and the process ends before
 * the first, the second, … statement, or the power goes at any sync. Opened again, the store is
 * whole and of this schema. FIXTURES is the folder of what earlier programs wrote. */
#include <dirent.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../rounds.h"
#include "base/file.h"
#include "faulty_vfs.h"
#include "figures.h"
#include "fixture.h"
#include "lossy_disk.h"
#include "store/schema.h"

#define EARLIER_MAX 16

/* ---- stores of earlier schemas ---- */

static char earlier[EARLIER_MAX][512];
static size_t earlier_count;

static void find_earlier(void)
{
	DIR *folder = opendir(FIXTURES);
	struct dirent *entry;

	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		if (text_starts_with(text_of(entry->d_name), TEXT("store-schema-"))) {
			assert_true(earlier_count < EARLIER_MAX);
			snprintf(earlier[earlier_count++], sizeof(earlier[0]), FIXTURES "/%s",
				entry->d_name);
		}
	}
	closedir(folder);
	assert_true(earlier_count > 0);
}

static void path_in(const char *folder, char path[256])
{
	snprintf(path, 256, "%s/callstep.db", folder);
}

/* One number out of the database of @folder; -1 when there is none. */
static int64_t ask(const char *folder, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = -1;
	char path[256];
	sqlite3 *db;

	path_in(folder, path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW) {
		number = sqlite3_column_int64(statement, 0);
	}
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static void make_store(const char *folder, const char *sql_path)
{
	AUTO(arena_deinit) struct arena arena;
	struct text sql;
	char path[256];
	sqlite3 *db;

	arena_init(&arena, SIZE_MAX);
	assert_int_equal(file_read(sql_path, 1 << 20, &arena, &sql, NULL), 0);
	path_in(folder, path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql.data, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_true(ask(folder, "pragma user_version") < schema_version);
}

/* What was in the store must be there after it is opened once more. */
static void expect_whole(const char *folder, int64_t calls)
{
	struct error err = {0};
	struct store *store;

	if (store_open(&store, folder, &(struct store_options){.must_exist = true}, &err) < 0) {
		fail_msg("%s", err.message);
	}
	assert_int_equal(problems_of(store), 0);
	store_close(store);
	assert_int_equal(ask(folder, "pragma user_version"), schema_version);
	assert_int_equal(ask(folder, "select count(*) from call"), calls);
}

/* ---- killed at a statement ---- */

static int statements_left;

static int count_statement(unsigned int type, void *context, void *statement, void *text)
{
	(void)type;
	(void)context;
	(void)statement;
	(void)text;
	if (--statements_left == 0) {
		kill(getpid(), SIGKILL);
	}
	return 0;
}

/* SQLite calls it for each new connection. */
static int trace_connection(sqlite3 *db, char **message, const struct sqlite3_api_routines *api)
{
	(void)message;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, count_statement, NULL);
}

static void open_and_die(const char *folder, int nth)
{
	struct store *store;

	statements_left = nth;
	sqlite3_auto_extension((void (*)(void))trace_connection);
	if (store_open(&store, folder, NULL, NULL) == 0) {
		store_close(store);
		_exit(0);
	}
	_exit(1);
}

/* Whether it was killed, rather than done. */
static bool killed_at(const char *folder, int nth)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		open_and_die(folder, nth);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return true;
	}
	assert_int_equal(status, 0);
	return false;
}

static void an_upgrade_that_is_killed_at_any_statement_is_done_the_next_time(void **state)
{
	int kills = 0, stride = rounds_of("CALLSTEP_FAULT_STRIDE", 1);

	(void)state;
	for (size_t i = 0; i < earlier_count; i++) {
		bool killed = true;

		for (int nth = 1; killed; nth += stride) {
			char folder[128];
			int64_t calls;

			folder_make(folder);
			make_store(folder, earlier[i]);
			calls = ask(folder, "select count(*) from call");
			killed = killed_at(folder, nth);
			kills += killed;
			expect_whole(folder, calls);
			folder_remove(folder);
		}
	}
	assert_true(kills > 0);
	figures_tell(
		"upgrade", "killed at %d statements, %zu schemas, 0 lost", kills, earlier_count);
}

static void a_store_that_is_killed_while_it_is_made_is_made_the_next_time(void **state)
{
	int kills = 0, stride = rounds_of("CALLSTEP_FAULT_STRIDE", 1);
	bool killed = true;

	(void)state;
	for (int nth = 1; killed; nth += stride) {
		char folder[128];
		struct store *store;

		folder_make(folder);
		killed = killed_at(folder, nth);
		kills += killed;
		assert_int_equal(store_open(&store, folder, NULL, NULL), 0);
		store_close(store);
		expect_whole(folder, 0);
		folder_remove(folder);
	}
	figures_tell("making a store", "killed at %d statements", kills);
}

/* ---- without power ---- */

struct cutting {
	struct lossy_disk *disk;
	char folder[160];
	int64_t calls;
	int cuts;
};

static void cut_here(void *context)
{
	struct cutting *cutting = context;
	int seeds = rounds_of("CALLSTEP_POWER_SEEDS", 2);

	faulty_vfs_hold(true);
	for (int i = 0; i < seeds + 2; i++) {
		enum lossy_cut cut = i == 0 ? LOSSY_NOTHING : i == 1 ? LOSSY_ALL : LOSSY_SOME;

		lossy_disk_cut(cutting->disk, cutting->folder, cut, (uint32_t)cutting->cuts);
		expect_whole(cutting->folder, cutting->calls);
		folder_remove(cutting->folder);
		cutting->cuts++;
	}
	faulty_vfs_hold(false);
}

static void an_upgrade_survives_a_power_cut_at_any_moment(void **state)
{
	int cuts = 0;

	(void)state;
	for (size_t i = 0; i < earlier_count; i++) {
		struct cutting cutting = {0};
		char base[128], folder[160], path[256];
		struct store *store;

		folder_make(base);
		snprintf(folder, sizeof(folder), "%s/store", base);
		snprintf(cutting.folder, sizeof(cutting.folder), "%s/cut", base);
		assert_int_equal(mkdir(folder, 0700), 0);
		make_store(folder, earlier[i]);
		cutting.calls = ask(folder, "select count(*) from call");
		cutting.disk = lossy_disk_create(folder, cut_here, &cutting);
		path_in(folder, path);
		lossy_disk_take(cutting.disk, path);
		assert_int_equal(store_open(&store, folder, NULL, NULL), 0);
		cut_here(&cutting);
		store_close(store);
		cut_here(&cutting);
		lossy_disk_destroy(cutting.disk);
		cuts += cutting.cuts;
		folder_remove(base);
	}
	figures_tell("upgrade without power", "%d cuts, 0 lost", cuts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_upgrade_that_is_killed_at_any_statement_is_done_the_next_time),
		cmocka_unit_test(a_store_that_is_killed_while_it_is_made_is_made_the_next_time),
		cmocka_unit_test(an_upgrade_survives_a_power_cut_at_any_moment),
	};

	figures_begin();
	find_earlier();
	faulty_vfs_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
