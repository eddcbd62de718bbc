/* SPDX-License-Identifier: MIT
 * Checking a store on PostgreSQL against itself. The pages of its files are PostgreSQL's own to
 * check (pg_amcheck, pg_checksums). */
#include <endian.h>
#include <stdio.h>

#include "store/check.h"
#include "store/index.h"
#include "store/postgres/postgres.h"
#include "store/tally.h"

/* Calls that are read at once. */
#define CALLS_AT_ONCE 200

/* What the tallies say and what the calls give, bucket by bucket, where they differ; $1 is the
 * unit's seconds. */
#define WRONG_TALLIES                                                                              \
	"select account_id, is_all, dest_key, bucket, sum(said)::bigint, sum(counted)::bigint "    \
	"from (select account_id, is_all, dest_key, bucket, calls as said, 0 as counted "          \
	"from tally where seconds = $1::bigint union all "                                         \
	"select account_id, true, '', start - start % $1, 0, 1 from call union all "               \
	"select account_id, false, dest_key, start - start % $1, 0, 1 from call) t "               \
	"group by 1, 2, 3, 4 having sum(said) <> sum(counted) or sum(counted) = 0"

/* Detail that no call has. */
#define ORPHANS                                                                                    \
	"select d.account_id, d.session_id from detail d left join call c on "                     \
	"c.account_id = d.account_id and c.session_id = d.session_id and c.start = d.start and "   \
	"c.part = d.part where c.account_id is null"

#define EVERY_CALL                                                                                 \
	"select " POSTGRES_HEADER(                                                                 \
		"c") ", " POSTGRES_PACKED ", c.account_id, c.dest_key, coalesce(c.src_key, "       \
		     "c.src), c.path, c.last_kind, c.part, " POSTGRES_GONE " "                     \
		     "from call c left join detail" POSTGRES_JOIN_DETAIL(                          \
			     "c") "where (c.account_id, c.session_id) > ($1::bigint, $2::text) "   \
				  "order by c.account_id, c.session_id limit 200"

enum row_column {
	ROW_ACCOUNT = CALL_COLUMNS_PACKED,
	ROW_DEST_KEY,
	ROW_SRC_KEY,
	ROW_PATH,
	ROW_LAST_KIND,
	ROW_PART,
	ROW_GONE,
};

/* No day is dropped meanwhile: that would be seen at once, and the headers of its calls as they
 * were before. */
#define KEEP_DAYS "lock table only detail in access share mode"

/* Those of the places whose words are not what they should be. */
#define WRONG_WORDS                                                                                \
	"select u.session_id from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], "   \
	"$5::tsvector[]) as u (account_id, start, session_id, part, words) join detail d on "      \
	"d.account_id = u.account_id and d.start = u.start and d.session_id = u.session_id and "   \
	"d.part = u.part where d.words is distinct from u.words"

/* A call of the batch at hand whose detail is sound: what it has to be found by. */
struct sound {
	int64_t account_id;
	int64_t start;
	int64_t part;
	struct text session_id;
	struct store_index index;
	uint32_t *kinds;  /* numbers in the run */
	struct text path; /* as it is held */
	int64_t last_kind;
	struct text vector; /* data NULL: more than a tsvector tells apart */
};

struct verify_run {
	struct postgres_store *store;
	struct postgres_connection *connection;
	struct store_check *check;
	struct buffer vector;
	struct postgres_params params;
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
	postgres_params_deinit(&run->params);
	arena_deinit(&run->arena);
	postgres_kind_run_deinit(&run->kinds);
}

static int ask(struct verify_run *run, const char *sql, const struct postgres_params *params,
	struct postgres_rows *ret_rows, struct error *err)
{
	postgres_add_text(run->connection, sql, params);
	if (postgres_run(run->connection, err) < 0) {
		return -1;
	}
	*ret_rows = postgres_rows(run->connection, 0);
	return 0;
}

static int ask_int64(struct verify_run *run, const char *sql, int64_t *ret, struct error *err)
{
	struct postgres_rows rows;

	if (ask(run, sql, NULL, &rows, err) < 0) {
		return -1;
	}
	*ret = rows.count > 0 ? postgres_int64(&rows, 0, 0) : 0;
	return 0;
}

/* ---- tables against each other ---- */

static int count_accounts(struct verify_run *run, struct error *err)
{
	return ask_int64(run, "select count(*) from account", &run->check->verdict.accounts, err);
}

