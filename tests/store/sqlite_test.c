/* SPDX-License-Identifier: MIT
 * What only the embedded store does: files and their modes, schemas, locks, damage, backups, two
 * handles at once. */
#include "fixture.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int set_up(void **state)
{
	return fixture_new(state, "sqlite");
}

static void path_of(const char *folder, const char *name, char path[512])
{
	snprintf(path, 512, "%s/%s", folder, name);
}

/* Runs @sql on the closed or open store's file, as anyone with sqlite3 could. */
static void tamper(const char *folder, const char *sql)
{
	char path[512];
	sqlite3 *db;
	char *message = NULL;

	path_of(folder, "callstep.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
		fail_msg("%s: %s", sql, message);
	}
	sqlite3_close(db);
}

static void expect_open_fails(const char *location, const struct store_options *options,
	enum error_code code, const char *words)
{
	struct store *store = NULL;
	struct error err = {0};

	assert_int_equal(store_open(&store, location, options, &err), -1);
	assert_null(store);
	if (err.code != code || !strstr(err.message, words)) {
		fail_msg("'%s' (%d) is not about '%s'", err.message, err.code, words);
	}
}

static void write_file(const char *path, const char *content, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, size, file), size);
	fclose(file);
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static void a_new_store_makes_its_folders_and_is_private(void **state)
{
	static const char *const names[] = {
		"callstep.db", "callstep.db-wal", "callstep.db-shm", "callstep.lock"};
	char base[128], folder[256], path[512];
	struct store *store;
	struct error err = {0};

	(void)state;
	folder_make(base);
	snprintf(folder, sizeof(folder), "%s/a/b", base);
	assert_int_equal(store_open(&store, folder, NULL, &err), 0);
	assert_int_equal(mode_of(folder), 0700);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		path_of(folder, names[i], path);
		assert_int_equal(mode_of(path), 0600);
	}
	store_close(store);
	folder_remove(base);
}

static void a_store_is_there_when_it_is_opened_again(void **state)
{
	struct fixture *f = *state;
	struct store_put put = put_of(f, "a", "1", 100, 1, "x");
	const struct store_options options = {.must_exist = true};
	struct store_query query = query_all(f);
	struct error err = {0};

	put_all(f, &put, 1);
	store_close(f->store);
	f->store = NULL;
	assert_int_equal(store_open(&f->store, f->folder, &options, &err), 0);
	assert_int_equal(page_of(f, &query).total_calls, 1);
}

