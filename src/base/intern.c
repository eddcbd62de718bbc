/* SPDX-License-Identifier: MIT
 * An open hash table of numbers beside the texts that they stand for. */
#include "base/intern.h"

#define FIRST_CAPACITY ((size_t)64)

void intern_init(struct intern *intern, struct arena *arena)
{
	*intern = (struct intern){.arena = arena, .key = hash_key_random()};
}

/* Where @text is, or the free slot where it belongs. */
static uint32_t *find_slot(const struct intern *intern, struct text text)
{
	size_t mask = intern->slot_count - 1;
	size_t at = hash_text(&intern->key, text) & mask;

	while (intern->slots[at] != 0 && !text_equal(intern->texts[intern->slots[at] - 1], text)) {
		at = (at + 1) & mask;
	}
	return &intern->slots[at];
}

/* Twice as many texts; slots are at most half full. */
static bool grow(struct intern *intern)
{
	size_t capacity = intern->capacity > 0 ? intern->capacity * 2 : FIRST_CAPACITY;
	struct text *texts = arena_calloc(intern->arena, capacity, sizeof(*texts));
	uint32_t *slots = arena_calloc(intern->arena, capacity * 2, sizeof(*slots));

	if (!texts || !slots || capacity > UINT32_MAX) {
		return false;
	}
	if (intern->count > 0) {
		memcpy(texts, intern->texts, intern->count * sizeof(*texts));
	}
	intern->texts = texts;
	intern->capacity = capacity;
	intern->slots = slots;
	intern->slot_count = capacity * 2;
	for (uint32_t i = 0; i < intern->count; i++) {
		*find_slot(intern, texts[i]) = i + 1;
	}
	return true;
}

bool intern_number(struct intern *intern, struct text text, uint32_t *ret_number)
{
	uint32_t *slot;

	if (intern->count == intern->capacity && !grow(intern)) {
		return false;
	}
	slot = find_slot(intern, text);
	if (*slot == 0) {
		struct text copy = arena_copy(intern->arena, text);

		if (!copy.data) {
			return false;
		}
		intern->texts[intern->count++] = copy;
		*slot = intern->count;
	}
	*ret_number = *slot - 1;
	return true;
}
