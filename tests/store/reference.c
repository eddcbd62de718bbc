/* SPDX-License-Identifier: MIT
 * Finding calls by walking them, and the kinds of their steps. */
#include "reference.h"

#include <stdlib.h>

#include "base/clock.h"
#include "call/call_json.h"
#include "store/find.h"

/* Ends a walk that needs no more; no error. */
#define ENOUGH (-2)

/* One walk through the calls that match. */
struct pass {
	const struct store_search *search;
	int (*found)(struct pass *pass, const struct store_call *call, struct text detail,
		struct error *err);
	struct unpacker *unpacker;
	struct buffer json;
	struct arena scratch;

	/* of a search */
	struct arena *arena;
	struct store_page page;
	int64_t passed; /* calls of the offset */

	/* of a scan */
	struct reference_kinds *kinds;
	store_each_row_fn *each;
	void *context;

	/* of counting */
	int64_t bucket_seconds;
	struct store_bucket *buckets;
	size_t buckets_count;
};

static void pass_end(struct pass *pass)
{
	unpacker_destroyp(&pass->unpacker);
	buffer_deinit(&pass->json);
	arena_deinit(&pass->scratch);
}

/* The steps that the call is seen with; {NULL, 0} without. */
static int read_detail(struct pass *pass, const struct store_call *call, struct text *ret_detail,
	struct error *err)
{
	*ret_detail = (struct text){0};
	if (!call->call.has_detail || !call->packed.deflate.data) {
		return 0;
	}
	buffer_clear(&pass->json);
	if (unpacker_append(pass->unpacker, &call->packed, &pass->json, err) < 0) {
		return -1;
	}
	*ret_detail = call_json_detail(buffer_text(&pass->json));
	return 0;
}

static int look_at(void *context, const struct store_call *held, struct error *err)
{
	struct pass *pass = context;
	struct store_call call = *held;
	struct text detail;
	int matches;

	store_find_hide_detail(&call, pass->search->detail_after);
	arena_deinit(&pass->scratch);
	if (store_find_check_deadline(pass->search, err) < 0 ||
		read_detail(pass, &call, &detail, err) < 0) {
		return -1;
	}
	matches = filter_matches(pass->search->filter, &call.call, detail, &pass->scratch, err);
	return matches > 0 ? pass->found(pass, &call, detail, err) : matches;
}

static int walk(struct pass *pass, struct store *store, struct error *err)
{
	const struct filter *filter = pass->search->filter;
	const struct store_query query = {
		.account_id = pass->search->account_id,
		.start = filter->start,
		.end = filter->end,
		.detail_after = pass->search->detail_after,
	};
	int status;

	buffer_init(&pass->json, UINT32_MAX);
	arena_init(&pass->scratch, SIZE_MAX);
	pass->unpacker = unpacker_create();
	if (!pass->unpacker) {
		return error_no_memory(err);
	}
	status = store_walk(store, &query, look_at, pass, err);
	return status == ENOUGH ? 0 : status;
}

static int take_for_page(
	struct pass *pass, const struct store_call *call, struct text detail, struct error *err)
{
	const struct store_search *search = pass->search;
	struct store_page *page = &pass->page;

	(void)detail;
	page->total_calls++;
	if (!store_find_is_behind(&search->after, &call->call) || pass->passed++ < search->offset) {
		return 0;
	}
	if ((int64_t)page->count < search->limit) {
		struct store_call copy = *call;

		if (!search->with_packed) {
			copy.packed = (struct packed){0};
		}
		return store_find_add(page, &copy, pass->arena, err);
	}
	return search->with_total ? 0 : ENOUGH;
}

int reference_search(struct store *store, const struct store_search *search, struct arena *arena,
	struct store_page *ret_page, struct error *err)
{
	AUTO(pass_end)
	struct pass pass = {.search = search, .found = take_for_page, .arena = arena};

	if (walk(&pass, store, err) < 0) {
		return -1;
	}
	if (!search->with_total) {
		pass.page.total_calls = -1;
	}
	*ret_page = pass.page;
	return 0;
}

static int read_kinds(
	struct pass *pass, struct text detail, uint32_t *kinds, uint32_t count, struct error *err)
{
	struct call_step step;
	size_t cursor = 0;
	int more;

