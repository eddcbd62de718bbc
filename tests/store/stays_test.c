/* SPDX-License-Identifier: MIT
 * What a row of the embedded store says of how long its call stayed where: it is as the steps say
 * whatever becomes of the call, blocks are made of it alone, and damage of it is found and mended.
 */
#include "behind.h"
#include "fixture.h"

#include <sqlite3.h>

#include "answers.h"

#define T MIDNIGHT

/* Whether anything was damaged. */
static bool seal_all(struct fixture *f)
{
	struct store_sealed sealed;
	struct error err = {0};
	bool damaged = false;
	int more;

	do {
		more = store_seal(f->store, &sealed, &err);
		if (more < 0) {
			fail_msg("%s", err.message);
		}
		damaged |= sealed.damaged;
	} while (more > 0);
	return damaged;
}

/* ---- calls ---- */

static const struct step_of long_way[] = {{"info", "menu", "main", "one"},
	{"info", "menu", "main", "No input"}, {"info", NULL, NULL, "two"},
	{"error", "digits", "pin", "Invalid input"}, {"info", "menu", "main", "three"},
	{"info", "queue", "sales", "four"}, {"info", "hangup", "end", "five"}};
static const struct step_of short_way[] = {
	{"info", "queue", "sales", "one"}, {"info", "digits", "pin", "Timeout"}};

/* The steps are some seconds, or minutes, one after the other. */
static struct store_put make_put(
	struct fixture *f, int number, const struct step_of *steps, size_t count)
{
	char session[24];
	struct store_put put;

	snprintf(session, sizeof(session), "s%05d", number);
	put = put_of_steps(f, session, T + number * INT64_C(10), steps, count);
	put.call.end = put.call.start + 30 + number % 400;
	repack(f, &put, steps, count);
	return put;
}

static void put_long(struct fixture *f, int from, int count)
{
	struct store_put puts[150];

	assert_in_range(count, 1, COUNT_OF(puts));
	for (int i = 0; i < count; i++) {
		puts[i] = make_put(
			f, from + i, long_way, (size_t)(from + i) % (COUNT_OF(long_way) + 1));
	}
	put_all(f, puts, (size_t)count);
}

static void amend(struct fixture *f, const char *session, struct store_amend amend)
{
	struct store_entry entry = {.amend = &amend};
	struct error err = {0};

	amend.account_id = f->account;
	amend.session_id = text_of(session);
	amend.heard = T;
	amend.detail_after = -1;
	amend.size_max = 1 << 20;
	if (store_amend_calls(f->store, &entry, 1, &err) < 0) {
		fail_msg("%s", err.message);
	}
	assert_int_equal(amend.result, STORE_AMENDED);
}

#define STEP(module, line, time)                                                                   \
	"{\"event\":{\"line\":\"" line "\",\"data\":{\"module_type\":\"" module "\","              \
	"\"result_variable\":\"v\"}},\"class\":\"info\",\"timestamp\":" time "}"

/* ---- what is expected ---- */

#define WITHOUT_BLOCKS                                                                             \
	"delete from segment; delete from block; delete from sealed; delete from late; "           \
	"delete from gone;"

static void reopen(struct fixture *f)
{
	const struct store_options options = {.block_calls = 32};
	struct error err = {0};

	store_close(f->store);
	if (store_open(&f->store, f->folder, &options, &err) < 0) {
		fail_msg("%s", err.message);
	}
}

/* A store that is opened anew looks at all calls for blocks. */
static void drop_blocks(struct fixture *f)
{
	tamper(f, WITHOUT_BLOCKS);
	reopen(f);
}

/* Each row with steps says it, no other does, and what is answered by it is what packed calls
 * say. */
static void expect_fit(struct fixture *f, const char *when)
{
	struct text packed, rows;

	if (problems_of(f->store) != 0 ||
		number_of(f, "select count(*) from call where (steps < 0) <> (stays is null)") !=
			0) {
		fail_msg("%s: a row does not say it, or not right", when);
	}
	drop_blocks(f);
	packed = answers_of(f);
	assert_false(seal_all(f));
	assert_true(number_of(f, "select sum(calls) from block") > 0);
	rows = answers_of(f);
	if (!text_equal(packed, rows)) {
		fail_msg("%s:\n%.*s\nnot\n%.*s", when, TEXT_ARG(rows), TEXT_ARG(packed));
	}
}

/* ---- how often packed calls are read ---- */

static int reads_of_packed;

static int count_reads(unsigned int type, void *context, void *statement, void *text)
{
	(void)type;
	(void)context;
	(void)statement;
	reads_of_packed += strstr(text, "from packed") != NULL;
	return 0;
}

