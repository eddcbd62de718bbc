/* SPDX-License-Identifier: MIT
 * The reference: calls, as one sorted array. */
#include "reference_store.h"
#include "store/check.h"

/* Account by account, newest first, as pages have them. */
static int compare_calls(const struct reference_call *a, const struct reference_call *b)
{
	if (a->account_id != b->account_id) {
		return a->account_id < b->account_id ? -1 : 1;
	}
	if (a->held.call.start != b->held.call.start) {
		return a->held.call.start > b->held.call.start ? -1 : 1;
	}
	return text_compare(b->held.call.session_id, a->held.call.session_id);
}

static void move_text(struct text *text, char **to)
{
	if (text->size > 0) {
		memcpy(*to, text->data, text->size);
	}
	text->data = *to;
	*to += text->size;
}

static struct reference_call *make_call(int64_t account_id, const struct call *call,
	const struct packed *packed, struct text hidden)
{
	char buffer[CALL_NUMBER_MAX];
	struct text dest_key = call_number_key(call->dest, buffer);
	struct reference_call *made =
		malloc(sizeof(*made) + call->dest.size + call->src.size + call->session_id.size +
			packed->deflate.size + dest_key.size + hidden.size);
	char *to;

	if (!made) {
		return NULL;
	}
	*made = (struct reference_call){
		.account_id = account_id,
		.held = {.call = *call, .packed = *packed},
		.dest_key = dest_key,
		.hidden = hidden,
	};
	to = made->data;
	move_text(&made->held.call.dest, &to);
	move_text(&made->held.call.src, &to);
	move_text(&made->held.call.session_id, &to);
	move_text(&made->dest_key, &to);
	move_text(&made->hidden, &to);
	if (packed->deflate.data) {
		move_text(&made->held.packed.deflate, &to);
	}
	return made;
}

/* A put works on its own array, which takes the store's place when all went well. */
struct put_run {
	struct reference_store *store;
	struct reference_call **calls;
	size_t count;
	struct reference_call **made;
	size_t made_count;
};

static void drop(struct reference_call **calls, size_t count, bool all)
{
	for (size_t i = 0; i < count; i++) {
		if (all || calls[i]->gone) {
			free(calls[i]);
		}
	}
}

static void run_commit(struct put_run *run)
{
	struct reference_store *store = run->store;

	/* The made ones go first: `gone` is read of each once. */
	drop(run->made, run->made_count, false);
	drop(store->calls, store->calls_count, false);
	free(store->calls);
	store->calls = run->calls;
	store->calls_count = run->count;
	run->calls = NULL;
	run->made_count = 0;
}

static void run_end(struct put_run *run)
{
	if (run->calls) {
		for (size_t i = 0; i < run->store->calls_count; i++) {
			run->store->calls[i]->gone = false;
		}
		drop(run->made, run->made_count, true);
	}
	free(run->calls);
	free(run->made);
}

static size_t find_session(
	struct reference_call **calls, size_t count, int64_t account_id, struct text session_id)
{
	size_t i = 0;

	while (i < count && (calls[i]->account_id != account_id ||
				    !text_equal(calls[i]->held.call.session_id, session_id))) {
		i++;
	}
	return i;
}

static void insert_sorted(struct put_run *run, struct reference_call *call)
{
	size_t low = 0, high = run->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_calls(run->calls[middle], call) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	memmove(&run->calls[low + 1], &run->calls[low], (run->count - low) * sizeof(*run->calls));
	run->calls[low] = call;
	run->count++;
}

static void remove_at(struct put_run *run, size_t at)
{
	run->calls[at]->gone = true;
	run->count--;
	memmove(&run->calls[at], &run->calls[at + 1], (run->count - at) * sizeof(*run->calls));
}

/* Puts what @put and the part of the call that is held are together into @call and @packed; their
 * texts in @arena. */
static int join_held(struct put_run *run, struct store_put *put, const struct store_call *held,
	struct arena *arena, struct call *call, struct packed *packed, struct error *err)
{
	struct store_put joined;
	int parts = store_join(
		&run->store->repacker, &held->packed, put, arena, &joined, &put->others, err);

