/* SPDX-License-Identifier: MIT
 * How long calls stayed where. Where rows do not say it, it is told by the times of steps, which
 * the packed call alone has. */
#include "call/call_json.h"
#include "call/pack.h"
#include "store/blocks/blocks.h"

void store_stays_deinit(struct store_stays *stays)
{
	if (stays->unpacker) {
		unpacker_destroy(stays->unpacker);
		buffer_deinit(&stays->json);
		buffer_deinit(&stays->writer.bytes);
		arena_deinit(&stays->scratch);
	}
}

static int begin(struct store_stays *stays, struct error *err)
{
	if (!stays->unpacker) {
		stays->unpacker = unpacker_create();
		buffer_init(&stays->json, SIZE_MAX);
		buffer_init(&stays->writer.bytes, SIZE_MAX);
		arena_init(&stays->scratch, SIZE_MAX);
	}
	buffer_clear(&stays->json);
	column_stays_begin(&stays->writer);
	arena_deinit(&stays->scratch);
	return stays->unpacker ? 0 : error_no_memory(err);
}

int store_stays_read(struct store_stays *stays, const struct packed *packed, struct column_row *row,
	struct arena *arena, struct error *err)
{
	if (begin(stays, err) < 0 ||
		unpacker_append(stays->unpacker, packed, &stays->json, err) < 0 ||
		path_visits_walk(call_json_detail(buffer_text(&stays->json)), row->call.end,
			&stays->scratch, column_stays_write, &stays->writer, err) < 0) {
		return -1;
	}
	return column_stays_read(
		       &row->call, buffer_text(&stays->writer.bytes), arena, &row->stays, err) < 0
		       ? -1
		       : 0;
}
