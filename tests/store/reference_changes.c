/* SPDX-License-Identifier: MIT
 * The reference: following calls. */
#include "reference_store.h"

#define CHANGES_KEPT ((size_t)100000)

/* Forgets the older half once twice as many are held as have to be kept. */
static void trim(struct reference_store *store)
{
	size_t drop;

	if (store->changes_count < 2 * CHANGES_KEPT) {
		return;
	}
	drop = store->changes_count - CHANGES_KEPT;
	for (size_t i = 0; i < drop; i++) {
		free(store->changes[i]);
	}
	memmove(store->changes, store->changes + drop, CHANGES_KEPT * sizeof(*store->changes));
	store->changes_count = CHANGES_KEPT;
}

static struct reference_change *make_change(int64_t id, const struct reference_noted *noted)
{
	struct text session_id = noted->session_id;
	struct reference_change *change = malloc(sizeof(*change) + session_id.size);

	if (!change) {
		return NULL;
	}
	*change = (struct reference_change){
		.id = id,
		.account_id = noted->account_id,
		.first_step = noted->first_step,
		.header = noted->header,
		.session_size = session_id.size,
	};
	memcpy(change->session, session_id.data, session_id.size);
	return change;
}

int reference_changes_note(struct reference_store *store, const struct reference_noted *noted,
	size_t count, struct error *err)
{
	struct reference_change **grown;

	if (count == 0) {
		return 0;
	}
	grown = reallocarray(store->changes, store->changes_count + count, sizeof(*grown));
	if (!grown) {
		return error_no_memory(err);
	}
	store->changes = grown;
	for (size_t i = 0; i < count; i++) {
		grown[store->changes_count + i] =
			make_change(store->change_newest + (int64_t)i + 1, &noted[i]);
		if (!grown[store->changes_count + i]) {
			while (i > 0) {
				free(grown[store->changes_count + --i]);
			}
			return error_no_memory(err);
		}
	}
	store->changes_count += count;
	store->change_newest += (int64_t)count;
	trim(store);
	return 0;
}

int reference_change_newest(struct store *base, int64_t *ret_id, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);

	(void)err;
	*ret_id = store->change_newest;
	return 0;
}

static struct text session_of(const struct reference_change *change)
{
	return (struct text){.data = change->session, .size = change->session_size};
}

void reference_changes_forget(
	struct reference_store *store, int64_t account_id, struct text session_id)
{
	for (size_t i = 0; i < store->changes_count; i++) {
		struct reference_change *change = store->changes[i];

		if (change->account_id == account_id &&
			text_equal(session_of(change), session_id)) {
			change->account_id = 0;
		}
	}
}

/* The account's first changes behind @after, at most @limit. */
static size_t find_changes(const struct reference_store *store, int64_t account_id, int64_t after,
	size_t limit, const struct reference_change **found)
{
	size_t count = 0;

	for (size_t i = 0; i < store->changes_count && count < limit; i++) {
		const struct reference_change *change = store->changes[i];

		if (change->id > after && change->account_id == account_id &&
			reference_has_call(store, account_id, session_of(change))) {
			found[count++] = change;
		}
	}
	return count;
}

static bool comes_again(const struct reference_change **found, size_t count, size_t at)
{
	for (size_t i = at + 1; i < count; i++) {
		if (text_equal(session_of(found[i]), session_of(found[at]))) {
			return true;
		}
	}
	return false;
}

/* What all changes of the call say together. */
static void add_up(
	const struct reference_change **found, size_t count, size_t at, struct store_change *item)
{
	item->first_step = -1;
	item->header = false;
	for (size_t i = 0; i < count; i++) {
		const struct reference_change *change = found[i];

		if (!text_equal(session_of(change), session_of(found[at]))) {
			continue;
		}
		item->header |= change->header;
		if (change->first_step >= 0 &&
			(item->first_step < 0 || change->first_step < item->first_step)) {
			item->first_step = change->first_step;
		}
	}
}

static int copy_changes(struct reference_store *store, const struct reference_change **found,
	size_t count, int64_t detail_after, struct arena *arena, struct store_change_list *changes,
	struct error *err)
{
	changes->items = arena_calloc(arena, count, sizeof(*changes->items));
	if (!changes->items) {
		return error_set(err, ERROR_TOO_LARGE, "the changes do not fit into memory");
	}
	for (size_t i = 0; i < count; i++) {
		struct store_change *item = &changes->items[changes->count];

		if (comes_again(found, count, i)) {
			continue;
		}
		item->id = found[i]->id;
		add_up(found, count, i, item);
		if (reference_copy_call(store, found[i]->account_id, session_of(found[i]),
			    detail_after, arena, &item->call, err) < 0) {
			return -1;
		}
		changes->count++;
	}
	return 0;
}

int reference_changes(struct store *base, int64_t account_id, int64_t after, int64_t limit,
	int64_t detail_after, struct arena *arena, struct store_change_list *list,
	struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	size_t room = limit < (int64_t)store->changes_count ? (size_t)limit : store->changes_count;
	const struct reference_change **found = arena_calloc(arena, room, sizeof(const void *));
	size_t count;

	if (!found) {
		return error_set(err, ERROR_TOO_LARGE, "the changes do not fit into memory");
	}
	count = find_changes(store, account_id, after, room, found);
	list->oldest = store->change_newest - (int64_t)store->changes_count + 1;
	list->newest = store->change_newest;
	list->looked_at = (int64_t)count;
	list->last = count > 0 ? found[count - 1]->id : 0;
	return copy_changes(store, found, count, detail_after, arena, list, err);
}
