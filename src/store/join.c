/* SPDX-License-Identifier: MIT
 * Parts of a call: inflated, joined, packed and indexed again. */
#include "store/join.h"

#include "call/call_join.h"
#include "call/call_json.h"

void store_join_init(struct store_join *join)
{
	*join = (struct store_join){0};
	store_indexer_init(&join->indexer);
	buffer_init(&join->held, UINT32_MAX);
	buffer_init(&join->added, UINT32_MAX);
	buffer_init(&join->json, UINT32_MAX);
	buffer_init(&join->packed, UINT32_MAX);
	arena_init(&join->scratch, SIZE_MAX);
}

void store_join_deinit(struct store_join *join)
{
	packer_destroyp(&join->packer);
	unpacker_destroyp(&join->unpacker);
	store_indexer_deinit(&join->indexer);
	buffer_deinit(&join->held);
	buffer_deinit(&join->added);
	buffer_deinit(&join->json);
	buffer_deinit(&join->packed);
	arena_deinit(&join->scratch);
}

static int prepare(struct store_join *join, struct error *err)
{
	if (!join->packer) {
		join->packer = packer_create();
	}
	if (!join->unpacker) {
		join->unpacker = unpacker_create();
	}
	buffer_clear(&join->held);
	buffer_clear(&join->added);
	buffer_clear(&join->json);
	buffer_clear(&join->packed);
	arena_deinit(&join->scratch);
	return join->packer && join->unpacker ? 0 : error_no_memory(err);
}

/* Copies what points into @join, which goes with its next use. */
static int keep(struct store_put *put, struct arena *arena, struct error *err)
{
	struct text *const texts[] = {
		&put->call.dest, &put->call.src, &put->call.session_id, &put->packed.deflate};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i] = arena_copy(arena, *texts[i]);
		if (!texts[i]->data) {
			return error_no_memory(err);
		}
	}
	return 0;
}

int store_join(struct store_join *join, const struct packed *held, const struct store_put *put,
	struct arena *arena, struct store_put *ret_put, bool *ret_others, struct error *err)
{
	struct store_put joined = *put;
	struct call_joined result;
	int parts;

	*ret_others = false;
	if (held->crc32 == put->packed.crc32 && text_equal(held->deflate, put->packed.deflate)) {
		return 0;
	}
	if (prepare(join, err) < 0 || unpacker_append(join->unpacker, held, &join->held, err) < 0 ||
		unpacker_append(join->unpacker, &put->packed, &join->added, err) < 0) {
		return -1;
	}
	parts = call_join(buffer_text(&join->held), buffer_text(&join->added), &join->scratch,
		&join->json, &result, err);
	if (parts < 0) {
		return -1;
	}
	*ret_others = result.others;
	if (parts == 0) {
		return 0;
	}
	joined.call = result.call;
	if (packer_pack(join->packer, buffer_text(&join->json), &join->packed, &joined.packed,
		    err) < 0 ||
		store_index_make(&join->indexer, put->account_id,
			call_json_detail(buffer_text(&join->json)), joined.call.steps, arena,
			&joined.index, err) < 0 ||
		keep(&joined, arena, err) < 0) {
		return -1;
	}
	*ret_put = joined;
	return 1;
}
