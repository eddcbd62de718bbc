/* SPDX-License-Identifier: MIT
 * What POST /v1/in/{source} does with a body that is there: whose it is, whether it is signed
 * rightly, and which translator reads it. */
#ifndef API_INBOUND_H
#define API_INBOUND_H

#include "api/api_private.h"
#include "intake/sources/source.h"

/* Bytes of bodies that all requests may hold at once. */
#define INBOUND_BYTES_MAX ((size_t)64 << 20)

struct inbound {
	struct api *api;
	struct http_request *request;
	int64_t account_id;
	struct text name; /* of the source */
	bool header_only;
	struct text body;
	struct arena *arena;
	const struct source_sink *sink;
};

struct inbound_answer {
	/* why the sender is to send all of it again a little later; NULL: it is not */
	const char *again;
};

/* Whether there is a source of that name. */
bool inbound_knows(const struct api *api, struct text name);

/* Counts @size more bytes as held. False: there is no room for them. */
bool inbound_claim(struct api *api, size_t size);
void inbound_release(struct api *api, size_t size);

/* Checks the signature and translates. ERROR_DENIED: it is not signed rightly; ERROR_INVALID,
 * ERROR_TOO_LARGE: the body cannot be read. May wait for the sink. */
int inbound_take(const struct inbound *inbound, struct inbound_answer *ret_answer,
	struct error *err) CHECK_RESULT;

#endif
