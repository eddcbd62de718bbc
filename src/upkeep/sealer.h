/* SPDX-License-Identifier: MIT
 * Bringing calls into columns (store_seal()): at once, or by a thread while a server runs. */
#ifndef UPKEEP_SEALER_H
#define UPKEEP_SEALER_H

#include "store/store.h"

/* Seals until there is nothing left to do. Adds to *blocks how many it made, in a failure as well.
 */
int seal_all(struct store *store, int64_t *blocks, struct error *err) CHECK_RESULT;

struct sealer;

/* What the server's log is told, on the sealer's thread. */
struct sealer_news {
	int64_t blocks;		    /* that were made since the last news */
	const struct error *damage; /* of a block, which is made anew; NULL: none */
	const struct error *failure;
};

struct sealer_options {
	struct store *store;
	void (*told)(void *context, const struct sealer_news *news);
	void *context;
};

/* Makes it; nothing runs yet. */
int sealer_create(struct sealer **ret_sealer, const struct sealer_options *options,
	struct error *err) CHECK_RESULT;

/* Nothing runs when the store keeps no columns. */
int sealer_start(struct sealer *sealer, struct error *err) CHECK_RESULT;

/* Waits for the step under way. NULL is accepted. */
void sealer_destroy(struct sealer *sealer);
AUTO_POINTER(struct sealer *, sealer_destroy);

#endif
