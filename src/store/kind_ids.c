/* SPDX-License-Identifier: MIT
 * Remembering the numbers of kinds. */
#include "store/kind_ids.h"

#include <stdlib.h>

#include "base/array.h"

/* What is remembered is forgotten all at once when it is so many kinds. */
#define KINDS_REMEMBERED 20000

void kind_ids_init(struct kind_ids *ids)
{
	*ids = (struct kind_ids){0};
	arena_init(&ids->arena, SIZE_MAX);
}

void kind_ids_forget(struct kind_ids *ids)
{
	free(ids->ids);
	ids->ids = NULL;
	ids->room = 0;
	ids->ready = false;
	arena_deinit(&ids->arena);
}

uint32_t *kind_ids_place(struct kind_ids *ids, struct text name)
{
	uint32_t number;

	if (ids->ready && ids->names.count >= KINDS_REMEMBERED) {
		kind_ids_forget(ids);
	}
	if (!ids->ready) {
		intern_init(&ids->names, &ids->arena);
		ids->ready = true;
	}
	if (!intern_number(&ids->names, name, &number) ||
		!ARRAY_RESERVE(ids->ids, ids->room, (size_t)number + 1)) {
		return NULL;
	}
	return &ids->ids[number];
}

static void append_sized(struct buffer *name, struct text text)
{
	buffer_append_int64(name, (int64_t)text.size);
	buffer_append_byte(name, ':');
	buffer_append(name, text);
}

bool kind_ids_name(struct buffer *name, int64_t account_id, const struct store_kind *kind)
{
	buffer_clear(name);
	buffer_append_int64(name, account_id);
	buffer_append_byte(name, ':');
	append_sized(name, kind->class_name);
	append_sized(name, kind->module);
	buffer_append(name, kind->variable);
	return !name->failed;
}