	for (uint32_t i = 0; i < count; i++) {
		struct store_kind kind;

		more = call_json_next_step(detail, &cursor, &pass->scratch, &step, err);
		if (more <= 0) {
			return more < 0 ? -1
					: error_set(err, ERROR_CORRUPT,
						  "a call has fewer steps than its header says");
		}
		kind = (struct store_kind){.class_name = step.class_name,
			.module = step.module,
			.variable = step.variable};
		if (reference_kinds_id(
			    pass->kinds, pass->search->account_id, &kind, &kinds[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int show_row(
	struct pass *pass, const struct store_call *call, struct text detail, struct error *err)
{
	struct store_row row = {.call = call->call};
	uint32_t *kinds;

	if (!row.call.has_detail) {
		return pass->each(pass->context, &row, err);
	}
	kinds = arena_calloc(&pass->scratch, row.call.steps, sizeof(*kinds));
	if (!kinds) {
		return error_no_memory(err);
	}
	if (read_kinds(pass, detail, kinds, row.call.steps, err) < 0) {
		return -1;
	}
	row.kinds = kinds;
	return pass->each(pass->context, &row, err);
}

int reference_scan(struct store *store, const struct store_search *search,
	struct reference_kinds *kinds, store_each_row_fn *each, void *context, struct error *err)
{
	AUTO(pass_end)
	struct pass pass = {
		.search = search,
		.found = show_row,
		.kinds = kinds,
		.each = each,
		.context = context,
	};

	return walk(&pass, store, err);
}

static int count_call(
	struct pass *pass, const struct store_call *call, struct text detail, struct error *err)
{
	int64_t start = call->call.start - call->call.start % pass->bucket_seconds;

	(void)detail;
	if (pass->buckets_count == 0 || pass->buckets[pass->buckets_count - 1].start != start) {
		pass->buckets = arena_list_grow(
			pass->arena, pass->buckets, pass->buckets_count, sizeof(*pass->buckets));
		if (!pass->buckets) {
			return error_no_memory(err);
		}
		pass->buckets[pass->buckets_count++] = (struct store_bucket){.start = start};
	}
	pass->buckets[pass->buckets_count - 1].calls++;
	return 0;
}

int reference_count_buckets(struct store *store, int64_t account_id, const struct filter *filter,
	int64_t bucket_seconds, struct arena *arena, struct store_bucket **ret_buckets,
	size_t *ret_count, struct error *err)
{
	const struct store_search search = {
		.account_id = account_id,
		.filter = filter,
		.detail_after = INT64_MAX,
	};
	AUTO(pass_end)
	struct pass pass = {
		.search = &search,
		.found = count_call,
		.arena = arena,
		.bucket_seconds = bucket_seconds,
	};

	if (walk(&pass, store, err) < 0) {
		return -1;
	}
	*ret_buckets = pass.buckets;
	*ret_count = pass.buckets_count;
	return 0;
}

/* ---- kinds: searched from end to end, an account has few ---- */

void reference_kinds_init(struct reference_kinds *table)
{
	*table = (struct reference_kinds){0};
	pthread_mutex_init(&table->mutex, NULL);
	arena_init(&table->texts, SIZE_MAX);
}

void reference_kinds_deinit(struct reference_kinds *table)
{
	free(table->entries);
	arena_deinit(&table->texts);
	pthread_mutex_destroy(&table->mutex);
}

static int copy_kind(struct arena *arena, struct store_kind *kind, struct error *err)
{
	kind->class_name = arena_copy(arena, kind->class_name);
	kind->module = arena_copy(arena, kind->module);
	kind->variable = arena_copy(arena, kind->variable);
	if (!kind->class_name.data || !kind->module.data || !kind->variable.data) {
		return error_no_memory(err);
	}
	return 0;
}

static int add(struct reference_kinds *table, int64_t account_id, struct store_kind kind,
	uint32_t *ret_id, struct error *err)
{
	struct reference_kinds_entry *grown =
		reallocarray(table->entries, table->count + 1, sizeof(*grown));

	if (!grown) {
		return error_no_memory(err);
	}
	table->entries = grown;
	if (copy_kind(&table->texts, &kind, err) < 0) {
		return -1;
	}
	table->entries[table->count++] = (struct reference_kinds_entry){account_id, kind};
	*ret_id = kind.id;
	return 0;
}

static int find_or_add(struct reference_kinds *table, int64_t account_id, struct store_kind kind,
	uint32_t *ret_id, struct error *err)
{
	kind.id = 1;
	for (size_t i = 0; i < table->count; i++) {
		const struct reference_kinds_entry *entry = &table->entries[i];

		if (entry->account_id != account_id) {
			continue;
		}
		if (text_equal(entry->kind.class_name, kind.class_name) &&
			text_equal(entry->kind.module, kind.module) &&
			text_equal(entry->kind.variable, kind.variable)) {
			*ret_id = entry->kind.id;
			return 0;
		}
		kind.id++;
	}
	return add(table, account_id, kind, ret_id, err);
}

int reference_kinds_id(struct reference_kinds *table, int64_t account_id,
	const struct store_kind *kind, uint32_t *ret_id, struct error *err)
{
	int status;

	pthread_mutex_lock(&table->mutex);
	status = find_or_add(table, account_id, *kind, ret_id, err);
	pthread_mutex_unlock(&table->mutex);
	return status;
}

static int list(const struct reference_kinds *table, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	struct store_kind *kinds = arena_calloc(arena, table->count, sizeof(*kinds));
	size_t count = 0;

	if (!kinds) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < table->count; i++) {
		if (table->entries[i].account_id != account_id) {
			continue;
		}
		kinds[count] = table->entries[i].kind;
		if (copy_kind(arena, &kinds[count++], err) < 0) {
			return -1;
		}
	}
	*ret_kinds = kinds;
	*ret_count = count;
	return 0;
}

int reference_kinds_list(struct reference_kinds *table, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	int status;

	pthread_mutex_lock(&table->mutex);
	status = list(table, account_id, arena, ret_kinds, ret_count, err);
	pthread_mutex_unlock(&table->mutex);
	return status;
}