/* Letters and digits that hardly compress, in the fixture's arena. */
static const char *noise_of(struct fixture *f, size_t size)
{
	static const char digits[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	char *noise = arena_alloc(&f->arena, size + 1);
	uint32_t random = 1;

	assert_non_null(noise);
	for (size_t i = 0; i < size; i++) {
		random = random * 1664525 + 1013904223;
		noise[i] = digits[random >> 26];
	}
	noise[size] = '\0';
	return noise;
}

static void the_log_is_copied_back_however_much_is_put(void **state)
{
	enum { PUTS = 120 };
	static const off_t log_bytes_max = (off_t)128 << 20;
	struct fixture *f = *state;
	/* About 1.5 MB packed, so that all of them are more than the log may hold. */
	struct store_put put = put_of(f, "0", "1", 100, 1, noise_of(f, (size_t)2 << 20));
	struct store_query query = query_all(f);
	struct stat log;
	char path[512];

	path_of(f->folder, "callstep.db-wal", path);
	for (int i = 0; i < PUTS; i++) {
		put_all(f, &put, 1);
		assert_int_equal(stat(path, &log), 0);
		assert_true(log.st_size < log_bytes_max);
	}
	assert_int_equal(page_of(f, &query).total_calls, 1);
	assert_int_equal(problems_of(f->store), 0);
}

/* Bytes of the database that the writer and the readers keep. */
static int kept_by(struct sqlite_store *store)
{
	int kept = sqlite_connection_kept(store->writer);

	for (struct sqlite_connection *idle = store->idle; idle; idle = idle->next) {
		kept += sqlite_connection_kept(idle);
	}
	return kept;
}

static void memory_of_connections_is_given_back_once_nobody_uses_them(void **state)
{
	enum { MUCH = 2 << 20, LITTLE = 64 << 10 };
	struct fixture *f = *state;
	struct sqlite_store *store = (struct sqlite_store *)f->store;
	struct store_put put = put_of(f, "0", "1", 100, 1, noise_of(f, (size_t)2 << 20));
	struct store_query query = query_all(f);

	put_all(f, &put, 1);
	page_of(f, &query);
	assert_in_range(kept_by(store), MUCH, INT_MAX);
	/* They were used since the round before this one: there was none. */
	assert_int_equal(sqlite_rest_round(store), 0);
	assert_in_range(kept_by(store), MUCH, INT_MAX);
	assert_in_range(sqlite_rest_round(store), MUCH, INT_MAX);
	assert_in_range(kept_by(store), 0, LITTLE);
	/* And they are as good as before. */
	put_all(f, &put, 1);
	assert_int_equal(page_of(f, &query).total_calls, 1);
	assert_in_range(kept_by(store), MUCH, INT_MAX);
}

static void locations_that_hold_no_store_are_named(void **state)
{
	const struct store_options must_exist = {.must_exist = true};
	char folder[128], path[512];

	(void)state;
	folder_make(folder);
	path_of(folder, "callstep.db", path);
	expect_open_fails(folder, &must_exist, ERROR_NOT_FOUND, folder);
	expect_open_fails("", NULL, ERROR_INVALID, "give a folder");
	expect_open_fails("mysql://user:secret@host/", NULL, ERROR_UNSUPPORTED, "'mysql://'");
	expect_open_fails("/dev/null", NULL, ERROR_SYSTEM, "/dev/null");
	expect_open_fails("/proc/callstep/x", NULL, ERROR_NOT_FOUND, "/proc/callstep");
	write_file(path, "hello", 5);
	expect_open_fails(folder, NULL, ERROR_CORRUPT, "not an SQLite database");
	folder_remove(folder);
}

static void a_database_of_another_program_is_refused_and_left(void **state)
{
	char folder[128];

	(void)state;
	folder_make(folder);
	tamper(folder, "create table notes (text); insert into notes values ('mine')");
	expect_open_fails(folder, NULL, ERROR_CORRUPT, "not a callstep store");
	tamper(folder, "insert into notes values ('still')");
	folder_remove(folder);
}

static void a_store_without_its_log_gets_it_back(void **state)
{
	char folder[128], path[512];
	struct store *store;
	struct error err = {0};
	struct stat status;

	(void)state;
	folder_make(folder);
	assert_int_equal(store_open(&store, folder, NULL, &err), 0);
	store_close(store);
	tamper(folder, "pragma journal_mode = delete");
	assert_int_equal(store_open(&store, folder, NULL, &err), 0);
	path_of(folder, "callstep.db-wal", path);
	assert_int_equal(stat(path, &status), 0);
	store_close(store);
	folder_remove(folder);
}

static void a_newer_schema_is_refused(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	f->store = NULL;
	tamper(f->folder, "pragma user_version = 99");
	expect_open_fails(
		f->folder, NULL, ERROR_UNSUPPORTED, "has schema 99, this program reads up to");
}

static void a_folder_that_may_not_be_written_is_named(void **state)
{
	char folder[128], path[512];

	(void)state;
	if (geteuid() == 0) {
		skip();
	}
	folder_make(folder);
	assert_int_equal(chmod(folder, 0500), 0);
	expect_open_fails(folder, NULL, ERROR_DENIED, folder);
	assert_int_equal(chmod(folder, 0700), 0);
	path_of(folder, "callstep.db", path);
	write_file(path, "", 0);
	assert_int_equal(chmod(path, 0400), 0);
	expect_open_fails(folder, NULL, ERROR_DENIED, path);
	folder_remove(folder);
}

/* ---- several at once ---- */

#define OPENERS 8

static void *open_and_add(void *context)
{
	struct store *store;
	struct error err = {0};
	int64_t id;
	static _Atomic int number;
	char email[32];

	snprintf(email, sizeof(email), "%d@example.com", number++);
	if (store_open(&store, context, NULL, &err) < 0) {
		return strdup(err.message);
	}
	if (store_account_add(store, text_of(email), 1, &id, &err) < 0) {
		store_close(store);
		return strdup(err.message);
	}
	store_close(store);
	return NULL;
}

static void many_may_make_the_store_at_the_same_time(void **state)
{
	char folder[128];
	pthread_t threads[OPENERS];

	(void)state;
	folder_make(folder);
	for (int i = 0; i < OPENERS; i++) {
		pthread_create(&threads[i], NULL, open_and_add, folder);
	}
	for (int i = 0; i < OPENERS; i++) {
		void *message;

		pthread_join(threads[i], &message);
		if (message) {
			fail_msg("%s", (char *)message);
		}
	}
	folder_remove(folder);
}

static void two_handles_see_each_others_changes_at_once(void **state)
{
	struct fixture *f = *state;
	struct store *mine = f->store, *theirs;
	struct store_query query = query_all(f);
	struct error err = {0};

	assert_int_equal(store_open(&theirs, f->folder, NULL, &err), 0);
	for (int i = 0; i < 20; i++) {
		char session_id[16];
		struct store_put put;

		snprintf(session_id, sizeof(session_id), "%d", i);
		put = put_of(f, session_id, "1", 100, 1, "x");
		f->store = i % 2 ? mine : theirs;
		put_all(f, &put, 1);
		f->store = i % 2 ? theirs : mine;
		assert_int_equal(page_of(f, &query).total_calls, i + 1);
	}
	f->store = mine;
	store_close(theirs);
}

static void a_view_sees_no_change_until_it_is_closed(void **state)
{
	struct fixture *f = *state;
	struct store_key key = {.account_id = f->account, .hash = {7}, .scopes = STORE_SCOPE_READ};
	struct store_put first = put_of(f, "a", "1", 100, 1, "x");
	struct store_put second = put_of(f, "b", "1", 200, 1, "x");
	struct store_query query = query_all(f);
	struct store_view view = {0};
	struct store_account account;
	struct store_call call;
	struct store_page page;
	struct error err;
	int64_t id;

	put_all(f, &first, 1);
	assert_int_equal(store_key_add(f->store, &key, &id, &err), 0);
	assert_int_equal(store_view_open(&view, f->store, &err), 0);
	assert_int_equal(store_view_key_find(&view, key.hash, &f->arena, &key, &account, &err), 1);
	assert_int_equal(store_key_revoke(f->store, f->account, id, 60, &err), 1);
	put_all(f, &second, 1);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(
			store_view_key_find(&view, key.hash, &f->arena, &key, &account, &err), 1);
		assert_int_equal(key.revoked, again == 0 ? 0 : 60);
		assert_int_equal(store_view_page(&view, &query, &f->arena, &page, &err), 0);
		assert_int_equal(page.total_calls, again == 0 ? 1 : 2);
		assert_int_equal(
			store_view_find(&view, f->account, TEXT("b"), &f->arena, &call, &err),
			again);
		store_view_close(&view);
		assert_int_equal(store_view_open(&view, f->store, &err), 0);
	}
	store_view_close(&view);
	store_view_close(&view);
}