	if (parts > 0) {
		*call = joined.call;
		*packed = joined.packed;
	}
	return parts < 0 ? -1 : 0;
}

static int put_call(struct put_run *run, struct store_put *put, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	size_t at = find_session(run->calls, run->count, put->account_id, put->call.session_id);
	struct call call = put->call;
	struct packed packed = put->packed;
	struct reference_call *made;

	arena_init(&arena, SIZE_MAX);
	if (!reference_account_exists(run->store, put->account_id)) {
		return store_no_account(put->account_id, err);
	}
	put->replaced = at < run->count;
	if (put->replaced && !call.has_detail && run->calls[at]->held.call.has_detail) {
		const struct store_call *held = &run->calls[at]->held;

		call.has_detail = true;
		call.steps = held->call.steps;
		if (store_rewrap(&run->store->repacker, &call, &held->packed, &packed, err) < 0) {
			return -1;
		}
	}
	if (put->replaced && put->recorded && put->call.has_detail &&
		run->calls[at]->held.call.has_detail &&
		join_held(run, put, &run->calls[at]->held, &arena, &call, &packed, err) < 0) {
		return -1;
	}
	made = make_call(put->account_id, &call, &packed, (struct text){0});
	if (!made) {
		return error_no_memory(err);
	}
	if (put->replaced) {
		remove_at(run, at);
	}
	run->made[run->made_count++] = made;
	insert_sorted(run, made);
	return 0;
}

/* Puts what an amendment makes of a call into its place. */
static int keep_amended(struct put_run *run, const struct store_amend *amend, size_t at,
	const struct reference_amended *amended, struct error *err)
{
	struct reference_call *made =
		make_call(amend->account_id, &amended->call, &amended->packed, amended->hidden);

	if (!made) {
		return error_no_memory(err);
	}
	made->heard = amended->heard;
	if (at < run->count) {
		remove_at(run, at);
	}
	run->made[run->made_count++] = made;
	insert_sorted(run, made);
	return 0;
}

static int amend_call(struct put_run *run, struct store_amend *amend, struct reference_noted *noted,
	size_t *noted_count, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	size_t at = find_session(run->calls, run->count, amend->account_id, amend->session_id);
	const struct reference_call *held = at < run->count ? run->calls[at] : NULL;
	struct reference_amended amended = {0};

	arena_init(&arena, SIZE_MAX);
	if (reference_amend(held, amend, &arena, &amended, err) < 0) {
		return -1;
	}
	if (!amended.stored) {
		return 0;
	}
	if (!reference_account_exists(run->store, amend->account_id)) {
		return store_no_account(amend->account_id, err);
	}
	if (amended.header || amended.first_step >= 0) {
		noted[(*noted_count)++] = (struct reference_noted){
			amend->account_id, amend->session_id, amended.first_step, amended.header};
	}
	return keep_amended(run, amend, at, &amended, err);
}

static int put_and_note(struct put_run *run, struct store_put *put, struct reference_noted *noted,
	size_t *noted_count, struct error *err)
{
	size_t at = find_session(run->calls, run->count, put->account_id, put->call.session_id);
	bool live = at < run->count && run->calls[at]->held.call.state == CALL_LIVE;

	noted[(*noted_count)++] = (struct reference_noted){
		put->account_id, put->call.session_id, live && put->call.has_detail ? 0 : -1, true};
	return put_call(run, put, err);
}

