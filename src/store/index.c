/* SPDX-License-Identifier: MIT
 * Cutting a call's steps into kinds, words and visits, in one walk. */
#include "store/index.h"

#include <stdio.h>

#include "call/call_steps.h"
#include "call/words.h"

/* A step's kind, and a line that is the same, is looked for among so many that came last. A call
 * with more kinds has some twice; a line that is there twice is found as well as one. */
#define LOOKED_AT 32

void store_indexer_init(struct store_indexer *indexer)
{
	*indexer = (struct store_indexer){0};
	buffer_init(&indexer->words, UINT32_MAX);
	buffer_init(&indexer->kinds, SIZE_MAX);
	buffer_init(&indexer->path, SIZE_MAX);
	buffer_init(&indexer->stays.bytes, SIZE_MAX);
	arena_init(&indexer->scratch, SIZE_MAX);
}

void store_indexer_deinit(struct store_indexer *indexer)
{
	buffer_deinit(&indexer->words);
	buffer_deinit(&indexer->kinds);
	buffer_deinit(&indexer->path);
	buffer_deinit(&indexer->stays.bytes);
	arena_deinit(&indexer->scratch);
}

/* A call that is indexed. What is found stays in the indexer, and its texts where they stand in the
 * call, until all is copied at once. */
struct making {
	struct store_indexer *indexer;
	struct path_visits visits;
	uint32_t steps;
	uint32_t kinds;
	bool without_words;
	size_t texts_size; /* of the kinds' texts */
	char account[24];
	struct text prefix; /* what each word has before it */
	struct text lines[LOOKED_AT];
	size_t lines_count;
};

/* ---- words ---- */

static bool had_line(struct making *making, struct text line)
{
	size_t count = making->lines_count < LOOKED_AT ? making->lines_count : LOOKED_AT;

	for (size_t i = 0; i < count; i++) {
		if (text_equal(making->lines[i], line)) {
			return true;
		}
	}
	making->lines[making->lines_count++ % LOOKED_AT] = line;
	return false;
}

/* Each word is folded right where it goes. */
static void add_words(struct making *making, struct text line)
{
	struct buffer *words = &making->indexer->words;
	size_t room = making->prefix.size + WORDS_WORD_MAX + 1;
	size_t begin = words->size;
	struct text word;

	if (begin > 0) {
		buffer_append(words, TEXT(STORE_INDEX_LINE_END " "));
	}
	for (bool begun = false;; begun = true) {
		char *to = buffer_reserve(words, room);

		if (!to) {
			return;
		}
		if (!words_next(&line, to + making->prefix.size, &word)) {
			words->size = begun ? words->size : begin;
			return;
		}
		memcpy(to, making->prefix.data, making->prefix.size);
		to[making->prefix.size + word.size] = ' ';
		buffer_advance(words, making->prefix.size + word.size + 1);
	}
}

/* ---- kinds ---- */

static bool same_kind(const struct store_kind *a, const struct store_kind *b)
{
	return text_equal(a->variable, b->variable) && text_equal(a->module, b->module) &&
	       text_equal(a->class_name, b->class_name);
}

static uint32_t find_kind(const struct making *making, const struct store_kind *kind)
{
	const struct store_kind *kinds = (const struct store_kind *)making->indexer->kinds.data;
	uint32_t count = making->kinds;

	for (uint32_t i = 1; i <= count && i <= LOOKED_AT; i++) {
		if (same_kind(&kinds[count - i], kind)) {
			return count - i;
		}
	}
	return count;
}

static void add_kind(struct making *making, const struct store_kind *kind)
{
	uint32_t place = find_kind(making, kind);

	if (place == making->kinds) {
		buffer_append(&making->indexer->kinds,
			(struct text){.data = (const char *)kind, .size = sizeof(*kind)});
		making->texts_size +=
			kind->class_name.size + kind->module.size + kind->variable.size;
		making->kinds++;
	}
	buffer_append(&making->indexer->path,
		(struct text){.data = (const char *)&place, .size = sizeof(place)});
	making->steps++;
}

static bool has_failed(const struct store_indexer *indexer)
{
	return indexer->words.failed || indexer->kinds.failed || indexer->path.failed;
}

