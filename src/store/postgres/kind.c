/* SPDX-License-Identifier: MIT
 * Kinds of steps: their numbers, known from put to put. A number is given under the account's lock
 * and never changes, so what was committed once holds for every connection, until the database may
 * be another one: after a connection was lost. */
#include "store/postgres/postgres.h"

#define NAME_SIZE_MAX ((size_t)16 << 20)

void postgres_kinds_init(struct postgres_kinds *kinds)
{
	*kinds = (struct postgres_kinds){0};
	pthread_mutex_init(&kinds->mutex, NULL);
	kind_ids_init(&kinds->ids);
}

void postgres_kinds_deinit(struct postgres_kinds *kinds)
{
	kind_ids_forget(&kinds->ids);
	pthread_mutex_destroy(&kinds->mutex);
}

/* Where the id of the kind @name is remembered, under the lock; 0 there: it is not known. NULL: out
 * of memory. */
static uint32_t *remembered(struct postgres_kinds *kinds, uint64_t losses, struct text name)
{
	if (kinds->losses != losses) {
		kind_ids_forget(&kinds->ids);
		kinds->losses = losses;
	}
	return kind_ids_place(&kinds->ids, name);
}

/* ---- a run ---- */

void postgres_kind_run_init(
	struct postgres_kind_run *run, struct postgres_store *store, struct arena *arena)
{
	*run = (struct postgres_kind_run){
		.store = store,
		.losses = postgres_pool_losses(&store->pool),
	};
	intern_init(&run->names, arena);
	buffer_init(&run->name, NAME_SIZE_MAX);
}

void postgres_kind_run_deinit(struct postgres_kind_run *run)
{
	free(run->uses);
	buffer_deinit(&run->name);
}

static bool has_room(struct postgres_kind_run *run, uint32_t number)
{
	if (number >= run->uses_room) {
		size_t room = run->uses_room ? 2 * run->uses_room : 64;
		struct postgres_kind_use *grown = reallocarray(run->uses, room, sizeof(*grown));

		if (!grown) {
			return false;
		}
		run->uses = grown;
		run->uses_room = room;
	}
	return true;
}

int postgres_kind_meet(struct postgres_kind_run *run, int64_t account_id,
	const struct store_kind *kind, uint32_t *ret_number, struct error *err)
{
	struct postgres_kinds *kinds = &run->store->kinds;
	uint32_t before = run->names.count, *known;

	if (!kind_ids_name(&run->name, account_id, kind) ||
		!intern_number(&run->names, buffer_text(&run->name), ret_number) ||
		!has_room(run, *ret_number)) {
		return error_no_memory(err);
	}
	if (run->names.count == before) {
		return 0;
	}
	pthread_mutex_lock(&kinds->mutex);
	known = remembered(kinds, run->losses, buffer_text(&run->name));
	run->uses[*ret_number] = (struct postgres_kind_use){
		.account_id = account_id, .kind = kind, .id = known && !run->by_store ? *known : 0};
	pthread_mutex_unlock(&kinds->mutex);
	return 0;
}

static void bind_kind(struct postgres_params *params, const struct postgres_kind_use *use)
{
	postgres_params_clear(params);
	postgres_bind_int64(params, use->account_id);
	postgres_bind_text(params, use->kind->class_name);
	postgres_bind_text(params, use->kind->module);
	postgres_bind_text(params, use->kind->variable);
}

int postgres_kind_resolve(struct postgres_kind_run *run, struct postgres_connection *connection,
	bool add, struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params params;
	size_t asked = 0;

	postgres_params_init(&params);
	for (uint32_t i = 0; i < run->names.count; i++) {
		if (run->uses[i].id == 0) {
			bind_kind(&params, &run->uses[i]);
			postgres_add(
				connection, add ? POSTGRES_KIND_GET : POSTGRES_KIND_FIND, &params);
			asked++;
		}
	}
	if (asked == 0) {
		return 0;
	}
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	asked = 0;
	for (uint32_t i = 0; i < run->names.count; i++) {
		if (run->uses[i].id == 0) {
			struct postgres_rows rows = postgres_rows(connection, asked++);

			run->uses[i].id =
				rows.count > 0 ? (uint32_t)postgres_int64(&rows, 0, 0) : 0;
		}
	}
	return 0;
}

/* Where the row is remembered that an account had when its kinds were; 0 there: none of them is.
 * Under the lock. NULL: out of memory. */
static uint32_t *remembered_row(struct postgres_kind_run *run, int64_t account_id)
{
	const struct store_kind row = {.class_name = TEXT(KIND_BLANK)};

	return kind_ids_name(&run->name, account_id, &row)
		       ? remembered(&run->store->kinds, run->losses, buffer_text(&run->name))
		       : NULL;
}

