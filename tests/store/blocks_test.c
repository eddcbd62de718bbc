/* SPDX-License-Identifier: MIT
 * Blocks of columns: they answer as rows do in whatever state they are;
 * damage is never a wrong answer, is found, and goes; what was erased stands in none. That they
 * answer at all is told by sealing: otherwise each question here would be asked of rows alone. */
#include "behind.h"
#include "fixture.h"

#include <pthread.h>
#include <sqlite3.h>

#include "column/layout.h"
#include "sealing.h"

#define T MIDNIGHT

#define FRESH "select count(*) from call where start > (select up_to from sealed)"

static int set_up(void **state)
{
	int status = fixture_set_up(state);

	((struct fixture *)*state)->seals = false; /* the tests say when */
	return status;
}

/* ---- tests ---- */

static void calls_come_into_blocks_and_the_newest_stay(void **state)
{
	struct fixture *f = *state;
	struct text rows;

	put_many(f, 0, 5);
	assert_false(seal_all(f));
	assert_int_equal(number_of(f, "select count(*) from block"), 0);
	put_many(f, 5, 195);
	rows = answers_of(f);
	assert_false(seal_all(f));
	assert_int_equal(number_of(f, "select count(*) from block where calls = 32"), 6);
	assert_int_equal(number_of(f, "select count(*) from block where calls = 4"), 1);
	assert_int_equal(number_of(f, FRESH), 200 - 6 * 32 - 4);
	expect_answers(f, rows, "sealed");
	assert_int_equal(problems_of(f->store), 0);
}

/* Small blocks are made of the newest calls, and one of small ones. */
static void small_blocks_are_joined(void **state)
{
	struct fixture *f = *state;
	int64_t most = 0;

	for (int i = 0; i < 100; i++) {
		bool asked = i % (f->schema[0] ? 7 : 1) == 0; /* a network takes its time */
		struct text rows = {0};
		int64_t blocks;

		put_many(f, i, 1);
		rows = asked ? answers_of(f) : rows;
		assert_false(seal_all(f));
		if (asked) {
			expect_answers(f, rows, "sealed");
		}
		assert_true(number_of(f, FRESH) < 2 + 4);
		blocks = number_of(f, "select count(*) from block where calls < 32");
		most = blocks > most ? blocks : most;
	}
	assert_int_equal(most, 7);
	assert_int_equal(number_of(f, "select count(*) from block where calls = 32"), 3);
	assert_int_equal(number_of(f, "select count(*) from block"), 3);
	assert_int_equal(number_of(f, "select count(distinct id / 32) from segment"), 3);
	assert_int_equal(problems_of(f->store), 0);
}

/* A bulk that comes in takes the small blocks before it along. */
static void late_and_changed_calls_are_joined_too(void **state)
{
	struct fixture *f = *state;
	struct text rows;

	put_many(f, 0, 20);
	seal_all(f);
	put_one(f, 3, T + 31);
	put_one(f, 1000, T + 15);
	assert_int_equal(number_of(f, "select count(*) from late"), 2);
	put_many(f, 20, 40);
	rows = answers_of(f);
	seal_all(f);
	expect_answers(f, rows, "joined");
	assert_int_equal(number_of(f, "select count(*) from late"), 0);
	assert_int_equal(number_of(f, "select count(*) from gone"), 0);
	assert_int_equal(problems_of(f->store), 0);
}

/* A program may be killed between any two steps. */
static void answers_are_the_same_after_each_step(void **state)
{
	struct fixture *f = *state;
	struct store_sealed sealed;
	struct error err = {0};
	struct text rows;
	int more, steps = 0;

	put_many(f, 0, 150);
	rows = answers_of(f);
	do {
		more = store_seal(f->store, &sealed, &err);
		assert_true(more >= 0);
		expect_answers(f, rows, "after a step");
		assert_int_equal(problems_of(f->store), 0);
		steps++;
	} while (more > 0);
	assert_true(steps > 10); /* each block is claimed, then made */
}