/* Records are numbered without a gap, from where the oldest were dropped. */
static int check_audit(struct verify_run *run, struct error *err)
{
	int64_t wanted;

	if (ask_int64(run, "select count(*) from audit", &run->check->verdict.records, err) < 0 ||
		ask_int64(run, "select newest - dropped from audit_floor", &wanted, err) < 0) {
		return -1;
	}
	store_check_records(run->check, wanted);
	return 0;
}

static int check_keeping(struct verify_run *run, struct error *err)
{
	int64_t rows;

	if (ask_int64(run,
		    "select count(*) from keeping where detail_days between 0 and 36500 and "
		    "header_days between 0 and 36500 and audit_days between 0 and 36500",
		    &rows, err) < 0) {
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

		postgres_params_clear(&run->params);
		postgres_bind_int64(&run->params, seconds);
		if (ask(run, WRONG_TALLIES, &run->params, &rows, err) < 0) {
			return -1;
		}
		for (int i = 0; i < rows.count; i++) {
			const struct tally_delta said = {
				.account_id = postgres_int64(&rows, i, 0),
				.is_all = postgres_int64(&rows, i, 1) != 0,
				.dest_key = postgres_text(&rows, i, 2),
				.unit = (enum tally_unit)unit,
				.bucket = postgres_int64(&rows, i, 3),
				.calls = postgres_int64(&rows, i, 4),
			};

			store_check_tell_tally(run->check, &said, postgres_int64(&rows, i, 5));
		}
	}
	return 0;
}

