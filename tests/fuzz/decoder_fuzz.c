/* SPDX-License-Identifier: MIT
 * The decoder on any bytes: it ends, gives the same wherever the pieces end, before a damage too,
 * and never more than a step at once. The first byte of the input says the coding and how large the
 * pieces are. */
#include "base/buffer.h"
#include "fuzz_target.h"
#include "intake/stream/decoder.h"

#define OUTPUT_MAX ((size_t)4 << 20)

/* Returns whether all was good; what was given is in @out, no more than OUTPUT_MAX of it. */
static bool decode(enum stream_coding coding, struct text input, size_t piece, struct buffer *out)
{
	AUTO(decoder_destroyp) struct decoder *decoder = NULL;

	fuzz_require(decoder_create(&decoder, coding, NULL) == 0);
	while (input.size > 0) {
		struct text part = text_head(input, input.size < piece ? input.size : piece),
			    output;
		int more = 0;

		input = text_tail(input, part.size);
		while (part.size > 0 || more > 0) {
			more = decoder_step(decoder, &part, &output, NULL);
			if (more < 0) {
				return false;
			}
			fuzz_require(output.size <= DECODER_STEP);
			buffer_append(out, output);
			if (out->failed) {
				return true;
			}
		}
	}
	return decoder_end(decoder, NULL) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buffer_deinit) struct buffer whole;
	AUTO(buffer_deinit) struct buffer pieces;
	struct text input = {.data = (const char *)data, .size = size};
	enum stream_coding coding;
	bool whole_good, pieces_good;

	buffer_init(&whole, OUTPUT_MAX);
	buffer_init(&pieces, OUTPUT_MAX);
	if (size == 0) {
		return 0;
	}
	coding = data[0] & 1 ? STREAM_ZSTD : STREAM_GZIP;
	input = text_tail(input, 1);
	whole_good = decode(coding, input, SIZE_MAX, &whole);
	pieces_good = decode(coding, input, (size_t)(data[0] >> 1) + 1, &pieces);
	if (whole.failed || pieces.failed) {
		/* More than is kept here. */
		return 0;
	}
	fuzz_require(whole_good == pieces_good);
	fuzz_require(text_equal(buffer_text(&whole), buffer_text(&pieces)));
	return 0;
}
