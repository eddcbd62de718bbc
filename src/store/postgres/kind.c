/* SPDX-License-Identifier: MIT
 * Kinds of steps: their numbers, known from put to put. A number is given under the account's
 * lock and never changes, so what was committed once holds for every connection. After a
 * connection was lost the database may be another one: then all is forgotten. */
#include "store/postgres/postgres.h"

#define NAME_SIZE_MAX ((size_t)16 << 20)

/* clang-format off */
#define NAMED \
	"select id from kind where account_id = $account_id::bigint" \
	" and md5(class || '/' || module || '/' || variable)" \
	" = md5($class::text || '/' || $module::text || '/' || $variable::text)" \
	" and class = $class and module = $module and variable = $variable"
static const struct postgres_statement kind_find = {.sql = NAMED};
static const struct postgres_statement kind_get = {
	.sql = "with found as (" NAMED "), added as (insert into kind (account_id, id, class,"
	" module, variable) select $account_id, coalesce((select max(id) from kind where account_id"
	" = $account_id), 0) + 1,"
	" $class, $module, $variable where not exists (select from found) returning id)"
	" select id from found union all select id from added"};
static const struct postgres_statement kinds_list = {
	.sql = "select id, class, module, variable from kind where account_id = $account_id::bigint"
	" order by id"};

static const struct postgres_statement kinds_blank = {
	"with used as (select distinct u.id from call c cross join lateral unnest(c.path) as u (id)"
	" where c.account_id = $account_id::bigint)"
	" update kind k set class = '" KIND_BLANK "', module = '', variable = k.id::text"
	" where k.account_id = $account_id::bigint and k.class <> '" KIND_BLANK "'"
	" and not exists (select from used u where u.id = k.id) returning k.id", .once = true};
/* Makes the row another one, as postgres_kind_trust() sees it. */
static const struct postgres_statement account_touch = {
	"update account set disabled = disabled where account_id = $account_id::bigint", .once =
	true};
/* clang-format on */

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

/* Meets a kind; *ret_number stands for it. */
static int meet(struct postgres_kind_run *run, int64_t account_id, const struct store_kind *kind,
	uint32_t *ret_number, struct error *err)
{
	struct postgres_kinds *kinds = &run->store->kinds;
	uint32_t before = run->names.count, *known;

	if (!kind_ids_name(&run->name, account_id, kind) ||
		!intern_number(&run->names, buffer_text(&run->name), ret_number) ||
		!ARRAY_RESERVE(run->uses, run->uses_capacity, (size_t)*ret_number + 1)) {
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

int postgres_kind_meet(struct postgres_kind_run *run, int64_t account_id,
	const struct store_index *index, struct arena *arena, uint32_t **ret_numbers,
	struct error *err)
{
	uint32_t *numbers = arena_calloc(arena, index->kinds_count, sizeof(*numbers));

	if (!numbers) {
		return error_no_memory(err);
	}
	for (uint32_t i = 0; i < index->kinds_count; i++) {
		if (meet(run, account_id, &index->kinds[i], &numbers[i], err) < 0) {
			return -1;
		}
	}
	*ret_numbers = numbers;
	return 0;
}

uint32_t postgres_kind_at(const struct postgres_kind_run *run, const struct store_index *index,
	const uint32_t *numbers, uint32_t step)
{
	return run->uses[numbers[index->path[step]]].id;
}

static void add_kind(struct postgres_connection *connection, const struct postgres_kind_use *use,
	const struct postgres_statement *statement)
{
	BIND(connection, INT64(account_id, use->account_id), STRING(class, use->kind->class_name),
		STRING(module, use->kind->module), STRING(variable, use->kind->variable));
	postgres_add(connection, statement);
}

int postgres_kind_resolve(struct postgres_kind_run *run, struct postgres_connection *connection,
	bool add, struct error *err)
{
	size_t asked = 0;

	for (uint32_t i = 0; i < run->names.count; i++) {
		if (run->uses[i].id == 0) {
			add_kind(connection, &run->uses[i], add ? &kind_get : &kind_find);
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

			run->uses[i].id = (uint32_t)postgres_only(&rows);
		}
	}
	return 0;
}

/* Where the account's row is remembered, as it was when its kinds were learnt; 0 there: no kind
 * is known. Under the lock. NULL: out of memory. */
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

#define MEMBER(member) POSTGRES_MEMBER(struct store_kind, member)

static const struct postgres_column columns[] = {
	{"id", POSTGRES_INTEGER, MEMBER(id)},
	{"class", POSTGRES_TEXT, MEMBER(class_name)},
	{"module", POSTGRES_TEXT, MEMBER(module)},
	{"variable", POSTGRES_TEXT, MEMBER(variable)},
};
static const struct postgres_layout layout = POSTGRES_LAYOUT(columns, struct store_kind);

int postgres_kinds_read(struct postgres_connection *connection, int64_t account_id,
	struct arena *arena, struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	BIND(connection, INT64(account_id, account_id));
	return postgres_list(connection, &kinds_list, &layout, arena, ret_kinds, ret_count, err);
}

int postgres_kinds_list(struct store *base, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	return postgres_kinds_read(connection, account_id, arena, ret_kinds, ret_count, err);
}

/* ---- kinds that no call has ---- */

static int blank_of(struct postgres_connection *connection, int64_t account_id, struct error *err)
{
	postgres_add_lock(connection, &account_id, 1);
	BIND(connection, INT64(account_id, account_id));
	postgres_add(connection, &kinds_blank);
	postgres_add(connection, &account_touch);
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err);
}

int postgres_kinds_blank(struct postgres_connection *connection, struct error *err)
{
	static const struct postgres_column id = {"account_id", POSTGRES_BIGINT, .size = 8};
	static const struct postgres_layout ids = {&id, 1, .size = sizeof(int64_t)};
	AUTO(arena_deinit) struct arena arena;
	int64_t *accounts;
	size_t count;

	arena_init(&arena, SIZE_MAX);
	if (postgres_list(connection,
		    POSTGRES_ONCE("select account_id from account order by account_id"), &ids,
		    &arena, &accounts, &count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (blank_of(connection, accounts[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}