/* SQLite calls it for each new connection. */
static int trace_connection(sqlite3 *db, char **message, const struct sqlite3_api_routines *api)
{
	(void)message;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, count_reads, NULL);
}

static int set_up(void **state)
{
	int status;

	assert_int_equal(sqlite3_auto_extension((void (*)(void))trace_connection), SQLITE_OK);
	status = fixture_new(state, "blocks32");
	((struct fixture *)*state)->seals = false; /* the tests say when */
	return status;
}

static int tear_down(void **state)
{
	sqlite3_reset_auto_extension();
	return fixture_tear_down_sound(state);
}

/* ---- tests ---- */

static void a_block_is_made_of_rows_that_say_it_without_a_packed_call(void **state)
{
	struct fixture *f = *state;

	put_long(f, 0, 150);
	reads_of_packed = 0;
	assert_false(seal_all(f));
	assert_true(number_of(f, "select sum(calls) from block") > 100);
	assert_int_equal(reads_of_packed, 0);
	expect_fit(f, "sealed");
}

/* As an earlier program wrote them. The first call has no steps, so nothing is to be read. */
static void packed_calls_are_read_of_rows_that_do_not_say_it(void **state)
{
	struct fixture *f = *state;
	struct text rows, blocks;

	put_long(f, 0, 150);
	tamper(f, "update call set stays = null where session_id < 's00015'");
	rows = answers_of(f);
	reads_of_packed = 0;
	assert_false(seal_all(f));
	assert_int_equal(reads_of_packed, 13); /* of each eighth call there are no steps */
	blocks = answers_of(f);
	assert_true(text_equal(rows, blocks));
	assert_int_equal(problems_of(f->store), 0);
}

/* Calls in no block are asked for beside blocks. */
static void a_question_reads_no_packed_call_of_rows_that_say_it(void **state)
{
	struct fixture *f = *state;

	put_long(f, 0, 150);
	assert_false(seal_all(f));
	put_long(f, 0, 3);
	put_long(f, 150, 1);
	assert_int_equal(number_of(f, "select count(*) from late"), 3);
	reads_of_packed = 0;
	answers_of(f);
	assert_int_equal(reads_of_packed, 0);
	expect_fit(f, "asked");
}

static void it_is_right_whatever_becomes_of_a_call(void **state)
{
	struct fixture *f = *state;
	struct store_put put;

	put_long(f, 0, 150);
	put = make_put(f, 5, short_way, COUNT_OF(short_way));
	put_all(f, &put, 1);
	expect_fit(f, "other steps came");

	put = put_of(f, "s00006", "6177123001", T + 55, -1, "");
	put.call.end = T + 1000;
	put_all(f, &put, 1);
	put.call.session_id = TEXT("s00013");
	put.call.start = T + 132;
	put.call.end = T + 133;
	put_all(f, &put, 1);
	expect_fit(f, "it starts and ends at other times");

	put = make_put(f, 7, long_way, 0);
	put_all(f, &put, 1);
	put = put_of(f, "s00200", "6177123001", T + 800, -1, "");
	put_all(f, &put, 1);
	expect_fit(f, "there are no steps");

	assert_int_equal(drop_old(f, T + 20, 1000, false), 3);
	expect_fit(f, "detail was dropped");
	assert_int_equal(drop_old(f, T + 30, 1000, true), 4);
	expect_fit(f, "calls were dropped");
}

static void it_is_right_of_calls_that_go_on_and_end(void **state)
{
	struct fixture *f = *state;

	put_long(f, 0, 150);
	amend(f, "goes-on",
		(struct store_amend){
			.given = STORE_AMEND_START, .call = {.start = T + 100}, .from = -1});
	amend(f, "goes-on",
		(struct store_amend){
			.steps = TEXT("[" STEP("menu", "one", "1769817710") "]"), .from = 0});
	expect_fit(f, "it goes on");
	amend(f, "goes-on",
		(struct store_amend){
			.steps = TEXT("[" STEP("queue", "No input", "1769817790") "]"), .from = 1});
	expect_fit(f, "it went on");
	amend(f, "goes-on",
		(struct store_amend){.given = STORE_AMEND_STATE | STORE_AMEND_END,
			.call = {.state = CALL_ENDED, .end = T + 700},
			.from = -1});
	expect_fit(f, "it ended");
	amend(f, "goes-on",
		(struct store_amend){.given = STORE_AMEND_START | STORE_AMEND_END,
			.call = {.start = T + 90, .end = T + 800},
			.from = -1});
	expect_fit(f, "its header changed");
}

