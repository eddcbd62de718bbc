/* SPDX-License-Identifier: MIT
 * Lines: each is a call, or nothing. */
#include "intake/stream/lines.h"

void lines_init(struct lines *lines, const struct call_sink *sink)
{
	lines->sink = *sink;
	place_init(&lines->place);
	/* Room for the carriage return that does not count. */
	span_init(&lines->span, sink->call_size_max + 1);
}

void lines_deinit(struct lines *lines)
{
	span_deinit(&lines->span);
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static int take_line(struct lines *lines, const char *end, struct error *err)
{
	struct json_position position = {.line = lines->place.line, .column = 1};
	struct text line;

	if (span_close(&lines->span, end, &line, err) < 0) {
		return -1;
	}
	while (line.size > 0 && is_space(line.data[0])) {
		line = text_tail(line, 1);
		position.column++;
	}
	while (line.size > 0 && is_space(line.data[line.size - 1])) {
		line.size--;
	}
	lines->span.oversize |= line.size > lines->sink.call_size_max;
	if (line.size > 0 || lines->span.oversize) {
		call_sink_take(&lines->sink, line, lines->span.oversize, position, position.line);
	}
	return 0;
}

int lines_feed(struct lines *lines, struct text data, struct error *err)
{
	const char *at = data.data, *end = data.data + data.size;

	place_begin(&lines->place, at);
	span_resume(&lines->span, at);
	while (at < end) {
		const char *feed;

		if (*at == '\n' && !lines->span.open) {
			place_line_feed(&lines->place, at++);
			continue;
		}
		feed = memchr(at, '\n', (size_t)(end - at));
		if (!lines->span.open) {
			span_open(&lines->span, at);
		}
		if (!feed) {
			break;
		}
		if (take_line(lines, feed, err) < 0) {
			return -1;
		}
		place_line_feed(&lines->place, feed);
		at = feed + 1;
	}
	place_end(&lines->place, data.size);
	return span_suspend(&lines->span, end, err);
}

int lines_end(struct lines *lines, bool cut_off, struct error *err)
{
	static const char nothing[1];

	if (cut_off) {
		return error_set(err, ERROR_INVALID, "line %llu: the body is cut off",
			(unsigned long long)lines->place.line);
	}
	if (!lines->span.open) {
		return 0;
	}
	span_resume(&lines->span, nothing);
	return take_line(lines, nothing, err);
}
