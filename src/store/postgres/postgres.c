/* SPDX-License-Identifier: MIT
 * The store on PostgreSQL: opening and closing, views, and its callbacks. Any number of servers and
 * programs work on one database. */
#include "store/postgres/postgres.h"

static void close_store(struct store *base)
{
	struct postgres_store *store = (struct postgres_store *)base;

	postgres_listen_end(base);
	postgres_pool_deinit(&store->pool);
	postgres_kinds_deinit(&store->kinds);
	pthread_mutex_destroy(&store->parts.mutex);
	free(store);
}

static int view_open(struct store_view *view, struct store *base, struct error *err)
{
	view->state = postgres_borrow_snapshot(base, err);
	return view->state ? 0 : -1;
}

static void view_close(struct store_view *view)
{
	postgres_give_back(view->state);
}

static int ping(struct store *base, struct error *err)
{
	static const struct postgres_statement newest = {.sql = "select newest from change_head"};
	POSTGRES_BORROW(connection, base, err);
	struct postgres_rows rows;

	return postgres_ask(connection, &newest, &rows, err) < 0 ? -1 : 0;
}

static int backup(struct store *base, const char *destination, struct error *err)
{
	(void)base;
	return error_set(err, ERROR_UNSUPPORTED,
		"cannot write a backup to '%s': the store is on PostgreSQL: use pg_dump or "
		"pg_basebackup",
		destination);
}

static const struct store_backend backend = {
	.remote = true,
	.close = close_store,
	.ping = ping,
	.view_open = view_open,
	.view_close = view_close,
	.account_add = postgres_account_add,
	.account_find = postgres_account_find,
	.account_list = postgres_account_list,
	.account_set_disabled = postgres_account_set_disabled,
	.account_set_days = postgres_account_set_days,
	.keeping = postgres_keeping,
	.set_keeping = postgres_set_keeping,
	.key_add = postgres_key_add,
	.key_page = postgres_key_page,
	.session_page = postgres_session_page,
	.key_revoke = postgres_key_revoke,
	.key_find = postgres_key_find,
	.key_touch = postgres_key_touch,
	.put_calls = postgres_put_calls,
	.amend_calls = postgres_amend_calls,
	.live_list = postgres_live_list,
	.live_hear = postgres_live_hear,
	.page = postgres_page,
	.find = postgres_find,
	.walk = postgres_walk,
	.search = postgres_search,
	.scan = postgres_scan,
	.columns = postgres_columns_use,
	.kinds = postgres_kinds_list,
	.count_buckets = postgres_count_buckets,
	.change_newest = postgres_change_newest,
	.changes = postgres_changes_read,
	.listen = postgres_listen,
	.listen_end = postgres_listen_end,
	.audit_add = postgres_audit_add,
	.audit_list = postgres_audit_list,
	.audit_drop = postgres_audit_drop,
	.drop = postgres_drop,
	.turn_take = postgres_turn_take,
	.turn_check = postgres_turn_check,
	.turn_end = postgres_turn_end,
	.day_find = postgres_day_find,
	.day_drop = postgres_day_drop,
	.day_tidy = postgres_day_tidy,
	.oldest = postgres_oldest,
	.space = postgres_space,
	.connections = postgres_connections,
	.seal = postgres_seal,
	.erase = postgres_erase,
	.audit_erase = postgres_audit_erase,
	.scrub = postgres_scrub,
	.backup = backup,
	.verify = postgres_verify,
	.hooks = &postgres_hooks,
};

int store_postgres_open(struct store **ret_store, const char *location,
	const struct store_options *options, struct error *err)
{
	AUTO(store_closep) struct store *owned = NULL;
	struct postgres_store *store = calloc(1, sizeof(*store));

	if (!store) {
		return error_no_memory(err);
	}
	store->base.backend = &backend;
	pthread_mutex_init(&store->parts.mutex, NULL);
	postgres_kinds_init(&store->kinds);
	store->block_calls = options->block_calls > 0 ? options->block_calls : COLUMN_CALLS_MAX;
	owned = &store->base;
	if (postgres_pool_init(&store->pool, location, options->connections, err) < 0 ||
		postgres_schema_prepare(store, options, err) < 0) {
		return -1;
	}
	*ret_store = owned;
	owned = NULL;
	return 0;
}
