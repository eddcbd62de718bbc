/* SPDX-License-Identifier: MIT
 * Storing calls: two round trips and one transaction. The first locks the accounts and reads what
 * is held, the second changes all tables and commits. Where much is held, more round trips take it
 * in windows, so that the memory does not grow with what calls have become. */
#include "store/postgres/put.h"
#include "call/call_outcome.h"

/* A put that failed because of what another program did at the same time is tried so often. */
#define ATTEMPTS 3

/* Bytes of JSON that one window holds; one call may be larger. */
#define WINDOW_BYTES ((size_t)16 << 20)
/* So many amended calls are read before it is known how large they are. */
#define READ_AT_ONCE 16

static void run_init(struct put_run *run, struct postgres_store *store,
	const struct store_entry *given, size_t count, struct postgres_connection *connection)
{
	*run = (struct put_run){
		.store = store, .connection = connection, .given = given, .given_count = count};
	arena_init(&run->arena, SIZE_MAX);
	arena_init(&run->window, SIZE_MAX);
	run->memory = &run->arena;
	postgres_kind_run_init(&run->kinds, store, &run->arena);
	store_repacker_init(&run->repacker);
	buffer_init(&run->json, UINT32_MAX);
}

static void run_end(struct put_run *run)
{
	postgres_kind_run_deinit(&run->kinds);
	store_repacker_deinit(&run->repacker);
	buffer_deinit(&run->json);
	arena_deinit(&run->window);
	arena_deinit(&run->arena);
}

int put_rewrap(struct put_run *run, struct put_entry *entry, const struct packed *held,
	uint32_t steps, struct error *err)
{
	struct call call = entry->call;
	struct packed packed;

	call.has_detail = true;
	call.steps = steps;
	if (store_rewrap(&run->repacker, &call, held, &packed, err) < 0) {
		return -1;
	}
	packed.deflate = arena_copy(run->memory, packed.deflate);
	if (!packed.deflate.data) {
		return error_no_memory(err);
	}
	entry->packed = packed;
	call_outcome_take(&entry->call, &call);
	return 0;
}

/* Steps that came before the last header of their call go under it. A header alone may meet steps
 * that are held: it needs to know where they would go, too. */
