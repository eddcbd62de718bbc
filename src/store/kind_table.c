/* SPDX-License-Identifier: MIT
 * Kinds of steps in memory: searched from end to end, an account has few. */
#include "store/kind_table.h"

#include <stdlib.h>

void kind_table_init(struct kind_table *table)
{
	*table = (struct kind_table){0};
	pthread_mutex_init(&table->mutex, NULL);
	arena_init(&table->texts, SIZE_MAX);
}

void kind_table_deinit(struct kind_table *table)
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

static int add(struct kind_table *table, int64_t account_id, struct store_kind kind,
	uint32_t *ret_id, struct error *err)
{
	struct kind_table_entry *grown =
		reallocarray(table->entries, table->count + 1, sizeof(*grown));

	if (!grown) {
		return error_no_memory(err);
	}
	table->entries = grown;
	if (copy_kind(&table->texts, &kind, err) < 0) {
		return -1;
	}
	table->entries[table->count++] = (struct kind_table_entry){account_id, kind};
	*ret_id = kind.id;
	return 0;
}

static int find_or_add(struct kind_table *table, int64_t account_id, struct store_kind kind,
	uint32_t *ret_id, struct error *err)
{
	kind.id = 1;
	for (size_t i = 0; i < table->count; i++) {
		const struct kind_table_entry *entry = &table->entries[i];

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

int kind_table_id(struct kind_table *table, int64_t account_id, const struct store_kind *kind,
	uint32_t *ret_id, struct error *err)
{
	int status;

	pthread_mutex_lock(&table->mutex);
	status = find_or_add(table, account_id, *kind, ret_id, err);
	pthread_mutex_unlock(&table->mutex);
	return status;
}

static int list(const struct kind_table *table, int64_t account_id, struct arena *arena,
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

int kind_table_list(struct kind_table *table, int64_t account_id, struct arena *arena,
	struct store_kind **ret_kinds, size_t *ret_count, struct error *err)
{
	int status;

	pthread_mutex_lock(&table->mutex);
	status = list(table, account_id, arena, ret_kinds, ret_count, err);
	pthread_mutex_unlock(&table->mutex);
	return status;
}