static int add_step(struct making *making, const struct call_step_look *step, struct error *err)
{
	struct arena *scratch = &making->indexer->scratch;
	const struct store_kind kind = {
		.class_name = step->class_name,
		.module = call_string_text(&step->module, scratch),
		.variable = call_string_text(&step->variable, scratch),
	};
	struct text line = {0};

	if (!making->without_words && !had_line(making, step->line.raw)) {
		line = call_string_text(&step->line, scratch);
		if (!line.data) {
			return error_no_memory(err);
		}
		add_words(making, line);
	}
	if (!kind.module.data || !kind.variable.data) {
		return error_no_memory(err);
	}
	add_kind(making, &kind);
	return path_visits_step(&making->visits, step) && !has_failed(making->indexer)
		       ? 0
		       : error_no_memory(err);
}

/* ---- the whole ---- */

/* Copies all that was found into one piece of @arena: kinds, path, then texts. */
static bool keep(const struct making *making, struct arena *arena, struct store_index *ret_index)
{
	const struct store_indexer *indexer = making->indexer;
	struct store_index index = {
		.made = true,
		.kinds_count = making->kinds,
		.steps = making->steps,
		.words = buffer_text(&indexer->words),
		.stays = buffer_text(&indexer->stays.bytes),
	};
	char *to =
		arena_alloc(arena, indexer->kinds.size + indexer->path.size + making->texts_size +
					   index.words.size + index.stays.size);

	if (!to) {
		return false;
	}
	index.kinds = (struct store_kind *)to;
	index.path = (uint32_t *)(to + indexer->kinds.size);
	if (making->steps > 0) {
		memcpy(index.kinds, indexer->kinds.data, indexer->kinds.size);
		memcpy(index.path, indexer->path.data, indexer->path.size);
	}
	to += indexer->kinds.size + indexer->path.size;
	for (uint32_t i = 0; i < making->kinds; i++) {
		text_move(&index.kinds[i].class_name, &to);
		text_move(&index.kinds[i].module, &to);
		text_move(&index.kinds[i].variable, &to);
	}
	text_move(&index.words, &to);
	text_move(&index.stays, &to);
	*ret_index = index;
	return true;
}

static int add_steps(struct making *making, struct text detail, uint32_t count, struct error *err)
{
	struct call_step_look step;
	struct call_steps steps;
	int more;

	path_visits_begin(&making->visits, &making->indexer->scratch, column_stays_write,
		&making->indexer->stays);
	call_steps_init(&steps, detail);
	while ((more = call_steps_next(&steps, &step, err)) > 0) {
		if (add_step(making, &step, err) < 0) {
			return -1;
		}
		if (making->indexer->look) {
			making->indexer->look(making->indexer->context, &step);
		}
	}
	if (more == 0 && making->steps != count) {
		return error_set(err, ERROR_CORRUPT, "a call has %u steps where its header says %u",
			making->steps, count);
	}
	/* What is kept of the last visit says nothing of its end. */
	return more < 0 || path_visits_end(&making->visits, 0) ? more : error_no_memory(err);
}

static int make(struct making *making, struct text detail, uint32_t steps, struct arena *arena,
	struct store_index *ret_index, struct error *err)
{
	struct store_indexer *indexer = making->indexer;

	buffer_clear(&indexer->words);
	buffer_clear(&indexer->kinds);
	buffer_clear(&indexer->path);
	column_stays_begin(&indexer->stays);
	arena_deinit(&indexer->scratch);
	if (add_steps(making, detail, steps, err) < 0) {
		return -1;
	}
	return keep(making, arena, ret_index) ? 0 : error_no_memory(err);
}

int store_index_make(struct store_indexer *indexer, int64_t account_id, struct text detail,
	uint32_t steps, struct arena *arena, struct store_index *ret_index, struct error *err)
{
	struct making making = {.indexer = indexer};

	making.prefix = (struct text){
		.data = making.account,
		.size = (size_t)snprintf(
			making.account, sizeof(making.account), "%lld:", (long long)account_id),
	};
	return make(&making, detail, steps, arena, ret_index, err);
}

int store_index_make_kinds(struct store_indexer *indexer, struct text detail, uint32_t steps,
	struct arena *arena, struct store_index *ret_index, struct error *err)
{
	struct making making = {.indexer = indexer, .without_words = true};

	return make(&making, detail, steps, arena, ret_index, err);
}