static int place_entries(struct put_run *run, struct error *err)
{
	for (size_t i = 0; i < run->entries_count; i++) {
		struct put_entry *entry = &run->entries[i];
		const struct store_put *detail = entry->detail;

		if (detail && detail != entry->header &&
			put_rewrap(run, entry, &detail->packed, detail->call.steps, err) < 0) {
			return -1;
		}
		entry->part_start = entry->call.start;
		if (entry->amended && put_guess_start(entry, &entry->part_start, err) < 0) {
			return -1;
		}
		if (entry->part_start >= 0 && postgres_part_for(run->store, run->connection,
						      entry->part_start, &entry->part, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- the first round trip ---- */

static int compare_ids(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* The accounts, each once, in order. */
static int list_accounts(
	struct put_run *run, int64_t **ret_ids, size_t *ret_count, struct error *err)
{
	int64_t *ids = arena_calloc(run->memory, run->entries_count, sizeof(*ids));
	size_t count = 0;

	if (!ids) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < run->entries_count; i++) {
		ids[i] = run->entries[i].account_id;
	}
	qsort(ids, run->entries_count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < run->entries_count; i++) {
		if (count == 0 || ids[count - 1] != ids[i]) {
			ids[count++] = ids[i];
		}
	}
	*ret_ids = ids;
	*ret_count = count;
	return 0;
}

static int check_accounts(
	struct postgres_rows *rows, const int64_t *ids, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (i >= (size_t)rows->count ||
			postgres_int64(rows, (int)i, "account_id") != ids[i]) {
			return store_no_account(ids[i], err);
		}
	}
	return 0;
}

/* Whether so few calls are amended that all that is held of them is read at once. */
static bool are_few(const struct put_run *run)
{
	size_t amended = 0;

	for (size_t i = 0; i < run->entries_count; i++) {
		amended += run->entries[i].amended;
	}
	return amended > 0 && amended <= READ_AT_ONCE;
}

static int begin(struct put_run *run, struct error *err)
{
	struct postgres_rows rows;
	int64_t *ids = NULL;
	size_t count = 0, locked, held, whole = 0;
	bool few = are_few(run);

	if (list_accounts(run, &ids, &count, err) < 0) {
		return -1;
	}
	locked = postgres_add_lock(run->connection, ids, count);
	held = put_ask_held(run);
	if (few) {
		whole = put_ask_whole(run);
	}
	if (postgres_run(run->connection, err) < 0) {
		return -1;
	}
	rows = postgres_rows(run->connection, locked);
	if (check_accounts(&rows, ids, count, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		postgres_kind_trust(&run->kinds, ids[i], postgres_int64(&rows, (int)i, "xmin"));
	}
	rows = postgres_rows(run->connection, held);
	if (put_read_held(run, &rows, err) < 0) {
		return -1;
	}
	return few ? put_read_whole(run, whole, err) : 0;
}

/* ---- the whole ---- */

/* Bytes of JSON that are held for the entry while it is worked out. */
static size_t weight_of(const struct put_entry *entry)
{
	size_t bytes = entry->held_size > 0 ? (size_t)entry->held_size : 0;

	for (size_t i = 0; entry->amended && i < entry->session->count; i++) {
		const struct store_amend *amend = entry->session->entries[i]->amend;

		bytes += amend ? amend->steps.size : 0;
	}
	return bytes;
}

/* Opens the window that begins at @from. Returns where it ends. */
static size_t open_window(struct put_run *run, size_t from)
{
	size_t to = from, bytes = 0;

	do {
		bytes += weight_of(&run->all[to]);
		to++;
	} while (to < run->all_count && bytes + weight_of(&run->all[to]) <= WINDOW_BYTES);
	run->entries = &run->all[from];
	run->entries_count = to - from;
	run->memory = &run->window;
	return to;
}

static void close_window(struct put_run *run)
{
	arena_deinit(&run->window);
	run->memory = &run->arena;
	run->entries = run->all;
	run->entries_count = run->all_count;
}

/* Works the window out and adds its rows to the batch. */
static int write_window(struct put_run *run, struct error *err)
{
	return put_read_kept(run, err) < 0 || put_work_out(run, err) < 0 ||
			       postgres_kind_resolve(&run->kinds, run->connection, true, err) < 0
		       ? -1
		       : put_add_rows(run, err);
}

static int write_all(struct put_run *run, struct error *err)
{
	size_t at = open_window(run, 0);

	if (write_window(run, err) < 0) {
		return -1;
	}
	while (at < run->all_count) {
		if (postgres_run(run->connection, err) < 0) {
			return -1;
		}
		close_window(run);
		at = open_window(run, at);
		if (write_window(run, err) < 0) {
			return -1;
		}
	}
	run->entries = run->all;
	run->entries_count = run->all_count;
	put_add_changes(run);
	postgres_add(run->connection, &postgres_commit);
	return postgres_run(run->connection, err);
}

static void mark_replaced(struct put_run *run)
{
	for (size_t i = 0; i < run->entries_count; i++) {
		const struct put_entry *entry = &run->entries[i];

		for (size_t k = 0; !entry->amended && k < entry->session->count; k++) {
			entry->session->entries[k]->put->replaced = k > 0 || entry->held;
		}
	}
}

/* Returns 1 when it should be tried again. */
static int try_put(struct postgres_store *store, const struct store_entry *given, size_t count,
	struct error *err)
{
	POSTGRES_BORROW(connection, &store->base, err);
	AUTO(run_end) struct put_run run;

	run_init(&run, store, given, count, connection);
	if (!connection || put_make_entries(&run, err) < 0 || put_make_indices(&run, err) < 0 ||
		place_entries(&run, err) < 0) {
		return -1;
	}
	if (begin(&run, err) < 0) {
		/* Nothing was written yet, whatever became of the connection. */
		return connection->broken ||
				       postgres_failed_with(connection, POSTGRES_CONFLICT_CLASS)
			       ? 1
			       : -1;
	}
	if (write_all(&run, err) < 0) {
		if (postgres_failed_with(connection, POSTGRES_CHECK_VIOLATION)) {
			postgres_parts_forget(store);
			return 1;
		}
		return postgres_failed_with(connection, POSTGRES_CONFLICT_CLASS) ? 1 : -1;
	}
	postgres_kind_learn(&run.kinds);
	mark_replaced(&run);
	return 0;
}

int postgres_amend_calls(
	struct store *base, const struct store_entry *entries, size_t count, struct error *err)
{
	int status = 1;

	for (int i = 0; i < ATTEMPTS && status > 0; i++) {
		status = try_put((struct postgres_store *)base, entries, count, err);
	}
	return status == 0 ? 0 : -1;
}

int postgres_put_calls(struct store *base, struct store_put *puts, size_t count, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_entry *entries;

	arena_init(&arena, SIZE_MAX);
	entries = arena_calloc(&arena, count, sizeof(*entries));
	if (!entries) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		entries[i].put = &puts[i];
	}
	return postgres_amend_calls(base, entries, count, err);
}
