/* SPDX-License-Identifier: MIT
 * A span of a stream: a text that may begin in one feed and end in a later one. It is copied only
 * when it does. */
#ifndef INTAKE_STREAM_SPAN_H
#define INTAKE_STREAM_SPAN_H

#include "base/buffer.h"
#include "base/error.h"

struct span {
	struct buffer carried; /* what earlier feeds held of it; its ceiling is the size limit */
	const char *from;      /* where it begins, or goes on, in this feed */
	bool open;
	bool oversize; /* longer than the limit: only its beginning is kept */
};

void span_init(struct span *span, size_t size_max);
void span_deinit(struct span *span);

/* A span begins at @at; one that was open is forgotten. */
void span_open(struct span *span, const char *at);

/* This feed ends at @end; the next one begins at span_resume()'s @data. Both do nothing where no
 * span is open. */
int span_suspend(struct span *span, const char *end, struct error *err) CHECK_RESULT;
void span_resume(struct span *span, const char *data);

/* The span ends before @end. @ret_text is all of it, or as much as the limit allows when it is
 * oversize. It is valid until the feed ends or the span is opened again. */
int span_close(
	struct span *span, const char *end, struct text *ret_text, struct error *err) CHECK_RESULT;

#endif
