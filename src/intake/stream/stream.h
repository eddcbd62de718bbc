/* SPDX-License-Identifier: MIT
 * How the bytes of a stream of calls are written. */
#ifndef INTAKE_STREAM_STREAM_H
#define INTAKE_STREAM_STREAM_H

enum stream_shape {
	/* {"calls":[…]}, any other members beside it; an object without a member `calls` is a bare
	 * call */
	STREAM_DOCUMENT,
	STREAM_NDJSON, /* a call a line; empty lines are passed over */
	STREAM_WHOLE,  /* one text, at most as large as a call */
};

/* What a stream is compressed with. */
enum stream_coding {
	STREAM_IDENTITY,
	STREAM_GZIP,
	STREAM_ZSTD,
};

#endif
