/* SPDX-License-Identifier: MIT
 * The audit trail on PostgreSQL. Triggers keep records as they are
 * (schema/postgres/0002-keeping.sql). */
#include "store/postgres/postgres.h"

/* A column of the records as an array. */
#define NUMBERS(params, records, count, member)                                                    \
	do {                                                                                       \
		postgres_array_begin(params, POSTGRES_BIGINT);                                     \
		for (size_t i = 0; i < (count); i++) {                                             \
			postgres_array_int64(params, (int64_t)(records)[i].member);                \
		}                                                                                  \
		postgres_array_end(params);                                                        \
	} while (0)
#define TEXTS(params, records, count, member)                                                      \
	do {                                                                                       \
		postgres_array_begin(params, POSTGRES_TEXT);                                       \
		for (size_t i = 0; i < (count); i++) {                                             \
			postgres_array_text(params, (records)[i].member);                          \
		}                                                                                  \
		postgres_array_end(params);                                                        \
	} while (0)

void postgres_audit_write(struct postgres_connection *connection, const struct store_audit *records,
	size_t count, struct postgres_params *params)
{
	postgres_params_clear(params);
	postgres_bind_int64(params, (int64_t)count);
	NUMBERS(params, records, count, time);
	NUMBERS(params, records, count, account_id);
	NUMBERS(params, records, count, key_id);
	TEXTS(params, records, count, address);
	TEXTS(params, records, count, user);
	TEXTS(params, records, count, action);
	TEXTS(params, records, count, subject);
	NUMBERS(params, records, count, outcome);
	NUMBERS(params, records, count, calls);
	NUMBERS(params, records, count, times);
	postgres_add(connection, POSTGRES_AUDIT_ADD, params);
}

int postgres_audit_add(
	struct store *base, const struct store_audit *records, size_t count, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	AUTO(postgres_params_deinit) struct postgres_params params;

	postgres_params_init(&params);
	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	postgres_add(session.connection, POSTGRES_BEGIN_WRITE, NULL);
	postgres_audit_write(session.connection, records, count, &params);
	postgres_add(session.connection, POSTGRES_COMMIT, NULL);
	return postgres_run(session.connection, err);
}

static int read_record(const struct postgres_rows *rows, int row, struct arena *arena,
	struct store_audit *ret_record, struct error *err)
{
	struct store_audit record = {
		.id = postgres_int64(rows, row, 0),
		.time = postgres_int64(rows, row, 1),
		.account_id = postgres_int64(rows, row, 2),
		.key_id = postgres_int64(rows, row, 3),
		.address = arena_copy(arena, postgres_text(rows, row, 4)),
		.user = arena_copy(arena, postgres_text(rows, row, 5)),
		.action = arena_copy(arena, postgres_text(rows, row, 6)),
		.subject = arena_copy(arena, postgres_text(rows, row, 7)),
		.outcome = (enum store_outcome)postgres_int64(rows, row, 8),
		.calls = postgres_int64(rows, row, 9),
		.times = postgres_int64(rows, row, 10),
	};

	if (!record.address.data || !record.user.data || !record.action.data ||
		!record.subject.data) {
		return error_set(err, ERROR_TOO_LARGE, "the records do not fit into memory");
	}
	*ret_record = record;
	return 0;
}

static void bind_query(struct postgres_params *params, const struct store_audit_query *query)
{
	bool behind = query->after_id > 0;

	postgres_bind_int64(params, query->start);
	postgres_bind_int64(params, query->end);
	postgres_bind_int64(params, behind ? query->after_time : INT64_MAX);
	postgres_bind_int64(params, behind ? query->after_id : INT64_MAX);
	if (query->action.data) {
		postgres_bind_text(params, query->action);
	} else {
		postgres_bind_null(params);
	}
	postgres_bind_int64(params, query->limit);
	postgres_bind_int64(params, query->account_id);
}

int postgres_audit_list(struct store *base, const struct store_audit_query *query,
	struct arena *arena, struct store_audit **ret_records, size_t *ret_count, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	AUTO(postgres_params_deinit) struct postgres_params params;
	struct store_audit *records;
	struct postgres_rows rows;

	postgres_params_init(&params);
	bind_query(&params, query);
	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0 ||
		postgres_run_one(session.connection,
			query->account_id >= 0 && query->action.data ? POSTGRES_AUDIT_LIST_ACTION
								     : POSTGRES_AUDIT_LIST,
			&params, err) < 0) {
		return -1;
	}
	rows = postgres_rows(session.connection, 0);
	records = arena_calloc(arena, (size_t)rows.count, sizeof(*records));
	if (!records) {
		return error_set(err, ERROR_TOO_LARGE, "the records do not fit into memory");
	}
	for (int i = 0; i < rows.count; i++) {
		if (read_record(&rows, i, arena, &records[i], err) < 0) {
			return -1;
		}
	}
	*ret_records = records;
	*ret_count = (size_t)rows.count;
	return 0;
}

int postgres_audit_drop(
	struct store *base, int64_t before, int64_t limit, int64_t *ret_dropped, struct error *err)
{
	AUTO(postgres_session_close) struct postgres_session session = {0};
	AUTO(postgres_params_deinit) struct postgres_params params;

	postgres_params_init(&params);
	postgres_bind_int64(&params, before);
	postgres_bind_int64(&params, limit);
	if (postgres_session_open(&session, (struct postgres_store *)base, err) < 0) {
		return -1;
	}
	postgres_add(session.connection, POSTGRES_BEGIN_WRITE, NULL);
	postgres_add(session.connection, POSTGRES_AUDIT_RAISE_FLOOR, &params);
	postgres_add(session.connection, POSTGRES_AUDIT_DROP, NULL);
	postgres_add(session.connection, POSTGRES_COMMIT, NULL);
	if (postgres_run(session.connection, err) < 0) {
		return -1;
	}
	*ret_dropped = postgres_changed(session.connection, 2);
	return 0;
}
