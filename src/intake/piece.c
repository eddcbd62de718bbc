/* SPDX-License-Identifier: MIT
 * Pieces: carrying a text over from feed to feed, up to its limit. */
#include "intake/piece.h"

void piece_init(struct piece *piece, size_t size_max)
{
	*piece = (struct piece){0};
	buffer_init(&piece->carried, size_max);
}

void piece_deinit(struct piece *piece)
{
	buffer_deinit(&piece->carried);
}

void piece_open(struct piece *piece, const char *at)
{
	buffer_clear(&piece->carried);
	piece->from = at;
	piece->open = true;
	piece->oversize = false;
}

static int carry(struct piece *piece, const char *end, struct error *err)
{
	struct text more = {.data = piece->from, .size = (size_t)(end - piece->from)};
	size_t room = piece->carried.ceiling_bytes - piece->carried.size;

	if (more.size > room) {
		piece->oversize = true;
		more = text_head(more, room);
	}
	buffer_append(&piece->carried, more);
	return piece->carried.failed ? error_no_memory(err) : 0;
}

int piece_suspend(struct piece *piece, const char *end, struct error *err)
{
	return piece->open ? carry(piece, end, err) : 0;
}

void piece_resume(struct piece *piece, const char *data)
{
	piece->from = data;
}

int piece_close(struct piece *piece, const char *end, struct text *ret_text, struct error *err)
{
	struct text here = {.data = piece->from, .size = (size_t)(end - piece->from)};

	piece->open = false;
	if (piece->carried.size == 0) {
		piece->oversize = here.size > piece->carried.ceiling_bytes;
		*ret_text = piece->oversize ? text_head(here, piece->carried.ceiling_bytes) : here;
		return 0;
	}
	if (carry(piece, end, err) < 0) {
		return -1;
	}
	*ret_text = buffer_text(&piece->carried);
	return 0;
}
