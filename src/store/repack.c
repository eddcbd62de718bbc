/* SPDX-License-Identifier: MIT
 * Packed calls that are opened again: inflated, framed or joined anew, packed and indexed again. */
#include "store/repack.h"

#include "call/call_join.h"
#include "call/call_json.h"
#include "call/call_outcome.h"

void store_repacker_init(struct store_repacker *repacker)
{
	*repacker = (struct store_repacker){0};
	store_indexer_init(&repacker->indexer);
	buffer_init(&repacker->held, UINT32_MAX);
	buffer_init(&repacker->added, UINT32_MAX);
	buffer_init(&repacker->json, UINT32_MAX);
	buffer_init(&repacker->packed, UINT32_MAX);
	arena_init(&repacker->scratch, SIZE_MAX);
}

void store_repacker_deinit(struct store_repacker *repacker)
{
	packer_destroyp(&repacker->packer);
	unpacker_destroyp(&repacker->unpacker);
	store_indexer_deinit(&repacker->indexer);
	buffer_deinit(&repacker->held);
	buffer_deinit(&repacker->added);
	buffer_deinit(&repacker->json);
	buffer_deinit(&repacker->packed);
	arena_deinit(&repacker->scratch);
}

int store_repacker_begin(struct store_repacker *repacker, struct error *err)
{
	buffer_clear(&repacker->held);
	buffer_clear(&repacker->added);
	buffer_clear(&repacker->json);
	buffer_clear(&repacker->packed);
	arena_deinit(&repacker->scratch);
	if (!repacker->unpacker) {
		repacker->unpacker = unpacker_create();
	}
	return repacker->unpacker ? 0 : error_no_memory(err);
}

/* Makes it ready, and inflates @packed into repacker->held. */
static int begin(struct store_repacker *repacker, const struct packed *packed, struct error *err)
{
	if (store_repacker_begin(repacker, err) < 0) {
		return -1;
	}
	return unpacker_append(repacker->unpacker, packed, &repacker->held, err);
}

int store_repacker_pack(
	struct store_repacker *repacker, struct packed *ret_packed, struct error *err)
{
	if (!repacker->packer) {
		repacker->packer = packer_create();
	}
	if (!repacker->packer || repacker->json.failed) {
		return error_no_memory(err);
	}
	return packer_pack(
		repacker->packer, buffer_text(&repacker->json), &repacker->packed, ret_packed, err);
}

int store_rewrap(struct store_repacker *repacker, struct call *call, const struct packed *held,
	struct packed *ret_packed, struct error *err)
{
	struct text detail;

	if (begin(repacker, held, err) < 0) {
		return -1;
	}
	detail = call_json_detail(buffer_text(&repacker->held));
	if (!detail.data) {
		return error_set(err, ERROR_CORRUPT,
			"the stored call '%.*s' has no steps where its header says that it has",
			TEXT_ARG(call->session_id));
	}
	call_json_write(&repacker->json, call, detail);
	if (call_outcome_find(call, detail, err) < 0) {
		return -1;
	}
	return store_repacker_pack(repacker, ret_packed, err);
}

/* Copies what points into the repacker, which goes with its next use. */
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

int store_join(struct store_repacker *repacker, const struct packed *held,
	const struct store_put *put, struct arena *arena, struct store_put *ret_put,
	bool *ret_others, struct error *err)
{
	struct store_put joined = *put;
	struct call_joined result;
	int parts;

	*ret_others = false;
	if (held->crc32 == put->packed.crc32 && text_equal(held->deflate, put->packed.deflate)) {
		return 0;
	}
	if (begin(repacker, held, err) < 0 ||
		unpacker_append(repacker->unpacker, &put->packed, &repacker->added, err) < 0) {
		return -1;
	}
	parts = call_join(buffer_text(&repacker->held), buffer_text(&repacker->added),
		&repacker->scratch, &repacker->json, &result, err);
	if (parts < 0) {
		return -1;
	}
	*ret_others = result.others;
	if (parts == 0) {
		return 0;
	}
	joined.call = result.call;
	call_outcome_take_told(&joined.call, &put->call);
	if (call_outcome_find(&joined.call, call_json_detail(buffer_text(&repacker->json)), err) <
			0 ||
		store_repacker_pack(repacker, &joined.packed, err) < 0 ||
		store_index_make(&repacker->indexer, put->account_id,
			call_json_detail(buffer_text(&repacker->json)), joined.call.steps, arena,
			&joined.index, err) < 0 ||
		keep(&joined, arena, err) < 0) {
		return -1;
	}
	*ret_put = joined;
	return 1;
}

int store_index_packed(struct store_repacker *repacker, int64_t account_id, uint32_t steps,
	const struct packed *packed, struct arena *arena, struct store_index *ret_index,
	struct error *err)
{
	if (begin(repacker, packed, err) < 0) {
		return -1;
	}
	return store_index_make(&repacker->indexer, account_id,
		call_json_detail(buffer_text(&repacker->held)), steps, arena, ret_index, err);
}
