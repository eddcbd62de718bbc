/* SPDX-License-Identifier: MIT
 * Checking a store on PostgreSQL against itself. PostgreSQL checks the pages of its files itself
 * (pg_amcheck, pg_checksums). */
#include <stdio.h>

#include "store/check.h"
#include "store/index.h"
#include "store/postgres/blocks/blocks.h"
#include "store/tally.h"

/* Calls that are read at once. */
#define CALLS_AT_ONCE 200

/* clang-format off */

/* What the tallies say and what the calls give, bucket by bucket, where they differ. */
static const struct postgres_statement wrong_tallies = {
	"select account_id, is_all, dest_key, bucket, sum(said)::bigint as said,"
	" sum(counted)::bigint as counted from"
	" (select account_id, is_all, dest_key, bucket, calls as said, 0 as counted"
	" from tally where seconds = $seconds::bigint union all"
	" select account_id, true, '', start - start % $seconds, 0, 1 from call union all"
	" select account_id, false, dest_key, start - start % $seconds, 0, 1 from call) t"
	" group by 1, 2, 3, 4 having sum(said) <> sum(counted) or sum(counted) = 0", .once = true};

/* Detail that no call has. */
static const struct postgres_statement orphans = {
	"select d.account_id, d.session_id from detail d left join call c on"
	" c.account_id = d.account_id and c.session_id = d.session_id and c.start = d.start"
	" and c.part = d.part where c.account_id is null", .once = true};

/* Live calls that are not there. */
static const struct postgres_statement live_orphans = {
	"select l.account_id, l.session_id from live l left join call c on"
	" c.account_id = l.account_id and c.session_id = l.session_id"
	" where c.account_id is null", .once = true};

static const struct postgres_statement every_call = {
	"select " POSTGRES_HEADER ", " POSTGRES_LIVE ", " POSTGRES_PACKED ", c.account_id,"
	" c.dest_key, coalesce(c.src_key, c.src) as src_key, c.path, c.last_kind, c.part,"
	POSTGRES_GONE " as gone from call c left join detail " POSTGRES_DETAIL_OF_CALL
	" where (c.account_id, c.session_id) > ($account_id::bigint, $session_id::text)"
	" order by c.account_id, c.session_id limit 200", .once = true};

/* No day is dropped meanwhile: its detail would be missed at once, and the headers of its calls
 * would still have it. */
static const struct postgres_statement keep_days = {
	"lock table only detail in access share mode", .once = true};

/* Those of the places whose words are not what they should be. */
static const struct postgres_statement wrong_words = {
	"select u.session_id from unnest($account_id::bigint[], $start::bigint[],"
	" $session_id::text[], $part::bigint[], $words::tsvector[]) as u (account_id, start,"
	" session_id, part, words) join detail d on " POSTGRES_AT_PLACE " where d.words is distinct"
	" from u.words",
	.once = true};

/* How many rows there are. */
static const struct postgres_statement accounts = {"select count(*) from account", .once = true};
static const struct postgres_statement calls = {"select count(*) from call", .once = true};
static const struct postgres_statement records = {"select count(*) from audit", .once = true};
static const struct postgres_statement records_wanted = {
	"select newest - dropped from audit_floor", .once = true};
static const struct postgres_statement keepings = {
	"select count(*) from keeping where detail_days between 0 and 36500"
	" and header_days between 0 and 36500 and audit_days between 0 and 36500", .once = true};
static const struct postgres_statement change_heads = {
	"select count(*) from change_head", .once = true};
static const struct postgres_statement wrong_changes = {
	"select count(*) from change where id > (select newest from change_head)"
	" or id < (select oldest from change_head)", .once = true};

/* clang-format on */

/* A call of the batch whose detail is sound: what it has to be found by. */
struct sound {
	int64_t account_id;
	int64_t start;
	int64_t part;
	struct text session_id;
	struct store_index index;
	uint32_t *kinds; /* numbers in the run */
	/* As it is held. */
	uint32_t *path;
	size_t path_steps;
	int64_t last_kind;
	/* Data NULL: more than a tsvector tells apart, or the call goes on. */
	struct text vector;
};

struct verify_run {
	struct postgres_store *store;
	struct postgres_connection *connection;
	struct store_check *check;
	struct buffer vector;
	struct arena arena; /* of the batch */
	struct postgres_kind_run kinds;
	struct sound sound[CALLS_AT_ONCE];
	size_t sound_count;
	int64_t last_account;
	char last_session[CALL_SESSION_ID_MAX];
	size_t last_session_size;
};

static void run_end(struct verify_run *run)
{
	buffer_deinit(&run->vector);
	arena_deinit(&run->arena);
	postgres_kind_run_deinit(&run->kinds);
}

/* ---- tables against each other ---- */