static int serve(const struct fixture *f, struct store **ret_store, struct error *err)
{
	const struct store_options options = {.for_server = true};

	return store_open(ret_store, f->folder, &options, err);
}

static void a_second_server_is_refused_until_the_first_is_gone(void **state)
{
	struct fixture *f = *state;
	struct store *first, *second;
	struct error err = {0};
	char pid[32];

	snprintf(pid, sizeof(pid), "(pid %ld)", (long)getpid());
	assert_int_equal(serve(f, &first, &err), 0);
	assert_int_equal(serve(f, &second, &err), -1);
	assert_int_equal(err.code, ERROR_BUSY);
	assert_non_null(strstr(err.message, pid));
	assert_int_equal(store_open(&second, f->folder, NULL, &err), 0);
	store_close(second);
	store_close(first);
	assert_int_equal(serve(f, &second, &err), 0);
	store_close(second);
}

static void the_servers_lock_dies_with_its_process(void **state)
{
	struct fixture *f = *state;
	struct store *store;
	struct error err = {0};
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		_exit(serve(f, &store, NULL) < 0 ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(serve(f, &store, &err), 0);
	store_close(store);
}

/* ---- backup ---- */

struct writing {
	struct fixture *fixture;
	_Atomic bool stop;
};

static void *put_until_stopped(void *context)
{
	struct writing *writing = context;

	for (int i = 0; !writing->stop; i++) {
		char session_id[16];
		struct store_put put;

		snprintf(session_id, sizeof(session_id), "w%d", i);
		put = put_of(writing->fixture, session_id, "1", 1000 + i, 1, "x");
		if (store_put_calls(writing->fixture->store, &put, 1, NULL) < 0) {
			return writing;
		}
	}
	return NULL;
}

static void a_backup_under_load_is_a_whole_store(void **state)
{
	struct fixture *f = *state;
	struct writing writing = {.fixture = f};
	struct store_put puts[] = {
		put_of(f, "a", "1", 1, 1, "x"),
		put_of(f, "b", "1", 2, 1, "x"),
	};
	char base[128], folder[256], path[512];
	pthread_t writer;
	void *failed;
	struct store *copy;
	struct error err = {0};

	put_all(f, puts, COUNT_OF(puts));
	folder_make(base);
	snprintf(folder, sizeof(folder), "%s/copy", base);
	path_of(folder, "callstep.db", path);
	pthread_create(&writer, NULL, put_until_stopped, &writing);
	if (store_backup(f->store, folder, &err) < 0) {
		fail_msg("%s", err.message);
	}
	writing.stop = true;
	pthread_join(writer, &failed);
	assert_null(failed);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(
		store_open(&copy, folder, &(struct store_options){.must_exist = true}, &err), 0);
	assert_int_equal(problems_of(copy), 0);
	store_close(copy);
	assert_int_equal(store_backup(f->store, folder, &err), -1);
	assert_int_equal(err.code, ERROR_EXISTS);
	folder_remove(base);
}

/* ---- damage ---- */

struct findings {
	int64_t count;
	char first[640];
};

static void note_problem(void *context, const char *sentence)
{
	struct findings *findings = context;

	if (findings->count++ == 0) {
		snprintf(findings->first, sizeof(findings->first), "%s", sentence);
	}
}

/* Does @sql without the index @name having a part in it. */
#define WITHOUT_INDEX(name, sql)                                                                   \
	"create temp table kept as select * from sqlite_schema where name = '" name "';"           \
	"pragma writable_schema = on; delete from sqlite_schema where name = '" name "';"          \
	"pragma writable_schema = reset;" sql ";"                                                  \
	"pragma writable_schema = on; insert into sqlite_schema select * from kept"

#define ADD_RECORD(id)                                                                             \
	"insert into audit values (" id ", 1, 1, 0, '', 'root', 'import', '', 0, 1, 1);"
#define ADD_RECORDS ADD_RECORD("1") ADD_RECORD("2") ADD_RECORD("3")

/* As schema/0004-keeping.sql has it. */
#define AUDIT_IS_KEPT                                                                              \
	"create trigger audit_is_kept before delete on audit\n"                                    \
	"when old.id > (select dropped from audit_floor)\n"                                        \
	"begin\n"                                                                                  \
	"\tselect raise(abort, 'records of the audit trail are not deleted');\n"                   \
	"end"

/* What the database itself refuses, whichever program writes to it. */
static void the_audit_trail_cannot_be_changed(void **state)
{
	static const struct {
		const char *sql, *words;
	} rows[] = {
		{"update audit set user = 'nobody'", "are not changed"},
		{"delete from audit", "are not deleted"},
		{"delete from audit where id = 3", "are not deleted"},
		{ADD_RECORD("3"), "without a gap"},
		{ADD_RECORD("5"), "without a gap"},
		{"insert or replace into audit values (2, 1, 1, 0, '', '', '', '', 0, 1, 1)",
			"without a gap"},
		{"insert into audit select null, 1, 1, 0, '', '', '', '', 0, 1, 1",
			"without a gap"},
		{"update audit_floor set dropped = -1", "does not get longer"},
		{"delete from audit_floor", "one old end"},
	};
	struct fixture *f = *state;
	char path[512];
	sqlite3 *db;

	tamper(f->folder, ADD_RECORDS);
	path_of(f->folder, "callstep.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(
			sqlite3_exec(db, rows[i].sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
		if (!strstr(sqlite3_errmsg(db), rows[i].words)) {
			fail_msg("%s: %s", rows[i].sql, sqlite3_errmsg(db));
		}
	}
	sqlite3_close(db);
	assert_int_equal(problems_of(f->store), 0);
}

static const struct {
	const char *sql;
	const char *words;
} damages[] = {
	{"update packed set deflate = cast(substr(deflate, 1, 20) || x'0000ffff' as blob) where "
	 "call_id = 1",
		"the call 'a' is damaged"},
	{"update packed set deflate = substr(deflate, 1, length(deflate) - 1) where call_id = 1",
		"do not end as they should"},
	{"update packed set crc32 = crc32 + 1 where call_id = 1", "the call 'a' is damaged"},
	{"update packed set size = size - 1 where call_id = 1", "the call 'a' is damaged"},
	{"update packed set size = 4000000000 where call_id = 1", "more than its bytes can hold"},
	{"update packed set crc32_op = 1 where call_id = 1", "operator"},
	{"update call set src = 'other' where id = 1", "its columns differ"},
	{"update call set \"end\" = 161 where id = 1", "its columns differ"},
	{"update call set steps = 7 where id = 1", "its columns differ"},
	{"insert into live (call_id, account_id, heard) values (4711, 1, 1)",
		"belongs to no row of 'call'"},
	{"insert into live (call_id, account_id, heard) values (1, 2, 1)",
		"is kept under the account 2, and not its own"},
	{"insert into live (call_id, account_id, heard) values (1, 1, 1)",
		"the text index does not fit the steps of the call of row 1"},
	{"update call set steps = -1 where id = 1", "does not know of"},
	{"update call set dest_key = '2' where id = 3", "says"},
	{"delete from packed where call_id = 1", "has lost its detail"},
	{"delete from call where id = 1", "belongs to no row of 'call'"},
	{"delete from account where id = 1", "belongs to no row of 'account'"},
	{"update call set path = x'02' where id = 1", "'a' has a path that does not fit its steps"},
	{"update call set path = null where id = 1", "'a' has a path that does not fit its steps"},
	{"update call set path = x'' where id = 3", "'c' has a path and no detail"},
	{"update kind set variable = 'other'", "the table of kinds lacks 'info' 'Menu' 'M'"},
	{"delete from kind", "the table of kinds lacks 'info' 'Menu' 'M'"},
	{"insert into words (words, rowid, line) values ('delete', 1, '1:x')",
		"does not fit the steps of the call of row 1"},
	{"insert into words (rowid, line) values (2, '1:x')",
		"does not fit the steps of the call of row 2"},
	{"insert into words (rowid, line) values (77, '1:x')", "words of calls that are not there"},
	{"delete from words_data where id > 10", "damaged"},
	{"update tally set calls = calls + 1 where is_all = 1 and seconds = 3600", "says 4 calls"},
	{"delete from tally where is_all = 0 and seconds = 60", "says 0 calls"},
	{"insert into tally values (1, 0, 'nobody', 86400, 0, 5)", "there are 0"},
	{"delete from tally where is_all = 1 and seconds = 2764800",
		"for 2764800 seconds from 0 says 0 calls"},
	{"insert into key values (9, 77, x'00', 1, '', 1, 0, 0, null, 0)",
		"belongs to no row of 'account'"},
	{"pragma writable_schema = on; delete from sqlite_schema where name = 'call_by_dest'",
		"the database is damaged"},
	{WITHOUT_INDEX("call_by_dest", "update call set dest_key = '9' where id = 3"),
		"the database is damaged"},
	{WITHOUT_INDEX("call_by_session", "delete from call where id = 3"),
		"the database is damaged"},
	{WITHOUT_INDEX("call_by_id", "update call set id = 2 where id = 3"),
		"the database is damaged"},
	{"insert into tally values (1, 0, '1', 60, 0, 0)", "says 0 calls, there are 0"},
	{"update tally set bucket = bucket + 60 where is_all = 1 and seconds = 60", "says 0 calls"},
	{"update call set path = cast(path || x'01' as blob) where id = 1",
		"'a' has a path that does not fit its steps"},
	{"insert into packed select 9, size, crc32, crc32_op, deflate from packed where call_id = "
	 "1",
		"belongs to no row of 'call'"},
	{"update packed set call_id = 3 where call_id = 2", "'b' has lost its detail"},
	{"update packed set deflate = (select deflate from packed where call_id = 2), "
	 "size = (select size from packed where call_id = 2), "
	 "crc32 = (select crc32 from packed where call_id = 2), "
	 "crc32_op = (select crc32_op from packed where call_id = 2) where call_id = 1",
		"its columns differ from its packed header"},
	{"insert into words (words, rowid, line) values ('delete', 1, '1:x'); "
	 "insert into words (rowid, line) values (1, '. 1:x')",
		"does not fit the steps of the call of row 1"},
	{"insert into words (words, rowid, line) values ('delete', 1, '1:x'); "
	 "insert into words (rowid, line) values (1, '2:x')",
		"does not fit the steps of the call of row 1"},
	{"insert into words (words) values ('delete-all')",
		"does not fit the steps of the call of row 1"},
	{"insert into kind values (77, 1, 'info', 'a', 'b')", "the account 77 is not there"},
	{"update call set type = 3 where id = 3", "the call of row 3 is not one"},
	{"update call set \"end\" = 1 where id = 3", "the call of row 3 is not one"},
	{"update call set session_id = '' where id = 3", "the call of row 3 is not one"},
	{"insert into key values (9, 1, x'00', 1, '', 1, 0, 0, null, 0)", "the key 9 is not one"},
	{"create trigger stranger after insert on call begin delete from call; end",
		"its trigger 'stranger' is not of this schema"},
	{"create view stranger as select * from call", "its view 'stranger' is not of this schema"},
	{"delete from keeping", "how long calls are kept is said 0 times"},
	{"update keeping set detail_days = -5", "how long calls are kept is said 0 times"},
	{"update account set detail_from = 102", "has 2 calls with detail where there should be"},
	{ADD_RECORDS "drop trigger audit_is_kept; delete from audit where id = 2",
		"its trigger 'audit_is_kept' is not as this schema has it"},
	{ADD_RECORDS "drop trigger audit_is_kept; delete from audit where id = 2; " AUDIT_IS_KEPT,
		"the audit trail has 2 records, it should have 3"},
	{ADD_RECORDS "update audit_floor set dropped = 1", "has 3 records, it should have 2"},
};

static void damage_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		struct fixture f;
		struct store_put puts[3];
		struct findings findings = {0};
		struct store_verdict verdict = {0};
		struct error err = {0};

		fixture_open(&f, "sqlite");
		puts[0] = put_of(&f, "a", "1", 100, 2, "x");
		puts[1] = put_of(&f, "b", "1", 101, 0, "x");
		puts[2] = put_of(&f, "c", "1", 102, -1, "x");
		put_all(&f, puts, COUNT_OF(puts));
		tamper(f.folder, damages[i].sql);
		if (store_verify(f.store, note_problem, NULL, &findings, &verdict, &err) < 0) {
			fail_msg("%s: %s", damages[i].sql, err.message);
		}
		if (findings.count == 0 || !strstr(findings.first, damages[i].words)) {
			fail_msg("%s: '%s'", damages[i].sql, findings.first);
		}
		assert_int_equal(verdict.problems, findings.count);
		fixture_close(&f);
	}
}