static void late_and_changed_calls_make_a_block_anew(void **state)
{
	struct fixture *f = *state;
	struct text rows;

	put_many(f, 0, 150);
	seal_all(f);
	for (int i = 0; i < 40; i++) {
		put_one(f, 1000 + i, T + 5 + i);
	}
	for (int i = 0; i < 5; i++) {
		put_one(f, 10 + i, T + 400 + i); /* moves */
	}
	assert_int_equal(number_of(f, "select count(*) from late"), 45);
	assert_int_equal(number_of(f, "select count(*) from gone"), 5);
	rows = answers_of(f);
	seal_all(f);
	expect_answers(f, rows, "made anew");
	assert_true(number_of(f, "select count(*) from late") < 5);
	assert_true(number_of(f, "select max(calls) from block") <= 32);
	assert_int_equal(problems_of(f->store), 0);
}

static void dropped_calls_leave_their_blocks(void **state)
{
	struct fixture *f = *state;
	struct text rows;

	put_many(f, 0, 150);
	seal_all(f);
	assert_int_equal(drop_old(f, T + 700, 1000, false), 71);
	assert_int_equal(number_of(f, "select count(*) from gone"), 0);
	rows = answers_of(f);
	seal_all(f);
	expect_answers(f, rows, "detail was dropped");
	/* The blocks of which all detail is over its days have none any more. */
	assert_int_equal(number_of(f, "select sum(detail) from block where id in (select id from "
				      "block order by high limit 2)"),
		0);
	assert_int_equal(drop_old(f, T + 800, 1000, true), 81);
	rows = answers_of(f);
	seal_all(f);
	expect_answers(f, rows, "calls were dropped");
	assert_int_equal(problems_of(f->store), 0);
	assert_int_equal(drop_old(f, INT64_MAX, 1000, true), 69);
	seal_all(f);
	assert_int_equal(number_of(f, "select count(*) from segment"), 0);
	assert_int_equal(number_of(f, "select count(*) from gone"), 0);
	put_many(f, 300, 100);
	rows = answers_of(f);
	seal_all(f);
	expect_answers(f, rows, "calls came again");
	assert_int_equal(problems_of(f->store), 0);
}

static void a_second_with_more_calls_than_a_block_is_read_row_by_row(void **state)
{
	struct fixture *f = *state;
	struct text rows;

	for (int i = 0; i < 200; i++) {
		put_one(f, i, i < 60 ? T : T + (i < 120 ? 7 : i));
	}
	rows = answers_of(f);
	seal_all(f);
	assert_int_equal(number_of(f, "select count(*) from block where calls = -1"), 2);
	assert_true(number_of(f, "select count(*) from block where calls > 0") > 0);
	expect_answers(f, rows, "sealed");
	assert_int_equal(problems_of(f->store), 0);
}

/* Calls begin @apart seconds one after the other, and go on. */
static void begin_many(struct fixture *f, int from, int count, int64_t start, int apart)
{
	for (int i = 0; i < count; i++) {
		const struct store_put put = make_put(f, from + i, start + i * apart);
		struct store_amend amend = {f->account, put.call.session_id, STORE_AMEND_START,
			.call = {.start = put.call.start}, .from = -1, .heard = T,
			.detail_after = -1, .size_max = 1 << 20};
		struct store_entry entry = {.amend = &amend};

		assert_int_equal(store_amend_calls(f->store, &entry, 1, NULL), 0);
	}
}

/* Calls that go on belong to no block: a block of them alone would be claimed without end. */
static void calls_that_go_on_are_not_claimed(void **state)
{
	struct fixture *f = *state;

	begin_many(f, 0, 100, T, 0);
	assert_false(seal_all(f));
	begin_many(f, 200, 100, T + 1000, 3);
	assert_false(seal_all(f));
	assert_int_equal(number_of(f, "select count(*) from block"), 0);
	/* Beside others they stay in the list of those that are looked at one by one. */
	put_many(f, 1000, 100);
	assert_false(seal_all(f));
	assert_true(number_of(f, "select sum(calls) from block") >= 100 - 4);
	assert_int_equal(number_of(f, "select count(*) from late"), 200);
	for (int i = 0; i < 100; i++) {
		put_one(f, i, T);
		put_one(f, 200 + i, T + 1000 + i * 3);
	}
	assert_false(seal_all(f));
	assert_int_equal(problems_of(f->store), 0);
}