/* Records are numbered without a gap, from where the oldest were dropped. */
static int check_audit(struct verify_run *run, struct error *err)
{
	int64_t *held = &run->check->verdict.records, wanted = 0;

	if (postgres_ask_int64(run->connection, &records, held, err) < 0 ||
		postgres_ask_int64(run->connection, &records_wanted, &wanted, err) < 0) {
		return -1;
	}
	store_check_records(run->check, wanted);
	return 0;
}

static int check_keeping(struct verify_run *run, struct error *err)
{
	int64_t rows = 0;

	if (postgres_ask_int64(run->connection, &keepings, &rows, err) < 0) {
		return -1;
	}
	if (rows != 1) {
		store_check_tell(run->check,
			"how long calls are kept is said %lld times, and not once",
			(long long)rows);
	}
	return 0;
}

static int check_tallies(struct verify_run *run, struct error *err)
{
	for (int unit = TALLY_MINUTE; unit < TALLY_UNITS; unit++) {
		int64_t seconds = tally_unit_seconds((enum tally_unit)unit);
		struct postgres_rows rows;

		BIND(run->connection, INT64(seconds, seconds));
		if (postgres_ask(run->connection, &wrong_tallies, &rows, err) < 0) {
			return -1;
		}
		for (int i = 0; i < rows.count; i++) {
			const struct tally_delta said = {
				.account_id = postgres_int64(&rows, i, "account_id"),
				.is_all = postgres_int64(&rows, i, "is_all") != 0,
				.dest_key = postgres_text(&rows, i, "dest_key"),
				.unit = (enum tally_unit)unit,
				.bucket = postgres_int64(&rows, i, "bucket"),
				.calls = postgres_int64(&rows, i, "said"),
			};

			store_check_tell_tally(
				run->check, &said, postgres_int64(&rows, i, "counted"));
		}
	}
	return 0;
}

