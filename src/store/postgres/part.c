/* SPDX-License-Identifier: MIT
 * The partitions of the detail, one a day of call start. The days around today have their own,
 * which the first call of a day makes. What started long ago, or is said to start far ahead,
 * goes into partition 0: so no client makes partitions without end. */
#include <stdio.h>

#include "base/clock.h"
#include "store/postgres/postgres.h"

#define SECONDS_A_DAY INT64_C(86400)
#define DAYS_BACK     31
#define DAYS_AHEAD    1
#define NAME_SIZE     40

static const char *name_of(int64_t part, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "detail_%lld", (long long)part);
	return name;
}

/* clang-format off */
static const struct postgres_statement part_find = {
	.sql = "select 1 from pg_inherits i join pg_class c on c.oid = i.inhrelid"
	" where i.inhparent = 'detail'::regclass and c.relname = $name::text"};
static const struct postgres_statement parts_list = {
	.sql = "select day from (select substr(c.relname, 8)::bigint as day from pg_inherits i"
	" join pg_class c on c.oid = i.inhrelid where i.inhparent = 'detail'::regclass"
	" and c.relname ~ '^detail_[1-9][0-9]*$') p where day > $after::bigint"
	" order by day limit $limit::bigint"};
/* clang-format on */

/* ---- what is known to be there ---- */

static bool is_known(struct postgres_parts *parts, int64_t part)
{
	bool known = false;

	pthread_mutex_lock(&parts->mutex);
	for (size_t i = 0; i < parts->count && !known; i++) {
		known = parts->known[i] == part;
	}
	pthread_mutex_unlock(&parts->mutex);
	return known;
}

static void learn(struct postgres_parts *parts, int64_t part)
{
	pthread_mutex_lock(&parts->mutex);
	if (parts->count == POSTGRES_PARTS_KNOWN) {
		parts->count = 0;
	}
	parts->known[parts->count++] = part;
	pthread_mutex_unlock(&parts->mutex);
}

void postgres_parts_forget(struct postgres_store *store)
{
	pthread_mutex_lock(&store->parts.mutex);
	store->parts.count = 0;
	pthread_mutex_unlock(&store->parts.mutex);
}

/* ---- making ---- */

/* 1 it is there, 0 it is not. */
static int look_for(struct postgres_connection *connection, int64_t part, struct error *err)
{
	struct postgres_rows rows;
	char name[NAME_SIZE];

	BIND(connection, STRING(name, text_of(name_of(part, name))));
	return postgres_ask(connection, &part_find, &rows, err);
}

/* A table that is made first and attached then locks no reader out, unlike one that is made in
 * place. Another server may do the same at this moment: one waits for the other's lock, and
 * finds it done. */
static int make(struct postgres_connection *connection, int64_t part, struct error *err)
{
	char name[NAME_SIZE], sql[512];

	snprintf(sql, sizeof(sql),
		"begin; set local lock_timeout = '5s'; "
		"select pg_advisory_xact_lock(1129533508, hashtext(current_schema())); "
		"do $$ begin if not exists (select from pg_class where relname = '%s' and "
		"relnamespace = current_schema()::text::regnamespace) then "
		"create table %s (like detail including all); "
		"alter table detail attach partition %s for values in (%lld); "
		"end if; end $$; commit",
		name_of(part, name), name, name, (long long)part);
	return postgres_exec(connection, sql, err);
}

int postgres_part_for(struct postgres_store *store, struct postgres_connection *connection,
	int64_t start, int64_t *ret_part, struct error *err)
{
	int64_t part = start / SECONDS_A_DAY, today = clock_now_s() / SECONDS_A_DAY;
	int there;

	if (part < today - DAYS_BACK || part > today + DAYS_AHEAD) {
		*ret_part = 0;
		return 0;
	}
	if (!is_known(&store->parts, part)) {
		there = look_for(connection, part, err);
		if (there < 0 || (there == 0 && make(connection, part, err) < 0)) {
			return -1;
		}
		learn(&store->parts, part);
	}
	*ret_part = part;
	return 0;
}

/* ---- dropping ---- */

/* Readers of the detail are not waited for: the partition goes next time. */
static int drop_empty(struct postgres_connection *connection, int64_t part)
{
	char name[NAME_SIZE], sql[512];

	snprintf(sql, sizeof(sql),
		"begin; set local lock_timeout = '100ms'; "
		"do $$ begin if not exists (select from %s) then "
		"lock table only detail, %s in access exclusive mode; "
		"if not exists (select from %s) then drop table %s; end if; "
		"end if; end $$; commit",
		name_of(part, name), name, name, name);
	return postgres_exec(connection, sql, NULL);
}

int postgres_parts_list(struct postgres_connection *connection, int64_t after,
	int64_t ret_days[POSTGRES_PARTS_AT_ONCE], struct error *err)
{
	struct postgres_rows rows;

	BIND(connection, INT64(after, after), INT64(limit, POSTGRES_PARTS_AT_ONCE));
	if (postgres_ask(connection, &parts_list, &rows, err) < 0) {
		return -1;
	}
	for (int i = 0; i < rows.count; i++) {
		ret_days[i] = postgres_int64(&rows, i, "day");
	}
	return rows.count;
}

void postgres_parts_drop_empty(
	struct postgres_store *store, struct postgres_connection *connection, int64_t up_to)
{
	int64_t days[POSTGRES_PARTS_AT_ONCE];
	int count = postgres_parts_list(connection, 0, days, NULL);
	int old = 0;

	while (old < count && (days[old] + 1) * SECONDS_A_DAY <= up_to) {
		old++;
	}
	for (int i = 0; i < old && drop_empty(connection, days[i]) == 0; i++) {
		/* the next one */
	}
	if (old > 0) {
		postgres_parts_forget(store);
	}
}