/* What a program of schema 12 wrote stays as it is, blocks too. */
static void a_store_of_schema_12_is_not_read_when_it_is_opened(void **state)
{
	struct fixture *f = *state;
	struct store_put put;
	struct text rows, found;
	int64_t newest;

	put_long(f, 0, 150);
	assert_false(seal_all(f));
	rows = answers_of(f);
	newest = number_of(f, "select max(id) from block");
	tamper(f, "alter table call drop column stays; alter table key drop column of_key;"
		  "alter table key drop column expires; pragma user_version = 12");
	reads_of_packed = 0;
	reopen(f);
	assert_int_equal(reads_of_packed, 0);
	assert_int_equal(number_of(f, "select count(stays) from call"), 0);
	found = answers_of(f);
	assert_true(text_equal(rows, found));
	assert_int_equal(problems_of(f->store), 0);
	assert_false(seal_all(f));
	assert_int_equal(number_of(f, "select max(id) from block"), newest);

	put = put_of(f, "s00006", "6177123001", T + 55, -1, "");
	put_all(f, &put, 1);
	assert_int_equal(number_of(f, "select count(stays) from call"), 0);
	put = make_put(f, 5, short_way, COUNT_OF(short_way));
	put_all(f, &put, 1);
	assert_int_equal(number_of(f, "select count(stays) from call"), 1);
	assert_int_equal(problems_of(f->store), 0);
}

/* ---- damage ---- */

struct findings {
	size_t count;
	char first[640];
};

static void note_problem(void *context, const char *sentence)
{
	struct findings *findings = context;

	if (findings->count++ == 0) {
		snprintf(findings->first, sizeof(findings->first), "%s", sentence);
	}
}

static void expect_found(struct fixture *f, const char *damage, const char *words)
{
	struct findings findings = {0};
	struct store_verdict verdict;
	struct error err = {0};

	if (store_verify(f->store, note_problem, NULL, &findings, &verdict, &err) < 0) {
		fail_msg("%s", err.message);
	}
	if (findings.count == 0 || !strstr(findings.first, words)) {
		fail_msg("%s: '%s'", damage, findings.first);
	}
}

#define OF_ONE " where session_id = 's00013'"
static const char *const damages[] = {
	"update call set stays = x''" OF_ONE,
	"update call set stays = x'01'" OF_ONE,
	"update call set stays = x'00'" OF_ONE,
	"update call set stays = x'ff'" OF_ONE,
	"update call set stays = x'ffffffffffffffffffff'" OF_ONE,
	"update call set stays = x'00ffffffffffffffffff010000'" OF_ONE,
	"update call set stays = cast(stays || x'05' as blob)" OF_ONE,
	"update call set stays = (select stays from call where session_id = 's00014')" OF_ONE,
};

/* Of a call in no block, and of one in a block. */
static void damage_is_found_and_mended(void **state)
{
	struct fixture *f = *state;
	struct store_put put;
	struct text rows, found;

	put_long(f, 0, 150);
	rows = answers_of(f);
	for (size_t i = 0; i < 2 * COUNT_OF(damages); i++) {
		const char *damage = damages[i / 2];

		put = make_put(f, 13, long_way, 5);
		put_all(f, &put, 1);
		drop_blocks(f);
		if (i % 2 == 0) {
			assert_false(seal_all(f));
		}
		tamper(f, damage);
		expect_found(f, damage, "the call 's00013' has visits that do not fit its steps");
		if (!seal_all(f)) {
			fail_msg("not noted: %s", damage);
		}
		found = answers_of(f);
		if (problems_of(f->store) != 0 || !text_equal(found, rows)) {
			fail_msg("not mended: %s", damage);
		}
		assert_int_equal(number_of(f, "select count(*) from call where stays is null"), 1);
	}
}

static void visits_of_a_call_without_detail_are_found_and_go(void **state)
{
	struct fixture *f = *state;

	put_long(f, 0, 20);
	assert_int_equal(drop_old(f, T + 20, 1000, false), 3);
	tamper(f, "update call set stays = x'05' where session_id = 's00001'");
	expect_found(f, "no detail", "the call 's00001' has visits and no detail");
	assert_true(seal_all(f));
	assert_int_equal(problems_of(f->store), 0);
}

#define STAYS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAYS_TEST(a_block_is_made_of_rows_that_say_it_without_a_packed_call),
		STAYS_TEST(packed_calls_are_read_of_rows_that_do_not_say_it),
		STAYS_TEST(a_question_reads_no_packed_call_of_rows_that_say_it),
		STAYS_TEST(it_is_right_whatever_becomes_of_a_call),
		STAYS_TEST(it_is_right_of_calls_that_go_on_and_end),
		STAYS_TEST(a_store_of_schema_12_is_not_read_when_it_is_opened),
		STAYS_TEST(damage_is_found_and_mended),
		STAYS_TEST(visits_of_a_call_without_detail_are_found_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
