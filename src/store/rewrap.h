/* SPDX-License-Identifier: MIT
 * Puts the steps of a packed call under a new header: for a later copy of a call that has no detail
 * of its own (API.md §2 "Identity"). Shared by the backends. */
#ifndef STORE_STORE_REWRAP_H
#define STORE_STORE_REWRAP_H

#include "base/buffer.h"
#include "call/call.h"
#include "call/pack.h"

struct store_rewrap {
	struct packer *packer;
	struct unpacker *unpacker;
	struct buffer held;   /* the JSON as it was */
	struct buffer json;   /* the JSON under the new header */
	struct buffer packed; /* its deflate bytes */
};

/* Nothing is allocated before the first use. */
void store_rewrap_init(struct store_rewrap *rewrap);
void store_rewrap_deinit(struct store_rewrap *rewrap);

/* Packs the steps of @held under the header @call. @ret_packed is valid until the next use.
 * ERROR_CORRUPT when @held cannot be read. */
int store_rewrap(struct store_rewrap *rewrap, const struct call *call, const struct packed *held,
	struct packed *ret_packed, struct error *err) CHECK_RESULT;

#endif
