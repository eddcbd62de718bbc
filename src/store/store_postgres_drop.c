/* SPDX-License-Identifier: MIT
 * Dropping the detail of old calls, and the partitions that are empty then: their room is given back at once. */
#include "store/store_postgres.h"

int postgres_drop_detail(struct store *base, int64_t account_id, int64_t up_to, int64_t limit,
	int64_t *ret_dropped, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct postgres_store *store = (struct postgres_store *)base;
	struct postgres_connection *connection;
	struct postgres_rows rows;
	int64_t dropped;

	postgres_params_init(&params);
	if (postgres_session_open(&session, store, err) < 0) {
		return -1;
	}
	connection = session.connection;
	postgres_array_begin(&params, POSTGRES_BIGINT);
	postgres_array_int64(&params, account_id);
	postgres_array_end(&params);
	postgres_add(connection, POSTGRES_BEGIN_WRITE, NULL);
	postgres_add(connection, POSTGRES_ACCOUNTS_LOCK, &params);
	postgres_params_clear(&params);
	postgres_bind_int64(&params, account_id);
	postgres_bind_int64(&params, up_to);
	postgres_bind_int64(&params, limit);
	postgres_add(connection, POSTGRES_DROP_DETAIL, &params);
	postgres_add(connection, POSTGRES_COMMIT, NULL);
	if (postgres_run(connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(connection, 2);
	dropped = postgres_int64(&rows, 0, 0);
	if (dropped > 0 && dropped < limit) {
		postgres_parts_drop_empty(store, connection, up_to);
	}
	*ret_dropped = dropped;
	return 0;
}