int reference_amend_calls(
	struct store *base, const struct store_entry *entries, size_t count, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	AUTO(arena_deinit) struct arena arena;
	AUTO(run_end)
	struct put_run run = {
		.store = store,
		.calls = calloc(store->calls_count + count, sizeof(*run.calls)),
		.count = store->calls_count,
		.made = calloc(count, sizeof(*run.made)),
	};
	struct reference_noted *noted;
	size_t noted_count = 0;

	arena_init(&arena, SIZE_MAX);
	noted = arena_calloc(&arena, count, sizeof(*noted));
	if (!run.calls || !run.made || !noted) {
		return error_no_memory(err);
	}
	if (store->calls_count > 0) {
		memcpy(run.calls, store->calls, store->calls_count * sizeof(*run.calls));
	}
	for (size_t i = 0; i < count; i++) {
		if ((entries[i].put ? put_and_note(&run, entries[i].put, noted, &noted_count, err)
				    : amend_call(&run, entries[i].amend, noted, &noted_count,
					      err)) < 0) {
			return -1;
		}
	}
	if (reference_changes_note(store, noted, noted_count, err) < 0) {
		return -1;
	}
	run_commit(&run);
	return 0;
}

int reference_put_calls(struct store *base, struct store_put *puts, size_t count, struct error *err)
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
	return reference_amend_calls(base, entries, count, err);
}

static int copy_call(const struct reference_call *call, bool with_packed, struct arena *arena,
	struct store_call *ret_call, struct error *err)
{
	struct store_call copy = call->held;

	copy.call.dest = arena_copy(arena, copy.call.dest);
	copy.call.src = arena_copy(arena, copy.call.src);
	copy.call.session_id = arena_copy(arena, copy.call.session_id);
	if (!with_packed || !copy.call.has_detail) {
		copy.packed = (struct packed){0};
	} else {
		copy.packed.deflate = arena_copy(arena, copy.packed.deflate);
	}
	if (!copy.call.dest.data || !copy.call.src.data || !copy.call.session_id.data ||
		(with_packed && copy.call.has_detail && !copy.packed.deflate.data)) {
		return error_set(err, ERROR_TOO_LARGE, "the page does not fit into memory");
	}
	*ret_call = copy;
	return 0;
}

static bool matches(const struct reference_call *call, const struct store_query *query,
	const struct call_keys *keys)
{
	return call->account_id == query->account_id && call->held.call.start >= query->start &&
	       call->held.call.start < query->end &&
	       (keys->count == 0 || call_keys_have(keys, call->dest_key));
}

int reference_page(struct store_view *view, const struct store_query *query, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	struct reference_store *store = reference_of(view);
	const struct call_keys keys = query->keys;
	struct store_page page = {0};

	page.calls = arena_calloc(arena, store->calls_count, sizeof(*page.calls));
	if (!page.calls) {
		return error_set(err, ERROR_TOO_LARGE, "the page does not fit into memory");
	}
	for (size_t i = 0; i < store->calls_count; i++) {
		const struct reference_call *call = store->calls[i];

		if (!matches(call, query, &keys)) {
			continue;
		}
		if (page.total_calls++ < query->offset || (int64_t)page.count >= query->limit) {
			continue;
		}
		if (copy_call(call, call->held.call.start > query->detail_after, arena,
			    &page.calls[page.count++], err) < 0) {
			return -1;
		}
	}
	*ret_page = page;
	return 0;
}

int reference_find(struct store_view *view, int64_t account_id, struct text session_id,
	struct arena *arena, struct store_call *ret_call, struct error *err)
{
	struct reference_store *store = reference_of(view);
	size_t at = find_session(store->calls, store->calls_count, account_id, session_id);

	if (at == store->calls_count) {
		return 0;
	}
	return copy_call(store->calls[at], true, arena, ret_call, err) < 0 ? -1 : 1;
}

bool reference_has_call(
	const struct reference_store *store, int64_t account_id, struct text session_id)
{
	return find_session(store->calls, store->calls_count, account_id, session_id) <
	       store->calls_count;
}

int reference_copy_call(struct reference_store *store, int64_t account_id, struct text session_id,
	int64_t detail_after, struct arena *arena, struct store_call *ret_call, struct error *err)
{
	const struct reference_call *call = store->calls[find_session(
		store->calls, store->calls_count, account_id, session_id)];

	return copy_call(call, call->held.call.start > detail_after, arena, ret_call, err);
}

