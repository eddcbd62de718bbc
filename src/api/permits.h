/* SPDX-License-Identifier: MIT
 * What requests under way were let in with. One thread follows the store and ends those whose key
 * or account may not do it any more (API.md §3 "Ending"). Any program may have changed that: this
 * server, the command line, another server. */
#ifndef API_PERMITS_H
#define API_PERMITS_H

#include "base/list.h"
#include "http/http.h"
#include "store/store.h"

struct permits;

/* Of one request; in memory that lives until permits_remove(). All zero: it was not added. */
struct permit {
	struct http_request *request; /* NULL: it is not there */
	int64_t key_id;
	unsigned char key_hash[STORE_KEY_HASH_SIZE];
	_Atomic unsigned int scopes; /* enum store_scope, or-ed: what its key must have */
	/* private to permits.c, guarded by its lock */
	bool old;   /* was there at an earlier look; most requests are over before */
	bool ended; /* the request was ended; stays after permits_remove() */
	struct list_link link;
};

int permits_create(
	struct permits **ret_permits, struct store *store, struct error *err) CHECK_RESULT;
/* None may be left. NULL is accepted. */
void permits_destroy(struct permits *permits);

/* From now on the request is ended within a second after its key may do it no more. The key may be
 * revoked or lack one of the scopes, or its account may be disabled. That holds as long as the
 * store answers. */
void permits_add(struct permits *permits, struct permit *permit);

/* The request is over, or has done all that needed its key. One that is not there is accepted. */
void permits_remove(struct permits *permits, struct permit *permit);

#endif