/* ---- blocks of older versions ---- */

/* A version of blocks. */
struct older {
	int version;
	uint32_t lacks;	      /* a bit for each column that they do not have */
	uint32_t stamps[200]; /* by block */
};

/* Makes @segment what a program of that version wrote. */
static struct text old_segment(struct fixture *f, const struct older *older, struct text segment,
	enum column_id column, uint32_t stamp)
{
	char *bytes = arena_calloc(&f->arena, segment.size, 1);
	struct text payload = {
		.data = bytes + COLUMN_HEADER_SIZE, .size = segment.size - COLUMN_HEADER_SIZE};
	uint32_t number;

	assert_non_null(bytes);
	memcpy(bytes, segment.data, segment.size);
	if (column == COLUMN_HEAD) {
		number = htole32(column_get32(payload.data) & ~older->lacks);
		memcpy(bytes + COLUMN_HEADER_SIZE, &number, sizeof(number));
	}
	for (size_t i = 0; older->version == 1 && column == COLUMN_FLAGS && i < payload.size; i++) {
		bytes[COLUMN_HEADER_SIZE + i] &= (char)~COLUMN_FLAG_TOLD;
	}
	bytes[0] = (char)older->version;
	number = htole32(stamp);
	memcpy(bytes + 8, &number, sizeof(number));
	number = htole32(
		column_crc32(column_crc32(0, (struct text){.data = bytes, .size = 12}), payload));
	memcpy(bytes + 12, &number, sizeof(number));
	return (struct text){.data = bytes, .size = segment.size};
}

static void put_old_segment(sqlite3 *db, int64_t id, struct text segment)
{
	sqlite3_stmt *update;

	assert_int_equal(sqlite3_prepare_v2(
				 db, "update segment set data = ? where id = ?", -1, &update, NULL),
		SQLITE_OK);
	sqlite3_bind_blob(update, 1, segment.data, (int)segment.size, SQLITE_STATIC);
	sqlite3_bind_int64(update, 2, id);
	assert_int_equal(sqlite3_step(update), SQLITE_DONE);
	sqlite3_finalize(update);
}

/* Writes all segments anew with the stamp of their block, and then has those that are right. */
static void age_segments(struct fixture *f, struct older *older)
{
	uint32_t stamps[200] = {0};
	sqlite3 *db = open_behind(f);
	sqlite3_stmt *rows;

	assert_int_equal(
		sqlite3_prepare_v2(db, "select id, data from segment order by id", -1, &rows, NULL),
		SQLITE_OK);
	while (sqlite3_step(rows) == SQLITE_ROW) {
		const struct text data = {.data = sqlite3_column_blob(rows, 1),
			.size = (size_t)sqlite3_column_bytes(rows, 1)};
		int64_t id = sqlite3_column_int64(rows, 0);
		enum column_id column = (enum column_id)(id % 32);
		struct text aged = old_segment(f, older, data, column, older->stamps[id / 32]);
		uint32_t stamp = column == COLUMN_HEAD ? 0 : stamps[id / 32];

		stamps[id / 32] = column_crc32(stamp, text_tail(aged, COLUMN_HEADER_SIZE));
		put_old_segment(db, id, aged);
	}
	sqlite3_finalize(rows);
	sqlite3_close(db);
	memcpy(older->stamps, stamps, sizeof(stamps));
}

static void make_old(struct fixture *f, struct older older)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		"delete from segment where %u >> (id %% 32) & 1; update block set version = %d",
		older.lacks, older.version);
	tamper(f, sql);
	age_segments(f, &older);
	age_segments(f, &older);
}