static int check_orphans(struct verify_run *run, struct error *err)
{
	struct postgres_rows rows;

	if (ask(run, ORPHANS, NULL, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		store_check_tell(run->check,
			"the detail of '%.*s' of account %lld belongs to no call",
			TEXT_ARG(postgres_text(&rows, i, 1)),
			(long long)postgres_int64(&rows, i, 0));
	}
	return 0;
}

static int check_changes(struct verify_run *run, struct error *err)
{
	int64_t rows, wrong;

	if (ask_int64(run, "select count(*) from change_head", &rows, err) < 0 ||
		ask_int64(run,
			"select count(*) from change where id > (select newest from change_head) "
			"or "
			"id < (select oldest from change_head)",
			&wrong, err) < 0) {
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

static int note_sound(struct verify_run *run, const struct postgres_rows *rows, int row,
	const struct call *call, struct error *err)
{
	struct sound *sound = &run->sound[run->sound_count++];

	*sound = (struct sound){
		.account_id = postgres_int64(rows, row, ROW_ACCOUNT),
		.start = call->start,
		.part = postgres_int64(rows, row, ROW_PART),
		.session_id = call->session_id,
		.path = postgres_text(rows, row, ROW_PATH),
		.last_kind = postgres_int64(rows, row, ROW_LAST_KIND),
	};
	if (keep(run, &sound->session_id, err) < 0 || keep(run, &sound->path, err) < 0 ||
		store_check_index(
			run->check, sound->account_id, call, &run->arena, &sound->index, err) < 0) {
		return -1;
	}
	buffer_clear(&run->vector);
	if (postgres_write_vector(&run->vector, sound->index.words, &run->arena)) {
		sound->vector = buffer_text(&run->vector);
		return keep(run, &sound->vector, err);
	}
	return 0;
}

static int check_row(
	struct verify_run *run, const struct postgres_rows *rows, int row, struct error *err)
{
	const struct store_call call = {
		.call = postgres_read_header(rows, row, 0),
		.packed = postgres_read_packed(rows, row, 0),
	};
	int fine;

	store_check_keys(run->check, &call.call, postgres_text(rows, row, ROW_DEST_KEY),
		postgres_text(rows, row, ROW_SRC_KEY));
	if (postgres_int64(rows, row, ROW_GONE) != 0) {
		return 0;
	}
	fine = store_check_call(run->check, &call, !postgres_is_null(rows, row, ROW_PATH), err);
	return fine <= 0 ? fine : note_sound(run, rows, row, &call.call, err);
}

/* ---- what calls are found by ---- */

static int meet_kinds(struct verify_run *run, struct error *err)
{
	for (size_t i = 0; i < run->sound_count; i++) {
		struct sound *sound = &run->sound[i];

		sound->kinds =
			arena_calloc(&run->arena, sound->index.kinds_count, sizeof(*sound->kinds));
		if (!sound->kinds) {
			return error_no_memory(err);
		}
		for (uint32_t k = 0; k < sound->index.kinds_count; k++) {
			if (postgres_kind_meet(&run->kinds, sound->account_id,
				    &sound->index.kinds[k], &sound->kinds[k], err) < 0) {
				return -1;
			}
		}
	}
	return postgres_kind_resolve(&run->kinds, run->connection, false, err);
}

static uint32_t wanted_at(const struct verify_run *run, const struct sound *sound, uint32_t step)
{
	return run->kinds.uses[sound->kinds[sound->index.path[step]]].id;
}

/* The held path is an array in binary form: 20 bytes, then each element with its size before it. */
static bool path_fits(const struct verify_run *run, const struct sound *sound)
{
	uint32_t steps = sound->index.steps, last = 0, id;

	if (sound->path.size != (steps > 0 ? 20 + 8 * (size_t)steps : 12)) {
		return false;
	}
	for (uint32_t i = 0; i < steps; i++) {
		memcpy(&id, sound->path.data + 24 + 8 * (size_t)i, sizeof(id));
		if (be32toh(id) == 0 || be32toh(id) != wanted_at(run, sound, i)) {
			return false;
		}
		if (filter_is_place(sound->index.kinds[sound->index.path[i]].module)) {
			last = be32toh(id);
		}
	}
	return sound->last_kind == last;
}

static void bind_places(struct verify_run *run)
{
	static const enum postgres_type types[] = {POSTGRES_BIGINT, POSTGRES_BIGINT, POSTGRES_TEXT,
		POSTGRES_BIGINT, POSTGRES_TSVECTOR};
	struct postgres_params *params = &run->params;

	postgres_params_clear(params);
	for (int column = 0; column < 5; column++) {
		bool is_text = column == 2 || column == 4;

		postgres_array_begin(params, types[column]);
		for (size_t i = 0; i < run->sound_count; i++) {
			const struct sound *sound = &run->sound[i];

			if (column == 4 && !sound->vector.data) {
				postgres_array_null(params);
			} else if (is_text) {
				postgres_array_text(
					params, column == 2 ? sound->session_id : sound->vector);
			} else {
				postgres_array_int64(params, column == 0   ? sound->account_id
							     : column == 1 ? sound->start
									   : sound->part);
			}
		}
		postgres_array_end(params);
	}
}

static int check_indices(struct verify_run *run, struct error *err)
{
	struct postgres_rows rows;

	if (meet_kinds(run, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < run->sound_count; i++) {
		if (!path_fits(run, &run->sound[i])) {
			store_check_tell_path(run->check, run->sound[i].session_id);
		}
	}
	bind_places(run);
	if (ask(run, WRONG_WORDS, &run->params, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		store_check_tell(run->check,
			"the text index does not fit the steps of the call '%.*s'",
			TEXT_ARG(postgres_text(&rows, i, 0)));
	}
	return 0;
}

/* ---- the whole ---- */

/* Returns how many calls were read. */
static int check_some(struct verify_run *run, struct error *err)
{
	struct postgres_rows rows;

	postgres_params_clear(&run->params);
	postgres_bind_int64(&run->params, run->last_account);
	postgres_bind_text(&run->params,
		(struct text){.data = run->last_session, .size = run->last_session_size});
	if (ask(run, EVERY_CALL, &run->params, &rows, err) < 0) {
		return -1;
	}
	run->sound_count = 0;
	arena_deinit(&run->arena);
	postgres_kind_run_deinit(&run->kinds);
	postgres_kind_run_init(&run->kinds, run->store, &run->arena);
	run->kinds.by_store = true;
	for (int i = 0; i < rows.count; i++) {
		struct text session_id = postgres_text(&rows, i, CALL_SESSION_ID);

		run->check->verdict.calls++;
		run->last_account = postgres_int64(&rows, i, ROW_ACCOUNT);
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
	int64_t all;
	int read = CALLS_AT_ONCE;

	if (ask_int64(run, "select count(*) from call", &all, err) < 0) {
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
	AUTO(postgres_session_close) struct postgres_session session = {0};
	AUTO(run_end)
	struct verify_run run = {.store = (struct postgres_store *)base, .check = check};

	buffer_init(&run.vector, UINT32_MAX);
	postgres_params_init(&run.params);
	arena_init(&run.arena, SIZE_MAX);
	if (postgres_session_open_snapshot(&session, run.store, err) < 0) {
		return -1;
	}
	run.connection = session.connection;
	run.connection->patient = true;
	postgres_add_text(run.connection, KEEP_DAYS, NULL);
	if (postgres_run(run.connection, err) < 0 || check_audit(&run, err) < 0 ||
		check_keeping(&run, err) < 0 || count_accounts(&run, err) < 0 ||
		check_tallies(&run, err) < 0 || check_orphans(&run, err) < 0 ||
		check_changes(&run, err) < 0) {
		return -1;
	}
	return check_calls(&run, err);
}
