/* SPDX-License-Identifier: MIT
 * A piece of a stream: a text that may begin in one feed and end in a later one. It is copied only
 * when it does. */
#ifndef INTAKE_PIECE_H
#define INTAKE_PIECE_H

#include "base/buffer.h"
#include "base/error.h"

struct piece {
	struct buffer carried; /* what earlier feeds held of it; its ceiling is the size limit */
	const char *from;      /* where it begins, or goes on, in the feed at hand */
	bool open;
	bool oversize; /* longer than the limit: only its beginning is kept */
};

void piece_init(struct piece *piece, size_t size_max);
void piece_deinit(struct piece *piece);

/* A piece begins at @at; one that was open is forgotten. */
void piece_open(struct piece *piece, const char *at);

/* The feed at hand ends at @end, the next one begins at piece_resume()'s @data. Both do nothing
 * where no piece is open. */
int piece_suspend(struct piece *piece, const char *end, struct error *err) CHECK_RESULT;
void piece_resume(struct piece *piece, const char *data);

/* The piece ends before @end. @ret_text is all of it, or as much as the limit allows when it is
 * oversize; it is valid until the feed ends or the piece is opened again. */
int piece_close(struct piece *piece, const char *end, struct text *ret_text,
	struct error *err) CHECK_RESULT;

#endif