static void old_blocks_answer(struct fixture *f, struct older older)
{
	struct store_sealed sealed;
	struct error err = {0};
	struct text rows;
	int64_t old;

	put_many(f, 0, 150);
	seal_all(f);
	make_old(f, older);
	put_one(f, 1000, T + 15);
	put_one(f, 7, T + 71);
	rows = answers_of(f);
	assert_int_equal(problems_of(f->store), 0);
	old = number_of(f, "select count(*) from block where version < 3");
	assert_true(old > 4);
	while (store_seal(f->store, &sealed, &err) > 0) {
		assert_false(sealed.damaged);
		expect_answers(f, rows, "in the middle");
		assert_int_equal(problems_of(f->store), 0);
	}
	assert_int_equal(number_of(f, "select count(*) from block where version <> 3"), 0);
}

#define STAYS (1U << COLUMN_STAYS)

/* They do not say how calls went. */
static void blocks_of_version_1_answer_what_they_know_until_they_are_made_anew(void **state)
{
	old_blocks_answer(
		*state, (struct older){.version = 1, .lacks = STAYS | 0xfU << COLUMN_OUTCOME});
}

/* They do not say how long calls stayed where. */
static void blocks_of_version_2_answer_what_they_know_until_they_are_made_anew(void **state)
{
	old_blocks_answer(*state, (struct older){.version = 2, .lacks = STAYS});
}

/* ---- damage ---- */

/* What is done, and how PostgreSQL says it where it says it in another way. Its triggers do not see
 * it. */
static const struct damage {
	const char *sql;
	const char *postgres;
} damages[] = {
	{"update segment set data = zeroblob(length(data)) where id % 32 = 0",
		"update segment set data = decode(repeat('00', length(data)), 'hex') "
		"where id % 32 = 0"},
	{.sql = "delete from segment where id = (select min(id) from segment)"},
	{.sql = "delete from segment where id % 32 = 1"},
	{.sql = "delete from segment where id % 32 = 15"},
	{.sql = "delete from segment"},
	{"update segment set data = x'' where id % 32 = 8",
		"update segment set data = ''::bytea where id % 32 = 8"},
	{.sql = "update segment set data = substr(data, 1, length(data) - 1) where id % 32 = 14"},
	{"insert or replace into segment select id - 32, data from segment where id >= 64",
		"update segment s set data = o.data from segment o where o.id = s.id + 32"},
	{"insert or replace into segment select id - 32, data from segment where id = 69",
		"update segment s set data = o.data from segment o where o.id = s.id + 32 "
		"and s.id = (select min(id) + 5 from segment)"},
	{.sql = "update block set calls = calls - 1"},
	{.sql = "update block set first_start = first_start + 1"},
	{.sql = "update block set last_start = last_start - 1"},
	{.sql = "update block set detail = detail - 1"},
	{.sql = "update block set high = high - 1 where id = (select min(id) from block)"},
	{.sql = "update block set low = low + 1 where id = (select max(id) from block)"},
	{.sql = "delete from block where id = (select id from block order by id limit 1 offset 1)"},
	{.sql = "delete from block where id = (select max(id) from block)"},
	{.sql = "update sealed set up_to = up_to + 1"},
	{.sql = "update sealed set up_to = up_to - 1"},
	{.sql = "delete from sealed"},
	{.sql = "delete from gone"},
	{.sql = "delete from late"},
	{"insert into gone select account_id, start, id from call order by start limit 1",
		"insert into gone select account_id, start, session_id from call order by start "
		"limit 1"},
	{"insert into gone select account_id, start, -5 from call order by start limit 1",
		"insert into gone select account_id, start, '-5' from call order by start limit 1"},
	{"insert into gone select account_id, 1, -5 from call order by start limit 1",
		"insert into gone select account_id, 1, '-5' from call order by start limit 1"},
	{"insert into late select account_id, start, id from call order by start limit 1",
		"insert into late select account_id, start, session_id from call order by start "
		"limit 1"},
	{.sql = "update call set \"end\" = \"end\" + 1 where session_id = 's00005'"},
	{.sql = "update call set dest = '1' where session_id = 's00005'"},
	{.sql = "update call set outcome = 8 where session_id = 's00005'"},
	{.sql = "update call set talk = 49 where session_id = 's00006'"},
	{.sql = "update block set version = 1"},
	{.sql = "delete from segment where id % 32 between 16 and 19"},
};

