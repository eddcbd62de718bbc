/* SPDX-License-Identifier: MIT
 * Whole bodies out of their coding. */
#include "api/unfold.h"

#include "intake/stream/decoder.h"

/* One step's worth off the front of @input. As decoder_step(). */
static int unfold_step(struct decoder *decoder, struct text *input, struct buffer *plain,
	unfold_room *room, void *context, struct error *err)
{
	/* A buffer that grows has room for twice of what is in it. */
	size_t holds =
		decoder_holds(decoder) + decoder_wants(decoder) + 2 * (plain->size + DECODER_STEP);
	struct text output;
	int more;

	if (!room(context, holds)) {
		return error_set(
			err, ERROR_BUSY, "too much is being unfolded: send it again later");
	}
	more = decoder_step(decoder, input, &output, err);
	if (more < 0) {
		return -1;
	}
	buffer_append(plain, output);
	return more;
}

int unfold(enum stream_coding coding, struct text body, struct buffer *plain, unfold_room *room,
	void *context, struct error *err)
{
	AUTO(decoder_destroyp) struct decoder *decoder = NULL;
	struct text input = body;
	int more = 1;

	if (decoder_create(&decoder, coding, err) < 0) {
		return -1;
	}
	while (input.size > 0 || more > 0) {
		more = unfold_step(decoder, &input, plain, room, context, err);
		if (more < 0) {
			return -1;
		}
		if (plain->failed) {
			return error_set(err, ERROR_TOO_LARGE,
				"the body unfolds to more than %zu bytes: send less at once",
				plain->ceiling_bytes);
		}
	}
	return decoder_end(decoder, err);
}