static int check_orphans(struct verify_run *run, struct error *err)
{
	struct postgres_rows rows;

	if (postgres_ask(run->connection, &orphans, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		store_check_tell(run->check,
			"the detail of '%.*s' of account %lld belongs to no call",
			TEXT_ARG(postgres_text(&rows, i, "session_id")),
			(long long)postgres_int64(&rows, i, "account_id"));
	}
	if (postgres_ask(run->connection, &live_orphans, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		store_check_tell(run->check, "the live call '%.*s' of account %lld is not there",
			TEXT_ARG(postgres_text(&rows, i, "session_id")),
			(long long)postgres_int64(&rows, i, "account_id"));
	}
	return 0;
}

static int check_changes(struct verify_run *run, struct error *err)
{
	int64_t rows = 0, wrong = 0;

	if (postgres_ask_int64(run->connection, &change_heads, &rows, err) < 0 ||
		postgres_ask_int64(run->connection, &wrong_changes, &wrong, err) < 0) {
		return -1;
	}
	if (rows != 1 || wrong > 0) {
		store_check_tell(run->check, "the numbers of changes contradict each other");
	}
	return 0;
}

/* ---- calls ---- */

static int keep(struct verify_run *run, struct text *text, struct error *err)
{
	*text = arena_copy(&run->arena, *text);
	return text->data ? 0 : error_no_memory(err);
}

static int note_sound(struct verify_run *run, struct postgres_rows *rows, int row,
	const struct call *call, struct error *err)
{
	struct sound *sound = &run->sound[run->sound_count++];

	*sound = (struct sound){
		.account_id = postgres_int64(rows, row, "account_id"),
		.start = call->start,
		.part = postgres_int64(rows, row, "part"),
		.session_id = call->session_id,
		.last_kind = postgres_int64(rows, row, "last_kind"),
	};
	sound->path = arena_calloc(&run->arena, call->steps, sizeof(*sound->path));
	if (!sound->path) {
		return error_no_memory(err);
	}
	sound->path_steps =
		postgres_ids(postgres_text(rows, row, "path"), sound->path, call->steps);
	if (keep(run, &sound->session_id, err) < 0 ||
		store_check_index(
			run->check, sound->account_id, call, &run->arena, &sound->index, err) < 0) {
		return -1;
	}
	/* No index has the words of a live call. */
	buffer_clear(&run->vector);
	if (call->state == CALL_ENDED &&
		postgres_write_vector(&run->vector, sound->index.words, &run->arena)) {
		sound->vector = buffer_text(&run->vector);
		return keep(run, &sound->vector, err);
	}
	return 0;
}

static int check_row(struct verify_run *run, struct postgres_rows *rows, int row, struct error *err)
{
	const struct store_call call = {
		.call = postgres_read_header(rows, row),
		.packed = postgres_read_packed(rows, row),
	};
	int fine;

	store_check_keys(run->check, &call.call, postgres_text(rows, row, "dest_key"),
		postgres_text(rows, row, "src_key"));
	if (postgres_int64(rows, row, "gone") != 0) {
		return 0;
	}
	fine = store_check_call(run->check, &call, !postgres_is_null(rows, row, "path"), err);
	return fine <= 0 ? fine : note_sound(run, rows, row, &call.call, err);
}

/* ---- what calls are found by ---- */

static int meet_kinds(struct verify_run *run, struct error *err)
{
	for (size_t i = 0; i < run->sound_count; i++) {
		struct sound *sound = &run->sound[i];

		if (postgres_kind_meet(&run->kinds, sound->account_id, &sound->index, &run->arena,
			    &sound->kinds, err) < 0) {
			return -1;
		}
	}
	return postgres_kind_resolve(&run->kinds, run->connection, false, err);
}

static bool path_fits(const struct verify_run *run, const struct sound *sound)
{
	const struct store_index *index = &sound->index;
	uint32_t last = 0;

	for (uint32_t i = 0; i < index->steps && i < sound->path_steps; i++) {
		uint32_t id = postgres_kind_at(&run->kinds, index, sound->kinds, i);

		if (id == 0 || sound->path[i] != id) {
			return false;
		}
		last = filter_is_place(index->kinds[index->path[i]].module) ? id : last;
	}
	return sound->path_steps == index->steps && sound->last_kind == last;
}

#define MEMBER(member) POSTGRES_MEMBER(struct sound, member)

static const struct postgres_column columns[] = {
	{"account_id", POSTGRES_BIGINT, MEMBER(account_id)},
	{"start", POSTGRES_BIGINT, MEMBER(start)},
	{"session_id", POSTGRES_TEXT, MEMBER(session_id)},
	{"part", POSTGRES_BIGINT, MEMBER(part)},
	{"words", POSTGRES_TSVECTOR, MEMBER(vector), .nullable = true},
};
static const struct postgres_layout layout = POSTGRES_LAYOUT(columns, struct sound);

static int check_indices(struct verify_run *run, struct error *err)
{
	struct postgres_rows rows;
	size_t index;

	if (meet_kinds(run, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < run->sound_count; i++) {
		if (!path_fits(run, &run->sound[i])) {
			store_check_tell_path(run->check, run->sound[i].session_id);
		}
	}
	index = postgres_add_rows(
		run->connection, &wrong_words, &layout, run->sound, run->sound_count, NULL);
	if (run->sound_count == 0) {
		return 0;
	}
	if (postgres_run(run->connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(run->connection, index);
	for (int i = 0; i < rows.count; i++) {
		store_check_tell(run->check,
			"the text index does not fit the steps of the call '%.*s'",
			TEXT_ARG(postgres_text(&rows, i, "session_id")));
	}
	return 0;
}

/* ---- the whole ---- */

/* Returns how many calls were read. */
static int check_some(struct verify_run *run, struct error *err)
{
	const struct text last = {.data = run->last_session, .size = run->last_session_size};
	struct postgres_rows rows;

	BIND(run->connection, INT64(account_id, run->last_account), STRING(session_id, last));
	if (postgres_ask(run->connection, &every_call, &rows, err) < 0) {
		return -1;
	}
	run->sound_count = 0;
	arena_deinit(&run->arena);
	postgres_kind_run_deinit(&run->kinds);
	postgres_kind_run_init(&run->kinds, run->store, &run->arena);
	run->kinds.by_store = true;
	for (int i = 0; i < rows.count; i++) {
		struct text session_id = postgres_text(&rows, i, "session_id");

		run->check->verdict.calls++;
		run->last_account = postgres_int64(&rows, i, "account_id");
		run->last_session_size = session_id.size;
		memcpy(run->last_session, session_id.data, session_id.size);
		if (check_row(run, &rows, i, err) < 0) {
			return -1;
		}
	}
	return check_indices(run, err) < 0 ? -1 : rows.count;
}

static int check_calls(struct verify_run *run, struct error *err)
{
	int64_t all = 0;
	int read = CALLS_AT_ONCE;

	if (postgres_ask_int64(run->connection, &calls, &all, err) < 0) {
		return -1;
	}
	while (read == CALLS_AT_ONCE) {
		read = check_some(run, err);
		store_check_show_progress(run->check, all);
	}
	return read < 0 ? -1 : 0;
}

int postgres_verify(struct store *base, struct store_check *check, struct error *err)
{
	POSTGRES_BORROW_SNAPSHOT(connection, base, err);
	AUTO(run_end)
	struct verify_run run = {
		.store = (struct postgres_store *)base, .connection = connection, .check = check};

	buffer_init(&run.vector, UINT32_MAX);
	arena_init(&run.arena, SIZE_MAX);
	if (!connection) {
		return -1;
	}
	connection->patient = true;
	postgres_add(connection, &keep_days);
	if (postgres_run(connection, err) < 0 || check_audit(&run, err) < 0 ||
		check_keeping(&run, err) < 0 ||
		postgres_ask_int64(connection, &accounts, &check->verdict.accounts, err) < 0 ||
		check_tallies(&run, err) < 0 || check_orphans(&run, err) < 0 ||
		check_changes(&run, err) < 0) {
		return -1;
	}
	return check_calls(&run, err) < 0
		       ? -1
		       : postgres_blocks_verify(run.store, connection, check, err);
}