static void do_damage(const struct fixture *f, const struct damage *damage)
{
	char sql[512];

	snprintf(sql, sizeof(sql), "%s%s",
		f->schema[0] ? "set session_replication_role = replica; " : "",
		f->schema[0] && damage->postgres ? damage->postgres : damage->sql);
	tamper(f, sql);
}

/* Damage that only a comparison with rows shows: an answer may be wrong until then, as with an
 * index of the database. */
static bool is_quiet(const char *damage)
{
	return strstr(damage, "_start =") || strstr(damage, "from gone") ||
	       strstr(damage, "from late") ||
	       strstr(damage, "into gone select account_id, start, id") ||
	       strstr(damage, "into late") || strstr(damage, "update call") ||
	       strstr(damage, "set detail");
}

/* A byte of each column, one after the other. */
static int flip_column(const struct fixture *f, int column)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		f->schema[0]
			? "update segment set data = set_byte(data, 20, 165) where id %% 32 = %d "
			  "and length(data) > 21 and get_byte(data, 20) <> 165"
			: "update segment set data = cast(substr(data, 1, 20) || x'a5' || "
			  "substr(data, 22) "
			  "as blob) where id %% 32 = %d and length(data) > 21 and substr(data, 21, "
			  "1) <> "
			  "x'a5'",
		column);
	tamper(f, sql);
	return column;
}

static void make_damaged(struct fixture *f)
{
	put_many(f, 0, 150);
	seal_all(f);
	put_one(f, 1000, T + 15);
	put_one(f, 7, T + 71);
}

static void expect_mended(struct fixture *f, const char *damage)
{
	struct text rows;

	if (problems_of(f->store) == 0) {
		fail_msg("not found: %s", damage);
	}
	if (strstr(damage, "update call")) {
		return; /* no call is mended by its index */
	}
	if (!seal_all(f)) {
		fail_msg("not noted: %s", damage);
	}
	if (problems_of(f->store) != 0) {
		fail_msg("not mended: %s", damage);
	}
	rows = answers_of(f);
	tamper(f, "delete from segment; delete from block; delete from sealed; delete from late; "
		  "delete from gone");
	expect_answers(f, rows, damage);
}

static void damage_is_never_a_wrong_answer_is_found_and_mended(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(damages) + COLUMN_STAYS + 1; i++) {
		const char *damage = i < COUNT_OF(damages) ? damages[i].sql : "a byte of a column";
		struct text rows;
		struct fixture *f;
		void *made;

		set_up(&made);
		f = made;
		make_damaged(f);
		rows = answers_of(f);
		if (i < COUNT_OF(damages)) {
			do_damage(f, &damages[i]);
		} else {
			flip_column(f, (int)(i - COUNT_OF(damages)));
		}
		if (!is_quiet(damage)) {
			expect_answers(f, rows, damage);
		}
		expect_mended(f, damage);
		fixture_tear_down(&made);
	}
}

static void a_question_that_meets_damage_lets_it_be_mended(void **state)
{
	struct fixture *f = *state;
	struct text rows;

	make_damaged(f);
	rows = answers_of(f);
	tamper(f, "delete from segment where id % 32 = 8");
	expect_answers(f, rows, "damaged");
	assert_true(seal_all(f));
	do { /* a question meets the newest block that is damaged */
		expect_answers(f, rows, "mended in part");
	} while (seal_all(f));
	assert_int_equal(problems_of(f->store), 0);
}

