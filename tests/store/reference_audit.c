/* SPDX-License-Identifier: MIT
 * The reference: the audit trail, and dropping old calls. */
#include "reference_store.h"
#include "store/erase_marks.h"

static int copy_texts(struct arena *arena, struct store_audit *record, struct error *err)
{
	struct text *const texts[] = {
		&record->address, &record->user, &record->action, &record->subject};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i] = arena_copy(arena, *texts[i]);
		if (!texts[i]->data) {
			return error_set(
				err, ERROR_TOO_LARGE, "the records do not fit into memory");
		}
	}
	return 0;
}

/* The store is locked. */
static int add_records(struct reference_store *store, const struct store_audit *records,
	size_t count, struct error *err)
{
	struct store_audit *grown =
		reallocarray(store->records, store->records_count + count, sizeof(*grown));

	if (!grown) {
		return error_no_memory(err);
	}
	store->records = grown;
	for (size_t i = 0; i < count; i++) {
		grown[store->records_count + i] = records[i];
		grown[store->records_count + i].id =
			store->records_dropped + (int64_t)(store->records_count + i) + 1;
		if (copy_texts(&store->names, &grown[store->records_count + i], err) < 0) {
			return -1;
		}
	}
	store->records_count += count;
	return 0;
}

int reference_audit_add(
	struct store *base, const struct store_audit *records, size_t count, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);

	return add_records(store, records, count, err);
}

static bool is_behind(const struct store_audit *record, int64_t time, int64_t id)
{
	return id == 0 || record->time < time || (record->time == time && record->id < id);
}

static bool matches(const struct store_audit *record, const struct store_audit_query *query)
{
	return (query->account_id < 0 || record->account_id == query->account_id) &&
	       record->time >= query->start && record->time < query->end &&
	       (!query->action.data || text_equal(record->action, query->action)) &&
	       is_behind(record, query->after_time, query->after_id);
}

static int newest_first(const void *left, const void *right)
{
	const struct store_audit *a = left, *b = right;

	if (a->time != b->time) {
		return a->time > b->time ? -1 : 1;
	}
	return a->id > b->id ? -1 : 1;
}

int reference_audit_list(struct store *base, const struct store_audit_query *query,
	struct arena *arena, struct store_audit **ret_records, size_t *ret_count, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	struct store_audit *found = arena_calloc(arena, store->records_count, sizeof(*found));
	size_t count = 0;

	if (!found) {
		return error_set(err, ERROR_TOO_LARGE, "the records do not fit into memory");
	}
	for (size_t i = 0; i < store->records_count; i++) {
		if (matches(&store->records[i], query)) {
			found[count++] = store->records[i];
		}
	}
	qsort(found, count, sizeof(*found), newest_first);
	count = (int64_t)count < query->limit ? count : (size_t)query->limit;
	for (size_t i = 0; i < count; i++) {
		if (copy_texts(arena, &found[i], err) < 0) {
			return -1;
		}
	}
	*ret_records = found;
	*ret_count = count;
	return 0;
}

/* Their texts stay until the store goes. */
int reference_audit_erase(
	struct store *base, int64_t account_id, struct erase_marks *marks, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);

	for (size_t i = 0; i < store->records_count; i++) {
		const struct store_audit *record = &store->records[i];

		if (record->account_id == account_id &&
			erase_marks_look(marks, (int64_t)i, record->subject, err) < 0) {
			return -1;
		}
	}
	for (size_t i = 0; i < marks->count; i++) {
		struct text subject = arena_copy(&store->names, marks->records[i].subject);

		if (!subject.data) {
			return error_no_memory(err);
		}
		store->records[marks->records[i].id].subject = subject;
	}
	return 0;
}

int reference_audit_drop(
	struct store *base, int64_t before, int64_t limit, int64_t *ret_dropped, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	size_t dropped = 0;

	(void)err;
	while (dropped < store->records_count && (int64_t)dropped < limit &&
		store->records[dropped].time < before) {
		dropped++;
	}
	store->records_count -= dropped;
	store->records_dropped += (int64_t)dropped;
	if (store->records_count > 0) {
		memmove(store->records, store->records + dropped,
			store->records_count * sizeof(*store->records));
	}
	*ret_dropped = (int64_t)dropped;
	return 0;
}

/* ---- old calls ---- */

static bool is_old(const struct reference_call *call, const struct store_drop *drop)
{
	return call->account_id == drop->account_id && call->held.call.start <= drop->up_to &&
	       (drop->whole || call->held.call.has_detail);
}

static void drop_at(struct reference_store *store, size_t at, bool whole)
{
	struct reference_call *call = store->calls[at];

	if (whole) {
		store->calls_count--;
		memmove(&store->calls[at], &store->calls[at + 1],
			(store->calls_count - at) * sizeof(*store->calls));
		free(call);
		return;
	}
	/* Its bytes stay until the call goes. */
	call->held.call.has_detail = false;
	call->held.call.steps = 0;
	call->held.packed = (struct packed){0};
}

/* Calls are sorted newest first within their account, and drop() takes the oldest first. */
int reference_drop(
	struct store *base, const struct store_drop *drop, int64_t *ret_dropped, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	int64_t dropped = 0;

	for (size_t i = store->calls_count; i > 0 && dropped < drop->limit; i--) {
		if (is_old(store->calls[i - 1], drop)) {
			drop_at(store, i - 1, drop->whole);
			dropped++;
		}
	}
	if (dropped > 0 && drop->record) {
		struct store_audit record = *drop->record;

		record.calls = dropped;
		if (add_records(store, &record, 1, err) < 0) {
			return -1;
		}
	}
	*ret_dropped = dropped;
	return 0;
}

int reference_oldest(
	struct store *base, int64_t account_id, bool detail, int64_t *ret_start, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);

	(void)err;
	for (size_t i = store->calls_count; i > 0; i--) {
		const struct reference_call *call = store->calls[i - 1];

		if (call->account_id == account_id && (!detail || call->held.call.has_detail)) {
			*ret_start = call->held.call.start;
			return 1;
		}
	}
	return 0;
}

/* No disk is taken. */
int reference_space(struct store *base, struct store_space *ret_space, struct error *err)
{
	(void)base;
	(void)err;
	*ret_space = (struct store_space){0};
	return 0;
}

int reference_shrink(struct store *base, int64_t keep_bytes, int64_t limit_bytes,
	int64_t *ret_freed, struct error *err)
{
	(void)base;
	(void)keep_bytes;
	(void)limit_bytes;
	(void)err;
	*ret_freed = 0;
	return 0;
}
