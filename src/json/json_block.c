/* SPDX-License-Identifier: MIT
 * Looking at a stretch of the input, block by block. */
#include "json/json_block.h"

void json_stretch_look(struct json_stretch *stretch, struct text input, size_t at)
{
	const char *data = input.data + at;
	char last[JSON_STRETCH_BYTES];
	uint64_t special = 0, high = 0;

	if (input.size - at < JSON_STRETCH_BYTES) {
		memset(last, 0, sizeof(last));
		memcpy(last, data, input.size - at);
		data = last;
	}
	for (size_t i = 0; i < JSON_STRETCH_BYTES; i += JSON_BLOCK_BYTES) {
		uint32_t high_here;

		special |= (uint64_t)json_block_look(data + i, &high_here) << i;
		high |= (uint64_t)high_here << i;
	}
	*stretch = (struct json_stretch){.at = at, .special = special, .high = high};
}