/* A stay that is another than the packed call says, under a right checksum. */
static void change_a_stay(struct fixture *f)
{
	struct column_header header;
	struct text segment, payload;
	int64_t id = number_of(f, "select min(id) from segment where id % 32 = 20");
	char *bytes;

	segment = segment_of(f, id);
	assert_int_equal(column_header_read(segment, COLUMN_STAYS, 1, &header, &payload, NULL), 0);
	bytes = (char *)(uintptr_t)segment.data;
	bytes[COLUMN_HEADER_SIZE] ^= 1;
	column_header_write(bytes, &header, payload);
	put_segment(f, id, segment);
}

static void a_stay_that_is_not_that_of_the_call_is_found_and_mended(void **state)
{
	struct fixture *f = *state;

	put_many(f, 0, 150);
	seal_all(f);
	assert_int_equal(problems_of(f->store), 0);
	change_a_stay(f);
	assert_int_equal(problems_of(f->store), 1);
	assert_true(seal_all(f));
	assert_int_equal(problems_of(f->store), 0);
}

/* Their detail_after is below all times, and that of which no detail was dropped. */
static void accounts_that_keep_detail_for_ever_are_asked_by_columns(void **state)
{
	struct fixture *f = *state;
	struct filter filter;
	const struct store_search search = {.account_id = f->account,
		.filter = &filter,
		.detail_after = INT64_MIN,
		.limit = 1,
		.with_total = true};
	struct store_page page;
	struct error err = {0};

	put_many(f, 0, 150);
	seal_all(f);
	tamper(f, "delete from segment where id % 32 = 8");
	filter_init(&filter);
	assert_int_equal(filter_set(&filter, TEXT("module"), TEXT("queue"), T, &f->arena, &err), 1);
	assert_int_equal(store_search(f->store, &search, &f->arena, &page, &err), 0);
	assert_true(seal_all(f)); /* damage was met */
}

/* ---- erasing ---- */

/* The files of tables, of their large values and of indices. */
#define FILES_WITH                                                                                 \
	"checkpoint; select count(*) from pg_class c where position('%s'::bytea in "               \
	"pg_read_binary_file(pg_relation_filepath(c.oid))) > 0 and c.relkind in ('r', 't', 'i') "  \
	"and (c.relnamespace = current_schema()::regnamespace or c.oid in (select reltoastrelid "  \
	"from pg_class t where t.relnamespace = current_schema()::regnamespace))"

static bool file_has(const struct fixture *f, const char *word)
{
	AUTO(buffer_deinit) struct buffer bytes;
	char path[512];
	FILE *file;
	size_t got;

	if (f->schema[0]) {
		snprintf(path, sizeof(path), FILES_WITH, word);
		return number_of(f, path) > 0;
	}
	buffer_init(&bytes, SIZE_MAX);
	snprintf(path, sizeof(path), "%s/callstep.db", f->folder);
	file = fopen(path, "r");
	assert_non_null(file);
	do {
		char *at = buffer_reserve(&bytes, 65536);

		assert_non_null(at);
		got = fread(at, 1, 65536, file);
		buffer_advance(&bytes, got);
	} while (got > 0);
	fclose(file);
	return memmem(bytes.data, bytes.size, word, strlen(word)) != NULL;
}