/* The copy of a file that was cut off: whether opening or checking tells, something does. */
static void a_file_that_is_cut_off_is_told(void **state)
{
	struct fixture *f = *state;
	struct findings findings = {0};
	struct store_verdict verdict = {0};
	struct error err = {0};
	char path[512];
	struct stat status;

	for (int i = 0; i < 100; i++) {
		char session_id[16];
		struct store_put put;

		snprintf(session_id, sizeof(session_id), "%d", i);
		put = put_of(f, session_id, "1", i, 5, "x");
		put_all(f, &put, 1);
	}
	store_close(f->store);
	f->store = NULL;
	path_of(f->folder, "callstep.db", path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(truncate(path, status.st_size * 3 / 4), 0);
	if (store_open(&f->store, f->folder, NULL, &err) < 0) {
		assert_int_equal(err.code, ERROR_CORRUPT);
		return;
	}
	assert_int_equal(store_verify(f->store, note_problem, NULL, &findings, &verdict, &err), 0);
	assert_true(verdict.problems > 0);
}

static void a_page_of_garbage_is_an_error_not_a_crash(void **state)
{
	struct fixture *f = *state;
	char garbage[8192], path[512];
	struct store_put put;
	struct store_query query = query_all(f);
	struct store_page page;
	struct findings findings = {0};
	struct store_verdict verdict;
	struct error err = {0};
	int fd;

	for (int i = 0; i < 200; i++) {
		char session_id[16];

		snprintf(session_id, sizeof(session_id), "%d", i);
		put = put_of(f, session_id, "1", i, 5, "x");
		put_all(f, &put, 1);
	}
	store_close(f->store);
	f->store = NULL;
	path_of(f->folder, "callstep.db", path);
	memset(garbage, 0x5a, sizeof(garbage));
	fd = open(path, O_WRONLY);
	for (off_t at = 8192; at < 24 * 8192; at += 8192) {
		assert_int_equal(pwrite(fd, garbage, sizeof(garbage), at), sizeof(garbage));
	}
	close(fd);
	if (store_open(&f->store, f->folder, NULL, &err) < 0) {
		fail_msg("%s", err.message);
	}
	assert_int_equal(store_page(f->store, &query, &f->arena, &page, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	assert_non_null(strstr(err.message, f->folder));
	assert_int_equal(store_verify(f->store, note_problem, NULL, &findings, &verdict, &err), 0);
	assert_true(verdict.problems > 0);
}

/* Takes the lock of those that copy the log (https://www.sqlite.org/walformat.html, 2.3.1) as
 * another program, tells so by a byte, and holds it for a while. */
static pid_t copy_log_elsewhere(const char *folder)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 121, .l_len = 1};
	const struct timespec hold = {.tv_nsec = 300 * 1000 * 1000};
	char path[512], ready = 0;
	int fds[2];
	pid_t child;

	path_of(folder, "callstep.db-shm", path);
	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		int fd = open(path, O_RDWR);

		ready = fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0;
		if (write(fds[1], &ready, 1) == 1) {
			nanosleep(&hold, NULL);
		}
		_exit(0);
	}
	assert_int_equal(read(fds[0], &ready, 1), 1);
	assert_true(ready);
	close(fds[0]);
	close(fds[1]);
	return child;
}

