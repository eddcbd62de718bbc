/* SPDX-License-Identifier: MIT
 * One text, gathered up to its end. */
#include "intake/stream/whole.h"

void whole_init(struct whole *whole, const struct call_sink *sink)
{
	whole->sink = *sink;
	span_init(&whole->span, sink->call_size_max);
}

void whole_deinit(struct whole *whole)
{
	span_deinit(&whole->span);
}

static int check_size(const struct whole *whole, struct error *err)
{
	return whole->span.oversize
		       ? error_set(err, ERROR_TOO_LARGE,
				 "the body is larger than %zu bytes, which a call may have",
				 whole->sink.call_size_max)
		       : 0;
}

int whole_feed(struct whole *whole, struct text data, struct error *err)
{
	if (whole->span.open) {
		span_resume(&whole->span, data.data);
	} else {
		span_open(&whole->span, data.data);
	}
	if (span_suspend(&whole->span, data.data + data.size, err) < 0) {
		return -1;
	}
	return check_size(whole, err);
}

int whole_end(struct whole *whole, bool cut_off, struct error *err)
{
	static const char nothing[1];
	struct text text;

	if (cut_off) {
		return error_set(err, ERROR_INVALID, "the body is cut off");
	}
	if (!whole->span.open) {
		span_open(&whole->span, nothing);
	} else {
		span_resume(&whole->span, nothing);
	}
	if (span_close(&whole->span, nothing, &text, err) < 0 || check_size(whole, err) < 0) {
		return -1;
	}
	whole->sink.call(
		whole->sink.context, text, (struct json_position){.line = 1, .column = 1}, 1);
	return 0;
}