static int64_t erase_number(struct fixture *f, const char *number)
{
	const struct store_erase erase = {
		.account_id = f->account, .number = text_of(number), .limit = 100};
	struct store_erased erased;
	struct error err = {0};

	if (store_erase(f->store, &erase, &erased, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return erased.calls;
}

/* Texts that are not digits stand in a block as they are, where they can be looked for. */
static void a_number_that_was_erased_stands_in_no_block(void **state)
{
	struct fixture *f = *state;
	struct store_put held = put_of(f, "held", "secret-desk-one", T + 33, 1, "x");
	struct store_put changed = put_of(f, "changed", "secret-desk-two", T + 43, 1, "x");
	struct error err = {0};

	put_many(f, 0, 150);
	put_all(f, &held, 1);
	put_all(f, &changed, 1);
	seal_all(f);
	changed = put_of(f, "changed", "6177123001", T + 43, 1, "x");
	put_all(f, &changed, 1);
	assert_int_equal(store_scrub(f->store, &err), 1);
	assert_true(file_has(f, "secret-desk-two")); /* in a block alone */
	assert_true(file_has(f, "secret-desk-one"));
	assert_int_equal(erase_number(f, "secret-desk-two"), 0);
	assert_int_equal(store_scrub(f->store, &err), 1);
	assert_false(file_has(f, "secret-desk-two"));
	assert_int_equal(erase_number(f, "secret-desk-one"), 1);
	assert_int_equal(store_scrub(f->store, &err), 1);
	assert_false(file_has(f, "secret-desk-one"));
	seal_all(f);
	assert_int_equal(store_scrub(f->store, &err), 1);
	assert_false(file_has(f, "secret-desk-one"));
	assert_int_equal(number_of(f, "select count(*) from gone"), 0);
	assert_int_equal(problems_of(f->store), 0);
}

/* ---- several at once ---- */

struct beside {
	struct fixture *f;
	bool stop;
};

static void *seal_beside(void *context)
{
	struct beside *beside = context;
	struct store_sealed sealed;
	struct error err = {0};

	while (!__atomic_load_n(&beside->stop, __ATOMIC_ACQUIRE)) {
		if (store_seal(beside->f->store, &sealed, &err) < 0 || sealed.damaged) {
			return strdup(sealed.damaged ? sealed.damage.message : err.message);
		}
	}
	return NULL;
}

static void calls_change_while_they_are_sealed(void **state)
{
	struct fixture *f = *state;
	struct beside beside = {.f = f};
	struct text rows;
	void *failed;
	pthread_t id;

	assert_int_equal(pthread_create(&id, NULL, seal_beside, &beside), 0);
	for (int round = 0; round < 25; round++) {
		put_many(f, round * 20, 40); /* each call twice, the second time anew */
		put_one(f, 5000 + round, T + round * 100 + 3);
		drop_old(f, T + round * 60, 5, round % 2 == 0);
		if (round % 5 == 0) {
			erase_number(f, "6177123004");
		}
	}
	__atomic_store_n(&beside.stop, true, __ATOMIC_RELEASE);
	pthread_join(id, &failed);
	if (failed) {
		fail_msg("%s", (const char *)failed);
	}
	assert_int_equal(problems_of(f->store), 0);
	rows = answers_of(f);
	seal_all(f);
	expect_answers(f, rows, "sealed to the end");
	tamper(f, "delete from segment; delete from block; delete from sealed; delete from late; "
		  "delete from gone");
	expect_answers(f, rows, "rows alone");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(calls_come_into_blocks_and_the_newest_stay),
		TEST(small_blocks_are_joined),
		TEST(late_and_changed_calls_are_joined_too),
		TEST(answers_are_the_same_after_each_step),
		TEST(late_and_changed_calls_make_a_block_anew),
		TEST(dropped_calls_leave_their_blocks),
		TEST(a_second_with_more_calls_than_a_block_is_read_row_by_row),
		TEST(calls_that_go_on_are_not_claimed),
		cmocka_unit_test(damage_is_never_a_wrong_answer_is_found_and_mended),
		TEST(a_question_that_meets_damage_lets_it_be_mended),
		TEST(a_stay_that_is_not_that_of_the_call_is_found_and_mended),
		TEST(accounts_that_keep_detail_for_ever_are_asked_by_columns),
		TEST(a_number_that_was_erased_stands_in_no_block),
		TEST(calls_change_while_they_are_sealed),
	};
	/* No store on PostgreSQL ever had blocks of these. */
	const struct CMUnitTest older[] = {
		TEST(blocks_of_version_1_answer_what_they_know_until_they_are_made_anew),
		TEST(blocks_of_version_2_answer_what_they_know_until_they_are_made_anew),
	};
	bool is_embedded = strncmp(getenv("CALLSTEP_TEST_BACKEND"), "blocks", 6) == 0;
	int failed = is_embedded ? cmocka_run_group_tests(older, NULL, NULL) : 0;

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
