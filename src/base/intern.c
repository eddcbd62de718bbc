/* SPDX-License-Identifier: MIT
 * A hash table of numbers beside the texts that they stand for. */
#include "base/intern.h"

void intern_init(struct intern *intern, struct arena *arena)
{
	*intern = (struct intern){.arena = arena, .key = hash_key_random()};
}

static bool add(struct intern *intern, struct text text, uint64_t hash)
{
	struct arena *arena = intern->arena;
	struct text copy = arena_copy(arena, text);
	struct text *texts = arena_list_grow(arena, intern->texts, intern->count, sizeof(copy));
	int emptied = hash_table_make_room(&intern->table, arena, (size_t)intern->count + 1);

	intern->texts = texts ? texts : intern->texts;
	for (uint32_t i = 0; emptied > 0 && i < intern->count; i++) {
		hash_table_put(&intern->table, hash_text(&intern->key, intern->texts[i]), i);
	}
	if (!copy.data || !texts || emptied < 0) {
		return false;
	}
	texts[intern->count] = copy;
	hash_table_put(&intern->table, hash, intern->count++);
	return true;
}

bool intern_number(struct intern *intern, struct text text, uint32_t *ret_number)
{
	uint64_t hash = hash_text(&intern->key, text);

	HASH_TABLE_EACH(number, &intern->table, hash) {
		if (text_equal(intern->texts[number], text)) {
			*ret_number = number;
			return true;
		}
	}
	if (!add(intern, text, hash)) {
		return false;
	}
	*ret_number = intern->count - 1;
	return true;
}