void postgres_kind_trust(struct postgres_kind_run *run, int64_t account_id, int64_t xmin)
{
	struct postgres_kinds *kinds = &run->store->kinds;
	uint32_t *known, before;

	pthread_mutex_lock(&kinds->mutex);
	known = remembered_row(run, account_id);
	before = known ? *known : 0;
	if (before != 0 && before != (uint32_t)xmin) {
		kind_ids_forget(&kinds->ids);
		known = remembered_row(run, account_id);
	}
	if (known) {
		*known = (uint32_t)xmin;
	}
	pthread_mutex_unlock(&kinds->mutex);
	for (uint32_t i = 0; before != (uint32_t)xmin && i < run->names.count; i++) {
		if (run->uses[i].account_id == account_id) {
			run->uses[i].id = 0;
		}
	}
}

void postgres_kind_learn(struct postgres_kind_run *run)
{
	struct postgres_kinds *kinds = &run->store->kinds;

	pthread_mutex_lock(&kinds->mutex);
	for (uint32_t i = 0; i < run->names.count; i++) {
		uint32_t *known = remembered_row(run, run->uses[i].account_id);
		bool trusted = known && *known != 0;

		known = trusted ? remembered(kinds, run->losses, run->names.texts[i]) : NULL;
		if (known) {
			*known = run->uses[i].id;
		}
	}
	pthread_mutex_unlock(&kinds->mutex);
}

/* ---- reading ---- */

static bool copy(struct arena *arena, struct text *text)
{
	*text = arena_copy(arena, *text);
	return text->data != NULL;
}

int postgres_kinds_read(struct postgres_connection *connection, int64_t account_id,
	struct arena *arena, struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct postgres_rows rows;
	struct store_kind *kinds;

	postgres_params_init(&params);
	postgres_bind_int64(&params, account_id);
	if (postgres_run_one(connection, POSTGRES_KINDS, &params, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, 0);
	kinds = arena_calloc(arena, (size_t)rows.count, sizeof(*kinds));
	if (!kinds) {
		return error_no_memory(err);
	}
	for (int i = 0; i < rows.count; i++) {
		kinds[i] = (struct store_kind){
			.id = (uint32_t)postgres_int64(&rows, i, 0),
			.class_name = postgres_text(&rows, i, 1),
			.module = postgres_text(&rows, i, 2),
			.variable = postgres_text(&rows, i, 3),
		};
		if (!copy(arena, &kinds[i].class_name) || !copy(arena, &kinds[i].module) ||
			!copy(arena, &kinds[i].variable)) {
			return error_no_memory(err);
		}
	}
	*ret_kinds = kinds;
	*ret_count = (size_t)rows.count;
	return 0;
}

int postgres_kinds_list(struct store *base, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};

	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	return postgres_kinds_read(
		session.connection, account_id, arena, ret_kinds, ret_count, err);
}

/* ---- kinds that no call has ---- */

#define ACCOUNTS "select account_id from account order by account_id"

#define BLANK                                                                                      \
	"with used as (select distinct u.id from call c cross join lateral unnest(c.path) as u "   \
	"(id) where c.account_id = $1::bigint) "                                                   \
	"update kind k set class = '" KIND_BLANK "', module = '', variable = k.id::text "          \
	"where k.account_id = $1::bigint and k.class <> '" KIND_BLANK "' "                         \
	"and not exists (select from used u where u.id = k.id) returning k.id"

/* Makes the row another one, as postgres_kind_trust() sees it. */
#define TOUCH "update account set disabled = disabled where account_id = $1::bigint"

static int blank_of(struct postgres_connection *connection, int64_t account_id, struct error *err)
{
	AUTO(postgres_params_deinit) struct postgres_params lock;
	AUTO(postgres_params_deinit) struct postgres_params params;

	postgres_params_init(&lock);
	postgres_params_init(&params);
	postgres_array_begin(&lock, POSTGRES_BIGINT);
	postgres_array_int64(&lock, account_id);
	postgres_array_end(&lock);
	postgres_bind_int64(&params, account_id);
	postgres_add(connection, POSTGRES_BEGIN_WRITE, NULL);
	postgres_add(connection, POSTGRES_ACCOUNTS_LOCK, &lock);
	postgres_add_text(connection, BLANK, &params);
	postgres_add_text(connection, TOUCH, &params);
	postgres_add(connection, POSTGRES_COMMIT, NULL);
	return postgres_run(connection, err);
}

int postgres_kinds_blank(struct postgres_connection *connection, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct postgres_rows rows;
	int64_t *accounts;
	int count;

	arena_init(&arena, SIZE_MAX);
	postgres_add_text(connection, ACCOUNTS, NULL);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, 0);
	count = rows.count;
	accounts = arena_calloc(&arena, (size_t)count, sizeof(*accounts));
	if (!accounts) {
		return error_no_memory(err);
	}
	for (int i = 0; i < count; i++) {
		accounts[i] = postgres_int64(&rows, i, 0);
	}
	for (int i = 0; i < count; i++) {
		if (blank_of(connection, accounts[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}
