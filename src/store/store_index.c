/* SPDX-License-Identifier: MIT
 * Cutting a call's steps into kinds and words. */
#include "store/store_index.h"

#include <stdio.h>

#include "call/call_json.h"
#include "call/words.h"
#include "store/store_find.h"

/* A step's kind is looked for among so many that came last: a call with more has some twice. */
#define KINDS_LOOKED_AT 32
#define KINDS_AT_FIRST	16

void store_indexer_init(struct store_indexer *indexer)
{
	buffer_init(&indexer->words, UINT32_MAX);
	arena_init(&indexer->scratch, SIZE_MAX);
}

void store_indexer_deinit(struct store_indexer *indexer)
{
	buffer_deinit(&indexer->words);
	arena_deinit(&indexer->scratch);
}

struct making {
	struct store_indexer *indexer;
	struct arena *arena;
	struct store_index index;
	size_t room; /* of index.kinds */
	char account[24];
	struct text prefix; /* what each word has before it */
};

static void add_words(struct making *making, struct text line)
{
	struct buffer *words = &making->indexer->words;
	char buffer[WORDS_WORD_MAX];
	bool begun = false;
	struct text word;

	while (words_next(&line, buffer, &word)) {
		if (!begun && words->size > 0) {
			buffer_append(words, TEXT(STORE_INDEX_LINE_END " "));
		}
		begun = true;
		buffer_append(words, making->prefix);
		buffer_append(words, word);
		buffer_append_byte(words, ' ');
	}
}

static bool same_kind(const struct store_kind *a, const struct store_kind *b)
{
	return text_equal(a->class_name, b->class_name) && text_equal(a->module, b->module) &&
	       text_equal(a->variable, b->variable);
}

static bool find_kind(
	const struct store_index *index, const struct store_kind *kind, uint32_t *ret_place)
{
	uint32_t count = index->kinds_count;

	for (uint32_t i = 1; i <= count && i <= KINDS_LOOKED_AT; i++) {
		if (same_kind(&index->kinds[count - i], kind)) {
			*ret_place = count - i;
			return true;
		}
	}
	return false;
}

static bool copy_kind(struct arena *arena, struct store_kind *kind)
{
	kind->class_name = arena_copy(arena, kind->class_name);
	kind->module = arena_copy(arena, kind->module);
	kind->variable = arena_copy(arena, kind->variable);
	return kind->class_name.data && kind->module.data && kind->variable.data;
}

static bool grow_kinds(struct making *making)
{
	struct store_index *index = &making->index;
	size_t room = making->room ? 2 * making->room : KINDS_AT_FIRST;
	struct store_kind *kinds = arena_calloc(making->arena, room, sizeof(*kinds));

	if (!kinds) {
		return false;
	}
	if (index->kinds_count > 0) {
		memcpy(kinds, index->kinds, index->kinds_count * sizeof(*kinds));
	}
	index->kinds = kinds;
	making->room = room;
	return true;
}

static int add_kind(struct making *making, struct store_kind kind, struct error *err)
{
	struct store_index *index = &making->index;
	uint32_t place;

	if (!find_kind(index, &kind, &place)) {
		place = index->kinds_count;
		if ((place == making->room && !grow_kinds(making)) ||
			!copy_kind(making->arena, &kind)) {
			return error_no_memory(err);
		}
		index->kinds[index->kinds_count++] = kind;
	}
	index->path[index->steps++] = place;
	return 0;
}

static int other_count(struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "a call's steps are not as many as its header says");
}

static int add_steps(struct making *making, struct text detail, uint32_t steps, struct error *err)
{
	struct arena *scratch = &making->indexer->scratch;
	struct call_step step;
	size_t cursor = 0;
	int more;

	while ((more = call_json_next_step(detail, &cursor, scratch, &step, err)) > 0) {
		if (making->index.steps == steps) {
			return other_count(err);
		}
		if (add_kind(making, store_find_kind(&step, scratch), err) < 0) {
			return -1;
		}
		add_words(making, step.line);
	}
	return more < 0 || making->index.steps == steps ? more : other_count(err);
}

int store_index_make(struct store_indexer *indexer, int64_t account_id, struct text detail,
	uint32_t steps, struct arena *arena, struct store_index *ret_index, struct error *err)
{
	struct making making = {.indexer = indexer, .arena = arena, .index = {.made = true}};

	making.prefix = (struct text){
		.data = making.account,
		.size = (size_t)snprintf(
			making.account, sizeof(making.account), "%lld:", (long long)account_id),
	};
	buffer_clear(&indexer->words);
	arena_deinit(&indexer->scratch);
	making.index.path = arena_calloc(arena, steps, sizeof(*making.index.path));
	if (!making.index.path) {
		return error_no_memory(err);
	}
	if (add_steps(&making, detail, steps, err) < 0) {
		return -1;
	}
	making.index.words = arena_copy(arena, buffer_text(&indexer->words));
	if (indexer->words.failed || !making.index.words.data) {
		return error_no_memory(err);
	}
	*ret_index = making.index;
	return 0;
}
