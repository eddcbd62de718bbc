/* SPDX-License-Identifier: MIT
 * Paths over what a store has of a call's steps. */
#include "store/path_look.h"

#include "call/call_json.h"
#include "store/find.h"

int store_path_look_init(struct store_path_look *look, const struct store_search *search,
	const struct store_kind *kinds, size_t count, struct error *err)
{
	const struct path_filter *path = &search->filter->path;

	*look = (struct store_path_look){
		.search = search, .masks_count = count > 0 ? (size_t)kinds[count - 1].id + 1 : 0};
	buffer_init(&look->json, UINT32_MAX);
	arena_init(&look->scratch, SIZE_MAX);
	look->masks = calloc(look->masks_count + 1, sizeof(*look->masks));
	look->unpacker = filter_looks_inside(search->filter) ? unpacker_create() : NULL;
	if (!look->masks || (filter_looks_inside(search->filter) && !look->unpacker)) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		look->masks[kinds[i].id] = path_mask_of_kind(
			path, kinds[i].class_name, kinds[i].module, kinds[i].variable);
	}
	return 0;
}

void store_path_look_deinit(struct store_path_look *look)
{
	free(look->masks);
	unpacker_destroy(look->unpacker);
	if (look->masks) {
		buffer_deinit(&look->json);
		arena_deinit(&look->scratch);
	}
}

int store_path_look_end(const struct store_path_look *look, uint64_t reached)
{
	const struct path_filter *path = &look->search->filter->path;

	if (!path_may_end(path, reached)) {
		return 0;
	}
	return filter_looks_inside(look->search->filter) ? 2 : 1;
}

static int check_deadline(const struct store_path_look *look, struct error *err)
{
	struct error problem;

	if (store_find_check_deadline(look->search, &problem) == 0) {
		return 0;
	}
	return error_set(err, problem.code,
		"%s (data of steps, and words and times of a path, are looked for in the calls "
		"themselves, one by one: %lld so far)",
		problem.message, (long long)look->inflated);
}

int store_path_look_inflate(struct store_path_look *look, const struct call *call,
	const struct packed *packed, struct error *err)
{
	if (check_deadline(look, err) < 0) {
		return -1;
	}
	look->inflated++;
	STORE_COST(look->search->cost, packed, 1);
	buffer_clear(&look->json);
	arena_deinit(&look->scratch);
	if (unpacker_append(look->unpacker, packed, &look->json, err) < 0) {
		return -1;
	}
	return filter_steps_match(look->search->filter, call->start, call->end,
		call_json_detail(buffer_text(&look->json)), &look->scratch, err);
}

int store_path_look_words(const struct filter *filter, struct arena *arena,
	struct words_query *ret_words, struct error *err)
{
	const struct words_query *text = &filter->text, *path = &filter->path.words;
	struct words_query words = {.count = text->count + path->count};

	words.phrases = arena_calloc(arena, words.count + 1, sizeof(*words.phrases));
	if (!words.phrases) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < words.count; i++) {
		words.phrases[i] =
			i < text->count ? text->phrases[i] : path->phrases[i - text->count];
	}
	*ret_words = words;
	return 0;
}
