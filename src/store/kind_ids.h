/* SPDX-License-Identifier: MIT
 * The numbers of kinds of steps that are known to be in a store, whatever their account, remembered
 * from put to put. */
#ifndef STORE_KIND_IDS_H
#define STORE_KIND_IDS_H

#include "base/buffer.h"
#include "base/intern.h"
#include "store/store.h"

/* The class of kinds that no call has any more: their names are gone, their numbers are not given
 * again. No step has it: it is not a word. */
#define KIND_BLANK "(erased)"

struct kind_ids {
	bool ready;
	struct arena arena;
	struct intern names;
	uint32_t *ids; /* by the number in names; 0: not known */
	size_t room;
};

void kind_ids_init(struct kind_ids *ids);

/* Forgets all, and gives the memory back: the end of its life, too. */
void kind_ids_forget(struct kind_ids *ids);

/* Where the number of the kind @name is remembered; 0 there: it is not known. Valid until the next
 * call. NULL: out of memory. */
uint32_t *kind_ids_place(struct kind_ids *ids, struct text name);

/* Writes into @name what no other kind of any account is called. False: out of memory. */
bool kind_ids_name(struct buffer *name, int64_t account_id, const struct store_kind *kind);

#endif
