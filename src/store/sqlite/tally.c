/* SPDX-License-Identifier: MIT
 * Changing tallies with the calls that they count. */
#include "store/sqlite/sqlite.h"

/* clang-format off */
static const struct sqlite_statement
	tally_add = {
		"insert into tally (account_id, is_all, dest_key, seconds, bucket, calls) "
		"values (:account_id, :is_all, :dest_key, :seconds, :bucket, :calls) "
		"on conflict do update set calls = calls + excluded.calls"},
	tally_drop_empty = {
		"delete from tally where account_id = :account_id and is_all = :is_all "
		"and dest_key = :dest_key and seconds = :seconds and bucket = :bucket "
		"and calls = 0"};
/* clang-format on */

int sqlite_tallies_note(struct sqlite_tallies *tallies, int64_t account_id, struct text dest_key,
	int64_t start, int64_t calls, struct error *err)
{
	struct text copy = arena_copy(tallies->arena, dest_key);

	tallies->changes = arena_list_grow(
		tallies->arena, tallies->changes, tallies->count, sizeof(*tallies->changes));
	if (!copy.data || !tallies->changes) {
		return error_no_memory(err);
	}
	tallies->changes[tallies->count++] = (struct tally_change){
		.account_id = account_id,
		.dest_key = copy,
		.start = start,
		.calls = calls,
	};
	return 0;
}

static int change_bucket(void *context, const struct tally_delta *delta, struct error *err)
{
	struct sqlite_connection *connection = context;
	const struct sqlite_values values = BIND(INT64(account_id, delta->account_id),
		INT64(is_all, delta->is_all), STRING(dest_key, delta->dest_key),
		INT64(seconds, tally_unit_seconds(delta->unit)), INT64(bucket, delta->bucket),
		INT64(calls, delta->calls));

	if (sqlite_run(connection, &tally_add, values, err) < 0) {
		return -1;
	}
	return delta->calls < 0 ? sqlite_run(connection, &tally_drop_empty, values, err) : 0;
}

int sqlite_tallies_write(
	struct sqlite_tallies *tallies, struct sqlite_connection *connection, struct error *err)
{
	return tally_add_up(tallies->changes, tallies->count, change_bucket, connection, err);
}