static void files_are_cleared_although_another_program_copies_the_log(void **state)
{
	struct fixture *f = *state;
	pid_t child = copy_log_elsewhere(f->folder);

	assert_int_equal(store_scrub(f->store, NULL), 1);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_store_makes_its_folders_and_is_private),
		STORE_TEST(a_store_is_there_when_it_is_opened_again),
		STORE_TEST(the_log_is_copied_back_however_much_is_put),
		STORE_TEST(memory_of_connections_is_given_back_once_nobody_uses_them),
		cmocka_unit_test(locations_that_hold_no_store_are_named),
		cmocka_unit_test(a_database_of_another_program_is_refused_and_left),
		cmocka_unit_test(a_store_without_its_log_gets_it_back),
		STORE_TEST(a_newer_schema_is_refused),
		STORE_TEST(the_audit_trail_cannot_be_changed),
		cmocka_unit_test(a_folder_that_may_not_be_written_is_named),
		cmocka_unit_test(many_may_make_the_store_at_the_same_time),
		STORE_TEST(two_handles_see_each_others_changes_at_once),
		STORE_TEST(a_view_sees_no_change_until_it_is_closed),
		STORE_TEST(a_second_server_is_refused_until_the_first_is_gone),
		STORE_TEST(the_servers_lock_dies_with_its_process),
		STORE_TEST(a_backup_under_load_is_a_whole_store),
		STORE_TEST(files_are_cleared_although_another_program_copies_the_log),
		cmocka_unit_test(damage_is_found),
		STORE_TEST(a_page_of_garbage_is_an_error_not_a_crash),
		STORE_TEST(a_file_that_is_cut_off_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
