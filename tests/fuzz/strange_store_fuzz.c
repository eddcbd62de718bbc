/* SPDX-License-Identifier: MIT
 * A store's database with bytes changed, and with its schema changed by any hand: it is opened or
 * refused with words, and whatever is asked of it ends. The input is a number of changes: a byte
 * that says which kind, and what that kind takes. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "call/call_json.h"
#include "fuzz_target.h"
#include "store/store.h"

#define CHANGES_MAX 16
#define FILE_MAX    ((size_t)8 << 20)
#define NOW	    INT64_C(1769817600)
#define TIDY_STEPS  20

/* What someone with sqlite3 could do to the schema. */
static const char *const statements[] = {
	"drop table tally",
	"drop table packed",
	"drop table account",
	"drop table key",
	"drop table kind",
	"drop table change",
	"drop table words",
	"drop table call",
	"drop index call_by_id",
	"drop index call_by_session",
	"alter table call rename column dest to elsewhere",
	"alter table call add column more text",
	"alter table account rename to accounts",
	"create view v as select * from call",
	"delete from account",
	"create trigger t after insert on call begin delete from packed; end",
	"pragma user_version = 0",
	"pragma user_version = 1",
	"pragma user_version = 99",
	"pragma application_id = 1",
	"update key set hash = x'00'",
	"update call set path = x'ffffffffffffffffff'",
	"update call set stays = x'ffffffffffffffffff'",
	"update call set stays = x'0000000101'",
	"update packed set size = -1",
	"update packed set deflate = x''",
	"update call set start = 9223372036854775807",
	"update account set id = id + 100",
	"drop table call; create table call (x)",
	"drop table tally; create view tally as select 1 as calls",
	"pragma writable_schema = on; update sqlite_schema set sql = 'x' where name = 'key'",
	"pragma writable_schema = on; update sqlite_schema set rootpage = 2",
	"pragma journal_mode = delete",
	"pragma encoding = 'UTF-16'",
	"delete from words",
	"update words_data set block = x'00000000ffffffffffffffffff' where id = 10",
	"update words_data set block = x'' where id = 10",
	"insert into words (words, rank) values ('automerge', 0)",
	"insert into kind values (1, 0, '', '', '')",
};

#define STATEMENT_COUNT (sizeof(statements) / sizeof(statements[0]))

/* A good store, made once; its file is what the inputs change. */
static struct {
	char folder[64];
	char database[96];
	struct arena arena;
	struct text good;
} made;

static void remove_files(void)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
	char path[128];

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", made.database, endings[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/callstep.lock", made.folder);
	unlink(path);
}

static void remove_all(void)
{
	remove_files();
	rmdir(made.folder);
	arena_deinit(&made.arena);
}

static void put_call(struct store *store, int64_t account_id, struct text json)
{
	AUTO(arena_deinit) struct arena arena;
	AUTO(buffer_deinit) struct buffer canonical, deflate;
	AUTO(packer_destroyp) struct packer *packer = packer_create();
	struct store_put put = {.account_id = account_id};

	arena_init(&arena, SIZE_MAX);
	buffer_init(&canonical, SIZE_MAX);
	buffer_init(&deflate, SIZE_MAX);
	fuzz_require(packer && call_json_read(json, (struct json_position){1, 1}, &arena,
				       &canonical, &put.call, NULL) == 0);
	fuzz_require(
		packer_pack(packer, buffer_text(&canonical), &deflate, &put.packed, NULL) == 0);
	fuzz_require(store_put_calls(store, &put, 1, NULL) == 0);
}

static void make_good_store(void)
{
	struct store_key key = {.scopes = STORE_SCOPE_READ, .label = TEXT("")};
	struct store *store = NULL;
	struct error err = {0};

	snprintf(made.folder, sizeof(made.folder), "/tmp/callstep-strange-XXXXXX");
	fuzz_require(mkdtemp(made.folder) != NULL);
	snprintf(made.database, sizeof(made.database), "%s/callstep.db", made.folder);
	fuzz_require(atexit(remove_all) == 0);
	fuzz_require(store_open(&store, made.folder, NULL, &err) == 0);
	fuzz_require(store_account_add(store, TEXT("a@b"), 1, &key.account_id, &err) == 0);
	fuzz_require(store_key_add(store, &key, &key.id, &err) == 0);
	put_call(store, key.account_id,
		TEXT("{\"dest\":\"1\",\"src\":\"2\",\"start\":\"1769817000\",\"end\":"
		     "\"1769817060\",\"session_id\":\"s\","
		     "\"detail\":[{\"event\":{\"line\":\"hello "
		     "you\",\"data\":{\"module_type\":\"menu\",\"result_variable\":\"v\"}},"
		     "\"class\":\"info\",\"timestamp\":1769817000}],\"type\":\"inbound\"}"));
	store_close(store);
	arena_init(&made.arena, 2 * FILE_MAX);
	fuzz_require(file_read(made.database, FILE_MAX, &made.arena, &made.good, &err) == 0);
	fuzz_require(made.good.size > 0);
}

