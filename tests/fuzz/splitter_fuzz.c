/* SPDX-License-Identifier: MIT
 * The splitter on any bytes: it cuts the same wherever the pieces end, and it takes a document
 * exactly when the JSON reader does. The first byte of the input says the shape and how large the
 * pieces are. */
#include "fuzz_target.h"
#include "intake/stream/splitter.h"

/* Small, so that calls which are too large are met; and one that no input reaches. */
#define SMALL_CALL ((size_t)48)
#define LARGE_CALL ((size_t)1 << 26)

struct transcript {
	struct buffer events;
	bool failed;
	bool rejected;
	bool bad_call; /* a call that was handed over is not JSON */
	struct error err;
};

/* 0; or negative with why. */
static int read_json(struct text json, struct error *err)
{
	struct json_reader reader;
	struct json_token token;
	int more;

	json_reader_init(&reader, json, (struct json_position){.line = 1, .column = 1});
	do {
		more = json_reader_next(&reader, &token, err);
	} while (more > 0);
	return more;
}

static void note_call(void *context, struct text json, struct json_position position, uint64_t line)
{
	struct transcript *transcript = context;

	fuzz_require(json.size > 0 && json.data[0] == '{');
	transcript->bad_call |= read_json(json, NULL) < 0;
	buffer_printf(&transcript->events, "call %llu %llu:%llu ", (unsigned long long)line,
		(unsigned long long)position.line, (unsigned long long)position.column);
	buffer_append(&transcript->events, json);
}

static void note_reject(void *context, uint64_t line, struct text session_id, const char *error)
{
	struct transcript *transcript = context;

	transcript->rejected = true;
	buffer_printf(&transcript->events, "reject %llu %s ", (unsigned long long)line, error);
	buffer_append(&transcript->events, session_id);
}

static int feed(struct splitter *splitter, struct text input, size_t piece, struct error *err)
{
	while (input.size > 0) {
		size_t size = input.size < piece ? input.size : piece;
		char *copy = malloc(size);
		int fed;

		fuzz_require(copy != NULL);
		memcpy(copy, input.data, size);
		fed = splitter_feed(splitter, (struct text){.data = copy, .size = size}, err);
		free(copy);
		if (fed < 0) {
			return -1;
		}
		input = text_tail(input, size);
	}
	return splitter_end(splitter, false, err);
}

static void split(struct transcript *transcript, enum stream_shape shape, struct text input,
	size_t call_size_max, size_t piece)
{
	const struct call_sink sink = {
		.call = note_call,
		.reject = note_reject,
		.context = transcript,
		.call_size_max = call_size_max,
	};
	AUTO(splitter_destroyp) struct splitter *splitter = NULL;

	*transcript = (struct transcript){0};
	buffer_init(&transcript->events, SIZE_MAX);
	fuzz_require(splitter_create(&splitter, shape, &sink, NULL) == 0);
	transcript->failed = feed(splitter, input, piece, &transcript->err) < 0;
	fuzz_require(transcript->failed == (transcript->err.message[0] != '\0'));
	buffer_append(&transcript->events, text_of(transcript->err.message));
}

static void check_same_in_pieces(
	enum stream_shape shape, struct text input, size_t call_size_max, size_t piece)
{
	struct transcript whole, pieces;

	split(&whole, shape, input, call_size_max, SIZE_MAX);
	split(&pieces, shape, input, call_size_max, piece);
	fuzz_require(text_equal(buffer_text(&whole.events), buffer_text(&pieces.events)));
	buffer_deinit(&whole.events);
	buffer_deinit(&pieces.events);
}

static void check_as_strict_as_the_reader(struct text input)
{
	struct transcript transcript;
	struct error err = {0};
	int read = read_json(input, &err);

	split(&transcript, STREAM_DOCUMENT, input, LARGE_CALL, SIZE_MAX);
	if (!transcript.failed && !transcript.rejected && !transcript.bad_call) {
		/* Too deep is only seen where a member is read by itself. */
		fuzz_require(read == 0 || err.code == ERROR_TOO_LARGE);
	}
	if (transcript.bad_call) {
		fuzz_require(read < 0);
	}
	buffer_deinit(&transcript.events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text input = {.data = (const char *)data, .size = size};
	enum stream_shape shape;
	size_t piece;

	if (size == 0) {
		return 0;
	}
	shape = data[0] & 1 ? STREAM_NDJSON : STREAM_DOCUMENT;
	piece = (size_t)(data[0] >> 1) % 32 + 1;
	input = text_tail(input, 1);
	check_same_in_pieces(shape, input, SMALL_CALL, piece);
	check_same_in_pieces(shape, input, LARGE_CALL, piece);
	check_as_strict_as_the_reader(input);
	return 0;
}
