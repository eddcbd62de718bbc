/* SPDX-License-Identifier: MIT
 * Undoes the content coding of a body, piece by piece and in bounded memory, however much it
 * unfolds to. */
#ifndef INTAKE_STREAM_DECODER_H
#define INTAKE_STREAM_DECODER_H

#include "base/error.h"
#include "base/text.h"
#include "intake/stream/stream.h"

/* The most that one step gives. */
#define DECODER_STEP ((size_t)64 << 10)

struct decoder;

int decoder_create(
	struct decoder **ret_decoder, enum stream_coding coding, struct error *err) CHECK_RESULT;
void decoder_destroy(struct decoder *decoder);
AUTO_POINTER(struct decoder *, decoder_destroy);

/* Takes bytes off the front of @input and gives the at most DECODER_STEP bytes that they stand for;
 * *@ret_output is valid until the next step and may be empty. Returns 1 when more would come even
 * without more input, 0 when not; negative when the input is not of its coding (ERROR_INVALID) or
 * wants too much memory (ERROR_UNSUPPORTED). gzip: any number of members, one after the other (RFC
 * 1952 §2.2). zstd: any number of frames, windows of at most 8 MB, which is what Content-Encoding
 * allows (RFC 9659 §3). What is given, and whether it fails, does not depend on how the input was
 * cut. */
int decoder_step(struct decoder *decoder, struct text *input, struct text *ret_output,
	struct error *err) CHECK_RESULT;

/* The bytes that it holds. */
size_t decoder_holds(const struct decoder *decoder);

/* How many more it may come to hold in its next step; only then does it take them. */
size_t decoder_wants(const struct decoder *decoder);

/* The input is at its end: negative with ERROR_INVALID when it is cut off. */
int decoder_end(struct decoder *decoder, struct error *err) CHECK_RESULT;

#endif