/* Walks a copy, so that a callback may use the store. */
int reference_walk(struct store *base, const struct store_query *query, store_each_call_fn *each,
	void *context, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_query all = *query;
	struct store_page page;

	arena_init(&arena, SIZE_MAX);
	all.offset = 0;
	all.limit = INT64_MAX;
	if (store_page(base, &all, &arena, &page, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < page.count; i++) {
		int status = each(context, &page.calls[i], err);

		if (status < 0) {
			return status;
		}
	}
	return 0;
}

static bool is_meant(
	const struct reference_call *call, const struct store_erase *erase, struct text number_key)
{
	const struct call *header = &call->held.call;
	char buffer[CALL_NUMBER_MAX];

	if (call->account_id != erase->account_id) {
		return false;
	}
	if (erase->session_id.data) {
		return text_equal(header->session_id, erase->session_id);
	}
	return header->start >= erase->from &&
	       (text_equal(call->dest_key, number_key) ||
		       text_equal(call_number_key(header->src, buffer), number_key));
}

static void erase_at(struct reference_store *store, size_t at)
{
	reference_changes_forget(
		store, store->calls[at]->account_id, store->calls[at]->held.call.session_id);
	free(store->calls[at]);
	store->calls_count--;
	memmove(&store->calls[at], &store->calls[at + 1],
		(store->calls_count - at) * sizeof(*store->calls));
}

int reference_erase(struct store *base, const struct store_erase *erase, struct arena *arena,
	struct store_sessions *ret_sessions, struct store_erased *ret_erased, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	char buffer[CALL_NUMBER_MAX];
	struct text number_key = call_number_key(erase->number, buffer);
	struct store_erased erased = {.from = erase->from};

	for (size_t i = store->calls_count; i > 0 && !erased.more; i--) {
		const struct reference_call *call = store->calls[i - 1];

		if (!is_meant(call, erase, number_key)) {
			continue;
		}
		erased.calls++;
		if (erase->count_only) {
			continue;
		}
		if (store_sessions_add(ret_sessions, arena, call->held.call.session_id, err) < 0) {
			return -1;
		}
		erased.from = call->held.call.start;
		erased.more = erased.calls == erase->limit;
		erase_at(store, i - 1);
	}
	*ret_erased = erased;
	return 0;
}

int reference_verify(struct store *base, struct store_check *check, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);

	check->verdict.accounts = (int64_t)store->accounts_count;
	check->verdict.records = (int64_t)store->records_count;
	for (; check->verdict.calls < (int64_t)store->calls_count; check->verdict.calls++) {
		const struct store_call *call = &store->calls[check->verdict.calls]->held;

		if (store_check_call(check, call, false, err) < 0) {
			return -1;
		}
	}
	store_check_show_progress(check, check->verdict.calls);
	return 0;
}

/* Those that were heard longest ago first. */
static int by_heard(const void *left, const void *right)
{
	const struct store_live *a = left, *b = right;

	return (a->heard > b->heard) - (a->heard < b->heard);
}

int reference_live_list(struct store *base, int64_t account_id, int64_t before, int64_t limit,
	struct arena *arena, struct store_live **ret_calls, size_t *ret_count, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);
	struct store_live *calls = arena_calloc(arena, store->calls_count, sizeof(*calls));
	size_t count = 0;

	if (!calls) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < store->calls_count; i++) {
		const struct reference_call *call = store->calls[i];

		if (call->held.call.state != CALL_LIVE || call->heard >= before ||
			(account_id != 0 && call->account_id != account_id)) {
			continue;
		}
		calls[count++] = (struct store_live){call->account_id,
			arena_copy(arena, call->held.call.session_id), call->heard};
	}
	qsort(calls, count, sizeof(*calls), by_heard);
	*ret_calls = calls;
	*ret_count = (int64_t)count < limit ? count : (size_t)limit;
	return 0;
}

int reference_live_hear(struct store *base, int64_t now, struct error *err)
{
	AUTO(reference_unlock) struct reference_store *store = reference_lock(base);

	(void)err;
	for (size_t i = 0; i < store->calls_count; i++) {
		struct reference_call *call = store->calls[i];

		call->heard = call->heard < now ? now : call->heard;
	}
	return 0;
}
