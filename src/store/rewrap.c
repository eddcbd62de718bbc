/* SPDX-License-Identifier: MIT
 * Steps under a new header: inflated, framed again, packed again. */
#include "store/rewrap.h"

#include "call/call_json.h"

void store_rewrap_init(struct store_rewrap *rewrap)
{
	*rewrap = (struct store_rewrap){0};
	buffer_init(&rewrap->held, UINT32_MAX);
	buffer_init(&rewrap->json, UINT32_MAX);
	buffer_init(&rewrap->packed, UINT32_MAX);
}

void store_rewrap_deinit(struct store_rewrap *rewrap)
{
	packer_destroyp(&rewrap->packer);
	unpacker_destroyp(&rewrap->unpacker);
	buffer_deinit(&rewrap->held);
	buffer_deinit(&rewrap->json);
	buffer_deinit(&rewrap->packed);
}

static int prepare(struct store_rewrap *rewrap, struct error *err)
{
	if (!rewrap->packer) {
		rewrap->packer = packer_create();
	}
	if (!rewrap->unpacker) {
		rewrap->unpacker = unpacker_create();
	}
	buffer_clear(&rewrap->held);
	buffer_clear(&rewrap->json);
	buffer_clear(&rewrap->packed);
	return rewrap->packer && rewrap->unpacker ? 0 : error_no_memory(err);
}

int store_rewrap(struct store_rewrap *rewrap, const struct call *call, const struct packed *held,
	struct packed *ret_packed, struct error *err)
{
	char *inflated;
	struct text detail;

	if (prepare(rewrap, err) < 0) {
		return -1;
	}
	inflated = buffer_reserve(&rewrap->held, held->size);
	if (!inflated) {
		return error_no_memory(err);
	}
	if (unpacker_unpack(rewrap->unpacker, held, inflated, err) < 0) {
		return -1;
	}
	detail = call_json_detail((struct text){.data = inflated, .size = held->size});
	if (!detail.data) {
		return error_set(err, ERROR_CORRUPT,
			"the stored call '%.*s' has no steps where its header says that it has",
			TEXT_ARG(call->session_id));
	}
	call_json_write(&rewrap->json, call, detail);
	if (rewrap->json.failed) {
		return error_no_memory(err);
	}
	return packer_pack(
		rewrap->packer, buffer_text(&rewrap->json), &rewrap->packed, ret_packed, err);
}
