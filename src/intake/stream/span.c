/* SPDX-License-Identifier: MIT
 * Spans: carrying a text over from feed to feed, up to its limit. */
#include "intake/stream/span.h"

void span_init(struct span *span, size_t size_max)
{
	*span = (struct span){0};
	buffer_init(&span->carried, size_max);
}

void span_deinit(struct span *span)
{
	buffer_deinit(&span->carried);
}

void span_open(struct span *span, const char *at)
{
	buffer_clear(&span->carried);
	span->from = at;
	span->open = true;
	span->oversize = false;
}

static int carry(struct span *span, const char *end, struct error *err)
{
	struct text more = {.data = span->from, .size = (size_t)(end - span->from)};
	size_t room = span->carried.ceiling_bytes - span->carried.size;

	if (more.size > room) {
		span->oversize = true;
		more = text_head(more, room);
	}
	buffer_append(&span->carried, more);
	return span->carried.failed ? error_no_memory(err) : 0;
}

int span_suspend(struct span *span, const char *end, struct error *err)
{
	return span->open ? carry(span, end, err) : 0;
}

void span_resume(struct span *span, const char *data)
{
	span->from = data;
}

int span_close(struct span *span, const char *end, struct text *ret_text, struct error *err)
{
	struct text here = {.data = span->from, .size = (size_t)(end - span->from)};

	span->open = false;
	if (span->carried.size == 0) {
		span->oversize = here.size > span->carried.ceiling_bytes;
		*ret_text = span->oversize ? text_head(here, span->carried.ceiling_bytes) : here;
		return 0;
	}
	if (carry(span, end, err) < 0) {
		return -1;
	}
	*ret_text = buffer_text(&span->carried);
	return 0;
}