static void write_database(void)
{
	AUTO(file_close)
	int fd = open(made.database, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fuzz_require(
		fd >= 0 && write(fd, made.good.data, made.good.size) == (ssize_t)made.good.size);
}

static void change_byte(const uint8_t input[4])
{
	AUTO(file_close) int fd = open(made.database, O_WRONLY | O_CLOEXEC);
	size_t at = ((size_t)input[0] << 16 | (size_t)input[1] << 8 | input[2]) % made.good.size;

	fuzz_require(fd >= 0 && pwrite(fd, &input[3], 1, (off_t)at) == 1);
}

static void change_schema(uint8_t which)
{
	sqlite3 *db = NULL;

	if (sqlite3_open(made.database, &db) == SQLITE_OK) {
		sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
		(void)sqlite3_exec(db, statements[which % STATEMENT_COUNT], NULL, NULL, NULL);
	}
	sqlite3_close(db);
}

static void cut_off(const uint8_t input[2])
{
	size_t size = made.good.size * (size_t)(input[0] << 8 | input[1]) / 65536;

	fuzz_require(truncate(made.database, (off_t)size) == 0);
}

static void change(const uint8_t *data, size_t size)
{
	write_database();
	for (int i = 0; i < CHANGES_MAX && size >= 5; i++) {
		switch (data[0] % 3) {
		case 0:
			change_byte(data + 1);
			break;
		case 1:
			change_schema(data[1]);
			break;
		default:
			cut_off(data + 1);
			break;
		}
		data += 5;
		size -= 5;
	}
}

static void ignore(void *context, const char *sentence)
{
	(void)context;
	fuzz_require(sentence[0] != '\0');
}

/* What was asked may fail, but says why. */
static void answered(int result, struct error *err)
{
	fuzz_require(result >= 0 || err->message[0] != '\0');
	*err = (struct error){0};
}

/* What upkeep and erasing do. */
static void change_everything(struct store *store)
{
	const struct store_drop drop = {.account_id = 1, .up_to = INT64_MAX, .limit = 2};
	const struct store_erase erase = {.account_id = 1, .number = TEXT("1"), .limit = 10};
	struct store_erased erased;
	struct error err = {0};
	int64_t number;
	int more = 1;

	answered(store_oldest(store, 1, true, &number, &err), &err);
	answered(store_drop(store, &drop, &number, &err), &err);
	for (int i = 0; i < TIDY_STEPS && more > 0; i++) {
		more = store_tidy(store, &err);
		answered(more, &err);
	}
	answered(store_erase(store, &erase, &erased, &err), &err);
	answered(store_audit_drop(store, INT64_MAX, 1, &number, &err), &err);
	answered(store_shrink(store, 0, INT64_MAX, &number, &err), &err);
}

/* Ends, whatever it finds. */
static void ask_everything(struct store *store)
{
	static const unsigned char hash[STORE_KEY_HASH_SIZE];
	AUTO(arena_deinit) struct arena arena;
	struct store_query query = {
		.account_id = 1, .end = INT64_MAX, .limit = 100, .detail_after = -1};
	struct store_search search = {
		.account_id = 1, .limit = 10, .detail_after = -1, .with_total = true};
	struct store_account account;
	struct store_verdict verdict;
	struct store_key key;
	struct store_call call;
	struct store_page page;
	struct filter filter;
	struct error err = {0};

	arena_init(&arena, (size_t)64 << 20);
	filter_init(&filter);
	search.filter = &filter;
	answered(store_ping(store, &err), &err);
	answered(store_key_find(store, hash, &arena, &key, &account, &err), &err);
	answered(store_page(store, &query, &arena, &page, &err), &err);
	answered(store_find(store, 1, TEXT("s"), &arena, &call, &err), &err);
	answered(filter_set(&filter, TEXT("text"), TEXT("hello"), NOW, &arena, &err), &err);
	answered(store_search(store, &search, &arena, &page, &err), &err);
	filter_init(&filter);
	answered(filter_set(&filter, TEXT("module"), TEXT("menu"), NOW, &arena, &err), &err);
	answered(store_search(store, &search, &arena, &page, &err), &err);
	answered(store_verify(store, ignore, NULL, NULL, &verdict, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct store_options options = {.must_exist = true};
	struct store *store = NULL;
	struct error err = {0};

	if (!made.good.data) {
		make_good_store();
	}
	remove_files();
	change(data, size);
	if (store_open(&store, made.folder, &options, &err) < 0) {
		fuzz_require(err.message[0] != '\0' && store == NULL);
		return 0;
	}
	ask_everything(store);
	change_everything(store);
	store_close(store);
	return 0;
}
